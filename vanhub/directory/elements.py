"""Checking the data elements of one segment against its definition: the slow way, which explains everything.

What it checks, in the order of the wire: status, number of elements, components and repetitions, trailing separators, characters,
class, decimal notation, length, code lists, and coded dependency notes. At most one finding for a value.

How it reads the standard (ISO 9735:1988 section 9 and 10, ISO 9735-1:2002 section 8 to 10):

- Lengths count characters. Neither the minus sign nor the decimal mark counts.
- Decimal mark: where UNA's is the default point, point and comma are both good, as ISO 9735 allows either; where UNA
  names another one, only that one. In version 4 UNA's is not looked at and both are good.
- Places that repeat (``most`` > 1): versions 1-3 spread them over places, version 4 uses the repetition separator.
- Trailing separators are tolerated in versions 1-3, also beyond the last place.
- A coded element is checked against its list unless its composite names another one (1131 or 3055 filled). The agency in 3055 is
  always checked, the list's name in 1131 never: whose list it is decides what it may be called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vanhub.directory.model import CompositeUse, ElementUse, SegmentDefinition
from vanhub.edifact.charset import Repertoire, is_undecodable, name_of, printable
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.iso2022 import SHIFT_MARKS, without_shifts
from vanhub.edifact.scanner import Marks, split, unreleased, without_releases

LIST_NAME, LIST_AGENCY = "1131", "3055"


@dataclass(frozen=True, slots=True)
class ElementFinding:
    """A fault in a segment. ``element``, ``component``, ``repetition`` as in ``Fault``; ``index`` is the character of the segment's text where it is."""

    kind: FaultKind
    index: int
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    value: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] | None = None  # the list that the value is not in, for a hint (which is costly, so not made here)


class Vocabulary(Protocol):
    """What a segment's definition speaks of: names, lists and dependencies."""

    def element_name(self, id: str) -> str | None: ...
    def codes(self, element: str) -> Mapping[str, str] | None:
        """The closed list of an element; None where any value is good."""
        ...

    def dependencies(self, tag: str) -> tuple[str, ...]: ...


class ElementCheck:
    """Checks segments of one directory, written with ``marks`` in one syntax version."""

    def __init__(self, vocabulary: Vocabulary, marks: Marks, syntax_version: int) -> None:
        self._vocabulary = vocabulary
        self._marks = marks
        self._version_4 = syntax_version >= 4
        separators = marks.element + marks.component + (marks.repetition if self._version_4 else "")
        self._is_blank = re.compile(f"[{re.escape(separators)}{SHIFT_MARKS}]*").fullmatch
        self._number = numbers(marks)

    def check(self, definition: SegmentDefinition, text: str, repertoire: Repertoire) -> Iterator[ElementFinding]:
        """The findings in ``text``, a segment from its tag on without terminator."""
        outside = None if repertoire.admits(text) else repertoire
        pieces = self._pieces(text, self._marks.element, 0)[1:]
        filled = len(pieces)
        while filled and self._is_blank(pieces[filled - 1][0]):
            filled -= 1
        if filled < len(pieces) and self._version_4:
            yield ElementFinding(FaultKind.TRAILING_SEPARATORS, pieces[filled][1] - 1, element=filled + 2)
        pieces = pieces[:filled]
        place = 0
        total = 0
        present: list[bool] = []
        for use in definition.elements:
            spread = 1 if self._version_4 else use.most
            present.append(place < filled and bool(pieces[place][0]))
            for occurrence in range(spread):
                if place + occurrence >= filled:
                    break
                piece, at = pieces[place + occurrence]
                yield from self._element(_Place(self, definition.tag, use, use.mandatory and occurrence == 0, place + occurrence + 2, outside), piece, at)
            if use.mandatory and place >= filled:
                yield _Place(self, definition.tag, use, True, place + 2, outside).missing(len(text))
            place += spread
            total += spread
        if filled > total:
            piece, at = pieces[total]
            yield ElementFinding(
                FaultKind.TOO_MANY_ELEMENTS, at, element=total + 2, value=printable(unreleased(piece, self._marks.release)), params={"most": str(total)}
            )
        for note in self._vocabulary.dependencies(definition.tag):
            if not dependency_holds(note, present):
                yield ElementFinding(FaultKind.DEPENDENCY, 0, params={"rule": note})

    def _pieces(self, text: str, mark: str, at: int) -> list[tuple[str, int]]:
        """The parts of ``text`` between unreleased marks, each with the index where it begins when ``text`` begins at ``at``."""
        pieces = []
        for piece in split(text, mark, self._marks.release):
            pieces.append((piece, at))
            at += len(piece) + 1
        return pieces

    def _trimmed(self, place: _Place, text: str, mark: str, at: int, repetition: int | None) -> tuple[list[tuple[str, int]], list[ElementFinding]]:
        """The parts of ``text`` without trailing empty ones, and the finding that there were some, where that is a fault."""
        pieces = self._pieces(text, mark, at)
        filled = len(pieces)
        while filled and self._is_blank(pieces[filled - 1][0]):
            filled -= 1
        if filled == len(pieces) or not text or not self._version_4:
            return pieces[:filled], []
        component = filled + 1 if mark == self._marks.component else None
        at = pieces[max(filled, 1)][1] - 1 if len(pieces) > 1 else at
        return pieces[:filled], [ElementFinding(FaultKind.TRAILING_SEPARATORS, at, place.element, component, repetition)]

    def _element(self, place: _Place, text: str, at: int) -> Iterator[ElementFinding]:
        use = place.use
        if not (self._version_4 and self._marks.repetition):
            yield from self._occurrence(place, text, at, None, place.mandatory)
            return
        occurrences, trailing = self._trimmed(place, text, self._marks.repetition, at, None) if self._marks.repetition in text else ([(text, at)], [])
        yield from trailing
        if not occurrences:
            occurrences = [("", at)]
        for number, (occurrence, start) in enumerate(occurrences[: use.most], 1):
            repetition = number if use.most > 1 else None
            yield from self._occurrence(place, occurrence, start, repetition, place.mandatory and number == 1)
        if len(occurrences) > use.most:
            yield ElementFinding(
                FaultKind.ELEMENT_REPEATED,
                occurrences[use.most][1],
                place.element,
                repetition=use.most + 1,
                params={"name": self.name(use.id), "most": str(use.most)},
            )

    def _occurrence(self, place: _Place, text: str, at: int, repetition: int | None, mandatory: bool) -> Iterator[ElementFinding]:
        use = place.use
        components, trailing = self._trimmed(place, text, self._marks.component, at, repetition)
        yield from trailing
        if not components:
            if mandatory:
                yield place.missing(at, repetition)
        elif isinstance(use, CompositeUse):
            yield from self._composite(place, use, components, repetition)
        else:
            yield from self._value(place, use, *components[0], None, repetition, checked_code=True)
            if len(components) > 1:
                yield ElementFinding(FaultKind.COMPONENT_IN_SIMPLE, components[1][1], place.element, 2, repetition, params={"name": self.name(use.id)})

    def _composite(self, place: _Place, use: CompositeUse, components: list[tuple[str, int]], repetition: int | None) -> Iterator[ElementFinding]:
        members = members_of(use)
        values = [text for text, _ in components]
        other_list = any(member.id in (LIST_NAME, LIST_AGENCY) and value for member, value in zip(members, values, strict=False))
        end = components[-1][1] + len(components[-1][0])
        for number, member in enumerate(members, 1):
            text, at = components[number - 1] if number <= len(components) else ("", end)
            if without_shifts(text):
                checked = member.id == LIST_AGENCY or (member.id != LIST_NAME and not other_list)
                yield from self._value(place, member, text, at, number, repetition, checked_code=checked)
            elif member.mandatory:
                yield ElementFinding(FaultKind.COMPONENT_MISSING, at, place.element, number, repetition, params={"name": self.name(member.id)})
        if len(components) > len(members):
            text, at = components[len(members)]
            yield ElementFinding(
                FaultKind.TOO_MANY_COMPONENTS,
                at,
                place.element,
                len(members) + 1,
                repetition,
                printable(unreleased(text, self._marks.release)),
                {"name": self.name(use.id), "most": str(len(members))},
            )

    def _value(
        self, place: _Place, use: ElementUse, text: str, at: int, component: int | None, repetition: int | None, *, checked_code: bool
    ) -> Iterator[ElementFinding]:
        if not without_shifts(text):
            if use.mandatory:
                yield place.missing(at, repetition)
            return
        if place.outside is not None and (index := place.outside.outside(without_releases(text, self._marks.release))) >= 0:
            character = text[index]
            kind = FaultKind.UNDECODABLE if is_undecodable(character) else FaultKind.CHARACTER_INVALID
            yield ElementFinding(kind, at + index, place.element, component, repetition, name_of(character), {"repertoire": place.outside.name})
            return
        value = without_shifts(unreleased(text, self._marks.release))
        wrong = self._representation(use, value)
        if wrong is not None:
            kind, params = wrong
            yield ElementFinding(kind, at, place.element, component, repetition, printable(value), {"name": self.name(use.id), **params})
        elif checked_code and (codes := self._vocabulary.codes(use.id)) is not None and value not in codes:
            params = {"name": self.name(use.id)}
            yield ElementFinding(FaultKind.CODE_UNKNOWN, at, place.element, component, repetition, printable(value), params, codes)

    def _representation(self, use: ElementUse, value: str) -> tuple[FaultKind, dict[str, str]] | None:
        representation = use.representation
        length = len(value)
        if representation.kind == "n":
            kind = self._number(value)
            if kind is not None:
                return kind, {}
            length = sum(character.isdigit() for character in value)
        elif representation.kind == "a" and any("0" <= character <= "9" for character in value):
            return FaultKind.DIGIT_IN_ALPHABETIC, {}
        if length > representation.most:
            return FaultKind.TOO_LONG, {"length": str(length), "most": str(representation.most)}
        if length < representation.least:
            return FaultKind.TOO_SHORT, {"length": str(length), "least": str(representation.least)}
        return None

    def name(self, id: str) -> str:
        """``1225 Message function, coded``."""
        return f"{id} {self._vocabulary.element_name(id) or ''}".strip()


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of one segment while it is checked. ``outside`` is the repertoire when the segment has characters that are not in it."""

    check: ElementCheck
    tag: str
    use: ElementUse | CompositeUse
    mandatory: bool
    element: int
    outside: Repertoire | None

    def missing(self, at: int, repetition: int | None = None) -> ElementFinding:
        kind = FaultKind.COMPOSITE_MISSING if isinstance(self.use, CompositeUse) else FaultKind.ELEMENT_MISSING
        return ElementFinding(kind, at, self.element, repetition=repetition, params={"name": self.check.name(self.use.id)})


def members_of(use: CompositeUse) -> list[ElementUse]:
    """The components by their places: one that repeats has as many places as it may have repetitions, in all versions."""
    return [member for member in use.components for _ in range(member.most)]


def decimal_marks(marks: Marks) -> str:
    """The characters that may be the decimal mark (see the head of this module)."""
    return ".," if marks.decimal == "." else marks.decimal


def numbers(marks: Marks) -> Callable[[str], FaultKind | None]:
    """A function that says what is wrong with a numeric value, None if nothing."""
    mark = re.escape(decimal_marks(marks))
    good = re.compile(rf"-?+[0-9]++(?:[{mark}][0-9]++)?+").fullmatch
    headless = re.compile(rf"-?+[{mark}][0-9]++").fullmatch
    decimal = re.compile(rf"-?+[{mark}]*+[0-9][0-9{mark}]*+").fullmatch

    def fault(value: str) -> FaultKind | None:
        if good(value):
            return None
        if headless(value):
            return FaultKind.NO_DIGIT_BEFORE_MARK
        return FaultKind.DECIMAL_NOTATION if decimal(value) else FaultKind.LETTER_IN_NUMERIC

    return fault


_NOTE = re.compile(r"D([1-7])\(([0-9]{3}(?:,[0-9]{3})+)\)")


def dependency_holds(note: str, present: list[bool]) -> bool:
    """Whether a coded dependency note (``D5(040,030) If first, then all``) holds. ``present`` is by place; place 010 is the first.

    ISO 9735-1:2002 section 11.5. A note that is not coded, or of places that are not there, asks for nothing.
    """
    coded = _NOTE.match(note)
    if coded is None:
        return True
    places = [int(number) // 10 - 1 for number in coded[2].split(",")]
    first, *others = [0 <= place < len(present) and present[place] for place in places]
    count = first + sum(others)
    return {
        "1": count == 1,
        "2": count in (0, len(places)),
        "3": count >= 1,
        "4": count <= 1,
        "5": not first or all(others),
        "6": not first or any(others),
        "7": not first or not any(others),
    }[coded[1]]


_FEW = 8


def hint(value: str, codes: Mapping[str, str]) -> str:
    """Codes that may have been meant, with their names: written alike, or all of a short list; empty when none is near."""
    plain = value.strip().casefold().lstrip("0")
    near = [code for code in codes if code.casefold().lstrip("0") == plain]
    if not near and len(value) > 1:
        near = [code for code in codes if len(code) == len(value) and sum(map(str.__ne__, code, value)) == 1]
    if not near and len(codes) <= _FEW:
        near = list(codes)
    return ", ".join(f"{code} ({name})" if name else code for code, name in ((code, codes[code]) for code in near[: 3 if len(codes) > _FEW else _FEW]))
