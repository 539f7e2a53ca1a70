"""What can be wrong with UNA and with the segments around messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from random import Random

from tests.directory.generator import Writer
from tests.directory.mutations import Mutant, mutation
from tests.directory.samples import SERVICE, Sample, Segment
from vanhub.directory.check import CheckLimits
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.separators import Separators

# --- UNA ---


def _with_advice(sample: Sample, kind: FaultKind, place: int, character: bytes) -> Mutant | None:
    """``character`` at ``place`` (4 to 9) of a UNA that says the default otherwise."""
    style = sample.style
    if style.separators != Separators.default(style.version):
        return None
    plain = Sample(dataclasses.replace(style, una=False), sample.directory, sample.type, sample.segments)
    una = style.separators.una
    return Mutant(una[: place - 1] + character + una[place:] + plain.render(), (kind,), (1,), offset=place - 1)


@mutation("UNA: a character twice")
def una_twice(rng: Random, sample: Sample) -> Mutant | None:
    una = sample.style.separators.una
    first, second = sorted(rng.sample([4, 5, 7, 9], 2))
    return _with_advice(sample, FaultKind.UNA_SAME_TWICE, second, una[first - 1 : first])


@mutation("UNA: a letter or digit")
def una_letter(rng: Random, sample: Sample) -> Mutant | None:
    return _with_advice(sample, FaultKind.UNA_LETTER_OR_DIGIT, rng.choice([4, 5, 7, 9]), rng.choice([b"A", b"z", b"7"]))


@mutation("UNA: a character that cannot serve")
def una_useless(rng: Random, sample: Sample) -> Mutant | None:
    return _with_advice(sample, FaultKind.UNA_CANNOT_SERVE, rng.choice([4, 5, 7, 9]), rng.choice([b"\x07", b"\xe9", b"\x7f"]))


# --- UNB ---


def _changed(sample: Sample, index: int, place: int, component: int, value: str, kind: FaultKind, *, simple: bool) -> Mutant:
    """One value of a segment changed, and that is the fault."""
    spoilt = sample.copy()
    components = spoilt.segments[index].elements[place][0]
    components += [""] * (component + 1 - len(components))
    components[component] = value
    where = spoilt.position(index)
    return Mutant(spoilt.render(), (kind,), (where,), place + 2, None if simple else component + 1, spoilt.offset(index, place, 0, component))


@mutation("UNB: unknown syntax identifier")
def syntax_identifier(rng: Random, sample: Sample) -> Mutant | None:
    return _changed(sample.copy(), 0, 0, 0, rng.choice(["UNOZ", "XXXX", "UNO"]), FaultKind.SYNTAX_UNSUPPORTED, simple=False)


@mutation("UNB: unknown syntax version")
def syntax_version(rng: Random, sample: Sample) -> Mutant | None:
    if sample.style.separators.repetition != b" ":
        return None  # other service characters would hold
    return _changed(sample, 0, 0, 1, rng.choice(["5", "0", "9"]), FaultKind.SYNTAX_UNSUPPORTED, simple=False)


@mutation("UNB: character encoding that cannot be read")
def encoding(rng: Random, sample: Sample) -> Mutant | None:
    if sample.style.version < 4:
        return None
    return _changed(sample, 0, 0, 3, rng.choice(["3", "5", "6", "8"]), FaultKind.ENCODING_UNSUPPORTED, simple=False)


@mutation("UNB: mandatory element or composite missing")
def header_missing(rng: Random, sample: Sample) -> Mutant | None:
    place = rng.choice([1, 2, 3, 4])
    spoilt = sample.copy()
    spoilt.segments[0].elements[place] = [[""]]
    offset = spoilt.offset(0, place)
    spoilt.segments[0].cut()
    kind = FaultKind.ELEMENT_MISSING if place == 4 else FaultKind.COMPOSITE_MISSING
    return Mutant(spoilt.render(), (kind,), (1,), place + 2, None, offset if place < len(spoilt.segments[0].elements) else None)


@mutation("UNB: letter in the date")
def header_date(rng: Random, sample: Sample) -> Mutant | None:
    date = sample.segments[0].value(3)
    at = rng.randrange(len(date))
    return _changed(sample, 0, 3, 0, f"{date[:at]}X{date[at + 1 :]}", FaultKind.LETTER_IN_NUMERIC, simple=False)


@mutation("UNB: sender too long")
def header_long(rng: Random, sample: Sample) -> Mutant | None:
    return _changed(sample, 0, 1, 0, "S" * 36, FaultKind.TOO_LONG, simple=False)


@mutation("UNB: qualifier too long")
def header_qualifier(rng: Random, sample: Sample) -> Mutant | None:
    return _changed(sample, 0, 2, 1, "12345", FaultKind.TOO_LONG, simple=False)


# --- counts and references ---


def _trailers(sample: Sample, tag: str) -> list[int]:
    return [index for index, segment in enumerate(sample.segments) if segment.tag == tag]


def _in_trailer(tag: str, place: int, change: Callable[[Random, str], str], kind: FaultKind) -> Callable[[Random, Sample], Mutant | None]:
    def change_trailer(rng: Random, sample: Sample) -> Mutant | None:
        found = _trailers(sample, tag)
        if not found:
            return None
        index = rng.choice(found)
        return _changed(sample, index, place, 0, change(rng, sample.segments[index].value(place)), kind, simple=True)

    return change_trailer


def _other_count(rng: Random, value: str) -> str:
    return str(int(value) + rng.choice([1, 2, 10, *([-1] if value != "1" else [])]))


for _tag, _count_kind, _reference_kind in (
    ("UNT", FaultKind.COUNT_IN_UNT, FaultKind.REFERENCE_IN_UNT),
    ("UNE", FaultKind.COUNT_IN_UNE, FaultKind.REFERENCE_IN_UNE),
    ("UNZ", FaultKind.COUNT_IN_UNZ, FaultKind.REFERENCE_IN_UNZ),
):
    mutation(f"{_tag}: wrong count")(_in_trailer(_tag, 0, _other_count, _count_kind))
    mutation(f"{_tag}: count is no number")(_in_trailer(_tag, 0, lambda _rng, value: f"{value}X", FaultKind.LETTER_IN_NUMERIC))
    mutation(f"{_tag}: count missing")(_in_trailer(_tag, 0, lambda _rng, _value: "", FaultKind.ELEMENT_MISSING))
    mutation(f"{_tag}: wrong reference")(_in_trailer(_tag, 1, lambda _rng, value: f"{value}0", _reference_kind))


# --- segments of the envelope left out, doubled, astray ---


def _without(sample: Sample, index: int) -> Sample:
    spoilt = sample.copy()
    del spoilt.segments[index]
    return spoilt


def _with(sample: Sample, index: int, *segments: Segment) -> Sample:
    spoilt = sample.copy()
    spoilt.segments[index:index] = [segment.copy() for segment in segments]
    return spoilt


def _left_out(tag: str) -> Callable[[Random, Sample], Mutant | None]:
    def leave_out(rng: Random, sample: Sample) -> Mutant | None:
        found = _trailers(sample, tag)
        if not found:
            return None
        index = rng.choice(found)
        spoilt = _without(sample, index)
        where = spoilt.position(index - 1) if tag == "UNT" else index  # of group and interchange all segments from UNB on are counted
        return Mutant(spoilt.render(), (FaultKind.TRAILER_MISSING,), (where,), offset=spoilt.offset(index - 1))

    return leave_out


for _tag in ("UNT", "UNE", "UNZ"):
    mutation(f"{_tag} left out")(_left_out(_tag))


@mutation("UNH left out")
def no_header(rng: Random, sample: Sample) -> Mutant | None:
    index = rng.choice(_trailers(sample, "UNH"))
    spoilt = _without(sample, index)
    return Mutant(spoilt.render(), (FaultKind.OUTSIDE_MESSAGE,), (index + 1,), offset=spoilt.offset(index))


@mutation("UNG left out")
def no_group_header(rng: Random, sample: Sample) -> Mutant | None:
    found = _trailers(sample, "UNG")
    if not found:
        return None
    index = rng.choice(found)
    spoilt = _without(sample, index)
    trailer = next(at for at in range(index, len(spoilt.segments)) if spoilt.segments[at].tag == "UNE")
    kinds = (FaultKind.OUTSIDE_MESSAGE, FaultKind.GROUPS_AND_MESSAGES_MIXED)
    places = tuple(spoilt.position(at) for at, segment in enumerate(spoilt.segments) if at == trailer or segment.tag in {"UNG", "UNH"})
    return Mutant(spoilt.render(), kinds, places, in_segment=True)


@mutation("UNT doubled")
def trailer_doubled(rng: Random, sample: Sample) -> Mutant | None:
    index = rng.choice(_trailers(sample, "UNT"))
    spoilt = _with(sample, index + 1, sample.segments[index])
    return Mutant(spoilt.render(), (FaultKind.OUTSIDE_MESSAGE,), (index + 2,), offset=spoilt.offset(index + 1))


@mutation("UNE doubled")
def group_trailer_doubled(rng: Random, sample: Sample) -> Mutant | None:
    found = _trailers(sample, "UNE")
    if not found:
        return None
    index = rng.choice(found)
    spoilt = _with(sample, index + 1, sample.segments[index])
    return Mutant(spoilt.render(), (FaultKind.OUTSIDE_MESSAGE,), (index + 2,), offset=spoilt.offset(index + 1))


@mutation("UNB doubled")
def header_doubled(rng: Random, sample: Sample) -> Mutant | None:
    spoilt = _with(sample, 1, sample.segments[0])
    return Mutant(spoilt.render(), (FaultKind.OUTSIDE_MESSAGE,), (2,), offset=spoilt.offset(1))


@mutation("UNZ doubled")
def end_doubled(rng: Random, sample: Sample) -> Mutant | None:
    spoilt = _with(sample, len(sample.segments), sample.segments[-1])
    return Mutant(spoilt.render(), (FaultKind.NOT_AN_INTERCHANGE,), (len(spoilt.segments),), offset=spoilt.offset(len(sample.segments)))


@mutation("octets after UNZ")
def octets_after(rng: Random, sample: Sample) -> Mutant | None:
    data = sample.render()
    return Mutant(
        data + rng.choice([b"X", b"\x1a\x1a", b"<eof/>", b"NNNN\r\n"]), (FaultKind.NOT_AN_INTERCHANGE,), (len(sample.segments) + 1,), offset=len(data)
    )


@mutation("no interchange")
def no_interchange(rng: Random, sample: Sample) -> Mutant | None:
    data = rng.choice([b"%PDF-1.4\n", b"<?xml?>\n", b"XNB+UNOA:1'", b"ISA*00*"]) + sample.render()[9:]
    return Mutant(data, (FaultKind.NOT_AN_INTERCHANGE,), (1,), offset=0)


@mutation("segment between messages")
def segment_between(rng: Random, sample: Sample) -> Mutant | None:
    index = rng.choice([index for index in range(1, len(sample.segments)) if sample.segments[index].tag in {"UNH", "UNE", "UNZ", "UNG"}])
    stray = rng.choice([Segment.of("BGM", "929"), Segment.of("UNS", "S"), Segment.of("QQQ", "1")])
    spoilt = _with(sample, index, stray)
    return Mutant(spoilt.render(), (FaultKind.OUTSIDE_MESSAGE,), (index + 1,), offset=spoilt.offset(index))


@mutation("message reference used twice")
def message_twice(rng: Random, sample: Sample) -> Mutant | None:
    messages = list(sample.messages())
    if len(messages) < 2:
        return None
    spoilt = sample.copy()
    start, end = messages[rng.randrange(1, len(messages))]
    spoilt.segments[start].elements[0] = spoilt.segments[end].elements[1] = [["M1"]]
    return Mutant(spoilt.render(), (FaultKind.DUPLICATE_MESSAGE,), (1,), 2, None, spoilt.offset(start, 0))


@mutation("group reference used twice")
def group_twice(rng: Random, sample: Sample) -> Mutant | None:
    found = _trailers(sample, "UNG")
    if len(found) < 2:
        return None
    spoilt = sample.copy()
    spoilt.segments[found[1]].elements[4] = spoilt.segments[_trailers(sample, "UNE")[1]].elements[1] = [["G1"]]
    return Mutant(spoilt.render(), (FaultKind.DUPLICATE_GROUP,), (found[1] + 1,), 6, None, spoilt.offset(found[1], 4))


@mutation("groups and messages mixed")
def mixed(rng: Random, sample: Sample) -> Mutant | None:
    if not sample.style.groups:
        return None
    message = Writer(rng, sample.style, sample.directory).message(sample.type, "STRAY")
    first = rng.random() < 0.5
    spoilt = _with(sample, 1 if first else len(sample.segments) - 1, *message)
    index = next(index for index, segment in enumerate(spoilt.segments) if segment.tag == "UNG") if first else len(sample.segments) - 1
    where = spoilt.position(index)
    return Mutant(spoilt.render(), (FaultKind.GROUPS_AND_MESSAGES_MIXED,), (where, index + 1), offset=spoilt.offset(index))


@mutation("two message types in a group")
def types_mixed(rng: Random, sample: Sample) -> Mutant | None:
    if not sample.style.groups or sample.style.version >= 4:
        return None
    spoilt = sample.copy()
    index = _trailers(sample, "UNG")[0]
    spoilt.segments[index].elements[0] = [["OTHERS"]]
    header = _trailers(sample, "UNH")[0]
    return Mutant(spoilt.render(), (FaultKind.TYPES_MIXED_IN_GROUP,), (1, header + 1), 3, 1, spoilt.offset(header, 1))


@mutation("empty group")
def group_empty(rng: Random, sample: Sample) -> Mutant | None:
    if not sample.style.groups:
        return None
    header = Writer(rng, sample.style, sample.directory).group(9, sample.type)
    spoilt = _with(sample, len(sample.segments) - 1, header, Segment.of("UNE", "0", "G9")).counted()
    index = len(sample.segments) - 1
    return Mutant(spoilt.render(), (FaultKind.GROUP_EMPTY,), (index + 1, index + 2), in_segment=True)


@mutation("empty interchange")
def interchange_empty(rng: Random, sample: Sample) -> Mutant | None:
    spoilt = Sample(sample.style, sample.directory, sample.type, [sample.segments[0].copy(), Segment.of("UNZ", "0", "REF1")])
    return Mutant(spoilt.render(), (FaultKind.INTERCHANGE_EMPTY,), (1, 2), in_segment=True)


@mutation("transmission cut off within a message")
def cut_off(rng: Random, sample: Sample) -> Mutant | None:
    start, end = rng.choice(list(sample.messages()))
    index = rng.randrange(start, end)
    spoilt = sample.copy()
    del spoilt.segments[index + 1 :]
    return Mutant(spoilt.render(), (FaultKind.TRAILER_MISSING,), (index - start + 1, index + 1), offset=spoilt.offset(index))


# --- UNH ---


@mutation("UNH: unknown message type")
def unknown_type(rng: Random, sample: Sample) -> Mutant | None:
    if sample.directory in SERVICE or (sample.style.groups and sample.style.version < 4):
        return None  # no directory would be named, or the group names the type too
    return _changed(sample, rng.choice(_trailers(sample, "UNH")), 1, 0, "QQQQQQ", FaultKind.MESSAGE_TYPE_UNKNOWN, simple=False)


@mutation("UNH: unknown directory")
def unknown_directory(rng: Random, sample: Sample) -> Mutant | None:
    if sample.directory in SERVICE:
        return None
    return _changed(sample, rng.choice(_trailers(sample, "UNH")), 1, 2, "77Z", FaultKind.DIRECTORY_UNKNOWN, simple=False)


@mutation("UNH: directory of an unknown agency")
def unknown_agency(rng: Random, sample: Sample) -> Mutant | None:
    if sample.directory in SERVICE:
        return None
    return _changed(sample, rng.choice(_trailers(sample, "UNH")), 1, 3, "ZZ", FaultKind.DIRECTORY_UNKNOWN, simple=False)


@mutation("UNH: reference missing")
def no_reference(rng: Random, sample: Sample) -> Mutant | None:
    return _changed(sample, rng.choice(_trailers(sample, "UNH")), 0, 0, "", FaultKind.ELEMENT_MISSING, simple=True)


@mutation("UNH: version missing")
def no_version(rng: Random, sample: Sample) -> Mutant | None:
    if sample.directory in SERVICE:
        return None  # its segments may be those of another version
    return _changed(sample, rng.choice(_trailers(sample, "UNH")), 1, 1, "", FaultKind.COMPONENT_MISSING, simple=False)


# --- limits ---


@mutation("more messages than the limit")
def too_many_messages(rng: Random, sample: Sample) -> Mutant | None:
    headers = [index for index, segment in enumerate(sample.segments) if segment.tag in {"UNH", "UNG"}]
    before = [sum(segment.tag in {"UNT", "UNE"} for segment in sample.segments[:index]) for index in headers]
    limit = rng.choice(before)
    if not limit:
        return None
    index = headers[before.index(limit)]
    return Mutant(sample.render(), (FaultKind.OVER_LIMIT,), (index + 1,), offset=sample.offset(index), limits=CheckLimits(max_messages=limit))


@mutation("segment longer than the limit")
def long_segment(rng: Random, sample: Sample) -> Mutant | None:
    sizes = [len(segment.text(sample.style)) for segment in sample.segments]
    index = sizes.index(max(sizes))
    if sizes.count(sizes[index]) > 1 or sample.segments[index].part is None:
        return None
    limits = CheckLimits(max_segment_octets=sizes[index] - 1)
    return Mutant(sample.render(), (FaultKind.OVER_LIMIT,), (sample.position(index),), offset=sample.offset(index), limits=limits)
