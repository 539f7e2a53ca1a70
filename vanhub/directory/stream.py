"""Checking a stream of interchanges, such as a file, one report after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from vanhub.directory.check import CheckLimits, InterchangeCheck
from vanhub.directory.messages import Guides
from vanhub.directory.model import Directories
from vanhub.edifact.framing import Ended, Framer, Octets
from vanhub.edifact.report import Report


def check_stream(
    chunks: Iterable[bytes], directories: Directories, *, guides: Guides | None = None, encoding: str = "", limits: CheckLimits | None = None
) -> Iterator[Report]:
    """A report on each interchange in ``chunks``, in their order, and one on all octets between two that begin none.

    Offsets count from the stream's start. Memory is bounded as for one ``InterchangeCheck``. An empty stream has no reports.
    """
    framer = Framer()
    check: InterchangeCheck | None = None
    nothing: Report | None = None  # on octets that begin no interchange: the framer ends them now and then, which is no news
    for event in _events(framer, chunks):
        if isinstance(event, Octets):
            check = check or InterchangeCheck(directories, guides=guides, encoding=encoding, limits=limits, offset=event.offset)
            check.feed(event.data)
        elif check is not None:
            report, check = check.close(), None
            if not event.is_interchange:
                nothing = dataclasses.replace(nothing, end=report.end) if nothing is not None else report
                continue
            if nothing is not None:
                yield nothing
                nothing = None
            yield report
    if nothing is not None:
        yield nothing


def _events(framer: Framer, chunks: Iterable[bytes]) -> Iterator[Octets | Ended]:
    for chunk in chunks:
        yield from framer.feed(chunk)
    yield from framer.close()
