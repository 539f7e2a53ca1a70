"""What can be wrong with the order of a message's segments."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from random import Random

from tests.directory.generator import Writer, definition_of
from tests.directory.mutations import Mutant, mutation
from tests.directory.samples import Part, Sample, Segment, definition
from vanhub.directory.model import GroupUse, SegmentUse
from vanhub.directory.table import SegmentTable
from vanhub.edifact.faults import Fault, FaultKind

_COPIES = 120
"""A segment or group that may come more often than this is not repeated too often here."""


@functools.lru_cache(maxsize=256)
def table_of(name: str, type: str) -> SegmentTable:
    return SegmentTable(definition(name, type))


def spoilt(
    sample: Sample, start: int, end: int, segments: Iterable[Segment], kind: FaultKind, *positions: int, others: tuple[FaultKind, ...] = ()
) -> Mutant | None:
    """The message at ``start`` to ``end`` replaced by ``segments``; None where that is as good. The first of ``positions`` (1 is UNH) is compared with its offset."""
    body = [segment.copy() for segment in segments]
    tags = tuple(segment.tag for segment in body)
    if table_of(sample.directory, sample.type).conforms(tags):
        return None
    changed = sample.copy()
    changed.segments[start : end + 1] = body
    changed.counted()
    offset = changed.offset(start + positions[0] - 1) if len(positions) == 1 else None
    return Mutant(changed.render(), (kind, *others), positions, offset=offset, tags=tags, of=(sample.directory, sample.type))


def _message(rng: Random, sample: Sample) -> tuple[int, int, list[Segment]]:
    start, end = rng.choice(list(sample.messages()))
    return start, end, sample.segments[start : end + 1]


def _choose(rng: Random, segments: list[Segment], wanted: Callable[[int], bool]) -> int | None:
    """The index of a segment between UNH and UNT."""
    found = [at for at in range(1, len(segments) - 1) if wanted(at)]
    return rng.choice(found) if found else None


def _part(segments: list[Segment], at: int) -> Part:
    part = segments[at].part
    assert part is not None
    return part


def _end_of_group(segments: list[Segment], at: int) -> int:
    """One past the last segment of the repetition of a group that the trigger at ``at`` begins."""
    part = _part(segments, at)
    depth, this = len(part.groups), part.groups[-1]
    end = at + 1
    while (after := segments[end].part) is not None and after.groups[depth - 1 : depth] == (this,):
        end += 1
    return end


def _is_only(segments: list[Segment], at: int) -> bool:
    """Whether the segment at ``at`` is the only one at its place."""
    return not any(segment.part == segments[at].part for number, segment in enumerate(segments) if number != at)


def _heads(segments: list[Segment], at: int) -> bool:
    """Whether it is the trigger of a group that has more segments."""
    return _part(segments, at).is_trigger and _end_of_group(segments, at) > at + 1


def _is_needed(segments: list[Segment], at: int) -> bool:
    """Whether it is mandatory, and no trigger."""
    part = _part(segments, at)
    return part.use.mandatory and not part.is_trigger and _is_only(segments, at)


# --- left out ---


@mutation("mandatory segment left out")
def segment_left_out(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: _is_needed(segments, at))
    if at is None:
        return None
    return spoilt(sample, start, end, segments[:at] + segments[at + 1 :], FaultKind.SEGMENT_MISSING, at)


@mutation("trigger of a group left out")
def trigger_left_out(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: _heads(segments, at))
    if at is None:
        return None
    return spoilt(sample, start, end, segments[:at] + segments[at + 1 :], FaultKind.SEGMENT_MISSING, at)


@mutation("mandatory group left out")
def group_left_out(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)

    def is_only(at: int) -> bool:
        part = _part(segments, at)
        if not part.is_trigger or not part.groups[-1][0].mandatory:
            return False
        outer, group = part.groups[:-1], part.groups[-1][0]
        if outer and outer[-1][0].children[0] is group:
            return False  # it is the beginning of the group around it
        repetitions = {
            each.part.groups[len(outer)][1]
            for each in segments
            if each.part and len(each.part.groups) > len(outer) and each.part.groups[: len(outer)] == outer and each.part.groups[len(outer)][0] is group
        }
        return len(repetitions) == 1

    at = _choose(rng, segments, is_only)
    if at is None:
        return None
    return spoilt(sample, start, end, segments[:at] + segments[_end_of_group(segments, at) :], FaultKind.GROUP_MISSING, at)


# --- at the wrong place ---


@mutation("neighbours swapped")
def swapped(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: at < len(segments) - 2 and segments[at + 1].tag != segments[at].tag)
    if at is None:
        return None
    changed = [*segments[:at], segments[at + 1], segments[at], *segments[at + 2 :]]
    return spoilt(sample, start, end, changed, FaultKind.SEGMENT_OUT_OF_PLACE, at + 1, at + 2)


@mutation("segment moved")
def moved(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: not _heads(segments, at))
    if at is None or len(segments) < 4:
        return None
    rest = segments[:at] + segments[at + 1 :]
    to = rng.randrange(1, len(rest))
    return spoilt(sample, start, end, [*rest[:to], segments[at], *rest[to:]], FaultKind.SEGMENT_OUT_OF_PLACE, to + 1)


@mutation("group moved")
def group_moved(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: _heads(segments, at))
    if at is None:
        return None
    stop = _end_of_group(segments, at)
    rest = segments[:at] + segments[stop:]
    to = rng.randrange(1, len(rest))
    return spoilt(sample, start, end, [*rest[:to], *segments[at:stop], *rest[to:]], FaultKind.SEGMENT_OUT_OF_PLACE, to + 1)


def _table_tags(sample: Sample, *, triggers: bool) -> list[str]:
    def tags(children: Iterable[SegmentUse | GroupUse], *, in_group: bool) -> Iterable[str]:
        for order, child in enumerate(children):
            if isinstance(child, GroupUse):
                yield from tags(child.children, in_group=True)
            elif (in_group and order == 0) == triggers and child.tag not in {"UNH", "UNT", "UIH", "UIT"}:
                yield child.tag

    return sorted(set(tags(definition(sample.directory, sample.type).children, in_group=False)))


def _inserted(rng: Random, sample: Sample, tags: list[str], kind: FaultKind) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    if not tags:
        return None
    at = rng.randrange(1, len(segments))
    stray = Writer(rng, sample.style, sample.directory).segment(rng.choice(tags))
    return spoilt(sample, start, end, [*segments[:at], stray, *segments[at:]], kind, at + 1)


@mutation("segment of the table at a wrong place")
def astray(rng: Random, sample: Sample) -> Mutant | None:
    return _inserted(rng, sample, _table_tags(sample, triggers=False), FaultKind.SEGMENT_OUT_OF_PLACE)


@mutation("trigger at a wrong place")
def trigger_astray(rng: Random, sample: Sample) -> Mutant | None:
    return _inserted(rng, sample, _table_tags(sample, triggers=True), FaultKind.SEGMENT_OUT_OF_PLACE)


# --- strangers ---


@mutation("segment of another message")
def stranger(rng: Random, sample: Sample) -> Mutant | None:
    table = table_of(sample.directory, sample.type)
    tags = [tag for tag in ("BGM", "DTM", "FTX", "LIN", "TAX", "GID", "CST", "PAC", "EQD", "UCI", "MOA") if tag not in table.tags]
    known = [tag for tag in tags if _is_known(sample, tag)]
    return _inserted(rng, sample, known, FaultKind.SEGMENT_NOT_IN_MESSAGE)


def _is_known(sample: Sample, tag: str) -> bool:
    try:
        definition_of(sample.directory, tag, sample.style.version)
    except LookupError:
        return False
    return True


def _unknown(rng: Random) -> str:
    return rng.choice(["QQQ", "XYZ", "QX", "QQQQ", "Q1Q"])


@mutation("unknown segment")
def unknown(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = rng.randrange(1, len(segments))
    return spoilt(sample, start, end, [*segments[:at], Segment.of(_unknown(rng), "1"), *segments[at:]], FaultKind.SEGMENT_UNKNOWN, at + 1)


@mutation("empty segment")
def empty(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    if sample.style.separators.terminator == b"\n":
        return None  # a blank line
    at = rng.randrange(1, len(segments))
    return spoilt(sample, start, end, [*segments[:at], Segment(""), *segments[at:]], FaultKind.SEGMENT_UNKNOWN, at + 1)


def _retagged(rng: Random, sample: Sample, wanted: Callable[[list[Segment], int], bool], tag: Callable[[str], str]) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: wanted(segments, at))
    if at is None:
        return None
    changed = segments[at].copy()
    changed.tag = tag(changed.tag)
    return spoilt(sample, start, end, [*segments[:at], changed, *segments[at + 1 :]], FaultKind.SEGMENT_UNKNOWN, at + 1)


@mutation("tag of an optional segment mistyped")
def optional_mistyped(rng: Random, sample: Sample) -> Mutant | None:
    return _retagged(rng, sample, lambda segments, at: not _part(segments, at).use.mandatory, lambda _: _unknown(rng))


@mutation("tag of a mandatory segment mistyped")
def mandatory_mistyped(rng: Random, sample: Sample) -> Mutant | None:
    return _retagged(rng, sample, _is_needed, lambda _: _unknown(rng))


@mutation("tag of a trigger mistyped")
def trigger_mistyped(rng: Random, sample: Sample) -> Mutant | None:
    return _retagged(rng, sample, _heads, lambda _: _unknown(rng))


@mutation("tag in small letters")
def small_letters(rng: Random, sample: Sample) -> Mutant | None:
    return _retagged(rng, sample, lambda _segments, _at: True, str.lower)


# --- too often ---


@mutation("segment repeated too often")
def segment_repeated(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: _part(segments, at).use.most <= _COPIES and not _part(segments, at).is_trigger)
    if at is None:
        return None
    part = _part(segments, at)
    same = [number for number, segment in enumerate(segments) if segment.part == part]
    extra = part.use.most + 1 - len(same)
    changed = [*segments[: same[-1] + 1], *[segments[at]] * extra, *segments[same[-1] + 1 :]]
    return spoilt(sample, start, end, changed, FaultKind.SEGMENT_REPEATED, same[0] + part.use.most + 1)


@mutation("group repeated too often")
def group_repeated(rng: Random, sample: Sample) -> Mutant | None:
    start, end, segments = _message(rng, sample)
    at = _choose(rng, segments, lambda at: _part(segments, at).is_trigger and _part(segments, at).groups[-1][0].most <= _COPIES)
    if at is None:
        return None
    outer, (group, _) = _part(segments, at).groups[:-1], _part(segments, at).groups[-1]
    triggers = [
        number
        for number, segment in enumerate(segments)
        if segment.part is not None and segment.part.is_trigger and segment.part.groups[:-1] == outer and segment.part.groups[-1][0] is group
    ]
    stop = _end_of_group(segments, triggers[-1])
    one = segments[triggers[-1] : stop]
    extra = group.most + 1 - len(triggers)
    if extra * len(one) > 1000:
        return None
    changed = [*segments[:stop], *one * extra, *segments[stop:]]
    return spoilt(sample, start, end, changed, FaultKind.GROUP_REPEATED, stop + (extra - 1) * len(one) + 1)


# --- the same octets, read otherwise ---


def cures(mutant: Mutant, fault: Fault) -> bool:
    """Whether what this fault asks for, and nothing else, makes the message's structure good: then it is as good a reading as the one that was made."""
    if not mutant.tags:
        return False
    tags, at, table = list(mutant.tags), fault.segment_position, table_of(*mutant.of)
    if fault.kind in {FaultKind.SEGMENT_MISSING, FaultKind.GROUP_MISSING}:
        for part in _least(mutant.of, fault.segment):
            filled = [*tags[:at], *part, *tags[at:]]
            # It may stand at a wrong place instead.
            elsewhere = [number for number, tag in enumerate(filled) if tag == fault.segment and not at <= number < at + len(part)]
            if any(table.conforms(each) for each in (filled, *([*filled[:number], *filled[number + 1 :]] for number in elsewhere))):
                return True
        return False
    if fault.kind in {FaultKind.SEGMENT_REPEATED, FaultKind.GROUP_REPEATED}:
        return any(table.conforms([*tags[: at - 1], *tags[stop:]]) for stop in range(at, len(tags)))
    if fault.code(3) == "15":
        rest = [*tags[: at - 1], *tags[at:]]
        if table.conforms(rest):
            return True
        return any(table.conforms([*rest[:to], tags[at - 1], *rest[to:]]) for to in range(1, len(rest)))
    return False


@functools.lru_cache(maxsize=1024)
def _least(of: tuple[str, str], tag: str) -> tuple[tuple[str, ...], ...]:
    """What has to be added where ``tag`` is missing: itself, or the least of a group that it begins."""

    def least(use: SegmentUse | GroupUse) -> list[str]:
        return (
            [use.tag]
            if isinstance(use, SegmentUse)
            else [each for child in use.children if child.mandatory or child is use.children[0] for each in least(child)]
        )

    def groups(children: Iterable[SegmentUse | GroupUse]) -> Iterable[tuple[str, ...]]:
        for child in children:
            if isinstance(child, GroupUse):
                if child.trigger == tag:
                    yield tuple(least(child))
                yield from groups(child.children)

    return ((tag,), *groups(definition(*of).children))
