"""Checking a stream of interchanges, such as a file, one report after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vanhub.directory.check import CheckLimits, InterchangeCheck
from vanhub.directory.messages import Guides
from vanhub.directory.model import Directories
from vanhub.edifact.framing import Ended, Framer, Octets
from vanhub.edifact.report import Report


def check_stream(
    chunks: Iterable[bytes], directories: Directories, *, guides: Guides | None = None, encoding: str = "", limits: CheckLimits | None = None
) -> Iterator[Report]:
    """A report on each interchange in ``chunks``, in their order, and one on each run of octets that begins none.

    Offsets count from the stream's start. Memory is bounded as for one ``InterchangeCheck``. An empty stream has no reports.
    """
    framer = Framer()
    check: InterchangeCheck | None = None
    for event in _events(framer, chunks):
        if isinstance(event, Ended):
            if check is not None:
                yield check.close()
            check = None
            continue
        if check is None:
            check = InterchangeCheck(directories, guides=guides, encoding=encoding, limits=limits, offset=event.offset)
        check.feed(event.data)


def _events(framer: Framer, chunks: Iterable[bytes]) -> Iterator[Octets | Ended]:
    for chunk in chunks:
        yield from framer.feed(chunk)
    yield from framer.close()
