"""From the store's futures to Twisted's Deferreds, and the one way to start work that nobody awaits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

import structlog
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from vanhub.errors import TemporaryError

T = TypeVar("T")

_log = structlog.get_logger("vanhub.service")

MOST_AT_ONCE = 100
"""Deferreds fired in one turn of the reactor: a commit settles hundreds of jobs, and what each sets off takes up to a tenth of a millisecond."""


class Futures:
    """Futures that are awaited on one reactor.

    Waking the reactor is a system call, at which the thread that settles a future lets others run: all that is settled while a wake is on its way
    comes with it. Deferreds fire in the order in which their futures were settled.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._lock = threading.Lock()
        self._settled: deque[tuple[Future[Any], Deferred[Any]]] = deque()  # while there is something in it a wake is on its way

    def deferred(self, future: Future[T]) -> Deferred[T]:
        """Fires on the reactor thread with what ``future`` comes to, with ``TemporaryError`` when it was cancelled because the hub stops.

        Cancelling the Deferred forgets the result; the job runs all the same.
        """
        waiting: Deferred[T] = Deferred()
        future.add_done_callback(partial(self._settle, waiting))
        return waiting

    def _settle(self, waiting: Deferred[Any], future: Future[Any]) -> None:
        """In the thread that settled ``future``."""
        with self._lock:
            is_first = not self._settled
            self._settled.append((future, waiting))
        if is_first:
            self._reactor.callFromThread(self._fire)

    def _fire(self) -> None:
        with self._lock:
            settled = [self._settled.popleft() for _ in range(min(len(self._settled), MOST_AT_ONCE))]
            is_more = bool(self._settled)
        if is_more:
            self._reactor.callFromThread(self._fire)
        for future, waiting in settled:
            _fire(future, waiting)


def _fire(future: Future[Any], waiting: Deferred[Any]) -> None:
    if waiting.called:
        return
    error = future.exception() if not future.cancelled() else TemporaryError("the hub is stopping")
    if error is None:
        waiting.callback(future.result())
    else:
        waiting.errback(error if isinstance(error, Exception) else RuntimeError(repr(error)))


def background(name: str, coroutine: Coroutine[Any, Any, object]) -> Deferred[None]:
    """Run ``coroutine``; whatever it raises is logged under ``name`` and goes no further."""

    def failed(failure: Failure) -> None:
        _log.error("background.failed", task=name, error=repr(failure.value), traceback=failure.getTraceback())

    running: Deferred[Any] = Deferred.fromCoroutine(coroutine)
    return running.addCallbacks(lambda _: None, failed)
