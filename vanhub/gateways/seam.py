"""What a gateway knows of the hub: narrow protocols, implemented by ``vanhub.service``.

A gateway turns wire bytes into calls on these and their results into wire bytes. It never touches the store, the
directories or the CA, and it decides nothing that ``vanhub.exchange`` should decide.
All calls are made on the reactor thread; every ``Deferred`` fires on the reactor thread, after COMMIT where something is written.
They fail with the classes of ``vanhub.errors``: ``Refused``, ``TooLarge``, ``NotFound``, ``Conflict``, ``Untrusted`` are the peer's doing;
``TemporaryError`` (``Busy``, ``StoreUnavailable``, ``DiskFull``) means "try again"; anything else is a bug, logged by the gateway and answered with a
generic text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from vanhub.values.delivery import Claimed, Delivery, Receipt, Slot
from vanhub.values.principal import Principal


@dataclass(slots=True, eq=False)
class Session:
    """One authenticated session of one principal at one gateway.

    ``peer`` is the remote address for logs; ``credential`` the id of the credential that opened it; ``end(reason)`` is given by the gateway and
    closes the session from outside (a revocation, a stop). ``id`` is set by the doorkeeper.
    """

    principal: Principal
    gateway: str
    peer: str
    credential: str
    end: Callable[[str], None]
    id: str = field(default="")


class Doorkeeper(Protocol):
    """Who is it, and may they have one more session?"""

    def by_certificate(self, der: bytes, peer: str) -> tuple[Principal, str]:
        """The principal of a client certificate whose chain TLS has already verified, and the credential's id.

        Raises:
            Untrusted: unknown, not yet or no longer valid, revoked, or the principal is disabled.
        """
        ...

    def by_token(self, token: str, peer: str) -> tuple[Principal, str]:
        """The principal of a bearer token. Raises ``Untrusted``."""
        ...

    def by_ssh_key(self, name: str, blob: bytes, peer: str) -> tuple[Principal, str]:
        """The principal ``name`` if the SSH public key ``blob`` is one of its keys. Raises ``Untrusted``."""
        ...

    def by_password(self, name: str, password: str, peer: str) -> Deferred[tuple[Principal, str]]:
        """The principal ``name`` if ``password`` is its password (scrypt, in a thread). Fails with ``Untrusted`` or ``Busy``."""
        ...

    def open(self, session: Session) -> None:
        """Register a session and give it an id. Raises ``Busy`` over the principal's session limit."""
        ...

    def close(self, session: Session, reason: str) -> None:
        """The session ended: releases nothing by itself; idempotent."""
        ...


class Upload(Protocol):
    """One interchange on its way in. Small ones stay in memory, large ones go to a content segment piece by piece."""

    def write(self, data: bytes) -> None:
        """More octets. Raises ``TooLarge`` over the partner's limit (the upload is aborted then)."""
        ...

    def finish(self) -> Deferred[Receipt]:
        """All octets are here: check, decide, commit. Fires after COMMIT. A cut interchange is finished all the same: the check says what is missing."""
        ...

    def abort(self, reason: str) -> None:
        """Forget it: nothing was promised. Idempotent; after ``finish`` it changes nothing."""
        ...

    @property
    def backlogged(self) -> Deferred[None] | None:
        """None, or a Deferred that fires when the hub can take more octets: the gateway pauses its transport until then."""
        ...


class Intake(Protocol):
    """Takes interchanges."""

    def begin(self, session: Session, file_name: str = "") -> Upload:
        """A new interchange of this session; ``file_name`` is how an SFTP partner named it. Raises ``Busy`` when the hub is full."""
        ...


class Content(Protocol):
    """A delivery's or interchange's octets, read in pieces so that nothing large is held."""

    @property
    def size(self) -> int: ...
    def read(self, offset: int, length: int) -> Deferred[bytes]:
        """Octets ``offset`` .. ; fewer than ``length`` only at the end."""
        ...


class Mailboxes(Protocol):
    """A principal's own mailbox. Every method looks only at the session's principal; what is not its own is ``NotFound``."""

    def waiting(
        self, session: Session, *, state: str | None = None, slot: Slot = Slot.PRODUCTION, limit: int = 100, after: str = ""
    ) -> Deferred[list[Delivery]]:
        """In order of arrival, after the delivery id ``after``. ``state`` None means available."""
        ...

    def get(self, session: Session, delivery: str) -> Deferred[Delivery]: ...

    def claim(self, session: Session, *, most: int, lease_s: float, slot: Slot = Slot.PRODUCTION) -> Deferred[list[Claimed]]:
        """Up to ``most`` available deliveries, oldest first, leased for ``lease_s`` seconds (1 s to 24 h)."""
        ...

    def claim_one(self, session: Session, delivery: str, *, lease_s: float) -> Deferred[Claimed]:
        """This delivery. Fails with ``Conflict`` when it is claimed already or no longer available."""
        ...

    def content(self, session: Session, delivery: str) -> Deferred[Content]:
        """The octets to collect; their SHA-256 was verified against the store (a mismatch fails with ``HubError`` and is alarmed)."""
        ...

    def original(self, session: Session, delivery: str) -> Deferred[Content]:
        """The whole interchange as received, for a mailbox that may see it (addressed to it alone), else ``NotFound``."""
        ...

    def commit(self, session: Session, delivery: str, claim: str) -> Deferred[Delivery]:
        """The pickup is complete. The same claim again is answered alike; another or stale claim fails with ``Conflict``."""
        ...

    def release(self, session: Session, delivery: str, claim: str) -> Deferred[Delivery]: ...
    def extend(self, session: Session, delivery: str, claim: str, *, lease_s: float) -> Deferred[Delivery]: ...

    def collected(self, session: Session, *, limit: int = 1000, after: str = "") -> Deferred[list[Delivery]]:
        """What was delivered in the last 30 days, newest first (SFTP's ``archive/``)."""
        ...

    def watch(self, session: Session, arrived: Callable[[], None]) -> Callable[[], None]:
        """Call ``arrived`` (a hint, maybe spurious) whenever something may have become available; returns a function that stops the watching."""
        ...


@dataclass(frozen=True, slots=True)
class AcknowledgementEntry:
    """One line of the list of acknowledgements: for ``ack/`` over SFTP. ``id`` is what the list is continued after.

    ``name`` is unique within the principal and safe as a file name (no extension); ``octets`` etc. are sizes. ``is_interchange`` False: the
    upload began no interchange and is shown under ``error/``.
    """

    id: str
    interchange: str
    name: str
    file_name: str
    received_at: float
    verdict: str
    is_interchange: bool
    contrl_octets: int
    p7s_octets: int
    explain_octets: int


class Records(Protocol):
    """What a principal may see of interchanges that it sent or that were addressed to it; all else is ``NotFound``."""

    def trace(self, session: Session, interchange: str) -> Deferred[dict[str, Any]]:
        """JSON-ready: the interchange, its messages, faults, deliveries and events in order of time."""
        ...

    def acknowledgement(self, session: Session, interchange: str) -> Deferred[Receipt]:
        """The stored answer (only to the sender)."""
        ...

    def acknowledgements(self, session: Session, *, limit: int = 1000, after: str = "") -> Deferred[list[AcknowledgementEntry]]:
        """Newest first: of the last 30 days."""
        ...

    def evidence(self, session: Session, interchange: str) -> Deferred[Callable[[], Deferred[bytes]]]:
        """A ZIP with original, acknowledgement, signature, certificate chain and CRL: each call of what is given fires with the next octets, ``b""`` at the end."""
        ...


class Enrolment(Protocol):
    """First certificates, for principals that were given a one-time code."""

    def authorities(self) -> bytes:
        """The hub's root and issuing CA: certs-only PKCS#7 in DER."""
        ...

    def redeem(self, name: str, code: str, request: bytes, peer: str) -> Deferred[bytes]:
        """A certificate of the principal ``name`` for the key in ``request`` (PKCS#10 in PEM or DER), alone in a certs-only PKCS#7 in DER.

        The code is used up by it, in the same transaction. Fails with ``Untrusted`` (wrong name or code, or a code that was used), ``Busy`` (too many
        failures) or ``Refused`` (the request does not serve; the code stays good).
        """
        ...
