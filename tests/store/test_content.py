"""Content in files and in rows: the same promises, kept by both."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.store.builders import NOW, accept, acceptance, octets_of
from tests.store.conftest import Clock
from vanhub.errors import HubError, NotFound, StoreUnavailable
from vanhub.store import Store, interchanges
from vanhub.store.chunks import CHUNK_OCTETS
from vanhub.store.content import LargeContent
from vanhub.store.disk import Disk
from vanhub.store.segments import SegmentFiles
from vanhub.store.store import open_content
from vanhub.values.acceptance import Outcome
from vanhub.values.delivery import ContentRef

BIG = bytes(range(251)) * (CHUNK_OCTETS * 3 // 251)


def keep(_conn: Connection, *, refs: tuple[ContentRef, ...]) -> tuple[ContentRef, ...]:
    return refs


def write(large: LargeContent, data: bytes, piece: int = 70_000) -> LargeContent:
    for start in range(0, len(data), piece):
        large.write(data[start : start + piece])
    return large


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offset=st.integers(0, len(BIG) + 9), length=st.integers(0, len(BIG) + 9))
def test_any_range_reads_like_a_slice(store: Store, offset: int, length: int) -> None:
    (before, ref) = store.call(keep, contents=[b"before", BIG])
    assert store.content().read(ref, offset, length) == BIG[offset : offset + length]
    assert store.content().read(before, offset, length) == b"before"[offset : offset + length]


@pytest.mark.parametrize("size", [0, 1, CHUNK_OCTETS - 1, CHUNK_OCTETS, CHUNK_OCTETS + 1, len(BIG)])
def test_a_large_content_is_what_was_written(store: Store, size: int) -> None:
    ref = write(store.content().begin_large(NOW), BIG[:size]).finish()
    assert (ref.day, ref.offset, ref.length) == ("20261121", 0, size)
    assert store.content().read(ref, 0, size) == BIG[:size]
    assert store.content().read(ref, size // 2, 10) == BIG[size // 2 : size][:10]


def test_a_large_content_becomes_an_interchanges(store: Store) -> None:
    ref = write(store.content().begin_large(NOW), BIG).finish()
    assert store.accept(acceptance(1, BIG, content=ref)).result().outcome is Outcome.NEW
    assert store.look(interchanges.get_interchange, "i1").content == ref
    assert store.look(interchanges.owns_large, ref.day, ref.segment)


def test_an_aborted_content_is_gone(store: Store) -> None:
    large = write(store.content().begin_large(NOW), BIG)
    large.abort()
    large.abort()
    with pytest.raises(StoreUnavailable):
        large.write(b"more")
    with pytest.raises(StoreUnavailable):
        large.finish()


def test_a_discarded_content_cannot_be_read(store: Store) -> None:
    ref = write(store.content().begin_large(NOW), BIG).finish()
    store.content().discard(ref)
    with pytest.raises(HubError):
        store.content().read(ref, 0, 10)


def test_the_store_discards_only_what_nobody_owns(store: Store) -> None:
    owned, orphan = (write(store.content().begin_large(NOW), BIG).finish() for _ in range(2))
    store.accept(acceptance(1, BIG, content=owned)).result()
    for ref in (owned, orphan):
        store.discard(ref)
    assert store.content().read(owned, 0, 10) == BIG[:10]
    with pytest.raises(HubError):
        store.content().read(orphan, 0, 10)


def test_opening_sweeps_what_nobody_owns_and_nothing_else(url: str, tmp_path: Path, clock: Clock) -> None:
    with closing(Store.open(url, tmp_path / "content", clock=clock)) as store:
        accept(store, 1)
        owned = write(store.content().begin_large(NOW), BIG).finish()
        store.accept(acceptance(2, BIG, content=owned)).result()
        orphan = write(store.content().begin_large(NOW), BIG).finish()
        write(store.content().begin_large(NOW), BIG)
    # PostgreSQL's other hub nodes may be writing still: there only what is a day old is an orphan.
    clock.advance(days=2)
    with closing(Store.open(url, tmp_path / "content", clock=clock)) as store:
        assert store.content().read(owned, 0, 100) == BIG[:100]
        assert store.content().read(store.look(interchanges.get_interchange, "i1").content, 0, 1000) == octets_of(1)
        with pytest.raises(HubError):
            store.content().read(orphan, 0, 100)
        assert store.content().sweep(lambda _day, _segment: True, clock()) == 0


def test_days_are_dropped_whole(store: Store, clock: Clock) -> None:
    (old,) = store.call(keep, contents=[b"old"])
    large = write(store.content().begin_large(NOW), BIG).finish()
    clock.advance(days=1)
    (new,) = store.call(keep, contents=[b"new"])
    assert store.content().days() == ["20261121", "20261122"]
    store.content().drop_day("20261121")
    store.content().drop_day("20261121")
    assert store.content().days() == ["20261122"]
    for gone in (old, large):
        with pytest.raises(NotFound, match="20261121"):
            store.content().read(gone, 0, 3)
    assert store.content().read(new, 0, 3) == b"new"
    for wrong in ("", "..", "2026112", "chunk; --"):
        with pytest.raises(ValueError, match="no day"):
            store.content().drop_day(wrong)


def test_a_damaged_content_is_told(store: Store, tmp_path: Path) -> None:
    (ref,) = store.call(keep, contents=[b"0123456789"])
    path = tmp_path / "content" / ref.day / ref.segment
    if path.exists():
        os.truncate(path, 7)
    else:
        store.call(lambda conn: conn.execute(text("UPDATE chunk SET data = substring(data FROM 1 FOR 7)")).rowcount)
    assert store.content().read(ref, 0, 7) == b"0123456"
    with pytest.raises(HubError, match="damaged"):
        store.content().read(ref, 5, 5)


def test_another_process_reads_the_same_content(store: Store, url: str, tmp_path: Path) -> None:
    (ref,) = store.call(keep, contents=[BIG])
    with closing(open_content(url, tmp_path / "content")) as other:
        assert other.read(ref, 5, len(BIG)) == BIG[5:]


def refs_of(files: SegmentFiles, conn: Connection, now: datetime, *contents: bytes) -> tuple[ContentRef, ...]:
    refs = files.append(conn, contents, now)
    files.sync()
    return refs


@pytest.fixture
def conn() -> Connection:
    """Files need no connection; the signature asks for one."""
    return None  # type: ignore[return-value]


def test_segments_end_at_their_bound_and_with_the_day(tmp_path: Path, conn: Connection) -> None:
    with closing(SegmentFiles(tmp_path / "content", most_octets=10)) as files:
        refs = refs_of(files, conn, NOW, b"123456", b"789012", b"345") + refs_of(files, conn, NOW + timedelta(days=1), b"678")
        assert [(ref.day, ref.segment, ref.offset, ref.length) for ref in refs] == [
            ("20261121", "00000001", 0, 6),
            ("20261121", "00000001", 6, 6),
            ("20261121", "00000002", 0, 3),
            ("20261122", "00000001", 0, 3),
        ]
        assert b"".join(files.read(ref, 0, 99) for ref in refs) == b"123456789012345678"


def test_a_new_process_begins_a_new_segment(tmp_path: Path, conn: Connection) -> None:
    names = []
    for _ in range(3):
        with closing(SegmentFiles(tmp_path / "content")) as files:
            names.append(refs_of(files, conn, NOW, b"x")[0].segment)
            names.append(files.begin_large(NOW).finish().segment)
    assert names == ["00000001", "large-00000001", "00000002", "large-00000002", "00000003", "large-00000003"]


def test_nobody_else_may_read_the_files(tmp_path: Path, conn: Connection) -> None:
    with closing(SegmentFiles(tmp_path / "content")) as files:
        ref = refs_of(files, conn, NOW, b"x")[0]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "content", tmp_path / "content" / ref.day)}
    assert modes == {"content": 0o700, "20261121": 0o700}
    assert stat.S_IMODE((tmp_path / "content" / ref.day / ref.segment).stat().st_mode) == 0o600


def test_no_file_stays_open(tmp_path: Path, conn: Connection) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with closing(SegmentFiles(tmp_path / "content", most_octets=1)) as files:
        for day in range(5):
            refs_of(files, conn, NOW + timedelta(days=day), b"x", b"y")
        files.begin_large(NOW).abort()
        files.begin_large(NOW).finish()
        assert len(os.listdir("/proc/self/fd")) <= before + 1
    assert len(os.listdir("/proc/self/fd")) == before


def test_only_what_was_written_is_synced(tmp_path: Path, conn: Connection) -> None:
    class Counting(Disk):
        synced = 0

        def sync(self, fd: int) -> None:
            self.synced += 1
            super().sync(fd)

    disk = Counting()
    with closing(SegmentFiles(tmp_path / "content", disk=disk)) as files:
        refs_of(files, conn, NOW, b"x", b"y")
        files.sync()
        assert disk.synced == 1
        refs_of(files, conn, NOW, b"z")
        assert disk.synced == 2
