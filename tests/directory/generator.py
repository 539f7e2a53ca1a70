"""Valid interchanges at random, from any directory, in any style."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tests.directory.samples import DIRECTORIES, INTERACTIVE, SERVICE, Part, Sample, Segment, Style, definition, directory
from vanhub.directory.elements import LIST_AGENCY, LIST_NAME, dependency_holds
from vanhub.directory.model import CompositeUse, Directory, ElementUse, GroupUse, MessageDefinition, Representation, SegmentDefinition, SegmentUse
from vanhub.edifact.separators import Separators

ENVELOPE = frozenset({"UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"})
# Service elements whose list is closed; the others' lists grow or are the parties' own.
_CLOSED = {"0025": None, "0031": ["1"], "0035": ["1"], "0073": ["C", "F"], "0081": ["D", "S"], "0083": None}
_USERS_OWN = frozenset({"6411"})  # one stray code in the last directories, no list
_LEVEL_A = string.ascii_uppercase + string.digits + " .,-()/='+:?!\"%&*;<>"
_BEYOND = {"UNOW": "海关总署é€", "UNOY": "海关总署é€", "UNOX": "海关总署申报镕€"}
_SEPARATORS = (
    Separators(b"|", b"*", b",", b"\\", b" ", b"~"),
    Separators(b"^", b"|", b".", b"?", b" ", b"\n"),
    Separators(b":", b"+", b",", b"?", b" ", b"'"),
    Separators(b":", b"+", b".", b" ", b" ", b"'"),
    Separators(b"\x1f", b"\x1d", b".", b" ", b" ", b"\x1c"),
)
_SEPARATORS_4 = (
    Separators(b"|", b"*", b".", b"\\", b"#", b"~"),
    Separators(b"^", b"|", b".", b"?", b"!", b"\n"),
    Separators(b":", b"+", b".", b" ", b"*", b"'"),
)


def random_style(rng: Random, name: str) -> Style:
    """For a directory any syntax version that it goes with, and the repertoires, service characters, line ends and groups that people use in it."""
    version = 4 if name.endswith(INTERACTIVE) else rng.randint(1, 3 if name == "service-3" else 4)
    identifiers = ["UNOA", "UNOB", *(f"UNO{letter}" for letter in "CDEFGHIJKLWXY")]
    identifier = rng.choice(identifiers[: 2 if version == 1 else 6 if version == 2 else None])
    own = rng.random() < 0.3
    separators = rng.choice(_SEPARATORS_4 if version >= 4 else _SEPARATORS) if own else Separators.default(version)
    between = "" if separators.terminator == b"\n" else rng.choice(["", "", "\n", "\r\n"])
    groups = 0 if name.endswith(INTERACTIVE) else rng.choice([0, 0, 1, 2])
    return Style(version, identifier, separators, own or rng.random() < 0.2, between, groups)


def random_sample(rng: Random, style: Style, name: str, type: str) -> Sample:
    """An interchange of one to three messages of one type."""
    writer = Writer(rng, style, name)
    if name.endswith(INTERACTIVE):
        messages = [segment for number in range(rng.randint(1, 2)) for segment in writer.message(type, f"M{number + 1}")]
        return Sample(style, name, type, [writer.header(), *messages, Segment.of("UIZ", ["DIALOGUE"], "0")]).counted()
    segments, numbers = [writer.header()], 0
    for group in range(style.groups or 1):
        if style.groups:
            segments.append(writer.group(group + 1, type))
        for _ in range(rng.randint(1, 2)):
            numbers += 1
            segments += writer.message(type, f"M{numbers}")
        if style.groups:
            segments.append(Segment.of("UNE", "0", f"G{group + 1}"))
    segments.append(Segment.of("UNZ", "0", "REF1"))
    return Sample(style, name, type, segments).counted()


@dataclass(frozen=True)
class Writer:
    """What is made for one directory in one style."""

    rng: Random
    style: Style
    name: str

    def header(self) -> Segment:
        """UNB or UIB."""
        rng, style = self.rng, self.style
        if self.name.endswith(INTERACTIVE):
            return Segment.of("UIB", [style.identifier, "4"], ["DIALOGUE"], "", "", "", ["SENDER", "1"], ["RECIPIENT"], ["20260101", "1200"])
        date = "20260101" if style.version >= 4 else "260101"
        sender, recipient = ["SENDER", "1"], ["RECIPIENT", rng.choice(["", "ZZ"])]
        optional = ["", *rng.choice([["", ""], ["APP", "A"]]), *rng.choice([["", "", ""], ["1", "AGREED", ""], ["", "", "1"]])]
        return Segment.of("UNB", [style.identifier, str(style.version)], sender, recipient, [date, "1200"], "REF1", *optional).cut()

    def group(self, number: int, type: str) -> Segment:
        date = "20260101" if self.style.version >= 4 else "260101"
        version, release, agency = self.identifier(type)[1:4]
        return Segment.of("UNG", type, ["A"], ["B", "1"], [date, "1200"], f"G{number}", agency, [version, release])

    def identifier(self, type: str) -> list[str]:
        """S009."""
        if self.name in SERVICE:
            return [type, *(("D", "3") if self.name == "service-3" else ("4", "1")), "UN"]
        return [type, *self.name.split("."), "UN"]

    def message(self, type: str, reference: str) -> list[Segment]:
        header = Segment.of("UNH", reference, [*self.identifier(type), *self.rng.choice([[], ["OWN1"]])], *self.rng.choice([[], ["ACCESS"]]))
        parts = random_parts(self.rng, definition(self.name, type))
        while sum(part.use.tag == "USH" for part in parts) != sum(part.use.tag == "UST" for part in parts):  # every security header has its trailer
            parts = random_parts(self.rng, definition(self.name, type))
        body = [self.segment(part.use.tag, part) for part in parts[1:-1]]
        pair_security(body)
        if self.name.endswith(INTERACTIVE):
            header = Segment.of("UIH", [type, *self.name.removesuffix(INTERACTIVE).split("."), "", "UN"], reference)
            return [header, *body, Segment.of("UIT", reference, str(len(parts)))]
        return [header, *body, Segment.of("UNT", str(len(parts)), reference)]

    def segment(self, tag: str, part: Part | None = None) -> Segment:
        found, source = definition_of(self.name, tag, self.style.version)
        notes = source.dependencies(tag)
        while True:
            segment = Segment(tag, [occurrences for use in found.elements for occurrences in self._places(use, last=use is found.elements[-1])], part).cut()
            if not notes or all(dependency_holds(note, presence(found, segment, self.style)) for note in notes):
                return segment

    def _places(self, use: ElementUse | CompositeUse, *, last: bool) -> list[list[list[str]]]:
        """All places on the wire that ``use`` has, each with its repetitions."""
        times = 0
        if use.mandatory or self.rng.random() < 0.3:
            times = self.rng.randint(1, min(use.most, 3)) if self.rng.random() < 0.3 else 1
        values = [self._composite(use) if isinstance(use, CompositeUse) else [self.value(use)] for _ in range(times)]
        if self.style.version >= 4:
            if not self.style.repetition:
                values = values[:1]
            return [values or [[""]]]
        places = [[value] for value in values]
        return places if last else places + [[[""]] for _ in range(use.most - times)]

    def _composite(self, use: CompositeUse) -> list[str]:
        members = members_of(use)
        chosen = [member.mandatory or (member.id not in {LIST_NAME, LIST_AGENCY} and self.rng.random() < 0.3) for member in members]
        if not any(chosen):
            chosen[0] = True
        listed = any(member.id == LIST_AGENCY for member in members) and self.rng.random() < 0.1
        return [
            self.value(member, any_code=listed) if wanted or (listed and member.id == LIST_AGENCY) else ""
            for member, wanted in zip(members, chosen, strict=True)
        ]

    def value(self, use: ElementUse, *, any_code: bool = False) -> str:
        """A code of the list where there is one, else characters of the class within the length. ``any_code``: another list is named."""
        codes = codes_of(self.name, use.id)
        if codes and (use.id == LIST_AGENCY or not any_code):
            return self.rng.choice(sorted(codes))
        representation = use.representation
        length = representation.most if representation.least else self.rng.randint(1, min(representation.most, 20))
        if representation.kind == "n":
            return self._number(representation, length)
        return "".join(self.rng.choices(self.characters(representation.kind), k=length))

    def _number(self, representation: Representation, length: int) -> str:
        digits = "".join(self.rng.choices(string.digits, k=length))
        marks = decimal_marks(self.style)
        if length > 1 and marks and not representation.least and self.rng.random() < 0.3:
            digits = f"{digits[:1]}{self.rng.choice(marks)}{digits[1:]}"
        return ("-" if self.rng.random() < 0.1 else "") + digits

    def characters(self, kind: str) -> str:
        """What a value may have."""
        identifier, release = self.style.identifier, self.style.release
        characters = string.ascii_uppercase if kind == "a" else _LEVEL_A
        if identifier != "UNOA":
            characters += string.ascii_lowercase
        if identifier not in {"UNOA", "UNOB"}:
            characters += _BEYOND.get(identifier) or _upper_half(self.style)
        return characters if release else "".join(character for character in characters if character not in self.style.special)


def decimal_marks(style: Style) -> str:
    """The characters that may be the decimal mark: point and comma are both the standard's, an announced one is the only one."""
    announced = "." if style.version >= 4 else style.separators.decimal.decode("latin-1")
    return "".join(mark for mark in (",." if announced == "." else announced) if mark not in style.special)


def _upper_half(style: Style) -> str:
    return "".join(character for character in bytes(range(0xA1, 0x100)).decode(style.repertoire.codec, "ignore") if not 0x30 <= ord(character) <= 0x39)


def members_of(use: CompositeUse) -> list[ElementUse]:
    """The components by their places."""
    return [member for member in use.components for _ in range(member.most)]


def definition_of(name: str, tag: str, version: int) -> tuple[SegmentDefinition, Directory]:
    """A segment as ``tag`` names it in an interchange of this syntax version, and the directory that it is from."""
    service = [DIRECTORIES.service(version), DIRECTORIES.service(4)]
    for source in service if tag in ENVELOPE else [directory(name), *service]:
        found = source.segment(tag)
        if found is not None:
            return found, source
    raise LookupError(tag)


def codes_of(name: str, element: str) -> Sequence[str] | Mapping[str, str]:
    """The codes that a value of this element has to be one of; empty where any value is good."""
    if element.startswith("0"):
        if element not in _CLOSED:
            return ()
        return _CLOSED[element] or DIRECTORIES.service(4).codes(element) or ()
    return () if element in _USERS_OWN else directory(name).codes(element) or ()


def presence(found: SegmentDefinition, segment: Segment, style: Style) -> list[bool]:
    """For each place of the definition whether there is something at it."""
    starts, start = [], 0
    for use in found.elements:
        starts.append(start)
        start += 1 if style.version >= 4 else use.most
    return [at < len(segment.elements) and segment.elements[at] != [[""]] for at in starts]


def pair_security(body: list[Segment]) -> None:
    """Gives each USH a reference of its own and the UST that answers it the same and the number of segments of both their groups."""
    headers = [at for at, segment in enumerate(body) if segment.tag == "USH"]
    trailers = [at for at, segment in enumerate(body) if segment.tag == "UST"]
    for number, (header, trailer) in enumerate(zip(headers, trailers, strict=False), 1):
        body[header].elements[1] = [[f"S{number}"]]
        count = 2 + sum(1 for _ in itertools.takewhile(lambda segment: segment.tag in {"USA", "USC", "USR"}, body[header + 1 :]))
        count += sum(1 for _ in itertools.takewhile(lambda segment: segment.tag == "USR", body[trailer + 1 :]))
        body[trailer].elements = [[[f"S{number}"]], [[str(count)]]]


def random_tags(rng: Random, message: MessageDefinition) -> list[str]:
    """A way through the segment table from top to bottom, each optional part now and then."""
    return [part.use.tag for part in random_parts(rng, message)]


def random_parts(rng: Random, message: MessageDefinition) -> list[Part]:
    """As ``random_tags``, with the place of each."""
    numbers = itertools.count()
    return [part for child in message.children for part in _random_part(rng, child, (), numbers)]


def _random_part(rng: Random, child: SegmentUse | GroupUse, groups: tuple[tuple[GroupUse, int], ...], numbers: Iterator[int]) -> list[Part]:
    if child.mandatory:
        count = 1 if isinstance(child, SegmentUse) or rng.random() < 0.8 else min(child.most, 2)
    else:
        count = rng.randint(1, min(child.most, 3)) if rng.random() < 0.3 / (len(groups) + 1) else 0
    if isinstance(child, SegmentUse):
        return [Part(child, groups)] * count
    return [
        part for number in itertools.islice(numbers, count) for each in child.children for part in _random_part(rng, each, (*groups, (child, number)), numbers)
    ]
