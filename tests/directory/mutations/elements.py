"""What can be wrong within a segment of a message."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.directory.generator import Writer, codes_of, decimal_marks, definition_of, members_of
from tests.directory.mutations import Mutant, mutation
from tests.directory.samples import Sample, Segment
from vanhub.directory.elements import LIST_AGENCY, LIST_NAME
from vanhub.directory.model import CompositeUse, ElementUse
from vanhub.edifact.faults import FaultKind


@dataclass(frozen=True)
class Site:
    """A value that is there: of which segment, place, repetition and component, and what its definition says of it."""

    index: int
    place: int
    repetition: int
    component: int
    use: ElementUse | CompositeUse
    member: ElementUse

    @property
    def is_simple(self) -> bool:
        return self.use is self.member


def uses_of(sample: Sample, segment: Segment) -> list[ElementUse | CompositeUse]:
    """What each place on the wire is for."""
    found, _ = definition_of(sample.directory, segment.tag, sample.style.version)
    return [use for use in found.elements for _ in range(1 if sample.style.version >= 4 else min(use.most, 99))]


def sites_of(sample: Sample) -> Iterator[Site]:
    """Of the segments of messages, without UNH and UNT."""
    for index, segment in enumerate(sample.segments):
        if segment.part is None:
            continue
        for place, (use, repetitions) in enumerate(zip(uses_of(sample, segment), segment.elements, strict=False)):
            members = members_of(use) if isinstance(use, CompositeUse) else [use]
            for repetition, components in enumerate(repetitions):
                for component, (member, value) in enumerate(zip(members, components, strict=False)):
                    if value:
                        yield Site(index, place, repetition, component, use, member)


def pick(rng: Random, sample: Sample, wanted: Callable[[Site], bool]) -> Site | None:
    found = [site for site in sites_of(sample) if wanted(site)]
    return rng.choice(found) if found else None


def value_at(sample: Sample, site: Site) -> str:
    return sample.segments[site.index].elements[site.place][site.repetition][site.component]


def changed(sample: Sample, site: Site, value: str) -> Sample:
    spoilt = sample.copy()
    spoilt.segments[site.index].elements[site.place][site.repetition][site.component] = value
    return spoilt


def mutant(spoilt: Sample, site: Site, kind: FaultKind, *, within: int = 0) -> Mutant:
    """The fault is of this value, ``within`` octets into it."""
    offset = spoilt.offset(site.index, site.place, site.repetition, site.component) + within
    return Mutant(spoilt.render(), (kind,), (spoilt.position(site.index),), site.place + 2, None if site.is_simple else site.component + 1, offset)


def valued(name: str, kind: FaultKind, wanted: Callable[[Site], bool], value: Callable[[Random, Sample, Site], str | None]) -> None:
    """Enters the mutation that gives a wanted value another one."""

    def change(rng: Random, sample: Sample) -> Mutant | None:
        site = pick(rng, sample, wanted)
        found = value(rng, sample, site) if site is not None else None
        return None if site is None or found is None else mutant(changed(sample, site, found), site, kind)

    mutation(name)(change)


def _is_numeric(site: Site) -> bool:
    return site.member.representation.kind == "n"


def _is_long(site: Site) -> bool:
    return _is_numeric(site) and site.member.representation.most >= 3 and not site.member.representation.least


def _with(value: str, at: int, character: str) -> str:
    return value[:at] + character + value[at + 1 :]


valued(
    "value too long",
    FaultKind.TOO_LONG,
    lambda site: site.member.representation.most < 600,
    lambda _rng, _sample, site: ("1" if _is_numeric(site) else "A") * (site.member.representation.most + 1),
)
valued(
    "value too short",
    FaultKind.TOO_SHORT,
    lambda site: site.member.representation.least > 1,
    lambda _rng, _sample, site: ("1" if _is_numeric(site) else "A") * (site.member.representation.least - 1),
)
valued(
    "letter in a number",
    FaultKind.LETTER_IN_NUMERIC,
    _is_numeric,
    lambda rng, sample, site: _with(value_at(sample, site), rng.randrange(len(value_at(sample, site))), "X"),
)
valued(
    "digit in an alphabetic value",
    FaultKind.DIGIT_IN_ALPHABETIC,
    lambda site: site.member.representation.kind == "a",
    lambda rng, sample, site: _with(value_at(sample, site), rng.randrange(len(value_at(sample, site))), "7"),
)
valued(
    "two decimal marks",
    FaultKind.DECIMAL_NOTATION,
    _is_long,
    lambda _rng, sample, _site: f"1{mark}2{mark}3" if (mark := decimal_marks(sample.style)[:1]) else None,
)
valued(
    "no digit after the decimal mark",
    FaultKind.DECIMAL_NOTATION,
    _is_long,
    lambda _rng, sample, _site: f"12{mark}" if (mark := decimal_marks(sample.style)[:1]) else None,
)
valued(
    "no digit before the decimal mark",
    FaultKind.NO_DIGIT_BEFORE_MARK,
    _is_long,
    lambda _rng, sample, _site: f"{mark}5" if (mark := decimal_marks(sample.style)[:1]) else None,
)


@mutation("code that is not in its list")
def bad_code(rng: Random, sample: Sample) -> Mutant | None:
    def is_checked(site: Site) -> bool:
        if site.member.id == LIST_NAME or not codes_of(sample.directory, site.member.id):
            return False
        if site.member.id == LIST_AGENCY or site.is_simple:
            return True
        components = sample.segments[site.index].elements[site.place][site.repetition]
        members = members_of(site.use) if isinstance(site.use, CompositeUse) else []
        return not any(member.id in {LIST_NAME, LIST_AGENCY} and value for member, value in zip(members, components, strict=False))

    site = pick(rng, sample, is_checked)
    if site is None:
        return None
    representation, codes = site.member.representation, codes_of(sample.directory, site.member.id)
    for _ in range(30):
        length = representation.most if representation.least else rng.randint(1, representation.most)
        value = "".join(rng.choices(string.digits if representation.kind == "n" else string.ascii_uppercase, k=length))
        if value not in codes:
            return mutant(changed(sample, site, value), site, FaultKind.CODE_UNKNOWN)
    return None


# --- characters ---


@mutation("character outside the repertoire")
def outside(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda _: True)
    if site is None:
        return None
    value = value_at(sample, site)
    at = rng.randrange(len(value))
    outsiders = {"UNOA": "ab@", "UNOB": "@#$"}.get(sample.style.identifier, "\x07\x0b\x7f")
    character = rng.choice([each for each in outsiders if each not in sample.style.special] or ["\x07"])
    spoilt = changed(sample, site, _with(value, at, character))
    before = "".join(sample.style.release + each if each in sample.style.special else each for each in value[:at])
    return mutant(spoilt, site, FaultKind.CHARACTER_INVALID, within=len(sample.octets(before)))


@mutation("octet that cannot be decoded")
def undecodable(rng: Random, sample: Sample) -> Mutant | None:
    octet = {"UNOA": "\udce9", "UNOB": "\udcfc", "UNOF": "\udcae", "UNOI": "\udca1", "UNOW": "\udcff", "UNOY": "\udcc0", "UNOX": "\udcff"}.get(
        sample.style.identifier
    )
    site = pick(rng, sample, lambda _: True)
    if site is None or octet is None:
        return None
    value = value_at(sample, site)
    spoilt = changed(sample, site, f"{octet} {value[2:]}")
    return mutant(spoilt, site, FaultKind.UNDECODABLE)


# --- missing ---


def _absent(sample: Sample, site: Site, spoilt: Sample, kind: FaultKind, component: int | None) -> Mutant:
    """Something is not there any more: it was where the separator after it stands now, or else at the end of what is left."""
    segment = spoilt.segments[site.index].cut()
    offset: int
    if site.place >= len(segment.elements):
        offset = spoilt.offset(site.index) + len(spoilt.octets(segment.text(spoilt.style)))
    elif component is not None and component - 1 >= len(segment.elements[site.place][site.repetition]):
        components = segment.elements[site.place][site.repetition]
        components.append("")
        offset = spoilt.offset(site.index, site.place, site.repetition, len(components) - 1) - 1
        components.pop()
    else:
        offset = spoilt.offset(site.index, site.place, site.repetition, (component or 1) - 1)
    return Mutant(spoilt.render(), (kind,), (spoilt.position(site.index),), site.place + 2, component, offset)


def _is_first(sample: Sample, site: Site) -> bool:
    """Whether it is the first occurrence at its place, the one that has to be there."""
    uses = uses_of(sample, sample.segments[site.index])
    return site.repetition == 0 and (site.place == 0 or uses[site.place - 1] is not site.use)


@mutation("mandatory element missing")
def element_missing(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda site: site.is_simple and site.use.mandatory and _is_first(sample, site))
    return _absent(sample, site, changed(sample, site, ""), FaultKind.ELEMENT_MISSING, None) if site is not None else None


@mutation("mandatory composite missing")
def composite_missing(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda site: not site.is_simple and site.use.mandatory and _is_first(sample, site))
    if site is None:
        return None
    spoilt = sample.copy()
    spoilt.segments[site.index].elements[site.place][site.repetition] = [""]
    return _absent(sample, site, spoilt, FaultKind.COMPOSITE_MISSING, None)


@mutation("mandatory component missing")
def component_missing(rng: Random, sample: Sample) -> Mutant | None:
    def has_others(site: Site) -> bool:
        components = sample.segments[site.index].elements[site.place][site.repetition]
        return not site.is_simple and site.member.mandatory and sum(map(bool, components)) > 1

    site = pick(rng, sample, has_others)
    return _absent(sample, site, changed(sample, site, ""), FaultKind.COMPONENT_MISSING, site.component + 1) if site is not None else None


# --- too many ---


@mutation("too many elements")
def too_many_elements(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda site: len(uses_of(sample, sample.segments[site.index])) < 99)
    if site is None:
        return None
    spoilt = sample.copy()
    segment = spoilt.segments[site.index]
    total = len(uses_of(sample, segment))
    segment.elements += [[[""]] for _ in range(total - len(segment.elements))] + [[["X"]]]
    return Mutant(spoilt.render(), (FaultKind.TOO_MANY_ELEMENTS,), (spoilt.position(site.index),), total + 2, None, spoilt.offset(site.index, total))


@mutation("too many components")
def too_many_components(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda site: not site.is_simple)
    if site is None or not isinstance(site.use, CompositeUse):
        return None
    spoilt = sample.copy()
    components = spoilt.segments[site.index].elements[site.place][site.repetition]
    most = len(members_of(site.use))
    components += [""] * (most - len(components)) + ["X"]
    offset = spoilt.offset(site.index, site.place, site.repetition, most)
    return Mutant(spoilt.render(), (FaultKind.TOO_MANY_COMPONENTS,), (spoilt.position(site.index),), site.place + 2, most + 1, offset)


@mutation("component in a simple element")
def component_in_simple(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda site: site.is_simple)
    if site is None:
        return None
    spoilt = sample.copy()
    spoilt.segments[site.index].elements[site.place][site.repetition].append("X")
    offset = spoilt.offset(site.index, site.place, site.repetition, 1)
    return Mutant(spoilt.render(), (FaultKind.COMPONENT_IN_SIMPLE,), (spoilt.position(site.index),), site.place + 2, 2, offset)


@mutation("element repeated too often")
def element_repeated(rng: Random, sample: Sample) -> Mutant | None:
    if not sample.style.repetition:
        return None
    site = pick(rng, sample, lambda site: site.use.most < 100)
    if site is None:
        return None
    spoilt = sample.copy()
    repetitions = spoilt.segments[site.index].elements[site.place]
    repetitions += [list(repetitions[0]) for _ in range(site.use.most + 1 - len(repetitions))]
    offset = spoilt.offset(site.index, site.place, site.use.most)
    return Mutant(spoilt.render(), (FaultKind.ELEMENT_REPEATED,), (spoilt.position(site.index),), site.place + 2, None, offset)


# --- separators that stand before nothing ---


@mutation("trailing element separator")
def trailing_element(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda _: sample.style.version >= 4)
    if site is None:
        return None
    spoilt = sample.copy()
    elements = spoilt.segments[site.index].elements
    elements.append([[""]])
    place = len(elements) - 1
    return Mutant(spoilt.render(), (FaultKind.TRAILING_SEPARATORS,), (spoilt.position(site.index),), place + 2, None, spoilt.offset(site.index, place) - 1)


@mutation("trailing component separator")
def trailing_component(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda _: sample.style.version >= 4)
    if site is None:
        return None
    spoilt = sample.copy()
    components = spoilt.segments[site.index].elements[site.place][site.repetition]
    components.append("")
    offset = spoilt.offset(site.index, site.place, site.repetition, len(components) - 1) - 1
    return Mutant(spoilt.render(), (FaultKind.TRAILING_SEPARATORS,), (spoilt.position(site.index),), site.place + 2, len(components), offset)


@mutation("trailing repetition separator")
def trailing_repetition(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda _: bool(sample.style.repetition))
    if site is None:
        return None
    spoilt = sample.copy()
    repetitions = spoilt.segments[site.index].elements[site.place]
    repetitions.append([""])
    offset = spoilt.offset(site.index, site.place, len(repetitions) - 1) - 1
    return Mutant(spoilt.render(), (FaultKind.TRAILING_SEPARATORS,), (spoilt.position(site.index),), site.place + 2, None, offset)


# --- release characters and separators lost ---


def _unreleased(rng: Random, sample: Sample, wanted: Callable[[Site], bool], mark: str) -> tuple[Sample, Site, bytes, int] | None:
    """``A``, the mark and ``B`` as a value, the mark not released: the sample before, the site, the octets, and where the mark stands."""
    site = pick(
        rng,
        sample,
        lambda site: (
            wanted(site)
            and site.member.representation.kind == "an"
            and site.member.representation.most >= 3
            and site.member.representation.least <= 1
            and not codes_of(sample.directory, site.member.id)
        ),
    )
    if site is None or not sample.style.release:
        return None
    spoilt = changed(sample, site, f"A{mark}B")
    at = spoilt.offset(site.index, site.place, site.repetition, site.component) + 1
    data = spoilt.render()
    return spoilt, site, data[:at] + data[at + 1 :], at


@mutation("release character lost before a component separator")
def release_component(rng: Random, sample: Sample) -> Mutant | None:
    made = _unreleased(rng, sample, lambda site: site.is_simple, sample.style.separators.component.decode("latin-1"))
    if made is None:
        return None
    spoilt, site, data, at = made
    return Mutant(data, (FaultKind.COMPONENT_IN_SIMPLE,), (spoilt.position(site.index),), site.place + 2, 2, at + 1)


@mutation("release character lost before an element separator")
def release_element(rng: Random, sample: Sample) -> Mutant | None:
    def is_last(site: Site) -> bool:
        return site.place == len(uses_of(sample, sample.segments[site.index])) - 1 and site.repetition == 0 and site.is_simple

    made = _unreleased(rng, sample, is_last, sample.style.separators.element.decode("latin-1"))
    if made is None:
        return None
    spoilt, site, data, at = made
    return Mutant(data, (FaultKind.TOO_MANY_ELEMENTS,), (spoilt.position(site.index),), site.place + 3, None, at + 1)


@mutation("release character lost before a terminator")
def release_terminator(rng: Random, sample: Sample) -> Mutant | None:
    def is_last(site: Site) -> bool:
        components = sample.segments[site.index].elements[site.place][site.repetition]
        return site.place == len(sample.segments[site.index].elements) - 1 and site.component == len(components) - 1

    made = _unreleased(rng, sample, is_last, sample.style.separators.terminator.decode("latin-1"))
    if made is None:
        return None
    spoilt, site, data, at = made
    return Mutant(data, (FaultKind.SEGMENT_UNKNOWN,), (spoilt.position(site.index) + 1,), offset=at + 1)


@mutation("terminator lost")
def terminator_lost(rng: Random, sample: Sample) -> Mutant | None:
    start, end = rng.choice(list(sample.messages()))
    if end - start < 3 or sample.style.between:
        return None
    index = rng.randrange(start + 1, end - 1)
    at = sample.offset(index + 1)
    data = sample.render()
    kinds = tuple(kind for kind in FaultKind if kind.code(3) in {"12", "13", "16", "29", "37", "39"})
    return Mutant(data[: at - 1] + data[at:], kinds, (index - start + 1, end - start), in_segment=True)


@mutation("element separator doubled after the tag")
def separator_doubled(rng: Random, sample: Sample) -> Mutant | None:
    site = pick(rng, sample, lambda site: site.place == 0 and site.use.mandatory)
    if site is None:
        return None
    spoilt = sample.copy()
    segment = spoilt.segments[site.index]
    segment.elements.insert(0, [[""]])
    kind = FaultKind.ELEMENT_MISSING if site.is_simple else FaultKind.COMPOSITE_MISSING
    return Mutant(spoilt.render(), (kind,), (spoilt.position(site.index),), 2, None, spoilt.offset(site.index, 0))


@mutation("dependency between elements broken")
def dependency(rng: Random, sample: Sample) -> Mutant | None:
    found = [index for index, segment in enumerate(sample.segments) if segment.tag == "TDT" and segment.part is not None]
    if not found:
        return None
    index = rng.choice(found)
    definition, source = definition_of(sample.directory, "TDT", sample.style.version)
    if not any(note.startswith("D5(040,030)") for note in source.dependencies("TDT")) or len({use.id for use in definition.elements[2:4]}) < 2:
        return None
    spoilt = sample.copy()
    writer = Writer(rng, sample.style, sample.directory)
    segment = spoilt.segments[index]
    segment.elements += [[[""]] for _ in range(4 - len(segment.elements))]
    use = definition.elements[3]
    segment.elements[2] = [[""]]
    segment.elements[3] = [[writer.value(use.components[0] if isinstance(use, CompositeUse) else use)]]
    return Mutant(spoilt.render(), (FaultKind.DEPENDENCY,), (spoilt.position(index),), offset=spoilt.offset(index))
