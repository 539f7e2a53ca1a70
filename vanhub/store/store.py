"""The store: one database and the content beside it, as the rest of the hub sees them.

Jobs are functions ``(Connection, values) -> value`` in the modules of this package, one module for each noun. They never commit, read no clock and may be run again.
A future of ``submit`` is resolved after the COMMIT that holds its job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError

from vanhub.errors import OperatorError
from vanhub.store import interchanges, staging
from vanhub.store.chunks import ChunkRows
from vanhub.store.content import ContentStore
from vanhub.store.disk import Disk
from vanhub.store.engine import open_engine
from vanhub.store.readers import Readers
from vanhub.store.schema import require_schema
from vanhub.store.segments import SegmentFiles
from vanhub.store.writer import Writer
from vanhub.values.acceptance import Acceptance, Accepted
from vanhub.values.delivery import ContentRef

T = TypeVar("T")

_READERS = 4
_CONNECTIONS = 16  # at most, for writing and for reading: on PostgreSQL content is written and read from any thread


class Store:
    """An open store. All methods may be called from any thread; futures are resolved on the store's own threads."""

    def __init__(self, writing: Engine, reading: Engine, content: ContentStore, *, clock: Callable[[], datetime], queue_limit: int) -> None:
        self._writing = writing
        self._reading = reading
        self._content = content
        self._clock = clock
        self._writer = Writer(writing, content, clock=clock, queue_limit=queue_limit)
        self._readers = Readers(reading, threads=_READERS)

    @classmethod
    def open(cls, url: str, content_dir: Path, *, clock: Callable[[], datetime], queue_limit: int = 10_000, disk: Disk | None = None) -> Store:
        """Open the store at ``url`` (``sqlite:////PATH`` or ``postgresql+psycopg://..``); an empty database gets its schema.

        On SQLite content lies under ``content_dir``; on PostgreSQL in the database. What an earlier crash left behind is swept.

        Raises:
            OperatorError: the database cannot be opened, or its schema is not this program's.
        """
        writing = open_engine(url, reading=False, connections=_CONNECTIONS)
        try:
            require_schema(writing)
            reading = open_engine(url, reading=True, connections=_CONNECTIONS)
            content = SegmentFiles(content_dir, disk=disk) if writing.dialect.name == "sqlite" else ChunkRows(writing, reading)
            store = cls(writing, reading, content, clock=clock, queue_limit=queue_limit)
        except (DBAPIError, OSError) as error:
            writing.dispose()
            raise OperatorError(f"the store {make_url(url).render_as_string()} cannot be opened: {getattr(error, 'orig', error)}") from error
        except OperatorError:
            writing.dispose()
            raise
        try:
            store._sweep()
        except BaseException:
            store.close()
            raise
        return store

    def submit(self, job: Callable[..., T], *args: Any, contents: Sequence[bytes] = (), **kw: Any) -> Future[T]:
        """Run ``job(conn, *args, **kw)`` in the next transaction, with ``refs=(ContentRef, ..)`` of ``contents`` when there are any.

        The future fails with the job's own error, or with ``StoreUnavailable`` or ``DiskFull`` when nothing of the transaction was promised.

        Raises:
            Busy: ``queue_limit`` jobs wait already.
            StoreUnavailable: the store is closing.
        """
        return self._writer.submit(job, args, kw, contents)

    def call(self, job: Callable[..., T], *args: Any, contents: Sequence[bytes] = (), **kw: Any) -> T:
        """``submit`` and wait."""
        return self.submit(job, *args, contents=contents, **kw).result()

    def accept(self, acceptance: Acceptance, contents: Sequence[bytes] = ()) -> Future[Accepted]:
        """``interchanges.accept`` as a job; the message rows of a huge interchange go before it in jobs of their own, so that the others need not wait.

        ``contents`` holds the octets, unless they are in ``acceptance.content``. Raises as ``submit``.
        """
        if len(acceptance.messages) <= staging.MOST_ROWS:
            return self.submit(interchanges.accept, acceptance, contents=contents)
        return staging.submit_staged(self.submit, interchanges.accept, acceptance, contents)

    def read(self, job: Callable[..., T], *args: Any, **kw: Any) -> Future[T]:
        """Run ``job(conn, *args, **kw)`` on a reader thread, in a snapshot that cannot write."""
        return self._readers.submit(job, args, kw)

    def look(self, job: Callable[..., T], *args: Any, **kw: Any) -> T:
        """``read`` and wait."""
        return self.read(job, *args, **kw).result()

    def content(self) -> ContentStore:
        """Where the octets of interchanges are kept."""
        return self._content

    def discard(self, ref: ContentRef) -> None:
        """Drop a finished large content of which nothing came, unless an interchange refers to it all the same: a COMMIT that seemed to fail may have succeeded.

        Raises:
            StoreUnavailable: that cannot be told now; a later start sweeps it.
        """
        if not self.call(interchanges.owns_large, ref.day, ref.segment):
            self._content.discard(ref)

    def statistics(self) -> dict[str, float]:
        """The writer's numbers, see ``Writer.statistics``."""
        return self._writer.statistics()

    def close(self) -> None:
        """Finish every job that was submitted, then let go of everything; idempotent."""
        self._writer.close()
        self._readers.close()
        self._content.close()
        self._writing.dispose()
        self._reading.dispose()

    def _sweep(self) -> None:
        """Drop what a crash left behind: large contents and message rows whose interchange never came."""

        def owned(day: str, segment: str) -> bool:
            return self.look(interchanges.owns_large, day, segment)

        now = self._clock()
        self._content.sweep(owned, now)
        while self.call(staging.sweep, now):
            pass


def open_content(url: str, content_dir: Path) -> ContentStore:
    """The content of the store at ``url`` for reading only, in another process than the one that writes.

    Raises:
        OperatorError: the URL is of no database that the hub can use.
    """
    reading = open_engine(url, reading=True)
    return SegmentFiles(content_dir) if reading.dialect.name == "sqlite" else ChunkRows(reading, reading)
