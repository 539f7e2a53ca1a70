"""Group commit: what is in one transaction, what an error takes with it, and that nothing is promised before COMMIT."""

from __future__ import annotations

import errno
import resource
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, insert, select, text

from tests.store.builders import NOW, accept, acceptance, octets_of, submit
from tests.store.conftest import Clock
from vanhub.errors import Busy, Conflict, DiskFull, StoreUnavailable
from vanhub.store import Store, interchanges
from vanhub.store.disk import Disk
from vanhub.store.engine import translated
from vanhub.store.tables import counter
from vanhub.values.delivery import ContentRef

on_postgresql = pytest.mark.parametrize("url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)


def put(conn: Connection, name: str, error: Exception | None = None) -> str:
    """Write one row, then fail if told to."""
    conn.execute(insert(counter), [{"name": name, "value": 1}])
    if error is not None:
        raise error
    return name


def names(conn: Connection) -> list[str]:
    return list(conn.execute(select(counter.c.name).order_by(counter.c.name)).scalars())


@contextmanager
def held(store: Store) -> Iterator[None]:
    """The writer is in the middle of a job while the body submits others: they are the next batch."""
    entered, leave = threading.Event(), threading.Event()

    def job(_conn: Connection) -> None:
        entered.set()
        leave.wait()

    holding = store.submit(job)
    entered.wait()
    yield
    leave.set()
    holding.result()


def test_jobs_that_wait_share_one_commit_in_order(store: Store) -> None:
    before = store.statistics()["batches"]
    with held(store):
        futures = [store.submit(put, f"{number:03}") for number in range(100)]
        assert store.statistics()["queue_length"] == 100
    assert [future.result() for future in futures] == [f"{number:03}" for number in range(100)]
    after = store.statistics()
    assert (after["batches"] - before, after["last_batch_jobs"]) == (2, 100)


def test_a_job_that_raises_loses_only_its_own_rows(store: Store) -> None:
    bug = ZeroDivisionError("a bug")
    with held(store):
        futures = [store.submit(put, "a"), store.submit(put, "b", Conflict("no")), store.submit(put, "a"), store.submit(put, "c"), store.submit(put, "d", bug)]
    assert futures[0].result() == "a"
    with pytest.raises(Conflict, match="no"):
        futures[1].result()
    assert type(futures[2].exception()).__name__ == "IntegrityError"
    assert futures[3].result() == "c"
    assert futures[4].exception() is bug
    assert store.look(names) == ["a", "c"]


def test_a_future_is_resolved_after_its_commit_only(store: Store) -> None:
    seen: list[list[str]] = []
    with held(store):
        future = store.submit(put, "a")
        future.add_done_callback(lambda _: seen.append(store.look(names)))
        last = store.submit(put, "b")
    last.result()
    assert seen == [["a", "b"]]


def test_a_cancelled_job_does_not_run(store: Store) -> None:
    with held(store):
        cancelled, kept = store.submit(put, "a"), store.submit(put, "b")
        assert cancelled.cancel()
    kept.result()
    assert store.look(names) == ["b"]


def test_a_full_queue_is_busy(url: str, tmp_path: Path, clock: Clock) -> None:
    with closing(Store.open(url, tmp_path / "content", clock=clock, queue_limit=3)) as store:
        with held(store):
            futures = [store.submit(put, name) for name in "abc"]
            with pytest.raises(Busy):
                store.submit(put, "d")
            clock.advance(seconds=7)
            assert store.statistics()["queue_age_s"] == 7
        assert [future.result() for future in futures] == ["a", "b", "c"]


def test_closing_finishes_what_was_submitted(url: str, tmp_path: Path, clock: Clock) -> None:
    store = Store.open(url, tmp_path / "content", clock=clock)
    with held(store):
        futures = [store.submit(put, f"{number:03}") for number in range(20)]
        closer = threading.Thread(target=store.close)
        closer.start()
    closer.join()
    assert [future.result() for future in futures] == [f"{number:03}" for number in range(20)]
    with pytest.raises(StoreUnavailable):
        store.submit(put, "late")
    with pytest.raises(StoreUnavailable):
        store.look(names)
    store.close()
    with closing(Store.open(url, tmp_path / "content", clock=clock)) as again:
        assert len(again.look(names)) == 20


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises((StoreUnavailable, DiskFull)):
        store.look(put, "a")
    assert store.look(names) == []


def test_a_reader_sees_one_snapshot(store: Store) -> None:
    looked, written = threading.Event(), threading.Event()

    def twice(conn: Connection) -> tuple[list[str], list[str]]:
        first = names(conn)
        looked.set()
        written.wait()
        return first, names(conn)

    reading = store.read(twice)
    looked.wait()
    store.call(put, "a")
    written.set()
    assert reading.result() == ([], [])
    assert store.look(names) == ["a"]


@contextmanager
def files_no_longer_than(octets: int) -> Iterator[None]:
    """Every write beyond this size fails, as on a disk with errors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_failed_commit_fails_the_whole_batch(tmp_path: Path, clock: Clock) -> None:
    """SQLite writes the rows at COMMIT: there the limit strikes."""
    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock)) as store:
        store.call(put, "before")
        with held(store):
            futures = [store.submit(put, "a"), store.submit(put, "before"), store.submit(put, "b")]
            limit = files_no_longer_than((tmp_path / "vanhub.db-wal").stat().st_size)
            limit.__enter__()
        try:
            assert [type(future.exception()) for future in futures] == [StoreUnavailable] * 3
        finally:
            limit.__exit__(None, None, None)
        assert store.statistics()["failed_commits"] == 1
        assert store.look(names) == ["before"]
        assert store.call(put, "after") == "after"


@on_postgresql
def test_a_lost_connection_fails_its_batch_and_the_next_goes_on(store: Store) -> None:
    def lose(conn: Connection) -> None:
        conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with held(store):
        futures: list[Future[Any]] = [store.submit(put, "a"), store.submit(lose), store.submit(put, "b")]
    assert [type(future.exception()) for future in futures] == [StoreUnavailable] * 3
    assert store.look(names) == []
    store.call(put, "c")
    assert store.look(names) == ["c"]


@on_postgresql
def test_hub_nodes_that_block_one_another_both_get_through(url: str, tmp_path: Path, clock: Clock) -> None:
    """Two nodes accept the same two interchanges in opposite order, each in one transaction: PostgreSQL undoes one of the jobs, which is run again."""
    meeting = threading.Barrier(2, timeout=30)

    def meet(_conn: Connection) -> None:
        meeting.wait()

    with closing(Store.open(url, tmp_path, clock=clock)) as one, closing(Store.open(url, tmp_path, clock=clock)) as two:
        futures: list[Future[Any]] = []
        for store, order in ((one, (1, 2)), (two, (2, 1))):
            with held(store):
                first, second = (acceptance(number, id=f"{number}-{id(store)}", deliveries=()) for number in order)
                futures += [submit(store, first, octets_of(order[0])), store.submit(meet), submit(store, second, octets_of(order[1]))]
        outcomes = sorted(getattr(future.result(), "outcome", "") for future in futures)
        assert outcomes == ["", "", "new", "new", "repeat", "repeat"]


class Failing(Disk):
    """A disk on which one verb fails from the moment that the test says so."""

    def __init__(self) -> None:
        self.failure: tuple[str, int] | None = None

    def _fail(self, verb: str) -> None:
        if self.failure is not None and self.failure[0] == verb:
            raise OSError(self.failure[1], "injected")

    def create(self, path: Path) -> int:
        self._fail("create")
        return super().create(path)

    def write(self, fd: int, data: bytes) -> None:
        self._fail("write")
        super().write(fd, data)

    def sync(self, fd: int) -> None:
        self._fail("sync")
        super().sync(fd)

    def sync_folder(self, path: Path) -> None:
        self._fail("sync_folder")
        super().sync_folder(path)

    def read(self, path: Path, offset: int, length: int) -> bytes:
        self._fail("read")
        return super().read(path, offset, length)


@pytest.mark.parametrize(("code", "error"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, StoreUnavailable)])
@pytest.mark.parametrize("verb", ["create", "write", "sync", "sync_folder"])
def test_when_the_disk_fails_nothing_is_promised(tmp_path: Path, clock: Clock, verb: str, code: int, error: type[Exception]) -> None:
    disk = Failing()
    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock, disk=disk)) as store:
        accept(store, 1)
        if verb in {"create", "sync_folder"}:
            # The next day begins a new segment.
            clock.advance(days=1)
        disk.failure = (verb, code)
        with pytest.raises(error):
            accept(store, 2)
        with pytest.raises(error):
            accept(store, 2)
        disk.failure = None
        # It recovers without a restart, and what was accepted before can be read.
        accept(store, 2)
        for number in (1, 2):
            content = store.look(interchanges.get_interchange, f"i{number}").content
            assert store.content().read(content, 0, 1000) == octets_of(number)


def test_when_only_content_fails_other_jobs_go_on(tmp_path: Path, clock: Clock) -> None:
    disk = Failing()
    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock, disk=disk)) as store:
        with held(store):
            disk.failure = ("write", errno.ENOSPC)
            full = submit(store, acceptance(1), octets_of(1))
            other = store.submit(put, "a")
        assert isinstance(full.exception(), DiskFull)
        assert other.result() == "a"


def test_a_full_database_is_a_full_disk(tmp_path: Path, clock: Clock) -> None:
    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock)) as store:

        def fill(conn: Connection) -> None:
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
            conn.execute(insert(counter), [{"name": "x" * 100_000, "value": 1}])

        with held(store):
            futures: list[Future[Any]] = [store.submit(put, "a"), store.submit(fill), store.submit(put, "b")]
        assert isinstance(futures[1].exception(), DiskFull)
        # SQLite may undo the job or the whole transaction: either way every future says what is true.
        kept = [name for name, future in (("a", futures[0]), ("b", futures[2])) if future.exception() is None]
        assert store.look(names) == kept


def test_errors_that_are_no_ones_fault_are_themselves() -> None:
    for error in (Conflict("x"), ValueError("x"), KeyError("x")):
        assert translated(error) is error
    assert isinstance(translated(OSError(errno.EIO, "x")), StoreUnavailable)
    assert isinstance(translated(sqlite3.OperationalError("x")), sqlite3.OperationalError)


def test_contents_reach_the_job_in_order(store: Store) -> None:
    def keep(_conn: Connection, word: str, *, refs: tuple[ContentRef, ...]) -> tuple[str, tuple[ContentRef, ...]]:
        return word, refs

    word, refs = store.call(keep, "x", contents=[b"one", b"", b"three" * 100_000])
    assert word == "x"
    assert [store.content().read(ref, 0, 1 << 20) for ref in refs] == [b"one", b"", b"three" * 100_000]
    assert {ref.day for ref in refs} == {NOW.strftime("%Y%m%d")}
    assert store.look(lambda conn: conn.execute(select(func.count()).select_from(counter)).scalar_one()) == 0


def test_sqlite_is_asked_to_be_durable(tmp_path: Path, clock: Clock) -> None:
    def pragmas(conn: Connection) -> dict[str, object]:
        return {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "query_only")}

    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock)) as store:
        assert store.call(pragmas) == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 0}
        assert store.look(pragmas) == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 1}


def test_content_is_synced_before_the_commit(tmp_path: Path, clock: Clock) -> None:
    course: list[str] = []

    class Recording(Disk):
        def write(self, fd: int, data: bytes) -> None:
            course.append("write")
            super().write(fd, data)

        def sync(self, fd: int) -> None:
            course.append("sync")
            super().sync(fd)

    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock, disk=Recording())) as store:
        store.call(lambda conn: event.listen(conn.engine, "commit", lambda _: course.append("commit")))
        course.clear()
        with held(store):
            futures = [submit(store, acceptance(number), octets_of(number)) for number in (1, 2)]
            for future in futures:
                future.add_done_callback(lambda _: course.append("promised"))
        for future in futures:
            future.result()
        store.close()
    assert course == ["commit", "write", "write", "sync", "commit", "promised", "promised"]
