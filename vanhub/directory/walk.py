"""Walking a message's segments through its table, explaining what does not fit, and finding back.

One fault should be one finding. Where no move without fault exists there are several ways to go on: the segment or group is repeated too
often; something mandatory was left out before it; a group's trigger was left out; the segment is at the wrong place and is
skipped; the segment before it was at the wrong place. Each way is tried on the next few segments, and the one that
leaves the fewest faults is taken.

- A segment that is skipped stands for a mandatory one that is missing right after it (a wrong tag is one fault, not two), and for
  a mandatory one of its own tag that is missing later. One that was reported missing may come later.
- An unknown tag stands for the first segment that is missing after it, and where what follows fits better behind the next mandatory segment, for that one.
- Where a segment's tag has several places the nearest is taken; that it was another one is seen when what follows fits only there.
- What follows a trigger at a wrong place and fits into its group is at the wrong place with it: a group astray is one fault.
- Repeats over the limit are reported at the first excess only.
- Nothing is missing from a message that was broken off: ``close`` ends a walk anywhere.

Work per segment is bounded: the number of ways tried and the segments looked ahead are constants, and after many faults
no more ways are tried. What was decided once for a state and the tags around it is remembered with the table.
"""

from __future__ import annotations

import enum
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from vanhub.directory.table import MOST_REMEMBERED, Astray, Move, Place, SegmentTable, State, Step

_Where = TypeVar("_Where")


class Misfit(enum.Enum):
    """What is wrong with a structure at a segment."""

    MISSING = enum.auto()
    NOT_IN_TABLE = enum.auto()
    OUT_OF_PLACE = enum.auto()
    REPEATED = enum.auto()


class Finding(NamedTuple, Generic[_Where]):
    """A misfit at a segment: for MISSING the last segment before the gap. ``place`` is what is missing or repeated, else None."""

    misfit: Misfit
    where: _Where
    tag: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to go on at a segment that does not fit: by ``move``, or by skipping it, or by going back to the latest move number ``back`` and skipping
    the segment there or, with ``move``, taking it so.

    ``astray`` is where the walk is in a group at the wrong place, which what was skipped began.
    """

    rank: int
    faults: int
    state: State
    move: Move | None = None
    back: int | None = None
    excused: bool = False
    astray: Astray | None = None


class _Excuse(enum.Enum):
    """What the segment before, which was skipped, may have stood for: nothing, a missing segment, anything missing."""

    NONE = enum.auto()
    SEGMENT = enum.auto()
    ANY = enum.auto()


_AHEAD = 8
SETTLING = _AHEAD + 1
"""So many segments push all before them out of the walk's sight."""
_WAYS = 6
_TRIED = 1000


class Walk(Generic[_Where]):
    """One message's walk. ``take`` each segment's tag with where it is; findings come some segments later, the last ones from ``close``."""

    def __init__(self, table: SegmentTable) -> None:
        self._table = table
        self._ahead: deque[tuple[str, _Where]] = deque()
        self._state: State | None = None
        # Moves without fault since the last deviation: of each the state before it, the tag, where that is, and where the segment before it is.
        self._latest: deque[tuple[State, str, _Where, _Where]] = deque(maxlen=_AHEAD)
        self._astray: Astray | None = None  # in a group at the wrong place
        self._last: _Where | None = None
        self._excused = _Excuse.NONE
        self._skipped: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()
        self._deviations = 0
        self._tag = ""  # the one taken last
        self._same = 0  # so often in a row
        self._unmoved = False  # by the step done last

    def take(self, tag: str, where: _Where) -> Sequence[Finding[_Where]]:
        self._same = self._same + 1 if tag == self._tag else 1
        self._tag = tag
        self._ahead.append((tag, where))
        return self._advance() if len(self._ahead) > _AHEAD else ()

    @property
    def is_idle(self) -> bool:
        """Whether more segments of the tag taken last would change nothing and find nothing, as long as at least ``SETTLING`` of them come in the end."""
        return self._unmoved and self._same > SETTLING

    def close(self) -> list[Finding[_Where]]:
        findings: list[Finding[_Where]] = []
        while self._ahead:
            findings += self._advance()
        return findings

    def _advance(self) -> Sequence[Finding[_Where]]:
        tag, where = self._ahead.popleft()
        findings: Sequence[Finding[_Where]] = ()
        self._unmoved = False
        if self._state is None:
            self._state = self._table.begin()
        elif tag not in self._table.tags:
            findings = (Finding(Misfit.NOT_IN_TABLE, where, tag),)
            self._pass_stranger(self._state)
        elif self._astray is not None and (inside := self._table.inside(self._astray, tag)) is not None:
            self._astray = inside
        else:
            self._astray = None
            free = self._table.free(self._state, tag)
            if free is None:
                findings = list(self._deviate(self._state, tag, where))
            else:
                move, after = free
                self._latest.append((self._state, tag, where, where if self._last is None else self._last))
                self._state = after
                if self._excused is not _Excuse.ANY or move.step is Step.AGAIN or any(place.mandatory for place in move.entered):
                    self._excused = _Excuse.NONE
        self._last = where
        return findings

    def _pass_stranger(self, state: State) -> None:
        if self._astray is None:
            self._state = self._choose(state, "").state
        self._unmoved = self._excused is _Excuse.ANY and not self._latest and self._state is state and self._astray is None
        self._excused = _Excuse.ANY if self._state is state else _Excuse.NONE
        self._latest.clear()

    def _deviate(self, state: State, tag: str, where: _Where) -> Iterator[Finding[_Where]]:
        self._deviations += 1
        way = self._choose(state, tag)
        if way.back is not None:
            _, stray, where_stray, where_before = self._latest[way.back]
            if way.move is None:
                self._skipped[stray] += 1
                yield Finding(Misfit.OUT_OF_PLACE, where_stray, stray)
            else:
                yield from self._miss(way.move.missing, where_before)
        elif way.move is None:
            if self._missed[tag]:
                self._missed[tag] -= 1
            else:
                self._skipped[tag] += 1
                yield Finding(Misfit.OUT_OF_PLACE, where, tag)
        else:
            self._unmoved = (
                way.state is state
                and not way.move.missing
                and not (way.move.counted is not None and state.is_first_excess(way.move.counted))
                and self._excused is _Excuse.NONE
                and not self._latest
                and self._deviations > _TRIED
            )
            yield from self._go(state, way.move, way.excused, tag, where)
        self._excused = _Excuse.SEGMENT if way.move is None and way.back is None else _Excuse.NONE
        self._latest.clear()
        self._state, self._astray = way.state, way.astray

    def _go(self, state: State, move: Move, excused: bool, tag: str, where: _Where) -> Iterator[Finding[_Where]]:
        if move.counted is not None and state.is_first_excess(move.counted):
            yield Finding(Misfit.REPEATED, where, tag, move.counted)
        yield from self._miss(move.missing[excused:], where if self._last is None else self._last)

    def _miss(self, missing: Iterable[Place], where: _Where) -> Iterator[Finding[_Where]]:
        for place in missing:
            if self._skipped[place.tag]:
                self._skipped[place.tag] -= 1
                continue
            self._missed[place.tag] += 1
            yield Finding(Misfit.MISSING, where, place.tag, place)

    def _choose(self, state: State, tag: str) -> _Way:
        """The best way at a segment that does not fit; ``tag`` is empty for one that the table does not have."""
        ahead = tuple(tag if tag in self._table.tags else "" for tag, _ in self._ahead) if self._deviations <= _TRIED else None
        latest = tuple((before, tag) for before, tag, _, _ in self._latest) if ahead is not None else ()
        # All that the choice depends on.
        key = (state, tag, self._excused, latest, ahead)
        choices = self._table.choices
        way = choices.get(key)
        if way is None:
            if len(choices) >= MOST_REMEMBERED:
                choices.clear()
            ways = self._ways(state, tag, latest, ahead) if tag else self._ways_of_stranger(state)
            way = choices[key] = self._best(list(ways), tag, ahead)
        return way

    def _best(self, ways: list[_Way], tag: str, ahead: Sequence[str] | None) -> _Way:
        if tag == self._table.end.tag:  # the end of the message is never at the wrong place
            return min((way for way in ways if way.move is not None), key=lambda way: way.faults)
        if len(ways) == 1 or ahead is None:
            return min(ways, key=lambda way: (way.rank, way.faults))
        return min(ways, key=lambda way: (*self._faults_with(way, tag, ahead), way.rank))

    def _ways(self, state: State, tag: str, latest: Sequence[tuple[State, str]], ahead: Sequence[str] | None) -> Iterator[_Way]:
        for move in self._table.moves(state.place, tag)[:_WAYS]:
            over = not state.allows(move)
            faults = len(move.missing) + (over and move.counted is not None and state.is_first_excess(move.counted))
            headless = _is_headless(move)
            excused = bool(move.missing) and (self._excused is _Excuse.ANY or (self._excused is _Excuse.SEGMENT and not headless))
            yield _Way(0 if over else 3 if headless else 1, max(faults - excused, 0), self._table.after(state, move), move, excused=excused)
        yield _Way(2, 1, state)
        if ahead is None:
            return
        for astray in self._table.groups_of(tag)[:_WAYS]:
            if ahead and self._table.inside(astray, ahead[0]) is not None:
                yield _Way(4, 1, state, astray=astray)
        for number in range(len(latest) - 1, -1, -1):
            yield from self._ways_back(number, latest, tag)

    def _ways_back(self, number: int, latest: Sequence[tuple[State, str]], tag: str) -> Iterator[_Way]:
        """The segment of a move without fault was at the wrong place, alone or with what followed it of its group; or it was not what it seemed: it stood for
        another place with its tag, perhaps because something was missing before it.
        """
        state, stray = latest[number]
        after = [*(tag for _, tag in latest[number + 1 :]), tag]
        for astray in (None, *self._table.groups_of(stray)[:_WAYS]):
            found = self._follow(state, astray, after)
            if found is not None:
                yield _Way(5, 1, found[0], back=number, astray=found[1])
        for move in self._table.moves(state.place, stray)[:_WAYS]:
            if len(move.missing) <= 1 and state.allows(move):
                found = self._follow(self._table.after(state, move), None, after)
                if found is not None:
                    yield _Way(4, len(move.missing), found[0], move, back=number)

    def _follow(self, state: State, astray: Astray | None, tags: Iterable[str]) -> tuple[State, Astray | None] | None:
        """Where these tags lead without fault; None where they do not."""
        for tag in tags:
            if astray is not None:
                astray = self._table.inside(astray, tag)
                if astray is not None:
                    continue
            free = self._table.free(state, tag)
            if free is None:
                return None
            state = free[1]
        return state, astray

    def _ways_of_stranger(self, state: State) -> Iterator[_Way]:
        yield _Way(0, 0, state)
        needed = self._table.next_needed(state)
        if needed is not None:
            yield _Way(1, 0, needed)

    def _faults_with(self, way: _Way, tag: str, ahead: Sequence[str]) -> tuple[int, int]:
        """How many faults there would be in this way and at the segments ahead after it, found greedily; and of these segments how many would have to stand for others."""
        state, astray, faults, stands = way.state, way.astray, way.faults, int(way.excused)
        excused = not tag or (way.move is None and way.back is None)
        skipped = Counter([tag] if tag and excused else [self._latest[way.back][1]] if way.back is not None and way.move is None else [])
        over = -1 if way.back is not None or way.move is None or way.move.counted is None else way.move.counted.index
        for each in ahead:
            if not each:  # a stranger
                continue
            if astray is not None:
                astray = self._table.inside(astray, each)
                if astray is not None:
                    continue
            free = self._table.free(state, each)
            if free is not None:
                state, excused = free[1], False
                continue
            move, cost = self._best_deviation(state, each, over)
            if move is not None and move.missing and ((excused and not _is_headless(move)) or skipped[move.missing[0].tag]):
                skipped[move.missing[0].tag] -= 1
                cost -= 1
                stands += 1
            faults += cost
            if move is None:
                excused = True
                continue
            over = -1 if move.counted is None else move.counted.index
            state, excused = self._table.after(state, move), False
        return faults, stands

    def _best_deviation(self, state: State, tag: str, over: int) -> tuple[Move | None, int]:
        """The cheapest way to go on at a segment that does not fit, without looking ahead: a move or None for a skip, and its faults."""
        for move in self._table.moves(state.place, tag):
            if not move.missing:  # it is not free because of its count
                return move, int(move.counted is None or move.counted.index != over)
            if len(move.missing) == 1 or tag == self._table.end.tag:
                return move, len(move.missing)
            break
        return None, 1


def _is_headless(move: Move) -> bool:
    """Whether the move enters a group whose trigger was left out."""
    return any(place.is_trigger for place in move.missing)
