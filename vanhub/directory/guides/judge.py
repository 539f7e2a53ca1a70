"""A message held against a guide, segment by segment.

The judge follows the message's segment table. For each group that is open it counts the uses that came, and remembers what conditions were met and where; when an
instance of a group ends, what it lacks is told, and its rules are judged. Memory is bounded by the guide and the groups that can be open at once.

- One mistake is one fault: what stands in a group that is not used is not looked at; where a closed guide lacks one required use at a place and something stands there
  that is no use, that is a wrong code.
- A use that is missing is told at the last segment before the gap; a rule that asks for something at the segment that met its first condition.
- A date that is needed before it has come is waited for; of codes that wait the first of each is told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

from vanhub.directory.findings import Reading
from vanhub.directory.guides.model import Guide, Rule
from vanhub.directory.guides.said import Dated, Said, Saying, Slot
from vanhub.directory.guides.segment import SegmentJudge, Standing, Step
from vanhub.directory.table import Place
from vanhub.edifact.envelope import Where
from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind

# A message is judged up to so many faults.
_MOST_FAULTS = 1_000
# ISO 9735-5: these may stand in any message of syntax version 4 and are in no table.
_SECURITY = frozenset({"USH", "USA", "USC", "USR", "UST"})

_NONE: frozenset[int] = frozenset()

_At = tuple[str, Where]


class _Instance:
    """An instance of a group, or the message, while it is open."""

    __slots__ = ("counts", "excluded", "is_used", "lasts", "met", "order", "place", "strays", "trigger")

    def __init__(self, place: Place, excluded: frozenset[int], is_used: bool, trigger: _At) -> None:
        self.place = place
        self.excluded = excluded
        self.is_used = is_used
        self.trigger = trigger
        self.order = 0  # of the child that the segment taken last is of
        self.lasts: list[tuple[int, _At]] = []  # for each child that is over: its order and its last segment
        self.counts: dict[int, int] = {}  # by use
        self.met: dict[int, _At] = {}  # by condition, the first segment that met it
        self.strays: dict[int, tuple[int, Slot, str, _At]] = {}  # by place, the first segment that is none of the uses there, and the number of its fault


class GuideJudge:
    """One message. ``take`` its segments from UNH to UNT, then ``end``."""

    def __init__(self, guide: Guide, segments: SegmentJudge, message: int, reading: Reading) -> None:
        self._guide = guide
        self._segments = segments
        self._message = message
        self._octets = reading.repertoire.octets
        self._current: Place | None = None  # of the segment taken last
        self._counts = [0] * len(guide.table)
        self._is_silent = False  # the structure has a fault, or there were too many faults
        self._open: list[_Instance] = []
        self._last: _At = ("", Where(0, 0))
        self._faults: list[GuideFault] = []
        self._date: date | None = None
        self._waiting: dict[tuple[int, str, int, str], tuple[Dated, str, _At]] = {}
        self._rules = segments.rules

    def take(self, tag: str, text: str, where: Where) -> None:
        """The next segment."""
        if self._is_silent or tag in _SECURITY:
            return
        at = (tag, where)
        if self._current is None:
            self._open.append(_Instance(self._guide.table.root, _NONE, True, at))
            step: Step | None = self._segments.start
        else:
            step = self._segments.step(self._current, tag, self._counts)
        if step is None:
            self._is_silent, self._current = True, None
            return
        self._current = step.target
        first = step.first
        if first is not None:
            while len(self._open) > first.depth:
                self._close(self._open.pop())
            around = self._open[-1]
            if around.order != first.order:
                around.lasts.append((around.order, self._last))
                around.order = first.order
        self._place(step.standing, step.opened, text, at)

    def end(self) -> tuple[str, Sequence[GuideFault]]:
        """After UNT: the guide's name and what was found, in the order of the segments; ``""`` where the structure has a fault."""
        if self._current is None:
            return "", ()
        while self._open and not self._is_silent:
            self._close(self._open.pop())
        self._faults.sort(key=lambda fault: fault.offset)
        return self._guide.head.name, self._faults

    # --- segments ---

    def _place(self, standing: Standing | None, opened: tuple[Place, ...], text: str, at: _At) -> None:
        """The segment ``text``, of which the guide says what is in ``standing``; ``opened`` are the groups that begin with it."""
        around = self._open[-1]
        if standing is None:
            for place in opened:
                self._open.append(_Instance(place, _NONE, around.is_used, at))
            self._last = at
            return
        said = standing.judge(around.excluded, text)
        if said.is_plain and around.is_used:
            self._take_plain(said, opened, at)
            return
        for place, excluded in zip(opened, said.excluded, strict=True):
            self._open.append(_Instance(place, excluded, True, at))
        if around.is_used:
            is_used = self._count(said, text, at)
            for saying in said.sayings:
                self._say(saying, text, at)
            if said.date is not None and self._date is None:
                self._date = said.date
                for waiting, waiting_text, waiting_at in self._waiting.values():
                    self._say_date(waiting, waiting_text, waiting_at)
                self._waiting.clear()
            for dated in said.dated:
                self._say_date(dated, text, at)
        else:
            is_used = False
        if not is_used:
            for instance in self._open[len(self._open) - len(opened) :]:
                instance.is_used = False
        for condition in said.met:
            self._open[condition.depth].met.setdefault(condition.number, at)
        self._last = at

    def _take_plain(self, said: Said, opened: tuple[Place, ...], at: _At) -> None:
        """A segment with which nothing is wrong, among others of which that is so."""
        instances = self._open
        for place, excluded in zip(opened, said.excluded, strict=True):
            instances.append(_Instance(place, excluded, True, at))
        for depth, number, most in said.counts:
            counts = instances[depth].counts
            count = counts[number] = counts.get(number, 0) + 1
            if most and count == most + 1:
                self._say(self._segments.of_use(GuideFaultKind.SEGMENT_REPEATED, self._guide.uses[number], {"most": str(most)}), "", at)
        for condition in said.met:
            instances[condition.depth].met.setdefault(condition.number, at)
        self._last = at

    def _count(self, said: Said, text: str, at: _At) -> bool:
        """Counts the uses that the segment is; whether it is used at all."""
        for chosen in said.chosen:
            use, slot = chosen.use, chosen.slot
            instance = self._open[slot.depth]
            if not chosen.is_used:
                if use is None:
                    instance.strays.setdefault(slot.place, (len(self._faults), slot, text, at))
                self._say(self._segments.not_used(chosen, at[0], text), text, at)
                return False
            if use is not None:
                count = instance.counts[use.number] = instance.counts.get(use.number, 0) + 1
                if use.most and count == use.most + 1:
                    self._say(self._segments.of_use(GuideFaultKind.SEGMENT_REPEATED, use, {"most": str(use.most)}), text, at)
        return True

    # --- what is over ---

    def _close(self, instance: _Instance) -> None:
        """The end of a group's instance, or of the message."""
        instance.lasts.append((instance.order, self._last))
        if instance.is_used:
            missing = [
                use
                for use in self._segments.required.get(instance.place.index, ())
                if use.number not in instance.excluded and use.number not in instance.counts
            ]
            for use in missing:
                stray = next((instance.strays[place] for place in use.places if place in instance.strays), None)
                if stray is not None and sum(other in stray[1].uses for other in missing) == 1:
                    number, slot, text, at = stray
                    self._faults[number] = self._fault(self._segments.mistaken(use, slot, text), text, at)
                else:
                    before = next((last for order, last in reversed(instance.lasts) if order <= use.order), instance.trigger)
                    self._say(self._segments.of_use(GuideFaultKind.SEGMENT_REQUIRED, use, {}), "", before)
            for rule in self._rules.get(instance.place.index, ()):
                self._judge(rule, instance)

    def _judge(self, rule: Rule, instance: _Instance) -> None:
        """One rule at the end of its scope."""
        met: dict[int, _At] = {}
        for each in (*self._open, instance):
            met |= each.met
        if rule.is_broken(met):
            because = next((met[condition.number] for condition in (*rule.never, *rule.conditions[:1]) if condition.number in met), instance.trigger)
            self._say_rule(rule, because)

    # --- faults ---

    def _say_rule(self, rule: Rule, at: _At) -> None:
        kind = GuideFaultKind.RULE
        params, params_zh = {"rule": rule.text.en, "repair": rule.repair.en}, {"rule": rule.text.zh, "repair": rule.repair.zh}
        self._say(Saying(kind, rule.error or kind.value.code, params=params, params_zh=params_zh), "", at)

    def _say_date(self, dated: Dated, text: str, at: _At) -> None:
        if self._date is None:
            if self._guide.date is not None:
                self._waiting.setdefault(dated.key, (dated, text, at))
        elif not any(period.holds(self._date) for period in dated.periods):
            saying = dated.saying
            self._say(dataclasses.replace(saying, params={**saying.params, "date": self._date.isoformat()}), text, at)

    def _say(self, saying: Saying, text: str, at: _At) -> None:
        self._faults.append(self._fault(saying, text, at))
        self._is_silent = len(self._faults) >= _MOST_FAULTS

    def _fault(self, saying: Saying, text: str, at: _At) -> GuideFault:
        tag, where = at
        return GuideFault(
            saying.kind,
            saying.code,
            self._guide.head.name,
            self._message,
            tag,
            where.position,
            where.offset + self._octets(text[: saying.index]),
            saying.element,
            saying.component,
            saying.repetition,
            saying.value,
            saying.warning,
            saying.params,
            saying.params_zh,
        )
