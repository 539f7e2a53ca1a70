"""Directories: how long one takes to be ready for a check, in milliseconds, the best of five.

Ready means: the schema files opened, the segment table of CUSDEC D.96B unfolded, and every segment and code list that it can need.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from bench import Figure
from vanhub.directory.load import SchemaDirectories, SchemaDirectory, open_directories
from vanhub.directory.model import CompositeUse, GroupUse, SegmentUse
from vanhub.packed import packed

SCHEMAS = packed("schemas")


def best_ms(work: Callable[[], object]) -> float:
    """The shortest of five runs of ``work``, in milliseconds."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times) * 1000


def tags(rows: Iterable[SegmentUse | GroupUse]) -> set[str]:
    """All tags of a segment table."""
    return {tag for row in rows for tag in ([row.tag] if isinstance(row, SegmentUse) else tags(row.children))}


def ready() -> None:
    """From nothing to CUSDEC D.96B."""
    directories = open_directories(SCHEMAS)
    directory = directories.find("D", "96B", "UN")
    message = directory.message("CUSDEC") if directory else None
    if directory is None or message is None:
        raise LookupError("CUSDEC D.96B is not among the schemas")
    unfold(directory, tags(message.children))


def whole(directories: SchemaDirectories) -> None:
    """All of D.24A."""
    directory = directories.get("D.24A")
    if directory is None:
        raise LookupError("D.24A is not among the schemas")
    for type in directory.message_types():
        directory.message(type)
    unfold(directory, directory.segment_tags())
    for id in directory.element_ids():
        directory.codes(id)


def unfold(directory: SchemaDirectory, wanted: Iterable[str]) -> None:
    """These segments with the code lists of their elements."""
    for tag in wanted:
        segment = directory.segment(tag)
        for use in segment.elements if segment else ():
            for element in use.components if isinstance(use, CompositeUse) else (use,):
                directory.codes(element.id)


def measure() -> Iterator[Figure]:
    yield Figure("CUSDEC D.96B ready, from the files", best_ms(ready), "ms", goal=150, at_most=True)
    yield Figure("schema files opened", best_ms(lambda: open_directories(SCHEMAS)), "ms")
    yield Figure("D.24A unfolded whole", best_ms(lambda: whole(open_directories(SCHEMAS))), "ms")
    yield Figure("schema files", sum(path.stat().st_size for path in SCHEMAS.glob("*.schema")) / 1000, "kB", detail="66 directories")
