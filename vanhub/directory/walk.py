"""Walking a message's segments through its table, explaining what does not fit, and finding back.

One fault should be one finding. Where no move without fault exists there are several ways to go on: the segment or group is repeated too
often; something mandatory was left out before it; a group's trigger was left out; the segment is at the wrong place and is
skipped; the segment before it was at the wrong place. Each way is tried on the next few segments, and the one that
leaves the fewest faults is taken.

- A segment that is skipped stands for a mandatory one that is missing right after it (a wrong tag is one fault, not two), and for
  a mandatory one of its own tag that is missing later. One that was reported missing may come later.
- Repeats over the limit are reported at the first excess only.
- Nothing is missing from a message that was broken off: ``close`` ends a walk anywhere.

Work per segment is bounded: the number of ways tried and the segments looked ahead are constants, and after many faults
no more ways are tried.
"""

from __future__ import annotations

import enum
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vanhub.directory.table import Move, Place, SegmentTable, Step

_Where = TypeVar("_Where")


class Misfit(enum.Enum):
    """What is wrong with a structure at a segment."""

    MISSING = enum.auto()
    NOT_IN_TABLE = enum.auto()
    OUT_OF_PLACE = enum.auto()
    REPEATED = enum.auto()


@dataclass(frozen=True, slots=True)
class Finding(Generic[_Where]):
    """A misfit at a segment: for MISSING the last segment before the gap. ``place`` is what is missing or repeated, else None."""

    misfit: Misfit
    where: _Where
    tag: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """Where a walk is: a segment's place, and the counts of it and of the groups around it by index."""

    place: Place
    counts: dict[int, int]

    def after(self, move: Move) -> _State:
        counts = {}
        place: Place | None = move.target
        while place is not None:
            counts[place.index] = self.counts.get(place.index, 0)
            place = place.parent
        if move.counted is not None:
            counts[move.counted.index] += 1
        for entered in move.entered:
            counts[entered.index] = 1
        return _State(move.target, counts)

    def allows(self, move: Move) -> bool:
        return move.counted is None or self.counts.get(move.counted.index, 0) < move.counted.most


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to go on at a segment that does not fit."""

    rank: int
    faults: int
    state: _State
    move: Move | None = None
    undo: bool = False
    excused: bool = False


class _Excuse(enum.Enum):
    """What the segment before, which was skipped, may have stood for: nothing, a missing segment, anything missing."""

    NONE = enum.auto()
    SEGMENT = enum.auto()
    ANY = enum.auto()


_AHEAD = 8
_WAYS = 6
_TRIED = 1000


class Walk(Generic[_Where]):
    """One message's walk. ``take`` each segment's tag with where it is; findings come some segments later, the last ones from ``close``."""

    def __init__(self, table: SegmentTable) -> None:
        self._table = table
        self._ahead: deque[tuple[str, _Where]] = deque()
        self._state: _State | None = None
        self._before: tuple[_State, str, _Where] | None = None  # the state before the last move, where that was without fault
        self._last: _Where | None = None
        self._excused = _Excuse.NONE
        self._skipped: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()
        self._deviations = 0

    def take(self, tag: str, where: _Where) -> list[Finding[_Where]]:
        self._ahead.append((tag, where))
        return list(self._advance()) if len(self._ahead) > _AHEAD else []

    def close(self) -> list[Finding[_Where]]:
        findings: list[Finding[_Where]] = []
        while self._ahead:
            findings += self._advance()
        return findings

    def _advance(self) -> Iterator[Finding[_Where]]:
        tag, where = self._ahead.popleft()
        if self._state is None:
            start = self._table.start
            self._state = _State(start, {start.index: 1})
        elif tag not in self._table.tags:
            self._excused, self._before = _Excuse.ANY, None
            yield Finding(Misfit.NOT_IN_TABLE, where, tag)
        else:
            yield from self._step(self._state, tag, where)
        self._last = where

    def _step(self, state: _State, tag: str, where: _Where) -> Iterator[Finding[_Where]]:
        move = self._free(state, tag)
        if move is not None:
            self._before = (state, tag, where) if move.step is not Step.STAY else None
            self._state = state.after(move)
            self._excused = _Excuse.NONE
            return
        self._deviations += 1
        way = self._choose(state, tag)
        if way.undo and self._before is not None:
            _, tag_before, where_before = self._before
            self._skipped[tag_before] += 1
            yield Finding(Misfit.OUT_OF_PLACE, where_before, tag_before)
        elif way.move is None:
            if self._missed[tag]:
                self._missed[tag] -= 1
            else:
                self._skipped[tag] += 1
                yield Finding(Misfit.OUT_OF_PLACE, where, tag)
        else:
            yield from self._deviate(state, way.move, way.excused, tag, where)
        self._excused = _Excuse.SEGMENT if way.move is None and not way.undo else _Excuse.NONE
        self._before = None
        self._state = way.state

    def _deviate(self, state: _State, move: Move, excused: bool, tag: str, where: _Where) -> Iterator[Finding[_Where]]:
        counted = move.counted
        if counted is not None and state.counts.get(counted.index, 0) == counted.most:
            yield Finding(Misfit.REPEATED, where, tag, counted)
        for number, place in enumerate(move.missing):
            if number == 0 and excused:
                continue
            if self._skipped[place.tag]:
                self._skipped[place.tag] -= 1
                continue
            self._missed[place.tag] += 1
            yield Finding(Misfit.MISSING, where if self._last is None else self._last, place.tag, place)

    def _free(self, state: _State, tag: str) -> Move | None:
        for move in self._table.moves(state.place, tag):
            if move.missing:
                return None
            if state.allows(move):
                return move
        return None

    def _choose(self, state: _State, tag: str) -> _Way:
        ways = list(self._ways(state, tag))
        if tag == self._table.end.tag:  # the end of the message is never at the wrong place
            return next(way for way in ways if way.move is not None)
        if len(ways) == 1 or self._deviations > _TRIED:
            return min(ways, key=lambda way: (way.rank, way.faults))
        ahead = [tag for tag, _ in self._ahead]
        return min(ways, key=lambda way: (way.faults + self._faults_ahead(way, tag, ahead), way.rank))

    def _ways(self, state: _State, tag: str) -> Iterator[_Way]:
        for move in self._table.moves(state.place, tag)[:_WAYS]:
            over = not state.allows(move)
            faults = len(move.missing) + (over and move.counted is not None and state.counts.get(move.counted.index, 0) == move.counted.most)
            headless = _is_headless(move)
            excused = bool(move.missing) and (self._excused is _Excuse.ANY or (self._excused is _Excuse.SEGMENT and not headless))
            yield _Way(0 if over else 3 if headless else 1, max(faults - excused, 0), state.after(move), move, excused=excused)
        yield _Way(2, 1, state)
        if self._before is not None:
            before = self._before[0]
            move_before = self._free(before, tag)
            if move_before is not None:
                yield _Way(4, 1, before.after(move_before), undo=True)

    def _faults_ahead(self, way: _Way, tag: str, ahead: Sequence[str]) -> int:
        """How many faults the segments ahead would have after this way, found greedily."""
        state, faults, excused = way.state, 0, way.move is None and not way.undo
        skipped = Counter([tag] if excused else [self._before[1]] if way.undo and self._before is not None else [])
        over = -1 if way.move is None or way.move.counted is None else way.move.counted.index
        for each in ahead:
            if each not in self._table.tags:
                continue
            move = self._free(state, each)
            if move is None:
                move, cost = self._best_deviation(state, each, over)
                if move is not None and move.missing and ((excused and not _is_headless(move)) or skipped[move.missing[0].tag]):
                    skipped[move.missing[0].tag] -= 1
                    cost -= 1
                faults += cost
                if move is None:
                    excused = True
                    continue
                over = -1 if move.counted is None else move.counted.index
            state = state.after(move)
            excused = False
        return faults

    def _best_deviation(self, state: _State, tag: str, over: int) -> tuple[Move | None, int]:
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
