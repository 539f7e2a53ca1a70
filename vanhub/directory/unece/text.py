"""The text files of a directory: octets to lines, lines to sections, and what the reading has to remark.

Three generations of characters occur: ASCII throughout, lines drawn with the box characters of code page 437, and
letters of Windows code page 1252 in names; later files may be UTF-8. What is not UTF-8 is read as code page 1252, in
which the box characters of code page 437 are letters that occur nowhere else: ``DRAWN`` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vanhub.errors import OperatorError

DRAWN = str.maketrans("\u00c4\u00b3\u00bf\u00d9\u00c1\u2500\u2502\u2510\u2518\u2534", "-|+++-|+++")
"""The box characters, as code page 1252 has them and as Unicode does, to the characters that other generations draw with."""

_RULE = re.compile("[-\u00c4\u2500]{20,}")
_MOST = 2_000
"""Characters in a line; the originals stay below 200."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its number, counted from 1, and its text without tabs and white space at the end."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text file: its path in the archive and its lines."""

    path: str
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, path: str, octets: bytes) -> Text:
        """From the octets of a file.

        Raises:
            OperatorError: a line is so long that this is no such file.
        """
        lines = decode(octets).split("\n")
        for number, line in enumerate(lines, start=1):
            if len(line) > _MOST:
                raise OperatorError(f"{path}:{number}: a line of more than {_MOST} characters: this is no text file of a directory")
        return cls(path, tuple(Line(number, line.expandtabs().rstrip()) for number, line in enumerate(lines, start=1)))

    def sections(self) -> Iterator[tuple[Line, ...]]:
        """What stands between rules across the page, blank lines included; sections without any text are passed over."""
        section: list[Line] = []
        for line in self.lines:
            if _RULE.fullmatch(line.text.strip()):
                if any(kept.text for kept in section):
                    yield tuple(section)
                section = []
            else:
                section.append(line)
        if any(kept.text for kept in section):
            yield tuple(section)

    def fault(self, line: Line, text: str) -> OperatorError:
        """An error at a line."""
        return OperatorError(f"{self.path}:{line.number}: {text}")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a directory that its reader should know: the file, the line (None for the whole file) and what it is."""

    file: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


@dataclass(slots=True)
class Remarks:
    """Remarks as they come up. ``most`` are kept, ``total`` counts them all."""

    most: int = 200
    kept: list[Remark] = field(default_factory=list)
    total: int = 0

    def add(self, text: Text, line: Line | None, words: str) -> None:
        self.add_file(text.path, words, line.number if line else None)

    def add_file(self, path: str, words: str, line: int | None = None) -> None:
        self.total += 1
        if len(self.kept) < self.most:
            self.kept.append(Remark(path, line, words))


def decode(octets: bytes) -> str:
    """See the module; control characters but line ends and tabs become spaces, so does the no-break space."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("cp1252", "replace")
    return _CONTROL.sub(" ", text)


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")

MARKS = r"(?!--)[-+*#|X]{1,4}"
"""Change indicators: added, amended, renamed, text changed, marked for deletion, deleted; several at once."""


def deleting(text: Text) -> bool:
    """Whether ``-`` says that something is deleted, which it does unless the file's own legend says that it is only marked for deletion."""
    for line in text.lines[:60]:
        if "minus sign (-)" in line.text:
            return "marked for deletion" not in line.text
    return True
