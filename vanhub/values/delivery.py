"""Interchanges as kept, deliveries to mailboxes, and the pieces that a delivery's bytes are made of."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class Slot(enum.StrEnum):
    """Compartments of a mailbox; they never mix."""

    PRODUCTION = "production"
    TEST = "test"
    REJECTED = "rejected"


class DeliveryState(enum.StrEnum):
    """The life of a delivery; the transitions are in ``vanhub.exchange.delivery``."""

    HELD = "held"
    AVAILABLE = "available"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ContentRef:
    """Where content lies: its day (``YYYYMMDD``), the segment's name, offset and length in octets."""

    day: str
    segment: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Octets ``offset`` .. ``offset + length`` of the original interchange."""

    offset: int
    length: int


Recipe = tuple[bytes | Slice, ...]
"""A delivery's bytes: literal envelope pieces and slices of the original, in order. The original's messages are never copied."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One interchange in one mailbox.

    ``reference`` is its 0020 (its own where the hub re-enveloped it), ``sender``/``recipient`` as ``ID:QUALIFIER``; ``types`` are the
    message types in it, ``messages`` their number; ``size``/``sha256`` of the bytes that the owner collects. ``claims`` counts leases, ``lost`` those that
    ran out. ``interchange`` is the id of the interchange received. ``guide_faults`` counts what breaks a guide in its messages, warnings left out;
    ``held_with`` is the delivery of which it copies messages, while an operator has still to decide about that, else ``""``.
    """

    id: str
    interchange: str
    mailbox: str
    slot: Slot
    state: DeliveryState
    sender: str
    recipient: str
    reference: str
    types: tuple[str, ...]
    messages: int
    size: int
    sha256: str
    created_at: datetime
    lease_until: datetime | None
    claimed_by: str
    claims: int
    lost: int
    delivered_at: datetime | None
    answered_at: datetime | None
    expires_at: datetime | None
    guide_faults: int = 0
    held_with: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery just claimed, and the token that commits, releases or extends this claim."""

    delivery: Delivery
    claim: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the hub says of one submission, after its COMMIT.

    - ``outcome``: ``"new"``, ``"repeat"`` (stored answer returned, nothing delivered again) or ``"conflict"`` (same key, other bytes).
    - ``verdict``: ``"accepted"``, ``"partly"`` or ``"rejected"``.
    - ``acknowledgement``/``signature``: the CONTRL interchange and its detached CMS (DER); both None when none is owed
      (an interchange of only CONTRL or AUTACK).
    - ``explanation``: plain text in English and Chinese.
    - ``answers``: ids of this principal's deliveries that the interchange's CONTRLs answered (they are DELIVERED or ANSWERED now).
    - ``is_interchange``: False when the bytes began no interchange.
    - ``guide_faults``: how many faults, warnings included, guides found in it; the trace has them.
    """

    interchange: str
    outcome: str
    verdict: str
    sender: str
    recipient: str
    reference: str
    acknowledgement: bytes | None
    signature: bytes | None
    explanation: str
    answers: tuple[str, ...] = ()
    is_interchange: bool = True
    guide_faults: int = 0
