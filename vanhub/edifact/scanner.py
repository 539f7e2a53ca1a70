"""From octets to segments, and from a segment to its elements. Nothing here knows a directory.

``Scanner`` is streaming and bounded: it holds at most one unfinished segment. Segments come out as decoded text without their
terminator but otherwise as they were sent, white space before them and release characters included, so that places in
the text lead back to octets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from vanhub.edifact.charset import Repertoire, legible
from vanhub.edifact.iso2022 import SHIFT_MARKS, CodeExtension
from vanhub.edifact.separators import Separators

BLANK = " \t\r\n" + SHIFT_MARKS
"""What is dropped between segments: white space, and marks of a return to the usual state."""


class Cut(str):
    """The beginning of a segment that was over the limit, ended with a character that no repertoire admits. ``octets`` is how long the whole was."""

    __slots__ = ("octets",)
    octets: int


@dataclass(frozen=True, slots=True)
class Marks:
    """The service characters as text. ``release`` and ``repetition`` are empty where there is none."""

    component: str
    element: str
    decimal: str
    release: str
    repetition: str
    terminator: str

    @classmethod
    def of(cls, separators: Separators, syntax_version: int) -> Marks:
        """Versions 1-3 know no repetition separator; in version 4 the decimal mark of UNA is not looked at."""
        version_4 = syntax_version >= 4
        return cls(
            separators.component.decode("latin-1"),
            separators.element.decode("latin-1"),
            "." if version_4 else separators.decimal.decode("latin-1").strip() or ".",
            separators.release.decode("latin-1").strip(" "),
            separators.repetition.decode("latin-1").strip(" ") if version_4 else "",
            separators.terminator.decode("latin-1"),
        )


class Scanner:
    """Cuts one interchange's octets, from UNB on, into segments.

    Args:
        marks: its service characters.
        repertoire: how its octets become characters.
        most: a segment of more characters than this comes out as a ``Cut``.
    """

    def __init__(self, marks: Marks, repertoire: Repertoire, most: int) -> None:
        self._terminator = marks.terminator
        self._release = marks.release
        self._octets = repertoire.octets
        self._repertoire = repertoire
        self._extension = CodeExtension()
        self._decode = repertoire.decoder(self._extension)
        self._most = most
        self._held: list[str] = []  # pieces of the segment that is not finished yet
        self._size = 0  # their characters
        self._dropped = 0  # octets of that segment that are not held, because it is over the limit
        self._released = False  # what is held ends with a release character that releases what will come next

    def feed(self, data: bytes, *, last: bool = False) -> list[str]:
        """The segments that ``data`` completes. ``last``: no character goes on in what comes next, if anything does."""
        text = self._decode(data, last)
        if last:
            self._extension = CodeExtension()
            self._decode = self._repertoire.decoder(self._extension)
        if self._released and text:
            self._hold(text[0])
            self._released = False
            text = text[1:]
        segments = split(text, self._terminator, self._release)
        rest = segments.pop()
        if segments:
            over = self._size + len(text) > self._most or self._dropped
            if self._held:
                segments[0] = "".join((*self._held, segments[0]))
            if over:
                segments = [self._cut(segment) for segment in segments]
            self._held, self._size, self._dropped = [], 0, 0
        if rest:
            self._hold(rest)
        return segments

    @property
    def rest(self) -> str:
        """What came after the last terminator; of a segment over the limit, its beginning."""
        return "".join(self._held)

    @property
    def sequences(self) -> bytes:
        """Of code extension, after what came: as of ``CodeExtension``."""
        return self._extension.sequences

    def _cut(self, segment: str) -> str:
        if len(segment) <= self._most and not self._dropped:
            return segment
        cut = Cut(segment[:_TELLING] + _NO_CHARACTER)
        cut.octets = self._octets(segment) + self._dropped
        self._dropped = 0
        return cut

    def _hold(self, text: str) -> None:
        self._held.append(text)
        self._size += len(text)
        if self._release:
            run = len(text) - len(text.rstrip(self._release))
            self._released = (run % 2 == 1) != (run == len(text) and self._released)
        if self._size > self._most:
            whole = "".join(self._held)
            self._dropped += self._octets(whole) - self._octets(whole[:_TELLING])
            self._held, self._size = [whole[:_TELLING]], _TELLING


# So many characters of a segment that is over the limit are kept, for people.
_TELLING = 80
# No repertoire admits a lone surrogate.
_NO_CHARACTER = "\udfff"


def split(text: str, mark: str, release: str) -> list[str]:
    """``text`` at every ``mark`` that is not released, as ``str.split`` does it; release characters stay in the pieces."""
    pieces = text.split(mark)
    if not release or release + mark not in text:
        return pieces
    whole: list[str] = []
    parts: list[str] = []
    for piece in pieces:
        parts.append(piece)
        if not (piece.endswith(release) and (len(piece) - len(piece.rstrip(release))) % 2):
            whole.append(mark.join(parts))
            parts = []
    if parts:
        whole.append(mark.join(parts))
    return whole


def unreleased(text: str, release: str) -> str:
    """``text`` without its release characters; one at the very end releases nothing and is dropped."""
    if not release or release not in text:
        return text
    return _released(release).sub(r"\1", text)


def without_releases(text: str, release: str) -> str:
    """``text`` with a space, which every repertoire has, in the place of each release character that releases: for finding places in it."""
    if not release or release not in text:
        return text
    return _released(release).sub(r" \1", text)


@lru_cache(maxsize=64)
def _released(release: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(release)}(.?)", re.DOTALL)


class Fields:
    """A service segment as read: ``values[element][component]``, the tag being element 0."""

    __slots__ = ("_marks", "_octets", "_sent", "_start", "values")

    def __init__(self, values: list[list[str]], sent: list[str], marks: Marks, octets: Callable[[str], int], start: int) -> None:
        self.values = values
        self._sent = sent  # the elements
        self._marks = marks
        self._octets = octets
        self._start = start

    def value(self, element: int, component: int = 0) -> str:
        """One value; ``""`` where there is none."""
        values = self.values
        return values[element][component] if element < len(values) and component < len(values[element]) else ""

    def offset(self, element: int, component: int = 0) -> int:
        """The octet where it begins; of what is not there, where the nearest thing before it begins."""
        element = min(element, len(self._sent) - 1)
        components = split(self._sent[element], self._marks.component, self._marks.release)
        before = (*self._sent[:element], *components[: min(component, len(self.values[element]) - 1)])
        return self._start + sum(map(self._octets, before)) + len(before)


def read_fields(text: str, marks: Marks, octets: Callable[[str], int] = len, offset: int = 0, most: int = 64) -> Fields:
    """A segment's elements and components without release characters; at most ``most`` of each.

    For service segments, whose elements do not repeat: a repetition separator is left in the value. Undecodable octets are U+FFFD.
    ``octets`` measures text, ``offset`` is that of the segment.
    """
    sent = split(text, marks.element, marks.release)[:most]
    if legible(text) == text and not (marks.release and marks.release in text):
        values = [element.split(marks.component, most)[:most] for element in sent]
    else:
        values = [[unreleased(legible(component), marks.release) for component in split(element, marks.component, marks.release)[:most]] for element in sent]
    return Fields(values, sent, marks, octets, offset)


def tag_of(text: str, marks: Marks) -> str:
    """What stands before the first separator. Explicit nesting indicators (``TAG:1:2``) are not part of it."""
    return text.split(marks.element, 1)[0].split(marks.component, 1)[0]
