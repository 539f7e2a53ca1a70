"""What a principal may see of interchanges: all about those that it sent, its own part of those that it received."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from vanhub.errors import NotFound
from vanhub.gateways.seam import AcknowledgementEntry, Session
from vanhub.service.core import Core
from vanhub.service.deferring import Futures
from vanhub.service.evidence import evidence_of
from vanhub.store import deliveries, interchanges
from vanhub.values.delivery import Receipt
from vanhub.values.records import AcknowledgementListing, StoredAcknowledgement

T = TypeVar("T")


class HubRecords:
    """The hub's ``Records``. Lives on the reactor thread."""

    def __init__(self, core: Core, reactor: Any, futures: Futures) -> None:
        self._core, self._reactor, self._futures = core, reactor, futures

    def trace(self, session: Session, interchange: str) -> Deferred[dict[str, Any]]:
        name = session.principal.id

        def visible() -> dict[str, Any]:
            store = self._core.store
            if not store.look(interchanges.may_see, name, interchange):
                raise NotFound(f"there is no interchange {interchange}")
            return part_of(store.look(interchanges.trace, interchange), name, lambda: store.look(deliveries.guide_faults, interchange, name))

        return self._thread(visible)

    def acknowledgement(self, session: Session, interchange: str) -> Deferred[Receipt]:
        def own(stored: StoredAcknowledgement) -> Receipt:
            if stored.principal != session.principal.id:
                raise NotFound(f"there is no interchange {interchange}")
            return Receipt(
                interchange=stored.interchange,
                outcome="new",
                verdict=stored.verdict.value,
                sender=stored.sender,
                recipient=stored.recipient,
                reference=stored.reference,
                acknowledgement=stored.contrl,
                signature=stored.signature,
                explanation=stored.explanation,
                is_interchange=stored.is_interchange,
                guide_faults=stored.guide_faults,
            )

        return self._futures.deferred(self._core.store.read(interchanges.get_acknowledgement, interchange)).addCallback(own)

    def acknowledgements(self, session: Session, *, limit: int = 1000, after: str = "") -> Deferred[list[AcknowledgementEntry]]:
        since = self._core.clock() - timedelta(days=self._core.settings.deliveries.archive_days)
        reading = self._core.store.read(interchanges.list_acknowledgements, session.principal.id, since=since, limit=limit, after=after)
        return self._futures.deferred(reading).addCallback(lambda listed: [_entry(item) for item in listed])

    def evidence(self, session: Session, interchange: str) -> Deferred[Callable[[], Deferred[bytes]]]:
        def own() -> Callable[[], Deferred[bytes]]:
            record = self._core.store.look(interchanges.get_interchange, interchange)
            if record.principal != session.principal.id:
                raise NotFound(f"there is no interchange {interchange}")
            filled = filter(None, evidence_of(self._core, record))
            return lambda: self._thread(next, filled, b"")

        return self._thread(own)

    def _thread(self, call: Callable[..., T], *args: Any) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), call, *args)


def part_of(trace: dict[str, Any], principal: str, guide_faults: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
    """What ``principal`` may see of a trace: the sender all of it; a recipient the interchange's head, what guides found in its own messages
    (``guide_faults`` looks it up), its own deliveries and their events.
    """
    if trace["interchange"]["principal"] == principal:
        return trace
    received = [delivery for delivery in trace["deliveries"] if delivery["mailbox"] == principal]
    own = {delivery["id"] for delivery in received}
    head = {name: trace["interchange"][name] for name in ("id", "sender", "recipient", "reference", "test", "received_at", "verdict")} | {
        "guide_faults": guide_faults()
    }
    return {"interchange": head, "messages": [], "deliveries": received, "events": [event for event in trace["events"] if event["subject"] in own]}


def _entry(listed: AcknowledgementListing) -> AcknowledgementEntry:
    return AcknowledgementEntry(
        id=listed.id,
        interchange=listed.interchange,
        name=listed.name,
        file_name=listed.file_name,
        received_at=listed.received_at.timestamp(),
        verdict=listed.verdict.value,
        is_interchange=listed.is_interchange,
        contrl_octets=listed.contrl_octets,
        p7s_octets=listed.signature_octets,
        explain_octets=listed.explanation_octets,
    )
