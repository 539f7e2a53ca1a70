"""One segment held against what a guide says of its place: all that can be said without the segments around it.

What is said of a text is remembered while it is short: partners send the same segments again and again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from vanhub.directory.elements import hint, numbers
from vanhub.directory.guides.dates import read_date
from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.lists import Period
from vanhub.directory.guides.model import Condition, ElementRule, Guide, ListUse, Rule, Spot, Status, Use, Where
from vanhub.directory.guides.names import as_sent
from vanhub.directory.model import Representation
from vanhub.directory.table import Place
from vanhub.edifact.charset import printable
from vanhub.edifact.guide_faults import GuideFaultKind
from vanhub.edifact.scanner import Marks, split, unreleased

_SHORT = 96
_MOST_SAID = 4_000


@dataclass(frozen=True, slots=True)
class Saying:
    """A fault within a segment's text, before it is told where the segment is. ``index`` is the character of the text; the rest as in ``GuideFault``."""

    kind: GuideFaultKind
    code: str
    index: int = 0
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    value: str | None = None
    warning: bool = False
    params: dict[str, str] = field(default_factory=dict)
    params_zh: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dated:
    """A fault if the message's date is in none of the periods. ``key`` is the same for the same code at the same spot of the same use."""

    key: tuple[int, str, int, str]
    periods: tuple[Period, ...]
    saying: Saying


@dataclass(frozen=True, slots=True)
class Slot:
    """A place with uses, among which its segments are told apart. ``closed``: what fits none of them is not used. ``parent`` is the group around it."""

    place: int
    parent: int
    uses: tuple[Use, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The use that a segment is, at one of the places that it stands for; None: none fits."""

    slot: Slot
    use: Use | None

    @property
    def is_stray(self) -> bool:
        """Whether it is none, where the guide is closed."""
        return self.use is None and self.slot.closed

    @property
    def is_used(self) -> bool:
        return not self.is_stray and (self.use is None or self.use.status is not Status.UNUSED)


@dataclass(frozen=True, slots=True)
class Said:
    """All that a segment's text says: its uses, outermost first; the uses that the groups which it opens cannot have, by number, outermost first; its own
    faults; the conditions that it meets; codes whose faults depend on the date; the message's date.
    """

    chosen: tuple[Chosen, ...]
    excluded: tuple[frozenset[int], ...]
    sayings: tuple[Saying, ...]
    met: tuple[Condition, ...]
    dated: tuple[Dated, ...]
    date: date | None


class Sent:
    """A segment's text, read as far as asked."""

    def __init__(self, text: str, marks: Marks, version_4: bool) -> None:
        self.text = text
        self._marks = marks
        self._version_4 = version_4
        self._elements = split(text, marks.element, marks.release)

    def value(self, spot: Spot) -> str:
        """Without release characters; of a composite or a place of a simple element all that stands there."""
        occurrence = self._occurrence(spot)
        if spot.component < 0 or not occurrence:
            return unreleased(occurrence, self._marks.release) if spot.representation is not None else occurrence.strip(self._marks.component)
        components = split(occurrence, self._marks.component, self._marks.release)
        return unreleased(components[spot.component], self._marks.release) if spot.component < len(components) else ""

    def is_blank(self, spot: Spot) -> bool:
        """Whether nothing stands at the element's place, in no component."""
        return not self._occurrence(spot).strip(self._marks.component)

    def _occurrence(self, spot: Spot) -> str:
        element = spot.place if self._version_4 else spot.spread
        if element >= len(self._elements):
            return ""
        text = self._elements[element]
        if not self._version_4 or not self._marks.repetition:
            return text if not self._version_4 or not spot.repetition else ""
        repetitions = split(text, self._marks.repetition, self._marks.release)
        return repetitions[spot.repetition] if spot.repetition < len(repetitions) else ""

    def place(self, spot: Spot, *, whole: bool = False) -> tuple[int, int, int | None, int | None]:
        """Index of the first character, and element, component, repetition as a fault tells them; of what is not there, where it would begin.

        ``whole``: of the element, not of the component.
        """
        element = spot.place if self._version_4 else spot.spread
        repetition = spot.repetition + 1 if self._version_4 and spot.repeats else None
        component = None if whole or spot.component < 0 else spot.component + 1
        if element >= len(self._elements):
            return len(self.text), element + 1, component, repetition
        index = sum(map(len, self._elements[:element])) + element
        text = self._elements[element]
        for mark, number in ((self._marks.repetition if self._version_4 else "", spot.repetition), (self._marks.component, (component or 1) - 1)):
            if mark and number:
                parts = split(text, mark, self._marks.release)
                index += sum(map(len, parts[:number])) + min(number, len(parts) - 1)
                text = parts[number] if number < len(parts) else ""
        return index, element + 1, component, repetition


class SegmentJudge:
    """Judges the segments of one guide as written with ``marks`` in one syntax version."""

    def __init__(self, guide: Guide, marks: Marks, syntax_version: int) -> None:
        self._guide = guide
        self._marks = marks
        self._version_4 = syntax_version >= 4
        self._number = numbers(marks)
        self._slots: dict[int, Slot] = {}
        for use in guide.uses:
            # Uses of the same places share a slot; one of ``UNS`` and one of ``UNS#2`` do not.
            for index in use.places:
                known = self._slots.get(index)
                self._slots[index] = Slot(index, use.parent, (*(known.uses if known else ()), use), False)
        for index, slot in self._slots.items():
            self._slots[index] = replace(slot, closed=guide.closed and all(use.where for use in slot.uses))
        self._within: dict[int, list[Use]] = {}
        for use in guide.uses:
            if use.within:
                self._within.setdefault(use.parent, []).append(use)
        self._conditions: dict[int, list[Condition]] = {}
        for rule in guide.rules:
            for condition in (*rule.conditions, *rule.then, *rule.any, *rule.never):
                for index in condition.places:
                    self._conditions.setdefault(index, []).append(condition)
        self.required: dict[int, list[Use]] = {}
        """The uses that have to be there, by the group that they are in."""
        for use in guide.uses:
            if use.status is Status.REQUIRED:
                self.required.setdefault(use.parent, []).append(use)
        self.rules: dict[int, list[Rule]] = {}
        """By their scope."""
        for rule in guide.rules:
            self.rules.setdefault(rule.scope, []).append(rule)
        self._said: dict[tuple[int, int, frozenset[int], str], Said] = {}

    def judge(self, target: Place, opened: Sequence[Place], excluded: frozenset[int], text: str) -> Said:
        """What is to be said of ``text``, which stands at ``target``. ``opened`` are the groups that begin with it, outermost first; ``excluded`` the uses that the
        group around all of these cannot have.
        """
        key = (target.index, len(opened), excluded, text)
        said = self._said.get(key)
        if said is None:
            said = self._judge(target, opened, excluded, text)
            if len(text) <= _SHORT:
                if len(self._said) >= _MOST_SAID:
                    self._said.clear()
                self._said[key] = said
        return said

    def _judge(self, target: Place, opened: Sequence[Place], excluded: frozenset[int], text: str) -> Said:
        sent = Sent(text, self._marks, self._version_4)
        chosen: list[Chosen] = []
        inside: list[frozenset[int]] = []
        sayings: list[Saying] = []
        dated: list[Dated] = []
        around = excluded
        used = True
        for place in (*opened, target):
            slot = self._slots.get(place.index)
            if slot is None and self._guide.closed and place.index not in self._guide.listed and not place.mandatory:
                slot = Slot(place.index, place.parent.index if place.parent is not None else 0, (), True)
            if slot is not None and used:
                choice = Chosen(slot, self._choose(slot, around, sent))
                chosen.append(choice)
                used = choice.is_used
                if used and choice.use is not None:
                    self._elements(choice.use, sent, sayings, dated)
            if place.children:
                around = frozenset(use.number for use in self._within.get(place.index, ()) if not self._fits(use.within, sent))
                inside.append(around)
        met = tuple(each for each in self._conditions.get(target.index, ()) if self._fits(each.where, sent) and all(map(sent.value, each.filled)))
        return Said(tuple(chosen), tuple(inside), tuple(sayings), met, tuple(dated), self._date(target, sent))

    def _choose(self, slot: Slot, excluded: frozenset[int], sent: Sent) -> Use | None:
        for use in slot.uses:
            if use.number not in excluded and self._fits(use.where, sent):
                return use
        return None

    def _fits(self, where: Where, sent: Sent) -> bool:
        return all(sent.value(match.spot) in match.values for match in where)

    def not_used(self, chosen: Chosen, tag: str, text: str) -> Saying:
        """That a segment, or the group that it begins, is not used: by its use, or because it is none."""
        if chosen.use is not None:
            return self.of_use(GuideFaultKind.SEGMENT_NOT_USED, chosen.use, {})
        sent = Sent(text, self._marks, self._version_4)
        found = tuple(replace(match, values=frozenset([printable(sent.value(match.spot), 35)])) for use in chosen.slot.uses[:1] for match in use.where)
        return Saying(GuideFaultKind.SEGMENT_NOT_USED, GuideFaultKind.SEGMENT_NOT_USED.value.code, params={"place": as_sent(tag, found)})

    def of_use(self, kind: GuideFaultKind, use: Use, params: dict[str, str]) -> Saying:
        """A fault of a use as a whole."""
        return Saying(kind, use.error or kind.value.code, params={"name": use.name.en, "place": use.label, **params}, params_zh={"name": use.name.zh})

    def mistaken(self, use: Use, slot: Slot, text: str) -> Saying:
        """That ``text``, which fits no use of its place, was meant to be ``use``."""
        sent = Sent(text, self._marks, self._version_4)
        match = next(match for match in use.where if sent.value(match.spot) not in match.values)
        allowed = sorted({code for other in slot.uses for each in other.where if each.spot == match.spot for code in each.values})
        value = sent.value(match.spot)
        meant = ", ".join(sorted(match.values))
        params = {"name": use.name.en, "element": match.name.en, "allowed": ", ".join(allowed), "hint": f"{meant} ({use.name.en})"}
        params_zh = {"name": use.name.zh, "element": match.name.zh, "hint": f"{meant}（{use.name.zh}）"}
        return self._saying(GuideFaultKind.CODE_NOT_ALLOWED, use.error, sent, match.spot, value, params, params_zh)

    # --- elements ---

    def _elements(self, use: Use, sent: Sent, sayings: list[Saying], dated: list[Dated]) -> None:
        blank = -1  # the element of which it was said that nothing stands there
        for rule in use.elements:
            spot = rule.spot
            value = sent.value(spot)
            names = {"name": use.name.en, "element": rule.name.en}
            names_zh = {"name": use.name.zh, "element": rule.name.zh}
            if not value:
                if rule.status is Status.REQUIRED and not sent.is_blank(spot):
                    sayings.append(self._saying(GuideFaultKind.ELEMENT_REQUIRED, rule.error, sent, spot, None, names, names_zh))
                elif rule.status is Status.REQUIRED and spot.spread != blank:
                    blank = spot.spread
                    sayings.append(self._saying(GuideFaultKind.ELEMENT_REQUIRED, rule.error, sent, spot, None, names, names_zh, whole=True))
            elif rule.status is Status.UNUSED:
                sayings.append(self._saying(GuideFaultKind.ELEMENT_NOT_USED, rule.error, sent, spot, value, names, names_zh))
            elif spot.representation is not None and len(value) <= 2 * spot.representation.most:
                # What is longer than that is no value of the element, which the check says already.
                sayings += self._value(use.number, rule, sent, value, names, names_zh, dated)

    def _value(
        self, use_number: int, rule: ElementRule, sent: Sent, value: str, names: dict[str, str], names_zh: dict[str, str], dated: list[Dated]
    ) -> Iterator[Saying]:
        """At most one fault of a value."""
        spot = rule.spot
        if rule.codes is not None and value not in rule.codes:
            params = {**names, "allowed": ", ".join(rule.codes), "hint": hint(value, rule.codes)}
            yield self._saying(GuideFaultKind.CODE_NOT_ALLOWED, rule.error, sent, spot, value, params, names_zh)
        elif rule.form is not None and not self._has_form(rule.form, value):
            form, form_zh = (rule.form.text.en, rule.form.text.zh) if isinstance(rule.form, Form) else (str(rule.form), str(rule.form))
            yield self._saying(GuideFaultKind.FORM, rule.error, sent, spot, value, {**names, "form": form}, {**names_zh, "form": form_zh})
        elif rule.list is not None:
            yield from self._listed(use_number, rule, rule.list, sent, value, names, names_zh, dated)

    def _listed(
        self, use_number: int, rule: ElementRule, listed: ListUse, sent: Sent, value: str, names: dict[str, str], names_zh: dict[str, str], dated: list[Dated]
    ) -> Iterator[Saying]:
        codes = listed.codes
        code = value[: listed.prefix] if listed.prefix else value
        params, params_zh = {**names, "list": codes.title_en}, {**names_zh, "list": codes.title_zh}
        if code not in codes.names:
            near = codes.near(code)
            params, params_zh = {**params, "hint": _named(near, codes.names)}, {**params_zh, "hint": _named(near, codes.names_zh)}
            yield self._saying(GuideFaultKind.CODE_NOT_IN_LIST, rule.error, sent, rule.spot, value, params, params_zh, warning=codes.partial)
        elif code in codes.periods:
            periods = codes.periods[code]
            said, said_zh = _periods(periods)
            saying = self._saying(GuideFaultKind.CODE_NOT_VALID, rule.error, sent, rule.spot, value, {**params, "valid": said}, {**params_zh, "valid": said_zh})
            dated.append(Dated((use_number, rule.spot.id, rule.spot.spread, code), periods, saying))

    def _has_form(self, form: Representation | Form, value: str) -> bool:
        if isinstance(form, Form):
            return form.expression.fullmatch(value) is not None
        length = len(value)
        if form.kind == "n":
            # A code of so many digits is no number, which may have a sign and a decimal mark.
            if not (value.isascii() and value.isdigit()) if form.least else self._number(value) is not None:
                return False
            length = sum(map(str.isdigit, value))
        elif form.kind == "a" and any(map(str.isdigit, value)):
            return False
        return form.least <= length <= form.most

    def _saying(
        self,
        kind: GuideFaultKind,
        error: str,
        sent: Sent,
        spot: Spot,
        value: str | None,
        params: dict[str, str],
        params_zh: dict[str, str],
        *,
        warning: bool = False,
        whole: bool = False,
    ) -> Saying:
        index, element, component, repetition = sent.place(spot, whole=whole)
        shown = None if value is None else printable(value)
        return Saying(kind, error or kind.value.code, index, element, component, repetition, shown, warning, params, params_zh)

    def _date(self, target: Place, sent: Sent) -> date | None:
        spot = self._guide.date
        if spot is None or target.index not in spot.places or not self._fits(spot.where, sent):
            return None
        return read_date(sent.value(spot.value), sent.value(spot.format) if spot.format is not None else "")


def _named(codes: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(f"{code} ({names[code]})" if names[code] else code for code in codes)


def _periods(periods: Iterable[Period]) -> tuple[str, str]:
    """``from 2001-01-01 to 2006-12-31``, in English and Chinese."""
    english, chinese = [], []
    for period in periods:
        first, last = period.first, period.last
        english.append(" ".join([*([f"from {first}"] if first else []), *([f"to {last}"] if last else [])]))
        chinese.append("".join([*([f"自 {first}"] if first else []), *([f"至 {last}"] if last else [])]))
    return ", ".join(english), "，".join(chinese)
