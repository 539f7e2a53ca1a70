"""Named forms of values, such as that of a licence number: regular expressions with the same in words, from ``forms.toml`` beside the code lists.

Values are as long as their representation at most, but in some expressions each character more doubles the time: those with a repeat within a repeat (``(a+)+``). They
are refused, as are repeated groups that hold alternatives, and what looks back at what was found (``\\1``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanhub import toml
from vanhub.directory.guides.text import Text, nearest
from vanhub.errors import OperatorError

INDEX = "forms.toml"
_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?(?:P<\w+>|P=|[:=!]|<[=!]|[aimsux-]+:))?)|(?P<close>\))"
    r"|(?P<repeat>[*+?]|\{[0-9]*,?[0-9]*\})|(?P<or>\|)|(?P<other>.)",
    re.DOTALL,
)
_FIXED = re.compile(r"\{[0-9]+\}")


@dataclass(frozen=True, slots=True)
class Form:
    """What the whole of a value looks like: as an expression and in words."""

    expression: re.Pattern[str]
    text: Text


class Forms:
    """The forms of some folders; of two with one name the later folder's is taken.

    Raises:
        OperatorError: a ``forms.toml`` is not in order.
    """

    def __init__(self, *folders: Path) -> None:
        self._forms: dict[str, Form] = {}
        for folder in folders:
            self._forms |= _read(folder / INDEX)

    def get(self, name: str) -> Form:
        """Raises ``OperatorError``, which names the nearest, where there is none of that name."""
        if name not in self._forms:
            raise OperatorError(f"there is no form {name}{nearest(name, self._forms)}")
        return self._forms[name]


def _read(path: Path) -> Mapping[str, Form]:
    try:
        content = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} cannot be read: {error}") from error
    forms = {}
    for name, value in toml.parse_toml(content, str(path)).items():
        entry = toml.require_table(value, file=str(path), at=name)
        toml.require_known(entry, _KEYS, file=str(path), at=name)
        missing = [key for key in _KEYS if key not in entry]
        if missing:
            raise OperatorError(f"{path}: {toml.dotted(name, missing[0])} is missing")
        pattern, english, chinese = (toml.read_value(shape, entry[key], file=str(path), at=toml.dotted(name, key)) for key, shape in _KEYS.items())
        forms[name] = Form(pattern, Text(english, chinese))
    return forms


def compile_pattern(text: str) -> re.Pattern[str]:
    """``text`` as an expression.

    Raises:
        ValueError: it is none, or one that may take very long.
    """
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
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


_KEYS: dict[str, toml.Shape[Any]] = {
    "pattern": toml.matching("a regular expression", compile_pattern),
    "en": toml.text(1),
    "zh": toml.text(1),
}
