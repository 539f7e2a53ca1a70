"""Accepting segments quickly: one regular expression for a segment definition. It only ever accepts.

Whatever a pattern does not match is judged by ``vanhub.directory.elements``, which is slower and decides; so a pattern may be
narrower than the rules (repetitions in version 4, many repeated places, odd decimals) but never wider.
Characters are not looked at here: the caller has made sure that the text is within its repertoire.

Values are matched possessively and every choice is decided by the next character, so that matching is linear. Coded elements are captured;
their values are looked up afterwards, and a combination of them that was good once is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vanhub.directory.elements import LIST_AGENCY, LIST_NAME, Vocabulary, decimal_marks, dependency_holds, members_of
from vanhub.directory.model import CompositeUse, ElementUse, SegmentDefinition
from vanhub.edifact.scanner import Marks, split

# A place that repeats more often than this has no pattern of its own for the places beyond.
_SPREAD = 9
_REMEMBERED = 4096
_DECIMALS = 3
_NAMING = frozenset({LIST_NAME, LIST_AGENCY})


@dataclass(slots=True)
class SegmentPattern:
    """The patterns of one segment definition: ``plain`` for text without release characters, ``released`` for text with them.

    ``coded`` has, for each captured element, its group's index, its list (or None) and the indexes of the 1131 and 3055 that take it out of use.
    """

    plain: Callable[[str], re.Match[str] | None]
    _released: str
    coded: tuple[tuple[int, Mapping[str, str], tuple[int, ...]], ...]
    rules: Callable[[str], bool] | None
    known: set[tuple[str | None, ...]] = field(default_factory=set)
    _match_released: Callable[[str], re.Match[str] | None] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether ``released`` was compiled too."""
        return self._match_released is not None

    def released(self, text: str) -> re.Match[str] | None:
        """Matches text with release characters. Compiled when there is such text: compiling costs a millisecond."""
        if self._match_released is None:
            self._match_released = re.compile(self._released).fullmatch
        return self._match_released(text)

    def codes_hold(self, captured: tuple[str | None, ...]) -> bool:
        """Whether every coded element among the captured ones has a code of its list."""
        for index, codes, others in self.coded:
            value = captured[index]
            if value and value not in codes and not any(captured[other] for other in others):
                return False
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        self.known.add(captured)
        return True


def segment_pattern(definition: SegmentDefinition, vocabulary: Vocabulary, marks: Marks, syntax_version: int) -> SegmentPattern:
    """Compiles one definition for one set of service characters and syntax version."""
    writer = _PatternWriter(vocabulary, marks, syntax_version >= 4)
    plain = writer.segment(definition, released=False)
    released = writer.segment(definition, released=True) if marks.release else plain
    return SegmentPattern(re.compile(plain).fullmatch, released, tuple(writer.coded), _rules(definition, vocabulary, marks, syntax_version))


class _PatternWriter:
    def __init__(self, vocabulary: Vocabulary, marks: Marks, version_4: bool) -> None:
        self._vocabulary = vocabulary
        self._marks = marks
        self._version_4 = version_4
        self._element = re.escape(marks.element)
        self._component = re.escape(marks.component)
        self._special = re.escape(marks.element + marks.component + marks.release + marks.repetition)
        self.coded: list[tuple[int, Mapping[str, str], tuple[int, ...]]] = []

    def segment(self, definition: SegmentDefinition, *, released: bool) -> str:
        self.coded = []
        self._groups = 0
        places: list[tuple[str, bool]] = []
        for use in definition.elements:
            if self._version_4:
                places.append((self._place(use, use.mandatory, released), use.mandatory))
                continue
            last = use is definition.elements[-1]
            if use.most > _SPREAD and not last:
                # What comes after so many places is left to the slow way.
                places += [(self._place(use, use.mandatory and number == 0, released), use.mandatory and number == 0) for number in range(_SPREAD)]
                break
            places += [(self._place(use, use.mandatory and number == 0, released), use.mandatory and number == 0) for number in range(min(use.most, _SPREAD))]
        return re.escape(definition.tag) + self._sequence(places, self._element, leading=True)

    def _sequence(self, places: list[tuple[str, bool]], mark: str, *, leading: bool) -> str:
        """Places in their order: up to the last mandatory one all separators stand, after it the rest may be cut off.

        In version 4 what is cut off must be cut off whole: no separator stands before nothing.
        """
        required = max((number for number, (_, mandatory) in enumerate(places, 1) if mandatory), default=0 if leading else 1)
        head = [pattern for pattern, _ in places[:required]]
        text = (mark if leading and head else "") + mark.join(head)
        tail = places[required:]
        after = f"(?<!{mark})" if self._version_4 else ""
        return text + "".join(f"(?:{mark}{pattern}" for pattern, _ in tail) + "|)" * len(tail) + after

    def _place(self, use: ElementUse | CompositeUse, mandatory: bool, released: bool) -> str:
        if isinstance(use, CompositeUse):
            return self._composite(use, mandatory, released)
        pattern = self._value(use, mandatory, released, captured=self._codes(use) is not None)
        codes = self._codes(use)
        if codes is not None:
            self.coded.append((self._groups - 1, codes, ()))
        return pattern

    def _composite(self, use: CompositeUse, mandatory: bool, released: bool) -> str:
        members = members_of(use)
        # Whether another list is named matters only where there is a list of ours besides the agencies'.
        has_codes = any(member.id not in _NAMING and self._codes(member) is not None for member in members)
        places: list[tuple[str, bool]] = []
        naming: list[int] = []
        coded: list[tuple[int, Mapping[str, str], bool]] = []
        for member in members:
            is_naming = member.id in _NAMING
            codes = self._codes(member) if member.id != LIST_NAME else None
            captured = codes is not None or (is_naming and has_codes)
            places.append((self._value(member, member.mandatory, released, captured=captured), member.mandatory))
            if captured and is_naming:
                naming.append(self._groups - 1)
            if codes is not None:
                coded.append((self._groups - 1, codes, member.id == LIST_AGENCY))
        self.coded += [(group, codes, () if agency else tuple(naming)) for group, codes, agency in coded]
        text = self._sequence(places, self._component, leading=False)
        if mandatory:
            # Something must stand in it, also where all its components are conditional.
            return f"(?![{self._element}{self._component}]|\\Z){text}"
        return f"(?:{text}|)" if any(member.mandatory for member in members) else text

    def _codes(self, use: ElementUse) -> Mapping[str, str] | None:
        return self._vocabulary.codes(use.id)

    def _value(self, use: ElementUse, mandatory: bool, released: bool, *, captured: bool) -> str:
        representation = use.representation
        least, most = max(representation.least, 1), representation.most
        if representation.kind == "n":
            pattern = self._number(least, most)
        else:
            digits = "0-9" if representation.kind == "a" else ""
            character = f"[^{self._special}{digits}]"
            if released and self._marks.release:
                released_character = "[^0-9]" if digits else "."
                character = f"(?:{character}|{re.escape(self._marks.release)}{released_character})"
            if not mandatory and not representation.least:
                least = 0
            pattern = f"{character}{{{least},{most}}}+"
        if not mandatory and least:
            pattern = f"(?:{pattern}|)"
        if captured:
            self._groups += 1
            return f"({pattern})"
        return pattern

    def _number(self, least: int, most: int) -> str:
        """Digits, perhaps a mark and digits. First what amounts and weights look like, then what else is within the length, which takes a look ahead."""
        mark = re.escape("".join(character for character in decimal_marks(self._marks) if character not in self._marks.element + self._marks.component))
        whole = f"[0-9]{{{least},{most}}}+"
        if most < 2 or not mark:
            return f"-?+{whole}"
        end = f"(?![{mark}0-9])"
        usual = f"[0-9]{{1,{most - _DECIMALS}}}+(?:[{mark}][0-9]{{1,{_DECIMALS}}}+|){end}|" if least < 2 and most > _DECIMALS else ""
        return f"-?+(?:{usual}{whole}{end}|(?=[0-9{mark}]{{{max(least, 2) + 1},{most + 1}}}+{end})[0-9]++[{mark}][0-9]++)"


def _rules(definition: SegmentDefinition, vocabulary: Vocabulary, marks: Marks, syntax_version: int) -> Callable[[str], bool] | None:
    """The coded dependency notes of a segment as one function of its text, None where it has none."""
    notes = vocabulary.dependencies(definition.tag)
    if not notes:
        return None
    spreads = [1 if syntax_version >= 4 else use.most for use in definition.elements]
    starts = [sum(spreads[:number]) for number in range(len(spreads))]

    def hold(text: str) -> bool:
        pieces = split(text, marks.element, marks.release)[1:]
        present = [start < len(pieces) and bool(pieces[start]) for start in starts]
        return all(dependency_holds(note, present) for note in notes)

    return hold
