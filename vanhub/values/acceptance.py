"""What the hub decided about one interchange received, ready to be made durable, and what became of it.

``Acceptance`` goes into ``vanhub.store.interchanges.accept``; ``Accepted`` comes out. Everything that needs a clock, a key or the content
was done before: the transaction only reads and writes rows, and may be run again.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vanhub.edifact.report import Disposition, InterchangeHeader, MessageReport, Verdict
from vanhub.values.delivery import ContentRef, Recipe, Slot


class Outcome(enum.StrEnum):
    """What one submission turned out to be."""

    NEW = "new"
    REPEAT = "repeat"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One delivery to be made of the interchange; the fields are those of ``Delivery``.

    ``messages`` is the number of messages in it; ``expires_at`` None means that it waits for ever. ``held``: it begins as HELD, not as AVAILABLE.
    """

    id: str
    mailbox: str
    slot: Slot
    recipe: Recipe
    sender: str
    recipient: str
    reference: str
    types: tuple[str, ...]
    messages: int
    size: int
    sha256: str
    expires_at: datetime | None = None
    guide_faults: int = 0
    held: bool = False
    held_with: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A CONTRL in the interchange says of the interchange ``reference`` (0020) whether it was ``accepted``.

    ``sender`` is S002 of the interchange answered as ``ID`` or ``ID:QUALIFIER``; ``""`` means that any sender's delivery with this reference is meant.
    """

    reference: str
    accepted: bool
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Everything that the acceptance transaction writes.

    - ``id``: of the interchange; ids that grow with time keep the indexes compact when the store is full.
    - ``principal``: who sent it; ``gateway``, ``peer``, ``file_name``: on which way it came.
    - ``size``, ``sha256`` (lower-case hex): of the octets received, which lie in ``content`` or, when that is None, in the job's ``refs[0]``.
    - ``faults``: JSON-ready, in order, at most as many as are listed; ``faults_total`` counts all. ``guide_faults`` likewise.
    - ``verdict``, and those of ``messages``: what happens to them. What is refused by its recipient's guide is rejected here, though its syntax is acknowledged.
    - ``dispositions``: what becomes of messages that break their guide, by their indexes.
    - ``duplicate_key``: None: neither blocks others nor is a repeat. A rejected interchange does not get to hold it; it tells whether the same octets were accepted
      before. ``duplicate_since``: a holder of the key that was received before this moment loses it.
    - ``acknowledgement``, ``signature``: None when none is owed.
    - ``answers``: what the interchange's CONTRLs say of deliveries to this principal.
    - ``replay_of``: the interchange whose octets an operator sent through again, else ``""``. ``actor``: who did it; ``""`` means the principal.
    """

    id: str
    principal: str
    gateway: str
    peer: str
    file_name: str
    received_at: datetime
    size: int
    sha256: str
    header: InterchangeHeader
    verdict: Verdict
    is_interchange: bool
    only_control: bool
    faults: Sequence[Mapping[str, Any]]
    faults_total: int
    messages: tuple[MessageReport, ...]
    deliveries: tuple[NewDelivery, ...]
    acknowledgement: bytes | None
    signature: bytes | None
    explanation: str
    duplicate_key: str | None
    duplicate_since: datetime
    guide_faults: Sequence[Mapping[str, Any]] = ()
    guide_faults_total: int = 0
    dispositions: Mapping[int, Disposition] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    content: ContentRef | None = None
    replay_of: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of it.

    - NEW: ``interchange`` is the acceptance's own id; ``answered`` are the ids of the deliveries that its CONTRLs answered.
    - REPEAT: ``interchange``, ``verdict`` and the answer are those of the first receipt, byte for byte; it was counted there, nothing else was written.
    - CONFLICT: the duplicate key belongs to ``interchange`` with other octets; nothing was written. The answer fields are that first receipt's.
    """

    outcome: Outcome
    interchange: str
    first_received_at: datetime
    verdict: Verdict
    acknowledgement: bytes | None
    signature: bytes | None
    explanation: str
    answered: tuple[str, ...] = ()
    guide_faults: int = 0
