"""How interchanges come in: every gateway hands its octets to the same ``HubIntake``.

Small interchanges without fault are checked and decided on the reactor thread, where the rules for them are compiled already; others in a thread.
Those above ``limits.memory_octets`` go to content as they come and are checked by a worker process. Then one job in the store: its COMMIT is the
moment of acceptance, and only after it does the receipt's Deferred fire.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.threads import deferToThreadPool

from vanhub.directory.check import CheckLimits, check_if_faultless, check_interchange
from vanhub.edifact.report import Report, Verdict
from vanhub.errors import Busy, Untrusted
from vanhub.gateways.seam import Session
from vanhub.service.core import Core
from vanhub.service.deferring import Futures
from vanhub.service.judge import Submission
from vanhub.service.upload import HubUpload
from vanhub.service.workers import CheckWorkers
from vanhub.store.alerts import raise_once
from vanhub.store.content import LargeContent
from vanhub.store.interchanges import find_interchanges
from vanhub.values.acceptance import Acceptance, Accepted, Outcome
from vanhub.values.agreement import Agreement
from vanhub.values.delivery import ContentRef, Receipt
from vanhub.values.records import InterchangeFilter

_log = structlog.get_logger("vanhub.intake")

T = TypeVar("T")

INLINE_OCTETS = 16 * 1024
"""Checked on the reactor thread, as long as there is nothing to explain and to load: that takes a few milliseconds at most, explaining takes up to a second."""

LATEST = 100
"""Interchanges that a hub checks again when it starts."""

EXPLAINED_AT_ONCE = 3
"""Interchanges explained in threads at once: a MiB that is wrong everywhere takes many seconds, and logins, leases and content need threads too."""


def limits_of(agreement: Agreement, faults_listed: int) -> CheckLimits:
    """The check's limits under an agreement."""
    return CheckLimits(max_faults=faults_listed, max_segment_octets=agreement.max_segment_octets, max_messages=agreement.max_messages)


def share_of(places: int) -> int:
    """How many of ``places`` one principal may hold: half of them, which is four TCP sessions that send without waiting. The others' half is left to the others."""
    return max(1, places // 2)


class HubIntake:
    """The hub's ``Intake``. Lives on the reactor thread."""

    def __init__(self, core: Core, workers: CheckWorkers, reactor: Any, futures: Futures, monotonic: Callable[[], float]) -> None:
        self.core, self._workers, self._reactor, self._futures, self._monotonic = core, workers, reactor, futures, monotonic
        self.in_flight = 0
        self._in_flight_of: Counter[str] = Counter()
        self._explaining = DeferredSemaphore(EXPLAINED_AT_ONCE)
        self.arrived: Callable[[tuple[str, ...]], None] = lambda _: None
        """Called on the reactor thread with the mailboxes that got something, after COMMIT."""

    def begin(self, session: Session, file_name: str = "") -> HubUpload:
        name, places = session.principal.id, self.core.settings.limits.in_flight
        if self.in_flight >= places:
            raise Busy("the hub is receiving as many interchanges as it may; send this one again later", 2.0)
        if self._in_flight_of[name] >= share_of(places):
            raise Busy(f"the hub is receiving as many interchanges of {name} as it may; send this one again later", 2.0)
        self.in_flight += 1
        self._in_flight_of[name] += 1
        most = min(session.principal.agreement.max_interchange_octets, self.core.settings.limits.interchange_octets)
        return HubUpload(self, session, file_name, most)

    def open_large(self) -> Deferred[LargeContent]:
        return self.thread(self.core.store.content().begin_large, self.core.clock())

    def thread(self, call: Callable[..., T], *args: Any) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), call, *args)

    async def warm_up(self) -> None:
        """Check in a thread what was accepted last: the like of it comes again, and is then checked by what is loaded and compiled."""
        await self.thread(self._check_latest)

    def _check_latest(self) -> None:
        store, registry = self.core.store, self.core.registry
        for record in store.look(find_interchanges, InterchangeFilter(verdict=Verdict.ACCEPTED, limit=LATEST)):
            principal = registry.principal(record.principal)
            if principal is not None and record.size <= INLINE_OCTETS:
                data = store.content().read(record.content, 0, record.size)
                check_interchange(data, **self._terms(principal.agreement))

    async def take(self, session: Session, data: bytes, file_name: str) -> Receipt:
        """An interchange that is whole in memory."""
        begun = self._monotonic()
        digest = hashlib.sha256(data).hexdigest()
        submission = self._submission(session, file_name, len(data), digest, lambda offset, length: data[offset : offset + length])
        faultless = check_if_faultless(data, **self._terms(submission.principal.agreement)) if len(data) <= INLINE_OCTETS else None
        if faultless is not None:
            report, acceptance = faultless, self._decide(faultless, submission)
        else:
            report, acceptance = await self._explaining.run(self.thread, self._explain, data, submission)
        accepted = await self._store(acceptance, (data,))
        if accepted.outcome is Outcome.CONFLICT:
            acceptance, accepted = await self._conflict(report, submission, accepted, (data,))
        return self._receipt(session, acceptance, accepted, begun)

    async def take_large(self, session: Session, ref: ContentRef, digest: str, file_name: str) -> Receipt:
        """An interchange whose octets lie in content already, not yet owned by anything."""
        begun = self._monotonic()
        content = self.core.store.content()
        submission = self._submission(session, file_name, ref.length, digest, lambda offset, length: content.read(ref, offset, length), ref)
        agreement = session.principal.agreement
        try:
            report = await self._workers.check(ref, agreement.encoding, limits_of(agreement, self.core.settings.check.faults_listed))
            acceptance = await self.thread(self._decide, report, submission)
            accepted = await self._store(acceptance, ())
            if accepted.outcome is Outcome.CONFLICT:
                acceptance, accepted = await self._conflict(report, submission, accepted, ())
        except BaseException:
            await self.thread(self.core.store.discard, ref)
            raise
        if accepted.outcome is Outcome.REPEAT:
            await self.thread(self.core.store.discard, ref)
        return self._receipt(session, acceptance, accepted, begun)

    def _submission(
        self, session: Session, file_name: str, size: int, digest: str, peek: Callable[[int, int], bytes], ref: ContentRef | None = None
    ) -> Submission:
        return Submission(session.principal, session.gateway, session.peer, file_name, self.core.clock(), size, digest, peek, ref)

    def _terms(self, agreement: Agreement) -> dict[str, Any]:
        directories, guides = self.core.rules
        limits = limits_of(agreement, self.core.settings.check.faults_listed)
        return {"directories": directories, "guides": guides, "encoding": agreement.encoding, "limits": limits}

    def _explain(self, data: bytes, submission: Submission) -> tuple[Report, Acceptance]:
        report = check_interchange(data, **self._terms(submission.principal.agreement))
        return report, self._decide(report, submission)

    def _decide(self, report: Report, submission: Submission) -> Acceptance:
        registry = self.core.registry
        if not registry.is_enabled(submission.principal.id):
            # What a session sent before it was ended may still be under way, and a file may hold many interchanges.
            raise Untrusted(f"{submission.principal.id} is disabled: nothing more is taken from it")
        return self.core.judge.decide(report, submission, registry, now=self.core.clock())

    def _store(self, acceptance: Acceptance, contents: tuple[bytes, ...]) -> Deferred[Accepted]:
        return self._futures.deferred(self.core.store.accept(acceptance, contents))

    async def _conflict(self, report: Report, submission: Submission, first: Accepted, contents: tuple[bytes, ...]) -> tuple[Acceptance, Accepted]:
        """Refuse with 26 and raise an alert; a repeat of the very same conflict gets the stored refusal."""
        now = self.core.clock()
        acceptance = await self.thread(partial(self.core.judge.refuse_conflict, report, submission, first, now=now))
        accepted = await self._store(acceptance, contents)
        header = report.header
        await self._futures.deferred(
            self.core.store.submit(
                raise_once,
                "duplicate-conflict",
                f"{header.sender} {header.reference}",
                text=f"{submission.principal.id} used the interchange control reference {header.reference} again for other content; first receipt {first.interchange}",
                cure=f"vanhub message show {first.interchange}; the sender has to send the new content under a new reference",
                now=now,
                actor="hub",
            )
        )
        return acceptance, accepted

    def _receipt(self, session: Session, acceptance: Acceptance, accepted: Accepted, begun: float) -> Receipt:
        header = acceptance.header
        conflict = any(fault["kind"] == "DUPLICATE_INTERCHANGE" for fault in acceptance.faults)
        outcome = "conflict" if conflict else accepted.outcome.value
        if accepted.outcome is Outcome.NEW:
            self.core.metrics.guided(acceptance.dispositions.values())
            self.arrived(tuple({delivery.mailbox for delivery in acceptance.deliveries if not delivery.held}))
        self.core.metrics.judged(session.gateway, accepted.verdict.value, outcome, acceptance.size, self._monotonic() - begun)
        _log.info(
            "interchange.judged",
            interchange=accepted.interchange,
            principal=session.principal.id,
            gateway=session.gateway,
            sender=str(header.sender),
            reference=header.reference,
            verdict=accepted.verdict.value,
            outcome=outcome,
            faults=acceptance.faults_total,
            guide_faults=acceptance.guide_faults_total,
            octets=acceptance.size,
        )
        return Receipt(
            interchange=accepted.interchange,
            outcome=outcome,
            verdict=accepted.verdict.value,
            sender=str(header.sender),
            recipient=str(header.recipient),
            reference=header.reference,
            acknowledgement=accepted.acknowledgement,
            signature=accepted.signature,
            explanation=accepted.explanation,
            answers=accepted.answered,
            is_interchange=acceptance.is_interchange,
            guide_faults=accepted.guide_faults,
        )

    def ended(self, session: Session) -> None:
        """One upload of the session less is in flight."""
        name = session.principal.id
        self.in_flight -= 1
        self._in_flight_of[name] -= 1
        if not self._in_flight_of[name]:
            del self._in_flight_of[name]
