"""What the killed process does: accepts interchanges, and tells of each when, and only when, its acceptance is promised.

Every seventh is large, every eleventh has more messages than one transaction takes.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Semaphore

from tests.store.builders import acceptance, message
from vanhub.store import Store
from vanhub.store.staging import MOST_ROWS
from vanhub.values.acceptance import Acceptance, Accepted

IN_FLIGHT = 20


def octets_of(number: int) -> bytes:
    """The octets of interchange ``number``: 300,000 in a large one."""
    return (f"interchange {number} ".encode() * 20_000)[: 300_000 if number % 7 == 0 else 2_000]


def build(number: int) -> Acceptance:
    many = MOST_ROWS + 1 if number % 11 == 0 else 1
    octets = octets_of(number)
    return acceptance(number, octets, messages=tuple(message(each, end=len(octets)) for each in range(many)))


def accept_for_ever(url: str, folder: Path, first: int, told: Connection) -> None:
    """Accept interchanges ``first``, ``first + 1`` .. in the store at ``url``, several in flight; each id promised goes to ``told``."""
    store = Store.open(url, folder, clock=lambda: datetime.now(UTC))
    room = Semaphore(IN_FLIGHT)

    def promised(future: Future[Accepted]) -> None:
        told.send(future.result().interchange)
        room.release()

    for number in count(first):
        room.acquire()
        what, octets = build(number), octets_of(number)
        if number % 7 == 0:
            large = store.content().begin_large(what.received_at)
            large.write(octets[:100_000])
            large.write(octets[100_000:])
            future = store.accept(replace(what, content=large.finish()))
        else:
            future = store.accept(what, [octets])
        future.add_done_callback(promised)
