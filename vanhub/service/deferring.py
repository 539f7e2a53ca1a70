"""From the store's futures to Twisted's Deferreds, and the one way to start work that nobody awaits."""

from __future__ import annotations

from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from vanhub.errors import TemporaryError

T = TypeVar("T")

_log = structlog.get_logger("vanhub.service")


def deferred_from(future: Future[T], reactor: IReactorFromThreads) -> Deferred[T]:
    """Fires on the reactor thread with what ``future`` comes to, with ``TemporaryError`` when it was cancelled because the hub stops.

    Cancelling the Deferred forgets the result; the job runs all the same.
    """
    waiting: Deferred[T] = Deferred()

    def settle() -> None:
        if waiting.called:
            return
        error = future.exception() if not future.cancelled() else TemporaryError("the hub is stopping")
        if error is None:
            waiting.callback(future.result())
        else:
            waiting.errback(error if isinstance(error, Exception) else RuntimeError(repr(error)))

    future.add_done_callback(lambda _: reactor.callFromThread(settle))
    return waiting


def background(name: str, coroutine: Coroutine[Any, Any, object]) -> Deferred[None]:
    """Run ``coroutine``; whatever it raises is logged under ``name`` and goes no further."""

    def failed(failure: Failure) -> None:
        _log.error("background.failed", task=name, error=repr(failure.value), traceback=failure.getTraceback())

    running: Deferred[Any] = Deferred.fromCoroutine(coroutine)
    return running.addCallbacks(lambda _: None, failed)
