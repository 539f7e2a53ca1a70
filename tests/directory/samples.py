"""Messages made from a directory: valid ones at random, for the tests of the check. A segment is ``[[tag], element, ...]``, an element its components."""

from __future__ import annotations

import string
from random import Random

from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.model import CompositeUse, Directory, ElementUse, GroupUse, MessageDefinition, SegmentDefinition, SegmentUse
from vanhub.packed import packed

Segment = list[list[str]]

DIRECTORIES: SchemaDirectories = open_directories(packed("schemas"))
_TEXT = string.ascii_uppercase + string.digits + " +:'?"
_LISTS_OF_OTHERS = {"1131", "3055"}


def directory(name: str) -> Directory:
    found = DIRECTORIES.get(name)
    assert found is not None, name
    return found


def definition(name: str, type: str) -> MessageDefinition:
    found = directory(name).message(type)
    assert found is not None, type
    return found


def random_message(rng: Random, name: str, type: str, reference: str) -> list[Segment]:
    """A message that follows its segment table from top to bottom, each optional part now and then."""
    source = directory(name)
    body = [_random_segment(rng, source, tag) for tag in random_tags(rng, definition(name, type)) if tag not in {"UNH", "UNT"}]
    version, release = name.split(".")
    return finished([[["UNH"], [reference], [type, version, release, "UN"]], *body, [["UNT"], ["0"], [reference]]])


def finished(message: list[Segment]) -> list[Segment]:
    """With the right count in UNT."""
    return [*message[:-1], [["UNT"], [str(len(message))], *message[-1][2:]]]


def random_tags(rng: Random, message: MessageDefinition) -> list[str]:
    return [tag for child in message.children for tag in _random_part(rng, child, 0)]


def _random_part(rng: Random, part: SegmentUse | GroupUse, depth: int) -> list[str]:
    if part.mandatory:
        count = 1 if isinstance(part, SegmentUse) or rng.random() < 0.8 else min(part.most, 2)
    else:
        count = rng.randint(1, min(part.most, 3)) if rng.random() < 0.3 / (depth + 1) else 0
    if isinstance(part, SegmentUse):
        return [part.tag] * count
    return [tag for _ in range(count) for child in part.children for tag in _random_part(rng, child, depth + 1)]


def _random_segment(rng: Random, source: Directory, tag: str) -> Segment:
    found = source.segment(tag) or DIRECTORIES.service(3).segment(tag) or DIRECTORIES.service(4).segment(tag)
    assert found is not None, tag
    return [[tag], *_random_elements(rng, source, found)]


def _random_elements(rng: Random, source: Directory, segment: SegmentDefinition) -> list[list[str]]:
    elements: list[list[str]] = []
    for use in segment.elements:
        if use.mandatory or rng.random() < 0.3:
            elements.append(_random_composite(rng, source, use) if isinstance(use, CompositeUse) else [random_value(rng, source, use)])
        else:
            elements.append([""])
        elements += [[""]] * (use.most - 1)  # places that repeat are spread over places
    while elements and elements[-1] == [""]:
        elements.pop()
    return elements


def _random_composite(rng: Random, source: Directory, use: CompositeUse) -> list[str]:
    chosen = [member.mandatory or (member.id not in _LISTS_OF_OTHERS and rng.random() < 0.3) for member in use.components]
    if not any(chosen):
        chosen[0] = True
    values = [random_value(rng, source, member) if wanted else "" for member, wanted in zip(use.components, chosen, strict=True)]
    while not values[-1]:
        values.pop()
    return values


def random_value(rng: Random, source: Directory, use: ElementUse) -> str:
    """A code of the list where there is one, else characters of the class within the length."""
    codes = codes_of(source, use.id)
    if codes:
        return rng.choice(codes)
    representation = use.representation
    length = representation.most if representation.least else rng.randint(1, min(representation.most, 20))
    if representation.kind == "n":
        digits = "".join(rng.choices(string.digits, k=length))
        if length > 1 and not representation.least and rng.random() < 0.3:
            digits = f"{digits[:1]}.{digits[1:]}"
        return ("-" if rng.random() < 0.1 else "") + digits
    return "".join(rng.choices(string.ascii_uppercase if representation.kind == "a" else _TEXT, k=length))


def codes_of(source: Directory, element: str) -> list[str]:
    service = {"0081": ["D", "S"]}
    codes = source.codes(element)
    return service.get(element, []) if element.startswith("0") else list(codes or ())


def render(segments: list[Segment]) -> bytes:
    """Segments as octets with the default service characters."""
    return b"".join("+".join(":".join(map(_released, element)) for element in segment).encode() + b"'" for segment in segments)


def _released(value: str) -> str:
    return "".join(f"?{character}" if character in "?+:'" else character for character in value)


def interchange(*messages: list[Segment], syntax: str = "UNOB:3") -> bytes:
    """The messages in an envelope."""
    header = f"UNB+{syntax}+SENDER:1+RECIPIENT:1+{'20' if syntax.endswith('4') else ''}260101:1200+REF1'".encode()
    return header + b"".join(map(render, messages)) + f"UNZ+{len(messages)}+REF1'".encode()
