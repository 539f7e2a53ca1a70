"""A tolerant reader of what somebody sent as an answer: any syntax version, any partner's dialect. It checks nothing; the check does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vanhub.edifact.advice import UNA_LENGTH, announced
from vanhub.edifact.charset import LEGIBLE, repertoire
from vanhub.edifact.iso2022 import without_shifts
from vanhub.edifact.report import Party
from vanhub.edifact.scanner import BLANK, Marks, split, unreleased

_UNDECODABLE = re.compile("[\ud800-\udfff]")


class ReadSegment:
    """A segment as read: ``[element][component]``, the tag being element 0; ``""`` for whatever is not there."""

    __slots__ = ("_elements", "tag")

    def __init__(self, elements: list[list[str]]) -> None:
        self._elements = elements
        self.tag = elements[0][0] if elements else ""

    def at(self, element: int, component: int = 0) -> str:
        try:
            return self._elements[element][component]
        except IndexError:
            return ""

    def components(self, element: int) -> list[str]:
        return self._elements[element] if element < len(self._elements) else []

    def number(self, element: int, component: int) -> int | None:
        text = self.at(element, component)
        # The longest number here has six digits; Python refuses to read thousands of them.
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None

    def party(self, element: int) -> Party:
        return Party(self.at(element), self.at(element, 1), self.at(element, 2))


@dataclass(frozen=True, slots=True)
class FreeText:
    """FTX: 4451, 4453, the lines of C108 (or of a coded text, C107), 3453. ``""`` where not given."""

    subject: str
    function: str
    text: str
    language: str


def read_segments(data: bytes) -> Iterator[ReadSegment]:
    """The segments of an interchange, UNA excepted. Line ends and blanks before a tag are dropped; what has no terminator is too.

    Raises:
        ValueError: ``data`` does not begin with UNA or UNB.
    """
    data = data.lstrip()
    # The repetition separator of version 4 is left alone: nothing that repeats is read here, and a released one reads as itself.
    marks = Marks.of(announced(data), 3)
    if data.startswith(b"UNA"):
        data = data[UNA_LENGTH:].lstrip()
    if not data.startswith(b"UNB"):
        raise ValueError("not an interchange: it begins with neither UNA nor UNB")
    text = (repertoire(data[4:8].decode("latin-1")) or LEGIBLE).decoder()(data, True)
    between, within, release = marks.element, marks.component, marks.release
    for segment in split(text, marks.terminator, release)[:-1]:
        segment = segment.lstrip(BLANK)
        if release and release in segment:
            yield ReadSegment(
                [[_as_read(unreleased(component, release)) for component in split(element, within, release)] for element in split(segment, between, release)]
            )
        else:
            plain = segment if segment.isascii() else _as_read(segment)
            yield ReadSegment([element.split(within) for element in plain.split(between)])


def _as_read(text: str) -> str:
    return text if text.isascii() else _UNDECODABLE.sub("\ufffd", without_shifts(text))


def read_messages(data: bytes, type: str) -> Iterator[list[ReadSegment]]:
    """The segments of each message of this type, UNH included, UNT not.

    Raises:
        ValueError: as ``read_segments``.
    """
    segments = [segment for segment in read_segments(data) if segment.tag not in {"UNG", "UNT", "UNE", "UNZ"}]
    _, *messages = blocks(segments, "UNH")
    return (message for message in messages if message[0].at(2) == type)


def blocks(segments: Iterable[ReadSegment], *tags: str) -> list[list[ReadSegment]]:
    """What stands before the first segment with one of these tags, and then each such segment with what follows it."""
    block: list[ReadSegment] = []
    found = [block]
    for segment in segments:
        if segment.tag in tags:
            block = []
            found.append(block)
        block.append(segment)
    return found


def free_texts(segments: Iterable[ReadSegment]) -> tuple[FreeText, ...]:
    """Of those that are FTX."""
    return tuple(
        FreeText(segment.at(1), segment.at(2), " ".join(_filled(segment.components(4)) or _filled(segment.components(3)[:1])), segment.at(5))
        for segment in segments
        if segment.tag == "FTX"
    )


def _filled(values: Sequence[str]) -> list[str]:
    return [value for value in values if value]
