"""What the hub does from time to time by itself. One failing task is logged and does not stop the others or its own next turn.

every second        leases that ran out; changes of the registry made by another node
every minute        deliveries that expired; sessions whose credential did; unauthenticated noise into the journal
every hour          rows of large interchanges that were never accepted; certificates and CRLs near their end
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool

from vanhub.errors import StoreUnavailable
from vanhub.service.certificates import issue_crl, raise_expiry_alerts, record_own
from vanhub.service.core import Core
from vanhub.service.deferring import background
from vanhub.service.doorkeeper import FrontDoor
from vanhub.service.mailboxes import HubMailboxes
from vanhub.store import alerts, deliveries, journal, rulings, staging
from vanhub.store.journal import Act
from vanhub.values.delivery import Delivery, DeliveryState

_HUB = "hub"


class Upkeep:
    """The hub's periodic tasks. Lives on the reactor thread; the tasks themselves run in threads."""

    def __init__(self, core: Core, door: FrontDoor, mailboxes: HubMailboxes, reactor: Any) -> None:
        self._core, self._door, self._mailboxes, self._reactor = core, door, mailboxes, reactor
        self._loops: list[LoopingCall] = []

    def start(self) -> None:
        for name, interval_s, task in (
            ("leases", 1.0, self._leases),
            ("registry", 2.0, self._registry),
            ("expiry", 60.0, self._expiry),
            ("sessions", 60.0, lambda: self._door.reconcile),
            ("noise", 60.0, self._noise),
            ("abandoned", 3600.0, self._abandoned),
            ("certificates", 3600.0, self._certificates),
        ):
            loop = LoopingCall(self._turn, name, task)
            loop.clock = self._reactor
            loop.start(interval_s, now=name == "certificates")
            self._loops.append(loop)

    def stop(self) -> None:
        """Take no more turns; idempotent."""
        for loop in self._loops:
            loop.stop()
        self._loops.clear()

    def _turn(self, name: str, task: Callable[[], Any]) -> Deferred[None]:
        """One run, in a thread; the loop waits for its end before the next."""

        async def run() -> None:
            try:
                after = await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), task)
            except StoreUnavailable:
                # A turn that was under way when the hub was told to stop.
                if not self._loops:
                    return
                raise
            if after is not None:
                after()

        return background(f"upkeep.{name}", run())

    def _leases(self) -> Callable[[], None] | None:
        lost = self._core.store.call(deliveries.lose_leases, self._core.clock(), quarantined_after=self._core.settings.deliveries.lost_leases)
        for delivery in lost:
            if delivery.state is DeliveryState.QUARANTINED:
                self._core.metrics.pickup("quarantined")
                self._raise_quarantine(delivery)
            else:
                self._core.metrics.pickup("lost")
        available = tuple({delivery.mailbox for delivery in lost if delivery.state is DeliveryState.AVAILABLE})
        return (lambda: self._mailboxes.announce(available)) if available else None

    def _raise_quarantine(self, delivery: Delivery) -> None:
        self._core.store.call(
            alerts.raise_once,
            "quarantine",
            delivery.id,
            text=f"delivery {delivery.id} in mailbox {delivery.mailbox} was claimed {delivery.lost} times and never committed",
            cure=f"ask {delivery.mailbox} why, then vanhub mailbox free {delivery.id}",
            now=self._core.clock(),
            actor=_HUB,
        )

    def _registry(self) -> None:
        self._core.refresh()

    def _expiry(self) -> None:
        now = self._core.clock()
        expired = self._core.store.call(deliveries.expire, now)
        for mailbox in {delivery.mailbox for delivery in expired}:
            self._core.store.call(rulings.clear_held, mailbox, now=now, actor=_HUB)
        for delivery in expired:
            self._core.metrics.pickup("expired")
            for whom in dict.fromkeys((delivery.mailbox, delivery.sender)):
                self._core.store.call(
                    alerts.raise_once,
                    "delivery-expired",
                    f"{delivery.id} {whom}",
                    text=f"delivery {delivery.id} ({delivery.reference} from {delivery.sender}) was not collected by {delivery.mailbox} in time",
                    cure=f"vanhub mailbox redeliver {delivery.id}",
                    now=now,
                    actor=_HUB,
                )

    def _noise(self) -> None:
        counted = self._core.noise.take()
        for reason, count in counted.items():
            self._core.metrics.refused(reason, count)
        if counted:
            self._core.store.call(journal.append, [Act("noise", _HUB, counted)], at=self._core.clock(), actor=_HUB)

    def _abandoned(self) -> None:
        now = self._core.clock()
        while self._core.store.call(staging.sweep, now):
            pass

    def _certificates(self) -> None:
        now = self._core.clock()
        record_own(self._core, actor=_HUB)
        raise_expiry_alerts(self._core, now)
        crl = self._core.authority.crls().get("issuing")
        lifetime = timedelta(days=self._core.settings.ca.crl_lifetime_days)
        if crl is None or now >= crl.next_update - lifetime / 2:
            issue_crl(self._core, now, actor=_HUB)
