"""One interchange on its way in, against a taker that notes what becomes of it, over the real content store."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from tests.service.parts import Loop, session
from vanhub.errors import DiskFull, TooLarge
from vanhub.gateways.seam import Session
from vanhub.service import upload
from vanhub.service.core import Core
from vanhub.service.upload import HubUpload
from vanhub.store.content import LargeContent
from vanhub.values.delivery import ContentRef, Receipt

T = TypeVar("T")

RECEIPT = Receipt("I1", "new", "accepted", "A", "B", "R1", None, None, "")
MEMORY = 1_048_576
MOST = 16 * MEMORY


class Taker:
    """Takes what an upload hands over. While ``gate`` is closed, writing waits: a slow disk."""

    def __init__(self, core: Core, loop: Loop) -> None:
        self.core = core
        self._reactor: Any = loop
        self.taken: list[tuple[str, str]] = []
        self.ends = 0
        self.gate = threading.Event()
        self.gate.set()
        self.fails: Exception | None = None
        self.fails_at_the_end: Exception | None = None
        self.larges: list[Gated] = []

    def thread(self, call: Callable[..., T], *args: Any) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), call, *args)

    def open_large(self) -> Deferred[LargeContent]:
        def begin() -> LargeContent:
            self.larges.append(Gated(self, self.core.store.content().begin_large(self.core.clock())))
            return self.larges[-1]

        return self.thread(begin)

    async def take(self, session: Session, data: bytes, file_name: str) -> Receipt:
        self.taken.append(("memory", hashlib.sha256(data).hexdigest()))
        return RECEIPT

    async def take_large(self, session: Session, ref: ContentRef, digest: str, file_name: str) -> Receipt:
        octets = self.core.store.content().read(ref, 0, ref.length)
        assert hashlib.sha256(octets).hexdigest() == digest
        self.taken.append(("disk", digest))
        return RECEIPT

    def ended(self, session: Session) -> None:
        self.ends += 1


class Gated:
    """A large content behind the taker's gate."""

    def __init__(self, taker: Taker, real: LargeContent) -> None:
        self.taker, self.real, self.aborted = taker, real, threading.Event()

    def write(self, data: bytes) -> None:
        assert self.taker.gate.wait(30)
        if self.taker.fails is not None:
            raise self.taker.fails
        self.real.write(data)

    def finish(self) -> ContentRef:
        if self.taker.fails_at_the_end is not None:
            raise self.taker.fails_at_the_end
        return self.real.finish()

    def abort(self) -> None:
        self.real.abort()
        self.aborted.set()


@pytest.fixture
def taker(core: Core, loop: Loop) -> Taker:
    return Taker(core, loop)


def begin(taker: Taker, most: int = MOST) -> HubUpload:
    return HubUpload(taker, session(taker.core, "trader"), "", most)


def files(home: Path) -> list[str]:
    """What lies in content."""
    return sorted(path.name for path in (home / "var" / "content").rglob("*") if path.is_file())


def test_a_small_one_stays_in_memory(taker: Taker, loop: Loop, home: Path) -> None:
    made = begin(taker)
    for piece in (b"UNB", b"", b"+"):
        made.write(piece)
    assert made.backlogged is None
    assert loop.wait(made.finish()) == RECEIPT
    assert (taker.taken, taker.ends, files(home)) == ([("memory", hashlib.sha256(b"UNB+").hexdigest())], 1, [])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 700_000), min_size=1, max_size=6), st.integers(0, 255))
def test_any_pieces_arrive_as_they_were_sent(taker: Taker, loop: Loop, sizes: list[int], octet: int) -> None:
    taker.taken.clear()
    made = begin(taker)
    data = b"".join(bytes([(octet + number) % 256]) * size for number, size in enumerate(sizes))
    start = 0
    for size in sizes:
        made.write(data[start : start + size])
        start += size
    loop.wait(made.finish())
    assert taker.taken == [("disk" if len(data) > MEMORY else "memory", hashlib.sha256(data).hexdigest())]


def test_what_the_caller_reuses_was_copied(taker: Taker, loop: Loop) -> None:
    made = begin(taker)
    buffer = bytearray(b"UNB")
    made.write(memoryview(buffer))  # type: ignore[arg-type]  # whatever has octets
    buffer[:] = b"xxx"
    loop.wait(made.finish())
    assert taker.taken == [("memory", hashlib.sha256(b"UNB").hexdigest())]


def test_over_the_limit_nothing_is_kept(taker: Taker, loop: Loop, home: Path) -> None:
    made = begin(taker, 10)
    made.write(b"0123456789")
    with pytest.raises(TooLarge, match="larger than the 10 octets that are agreed"):
        made.write(b"x")
    assert (taker.ends, taker.taken) == (1, [])
    made.abort("the connection was lost")
    assert taker.ends == 1


def test_a_large_one_over_the_limit_is_dropped_from_the_disk(taker: Taker, loop: Loop, home: Path) -> None:
    made = begin(taker, 3 * MEMORY)
    made.write(b"x" * 2 * MEMORY)
    with pytest.raises(TooLarge):
        made.write(b"x" * 2 * MEMORY)
    loop.until(lambda: taker.larges and taker.larges[0].aborted.is_set())
    assert (taker.ends, taker.taken, files(home)) == (1, [], [])


def test_a_slow_disk_pauses_the_sender(taker: Taker, loop: Loop) -> None:
    taker.gate.clear()
    made = begin(taker)
    made.write(b"a" * upload.BACKLOG_OCTETS)
    assert made.backlogged is None
    made.write(b"b")
    rooms = [made.backlogged, made.backlogged]
    taker.gate.set()
    for room in rooms:
        assert room is not None
        loop.wait(room)
    assert made.backlogged is None
    made.write(b"c")
    loop.wait(made.finish())
    assert taker.taken == [("disk", hashlib.sha256(b"a" * upload.BACKLOG_OCTETS + b"bc").hexdigest())]


def test_a_full_disk_fails_the_upload_and_releases_the_sender(taker: Taker, loop: Loop, home: Path) -> None:
    taker.gate.clear()
    taker.fails = DiskFull("the disk is full")
    made = begin(taker)
    made.write(b"a" * (upload.BACKLOG_OCTETS + 1))
    room = made.backlogged
    assert room is not None
    taker.gate.set()
    loop.wait(room)
    made.write(b"b")
    with pytest.raises(DiskFull):
        loop.wait(made.finish())
    loop.until(taker.larges[0].aborted.is_set)
    assert (taker.ends, taker.taken, files(home)) == (1, [], [])


def test_a_full_disk_releases_a_sender_that_is_far_ahead(taker: Taker, loop: Loop) -> None:
    taker.gate.clear()
    taker.fails = DiskFull("the disk is full")
    made = begin(taker)
    made.write(b"a" * 2 * MEMORY)
    made.write(b"a" * (upload.BACKLOG_OCTETS + 1))
    room = made.backlogged
    assert room is not None
    taker.gate.set()
    loop.wait(room)
    with pytest.raises(DiskFull):
        loop.wait(made.finish())


def test_an_aborted_one_releases_its_sender(taker: Taker, loop: Loop) -> None:
    taker.gate.clear()
    made = begin(taker)
    made.write(b"a" * (upload.BACKLOG_OCTETS + 1))
    room = made.backlogged
    assert room is not None
    assert not room.called
    made.abort("the upload took too long")
    assert room.called
    taker.gate.set()
    loop.until(lambda: taker.larges and taker.larges[0].aborted.is_set())


def test_one_that_cannot_be_made_durable_is_dropped(taker: Taker, loop: Loop, home: Path) -> None:
    taker.fails_at_the_end = DiskFull("the disk is full")
    made = begin(taker)
    made.write(b"a" * 2 * MEMORY)
    with pytest.raises(DiskFull):
        loop.wait(made.finish())
    loop.until(taker.larges[0].aborted.is_set)
    assert (taker.ends, taker.taken, files(home)) == (1, [], [])


@pytest.mark.parametrize("octets", [0, 100, 2 * MEMORY], ids=["empty", "in memory", "on disk"])
def test_an_aborted_one_leaves_nothing(taker: Taker, loop: Loop, home: Path, octets: int) -> None:
    made = begin(taker)
    made.write(b"x" * octets)
    if octets > MEMORY:
        loop.until(lambda: taker.larges)
    made.abort("lost")
    made.abort("lost again")
    if octets > MEMORY:
        loop.until(taker.larges[0].aborted.is_set)
    assert (taker.ends, taker.taken, files(home)) == (1, [], [])


def test_one_aborted_while_the_disk_is_writing_is_dropped_afterwards(taker: Taker, loop: Loop, home: Path) -> None:
    taker.gate.clear()
    made = begin(taker)
    made.write(b"x" * 2 * MEMORY)
    loop.until(lambda: taker.larges)
    made.abort("lost")
    assert taker.ends == 1
    assert not taker.larges[0].aborted.is_set()
    taker.gate.set()
    loop.until(taker.larges[0].aborted.is_set)
    assert (taker.ends, taker.taken, files(home)) == (1, [], [])


def test_a_sender_that_leaves_after_the_last_octet_does_not_stop_the_decision(taker: Taker, loop: Loop) -> None:
    taker.gate.clear()
    made = begin(taker)
    made.write(b"x" * 2 * MEMORY)
    finishing = made.finish()
    made.abort("the connection was lost")
    taker.gate.set()
    assert loop.wait(finishing) == RECEIPT
    assert taker.ends == 1
