"""From the octets of an interchange to its segments, and to what stands between them that is no segment.

In syntax version 4 objects of packages and encrypted data (``vanhub.edifact.passage``) are passed by and counted; they are neither decoded nor held. Everything
else is text for the ``Scanner``.
"""

from __future__ import annotations

import re

from vanhub.edifact.charset import Repertoire
from vanhub.edifact.iso2022 import CONTROLS, CodeExtension
from vanhub.edifact.passage import PASSAGE_TAGS, Passage
from vanhub.edifact.scanner import Marks, Scanner
from vanhub.edifact.separators import Separators


class Opaque(str):
    """Stands among segments for ``octets`` that are none: an object or encrypted data.

    ``is_lost``: the length announced does not lead to the segment that has to follow, or there is none. ``is_cut``: the interchange ended before.
    """

    __slots__ = ("is_cut", "is_lost", "octets")
    octets: int
    is_lost: bool
    is_cut: bool


# As text it is a character that no decoder gives and no repertoire admits: it is like no segment.
_NO_TEXT = "\udffe"


class Reader:
    """Reads one interchange's octets, from UNB or UIB on. Arguments as for ``Scanner``."""

    def __init__(self, separators: Separators, syntax_version: int, repertoire: Repertoire, most: int) -> None:
        marks = Marks.of(separators, syntax_version)
        self._scanner = Scanner(marks, repertoire, most)
        self._separators = separators
        self._has_passages = syntax_version >= 4
        self._extension = CodeExtension()
        self._controls = CONTROLS if repertoire.extended else b""  # by which its state changes
        control = b"|[" + self._controls + b"]" if self._controls else b""
        self._telling = re.compile(rb"U(?:NO|SD)" + re.escape(separators.element) + control)
        self._terminator = separators.terminator[0]
        self._release = separators.release[0] if marks.release else -1
        self._blank = b" \t\r\n".replace(separators.terminator, b"")
        self._held = b""  # the possible beginning of an announcement
        self._at_start = False  # what comes next stands at the beginning of a segment
        self._released = False  # it stands after a release character that is not itself released
        self._passage: Passage | None = None
        self._octets = 0  # of the passage

    @property
    def rest(self) -> str:
        """As of ``Scanner``."""
        return self._scanner.rest

    @property
    def sequences(self) -> bytes:
        """As of ``Scanner``."""
        return self._scanner.sequences

    def feed(self, data: bytes, *, last: bool = False) -> list[str]:
        """The segments that ``data`` completes, with an ``Opaque`` for each passage between them."""
        if not self._has_passages:
            return self._scanner.feed(data, last=last)
        data = self._held + data
        segments: list[str] = []
        at, undecided = 0, False
        while at < len(data) and not undecided:
            if self._passage is None:
                at, undecided = self._read(data, at, last, segments)
            else:
                at, undecided = self._pass(self._passage, data, at, last, segments)
        self._held = data[at:]
        if last:
            if self._passage is not None:
                self._end(self._passage, segments)
            segments += self._scanner.feed(b"", last=True)
        return segments

    def _read(self, data: bytes, at: int, last: bool, segments: list[str]) -> tuple[int, bool]:
        """Text, up to a segment that announces a passage, or to where shifted text begins or ends."""
        if data[at] in self._controls or self._extension.is_shifted:
            separators = self._separators
            release = separators.release.strip(b" ")
            end, is_blank, is_end, self._released = self._extension.pass_shifted(data, at, last, separators.terminator, release, self._released)
            segments += self._scanner.feed(data[at:end])
            self._at_start = is_end or (self._at_start and is_blank)
            return end, end == at
        found = self._find(data, at)
        end = found if found is not None else len(data) if last else max(at, len(data) - self._unclear(data))
        if end > at:
            segments += self._scanner.feed(data[at:end])
            self._at_start, self._released = self._starts(data, at, end), self._is_released(data, at, end)
        if found is None or data[found] in self._controls:
            return end, found is None
        self._passage, self._octets = Passage(self._separators), 0
        return end, False

    @staticmethod
    def _unclear(data: bytes) -> int:
        """So many octets at the end are those with which an announcement begins."""
        return next((size for size in (3, 2, 1) if any(data.endswith(tag[:size]) for tag in PASSAGE_TAGS)), 0)

    def _find(self, data: bytes, at: int) -> int | None:
        """Where the next segment begins that announces a passage, or shifted text."""
        place = self._telling.search(data, at)
        while place is not None and data[place.start()] not in self._controls and not self._starts(data, at, place.start()):
            place = self._telling.search(data, place.end())
        return place.start() if place is not None else None

    def _starts(self, data: bytes, at: int, place: int) -> bool:
        """Whether a segment begins at ``place``; all from ``at`` to there is text."""
        before = place - 1
        while before >= at and data[before] in self._blank:
            before -= 1
        if before < at:
            return self._at_start
        return data[before] == self._terminator and not self._is_released(data, at, before)

    def _is_released(self, data: bytes, at: int, place: int) -> bool:
        first = place
        while first > at and data[first - 1] == self._release:
            first -= 1
        return ((place - first) % 2 == 1) != (first == at and self._released)

    def _pass(self, passage: Passage, data: bytes, at: int, last: bool, segments: list[str]) -> tuple[int, bool]:
        if passage.is_over:
            self._end(passage, segments)
            return at, False
        is_text = passage.is_text
        end, undecided = passage.take(data, at, last)
        if not is_text:
            self._octets += end - at
        elif end > at:
            # Whatever the octets before it could still have meant: a passage begins and ends between segments.
            segments += self._scanner.feed(data[at:end], last=not passage.is_text)
        return end, undecided

    def _end(self, passage: Passage, segments: list[str]) -> None:
        self._passage, self._at_start, self._released, self._extension = None, True, False, CodeExtension()
        if passage.is_text and not self._octets:
            return  # it was cut before it began
        opaque = Opaque(_NO_TEXT)
        opaque.octets, opaque.is_lost, opaque.is_cut = self._octets, passage.is_lost, passage.is_cut
        segments.append(opaque)
