"""One interchange on its way in: in memory until there is too much of it, then in content, written by a thread in order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import structlog
from twisted.internet.defer import Deferred, succeed

from vanhub.errors import HubError, TooLarge
from vanhub.gateways.seam import Session
from vanhub.service.core import Core
from vanhub.store.content import LargeContent
from vanhub.values.delivery import ContentRef, Receipt

_log = structlog.get_logger("vanhub.intake")

T = TypeVar("T")

BACKLOG_OCTETS = 4 * 1024 * 1024
"""Octets of one large upload that may wait for the disk before its sender is paused."""


class Taker(Protocol):
    """What an upload needs of the intake."""

    core: Core

    def thread(self, call: Callable[..., T], *args: Any) -> Deferred[T]: ...
    def open_large(self) -> Deferred[LargeContent]: ...
    async def take(self, session: Session, data: bytes, file_name: str) -> Receipt: ...
    async def take_large(self, session: Session, ref: ContentRef, digest: str, file_name: str) -> Receipt: ...
    def ended(self, session: Session) -> None: ...


class HubUpload:
    """The hub's ``Upload``. Lives on the reactor thread."""

    def __init__(self, intake: Taker, session: Session, file_name: str, most: int) -> None:
        self._intake, self._session, self._file_name, self._most = intake, session, file_name, most
        self._pieces: list[bytes] = []
        self._size = 0
        self._digest = hashlib.sha256()
        self._finishing = False
        self._over = False
        self._large: LargeContent | None = None
        self._writing: Deferred[None] | None = None
        self._unwritten = 0
        self._failed: BaseException | None = None
        self._room: Deferred[None] | None = None

    def write(self, data: bytes) -> None:
        if self._size + len(data) > self._most:
            self.abort("too large")
            raise TooLarge(f"the interchange is larger than the {self._most} octets that are agreed; split it, or have the limit raised")
        self._size += len(data)
        self._pieces.append(bytes(data))
        self._unwritten += len(data)
        if self._size > self._intake.core.settings.limits.memory_octets:
            self._digest_and_flush()

    def finish(self) -> Deferred[Receipt]:
        self._finishing = True
        finishing: Deferred[Receipt] = Deferred.fromCoroutine(self._finish())
        return finishing.addBoth(self._end)

    def abort(self, reason: str) -> None:
        if self._finishing or self._over:
            return  # once all octets are here it is decided, whoever is still there to hear the answer
        self._end(None)
        self._pieces.clear()
        _log.info("upload.aborted", principal=self._session.principal.id, gateway=self._session.gateway, octets=self._size, reason=reason)
        (self._writing or succeed(None)).addBoth(lambda _: self._forget_large())
        self._give_room()

    @property
    def backlogged(self) -> Deferred[None] | None:
        if self._unwritten <= BACKLOG_OCTETS or self._writing is None:
            return None
        if self._room is None:
            self._room = Deferred()
        waiting: Deferred[None] = Deferred()
        self._room.addCallback(lambda _: waiting.callback(None))
        return waiting

    async def _finish(self) -> Receipt:
        if self._writing is None and self._large is None and self._size <= self._intake.core.settings.limits.memory_octets:
            return await self._intake.take(self._session, b"".join(self._pieces), self._file_name)
        while self._writing is not None or self._pieces:
            self._digest_and_flush()
            await self._turn()
        if self._failed is not None:
            self._forget_large()
            raise self._failed
        assert self._large is not None  # noqa: S101 - it was begun with the first flush, which came before this
        try:
            ref = await self._intake.thread(self._large.finish)
        except HubError:
            self._forget_large()
            raise
        return await self._intake.take_large(self._session, ref, self._digest.hexdigest(), self._file_name)

    def _turn(self) -> Deferred[None]:
        """Fires when the write now under way has ended."""
        waiting: Deferred[None] = Deferred()
        if self._writing is None:
            waiting.callback(None)
        else:
            self._writing.addBoth(lambda _: waiting.callback(None))
        return waiting

    def _digest_and_flush(self) -> None:
        """Write what waits, in a thread, unless a write is under way: it looks again when it has ended."""
        if self._failed is not None:
            self._pieces, self._unwritten = [], 0  # the rest is taken and dropped: the end will say why
        if self._writing is not None or not self._pieces:
            return
        pieces, self._pieces = self._pieces, []
        self._writing = Deferred.fromCoroutine(self._write(pieces)).addBoth(self._written, sum(map(len, pieces)))

    async def _write(self, pieces: list[bytes]) -> None:
        if self._large is None:
            self._large = await self._intake.open_large()
        await self._intake.thread(self._write_now, self._large, pieces)

    def _write_now(self, large: LargeContent, pieces: list[bytes]) -> None:
        """In a thread."""
        for piece in pieces:
            self._digest.update(piece)
            large.write(piece)

    def _written(self, result: Any, octets: int) -> None:
        self._writing = None
        self._unwritten -= octets
        if result is not None:
            self._failed = result.value
        if self._over:
            return
        if self._pieces:
            self._digest_and_flush()
        if self._unwritten <= BACKLOG_OCTETS:
            self._give_room()

    def _give_room(self) -> None:
        """Whoever waits to send more may go on."""
        room, self._room = self._room, None
        if room is not None:
            room.callback(None)

    def _forget_large(self) -> None:
        if self._large is not None:
            self._intake.thread(self._large.abort).addErrback(lambda failure: _log.warning("upload.abort-failed", error=repr(failure.value)))

    def _end(self, result: T) -> T:
        if not self._over:
            self._over = True
            self._intake.ended(self._session)
        return result
