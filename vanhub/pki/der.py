"""Writing DER (X.690), as little of it as the CMS signer needs, fast.

The signer stands on the intake path: it puts a few dozen octets of attributes around constants, which a tree of ASN.1 objects would take many times longer to build.
Reading is not done here: ``vanhub.pki.cms.verify`` reads with a library, off the path.
"""

from __future__ import annotations

from collections.abc import Iterable

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31


def tlv(tag: int, *contents: bytes) -> bytes:
    """Tag, length and the concatenated contents."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def set_of(tag: int, elements: Iterable[bytes]) -> bytes:
    """A SET OF under ``tag``, in DER's order: ascending encodings (X.690, 11.6)."""
    return tlv(tag, *sorted(elements))


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER; arcs may be of any size (those under 2.25 have 128 bits)."""
    first, second, *arcs = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *arcs):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return tlv(OBJECT_IDENTIFIER, bytes(content))
