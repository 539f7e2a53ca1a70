"""A small hub in memory, for gateway tests: it implements ``vanhub.gateways.seam`` over dicts.

It knows just enough EDIFACT: interchanges split at ``'``, elements at ``+``, components at ``:``. What a test wants from it is said by the
interchange control reference (0020) of what it sends:

- ``BAD...``     rejected;  ``PART...`` partly accepted
- ``LATE...``    answered only after ``late_s`` seconds (of the clock handed in)
- ``DOWN...``    ``StoreUnavailable`` at the commit;  ``BUG...`` an exception that is no ``HubError``
- ``CLOSED...``  ``Refused`` at the commit

An interchange whose messages are all CONTRL owes no acknowledgement; its UCI's first element names the delivery (by its 0020) that it answers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from vanhub.errors import Busy, Conflict, HubError, NotFound, Refused, StoreUnavailable, TooLarge, Untrusted
from vanhub.gateways.seam import AcknowledgementEntry, Content, Session, Upload
from vanhub.values.agreement import Agreement
from vanhub.values.delivery import Claimed, Delivery, DeliveryState, Receipt, Slot
from vanhub.values.principal import Address, Principal, PrincipalKind

T = TypeVar("T")

BEGINNING = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def principal(name: str, *addresses: str, kind: PrincipalKind = PrincipalKind.PARTNER, **terms: Any) -> Principal:
    """An enabled principal with these EDI addresses (default: its id in upper case) and agreement terms."""
    own = tuple(Address.parse(text) for text in addresses or (name.upper(),))
    return Principal(name, kind, name, name, True, own, (), Agreement(**terms))


def interchange(reference: str, *, sender: str = "ALPHA", recipient: str = "BETA", body: str = "BGM+220+1'", size: int = 0, test: bool = False) -> bytes:
    """A small ORDERS interchange; ``size`` > 0 fills it up with FTX segments to about that many octets."""
    filling = "FTX+AAI+++" + "X" * 490 + "'"
    text = "".join(filling for _ in range(size // 501))
    indicator = "++++++1" if test else ""
    return f"UNB+UNOA:2+{sender}+{recipient}+260301:0800+{reference}{indicator}'UNH+1+ORDERS:D:96B:UN'{body}{text}UNT+3+1'UNZ+1+{reference}'".encode()


def control(reference: str, answered: str, *, sender: str = "ALPHA", recipient: str = "HUB") -> bytes:
    """A CONTRL interchange that acknowledges the interchange ``answered``."""
    return (f"UNB+UNOA:2+{sender}+{recipient}+260301:0800+{reference}'UNH+1+CONTRL:2:2:UN'UCI+{answered}+HUB+{sender}+7'UNT+3+1'UNZ+1+{reference}'").encode()


@dataclasses.dataclass(slots=True, eq=False)
class Kept:
    """An interchange as the hub keeps it."""

    principal: str
    octets: bytes
    receipt: Receipt
    received_at: datetime
    file_name: str
    hidden: bool = False


@dataclasses.dataclass(slots=True, eq=False)
class Box:
    """A delivery and its octets and claim."""

    delivery: Delivery
    octets: bytes
    original: bytes
    claim: str = ""


class MemoryHub:
    """Doorkeeper, Intake, Mailboxes, Records and Enrolment in one object. ``clock`` moves leases and lateness."""

    def __init__(self, clock: IReactorTime, *, queue_limit: int = 1_000, late_s: float = 0.3) -> None:
        self.clock = clock
        self.late_s = late_s
        self.queue_limit = queue_limit
        self.principals: dict[str, Principal] = {}
        self.fingerprints: dict[str, str] = {}
        self.ssh_keys: dict[tuple[str, bytes], str] = {}
        self.passwords: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.sessions: list[Session] = []
        self.closed: list[tuple[str, str]] = []
        self.uploads: list[MemoryUpload] = []
        self.aborted: list[str] = []
        self.kept: dict[str, Kept] = {}
        self.boxes: dict[str, Box] = {}
        self.backlog: Deferred[None] | None = None
        self._watchers: list[tuple[str, Callable[[], None]]] = []
        self._numbers = itertools.count(1)
        self._started = clock.seconds()

    # -- set-up by the test

    def add(self, who: Principal, *, certificate: bytes = b"", token: str = "", ssh_key: bytes = b"", password: str = "") -> None:
        self.principals[who.id] = who
        for secret in (certificate, token.encode()):
            if secret:
                self.fingerprints[hashlib.sha256(secret).hexdigest()] = who.id
        if ssh_key:
            self.ssh_keys[who.id, ssh_key] = hashlib.sha256(ssh_key).hexdigest()
        if password:
            self.passwords[who.id] = password

    def disable(self, name: str) -> None:
        self.principals[name] = dataclasses.replace(self.principals[name], enabled=False)
        for session in [session for session in self.sessions if session.principal.id == name]:
            session.end("disabled")

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.clock.seconds() - self._started)

    def number(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):06d}"

    # -- Doorkeeper

    def by_certificate(self, der: bytes, peer: str) -> tuple[Principal, str]:
        return self._by_fingerprint(hashlib.sha256(der).hexdigest())

    def by_token(self, token: str, peer: str) -> tuple[Principal, str]:
        return self._by_fingerprint(hashlib.sha256(token.encode()).hexdigest())

    def _by_fingerprint(self, fingerprint: str) -> tuple[Principal, str]:
        name = self.fingerprints.get(fingerprint)
        if name is None or not self.principals[name].enabled:
            raise Untrusted("the credential is not known")
        return self.principals[name], fingerprint

    def by_ssh_key(self, name: str, blob: bytes, peer: str) -> tuple[Principal, str]:
        if (name, blob) not in self.ssh_keys or not self.principals[name].enabled:
            raise Untrusted("the key is not known")
        return self.principals[name], self.ssh_keys[name, blob]

    def by_password(self, name: str, password: str, peer: str) -> Deferred[tuple[Principal, str]]:
        if self.passwords.get(name) != password or not self.principals[name].enabled:
            return fail(Untrusted("wrong name or password"))
        return succeed((self.principals[name], name))

    def open(self, session: Session) -> None:
        mine = [other for other in self.sessions if other.principal.id == session.principal.id]
        if len(mine) >= session.principal.agreement.max_sessions:
            raise Busy("too many sessions")
        session.id = self.number("S")
        self.sessions.append(session)

    def close(self, session: Session, reason: str) -> None:
        if session in self.sessions:
            self.sessions.remove(session)
            self.closed.append((session.principal.id, reason))

    # -- Enrolment

    def authorities(self) -> bytes:
        return b"\x30 the CA's certificates"

    def redeem(self, name: str, code: str, request: bytes, peer: str) -> Deferred[bytes]:
        if self.codes.get(name) != code:
            return fail(Untrusted("wrong name or code"))
        if request != b"\x30 a request":
            return fail(Refused("this is no certificate signing request that can be read"))
        del self.codes[name]
        return succeed(b"\x30 a certificate of " + name.encode())

    # -- Intake

    def begin(self, session: Session, file_name: str = "") -> Upload:
        if sum(upload.open for upload in self.uploads) >= self.queue_limit:
            raise Busy("the hub is full", retry_after_s=7)
        upload = MemoryUpload(self, session, file_name)
        self.uploads.append(upload)
        return upload

    def take(self, session: Session, octets: bytes, file_name: str) -> Deferred[Receipt]:
        reference = _element(octets, b"UNB", 5)
        if reference.startswith("DOWN"):
            return fail(StoreUnavailable("the store is stopping"))
        if reference.startswith("BUG"):
            return fail(RuntimeError("a secret of the hub"))
        if reference.startswith("CLOSED"):
            return fail(Refused("not admitted"))
        receipt = self._decide(session, octets, reference, file_name)
        if reference.startswith("LATE"):
            return deferLater(self.clock, self.late_s, lambda: receipt)
        return succeed(receipt)

    def _decide(self, session: Session, octets: bytes, reference: str, file_name: str) -> Receipt:
        key = (session.principal.id, reference)
        for kept in self.kept.values():
            if (kept.principal, kept.receipt.reference) == key and kept.receipt.verdict != "rejected":
                if kept.octets == octets:
                    return dataclasses.replace(kept.receipt, outcome="repeat")
                refusal = _acknowledge(reference, session.principal, "4", "26")
                return dataclasses.replace(kept.receipt, outcome="conflict", verdict="rejected", acknowledgement=refusal, explanation="used before")
        sender, recipient = _element(octets, b"UNB", 2), _element(octets, b"UNB", 3)
        is_interchange = octets.startswith((b"UNB", b"UNA"))
        cut = not octets.rstrip().endswith(b"'") or b"UNZ+" not in octets
        verdict = "rejected" if not is_interchange or cut or reference.startswith("BAD") else "partly" if reference.startswith("PART") else "accepted"
        only_control = b"+CONTRL:" in octets and b"+ORDERS:" not in octets
        answers = self._answer(session, octets) if only_control else ()
        code = "13" if cut and is_interchange else "33" if not is_interchange else "12" if verdict == "rejected" else ""
        receipt = Receipt(
            interchange=self.number("I"),
            outcome="new",
            verdict=verdict,
            sender=sender,
            recipient=recipient,
            reference=reference,
            acknowledgement=None if only_control else _acknowledge(reference, session.principal, "4" if verdict == "rejected" else "7", code),
            signature=None if only_control else b"p7s of " + reference.encode(),
            explanation=f"{reference}: {verdict}\n{reference}：{'拒收' if verdict == 'rejected' else '接受'}\n",
            answers=answers,
            is_interchange=is_interchange,
        )
        self.kept[receipt.interchange] = Kept(session.principal.id, octets, receipt, self.now(), file_name)
        if verdict != "rejected" and not only_control:
            for owner in self.principals.values():
                if any(str(address) == recipient for address in owner.addresses):
                    self.deliver(owner.id, octets, interchange=receipt.interchange)
        return receipt

    def _answer(self, session: Session, octets: bytes) -> tuple[str, ...]:
        answered = _element(octets, b"UCI", 1)
        done = []
        for box in self.boxes.values():
            if box.delivery.mailbox == session.principal.id and box.delivery.reference == answered and box.delivery.state is DeliveryState.CLAIMED:
                self._change(box, state=DeliveryState.ANSWERED, lease_until=None, delivered_at=self.now(), answered_at=self.now())
                done.append(box.delivery.id)
        return tuple(done)

    # -- Mailboxes

    def deliver(self, mailbox: str, octets: bytes, *, interchange: str = "") -> str:
        """Put octets into a mailbox; returns the delivery's id."""
        delivery = Delivery(
            id=self.number("D"),
            interchange=interchange or self.number("I"),
            mailbox=mailbox,
            slot=Slot.TEST if b"++++++1'" in octets else Slot.PRODUCTION,
            state=DeliveryState.AVAILABLE,
            sender=_element(octets, b"UNB", 2),
            recipient=_element(octets, b"UNB", 3),
            reference=_element(octets, b"UNB", 5),
            types=("ORDERS",),
            messages=1,
            size=len(octets),
            sha256=hashlib.sha256(octets).hexdigest(),
            created_at=self.now(),
            lease_until=None,
            claimed_by="",
            claims=0,
            lost=0,
            delivered_at=None,
            answered_at=None,
            expires_at=None,
        )
        self.boxes[delivery.id] = Box(delivery, octets, octets)
        for name, arrived in list(self._watchers):
            if name == mailbox:
                arrived()
        return delivery.id

    def waiting(
        self, session: Session, *, state: str | None = None, slot: Slot = Slot.PRODUCTION, limit: int = 100, after: str = ""
    ) -> Deferred[list[Delivery]]:
        wanted = state or DeliveryState.AVAILABLE
        mine = [box.delivery for box in self._mine(session) if box.delivery.slot is slot and box.delivery.state == wanted and box.delivery.id > after]
        return succeed(mine[:limit])

    def get(self, session: Session, delivery: str) -> Deferred[Delivery]:
        return self._with(session, delivery, lambda box: box.delivery)

    def claim(self, session: Session, *, most: int, lease_s: float, slot: Slot = Slot.PRODUCTION) -> Deferred[list[Claimed]]:
        free = [box for box in self._mine(session) if box.delivery.slot is slot and box.delivery.state is DeliveryState.AVAILABLE]
        return succeed([self._claim(session, box, lease_s) for box in free[:most]])

    def claim_one(self, session: Session, delivery: str, *, lease_s: float) -> Deferred[Claimed]:
        def take(box: Box) -> Claimed:
            if box.delivery.state is not DeliveryState.AVAILABLE:
                raise Conflict("it is claimed already")
            return self._claim(session, box, lease_s)

        return self._with(session, delivery, take)

    def content(self, session: Session, delivery: str) -> Deferred[Content]:
        return self._with(session, delivery, lambda box: MemoryContent(box.octets))

    def original(self, session: Session, delivery: str) -> Deferred[Content]:
        return self._with(session, delivery, lambda box: MemoryContent(box.original))

    def commit(self, session: Session, delivery: str, claim: str) -> Deferred[Delivery]:
        def done(box: Box) -> Delivery:
            if box.claim != claim or box.delivery.state not in {DeliveryState.CLAIMED, DeliveryState.DELIVERED}:
                raise Conflict("the claim is stale")
            if box.delivery.state is DeliveryState.CLAIMED:
                self._change(box, state=DeliveryState.DELIVERED, lease_until=None, delivered_at=self.now())
            return box.delivery

        return self._with(session, delivery, done)

    def release(self, session: Session, delivery: str, claim: str) -> Deferred[Delivery]:
        def free(box: Box) -> Delivery:
            self._require_claim(box, claim)
            box.claim = ""
            self._change(box, state=DeliveryState.AVAILABLE, lease_until=None, claimed_by="")
            return box.delivery

        return self._with(session, delivery, free)

    def extend(self, session: Session, delivery: str, claim: str, *, lease_s: float) -> Deferred[Delivery]:
        def longer(box: Box) -> Delivery:
            self._require_claim(box, claim)
            self._change(box, lease_until=self.now() + timedelta(seconds=lease_s))
            return box.delivery

        return self._with(session, delivery, longer)

    def collected(self, session: Session, *, limit: int = 1000, after: str = "") -> Deferred[list[Delivery]]:
        done = {DeliveryState.DELIVERED, DeliveryState.ANSWERED}
        mine = [box.delivery for box in reversed(list(self._mine(session))) if box.delivery.state in done and (not after or box.delivery.id < after)]
        return succeed(mine[:limit])

    def watch(self, session: Session, arrived: Callable[[], None]) -> Callable[[], None]:
        entry = (session.principal.id, arrived)
        self._watchers.append(entry)
        return lambda: self._watchers.remove(entry) if entry in self._watchers else None

    # -- Records

    def trace(self, session: Session, interchange: str) -> Deferred[dict[str, Any]]:
        kept = self.kept.get(interchange)
        if kept is None or not self._may_see(session, interchange):
            return fail(NotFound(f"there is no interchange {interchange}"))
        deliveries = [{"id": box.delivery.id, "state": box.delivery.state.value} for box in self.boxes.values() if box.delivery.interchange == interchange]
        return succeed({"id": interchange, "verdict": kept.receipt.verdict, "reference": kept.receipt.reference, "deliveries": deliveries})

    def acknowledgement(self, session: Session, interchange: str) -> Deferred[Receipt]:
        kept = self.kept.get(interchange)
        if kept is None or kept.principal != session.principal.id:
            return fail(NotFound(f"there is no interchange {interchange}"))
        return succeed(kept.receipt)

    def acknowledgements(self, session: Session, *, limit: int = 1000, after: str = "") -> Deferred[list[AcknowledgementEntry]]:
        entries = [
            AcknowledgementEntry(
                id=kept.receipt.interchange,
                interchange=kept.receipt.interchange,
                name=f"{kept.receipt.reference or 'unknown'}-{kept.receipt.interchange}",
                file_name=kept.file_name,
                received_at=kept.received_at.timestamp(),
                verdict=kept.receipt.verdict,
                is_interchange=kept.receipt.is_interchange,
                contrl_octets=len(kept.receipt.acknowledgement or b""),
                p7s_octets=len(kept.receipt.signature or b""),
                explain_octets=len(kept.receipt.explanation.encode()),
            )
            for kept in reversed(list(self.kept.values()))
            if kept.principal == session.principal.id and (not after or kept.receipt.interchange < after)
        ]
        return succeed(entries[:limit])

    def evidence(self, session: Session, interchange: str) -> Deferred[Callable[[], Deferred[bytes]]]:
        kept = self.kept.get(interchange)
        if kept is None or not self._may_see(session, interchange):
            return fail(NotFound(f"there is no interchange {interchange}"))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("original.edi", kept.octets)
            archive.writestr("acknowledgement.edi", kept.receipt.acknowledgement or b"")
        octets = packed.getvalue()
        pieces = iter([octets[i : i + 100] for i in range(0, len(octets), 100)])
        return succeed(lambda: succeed(next(pieces, b"")))

    # -- within

    def _mine(self, session: Session) -> Iterator[Box]:
        for box in self.boxes.values():
            if box.delivery.mailbox == session.principal.id:
                until = box.delivery.lease_until
                if box.delivery.state is DeliveryState.CLAIMED and until is not None and until <= self.now():
                    self._change(box, state=DeliveryState.AVAILABLE, lease_until=None, lost=box.delivery.lost + 1)
                    box.claim = ""
                yield box

    def _claim(self, session: Session, box: Box, lease_s: float) -> Claimed:
        box.claim = self.number("C")
        until = self.now() + timedelta(seconds=lease_s)
        self._change(box, state=DeliveryState.CLAIMED, lease_until=until, claimed_by=session.principal.id, claims=box.delivery.claims + 1)
        return Claimed(box.delivery, box.claim)

    def _with(self, session: Session, delivery: str, act: Callable[[Box], T]) -> Deferred[T]:
        box = next((box for box in self._mine(session) if box.delivery.id == delivery), None)
        if box is None:
            return fail(NotFound(f"there is no delivery {delivery}"))
        try:
            return succeed(act(box))
        except HubError as error:
            return fail(error)

    @staticmethod
    def _require_claim(box: Box, claim: str) -> None:
        if box.delivery.state is not DeliveryState.CLAIMED or box.claim != claim:
            raise Conflict("the claim is stale")

    @staticmethod
    def _change(box: Box, **changes: Any) -> None:
        box.delivery = dataclasses.replace(box.delivery, **changes)

    def _may_see(self, session: Session, interchange: str) -> bool:
        return self.kept[interchange].principal == session.principal.id or any(box.delivery.interchange == interchange for box in self._mine(session))


class MemoryUpload:
    """One interchange on its way into ``MemoryHub``."""

    def __init__(self, hub: MemoryHub, session: Session, file_name: str) -> None:
        self.hub = hub
        self.session = session
        self.file_name = file_name
        self.octets = bytearray()
        self.open = True

    def write(self, data: bytes) -> None:
        if not self.open:
            raise AssertionError("written to after its end")
        self.octets += data
        if len(self.octets) > self.session.principal.agreement.max_interchange_octets:
            self.abort("too large")
            raise TooLarge(f"the interchange is larger than {self.session.principal.agreement.max_interchange_octets} octets")

    def finish(self) -> Deferred[Receipt]:
        if not self.open:
            raise AssertionError("finished after its end")
        self.open = False
        return self.hub.take(self.session, bytes(self.octets), self.file_name)

    def abort(self, reason: str) -> None:
        if self.open:
            self.open = False
            self.hub.aborted.append(reason)

    @property
    def backlogged(self) -> Deferred[None] | None:
        return self.hub.backlog


class MemoryContent:
    """Octets in memory, read in pieces."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    @property
    def size(self) -> int:
        return len(self._octets)

    def read(self, offset: int, length: int) -> Deferred[bytes]:
        return succeed(self._octets[offset : offset + length])


def _element(octets: bytes, tag: bytes, position: int) -> str:
    """The first component and qualifier (``A:B``) of an element, counted from 1, of the first segment ``tag``; "" where absent."""
    for segment in octets.split(b"'"):
        elements = segment.strip().split(b"+")
        if elements[0] == tag and len(elements) > position:
            return elements[position].decode("ascii", "replace")
    return ""


def _acknowledge(reference: str, to: Principal, action: str, code: str) -> bytes:
    who = str(to.addresses[0])
    fault = f"+{code}" if code else ""
    return f"UNB+UNOA:2+HUB+{who}+260301:0801+A{reference}'UNH+1+CONTRL:2:2:UN'UCI+{reference}+{who}+HUB+{action}{fault}'UNT+3+1'UNZ+1+A{reference}'".encode(
        "latin-1"
    )
