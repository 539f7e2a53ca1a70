"""A principal's own mailbox, as the gateways offer it: list, claim, collect, commit.

Every job is given the session's principal as the mailbox, so that what is somebody else's is not found.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from vanhub.errors import NotFound, Refused
from vanhub.gateways.seam import Content, Session
from vanhub.service.core import Core
from vanhub.service.deferring import Futures
from vanhub.service.octets import DamagedContent, Octets, Verified
from vanhub.store import deliveries
from vanhub.store.alerts import raise_once
from vanhub.store.interchanges import get_interchange
from vanhub.values.delivery import Claimed, Delivery, DeliveryState, Slot

T = TypeVar("T")


class HubMailboxes:
    """The hub's ``Mailboxes``. Lives on the reactor thread."""

    def __init__(self, core: Core, reactor: Any, futures: Futures) -> None:
        self._core, self._reactor, self._futures = core, reactor, futures
        self._verified = Verified(core.clock)
        self._watchers: defaultdict[str, set[Callable[[], None]]] = defaultdict(set)

    def waiting(
        self, session: Session, *, state: str | None = None, slot: Slot = Slot.PRODUCTION, limit: int = 100, after: str = ""
    ) -> Deferred[list[Delivery]]:
        wanted = DeliveryState.AVAILABLE if state is None else DeliveryState(state)
        return self._read(deliveries.list_deliveries, session.principal.id, slot=slot, state=wanted, limit=limit, after=after)

    def get(self, session: Session, delivery: str) -> Deferred[Delivery]:
        return self._read(deliveries.get_delivery, delivery, mailbox=session.principal.id)

    def claim(self, session: Session, *, most: int, lease_s: float, slot: Slot = Slot.PRODUCTION) -> Deferred[list[Claimed]]:
        tokens = [self._token() for _ in range(most)]
        return self._write(
            "claimed",
            deliveries.claim,
            session.principal.id,
            slot,
            tokens,
            lease_until=self._lease_end(lease_s),
            quarantined_after=self._lost_leases,
            actor=session.principal.id,
        )

    def claim_one(self, session: Session, delivery: str, *, lease_s: float) -> Deferred[Claimed]:
        name = session.principal.id
        return self._write(
            "claimed",
            deliveries.claim_one,
            delivery,
            self._token(),
            lease_until=self._lease_end(lease_s),
            quarantined_after=self._lost_leases,
            actor=name,
            mailbox=name,
        )

    def content(self, session: Session, delivery: str) -> Deferred[Content]:
        def verified() -> Octets:
            octets = Octets(self._core.store.content(), self._core.store.look(deliveries.get_content, delivery, mailbox=session.principal.id))
            self._require_undamaged(octets, delivery)
            return octets

        return self._thread(verified).addCallback(self._content)

    def original(self, session: Session, delivery: str) -> Deferred[Content]:
        def verified() -> Octets:
            owned = self._core.store.look(deliveries.get_delivery, delivery, mailbox=session.principal.id)
            received = self._core.store.look(get_interchange, owned.interchange)
            # Messages for others may stand beside: only who it was addressed to may see all of it.
            if owned.recipient != received.recipient or owned.reference != received.reference:
                raise NotFound(f"the original of delivery {delivery} was not addressed to this mailbox alone")
            octets = Octets.of_original(self._core.store.content(), received.content, received.sha256)
            self._require_undamaged(octets, delivery)
            return octets

        return self._thread(verified).addCallback(self._content)

    def commit(self, session: Session, delivery: str, claim: str) -> Deferred[Delivery]:
        return self._write("committed", deliveries.commit, delivery, claim, actor=session.principal.id, mailbox=session.principal.id)

    def release(self, session: Session, delivery: str, claim: str) -> Deferred[Delivery]:
        name = session.principal.id
        return self._write("released", deliveries.release, delivery, claim, actor=name, mailbox=name).addCallback(self._announce)

    def extend(self, session: Session, delivery: str, claim: str, *, lease_s: float) -> Deferred[Delivery]:
        name = session.principal.id
        return self._write("extended", deliveries.extend, delivery, claim, lease_until=self._lease_end(lease_s), actor=name, mailbox=name)

    def collected(self, session: Session, *, limit: int = 1000, after: str = "") -> Deferred[list[Delivery]]:
        since = self._core.clock() - timedelta(days=self._core.settings.deliveries.archive_days)
        return self._read(deliveries.collected, session.principal.id, since=since, limit=limit, after=after)

    def watch(self, session: Session, arrived: Callable[[], None]) -> Callable[[], None]:
        watchers = self._watchers[session.principal.id]
        watchers.add(arrived)
        return lambda: watchers.discard(arrived)

    def announce(self, mailboxes: tuple[str, ...]) -> None:
        """Something may have become available in these mailboxes."""
        for mailbox in mailboxes:
            for arrived in tuple(self._watchers.get(mailbox, ())):
                arrived()

    def announce_all(self) -> None:
        """Something may have become available anywhere."""
        self.announce(tuple(self._watchers))

    def _announce(self, delivery: Delivery) -> Delivery:
        self.announce((delivery.mailbox,))
        return delivery

    def _require_undamaged(self, octets: Octets, delivery: str) -> None:
        try:
            self._verified.require(delivery, octets)
        except DamagedContent:
            self._core.store.call(
                raise_once,
                "content-damaged",
                delivery,
                text=f"the octets of delivery {delivery} differ from what was accepted",
                cure="vanhub doctor; restore the content of that day from a backup",
                now=self._core.clock(),
                actor="hub",
            )
            raise

    def _content(self, octets: Octets) -> Content:
        return _ThreadedContent(octets, self._thread)

    def _lease_end(self, lease_s: float) -> Any:
        longest = self._core.settings.deliveries.longest_lease_s
        if not 1 <= lease_s <= longest:
            raise Refused(f"a lease is 1 to {longest} seconds, not {lease_s:g}")
        return self._core.clock() + timedelta(seconds=lease_s)

    @property
    def _lost_leases(self) -> int:
        return self._core.settings.deliveries.lost_leases

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._core.entropy(18)).decode()

    def _read(self, job: Callable[..., T], *args: Any, **kw: Any) -> Deferred[T]:
        return self._futures.deferred(self._core.store.read(job, *args, **kw))

    def _write(self, event: str, job: Callable[..., T], *args: Any, **kw: Any) -> Deferred[T]:
        def counted(result: T) -> T:
            self._core.metrics.pickup(event, len(result) if isinstance(result, list) else 1)
            return result

        return self._futures.deferred(self._core.store.submit(partial(job, now=self._core.clock()), *args, **kw)).addCallback(counted)

    def _thread(self, call: Callable[..., T], *args: Any) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), call, *args)


class _ThreadedContent:
    """Octets read in a thread: the seam's ``Content``."""

    def __init__(self, octets: Octets, thread: Callable[..., Deferred[bytes]]) -> None:
        self._octets, self._thread = octets, thread

    @property
    def size(self) -> int:
        return self._octets.size

    def read(self, offset: int, length: int) -> Deferred[bytes]:
        return self._thread(self._octets.read, offset, length)
