"""Agencies' messages a second on one core: read from octets to a typed value, and written back to octets.

Export declarations of about 2 KB in interchanges of one message, as ``bench.guides`` makes them: none comes twice. Beside reading, over the same texts: ``pydifact``'s parser, which makes
segments of them and no values.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pydifact.parser import Parser

from bench import Figure
from bench.guides import interchange
from vanhub.agencies.frame.message import read_interchange
from vanhub.agencies.messages.declaration import Declaration
from vanhub.edifact.report import InterchangeHeader, Party
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import render_interchange, wrap_message

MESSAGES = 300
RUNS = 3
GOAL = 1_000

T = TypeVar("T")

_HEADER = InterchangeHeader(Separators.default(4), "UNOY", 4, Party("A", "ZZZ"), Party("B", "ZZZ"), reference="1")
_PREPARED = datetime(2006, 3, 20, 9, tzinfo=UTC)


def _read(data: bytes) -> Declaration:
    return Declaration.parse(read_interchange(data).messages[0])


def _written(declaration: Declaration) -> bytes:
    return render_interchange(_HEADER, [wrap_message("1", ("CUSDEC", "D", "01B", "UN", "CNGC01"), declaration.render())], prepared=_PREPARED)


def _parsed(data: bytes) -> int:
    return sum(1 for _ in Parser().parse(data.decode("ascii")))


def _a_second(work: Callable[[T], object], things: Sequence[T]) -> float:
    best = float("inf")
    for _ in range(RUNS):
        started = time.process_time()
        for thing in things:
            work(thing)
        best = min(best, time.process_time() - started)
    return len(things) / best


def measure() -> Iterator[Figure]:
    texts = [interchange(1, seed) for seed in range(MESSAGES)]
    declarations = [_read(text) for text in texts]
    if [_read(_written(declaration)) for declaration in declarations] != declarations:
        raise AssertionError("what was written is not what was read")
    octets = f"{sum(map(len, texts)) // len(texts)} octets a message"
    yield Figure("declarations read", _a_second(_read, texts), "/s", GOAL, detail=octets)
    yield Figure("of that to segments", _a_second(read_interchange, texts), "/s", detail=octets)
    yield Figure("declarations written", _a_second(_written, declarations), "/s", GOAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Figure("pydifact's parser, to segments", _a_second(_parsed, texts[:50]), "/s")
