"""What an SFTP client may hold open: an upload, a pickup, a file to look at, a listing.

Every open file ends in one of two ways, and the two are never mixed up:

- ``close()``: the client sent SSH_FXP_CLOSE. An upload is taken, a pickup that was read to its last octet is committed.
- ``lost()``: the channel or the connection ended without it. An upload is discarded, a pickup released; nobody waits for an answer.

Interchanges of an upload are kept until the client closes the file, because until then it may still be cut: small ones in memory; one that grows over
``SPILL_OCTETS`` goes to the hub's own disk piece by piece, and waits there unfinished. A session's ``Allowance`` bounds both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from vanhub.edifact.framing import Ended, Framer, Octets
from vanhub.errors import Conflict, HubError, Refused, TemporaryError, TooLarge
from vanhub.gateways.seam import Content, Intake, Mailboxes, Session, Upload
from vanhub.gateways.sftp_spans import Coverage, InOrder
from vanhub.gateways.sftp_wire import CHUNK_OCTETS, Attributes, Entry
from vanhub.values.delivery import Claimed, Delivery, Receipt

SPILL_OCTETS = 1024 * 1024
"""An interchange longer than this is handed to the hub while it comes."""
HELD_OCTETS = 32 * 1024 * 1024
"""Octets of small interchanges that one session may keep waiting for a CLOSE or a rename."""
LARGE = 16
"""Larger interchanges that one session may keep so; each takes a place in the hub."""
BATCH = 100
"""Entries in one answer to READDIR."""

_EACH_OCTETS = 256  # what an interchange in memory costs besides its octets, so that many tiny ones are bounded too
_log = Logger()


class Allowance:
    """What a session may still keep waiting: octets in memory, and larger interchanges in the hub."""

    def __init__(self, octets: int = HELD_OCTETS, large: int = LARGE) -> None:
        self._octets = octets
        self._large = large

    def take(self, octets: int, large: int = 0) -> None:
        """Raises ``TooLarge`` when so much is not left."""
        if octets > self._octets or large > self._large:
            raise TooLarge("too many interchanges wait for the end of an upload or for a rename: send them in several files")
        self.give_back(-octets, -large)

    def give_back(self, octets: int, large: int = 0) -> None:
        self._octets += octets
        self._large += large


class Parcel:
    """The interchanges of one uploaded file, in order, none of them taken yet.

    From when a large one takes a place in the hub, the file has ``within_s`` seconds until it is taken: a client that rests would keep it from others.
    """

    def __init__(self, intake: Intake, session: Session, file_name: str, allowance: Allowance, *, reactor: IReactorTime, within_s: float) -> None:
        self.size = 0
        self.file_name = file_name
        self._intake = intake
        self._session = session
        self._allowance = allowance
        self._octets = 0
        self._large = 0
        self._reactor = reactor
        self._within_s = within_s
        self._deadline: IDelayedCall | None = None
        self._late = False
        # The hub says "too large" when it sees the octet that is: hand it over before the limit, not after.
        self._spill = min(SPILL_OCTETS, session.principal.agreement.max_interchange_octets)
        self._framer = Framer()
        self._whole: list[bytes | Upload] = []
        self._begun: bytearray | Upload | None = None
        self._strange = False

    def write(self, data: bytes) -> Deferred[None] | None:
        """More octets, in order.

        Raises:
            TooLarge: over the partner's limit or the session's allowance.
            Busy: the hub is full.
            Refused: this is no EDIFACT file, or it took too long.
        """
        self._require_in_time()
        self.size += len(data)
        self._sort(self._framer.feed(data))
        return None if self._begun is None or isinstance(self._begun, bytearray) else self._begun.backlogged

    def end(self) -> None:
        """The file has no more octets; what was begun is an interchange without its end."""
        self._sort(self._framer.close())

    def _sort(self, events: Iterable[Octets | Ended]) -> None:
        for event in events:
            if isinstance(event, Octets):
                self._append(event.data)
            elif self._begun is not None:
                self._keep(bytes(self._begun) if isinstance(self._begun, bytearray) else self._begun, event.is_interchange)
                self._begun = None

    def _keep(self, unit: bytes | Upload, is_interchange: bool) -> None:
        if is_interchange or not isinstance(unit, bytes):
            self._strange = False
        elif self._strange:
            # What begins no interchange comes in runs: one stretch of them is one thing to complain of.
            before = self._whole.pop()
            unit = (before if isinstance(before, bytes) else b"") + unit
            if len(unit) > SPILL_OCTETS:
                raise Refused(f"more than {SPILL_OCTETS} octets begin no interchange: this is no EDIFACT file")
        else:
            self._strange = True
        self._whole.append(unit)

    def _append(self, data: bytes) -> None:
        if self._begun is None:
            self._keep_room(_EACH_OCTETS)
            self._begun = bytearray()
        if isinstance(self._begun, bytearray):
            if len(self._begun) + len(data) <= self._spill:
                self._keep_room(len(data))
                self._begun += data
                return
            held = bytes(self._begun)
            self._keep_room(-len(held), 1)
            self._begun = self._intake.begin(self._session, self.file_name)
            if self._deadline is None:
                self._deadline = self._reactor.callLater(self._within_s, self._too_late)
            self._begun.write(held)
        self._begun.write(data)

    def _keep_room(self, octets: int, large: int = 0) -> None:
        self._allowance.take(octets, large)
        self._octets += octets
        self._large += large

    def _too_late(self) -> None:
        self._late = True
        self.abort("the upload took too long")

    def _require_in_time(self) -> None:
        if self._late:
            raise Refused(f"the upload was not done within {self._within_s:.0f} seconds: nothing of it was taken")

    async def take(self) -> list[Receipt]:
        """Has the hub take every interchange, one after the other; the receipts, in order.

        Raises:
            Refused: the file was empty.
            HubError: the first refusal of the hub, and how many interchanges had been taken before it. Nothing was promised of it and the rest.
        """
        self._require_in_time()
        self._rest()
        if not self._whole:
            raise Refused("the file is empty: nothing was taken")
        receipts: list[Receipt] = []
        number = len(self._whole)
        try:
            while self._whole:
                receipts.append(await self._upload(self._whole.pop(0)).finish())
        except HubError as error:
            if number == 1:
                raise
            text = f"{len(receipts)} of {number} interchanges were taken (a repeat of the file does no harm), then: {error}"
            raise TemporaryError(text) if isinstance(error, TemporaryError) else Refused(text) from error
        finally:
            self.abort("an earlier interchange of the file was not taken")
        return receipts

    def _upload(self, kept: bytes | Upload) -> Upload:
        if not isinstance(kept, bytes):
            return kept
        upload = self._intake.begin(self._session, self.file_name)
        upload.write(kept)
        return upload

    def abort(self, reason: str) -> None:
        """Forget what is not taken; idempotent."""
        for kept in (*self._whole, self._begun):
            if kept is not None and not isinstance(kept, bytes | bytearray):
                kept.abort(reason)
        self._whole, self._begun = [], None
        self._rest()
        self._keep_room(-self._octets, -self._large)

    def _rest(self) -> None:
        """The deadline does not matter any more."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()


class Uploading:
    """A file of the outbox while it is written. ``finished`` decides what becomes of it when the client closes it."""

    def __init__(self, parcel: Parcel, finished: Callable[[Parcel], Awaitable[None]], attributes: Callable[[int], Attributes]) -> None:
        self._parcel = parcel
        self._finished = finished
        self._attributes = attributes
        self._order = InOrder()
        self._failure: HubError | None = None

    def attributes(self) -> Attributes:
        return self._attributes(self._order.position)

    def write(self, offset: int, data: bytes) -> Deferred[None] | None:
        """Takes ``data``. A Deferred means that no more should be written before it fires.

        Raises:
            HubError: this upload has failed; every later write and the close fail alike.
        """
        if self._failure is not None:
            raise self._failure
        try:
            ready = self._order.add(offset, data)
            return self._parcel.write(ready) if ready else None
        except HubError as error:
            self._fail(error)
            raise

    async def close(self) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            self._order.end()
            self._parcel.end()
        except HubError as error:
            self._fail(error)
            raise
        await self._finished(self._parcel)

    def lost(self) -> None:
        self._parcel.abort("the connection ended before the file was closed")

    def _fail(self, error: HubError) -> None:
        # Whatever the client still sends of this file is answered with the first failure.
        self._failure = error
        self._parcel.abort(str(error))


class Looking:
    """A file that may be read freely: an acknowledgement, READ.ME, the archive. ``read_through`` is called when it was read to its end and closed."""

    def __init__(self, content: Content, attributes: Attributes, read_through: Callable[[], None] = lambda: None) -> None:
        self._content = content
        self._attributes = attributes
        self._read_through = read_through
        self._coverage = Coverage()

    def attributes(self) -> Attributes:
        return self._attributes

    async def read(self, offset: int, length: int) -> bytes:
        """Octets from ``offset``, perhaps fewer than ``length``; empty at and after the end."""
        octets = await _read(self._content, offset, length)
        self._coverage.add(offset, offset + len(octets))
        return octets

    async def close(self) -> None:
        if self._coverage.covers(self._content.size):
            self._read_through()

    def lost(self) -> None:
        """Nothing to undo."""


class Collecting:
    """The pickup of one delivery: claimed when opened, the lease extended while it is read, committed when it was read whole and closed."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        session: Session,
        claimed: Claimed,
        content: Content,
        attributes: Attributes,
        collected: Callable[[Delivery], None],
        *,
        reactor: IReactorTime,
        lease_s: float,
    ) -> None:
        self._mailboxes = mailboxes
        self._session = session
        self._claimed = claimed
        self._content = content
        self._attributes = attributes
        self._collected = collected
        self._reactor = reactor
        self._lease_s = lease_s
        self._leased_at = reactor.seconds()
        self._coverage = Coverage()

    def attributes(self) -> Attributes:
        return self._attributes

    async def read(self, offset: int, length: int) -> bytes:
        """As ``Looking.read``."""
        now = self._reactor.seconds()
        if now - self._leased_at > self._lease_s / 3:
            self._leased_at = now
            await self._mailboxes.extend(self._session, self._claimed.delivery.id, self._claimed.claim, lease_s=self._lease_s)
        octets = await _read(self._content, offset, length)
        self._coverage.add(offset, offset + len(octets))
        return octets

    async def close(self) -> None:
        id, claim = self._claimed.delivery.id, self._claimed.claim
        if not self._coverage.covers(self._content.size):
            await self._mailboxes.release(self._session, id, claim)
            return
        try:
            self._collected(await self._mailboxes.commit(self._session, id, claim))
        except Conflict as error:
            raise Conflict("the lease ran out before the file was closed: it waits in the inbox again, collect it once more") from error

    def lost(self) -> None:
        released = self._mailboxes.release(self._session, self._claimed.delivery.id, self._claimed.claim)
        # Where the release fails the lease runs out by itself: nothing is lost, but somebody should know.
        released.addErrback(lambda failure: _log.warn("delivery {id} not released: {error}", id=self._claimed.delivery.id, error=failure.getErrorMessage()))


OpenFile = Uploading | Looking | Collecting
"""Each has ``attributes()``, ``close()`` and ``lost()``; what else can be done with it depends on what it is."""


class Whole:
    """A ``Content`` that is in memory already."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    @property
    def size(self) -> int:
        return len(self._octets)

    def read(self, offset: int, length: int) -> Deferred[bytes]:
        return succeed(self._octets[offset : offset + length])


class Listing:
    """A folder while it is listed, page by page, so that a mailbox of any size costs one page."""

    def __init__(self, pages: AsyncIterator[list[Entry]]) -> None:
        self._pages = pages
        self._ready: list[Entry] = []
        self._turn = DeferredLock()

    async def read(self) -> list[Entry]:
        """The next entries, at most ``BATCH``; none when all were read."""
        await self._turn.acquire()
        try:
            while not self._ready:
                try:
                    self._ready = await anext(self._pages)
                except StopAsyncIteration:
                    return []
            batch, self._ready = self._ready[:BATCH], self._ready[BATCH:]
            return batch
        finally:
            self._turn.release()


async def _read(content: Content, offset: int, length: int) -> bytes:
    if offset >= content.size:
        return b""
    return await content.read(offset, min(length, CHUNK_OCTETS))
