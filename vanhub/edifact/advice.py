"""What the first octets of an interchange announce: the service characters, and whether they can serve.

ISO 9735:1988 sections 4, 6, 8 and ISO 9735-1:2002 section 8: UNA, where it stands, names them; without it the defaults hold.
The character set of level B has the information separators IS 4, IS 3, IS 1 for its service characters; they are
recognised by the octet after ``UNB``.
"""

from __future__ import annotations

from vanhub.edifact.faults import FaultKind
from vanhub.edifact.separators import Separators

UNA_LENGTH = 9
HEADERS = (b"UNB", b"UIB")
"""With what an interchange begins, after UNA: batch (ISO 9735-2) and interactive (ISO 9735-3)."""
# In so many octets UNA, a line end and S001 have room; what has not shown them by then is no opening.
ENOUGH = 512
_INFORMATION = Separators(component=b"\x1f", element=b"\x1d", decimal=b".", release=b" ", repetition=b" ", terminator=b"\x1c")
# Terminators and separators that partners use: printable ASCII, the information separators and a line end.
_SERVING = frozenset(range(0x21, 0x7F)) | {0x0A, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F}


def announced(head: bytes, syntax_version: int = 0) -> Separators:
    """The separators of an interchange that begins with ``head`` (UNA or UNB first). A UNA that cannot serve counts as none.

    ``syntax_version`` 0 is "not known yet": framing needs only what all versions share.
    """
    if head.startswith(b"UNA") and len(head) >= UNA_LENGTH:
        separators = Separators.from_una(head[:UNA_LENGTH])
        if not advice_faults(separators, syntax_version):
            return separators
    if head.startswith(b"UNB\x1d"):
        return _INFORMATION
    return Separators.default(syntax_version)


def syntax_identifier(header: bytes, separators: Separators, *, whole: bool) -> list[bytes] | None:
    """The components of S001 in ``header``, which begins with UNB or UIB; None when more octets are needed. ``whole``: no more will come."""
    whole = whole or len(header) >= ENOUGH
    header = header[:ENOUGH]
    ends = [at for at in (header.find(separators.element, 4), header.find(separators.terminator, 4)) if at >= 0]
    if not ends and not whole:
        return None
    return header[4 : min(ends, default=len(header))].split(separators.component)


def advice_faults(separators: Separators, syntax_version: int) -> list[tuple[FaultKind, int, bytes]]:
    """What is wrong with separators that a UNA announced: kind, position in UNA (4-9) and character; empty when they can serve.

    A space as release or repetition character means that there is none. The decimal mark counts in versions 1-3 only, the
    repetition separator in version 4 only: in the other versions their places are reserved and not looked at.
    """
    found: list[tuple[FaultKind, int, bytes]] = []
    places = [(4, separators.component), (5, separators.element), (9, separators.terminator)]
    if separators.release != b" ":
        places.append((7, separators.release))
    if syntax_version >= 4 and separators.repetition != b" ":
        places.append((8, separators.repetition))
    if 1 <= syntax_version < 4 and separators.decimal != b" ":
        places.append((6, separators.decimal))
    seen: set[bytes] = set()
    for position, character in sorted(places):
        if character in seen:
            found.append((FaultKind.UNA_SAME_TWICE, position, character))
        elif character.isalnum():
            found.append((FaultKind.UNA_LETTER_OR_DIGIT, position, character))
        elif character[0] not in _SERVING:
            found.append((FaultKind.UNA_CANNOT_SERVE, position, character))
        seen.add(character)
    return found
