"""What can be wrong with security segments (ISO 9735-5), encrypted data (ISO 9735-7) and packages (ISO 9735-8) in syntax version 4."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.directory.generator import pair_security
from tests.directory.mutations import Mutant, mutation
from tests.directory.samples import SERVICE, Sample, Segment
from vanhub.edifact.faults import FaultKind


def secured(rng: Random, sample: Sample) -> tuple[Sample, int, int] | None:
    """The sample with one or two security header groups and their trailers in a message, and the indexes of its UNH and UNT."""
    if sample.style.version < 4 or sample.directory in SERVICE:
        return None
    start, end = rng.choice(list(sample.messages()))
    made = sample.copy()
    headers, trailers = [], []
    for number in range(rng.randint(1, 2)):
        headers.append(Segment.of("USH", "7", "", "1"))
        headers += [Segment.of("USA", ["1", "", "", "6"])] * rng.randint(0, 2)
        headers += [Segment.of("USC", f"C{number}"), Segment.of("USA", ["6"])] if rng.random() < 0.5 else []
        trailers += [Segment.of("UST", "", ""), *([Segment.of("USR", ["1", "0AF5"])] if rng.random() < 0.5 else [])]
    body = [segment.copy() for segment in (*headers, *sample.segments[start + 1 : end], *trailers)]
    pair_security(body)
    made.segments[start + 1 : end] = body
    return made.counted(), start, start + 1 + len(body)


def _indexes(sample: Sample, start: int, end: int, tag: str) -> list[int]:
    return [index for index in range(start, end) if sample.segments[index].tag == tag]


@mutation("UST left out")
def trailer_left_out(rng: Random, sample: Sample) -> Mutant | None:
    made = secured(rng, sample)
    if made is None:
        return None
    spoilt, start, end = made
    at = rng.choice(_indexes(spoilt, start, end, "UST"))
    stop = at + 2 if spoilt.segments[at + 1].tag == "USR" else at + 1
    del spoilt.segments[at:stop]
    spoilt.counted()
    last = end - (stop - at) - 1
    return Mutant(spoilt.render(), (FaultKind.SECURITY_TRAILER_MISSING,), (spoilt.position(last),), offset=spoilt.offset(last))


@mutation("UST: wrong reference")
def trailer_reference(rng: Random, sample: Sample) -> Mutant | None:
    made = secured(rng, sample)
    if made is None:
        return None
    spoilt, start, end = made
    at = rng.choice(_indexes(spoilt, start, end, "UST"))
    spoilt.segments[at].elements[0] = [["S9"]]
    return Mutant(spoilt.render(), (FaultKind.REFERENCE_IN_UST,), (spoilt.position(at),), 2, None, spoilt.offset(at, 0))


@mutation("UST: wrong count")
def trailer_count(rng: Random, sample: Sample) -> Mutant | None:
    made = secured(rng, sample)
    if made is None:
        return None
    spoilt, start, end = made
    at = rng.choice(_indexes(spoilt, start, end, "UST"))
    spoilt.segments[at].elements[1] = [["99"]]
    return Mutant(spoilt.render(), (FaultKind.COUNT_IN_UST,), (spoilt.position(at),), 3, None, spoilt.offset(at, 1))


@mutation("USH: reference used twice")
def header_twice(rng: Random, sample: Sample) -> Mutant | None:
    made = secured(rng, sample)
    if made is None:
        return None
    spoilt, start, end = made
    headers, trailers = _indexes(spoilt, start, end, "USH"), _indexes(spoilt, start, end, "UST")
    if len(headers) < 2:
        return None
    spoilt.segments[headers[1]].elements[1] = spoilt.segments[trailers[1]].elements[0] = [["S1"]]
    return Mutant(spoilt.render(), (FaultKind.DUPLICATE_SECURITY,), (spoilt.position(headers[1]),), 3, None, spoilt.offset(headers[1], 1))


@mutation("USH after the message's own segments")
def header_late(rng: Random, sample: Sample) -> Mutant | None:
    if sample.style.version < 4 or sample.directory in SERVICE:
        return None
    spoilt = sample.copy()
    _, end = rng.choice(list(sample.messages()))
    spoilt.segments[end:end] = [Segment.of("USH", "7", "S1"), Segment.of("UST", "S1", "2")]
    spoilt.counted()
    return Mutant(spoilt.render(), (FaultKind.SEGMENT_OUT_OF_PLACE,), (spoilt.position(end),), offset=spoilt.offset(end))


@mutation("security segments before version 4")
def too_early(rng: Random, sample: Sample) -> Mutant | None:
    if sample.style.version >= 4 or sample.directory in SERVICE:
        return None
    spoilt = sample.copy()
    start, _ = rng.choice(list(sample.messages()))
    spoilt.segments[start + 1 : start + 1] = [Segment.of("USH", "7", "S1")]
    spoilt.counted()
    kinds = (FaultKind.SEGMENT_NOT_IN_MESSAGE, FaultKind.SEGMENT_UNKNOWN)
    return Mutant(spoilt.render(), kinds, (2,), offset=spoilt.offset(start + 1))


# --- packages and encrypted data ---

_OBJECT = b"\x00\xff'UNZ+1+R'\x89PNG?"
_PLAIN = b"\x00\xff\x89PNG"


def packaged(sample: Sample, header: Segment, trailer: Segment, content: bytes = _OBJECT) -> tuple[bytes, int, int, int] | None:
    """A package with these segments around it between the last message and the trailer: the octets, the number of UNO, its offset and that of UNP."""
    if sample.style.version < 4 or sample.style.groups:
        return None
    made = sample.copy()
    last = len(made.segments) - 1
    made.segments[last].elements[0] = [[str(int(made.segments[last].value(0)) + 1)]]
    at = made.offset(last)
    data, mark, between = made.render(), made.style.separators.terminator, made.style.between.encode()
    before = data[:at] + made.octets(header.text(made.style)) + mark
    after = made.octets(trailer.text(made.style)) + mark + between
    return before + content + after + data[at:], last + 1, at, len(before) + len(content)


def object_header(reference: str = "P1", octets: int = len(_OBJECT)) -> Segment:
    return Segment.of("UNO", reference, ["1", "M1"], ["1", "2"], [str(octets)])


def object_trailer(reference: str = "P1", octets: int = len(_OBJECT)) -> Segment:
    return Segment.of("UNP", str(octets), reference)


def _element(sample: Sample, segment: Segment, place: int) -> int:
    """How many octets stand before an element."""
    return len(sample.octets(Segment(segment.tag, [*segment.elements[:place], [[""]]]).text(sample.style)))


def _in_package(name: str, kind: FaultKind, trailer: Segment, place: int) -> None:
    def change(rng: Random, sample: Sample) -> Mutant | None:
        made = packaged(sample, object_header(), trailer)
        if made is None:
            return None
        data, number, _, at = made
        return Mutant(data, (kind,), (number + 1,), place + 2, None, at + _element(sample, trailer, place))

    mutation(name)(change)


_in_package("UNP: wrong length", FaultKind.LENGTH_IN_UNP, object_trailer(octets=99), 0)
_in_package("UNP: wrong reference", FaultKind.REFERENCE_IN_UNP, object_trailer("P2"), 1)


def _misled(name: str, kind: FaultKind, length: Callable[[Random], int]) -> None:
    def change(rng: Random, sample: Sample) -> Mutant | None:
        octets = length(rng)
        header = object_header(octets=octets)
        made = packaged(sample, header, object_trailer(octets=octets), _PLAIN)
        if made is None:
            return None
        data, number, at, _ = made
        return Mutant(data, (kind,), (number,), 5, 1, at + _element(sample, header, 3))

    mutation(name)(change)


_misled("UNO: length beyond the end", FaultKind.LENGTH_BEYOND_END, lambda rng: rng.choice([10**6, 10**12]))
_misled("UNO: length too small", FaultKind.LENGTH_MISLEADS, lambda rng: rng.randint(1, 5))
