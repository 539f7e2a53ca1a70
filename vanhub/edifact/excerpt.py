"""A segment as people see it, with a mark under a place in it.

Whatever came from outside is shown with its control and invisible characters escaped, so that no interchange can forge lines or move the cursor where it is
read. Wide characters take two columns, so that the mark stands where it should.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from vanhub.edifact.charset import LEGIBLE, is_undecodable
from vanhub.edifact.iso2022 import CodeExtension, without_shifts
from vanhub.edifact.report import Kind, Report
from vanhub.edifact.scanner import BLANK, Marks, split
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import repertoire_of

Peek = Callable[[int, int], bytes]
"""``peek(offset, length)``: bytes of the data checked, fewer where the data ends before."""

# How much of a long segment is shown, in columns: before the place, of the value there, and after it.
_BEFORE, _WITHIN, _AFTER = 44, 36, 20
# How far a segment's beginning and end are looked for, in bytes.
_REACH = 1024
# How often the state of code extension is kept, in bytes.
_STEP = 1 << 16
_TAG = re.compile("[A-Z0-9]{3}")


class Excerpts:
    """Shows places of the interchange that ``report`` is about. ``encoding`` is the codec agreed for what the partner sends, empty where UNB says it."""

    def __init__(self, report: Report, peek: Peek, encoding: str = "") -> None:
        # After the octets of a package all is as at the beginning.
        self._begins = [report.offset, *(message.end for message in report.messages if message.kind is Kind.PACKAGE)]
        self._marks = Marks.of(report.header.separators, report.header.syntax_version)
        self._peek = peek
        self._repertoire = repertoire_of(report.header, encoding) or LEGIBLE
        self._states = _States(self._begins, peek) if self._repertoire.extended else None

    def at(self, offset: int, element: int | None = None, component: int | None = None) -> list[str]:
        """The segment around ``offset``, cut to a window, and a line with ``^`` under the place and ``~`` under the rest of the value; or nothing.

        Where ``offset`` is that of the segment, the place is its ``element`` (the tag is 1) and ``component``, if given.
        """
        text, place = self._text(offset)
        marks = self._marks
        begin = _last(text, marks, marks.terminator, place) + 1
        begin += len(text[begin:place]) - len(text[begin:place].lstrip(BLANK))
        finish = min(_next(text, marks, marks.terminator, place) + 1, len(text))
        if place == begin and element is not None:
            place = _find(text, marks, (element, component or 1), begin, finish)
        if place > begin or element is not None:
            end = _next(text, marks, marks.element + marks.component + marks.terminator + marks.repetition, place)
        else:
            tag = _TAG.match(text, place)
            end = tag.end() if tag else place
        end = max(end, place + 1)
        before, within, after = map(visible, (text[begin:place], text[place:end], text[end:finish]))
        if not before and not within:
            return []
        before, within, after = _tail(before, _BEFORE), _head(within, _WITHIN), _head(after, _AFTER)
        return [before + within + after, " " * _columns(before) + "^" + "~" * (_columns(within) - 1)]

    def _text(self, offset: int) -> tuple[str, int]:
        """The text around ``offset``, and the index of ``offset`` in it."""
        start = max(self._begins[bisect.bisect_right(self._begins, offset) - 1], offset - _REACH)
        decode = self._repertoire.decoder(self._states.at(start) if self._states is not None else None)
        before = decode(self._peek(start, offset - start), False)
        return before + decode(self._peek(offset, _REACH), True), len(before)


class _States:
    """The states of code extension in an interchange, in which it begins at some offsets. They are kept, so that none that is asked for costs more than ``_STEP`` octets."""

    def __init__(self, begins: Sequence[int], peek: Peek) -> None:
        self._peek = peek
        self._kept = [(offset, CodeExtension()) for offset in begins]

    def at(self, offset: int) -> CodeExtension:
        index = bisect.bisect_right(self._kept, offset, key=lambda kept: kept[0])
        place, state = self._kept[index - 1]
        state = state.copy()
        while place < offset and (data := self._peek(place, min(_STEP, offset - place))):
            state.feed(data)
            place += len(data)
            if len(data) == _STEP:
                self._kept.insert(index, (place, state.copy()))
                index += 1
        return state


def segment_offsets(separators: Separators, peek: Peek, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Offset and tag of each segment from ``start`` to ``end``."""
    terminator, release = separators.terminator.decode("latin-1"), separators.release.decode("latin-1").strip(" ")
    for segment in split(peek(start, end - start).decode("latin-1"), terminator, release)[:-1]:
        tag = segment.lstrip(BLANK)
        yield start + len(segment) - len(tag), tag[:3]
        start += len(segment) + 1


def segment_end(separators: Separators, peek: Peek, start: int) -> int:
    """One past the terminator of the segment at ``start``, of which as much is read as is ever shown of one."""
    terminator, release = separators.terminator.decode("latin-1"), separators.release.decode("latin-1").strip(" ")
    return start + len(split(peek(start, _REACH).decode("latin-1"), terminator, release)[0]) + 1


def _find(text: str, marks: Marks, numbers: tuple[int, int], begin: int, finish: int) -> int:
    """Where an element and its component, by their numbers, are in the segment from ``begin`` to ``finish``; ``begin`` where they are not."""
    place = begin
    for mark, number in zip((marks.element, marks.component), numbers, strict=True):
        for _ in range(number - 1):
            place = _next(text, marks, mark, place) + 1
            if place >= finish:
                return begin
    return place


def _next(text: str, marks: Marks, stops: str, start: int) -> int:
    """Where the first of ``stops`` stands unreleased in ``text`` from ``start`` on; the end of ``text`` where none does."""
    for match in re.compile(f"[{re.escape(stops)}]").finditer(text, start):
        if not _is_released(text, marks, match.start()):
            return match.start()
    return len(text)


def _last(text: str, marks: Marks, stop: str, end: int) -> int:
    """Where the last ``stop`` stands unreleased in ``text`` before ``end``; -1 where none does."""
    index = text.rfind(stop, 0, end)
    while index >= 0 and _is_released(text, marks, index):
        index = text.rfind(stop, 0, index)
    return index


def _is_released(text: str, marks: Marks, index: int) -> bool:
    """Whether an odd number of release characters stands before ``index``: one that is released itself releases nothing."""
    if not marks.release or index == 0 or text[index - 1] != marks.release:
        return False
    before = text[:index]
    return (len(before) - len(before.rstrip(marks.release))) % 2 == 1


def visible(text: str) -> str:
    """``text`` with each control, format and other unprintable character, and each octet that could not be decoded, as an escape (``\\x1b``, ``\\u202e``)."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in without_shifts(text))


def _escape(character: str) -> str:
    return f"\\x{ord(character) - 0xDC00:02x}" if is_undecodable(character) else character.encode("unicode_escape").decode("ascii")


def _columns(text: str) -> int:
    """How many columns ``text`` takes in a terminal: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _head(text: str, most: int) -> str:
    """At most ``most`` columns from the beginning, with an ellipsis for what was cut."""
    if _columns(text) <= most:
        return text
    kept, room = [], most - 1
    for character in text:
        room -= _width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _tail(text: str, most: int) -> str:
    """As ``_head``, from the end."""
    return _head(text[::-1], most)[::-1]
