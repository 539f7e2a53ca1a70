"""The opening of an interchange: UNA, and syntax identifier, version and encoding in S001 of UNB or UIB.

Everything after it can only be read with what the opening says, so it is read first, from octets. Where something in it
cannot be used, ``Opening.faults`` says what, and the opening holds what lets the header at least be shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vanhub.edifact.advice import ENOUGH, HEADERS, UNA_LENGTH, advice_faults, announced, syntax_identifier
from vanhub.edifact.charset import LEGIBLE, Repertoire, announced_encoding, printable, repertoire
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.separators import Separators

_VERSIONS = ("1", "2", "3", "4")
_BLANK = b" \t\r\n"
_BEFORE = re.compile(rb"(?:[ \t\r\n]++|\xef\xbb\xbf)*+")


@dataclass(frozen=True, slots=True)
class OpeningFault:
    """``offset`` counts from UNA, UNB or UIB; ``element`` is None for UNA."""

    kind: FaultKind
    segment: str
    offset: int
    value: str
    element: int | None = None
    component: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What an interchange announces. ``tag``: UNB or UIB; ``start``: octets before it, UNA among them. With ``faults`` nothing else can be read."""

    tag: str
    start: int
    separators: Separators
    identifier: str
    syntax_version: int
    repertoire: Repertoire
    faults: tuple[OpeningFault, ...]


def blank_before(data: bytes) -> int:
    """How many octets of white space and byte order marks stand at the beginning."""
    blank = _BEFORE.match(data)
    return blank.end() if blank else 0


def read_opening(data: bytes, *, whole: bool, encoding: str = "") -> Opening | None:
    """The opening of ``data``, which begins with what should be UNA, UNB or UIB; None when more octets are needed.

    ``whole``: no more will come. ``encoding`` is by agreement, empty where there is none.

    Raises:
        ValueError: no interchange begins here.
    """
    enough = whole or len(data) >= 2 * ENOUGH
    start = 0
    if data.startswith(b"UNA"):
        if len(data) >= UNA_LENGTH:
            start = UNA_LENGTH + len(data[UNA_LENGTH : ENOUGH + 1]) - len(data[UNA_LENGTH : ENOUGH + 1].lstrip(_BLANK))
            if start > ENOUGH:
                raise ValueError("no interchange begins here")  # whatever comes after so much white space, which may not have come yet
        elif not enough:
            return None
    header = data[start:]
    if not enough and len(header) < 4 and any(tag.startswith(header[:3]) for tag in (*HEADERS, *((b"UNA",) if start == 0 else ()))):
        return None
    if not header.startswith(HEADERS) or header[3:4].isalnum() or len(header) < 4:
        raise ValueError("no interchange begins here")
    values = syntax_identifier(header, announced(data), whole=whole)
    return None if values is None else _interpret(data, start, header[:3].decode("ascii"), values, encoding)


def _interpret(data: bytes, start: int, tag: str, values: list[bytes], encoding: str) -> Opening:
    """``values`` are the components of S001 in the segment ``tag``."""
    identifier = values[0].decode("latin-1")
    version_sent = values[1].decode("latin-1") if len(values) > 1 else ""
    version = int(version_sent) if version_sent in _VERSIONS else 3
    faults: list[OpeningFault] = []
    if data.startswith(b"UNA"):
        for una_kind, position, character in advice_faults(Separators.from_una(data[:UNA_LENGTH]), version):
            faults.append(OpeningFault(una_kind, "UNA", position - 1, printable(character.decode("latin-1"))))
    known = repertoire(identifier)
    if known is None:
        faults.append(OpeningFault(FaultKind.SYNTAX_UNSUPPORTED, tag, start + 4, printable(identifier), 2, 1))
    if version_sent != str(version) or (tag == "UIB" and version < 4):
        place = start + 4 + len(values[0]) + (len(values) > 1)
        faults.append(OpeningFault(FaultKind.SYNTAX_UNSUPPORTED, tag, place, printable(version_sent), 2, 2))
    announced_code = values[3].decode("latin-1") if version >= 4 and len(values) > 3 else ""
    name = encoding or announced_encoding(announced_code)
    if known is not None and name:
        try:
            known = repertoire(identifier, encoding, announced_code)
        except LookupError:
            component = 1 if encoding else 4
            place = start + 4 + (0 if encoding else sum(len(value) + 1 for value in values[:3]))
            faults.append(OpeningFault(FaultKind.ENCODING_UNSUPPORTED, tag, place, name, 2, component))
    return Opening(tag, start, announced(data, version), printable(identifier), version, known or LEGIBLE, tuple(faults))
