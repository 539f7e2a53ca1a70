"""Content in rows: chunks of at most 256 KiB, partitioned by day. The content store on PostgreSQL.

Every content is a segment of its own, numbered by a sequence; it is written in the transaction that accepts it and vanishes with it. A large one is written before,
in transactions of its own, and noted in ``large_content`` until its acceptance; what is still noted a day later is an orphan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from vanhub.errors import NotFound, StoreUnavailable
from vanhub.store.content import day_of, whole
from vanhub.store.engine import translated
from vanhub.store.tables import chunk, content_segment, large_content
from vanhub.values.delivery import ContentRef

CHUNK_OCTETS = 256 << 10
_ORPHAN_AFTER = timedelta(days=1)
_PARTITION_LOCK = 0x76616E68  # any number that means to PostgreSQL's advisory locks: somebody makes or drops a partition of chunk

_INSERT = insert(chunk)
_NEXT_SEGMENT = select(content_segment.next_value())
_PIECE = (
    select(chunk.c.data)
    .where(chunk.c.day == bindparam("day"), chunk.c.segment == bindparam("segment"), chunk.c.number.between(bindparam("first"), bindparam("last")))
    .order_by(chunk.c.number)
)


class ChunkRows:
    """A ``ContentStore`` of chunk rows. ``engine`` writes, ``reading`` reads; ``close`` disposes of both."""

    def __init__(self, engine: Engine, reading: Engine) -> None:
        self._engine = engine
        self._reading = reading
        self._days: set[str] = set()

    def append(self, conn: Connection, contents: Sequence[bytes], now: datetime) -> tuple[ContentRef, ...]:
        day = day_of(now)
        self._make_partition(day)
        refs: list[ContentRef] = []
        rows: list[dict[str, object]] = []
        for content in contents:
            segment = conn.execute(_NEXT_SEGMENT).scalar_one()
            rows += [
                {"day": day, "segment": segment, "number": number, "data": content[start : start + CHUNK_OCTETS]}
                for number, start in enumerate(range(0, len(content), CHUNK_OCTETS))
            ]
            refs.append(ContentRef(day, str(segment), 0, len(content)))
        if rows:
            conn.execute(_INSERT, rows)
        return tuple(refs)

    def sync(self) -> None:
        """COMMIT makes the rows durable."""

    def read(self, ref: ContentRef, offset: int, length: int) -> bytes:
        length = max(0, min(length, ref.length - offset))
        if not length:
            return b""
        start = ref.offset + offset
        first = start // CHUNK_OCTETS
        last = (start + length - 1) // CHUNK_OCTETS
        try:
            with self._reading.connect() as conn:
                pieces = conn.execute(_PIECE, {"day": ref.day, "segment": int(ref.segment), "first": first, "last": last}).scalars().all()
                if not pieces and ref.day not in _partitions(conn):
                    raise NotFound(f"the content of {ref.day} is no longer kept")
        except SQLAlchemyError as error:
            raise translated(error) from error
        begin = start - first * CHUNK_OCTETS
        return whole(ref, offset, b"".join(map(bytes, pieces))[begin : begin + length], length)

    def begin_large(self, now: datetime) -> LargeRows:
        try:
            day = day_of(now)
            self._make_partition(day)
            with self._engine.begin() as conn:
                segment = conn.execute(_NEXT_SEGMENT).scalar_one()
                conn.execute(insert(large_content), [{"segment": segment, "day": day, "begun_at": now}])
        except SQLAlchemyError as error:
            raise translated(error) from error
        return LargeRows(self._engine, day, segment)

    def discard(self, ref: ContentRef) -> None:
        try:
            with self._engine.begin() as conn:
                _drop(conn, ref.day, int(ref.segment))
        except SQLAlchemyError as error:
            raise translated(error) from error

    def days(self) -> list[str]:
        with self._reading.connect() as conn:
            return _partitions(conn)

    def drop_day(self, day: str) -> None:
        if not (len(day) == 8 and day.isdecimal()):
            raise ValueError(f"{day!r} is no day")
        with self._engine.begin() as conn:
            conn.execute(select(func.pg_advisory_xact_lock(_PARTITION_LOCK)))
            conn.execute(delete(large_content).where(large_content.c.day == day))
            conn.execute(text(f"DROP TABLE IF EXISTS chunk_{day}"))
        self._days.discard(day)

    def sweep(self, owned: Callable[[str, str], bool], now: datetime) -> int:
        """Other hub nodes may be writing: only what was begun more than a day ago is an orphan."""
        swept = 0
        with self._engine.begin() as conn:
            old = select(large_content).where(large_content.c.begun_at < now - _ORPHAN_AFTER).with_for_update(skip_locked=True)
            for row in conn.execute(old).all():
                if owned(row.day, str(row.segment)):
                    conn.execute(delete(large_content).where(large_content.c.segment == row.segment))
                else:
                    _drop(conn, row.day, row.segment)
                    swept += 1
        return swept

    def close(self) -> None:
        self._engine.dispose()
        self._reading.dispose()

    def _make_partition(self, day: str) -> None:
        """In a transaction of its own, so that the lock on ``chunk`` is held for a moment only."""
        if day not in self._days:
            with self._engine.begin() as conn:
                conn.execute(select(func.pg_advisory_xact_lock(_PARTITION_LOCK)))
                conn.execute(text(f"CREATE TABLE IF NOT EXISTS chunk_{day} PARTITION OF chunk FOR VALUES IN ('{day}')"))
            self._days.add(day)


class LargeRows:
    """A ``LargeContent`` in chunk rows."""

    def __init__(self, engine: Engine, day: str, segment: int) -> None:
        self._engine = engine
        self._day = day
        self._segment = segment
        self._waiting = bytearray()
        self._number = 0
        self._size = 0
        self._open = True

    def write(self, data: bytes) -> None:
        if not self._open:
            raise StoreUnavailable("this content was finished or aborted")
        self._waiting += data
        self._size += len(data)
        whole_chunks = len(self._waiting) // CHUNK_OCTETS * CHUNK_OCTETS
        if whole_chunks:
            self._store(whole_chunks)

    def finish(self) -> ContentRef:
        if not self._open:
            raise StoreUnavailable("this content was finished or aborted")
        self._store(len(self._waiting))
        self._open = False
        return ContentRef(self._day, str(self._segment), 0, self._size)

    def abort(self) -> None:
        if self._open:
            self._open = False
            with self._engine.begin() as conn:
                _drop(conn, self._day, self._segment)

    def _store(self, octets: int) -> None:
        """Write the first ``octets`` that wait."""
        starts = range(0, octets, CHUNK_OCTETS)
        rows = [
            {
                "day": self._day,
                "segment": self._segment,
                "number": self._number + index,
                "data": bytes(self._waiting[start : min(start + CHUNK_OCTETS, octets)]),
            }
            for index, start in enumerate(starts)
        ]
        if rows:
            try:
                with self._engine.begin() as conn:
                    conn.execute(_INSERT, rows)
            except SQLAlchemyError as error:
                raise translated(error) from error
        self._number += len(rows)
        del self._waiting[:octets]


def _partitions(conn: Connection) -> list[str]:
    """The days that have a partition, oldest first."""
    names = conn.execute(text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'chunk'::regclass")).scalars()
    return sorted(name.removeprefix("chunk_") for name in names)


def _drop(conn: Connection, day: str, segment: int) -> None:
    conn.execute(delete(chunk).where(chunk.c.day == day, chunk.c.segment == segment))
    conn.execute(delete(large_content).where(large_content.c.segment == segment))
