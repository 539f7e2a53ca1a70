"""A segment as people see it, with a mark under a place in it.

Whatever came from outside is shown with its control and invisible characters escaped, so that no interchange can forge lines or move the cursor where it is
read. Wide characters take two columns, so that the mark stands where it should.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from vanhub.edifact.scanner import BLANK, split
from vanhub.edifact.separators import Separators

Peek = Callable[[int, int], bytes]
"""``peek(offset, length)``: bytes of the data checked, fewer where the data ends before."""

# How much of a long segment is shown, in columns: before the place, of the value there, and after it.
_BEFORE, _WITHIN, _AFTER = 44, 36, 20
# How far a segment's beginning and end are looked for, in bytes.
_REACH = 1024
_BLANK = b"\r\n \t"


def excerpt(offset: int, element: int | None, component: int | None, separators: Separators, peek: Peek, codec: str) -> list[str]:
    """The segment around ``offset``, cut to a window, and a line with ``^`` under the place and ``~`` under the rest of the value; or nothing.

    Where ``offset`` is that of the segment, the place is its ``element`` (the tag is 1) and ``component``, if given.
    """
    start = max(0, offset - _REACH)
    data = peek(start, offset - start + _REACH)
    place = offset - start
    begin = _last(data, separators, separators.terminator, place) + 1
    begin += len(data[begin:place]) - len(data[begin:place].lstrip(_BLANK))
    finish = min(_next(data, separators, separators.terminator, place) + 1, len(data))
    if place == begin and element is not None:
        place = _element(data, separators, (element, component or 1), begin, finish)
    if place > begin or element is not None:
        stops = separators.element + separators.component + separators.terminator + separators.repetition.replace(b" ", b"")
        end = _next(data, separators, stops, place)
    else:
        tag = re.compile(rb"[A-Z0-9]{3}").match(data, place)
        end = tag.end() if tag else place
    end = max(end, place + 1)
    before, within, after = (visible(part.decode(codec, "backslashreplace")) for part in (data[begin:place], data[place:end], data[end:finish]))
    if not before and not within:
        return []
    before, within, after = _tail(before, _BEFORE), _head(within, _WITHIN), _head(after, _AFTER)
    return [before + within + after, " " * _columns(before) + "^" + "~" * (_columns(within) - 1)]


def segment_offsets(separators: Separators, peek: Peek, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Offset and tag of each segment from ``start`` to ``end``."""
    terminator, release = separators.terminator.decode("latin-1"), separators.release.decode("latin-1").strip(" ")
    for segment in split(peek(start, end - start).decode("latin-1"), terminator, release)[:-1]:
        tag = segment.lstrip(BLANK)
        yield start + len(segment) - len(tag), tag[:3]
        start += len(segment) + 1


def _element(data: bytes, separators: Separators, numbers: tuple[int, int], begin: int, finish: int) -> int:
    """Where an element and its component, by their numbers, are in the segment from ``begin`` to ``finish``; ``begin`` where they are not."""
    place = begin
    for separator, number in zip((separators.element, separators.component), numbers, strict=True):
        for _ in range(number - 1):
            place = _next(data, separators, separator, place) + 1
            if place >= finish:
                return begin
    return place


def _next(data: bytes, separators: Separators, stops: bytes, start: int) -> int:
    """Where the first of ``stops`` stands unreleased in ``data`` from ``start`` on; the end of ``data`` where none does."""
    for match in re.compile(b"[" + re.escape(stops) + b"]").finditer(data, start):
        if not _is_released(data, separators, match.start()):
            return match.start()
    return len(data)


def _last(data: bytes, separators: Separators, stop: bytes, end: int) -> int:
    """Where the last ``stop`` stands unreleased in ``data`` before ``end``; -1 where none does."""
    index = data.rfind(stop, 0, end)
    while index >= 0 and _is_released(data, separators, index):
        index = data.rfind(stop, 0, index)
    return index


def _is_released(data: bytes, separators: Separators, index: int) -> bool:
    """Whether an odd number of release characters stands before ``index``: one that is released itself releases nothing."""
    if separators.release == b" " or index == 0 or data[index - 1 : index] != separators.release:
        return False
    before = data[:index]
    return (len(before) - len(before.rstrip(separators.release))) % 2 == 1


def visible(text: str) -> str:
    """``text`` with each control, format and other unprintable character as an escape (``\\x1b``, ``\\u202e``)."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode("ascii") for character in text)


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
