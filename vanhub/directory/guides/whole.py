"""The fast way of a message through a guide, when it is there from UNH to UNT: it is only ever accepted.

What came without fault is remembered as ways from state to state. A state is all of a message's beginning that what comes later can depend on; a way leads from it by a
step of the segment table, and by what is said of the segment to the next state. A message that goes ways that others went before needs no counting. What does not get
through takes the slow way (``judge``), which decides and explains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vanhub.directory.guides.lists import Period
from vanhub.directory.guides.model import Status, Use
from vanhub.directory.guides.said import Said
from vanhub.directory.guides.segment import SegmentJudge, Step
from vanhub.directory.table import Place

# Shapes longer than this many segments are not remembered.
_LONGEST_SHAPE = 400

_NONE: frozenset[int] = frozenset()


class _Instance(NamedTuple):
    """An instance of a group, or the message, that is open. ``order``: the child that it has come to; ``counts`` of the uses that may still come; ``met``: conditions."""

    place: Place
    excluded: frozenset[int]
    order: int
    counts: frozenset[tuple[int, int]]
    met: frozenset[int]


class _Key(NamedTuple):
    """What makes a state: the instances that are open, outermost first; the validity of codes that came, which the date of the message is to be held against."""

    instances: tuple[_Instance, ...]
    periods: frozenset[tuple[Period, ...]]


@dataclass(slots=True, eq=False)
class _Way:
    """By one step. What is said of a text: ``brief`` has it, or ``tell`` tells it, None where only the slow way can; ``after``: where that leads."""

    brief: dict[str, Said]
    tell: Callable[[str, bool], Said | None]
    after: dict[Said, _State] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _State:
    key: _Key
    is_end: bool
    """Whether a message that ends here lacks nothing."""
    ways: dict[Step, _Way] = field(default_factory=dict)


class WholeJudge:
    """Accepts the messages of one guide as ``segments`` reads them."""

    def __init__(self, segments: SegmentJudge) -> None:
        self.segments = segments
        self._table = segments.guide.table
        self._memory = segments.memory
        self._shapes: dict[str, tuple[Step, ...]] = {}
        self._states: dict[_Key, _State] = {}
        self._first: dict[Step, _Way] = {}

    def accepts(self, tags: list[str], texts: list[str], *, learning: bool) -> bool:
        """Whether nothing is wrong with a message of these segments, UNH to UNT, whose structure is in order. False may also mean that it takes the slow way to tell.

        ``tags`` are the first three characters of each text. Without ``learning`` only by what came before, which takes some microseconds a segment at most.
        """
        steps = self._steps(tags)
        if steps is None:
            return False
        state: _State | None = None
        ways = self._first
        for step, text in zip(steps, texts, strict=True):
            try:
                way = ways[step]
            except KeyError:
                found = self._way(state, step) if learning else None
                if found is None:
                    return False
                way = found
            said = way.brief.get(text)
            if said is None:
                said = way.tell(text, learning)
                if said is None:
                    return False
            try:
                state = way.after[said]
            except KeyError:
                state = self._after(way, state, step, said) if learning else None
                if state is None:
                    return False
            ways = state.ways
        if state is None or not state.is_end:
            return False
        return not state.key.periods or self._are_valid(state.key.periods, steps, texts)

    def _steps(self, tags: list[str]) -> Sequence[Step] | None:
        """The steps of a message with these tags, from UNH on; None where its structure is not in order."""
        shape = "".join(tags)
        steps = self._shapes.get(shape)
        if steps is None:
            counts = [0] * len(self._table)
            found = [self.segments.start]
            for tag in tags[1:]:
                step = self.segments.step(found[-1].target, tag, counts)
                if step is None:
                    return None
                found.append(step)
            steps = tuple(found)
            if len(steps) <= _LONGEST_SHAPE and len(shape) == 3 * len(tags):
                self._memory.keep(self._shapes, shape, steps, weight=len(steps))
        return steps

    def _are_valid(self, periods: frozenset[tuple[Period, ...]], steps: Sequence[Step], texts: Sequence[str]) -> bool:
        """Whether codes that are good for these periods are so on the date of the message, where it has one."""
        days = (step.standing.read_date(text) for step, text in zip(steps, texts, strict=True) if step.standing is not None)
        day = next((day for day in days if day is not None), None)
        return day is None or all(any(period.holds(day) for period in several) for several in periods)

    # --- what came for the first time ---

    def _way(self, state: _State | None, step: Step) -> _Way | None:
        """By ``step``; None where something that is then over lacks something."""
        instances = self._left(state, step)
        if instances is None:
            return None
        standing = step.standing
        if standing is None:
            nothing = Said((), (_NONE,) * len(step.opened), ())
            way = _Way({}, lambda text, learning: nothing)  # noqa: ARG005 - as of any text
        else:
            quick = standing.quick(instances[-1].excluded if instances else _NONE)
            way = _Way(quick.brief, quick.tell)
        return self._memory.keep(self._first if state is None else state.ways, step, way)

    def _after(self, way: _Way, state: _State | None, step: Step, said: Said) -> _State | None:
        """Where the message is after ``said`` was said of its segment; None where that is too often."""
        left = self._left(state, step)
        if left is None:
            return None
        instances = [*left, *(_Instance(place, excluded, 0, frozenset(), _NONE) for place, excluded in zip(step.opened, said.excluded, strict=True))]
        if state is None:
            instances = [_Instance(self._table.root, _NONE, 0, frozenset(), _NONE)]
        for chosen in said.chosen:
            use = chosen.use
            if use is None or not _is_counted(use):
                continue
            instance = instances[chosen.slot.depth]
            counts = dict(instance.counts)
            count = counts.get(use.number, 0) + 1
            if use.most and count > use.most:
                return None
            counts[use.number] = count if use.most else 1
            instances[chosen.slot.depth] = instance._replace(counts=frozenset(counts.items()))
        for condition in said.met:
            instance = instances[condition.depth]
            instances[condition.depth] = instance._replace(met=instance.met | {condition.number})
        periods = state.key.periods if state is not None else frozenset()
        if self.segments.guide.date is not None:
            periods |= {dated.periods for dated in said.dated}
        key = _Key(tuple(instances), periods)
        found = self._states.get(key)
        if found is None:
            found = self._memory.keep(self._states, key, _State(key, self._lacks_nothing(key.instances, 0)))
        return self._memory.keep(way.after, said, found)

    def _left(self, state: _State | None, step: Step) -> list[_Instance] | None:
        """The instances that are still open with ``step``; None where one that is over, or what is passed over, lacks something."""
        if state is None:
            return []
        instances = list(state.key.instances)
        first = step.first
        if first is not None:
            if not self._lacks_nothing(instances, first.depth):
                return None
            del instances[first.depth :]
            around = instances[-1]
            if not self._has_required(around, first.order):
                return None
            counts = frozenset((number, count) for number, count in around.counts if self.segments.guide.uses[number].last >= first.order)
            instances[-1] = around._replace(order=first.order, counts=counts)
        return instances

    def _lacks_nothing(self, instances: Sequence[_Instance], depth: int) -> bool:
        """Whether those from ``depth`` on may end."""
        for at in range(len(instances) - 1, depth - 1, -1):
            instance = instances[at]
            if not self._has_required(instance, len(instance.place.children)):
                return False
            met = _NONE.union(*(each.met for each in instances[: at + 1]))
            if any(rule.is_broken(met) for rule in self.segments.rules.get(instance.place.index, ())):
                return False
        return True

    def _has_required(self, instance: _Instance, order: int) -> bool:
        """Whether the uses came that have to come from where the instance is to before ``order``."""
        counted = {number for number, _ in instance.counts}
        return all(
            use.number in counted or use.number in instance.excluded or not instance.order <= use.last < order
            for use in self.segments.required.get(instance.place.index, ())
        )


def _is_counted(use: Use) -> bool:
    """Whether it matters how often it came."""
    return bool(use.most) or use.status is Status.REQUIRED
