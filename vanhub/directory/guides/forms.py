"""Regular expressions that a guide may hold: those that take bounded time.

Values are as long as their representation at most, but a repeat within a repeat (``(a+)+``) takes time that doubles with every character. Such are refused, as is a
repeated group that holds alternatives; so is what looks back at what was found (``\\1``).
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?(?:P<\w+>|P=|[:=!]|<[=!]|[aimsux-]+:))?)|(?P<close>\))"
    r"|(?P<repeat>[*+?]|\{[0-9]*,?[0-9]*\})|(?P<or>\|)|(?P<other>.)",
    re.DOTALL,
)
_FIXED = re.compile(r"\{[0-9]+\}")


def compile_pattern(text: str) -> re.Pattern[str]:
    """``text`` as an expression.

    Raises:
        ValueError: it is none, or one that may take very long.
    """
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    # For each group that is open, and the whole: whether it holds a repeat of changing length or alternatives.
    varies = [False]
    closed = False  # whether the token before closed a group that varies
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if word == "(?P=" or (kind == "escape" and word[1] in "123456789"):
            raise ValueError(f"{word} looks back at what was found, which may take very long")
        if kind == "repeat":
            if closed and word != "?":
                raise ValueError(f"a group that varies in length is repeated ({word}), which may take very long; spell its repeats out")
            varies[-1] = varies[-1] or not _FIXED.fullmatch(word)
        elif kind == "or":
            varies[-1] = True
        closed = False
        if kind == "open":
            varies.append(False)
        elif kind == "close" and len(varies) > 1:
            closed = varies.pop()
            varies[-1] = varies[-1] or closed
    return pattern
