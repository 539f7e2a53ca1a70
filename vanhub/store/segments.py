"""Content in files: ``FOLDER/YYYYMMDD/SEGMENT``, append-only. The content store beside SQLite.

A segment is begun anew by each process and after each failure, so that a file whose end is in doubt is never continued, and ends at a bound. Small contents share
segments (``00000001`` ..); a large one has a file of its own (``large-00000001`` ..). A file's folder is synced before anything in it counts.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from vanhub.errors import NotFound, StoreUnavailable
from vanhub.store.content import day_of, whole
from vanhub.store.disk import Disk
from vanhub.store.engine import translated
from vanhub.values.delivery import ContentRef

_DAY = re.compile(r"\d{8}\Z")
_LARGE = "large-"


class SegmentFiles:
    """A ``ContentStore`` of day segment files under ``folder`` (created when absent)."""

    def __init__(self, folder: Path, *, disk: Disk | None = None, most_octets: int = 256 << 20) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self._most_octets = most_octets
        self._naming = threading.Lock()
        self._open: _Segment | None = None
        self._unsynced: set[_Segment] = set()
        if not folder.is_dir():
            self._disk.make_folder(folder)

    def append(self, _conn: Connection, contents: Sequence[bytes], now: datetime) -> tuple[ContentRef, ...]:
        day = day_of(now)
        refs: list[ContentRef] = []
        for content in contents:
            segment = self._segment(day)
            self._unsynced.add(segment)
            try:
                self._disk.write(segment.fd, content)
            except OSError:
                # How much was written is not known: this segment is not continued. What it holds already still counts.
                self._open = None
                raise
            refs.append(ContentRef(day, segment.name, segment.size, len(content)))
            segment.size += len(content)
        return tuple(refs)

    def sync(self) -> None:
        unsynced, self._unsynced = self._unsynced, set()
        try:
            for segment in unsynced:
                self._disk.sync(segment.fd)
        except OSError:
            # After a failed fsync the kernel may have dropped the pages: trying again would be no proof. Begin a new segment.
            self._open = None
            raise
        finally:
            for segment in unsynced - {self._open}:
                self._disk.close(segment.fd)

    def read(self, ref: ContentRef, offset: int, length: int) -> bytes:
        length = max(0, min(length, ref.length - offset))
        try:
            data = self._disk.read(self._folder / ref.day / ref.segment, ref.offset + offset, length)
        except FileNotFoundError:
            raise NotFound(f"the content of {ref.day} is no longer kept") from None
        except OSError as error:
            raise translated(error) from error
        return whole(ref, offset, data, length)

    def begin_large(self, now: datetime) -> LargeFile:
        try:
            day = day_of(now)
            name, fd = self._create(day, _LARGE)
        except OSError as error:
            raise translated(error) from error
        return LargeFile(self._disk, self._folder / day / name, fd)

    def discard(self, ref: ContentRef) -> None:
        if not ref.segment.startswith(_LARGE):
            raise ValueError(f"{ref.segment} is shared by many contents")
        (self._folder / ref.day / ref.segment).unlink(missing_ok=True)

    def days(self) -> list[str]:
        return sorted(path.name for path in self._folder.iterdir() if _DAY.match(path.name))

    def drop_day(self, day: str) -> None:
        if not _DAY.match(day):
            raise ValueError(f"{day!r} is no day")
        path = self._folder / day
        if path.is_dir():
            shutil.rmtree(path)
            self._disk.sync_folder(self._folder)

    def sweep(self, owned: Callable[[str, str], bool], _now: datetime) -> int:
        orphans = [path for day in self.days() for path in (self._folder / day).glob(_LARGE + "*") if not owned(day, path.name)]
        for path in orphans:
            path.unlink()
        return len(orphans)

    def close(self) -> None:
        if self._open is not None:
            self._unsynced.add(self._open)
        for segment in self._unsynced:
            self._disk.close(segment.fd)
        self._unsynced = set()
        self._open = None

    def _segment(self, day: str) -> _Segment:
        """The segment to append to. One that is left behind is closed, after it was synced."""
        current = self._open
        if current is None or current.day != day or current.size >= self._most_octets:
            self._open = _Segment(day, *self._create(day, ""))
            if current is not None and current not in self._unsynced:
                self._disk.close(current.fd)
            current = self._open
        return current

    def _create(self, day: str, prefix: str) -> tuple[str, int]:
        """A new file under the next free number, its name durable."""
        folder = self._folder / day
        with self._naming:
            if not folder.is_dir():
                self._disk.make_folder(folder)
            number = 1 + max((int(path.name.removeprefix(prefix)) for path in folder.glob(f"{prefix}[0-9]*")), default=0)
            name = f"{prefix}{number:08}"
            fd = self._disk.create(folder / name)
            try:
                self._disk.sync_folder(folder)
            except OSError:
                self._disk.close(fd)
                raise
            return name, fd


class _Segment:
    """A segment file open for appending; ``size`` counts what was written whole."""

    __slots__ = ("day", "fd", "name", "size")

    def __init__(self, day: str, name: str, fd: int) -> None:
        self.day = day
        self.name = name
        self.fd = fd
        self.size = 0


class LargeFile:
    """A ``LargeContent`` in a file of its own."""

    def __init__(self, disk: Disk, path: Path, fd: int) -> None:
        self._disk = disk
        self._path = path
        self._fd: int | None = fd
        self._size = 0

    def write(self, data: bytes) -> None:
        fd = self._writable()
        try:
            self._disk.write(fd, data)
        except OSError as error:
            raise translated(error) from error
        self._size += len(data)

    def finish(self) -> ContentRef:
        fd = self._writable()
        try:
            self._disk.sync(fd)
        except OSError as error:
            raise translated(error) from error
        self._close()
        return ContentRef(self._path.parent.name, self._path.name, 0, self._size)

    def abort(self) -> None:
        if self._fd is not None:
            self._close()
            self._path.unlink(missing_ok=True)

    def _writable(self) -> int:
        if self._fd is None:
            raise StoreUnavailable("this content was finished or aborted")
        return self._fd

    def _close(self) -> None:
        if self._fd is not None:
            self._disk.close(self._fd)
            self._fd = None
