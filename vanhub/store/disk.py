"""The disk as the content files use it: few verbs, so that tests can make each of them fail."""

from __future__ import annotations

import os
from pathlib import Path


class Disk:
    """The real disk. Every verb may raise ``OSError``."""

    def make_folder(self, path: Path) -> None:
        """Create ``path`` (its parent is there) for us alone; make its name durable."""
        path.mkdir(mode=0o700)
        self.sync_folder(path.parent)

    def create(self, path: Path) -> int:
        """Create the file ``path`` (``FileExistsError`` when there is one) and open it for appending; its name is durable after ``sync_folder``."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, fd: int, data: bytes) -> None:
        """Append all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def sync(self, fd: int) -> None:
        """Make what was written durable."""
        os.fsync(fd)

    def sync_folder(self, path: Path) -> None:
        """Make the names in ``path`` durable."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def read(self, path: Path, offset: int, length: int) -> bytes:
        """Octets ``offset`` .. ``offset + length``, fewer only at the file's end."""
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            pieces: list[bytes] = []
            while length and (piece := os.pread(fd, length, offset)):
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
            return b"".join(pieces)
        finally:
            os.close(fd)
