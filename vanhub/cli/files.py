"""What commands that need no hub read: the files that they are given, and the schemas that are at hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO

from vanhub.cli.operations import Operations
from vanhub.errors import OperatorError
from vanhub.packed import packed
from vanhub.settings import FILE

_PIECE = 1 << 18


@contextmanager
def seekable(name: str) -> Iterator[IO[bytes]]:
    """The file (- is standard input), or a temporary copy of what cannot be read twice.

    Raises:
        OperatorError: it cannot be read.
    """
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as source:
            if source.seekable():
                yield source
                return
            with TemporaryFile() as copy:
                copyfileobj(source, copy)
                copy.seek(0)
                yield copy
    except OSError as error:
        raise OperatorError(f"{name} cannot be read: {error.strerror}") from error


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(file.read, _PIECE), b"")


def peek(file: IO[bytes], offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def schema_folders(hub: Operations | None) -> list[Path]:
    """What vanhub brings along and, where there is a home, what is its own."""
    own = [hub.home().schemas] if hub is not None and (hub.path / FILE).is_file() else []
    return [packed("schemas"), *(folder for folder in own if folder.is_dir())]
