"""The service segments that hold an interchange together: of batch EDI (ISO 9735-2) and of interactive EDI (ISO 9735-3).

Elements are counted as ``Fields`` counts them: the tag is 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trailer:
    """``tag`` and the elements in which it repeats a count and the reference of its header."""

    tag: str
    count: int
    reference: int


@dataclass(frozen=True, slots=True)
class Frame:
    """``header`` and ``trailer`` of the interchange; ``message`` and ``message_trailer`` of a message.

    ``reference`` and ``identifier`` are elements of the message header; ``identity`` are the components of the identifier that hold 0065, 0052, 0054, 0051, 0057.
    """

    header: str
    trailer: Trailer
    message: str
    message_trailer: Trailer
    reference: int
    identifier: int
    identity: tuple[int, int, int, int, int]


BATCH = Frame("UNB", Trailer("UNZ", 1, 2), "UNH", Trailer("UNT", 1, 2), 1, 2, (0, 1, 2, 3, 4))
INTERACTIVE = Frame("UIB", Trailer("UIZ", 2, 1), "UIH", Trailer("UIT", 2, 1), 2, 1, (0, 1, 2, 4, 5))
FRAMES = {frame.header: frame for frame in (BATCH, INTERACTIVE)}
GROUP_TRAILER = Trailer("UNE", 1, 2)
PACKAGE_TRAILER = Trailer("UNP", 1, 2)
"""Its count is that of the object's octets."""
ENCRYPTION_TRAILER = Trailer("USU", 1, 2)
"""Likewise of the octets that are encrypted."""
