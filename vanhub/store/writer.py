"""The one writer: a thread that runs all jobs waiting in one transaction (group commit).

Each job runs in a SAVEPOINT, so that one that raises loses only its own rows. A future is resolved after the COMMIT that holds its job, never before;
a failed COMMIT fails every job of its batch, for nothing of it was promised. Order of arrival is kept.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from vanhub.errors import Busy, StoreUnavailable
from vanhub.store.content import ContentStore
from vanhub.store.engine import is_overtaken, translated
from vanhub.store.prepared import run

_MOST_JOBS = 500
_MOST_OCTETS = 16 << 20
_ATTEMPTS = 5


@dataclass(slots=True, eq=False)
class _Waiting:
    job: Callable[..., Any]
    args: tuple[Any, ...]
    kw: Mapping[str, Any]
    contents: Sequence[bytes]
    since: datetime
    future: Future[Any] = field(default_factory=Future)
    attempts: int = 0


class Writer:
    """Runs jobs ``job(conn, *args, **kw)``, or ``job(conn, *args, refs=refs, **kw)`` when contents are given. All methods may be called from any thread."""

    def __init__(self, engine: Engine, content: ContentStore, *, clock: Callable[[], datetime], queue_limit: int) -> None:
        self._engine = engine
        self._content = content
        self._clock = clock
        self._queue_limit = queue_limit
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._batches = self._jobs = self._failed_jobs = self._failed_commits = 0
        self._last_batch_jobs = 0
        self._last_commit_s = self._last_batch_s = 0.0
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[..., Any], args: tuple[Any, ...], kw: Mapping[str, Any], contents: Sequence[bytes]) -> Future[Any]:
        """Queue a job. Raises ``Busy`` when the queue is full, ``StoreUnavailable`` when the writer is stopping."""
        waiting = _Waiting(job, args, kw, contents, self._clock())
        with self._changed:
            if self._closing:
                raise StoreUnavailable("the store is stopping")
            if len(self._queue) >= self._queue_limit:
                raise Busy("too many jobs wait for the store")
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.future

    def close(self) -> None:
        """Run what is queued, then stop; idempotent."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def statistics(self) -> dict[str, float]:
        """Queue length and age in seconds, counts since the start, the last batch's size and seconds."""
        with self._changed:
            oldest = (self._clock() - self._queue[0].since).total_seconds() if self._queue else 0.0
            return {
                "queue_length": len(self._queue),
                "queue_age_s": oldest,
                "batches": self._batches,
                "jobs": self._jobs,
                "failed_jobs": self._failed_jobs,
                "failed_commits": self._failed_commits,
                "last_batch_jobs": self._last_batch_jobs,
                "last_batch_s": self._last_batch_s,
                "last_commit_s": self._last_commit_s,
            }

    def _work(self) -> None:
        while batch := self._take():
            self._run(batch)

    def _take(self) -> list[_Waiting]:
        """All jobs that wait, up to a bound that keeps a transaction short; empty when the writer is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            batch: list[_Waiting] = []
            octets = 0
            while self._queue and len(batch) < _MOST_JOBS and octets < _MOST_OCTETS:
                waiting = self._queue.popleft()
                octets += sum(map(len, waiting.contents))
                batch.append(waiting)
            return batch

    def _run(self, batch: list[_Waiting]) -> None:
        live = [waiting for waiting in batch if waiting.attempts or waiting.future.set_running_or_notify_cancel()]
        begun = self._clock()
        results: list[tuple[_Waiting, Any]] = []
        errors: list[tuple[_Waiting, Exception]] = []
        again: list[_Waiting] = []
        try:
            with self._engine.connect() as conn, conn.begin() as transaction:
                for waiting in live:
                    self._run_one(conn, waiting, begun, results, errors, again)
                self._content.sync()
                committing = self._clock()
                transaction.commit()
        except Exception as error:  # noqa: BLE001 - the edge of the thread: whatever it was, every job of the batch must hear of it
            with self._changed:
                self._failed_commits += 1
            for waiting in live:
                waiting.future.set_exception(_failed_commit(error))
            return
        ended = self._clock()
        with self._changed:
            self._batches += 1
            self._jobs += len(results)
            self._failed_jobs += len(errors)
            self._last_batch_jobs = len(live)
            self._last_batch_s = (ended - begun).total_seconds()
            self._last_commit_s = (ended - committing).total_seconds()
            self._queue.extendleft(reversed(again))
        for waiting, result in results:
            waiting.future.set_result(result)
        for waiting, raised in errors:
            waiting.future.set_exception(translated(raised))

    def _run_one(
        self,
        conn: Connection,
        waiting: _Waiting,
        now: datetime,
        results: list[tuple[_Waiting, Any]],
        errors: list[tuple[_Waiting, Exception]],
        again: list[_Waiting],
    ) -> None:
        """One job in its SAVEPOINT. An error of the transaction itself (it cannot roll back to the SAVEPOINT) is raised and ends the batch."""
        run(conn, "SAVEPOINT job")
        try:
            if waiting.contents:
                refs = self._content.append(conn, waiting.contents, now)
                result = waiting.job(conn, *waiting.args, refs=refs, **waiting.kw)
            else:
                result = waiting.job(conn, *waiting.args, **waiting.kw)
        except Exception as error:  # noqa: BLE001 - a job's error belongs to who submitted it, whatever it is
            try:
                run(conn, "ROLLBACK TO SAVEPOINT job")
            except SQLAlchemyError:
                # The database undid the whole transaction (disk full, I/O error, lost connection): the first error says why.
                raise error from None
            waiting.attempts += 1
            if is_overtaken(error) and waiting.attempts < _ATTEMPTS:
                again.append(waiting)
            else:
                errors.append((waiting, error))
        else:
            results.append((waiting, result))
        run(conn, "RELEASE SAVEPOINT job")


def _failed_commit(error: Exception) -> Exception:
    """What the jobs of a batch hear when their transaction failed: nothing of it was promised."""
    failure = translated(error)
    if isinstance(failure, DBAPIError):
        failure = StoreUnavailable("the store could not commit")
        failure.__cause__ = error
    return failure
