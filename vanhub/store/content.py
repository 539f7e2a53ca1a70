"""Content: the octets of interchanges, kept outside the tables by day, so that retention drops whole days.

``ContentStore`` and ``LargeContent`` are what the rest of the hub sees; ``vanhub.store.segments`` keeps content in day files (beside SQLite),
``vanhub.store.chunks`` in chunk rows partitioned by day (PostgreSQL). A crash may leave octets that nobody refers to, never a reference to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from vanhub.errors import HubError
from vanhub.values.delivery import ContentRef


class LargeContent(Protocol):
    """One content written in pieces, outside the transaction, from one thread at a time."""

    def write(self, data: bytes) -> None:
        """Append ``data``. Raises ``DiskFull`` or ``StoreUnavailable``; then only ``abort`` is left to do."""
        ...

    def finish(self) -> ContentRef:
        """Make it durable. Give the reference to the acceptance, or to ``ContentStore.discard`` when nothing came of it."""
        ...

    def abort(self) -> None:
        """Forget it; idempotent, and harmless after ``finish`` failed."""
        ...


class ContentStore(Protocol):
    """Where content is kept. ``append`` and ``sync`` belong to the writer; the others may be called from any thread."""

    def append(self, conn: Connection, contents: Sequence[bytes], now: datetime) -> tuple[ContentRef, ...]:
        """Keep ``contents`` under the day of ``now``; durable after ``sync`` and COMMIT."""
        ...

    def sync(self) -> None:
        """Make all that was appended durable, before COMMIT."""
        ...

    def read(self, ref: ContentRef, offset: int, length: int) -> bytes:
        """Octets ``offset`` .. ``offset + length`` of the content, fewer only at its end.

        Raises:
            NotFound: its day was dropped.
            HubError: octets are missing.
        """
        ...

    def begin_large(self, now: datetime) -> LargeContent:
        """A content to be written in pieces, under the day of ``now``."""
        ...

    def discard(self, ref: ContentRef) -> None:
        """Drop a finished large content that no interchange refers to (a repeat, a conflict)."""
        ...

    def days(self) -> list[str]:
        """The days that have content, ``YYYYMMDD``, oldest first."""
        ...

    def drop_day(self, day: str) -> None:
        """Drop all content of ``day``; idempotent."""
        ...

    def sweep(self, owned: Callable[[str, str], bool], now: datetime) -> int:
        """Drop finished large contents that nobody owns (``owned(day, segment)``) and return how many; at start."""
        ...

    def close(self) -> None: ...


def day_of(moment: datetime) -> str:
    """``YYYYMMDD`` in UTC."""
    return moment.strftime("%Y%m%d")


def whole(ref: ContentRef, offset: int, data: bytes, length: int) -> bytes:
    """``data`` as read, if it is all that ``ref`` promises there; raises ``HubError`` otherwise."""
    if len(data) < min(length, ref.length - offset):
        raise HubError(f"content {ref.day}/{ref.segment} is damaged: octets are missing after {ref.offset + offset + len(data)}")
    return data
