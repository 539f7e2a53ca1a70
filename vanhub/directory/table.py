"""A message's segment table, compiled for walking.

ISO 9735:1988 annex / ISO 9735-1:2002 section 8: segments are taken in the order of the table; a segment stands at the next place
from the current one that has its tag, which is the current place itself while it may repeat, then what follows in the same
group, then the group's own repetition, then what follows the group, and so outward.

``SegmentTable`` knows the places and the moves between them; ``conforms`` follows moves without fault and is the fast way;
``vanhub.directory.walk`` uses the same moves and explains what does not fit.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from vanhub.directory.model import GroupUse, MessageDefinition, SegmentUse


class Step(enum.Enum):
    """How a move gets to its place."""

    STAY = enum.auto()
    FORWARD = enum.auto()
    AGAIN = enum.auto()


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A segment (``group`` 0) or a segment group (``group`` its number, ``tag`` its trigger) at its place. ``index`` numbers the places of a table."""

    index: int
    tag: str
    mandatory: bool
    most: int
    group: int
    parent: Place | None
    children: list[Place]
    order: int
    depth: int

    @property
    def is_trigger(self) -> bool:
        """Whether it begins a group: to repeat it is to repeat the group."""
        return self.order == 0 and self.parent is not None and self.parent.group > 0 and not self.children

    @property
    def first(self) -> Place:
        """The segment that it begins with: a group's trigger, else itself."""
        return self.children[0].first if self.children else self

    @property
    def following(self) -> list[Place]:
        """What comes after it in the same group."""
        return self.parent.children[self.order + 1 :] if self.parent else []


@dataclass(frozen=True, slots=True)
class Move:
    """From the current place to ``target``, a segment.

    - STAY counts one more of ``target``; AGAIN one more repetition of the group ``counted``; both only while that is within its ``most``.
    - ``entered``: the places whose count begins at 1 with this move, outermost first, ``target`` last (empty for STAY).
    - ``missing``: mandatory places passed over, in their order. A trigger among them that belongs to an entered group was left out.
    """

    step: Step
    target: Place
    counted: Place | None
    entered: tuple[Place, ...]
    missing: tuple[Place, ...]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a walk is: a segment's place, and how often each place from the root down to it came (beyond ``most`` it is not counted further).

    States are the table's: equal ones are mostly the same one. ``free`` remembers for a tag the move without fault and the state after it.
    """

    place: Place
    counts: tuple[int, ...]
    free: dict[str, tuple[Move, State] | None]

    def allows(self, move: Move) -> bool:
        return move.counted is None or self.counts[move.counted.depth] < move.counted.most

    def is_first_excess(self, place: Place) -> bool:
        """Whether one more of ``place``, which is the state's own or around it, is the first too many."""
        return self.counts[place.depth] == place.most


class Astray(NamedTuple):
    """Within a group that is at a wrong place: where in it."""

    group: Place
    state: State


MOST_REMEMBERED = 1_000
"""States and choices that one table remembers."""


class SegmentTable:
    """The table of one message type, from UNH to UNT."""

    def __init__(self, definition: MessageDefinition) -> None:
        self._places: list[Place] = []
        self.root = self._place(None, 0, "", True, 1, -1)
        self._add(self.root, definition.children)
        self.tags = frozenset(place.tag for place in self._places if not place.children)
        self.start = self.root.children[0]
        self.end = self.root.children[-1]
        self._moves: dict[tuple[int, str], tuple[Move, ...]] = {}
        self._states: dict[tuple[int, tuple[int, ...]], State] = {}
        self.choices: dict[Hashable, Any] = {}  # the walks' own
        self._groups: dict[str, tuple[Astray, ...]] = {}
        self._free: list[dict[str, tuple[tuple[int, int, int, tuple[int, ...]], ...]]] = [{} for _ in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def _place(self, parent: Place | None, order: int, tag: str, mandatory: bool, most: int, group: int) -> Place:
        place = Place(len(self._places), tag, mandatory, most, group, parent, [], order, parent.depth + 1 if parent is not None else 0)
        self._places.append(place)
        return place

    def _add(self, parent: Place, children: Iterable[SegmentUse | GroupUse]) -> None:
        for order, child in enumerate(children):
            if isinstance(child, SegmentUse):
                parent.children.append(self._place(parent, order, child.tag, child.mandatory, child.most, 0))
            else:
                group = self._place(parent, order, child.trigger, child.mandatory, child.most, child.number)
                parent.children.append(group)
                self._add(group, child.children)

    def moves(self, current: Place, tag: str) -> tuple[Move, ...]:
        """The moves from ``current`` (a segment's place) to places with ``tag``, in the order in which they are to be tried.

        First come the moves that pass over nothing mandatory, so that the first of them whose count allows it is the right one.
        """
        key = (current.index, tag)
        moves = self._moves.get(key)
        if moves is None:
            # The sort is stable: among equals the nearest place stays first.
            moves = self._moves[key] = tuple(sorted(self._find(current, tag), key=lambda move: len(move.missing)))
        return moves

    def _find(self, current: Place, tag: str) -> Iterator[Move]:
        if current.tag == tag and (current.most > 1 or not current.is_trigger):
            yield Move(Step.STAY, current, current, (), ())
        missing: list[Place] = []
        place: Place = current
        while place.parent is not None:
            for sibling in place.following:
                for entered, passed in _ways_in(sibling, tag):
                    yield Move(Step.FORWARD, entered[-1], None, entered, (*missing, *passed))
                if sibling.mandatory:
                    missing.append(sibling)
            place = place.parent
            if place.parent is not None:
                for entered, passed in _ways_in(place, tag):
                    yield Move(Step.AGAIN, entered[-1], place, entered[1:], (*missing, *passed))

    def begin(self) -> State:
        """At the first segment."""
        return self._state(self.start, (1, 1))

    def after(self, state: State, move: Move) -> State:
        """Where ``move``, one of the moves from the state's place, leads."""
        counted = move.counted
        if counted is None:
            counts = state.counts[: move.entered[0].depth]
        else:
            counts = (*state.counts[: counted.depth], min(state.counts[counted.depth], counted.most) + 1)
        return self._state(move.target, counts + (1,) * len(move.entered))

    def free(self, state: State, tag: str) -> tuple[Move, State] | None:
        """The move to a place with ``tag`` that is without fault, and the state after it; None where there is none. ``tag`` is one of the table's."""
        try:
            return state.free[tag]
        except KeyError:
            found = state.free[tag] = self._find_free(state, tag)
            return found

    def groups_of(self, tag: str) -> tuple[Astray, ...]:
        """Each group that ``tag`` triggers, at its trigger, whatever came before."""
        found = self._groups.get(tag)
        if found is None:
            groups = [place for place in self._places if place.children and place.parent is not None and place.tag == tag]
            found = self._groups[tag] = tuple(Astray(group, self._state(group.first, (1,) * (group.first.depth + 1))) for group in groups)
        return found

    def inside(self, astray: Astray, tag: str) -> Astray | None:
        """As ``free``, as long as that stays within the group."""
        found = self.free(astray.state, tag)
        place = found[1].place if found is not None else None
        while place is not None and place is not astray.group:
            place = place.parent
        return Astray(astray.group, found[1]) if found is not None and place is not None else None

    def next_needed(self, state: State) -> State | None:
        """After the next mandatory segment, all before it being left out as it may; None where that is the end of the message."""
        place = state.place
        while place.parent is not None:
            needed = next((sibling.first for sibling in place.following if sibling.mandatory), None)
            if needed is not None:
                if needed is self.end:
                    return None
                return next((self.after(state, move) for move in self.moves(state.place, needed.tag) if move.target is needed and state.allows(move)), None)
            place = place.parent
        return None

    def _find_free(self, state: State, tag: str) -> tuple[Move, State] | None:
        for move in self.moves(state.place, tag):
            if move.missing:
                return None
            if state.allows(move):
                return move, self.after(state, move)
        return None

    def _state(self, place: Place, counts: tuple[int, ...]) -> State:
        key = (place.index, counts)
        state = self._states.get(key)
        if state is None:
            if len(self._states) >= MOST_REMEMBERED:
                # The choices too: they hold states, and these all that come after them.
                self._states.clear()
                self.choices.clear()
                self._groups.clear()
            state = self._states[key] = State(place, counts, {})
        return state

    def conforms(self, tags: Iterable[str]) -> bool:
        """Whether a message with these tags, UNH first, is without a fault in its structure."""
        counts = [0] * len(self._places)
        free = self._free
        current = -1
        for tag in tags:
            if current < 0:
                if tag != self.start.tag:
                    return False
                current = self.start.index
                counts[current] = 1
                continue
            try:
                moves = free[current][tag]
            except KeyError:
                moves = free[current][tag] = self._free_moves(self._places[current], tag)
            for target, counted, most, entered in moves:
                if counted >= 0:
                    if counts[counted] >= most:
                        continue
                    counts[counted] += 1
                for index in entered:
                    counts[index] = 1
                current = target
                break
            else:
                return False
        return current == self.end.index

    def _free_moves(self, current: Place, tag: str) -> tuple[tuple[int, int, int, tuple[int, ...]], ...]:
        """The moves without fault as numbers: target, what is counted (or -1), its most, what begins at 1."""
        return tuple(
            (
                move.target.index,
                move.counted.index if move.counted else -1,
                move.counted.most if move.counted else 0,
                tuple(place.index for place in move.entered),
            )
            for move in self.moves(current, tag)
            if not move.missing
        )


def _ways_in(place: Place, tag: str) -> Iterator[tuple[tuple[Place, ...], tuple[Place, ...]]]:
    """How ``tag`` can begin at ``place``: the places entered, and the mandatory ones that are left out on the way.

    A group begins with its trigger; that a group begins without it is a way too, with the trigger left out.
    """
    if not place.children:
        if place.tag == tag:
            yield (place,), ()
        return
    left_out: list[Place] = []
    for child in place.children:
        for entered, passed in _ways_in(child, tag):
            yield (place, *entered), (*left_out, *passed)
        if child.mandatory or child.order == 0:
            left_out.append(child)
