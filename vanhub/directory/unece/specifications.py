"""The segment, composite and data element directories: EDSD, EDCD, EDED, their interactive kin IDSD and IDCD, and the older names TRSD, TRCD, TRED.

A file is a legend and then sections between rules, one a segment, composite or element::

    ----------------------------------------------------------------------

           ADR  ADDRESS

           Function: ...

    010    C817 ADDRESS USAGE                              C    1
           3299  Address purpose code                      C      an..3

    030    3164 CITY NAME                                  C    1 an..35

Positions are missing in D.93A, repeats before D.97A; change indicators stand before a tag or between position and tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from vanhub.directory.unece.text import MARKS, Line, Remarks, Text, deleting

# Quantifiers that give nothing back (`*+`) keep these linear on lines that are made to be slow.
_SEGMENT = re.compile(rf"\s*+({MARKS})?\s*+([A-Z][A-Z0-9]{{2}})\s++(.+)")
_COMPOSITE = re.compile(rf"\s*+({MARKS})?\s*+([A-Z]\d{{3}})\s++(.+)")
_ELEMENT = re.compile(rf"\s*+({MARKS})?\s*+(\d{{4}})\s++(.+)")
_USAGE = re.compile(r"\[([BIC])\]")
_ROW = re.compile(rf"(\d{{3,5}}\s)?\s*+({MARKS}(?=\s))?\s*+([A-Z]\d{{3}}|\d{{4}})\s.*")
_TAIL = re.compile(r"\s([MC])(?:\s+(\d{1,9}))?(?:\s+((?:an|a|n)(?:\.\.)?\d{1,9}))?$")
_PROSE = re.compile(rf"\s*+(?:{MARKS})?\s*+(?:Function|Desc|Note|Repr)\s*+:")
_NOTE = re.compile(rf"\s*+(?:{MARKS})?\s*+(?:\d{{3}}\s++)?(D\d\(\d{{3}}(?:,\d{{3}})*\).*)")
_OCCURS = re.compile(r"component (\d{4}) [^.]{1,200}?\boccurs ([\d,]{1,11}) times in the composite")
_REPRESENTATION = re.compile(rf"\s*+(?:{MARKS})?\s*+Repr\s*+:\s*+((?:an|a|n)(?:\.\.)?\d{{1,9}})")


@dataclass(frozen=True, slots=True)
class Use:
    """A composite (no representation) or simple data element at a place: id, ``M`` or ``C``, repeats, representation."""

    id: str
    status: str
    repeats: int
    representation: str | None
    line: Line

    def plain(self) -> list[str | int]:
        """As the packed files have it."""
        return [self.id, self.status, self.repeats, *([self.representation] if self.representation else [])]


@dataclass(frozen=True, slots=True)
class Segment:
    """``places`` in order; ``components`` has the composites' members as they are printed with the segment, one entry a place that is a composite."""

    tag: str
    name: str
    places: tuple[Use, ...]
    components: tuple[tuple[str, tuple[Use, ...]], ...]
    notes: tuple[str, ...]
    text: Text
    line: Line


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite data element and its members in order."""

    id: str
    name: str
    members: tuple[Use, ...]
    text: Text
    line: Line


@dataclass(frozen=True, slots=True)
class Element:
    """A simple data element; ``use`` is ``B``, ``I``, ``C`` or, before D.97A, empty."""

    id: str
    name: str
    representation: str
    use: str
    text: Text
    line: Line


_Defined = TypeVar("_Defined", Segment, Composite, Element)


def segments(texts: Iterable[Text], remarks: Remarks) -> dict[str, Segment]:
    """Tag -> segment, of all files of one segment directory."""
    return _defined(texts, _SEGMENT, _segment, lambda segment: segment.tag, remarks)


def composites(texts: Iterable[Text], remarks: Remarks) -> dict[str, Composite]:
    """Id -> composite."""
    return _defined(texts, _COMPOSITE, _composite, lambda composite: composite.id, remarks)


def elements(texts: Iterable[Text], remarks: Remarks) -> dict[str, Element]:
    """Id -> simple data element."""
    return _defined(texts, _ELEMENT, _element, lambda element: element.id, remarks)


@dataclass(frozen=True, slots=True)
class Heading:
    """The first line of a section, the lines that its name goes on over, and what follows."""

    id: str
    name: str
    line: Line
    body: tuple[Line, ...]


def element_headings(text: Text) -> Iterator[Heading]:
    """The sections of simple data elements, here and in the code lists."""
    return _headings(text, _ELEMENT)


def _headings(text: Text, pattern: re.Pattern[str]) -> Iterator[Heading]:
    """The sections that begin with a line of ``pattern`` (marks, id, name); a legend is passed over. What is marked as deleted as a whole is still defined."""
    for section in text.sections():
        lines = [line for line in section if line.text]
        match = pattern.fullmatch(lines[0].text)
        if match is None:
            continue
        first = section.index(lines[0])
        last = first + 1
        words = [match[3]]
        while last < len(section) and section[last].text and not _PROSE.match(section[last].text):
            words.append(section[last].text.strip())
            last += 1
        yield Heading(match[2], " ".join(" ".join(words).split()), lines[0], section[last:])


def usage(name: str) -> tuple[str, str]:
    """A name without its usage indicator, and the indicator (``B``, ``I``, ``C``; empty where there is none)."""
    match = _USAGE.search(name)
    return (name.strip(), "") if match is None else (f"{name[: match.start()].rstrip()}{name[match.end() :]}".strip(), match[1])


def _defined(
    texts: Iterable[Text], pattern: re.Pattern[str], read: Callable[[Text, Heading], _Defined], key: Callable[[_Defined], str], remarks: Remarks
) -> dict[str, _Defined]:
    found: dict[str, _Defined] = {}
    for text in texts:
        for heading in _headings(text, pattern):
            definition = read(text, heading)
            first = found.setdefault(key(definition), definition)
            if first is not definition:
                remarks.add(text, heading.line, f"{heading.id} is defined twice, first in {first.text.path}:{first.line.number}; the first is taken")
    return found


def _segment(text: Text, heading: Heading) -> Segment:
    places: list[Use] = []
    components: list[tuple[str, tuple[Use, ...]]] = []
    for place, members in _places(list(_rows(text, heading))):
        places.append(place)
        if place.representation is None:
            components.append((place.id, members))
    return Segment(heading.id, heading.name, tuple(places), tuple(components), tuple(_notes(heading)), text, heading.line)


def _composite(text: Text, heading: Heading) -> Composite:
    rows = [row for row in _rows(text, heading) if not row.deleted]
    for row in rows:
        if row.use.representation is None:
            raise text.fault(row.use.line, f"{row.use.id} in composite {heading.id} has no representation such as an..35")
    # Some repeats stand in a note alone: "The component 9424 - array cell information - occurs 100 times in the composite."
    prose = " ".join(line.text.strip() for line in heading.body)
    occurs = {match[1]: int(match[2].replace(",", "") or 1) for match in _OCCURS.finditer(prose)}
    members = (replace(row.use, repeats=max(row.use.repeats, occurs.get(row.use.id, 1))) for row in rows)
    return Composite(heading.id, heading.name, tuple(members), text, heading.line)


def _element(text: Text, heading: Heading) -> Element:
    name, use = usage(heading.name)
    for line in heading.body:
        match = _REPRESENTATION.match(line.text)
        if match is not None:
            return Element(heading.id, name, match[1], use, text, heading.line)
    raise text.fault(heading.line, f"data element {heading.id} has no representation (a line like `Repr: an..35`)")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a section: whether it has a position of its own, whether a blank line stands before it, whether it is deleted, and what it says."""

    positioned: bool
    apart: bool
    deleted: bool
    use: Use


def _places(rows: Sequence[_Row]) -> Iterator[tuple[Use, tuple[Use, ...]]]:
    """Places with, for a composite, its members: the simple elements without position that follow it or, where there are no positions, those up to a blank line."""
    positions = any(row.positioned for row in rows)
    place: _Row | None = None
    members: list[Use] = []
    for row in rows:
        apart = row.positioned if positions else row.apart
        if place is not None and place.use.representation is None and row.use.representation is not None and not apart:
            if not row.deleted:
                members.append(row.use)
            continue
        if place is not None and not place.deleted:
            yield place.use, tuple(members)
        place, members = row, []
    if place is not None and not place.deleted:
        yield place.use, tuple(members)


def _rows(text: Text, heading: Heading) -> Iterator[_Row]:
    """The rows of a section; a name may go on in the next line, with status and representation there. Prose is passed over: it ends with a blank line."""
    dropped = deleting(text)
    prose, apart = False, True
    begun: tuple[re.Match[str], Line] | None = None
    for line in heading.body:
        match = None
        ends = not line.text or _PROSE.match(line.text) is not None
        if ends:
            prose, apart = bool(line.text), True
        elif not prose:
            match = _ROW.fullmatch(line.text)
        if begun is not None and (match is not None or ends):
            _whole(text, *begun)
            begun = None
        if match is not None:
            begun = match, line
        tail = _TAIL.search(line.text) if begun is not None else None
        if begun is not None and tail is not None:
            row, first = begun
            begun = None
            deleted = dropped and "-" in (row[2] or "")
            yield _Row(row[1] is not None, apart, deleted, Use(row[3], tail[1], int(tail[2] or 1), tail[3], first))
            apart = False
    if begun is not None:
        _whole(text, *begun)


def _whole(text: Text, begun: re.Match[str], line: Line) -> None:
    """A row that has a position and was not read to its end is one that must not be passed over; without one it was a line of prose."""
    if begun[1] is not None:
        raise text.fault(line, "this row does not end as the others do (M or C, repeats, representation): put it right and pack the archive again")


def _notes(heading: Heading) -> Iterator[str]:
    """Coded dependency notes, ``D5(040,030) If first, then all``, with the lines that they go on over."""
    note: list[str] = []
    column = 0
    for line in heading.body:
        match = _NOTE.fullmatch(line.text)
        if match is None and note and line.text and len(line.text) - len(line.text.lstrip()) >= column:
            note.append(line.text.strip())
            continue
        if note:
            yield " ".join(note)
            note = []
        if match is not None:
            note, column = [match[1]], match.start(1)
    if note:
        yield " ".join(note)
