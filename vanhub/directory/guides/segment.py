"""One segment held against what a guide says of its place: all that can be said without the segments around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from vanhub.directory.elements import hint, numbers
from vanhub.directory.guides.dates import read_date
from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.lists import Period
from vanhub.directory.guides.memory import Memory
from vanhub.directory.guides.model import Condition, ElementRule, Guide, ListUse, Rule, Spot, Status, Use, Where
from vanhub.directory.guides.names import as_sent
from vanhub.directory.guides.quick import QuickSegments, SegmentReader
from vanhub.directory.guides.said import Chosen, Dated, Said, Saying, Slot
from vanhub.directory.guides.sent import Sent
from vanhub.directory.model import Representation
from vanhub.directory.table import Move, Place
from vanhub.edifact.charset import printable
from vanhub.edifact.guide_faults import GuideFaultKind
from vanhub.edifact.scanner import Marks

# Of texts up to this length what was said in the slow way is remembered: partners make the same mistake again and again.
_SHORT = 96


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A way from one segment's place to the next without fault, as far as counts allow it.

    ``counted`` is what comes once more, at most ``most`` times (-1: nothing); the counts of ``entered`` begin at 1. ``first`` is the outermost place that is gone to anew, None
    where the segment repeats. ``opened`` are the groups that begin, outermost first. ``standing``: what the guide says there, None where it says nothing.
    """

    target: Place
    counted: int
    most: int
    entered: tuple[int, ...]
    first: Place | None
    opened: tuple[Place, ...]
    standing: Standing | None


class SegmentJudge:
    """Judges the segments of one guide as written with ``marks`` in one syntax version."""

    def __init__(self, guide: Guide, marks: Marks, syntax_version: int, memory: Memory) -> None:
        self.guide = guide
        self.memory = memory
        self.marks = marks
        self.version_4 = syntax_version >= 4
        self.number = numbers(marks)
        self.slots: dict[int, Slot] = {}
        uses: dict[int, list[Use]] = {}
        for use in guide.uses:
            for index in use.places:
                uses.setdefault(index, []).append(use)
        for index, several in uses.items():
            # Uses of the same places share a slot; one of ``UNS`` and one of ``UNS#2`` do not.
            self.slots[index] = Slot(index, several[0].depth, tuple(several), guide.closed and all(use.where for use in several))
        self.within: dict[int, list[Use]] = {}
        self.required: dict[int, list[Use]] = {}
        """The uses that have to be there, by the group that they are in."""
        for use in guide.uses:
            if use.within:
                self.within.setdefault(use.parent, []).append(use)
            if use.status is Status.REQUIRED:
                self.required.setdefault(use.parent, []).append(use)
        self.rules: dict[int, list[Rule]] = {}
        """By their scope."""
        self.conditions: dict[int, list[Condition]] = {}
        for rule in guide.rules:
            self.rules.setdefault(rule.scope, []).append(rule)
            for condition in (*rule.conditions, *rule.then, *rule.any, *rule.never):
                for index in condition.places:
                    self.conditions.setdefault(index, []).append(condition)
        self._standings: dict[tuple[int, int], Standing | None] = {}
        self._steps: dict[tuple[int, str], tuple[Step, ...]] = {}
        self.start = Step(guide.table.start, -1, 0, (), None, (), self._standing(guide.table.start, ()))

    def step(self, current: Place, tag: str, counts: list[int]) -> Step | None:
        """The step without fault from a segment's place to ``tag``; ``counts``, how often each place of the table came, go on with it."""
        for step in self._steps_to(current, tag) if tag in self.guide.table.tags else ():
            if step.counted >= 0:
                if counts[step.counted] >= step.most:
                    continue
                counts[step.counted] += 1
            for index in step.entered:
                counts[index] = 1
            return step
        return None

    def _steps_to(self, current: Place, tag: str) -> tuple[Step, ...]:
        """The ways from a segment's place to ``tag``, one of the table's, in the order in which they are to be tried."""
        key = (current.index, tag)
        steps = self._steps.get(key)
        if steps is None:
            steps = self._steps[key] = tuple(map(self._step, (move for move in self.guide.table.moves(current, tag) if not move.missing)))
        return steps

    def _step(self, move: Move) -> Step:
        counted = move.counted
        if counted is move.target:
            first, entered = None, move.entered
        else:
            first = counted if counted is not None else move.entered[0]
            entered = move.entered
        opened = tuple(place for place in ((first, *entered) if counted is not None and first is not None else entered) if place.children)
        return Step(
            move.target,
            counted.index if counted is not None else -1,
            counted.most if counted is not None else 0,
            tuple(place.index for place in move.entered),
            first,
            opened,
            self._standing(move.target, opened),
        )

    def _standing(self, target: Place, opened: tuple[Place, ...]) -> Standing | None:
        key = (target.index, len(opened))
        if key not in self._standings:
            standing = Standing(self, target, opened)
            self._standings[key] = standing if standing.says_anything else None
        return self._standings[key]

    def not_used(self, chosen: Chosen, tag: str, text: str) -> Saying:
        """That a segment, or the group that it begins, is not used: by its use, or because it is none."""
        if chosen.use is not None:
            return self.of_use(GuideFaultKind.SEGMENT_NOT_USED, chosen.use, {})
        sent = Sent(text, self.marks, self.version_4)
        found = tuple(replace(match, values=frozenset([printable(sent.value(match.spot), 35)])) for use in chosen.slot.uses[:1] for match in use.where)
        return Saying(GuideFaultKind.SEGMENT_NOT_USED, GuideFaultKind.SEGMENT_NOT_USED.value.code, params={"place": as_sent(tag, found)})

    def of_use(self, kind: GuideFaultKind, use: Use, params: dict[str, str]) -> Saying:
        """A fault of a use as a whole."""
        return Saying(kind, use.error or kind.value.code, params={"name": use.name.en, "place": use.label, **params}, params_zh={"name": use.name.zh})

    def mistaken(self, use: Use, slot: Slot, text: str) -> Saying:
        """That ``text``, which fits no use of its place, was meant to be ``use``."""
        sent = Sent(text, self.marks, self.version_4)
        match = next(match for match in use.where if sent.value(match.spot) not in match.values)
        allowed = sorted({code for other in slot.uses for each in other.where if each.spot == match.spot for code in each.values})
        value = sent.value(match.spot)
        meant = ", ".join(sorted(match.values))
        params = {"name": use.name.en, "element": match.name.en, "allowed": ", ".join(allowed), "hint": f"{meant} ({use.name.en})"}
        params_zh = {"name": use.name.zh, "element": match.name.zh, "hint": f"{meant}（{use.name.zh}）"}
        return _saying(GuideFaultKind.CODE_NOT_ALLOWED, use.error, sent, match.spot, value, params, params_zh)


class Standing:
    """What a guide says of segments at one place of the table that begin the same groups."""

    def __init__(self, judge: SegmentJudge, target: Place, opened: tuple[Place, ...]) -> None:
        guide = judge.guide
        self._marks = judge.marks
        self._version_4 = judge.version_4
        self._number = judge.number
        self._memory = judge.memory
        self._slots: list[tuple[Slot, int]] = []  # and how many of the groups are opened around it
        for level, place in enumerate((*opened, target)):
            slot = judge.slots.get(place.index)
            if slot is None and guide.closed and place.index not in guide.listed and not place.mandatory:
                slot = Slot(place.index, place.depth - 1, (), True)
            if slot is not None:
                self._slots.append((slot, level))
        self._within = [judge.within.get(place.index, []) for place in opened]
        self._conditions = judge.conditions.get(target.index, [])
        self._date = guide.date if guide.date is not None and target.index in guide.date.places else None
        self._reader = self._read_by(target.tag)
        self._quick: dict[frozenset[int], QuickSegments] = {}
        self._said: dict[tuple[frozenset[int], str], Said] = {}

    @property
    def says_anything(self) -> bool:
        return bool(self._slots or self._conditions or self._date is not None or any(self._within))

    def _read_by(self, tag: str) -> SegmentReader:
        uses = [use for slot, _ in self._slots for use in slot.uses]
        where = [use.where for use in uses] + [use.within for several in self._within for use in several] + [each.where for each in self._conditions]
        filled = [spot for each in self._conditions for spot in each.filled]
        return SegmentReader(tag, where, filled, [rule for use in uses for rule in use.elements], self._marks, self._version_4)

    def quick(self, excluded: frozenset[int]) -> QuickSegments:
        """The fast way; ``excluded`` are the uses that the group around the segment, and around what it opens, cannot have."""
        quick = self._quick.get(excluded)
        if quick is None:
            quick = QuickSegments(self._reader, lambda text: self._judge(excluded, text), self._memory)
            self._memory.keep(self._quick, excluded, quick, weight=QuickSegments.WEIGHT)
        return quick

    def judge(self, excluded: frozenset[int], text: str) -> Said:
        """What is to be said of ``text``; ``excluded`` as for ``quick``."""
        if self._date is None:
            quick = self.quick(excluded)
            known = quick.brief.get(text) or quick.tell(text, learning=True)
            # What is said of a code that is not good for ever says where it stands.
            if known is not None and not known.dated:
                return known
        key = (excluded, text)
        said = self._said.get(key)
        if said is None:
            said = self._judge(excluded, text)
            if len(text) <= _SHORT:
                self._memory.keep(self._said, key, said)
        return said

    def read_date(self, text: str) -> date | None:
        """The message's date, where it stands in ``text``."""
        return self._read_date(Sent(text, self._marks, self._version_4)) if self._date is not None else None

    def _judge(self, excluded: frozenset[int], text: str) -> Said:
        sent = Sent(text, self._marks, self._version_4)
        inside = [frozenset([use.number for use in several if not self._fits(use.within, sent)]) for several in self._within]
        chosen: list[Chosen] = []
        sayings: list[Saying] = []
        dated: list[Dated] = []
        for slot, level in self._slots:
            choice = Chosen(slot, self._choose(slot, inside[level - 1] if level else excluded, sent))
            chosen.append(choice)
            if not choice.is_used:
                break
            if choice.use is not None:
                self._elements(choice.use, sent, sayings, dated)
        met = tuple(each for each in self._conditions if self._fits(each.where, sent) and all(map(sent.value, each.filled)))
        return Said(tuple(chosen), tuple(inside), met, tuple(sayings), tuple(dated), self._read_date(sent))

    def _choose(self, slot: Slot, excluded: frozenset[int], sent: Sent) -> Use | None:
        for use in slot.uses:
            if use.number not in excluded and self._fits(use.where, sent):
                return use
        return None

    def _fits(self, where: Where, sent: Sent) -> bool:
        return all(sent.value(match.spot) in match.values for match in where)

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
                    sayings.append(_saying(GuideFaultKind.ELEMENT_REQUIRED, rule.error, sent, spot, None, names, names_zh))
                elif rule.status is Status.REQUIRED and spot.spread != blank:
                    blank = spot.spread
                    sayings.append(_saying(GuideFaultKind.ELEMENT_REQUIRED, rule.error, sent, spot, None, names, names_zh, whole=True))
            elif rule.status is Status.UNUSED:
                sayings.append(_saying(GuideFaultKind.ELEMENT_NOT_USED, rule.error, sent, spot, value, names, names_zh))
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
            yield _saying(GuideFaultKind.CODE_NOT_ALLOWED, rule.error, sent, spot, value, params, names_zh)
        elif rule.form is not None and not self._has_form(rule.form, value):
            form, form_zh = (rule.form.text.en, rule.form.text.zh) if isinstance(rule.form, Form) else (str(rule.form), str(rule.form))
            yield _saying(GuideFaultKind.FORM, rule.error, sent, spot, value, {**names, "form": form}, {**names_zh, "form": form_zh})
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
            yield _saying(GuideFaultKind.CODE_NOT_IN_LIST, rule.error, sent, rule.spot, value, params, params_zh, warning=codes.partial)
        elif code in codes.periods:
            periods = codes.periods[code]
            said, said_zh = _periods(periods)
            saying = _saying(GuideFaultKind.CODE_NOT_VALID, rule.error, sent, rule.spot, value, {**params, "valid": said}, {**params_zh, "valid": said_zh})
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

    def _read_date(self, sent: Sent) -> date | None:
        spot = self._date
        if spot is None or not self._fits(spot.where, sent):
            return None
        return read_date(sent.value(spot.value), sent.value(spot.format) if spot.format is not None else "")


def _saying(
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
