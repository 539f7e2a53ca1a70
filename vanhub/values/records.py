"""What the store gives back about interchanges, acknowledgements, the journal, certificates and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vanhub.edifact.report import Verdict
from vanhub.values.delivery import ContentRef


@dataclass(frozen=True, slots=True)
class InterchangeRecord:
    """One interchange as kept. ``sender``/``recipient`` as ``ID`` or ``ID:QUALIFIER``; ``messages`` counts them; ``replay_of`` is ``""`` unless it is a replay."""

    id: str
    principal: str
    gateway: str
    peer: str
    file_name: str
    received_at: datetime
    size: int
    sha256: str
    sender: str
    recipient: str
    reference: str
    test: str
    application_reference: str
    syntax_identifier: str
    syntax_version: int
    verdict: Verdict
    is_interchange: bool
    only_control: bool
    messages: int
    faults_total: int
    guide_faults_total: int
    repeats: int
    last_repeat_at: datetime | None
    replay_of: str
    content: ContentRef


@dataclass(frozen=True, slots=True)
class InterchangeFilter:
    """Which interchanges are looked for: all that match every term given (``""`` and None match all), newest first.

    - ``sender``/``recipient``: ``ID`` or ``ID:QUALIFIER`` (``ID`` alone matches every qualifier).
    - ``message_reference`` (0062), ``message_type`` (0065), ``number`` (1004): of one message in it.
    - ``since`` <= received < ``until``. ``mailbox``: a delivery of it lies there.
    - ``visible_to``: only what this principal may see. ``after``: continue after this interchange id.
    """

    principal: str = ""
    sender: str = ""
    recipient: str = ""
    reference: str = ""
    verdict: str = ""
    message_reference: str = ""
    message_type: str = ""
    number: str = ""
    mailbox: str = ""
    since: datetime | None = None
    until: datetime | None = None
    visible_to: str = ""
    limit: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class StoredAcknowledgement:
    """The answer as it was given: ``contrl`` and ``signature`` are None when none was owed."""

    interchange: str
    principal: str
    verdict: Verdict
    sender: str
    recipient: str
    reference: str
    is_interchange: bool
    contrl: bytes | None
    signature: bytes | None
    explanation: str
    guide_faults: int = 0


@dataclass(frozen=True, slots=True)
class AcknowledgementListing:
    """One line of a principal's list of answers; ``name`` is safe as a file name and unique; sizes in octets (0: not there).

    ``id`` is the interchange's or, where an upload repeated it under a name of its own, the repeat's.
    """

    id: str
    interchange: str
    name: str
    file_name: str
    received_at: datetime
    verdict: Verdict
    is_interchange: bool
    contrl_octets: int
    signature_octets: int
    explanation_octets: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One journal leaf record. ``tree_index`` is None until the sequencer gave it its place in the tree."""

    number: int
    at: datetime
    kind: str
    subject: str
    actor: str
    data: Mapping[str, Any]
    tree_index: int | None


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One certificate that the CA issued. ``serial``, ``fingerprint`` (SHA-256 of ``der``) and ``key_fingerprint`` (of its SubjectPublicKeyInfo) in lower-case hex."""

    serial: str
    principal: str
    profile: str
    fingerprint: str
    key_fingerprint: str
    der: bytes
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CrlRecord:
    """One certificate revocation list, by its cRLNumber."""

    number: int
    issuer: str
    issued_at: datetime
    next_update: datetime
    der: bytes


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that an operator must see: raised once per ``kind`` and ``subject`` until cleared."""

    number: int
    kind: str
    subject: str
    raised_at: datetime
    cleared_at: datetime | None
    text: str
    cure: str
