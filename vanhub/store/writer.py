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
class _Submitted:
    """A job and what became of it in its last attempt; its future hears of that after COMMIT."""

    job: Callable[..., Any]
    args: tuple[Any, ...]
    kw: Mapping[str, Any]
    contents: Sequence[bytes]
    since: datetime
    future: Future[Any] = field(default_factory=Future)
    attempts: int = 0
    result: Any = None
    error: Exception | None = None

    @property
    def again(self) -> bool:
        """It lost against another hub node's transaction and may be run again."""
        return self.error is not None and self.attempts < _ATTEMPTS and is_overtaken(self.error)

    def settle(self) -> None:
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(translated(self.error))


class Writer:
    """Runs jobs ``job(conn, *args, **kw)``, or ``job(conn, *args, refs=refs, **kw)`` when contents are given. All methods may be called from any thread."""

    def __init__(self, engine: Engine, content: ContentStore, *, clock: Callable[[], datetime], queue_limit: int) -> None:
        self._engine = engine
        self._content = content
        self._clock = clock
        self._queue_limit = queue_limit
        self._queue: deque[_Submitted] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._batches = self._jobs = self._failed_jobs = self._failed_commits = 0
        self._last_batch_jobs = 0
        self._last_commit_s = self._last_batch_s = 0.0
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[..., Any], args: tuple[Any, ...], kw: Mapping[str, Any], contents: Sequence[bytes]) -> Future[Any]:
        """Queue a job. Raises ``Busy`` when the queue is full, ``StoreUnavailable`` when the writer is stopping."""
        submitted = _Submitted(job, args, kw, contents, self._clock())
        with self._changed:
            if self._closing:
                raise StoreUnavailable("the store is stopping")
            if len(self._queue) >= self._queue_limit:
                raise Busy("too many jobs wait for the store")
            self._queue.append(submitted)
            self._changed.notify()
        return submitted.future

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

    def _take(self) -> list[_Submitted]:
        """All jobs that wait, up to a bound that keeps a transaction short; empty when the writer is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            batch: list[_Submitted] = []
            octets = 0
            while self._queue and len(batch) < _MOST_JOBS and octets < _MOST_OCTETS:
                submitted = self._queue.popleft()
                octets += sum(map(len, submitted.contents))
                batch.append(submitted)
            return batch

    def _run(self, batch: list[_Submitted]) -> None:
        live = [each for each in batch if each.attempts or each.future.set_running_or_notify_cancel()]
        begun = self._clock()
        try:
            with self._engine.connect() as conn, conn.begin() as transaction:
                for each in live:
                    self._attempt(conn, each, begun)
                self._content.sync()
                committing = self._clock()
                transaction.commit()
        except Exception as error:  # noqa: BLE001 - the edge of the thread: whatever it was, every job of the batch must hear of it
            with self._changed:
                self._failed_commits += 1
            for each in live:
                each.future.set_exception(_failed_commit(error))
            return
        ended = self._clock()
        again = [each for each in live if each.again]
        settled = [each for each in live if not each.again]
        with self._changed:
            self._batches += 1
            self._jobs += sum(each.error is None for each in settled)
            self._failed_jobs += sum(each.error is not None for each in settled)
            self._last_batch_jobs = len(live)
            self._last_batch_s = (ended - begun).total_seconds()
            self._last_commit_s = (ended - committing).total_seconds()
            self._queue.extendleft(reversed(again))
        for each in settled:
            each.settle()

    def _attempt(self, conn: Connection, submitted: _Submitted, now: datetime) -> None:
        """Run one job in its SAVEPOINT. An error of the transaction itself (it cannot roll back to the SAVEPOINT) is raised and ends the batch."""
        submitted.attempts += 1
        run(conn, "SAVEPOINT job")
        try:
            kw = submitted.kw
            if submitted.contents:
                kw = {**kw, "refs": self._content.append(conn, submitted.contents, now)}
            submitted.result = submitted.job(conn, *submitted.args, **kw)
            submitted.error = None
        except Exception as error:  # noqa: BLE001 - a job's error belongs to who submitted it, whatever it is
            submitted.error = error
            try:
                run(conn, "ROLLBACK TO SAVEPOINT job")
            except SQLAlchemyError:
                # The database undid the whole transaction (disk full, I/O error, lost connection): the first error says why.
                raise error from None
        run(conn, "RELEASE SAVEPOINT job")


def _failed_commit(error: Exception) -> Exception:
    """What the jobs of a batch hear when their transaction failed: nothing of it was promised."""
    failure = translated(error)
    if isinstance(failure, DBAPIError):
        failure = StoreUnavailable("the store could not commit")
        failure.__cause__ = error
    return failure
