"""Carries a partner's waiting interchanges to it on its TLS-TCP session (``deliver = true`` in its agreement).

One delivery at a time: claim, write its octets as the session's turn comes, wait for the partner's CONTRL (the hub commits the pickup when
that arrives, on whatever session), next. The claim's lease is extended meanwhile. What becomes of the claim otherwise:

==========================================  ==========================================================================
the session ends before the answer          released: available again at once
the partner does not answer in time         the session is closed and the lease runs out, which the hub counts: the fifth
                                            time quarantines the delivery, so that one bad interchange never blocks others
its content cannot be read                  the lease runs out, as above; the next delivery is tried
the claim is gone (answered or freed        nothing; the next delivery is tried
elsewhere)
==========================================  ==========================================================================

Production interchanges come first, then test interchanges (UNB 0035), as far as the agreement's ``traffic`` allows each.
"""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's Failure is not annotated)

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from vanhub.errors import Conflict, HubError, NotFound, TemporaryError
from vanhub.gateways.bell import Bell
from vanhub.gateways.seam import Mailboxes, Session
from vanhub.values.delivery import Claimed, Slot

_PIECE_OCTETS = 65_536
_LOOK_AGAIN_S = 60.0  # the watch is a hint that may be lost; looking is cheap
_SLOTS = {"production": (Slot.PRODUCTION,), "test": (Slot.TEST,), "both": (Slot.PRODUCTION, Slot.TEST)}


class Line(Protocol):
    """The session that the courier writes to."""

    def begin_delivery(self) -> bool:
        """Whether a delivery may be written now; from then until ``end_delivery`` nothing else is."""
        ...

    def end_delivery(self) -> None: ...
    def write(self, data: bytes) -> None: ...
    @property
    def writable(self) -> bool:
        """False while the peer has not read enough of what was written."""
        ...

    def stop(self, reason: str) -> None:
        """Close the session cleanly."""
        ...

    def abort(self, reason: str) -> None:
        """Cut the session: an interchange was begun that cannot be ended."""
        ...


class Courier:
    """``start`` it once; ``wake`` it whenever the line may have become free or writable; ``finish`` and ``end`` it with the session."""

    _log = Logger()

    def __init__(self, mailboxes: Mailboxes, session: Session, line: Line, *, clock: IReactorTime, lease_s: float, answer_timeout_s: float) -> None:
        self._mailboxes = mailboxes
        self._session = session
        self._line = line
        self._clock = clock
        self._lease_s = lease_s
        self._answer_timeout_s = answer_timeout_s
        self._bell = Bell(clock)
        self._arrived = False
        self._last = False
        self._ended = False
        self._lost = False
        self._carried: Claimed | None = None
        self._over = False  # the claim carried now is answered or gone
        self._extension: IDelayedCall | None = None

    def start(self) -> None:
        Deferred.fromCoroutine(self._run()).addErrback(self._broken)

    def wake(self) -> None:
        self._bell.ring()

    def finish(self) -> None:
        """Claim nothing more; the delivery under way may still be answered."""
        self._last = True

    def end(self, *, lost: bool = False) -> None:
        """Release what is not answered; with ``lost`` write nothing more either. Idempotent."""
        self._ended = True
        self._lost = self._lost or lost
        self.wake()

    def answered(self, deliveries: tuple[str, ...]) -> None:
        """CONTRLs of the peer have answered these deliveries."""
        if self._carried is not None and self._carried.delivery.id in deliveries:
            self._over = True
            self.wake()

    def _hint(self) -> None:
        self._arrived = True
        self.wake()

    async def _run(self) -> None:
        stop_watching = self._mailboxes.watch(self._session, self._hint)
        try:
            while not self._last and not self._ended:
                self._arrived = False
                try:
                    claimed = await self._claim()
                except TemporaryError as error:
                    await self._until(lambda: self._last, error.retry_after_s)
                    continue
                if claimed is None:
                    await self._until(lambda: self._arrived or self._last, _LOOK_AGAIN_S)
                else:
                    await self._carry(claimed)
        finally:
            stop_watching()

    async def _claim(self) -> Claimed | None:
        for slot in _SLOTS[self._session.principal.agreement.traffic]:
            claimed = await self._mailboxes.claim(self._session, most=1, lease_s=self._lease_s, slot=slot)
            if claimed:
                return claimed[0]
        return None

    async def _carry(self, claimed: Claimed) -> None:
        self._carried, self._over = claimed, False
        self._extension = self._clock.callLater(self._lease_s / 2, self._extend)
        lapse = False
        try:
            if await self._send(claimed):
                await self._until(lambda: self._over, self._answer_timeout_s)
                if not self._over and not self._ended:
                    lapse = True
                    self._line.stop(f"delivery {claimed.delivery.id} was not answered within {self._answer_timeout_s:g} s")
            if not self._over and not lapse:
                await self._mailboxes.release(self._session, claimed.delivery.id, claimed.claim)
        except HubError as error:
            self._log.warn("{peer}: delivery {delivery}: {error}", peer=self._session.peer, delivery=claimed.delivery.id, error=str(error))
        finally:
            self._carried = None
            if self._extension is not None:
                self._extension.cancel()
                self._extension = None

    async def _send(self, claimed: Claimed) -> bool:
        """Write the delivery; whether it was written whole."""
        content = await self._mailboxes.content(self._session, claimed.delivery.id)
        if not await self._until(self._line.begin_delivery):
            return False
        offset = 0
        try:
            while offset < content.size and not self._lost:
                piece = await content.read(offset, _PIECE_OCTETS)
                # An end of the peer's input does not stop an interchange half way; only a lost connection does.
                while not self._line.writable and not self._lost:
                    await self._bell.wait()
                if not piece:
                    raise HubError(f"content ended at octet {offset} of {content.size}")
                self._line.write(piece)
                offset += len(piece)
        except HubError:
            self._line.abort("a delivery's content could not be read to its end")
            raise
        finally:
            self._line.end_delivery()
        return not self._lost

    def _extend(self) -> None:
        claimed = self._carried
        if claimed is None:
            return
        self._extension = self._clock.callLater(self._lease_s / 2, self._extend)
        self._mailboxes.extend(self._session, claimed.delivery.id, claimed.claim, lease_s=self._lease_s).addErrback(self._not_extended, claimed)

    def _not_extended(self, failure: Failure, claimed: Claimed) -> None:
        if failure.check(Conflict, NotFound):
            if self._carried is claimed:
                self._over = True
                self.wake()
        elif not failure.check(TemporaryError):  # a temporary error is tried again at the next extension
            self._log.failure("{peer}: a lease could not be extended", failure, peer=self._session.peer)

    async def _until(self, holds: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Wait until it holds, the courier is ended, or the time is over; whether it holds."""
        deadline = None if timeout_s is None else self._clock.seconds() + timeout_s
        while not self._ended:
            if holds():
                return True
            left = None if deadline is None else deadline - self._clock.seconds()
            if left is not None and left <= 0:
                return False
            await self._bell.wait(left)
        return False

    def _broken(self, failure: Failure) -> None:
        self._log.failure("{peer}: delivering has stopped", failure, peer=self._session.peer)
        self._line.abort("an internal error")
