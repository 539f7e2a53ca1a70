"""Values to bytes: segments, messages and envelopes, the exact inverse of reading.

Rules kept here:

- Whatever stands in a value is released where it is a service character, the repetition separator included.
- What is empty at the end is cut off: trailing components, repetitions and elements (ISO 9735 calls it truncation).
- What cannot be said is refused, never bent: a character that the encoding lacks, a value that would need a release
  character where there is none, a repetition where there is no repetition separator.
- An octet that could not be decoded when it was read (a lone surrogate, PEP 383) goes out as the octet that it was.

A segment is a ``pydifact`` ``Segment``. Each of its elements is

- a ``str``: a simple data element,
- a list of ``str``: the components of a composite (a list of one is the same as the bare ``str`` on the wire),
- a list of lists of ``str``: repetitions, each given by its components (a simple element's with one each): syntax version 4.

``encoding`` is a Python codec agreed with the partner; left empty it is what S001 says (``codec_of``).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from pydifact.segments import Segment

from vanhub.edifact.charset import Repertoire, repertoire
from vanhub.edifact.report import InterchangeHeader, Party
from vanhub.edifact.separators import Separators

_Element = str | Sequence[str] | Sequence[Sequence[str]]


def repertoire_of(header: InterchangeHeader, agreed: str = "") -> Repertoire | None:
    """How an interchange is written: as agreed, else as 0133 announces, else as its syntax identifier says. None where that cannot be read."""
    try:
        return repertoire(header.syntax_identifier, agreed, "".join(header.syntax_details[1:2]))
    except LookupError:
        return None


def codec_of(header: InterchangeHeader, agreed: str = "") -> str:
    """The Python codec of an interchange, by its ``repertoire_of``."""
    found = repertoire_of(header, agreed)
    return found.codec if found is not None else "ascii"


def render_segments(segments: Iterable[Segment], separators: Separators, *, encoding: str = "ascii") -> bytes:
    """The segments' bytes, each with its terminator, nothing between them.

    Raises:
        ValueError: a value cannot be said with these separators or in this encoding.
    """
    texts = _Texts.of(separators)
    return "".join([texts.segment(segment.tag, segment.elements) for segment in segments]).encode(encoding, "surrogateescape")


def wrap_message(reference: str, identifier: Sequence[str], body: Iterable[Segment], *, access_reference: str = "") -> list[Segment]:
    """The message UNH..UNT around ``body``, counted.

    ``identifier`` is S009: type, version, release, agency and, where agreed, the association's code; ``access_reference`` is 0068.
    """
    segments = [Segment("UNH", reference, list(identifier), access_reference), *body]
    segments.append(Segment("UNT", str(len(segments) + 1), reference))
    return segments


def render_interchange(header: InterchangeHeader, messages: Iterable[Iterable[Segment]], *, prepared: datetime, una: bool = False, encoding: str = "") -> bytes:
    """A whole interchange without groups: ``messages`` are each UNH..UNT (``wrap_message``).

    ``prepared`` stands in for ``header.prepared``; UNA is written with ``una`` or where the separators are not the syntax version's defaults.

    Raises:
        ValueError: as ``render_segments``.
    """
    parts = [_render_unb(header, header.recipient, header.reference, header.password, header.acknowledgement_request, prepared, una, encoding)]
    parts.extend(render_segments(message, _separators(header), encoding=codec_of(header, encoding)) for message in messages)
    parts.append(render_trailer(header, len(parts) - 1, header.reference, encoding=encoding))
    return b"".join(parts)


def render_header(header: InterchangeHeader, *, recipient: Party, reference: str, prepared: datetime, una: bool, encoding: str = "") -> bytes:
    """UNA (with ``una``, or where it is needed) and UNB of an interchange on its way to one recipient.

    The original's separators, S001, sender, application reference (0026), priority (0029), agreement (0032) and test indicator (0035) stay; the password
    (S005) and the request for an acknowledgement (0031) were for the hub and stay behind.

    Raises:
        ValueError: as ``render_segments``.
    """
    return _render_unb(header, recipient, reference, "", "", prepared, una, encoding)


def render_trailer(header: InterchangeHeader, count: int, reference: str, *, encoding: str = "") -> bytes:
    """UNZ: ``count`` messages, or groups where there are any."""
    return _render(header, "UNZ", (str(count), reference), encoding)


def render_group_trailer(header: InterchangeHeader, count: int, reference: str, *, encoding: str = "") -> bytes:
    """UNE: ``count`` messages under the group reference of its UNG."""
    return _render(header, "UNE", (str(count), reference), encoding)


def render_prepared(prepared: datetime, syntax_version: int) -> str:
    """S004 as in ``InterchangeHeader.prepared``: ``YYMMDD:HHMM``, from syntax version 4 ``CCYYMMDD:HHMM``.

    EDIFACT gives no time zone here; the wall clock of ``prepared``'s own zone is written.
    """
    year = f"{prepared.year:04d}" if syntax_version >= 4 else f"{prepared.year % 100:02d}"
    return f"{year}{prepared.month:02d}{prepared.day:02d}:{prepared.hour:02d}{prepared.minute:02d}"


def _render(header: InterchangeHeader, tag: str, elements: Sequence[_Element], encoding: str) -> bytes:
    """One segment of the envelope."""
    return _Texts.of(_separators(header)).segment(tag, elements).encode(codec_of(header, encoding), "surrogateescape")


def _separators(header: InterchangeHeader) -> Separators:
    """Those that separate: whatever UNA has in the repetition separator's place, it separates nothing before version 4."""
    separators = header.separators
    if header.syntax_version >= 4 or separators.repetition == b" ":
        return separators
    return dataclasses.replace(separators, repetition=b" ")


def _render_unb(
    header: InterchangeHeader, recipient: Party, reference: str, password: str, acknowledgement_request: str, prepared: datetime, una: bool, encoding: str
) -> bytes:
    elements = (
        [header.syntax_identifier, str(header.syntax_version), *header.syntax_details],
        _party(header.sender),
        _party(recipient),
        render_prepared(prepared, header.syntax_version).split(":"),
        reference,
        password,
        header.application_reference,
        header.priority,
        acknowledgement_request,
        header.agreement,
        header.test,
    )
    unb = _render(header, "UNB", elements, encoding)
    if una or header.separators != Separators.default(header.syntax_version):
        return header.separators.una + unb
    return unb


def _party(party: Party) -> list[str]:
    return [party.identification, party.qualifier, party.internal]


class _Texts:
    """How values become text with one set of separators."""

    def __init__(self, separators: Separators) -> None:
        # A service character is one byte whatever the encoding, and in use only ASCII (the separators are checked on reading).
        self._component = separators.component.decode("ascii")
        self._element = separators.element.decode("ascii")
        self._terminator = separators.terminator.decode("ascii")
        # A space stands for "none".
        release = separators.release.decode("ascii").replace(" ", "")
        self._repetition = separators.repetition.decode("ascii").replace(" ", "")
        special = {self._component, self._element, self._terminator, release, self._repetition} - {""}
        self._releases = str.maketrans({character: release + character for character in special}) if release else None
        self._has_special = re.compile("[" + re.escape("".join(sorted(special))) + "]").search

    @staticmethod
    @lru_cache(maxsize=64)
    def of(separators: Separators) -> _Texts:
        return _Texts(separators)

    def segment(self, tag: str, elements: Sequence[_Element]) -> str:
        texts = _cut([self._value(element) if isinstance(element, str) else self._parts(element) for element in elements])
        return self._element.join([tag, *texts]) + self._terminator

    def _parts(self, element: Sequence[str] | Sequence[Sequence[str]]) -> str:
        simple = [part for part in element if isinstance(part, str)]
        if len(simple) == len(element):
            return self._composite(simple)
        if simple:
            raise ValueError(f"neither components nor repetitions: {element!r}")
        repetitions = _cut([self._composite(part) for part in element])
        if len(repetitions) > 1 and not self._repetition:
            raise ValueError("an element repeats, but there is no repetition separator")
        return self._repetition.join(repetitions)

    def _composite(self, components: Sequence[object]) -> str:
        return self._component.join(_cut([self._value(component) for component in components]))

    def _value(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"neither a value nor a list of values: {value!r}")
        if not self._has_special(value):
            return value
        if self._releases is None:
            raise ValueError(f"{value!r} holds a service character, but there is no release character")
        return value.translate(self._releases)


def _cut(parts: list[str]) -> list[str]:
    """Without the empty ones at the end, which are taken off."""
    while parts and not parts[-1]:
        parts.pop()
    return parts
