"""Octets that are no text: the object of a package (ISO 9735-8) and encrypted data (ISO 9735-7), in syntax version 4.

``UNO`` (S022 0810) and ``USD`` (0556) say how many octets come right after them, whatever these hold. Between UNO and its object stand as many
segments as S022 0814 says; where USD is one of them, the encrypted data stand in the object's place. The count leaves out the terminator
before and the ``U`` of the segment after, which has to follow at once: UNP or UST after an object, USU after encrypted data. (White space before it is
dropped as between other segments.)

Where there is no length, or it does not lead to such a segment or another of the envelope, the passage is *lost*: it goes on to what reads as UNP or
USU, or as a header or trailer of a message, group, package or interchange at the beginning of a segment. Nothing is gone back to, so that nothing is held.

The splitting of a stream and the check go by this one reading, so that they agree on where things end.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache

from vanhub.edifact.scanner import BLANK, Marks, read_fields
from vanhub.edifact.separators import Separators

PASSAGE_TAGS = (b"UNO", b"USD")
"""The segments that announce one."""

# A header of more octets than this announces nothing: with all 99 references and 99 types of its object a UNO has a quarter of them.
_LONGEST_HEADER = 1 << 18
_BLANK = re.compile(rb"[ \t\r\n]*+")


_SECURITY = (b"USH", b"USA", b"USC", b"USR", b"USD")


class _State(enum.Enum):
    SEGMENT = enum.auto()
    BEFORE = enum.auto()
    OCTETS = enum.auto()
    AFTER = enum.auto()
    LOST = enum.auto()
    OVER = enum.auto()


class Passage:
    """One passage with the segments before it, from the ``U`` of its UNO or USD on. ``take`` its octets until it ``is_over``."""

    def __init__(self, separators: Separators) -> None:
        self._separators = separators
        self._marks = Marks.of(separators, 4)
        self._release = separators.release.strip(b" ")
        self._state = _State.SEGMENT
        self._segment: list[bytes] = []  # what came of the segment that is not finished
        self._size = 0
        self._released = False  # it ends with a release character that releases what will come next
        self._more = 0  # segments before the object, after this one
        self._left: int | None = None  # octets
        self.is_lost = False

    @property
    def is_text(self) -> bool:
        """Whether the octets taken next are of segments."""
        return self._state in {_State.SEGMENT, _State.BEFORE, _State.AFTER}

    @property
    def is_over(self) -> bool:
        """Whether what comes next is an ordinary segment again."""
        return self._state is _State.OVER

    @property
    def is_cut(self) -> bool:
        """Whether octets that were announced have not come yet."""
        return self._state is _State.OCTETS

    def take(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        """Takes octets of one sort from ``at``, at least one of which is there. How far it got, and whether it takes more octets to decide.
        ``last``: no more will come.
        """
        if self._state is _State.SEGMENT:
            return self._take_segment(data, at), False
        if self._state is _State.OCTETS and self._left is not None:
            end = min(at + self._left, len(data))
            self._left -= end - at
            if not self._left:
                self._state = _State.AFTER
            return end, False
        if self._state is _State.LOST:
            return self._search(data, at, last)
        return self._look(data, at, last)

    def _take_segment(self, data: bytes, at: int) -> int:
        terminator = self._separators.terminator
        end = data.find(terminator, at)
        while end >= 0 and self._is_released(data, at, end):
            end = data.find(terminator, end + 1)
        reached = end + 1 if end >= 0 else len(data)
        self._released = self._is_released(data, at, reached)
        self._size += reached - at
        if self._size <= _LONGEST_HEADER:
            self._segment.append(data[at : end if end >= 0 else reached])
        if end >= 0:
            self._read(b"".join(self._segment) if self._size <= _LONGEST_HEADER else b"")
            self._segment, self._size, self._released = [], 0, False
        return reached

    def _is_released(self, data: bytes, at: int, place: int) -> bool:
        first = place
        while self._release and first > at and data.startswith(self._release, first - 1):
            first -= 1
        return ((place - first) % 2 == 1) != (first == at and self._released)

    def _read(self, segment: bytes) -> None:
        fields = read_fields(segment.decode("latin-1").lstrip(BLANK), self._marks)
        tag = fields.value(0)
        if tag == "USD":
            self._left, self._more = _number(fields.value(1)), 0
        elif self._more:
            self._more -= 1
        else:
            self._left, self._more = _number(fields.value(4)), _number(fields.value(4, 1)) or 0
        if self._more:
            self._state = _State.BEFORE
        else:
            self._state, self.is_lost = _State.OCTETS if self._left else _State.AFTER, self._left is None

    def _look(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        """At the beginning of a segment before the passage, or after it."""
        start = _BLANK.match(data, at).end()  # type: ignore[union-attr]  # it matches everywhere, if only nothing
        if start > at:
            return start, False
        head = data[at : at + 4]
        if len(head) < 4 and head.startswith(b"U") and not last:
            return at, True
        if self._state is _State.BEFORE and head.startswith(_SECURITY):
            self._state = _State.SEGMENT
        elif _envelope(self._separators.element).match(head):
            self.is_lost = self.is_lost or self._state is _State.BEFORE
            self._state = _State.OVER
        else:
            self._state, self.is_lost = _State.LOST, True
        return at, False

    def _search(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        found = _signs(self._separators.element, self._separators.terminator).search(data, at)
        if found is not None:
            self._state = _State.OVER
            return found.end() - 4, False  # a sign is four octets, with or without one before
        return (len(data), False) if last else (max(at, len(data) - 4), True)


def _number(text: str) -> int | None:
    """A count of at most 18 digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


@lru_cache(maxsize=64)
def _envelope(element: bytes) -> re.Pattern[bytes]:
    """The beginning of a segment that may stand after a passage, or where it should begin."""
    return re.compile(rb"(?:UN[BEGHOPZ]|UI[BHZ]|US[TU])" + re.escape(element) + rb"|UNA[^A-Za-z0-9]")


@lru_cache(maxsize=64)
def _signs(element: bytes, terminator: bytes) -> re.Pattern[bytes]:
    """At what a lost passage ends. No two signs can overlap, so that the first that is there is the first in any pieces."""
    mark = re.escape(element)
    return re.compile(rb"(?:UNP|USU)" + mark + rb"|[ \t\r\n" + re.escape(terminator) + rb"](?:(?:UN[BEGHOZ]|UI[BHZ])" + mark + rb"|UNA[^A-Za-z0-9])")
