"""Processes that check interchanges too large for the reactor's process.

A worker reads the octets itself from content, in pieces, so that neither it nor the hub ever holds the whole; only the report
travels back. Workers are spawned, not forked, and open the store's content and the directories once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.synchronize import Event
from typing import Any

import structlog
from twisted.internet.defer import Deferred

from vanhub.directory.check import CheckLimits, InterchangeCheck
from vanhub.directory.messages import Guides
from vanhub.directory.model import Directories
from vanhub.edifact.report import Report
from vanhub.errors import OperatorError, TemporaryError
from vanhub.service.deferring import Futures
from vanhub.service.home import Home
from vanhub.store.content import ContentStore
from vanhub.store.store import open_content
from vanhub.values.delivery import ContentRef

_log = structlog.get_logger("vanhub.workers")

_PIECE = 1 << 16
"""Octets that a worker checks before it looks whether the hub is stopping: what is wrong everywhere takes a second or two for so much."""


class CheckWorkers:
    """``count`` worker processes, started when first needed. Lives on the reactor thread."""

    def __init__(self, count: int, home: Home, futures: Futures) -> None:
        self._count, self._home, self._futures = count, home, futures
        self._pool: ProcessPoolExecutor | None = None
        self._processes = multiprocessing.get_context("spawn")
        self._stopping = self._processes.Event()

    def check(self, ref: ContentRef, encoding: str, limits: CheckLimits) -> Deferred[Report]:
        """The report on the interchange that lies in ``ref``. Fails with ``TemporaryError`` when the worker died, or cannot read what it checks by."""
        try:
            pool, reporting = self._submit(ref, encoding, limits)
        except BrokenProcessPool:  # a worker died while it had nothing to do
            self._pool = None
            pool, reporting = self._submit(ref, encoding, limits)
        checking = self._futures.deferred(reporting)

        def failed(failure: Any) -> Any:
            if failure.check(OperatorError):  # a file in the home is wrong, which was in order when the hub read it
                _log.error("workers.cannot-check", error=str(failure.value))
                raise TemporaryError("interchanges of this size cannot be checked now; the operators see why in the hub's log; send it again later")
            if not failure.check(BrokenProcessPool):
                return failure
            if self._pool is pool:
                self._pool = None
            raise TemporaryError("the check of this interchange was interrupted; send it again")

        return checking.addErrback(failed)

    def _submit(self, ref: ContentRef, encoding: str, limits: CheckLimits) -> tuple[ProcessPoolExecutor, Future[Report]]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, self._processes, _begin, (self._home, self._stopping))
        return self._pool, self._pool.submit(_check, ref, encoding, limits)

    def renew(self) -> None:
        """The next check is done by workers that read the guides as they are now; checks under way end as they began."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None

    def close(self) -> None:
        """End the workers; a check under way is broken off. Blocks until they are gone."""
        self._stopping.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


_home: Home
_stopping: Event


def _begin(home: Home, stopping: Event) -> None:
    """Once in each worker. The hub decides when it ends, not whoever interrupts the terminal."""
    global _home, _stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _home, _stopping = home, stopping
    # A hub that was killed ends no worker, and a worker that waits for work does not notice.
    threading.Thread(target=_end_with_the_hub, daemon=True).start()


def _end_with_the_hub() -> None:
    hub = multiprocessing.parent_process()
    if hub is not None:
        hub.join()
        os._exit(1)


@lru_cache(maxsize=1)
def _open() -> tuple[ContentStore, Directories, Guides]:
    """What the worker needs, opened at its first check; until that succeeds at each."""
    directories = _home.open_directories()
    return open_content(_home.store_url, _home.content), directories, _home.open_guides(directories)


def _check(ref: ContentRef, encoding: str, limits: CheckLimits) -> Report:
    content, directories, guides = _open()
    check = InterchangeCheck(directories, guides=guides, encoding=encoding, limits=limits)
    for offset in range(0, ref.length, _PIECE):
        if _stopping.is_set():
            raise TemporaryError("the hub is stopping; send this interchange again")
        check.feed(content.read(ref, offset, min(_PIECE, ref.length - offset)))
    return check.close()
