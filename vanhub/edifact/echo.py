"""What an answer repeats of what it answers: legibly, within its length, in the least repertoire that has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydifact.segments import Segment

from vanhub.edifact.charset import repertoire
from vanhub.edifact.report import InterchangeHeader
from vanhub.edifact.writer import codec_of


def echoed(text: str, most: int, missing: str = "UNKNOWN") -> str:
    """As much of a value as may be repeated, a full stop for what is no printable character; ``missing`` where there is none."""
    text = text[:most]
    return (text if text.isprintable() else "".join(character if character.isprintable() else "." for character in text)) or missing


def values_of(segments: Iterable[Segment]) -> Iterator[str]:
    """Each value of segments whose elements do not repeat."""
    for segment in segments:
        for element in segment.elements:
            yield from [element] if isinstance(element, str) else element


def least_repertoire(values: Iterable[str], header: InterchangeHeader, encoding: str = "") -> tuple[str, tuple[str, ...], str]:
    """In which repertoire these values answer the interchange of ``header``: syntax identifier, ``syntax_details`` and Python codec.

    UNOA, UNOB or UNOC where that has all their characters; else what the interchange itself was written in; else UNOW. ``encoding`` is that agreed with
    the partner, who then reads no other that goes beyond ASCII.
    """
    text = "".join(values)
    for identifier in ("UNOA", "UNOB") if encoding else ("UNOA", "UNOB", "UNOC"):
        found = repertoire(identifier)
        if found is not None and found.admits(text) and is_encodable(text, found.codec):
            return identifier, (), found.codec
    own = codec_of(header, encoding)
    return (header.syntax_identifier, header.syntax_details, own) if is_encodable(text, own) else ("UNOW", (), "utf-8")


def is_encodable(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
