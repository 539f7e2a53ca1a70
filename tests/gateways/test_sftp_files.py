"""Open files and the session's view, before the hub in memory and a clock that is moved by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from tests.gateways.hub import MemoryHub, interchange, principal
from vanhub.errors import Conflict, HubError, NotFound, Refused, StoreUnavailable, TooLarge
from vanhub.gateways import sftp_files, sftp_view
from vanhub.gateways.seam import Session
from vanhub.gateways.sftp_files import Allowance, Collecting, Looking, OpenFile, Parcel, Uploading
from vanhub.gateways.sftp_tree import NotAllowed
from vanhub.gateways.sftp_view import STAGED_FILES, Hub, View
from vanhub.gateways.sftp_wire import Flag
from vanhub.values.delivery import DeliveryState

T = TypeVar("T")

WRITE = Flag.WRITE | Flag.CREATE | Flag.TRUNCATE


class ClockedHub(MemoryHub):
    """Its time is the clock's."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds(), UTC)


class Visit:
    """A session of ``alpha`` and its view."""

    def __init__(self, **terms: Any) -> None:
        self.clock = Clock()
        self.clock.advance(1_780_000_000)
        self.hub = ClockedHub(self.clock)
        self.told: list[str] = []
        for name in ("alpha", "beta"):
            self.hub.add(principal(name, **terms))
        self.session = self.enter()
        self.view = self.look()

    def enter(self) -> Session:
        session = Session(self.hub.principals["alpha"], "sftp", "peer", "key", lambda _: None)
        self.hub.open(session)
        return session

    def look(self) -> View:
        return View(Hub(self.hub, self.hub, self.hub, self.clock, self.hub.now, 900, 300, 30), self.session, self.told.append)

    def open(self, path: str, flags: Flag = Flag.READ, view: View | None = None) -> OpenFile:
        return now((view or self.view).open(path, flags))

    def upload(self, path: str, octets: bytes) -> None:
        file = self.open(path, WRITE)
        assert isinstance(file, Uploading)
        file.write(0, octets)
        now(file.close())

    def parcel(self, name: str, allowance: Allowance) -> Parcel:
        return Parcel(self.hub, self.session, name, allowance, reactor=self.clock, within_s=900)

    def names(self, path: str, view: View | None = None) -> list[str]:
        listing = (view or self.view).listing(path)
        names: list[str] = []
        while batch := now(listing.read()):
            names += [entry.name for entry in batch]
        return names

    def states(self) -> list[str]:
        return [box.delivery.state.value for box in self.hub.boxes.values()]


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that has nothing to wait for."""
    done: list[T] = []
    failed: list[BaseException] = []
    Deferred.fromCoroutine(coroutine).addCallbacks(done.append, lambda failure: failed.append(failure.value))
    if failed:
        raise failed[0]
    assert done, "it waits"
    return done[0]


def read_whole(file: OpenFile, piece: int = 40) -> bytes:
    assert isinstance(file, Looking | Collecting)
    octets = b""
    while data := now(file.read(len(octets), piece)):
        octets += data
    return octets


# -- uploads


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["R", "BAD", "PART"]), min_size=1, max_size=5), st.lists(st.integers(1, 90), max_size=12))
def test_interchanges_of_a_file_come_apart_and_stay_whole(kinds: list[str], sizes: list[int]) -> None:
    visit = Visit()
    parts = [interchange(f"{kind}{n}") for n, kind in enumerate(kinds)]
    stream = b"\n".join(parts) + b"\n"
    parcel = visit.parcel("f.edi", Allowance())
    for size in [*sizes, len(stream)]:
        parcel.write(stream[:size])
        stream = stream[size:]
    parcel.end()
    assert visit.hub.uploads == []
    receipts = now(parcel.take())
    assert [receipt.reference for receipt in receipts] == [f"{kind}{n}" for n, kind in enumerate(kinds)]
    assert [kept.octets.strip() for kept in visit.hub.kept.values()] == parts


def test_a_large_interchange_goes_to_the_hub_while_it_comes_and_small_ones_wait() -> None:
    visit = Visit()
    large = interchange("BIG", size=3 * sftp_files.SPILL_OCTETS)
    parcel = visit.parcel("f.edi", Allowance())
    parcel.write(interchange("R1") + large + interchange("R2"))
    parcel.end()
    assert [len(upload.octets) for upload in visit.hub.uploads] == [len(large)]
    assert [receipt.reference for receipt in now(parcel.take())] == ["R1", "BIG", "R2"]
    assert [(kept.octets, kept.file_name) for kept in visit.hub.kept.values()] == [(o, "f.edi") for o in (interchange("R1"), large, interchange("R2"))]


def test_a_session_keeps_only_so_much_and_what_is_done_frees_it() -> None:
    visit = Visit()
    octets = interchange("R1")
    allowance = Allowance(1_000)
    first = visit.parcel("1", allowance)
    first.write(octets * 2)
    second = visit.parcel("2", allowance)
    with pytest.raises(TooLarge):
        second.write(octets * 2)
    second.abort("too large")
    first.end()
    now(first.take())
    third = visit.parcel("3", allowance)
    third.write(octets * 2)


def test_only_so_many_large_ones_wait_at_once() -> None:
    visit = Visit()
    large = interchange("BIG", size=2 * sftp_files.SPILL_OCTETS)
    allowance = Allowance(large=3)
    parcel = visit.parcel("f.edi", allowance)
    with pytest.raises(TooLarge):
        parcel.write(large * 4)
    parcel.abort("too large")
    again = visit.parcel("f.edi", allowance)
    again.write(large * 3)
    again.end()
    assert len(now(again.take())) == 3
    assert visit.hub.aborted == ["too large"] * 3
    assert visit.clock.getDelayedCalls() == []


def test_a_large_upload_may_not_rest_for_ever() -> None:
    visit = Visit()
    file, staged = visit.open("outbox/x.edi", WRITE), visit.open("outbox/x.tmp", WRITE)
    assert isinstance(file, Uploading)
    assert isinstance(staged, Uploading)
    file.write(0, interchange("BIG1", size=2 * sftp_files.SPILL_OCTETS)[:-1])
    staged.write(0, interchange("BIG2", size=2 * sftp_files.SPILL_OCTETS))
    now(staged.close())
    visit.clock.advance(901)
    assert visit.hub.aborted == ["the upload took too long"] * 2
    attempts: list[Callable[[], object]] = [lambda: file.write(file.attributes().size, b"'"), lambda: now(visit.view.rename("outbox/x.tmp", "outbox/x"))]
    for attempt in attempts:
        with pytest.raises(Refused, match="not done within 900 seconds"):
            attempt()
    assert visit.hub.kept == {}


def test_what_the_hub_holds_costs_the_session_nothing() -> None:
    visit = Visit()
    parcel = visit.parcel("f.edi", Allowance(sftp_files.SPILL_OCTETS + 10_000))
    for n in range(3):
        octets = interchange(f"BIG{n}", size=2 * sftp_files.SPILL_OCTETS)
        for at in range(0, len(octets), 100_000):
            parcel.write(octets[at : at + 100_000])
    parcel.end()
    assert len(now(parcel.take())) == 3


def test_after_a_failure_every_write_and_the_close_say_the_same() -> None:
    visit = Visit(max_interchange_octets=2_000)
    file = visit.open("outbox/x.edi", WRITE)
    assert isinstance(file, Uploading)
    octets = interchange("R1", size=4_000)
    texts = []
    attempts: list[Callable[[], object]] = [lambda: file.write(0, octets), lambda: file.write(len(octets), b"x"), lambda: now(file.close())]
    for attempt in attempts:
        with pytest.raises(TooLarge) as refusal:
            attempt()
        texts.append(str(refusal.value))
    assert texts == ["the interchange is larger than 2000 octets"] * 3
    assert (visit.hub.kept, visit.hub.aborted) == ({}, ["too large"])


def test_a_failure_in_the_middle_promises_nothing_of_the_rest() -> None:
    visit = Visit()
    with pytest.raises(HubError, match=r"1 of 3 interchanges were taken .* then: the store is stopping"):
        visit.upload("outbox/x.edi", interchange("R1") + interchange("DOWN2") + interchange("R3"))
    assert [kept.receipt.reference for kept in visit.hub.kept.values()] == ["R1"]
    with pytest.raises(StoreUnavailable, match=r"^the store is stopping$"):
        visit.upload("outbox/y.edi", interchange("DOWN3"))


def test_a_cut_interchange_whose_file_was_closed_is_judged() -> None:
    visit = Visit()
    visit.upload("outbox/x.edi", interchange("R1") + interchange("R2")[:50])
    assert [kept.receipt.verdict for kept in visit.hub.kept.values()] == ["accepted", "rejected"]


def test_octets_that_begin_no_interchange_are_one_thing_to_complain_of() -> None:
    visit = Visit()
    visit.upload("outbox/x.edi", b"hello " * 50_000 + interchange("R1") + b"good-bye")
    kept = [(line.receipt.is_interchange, len(line.octets.strip())) for line in visit.hub.kept.values()]
    assert kept == [(False, 299_999), (True, len(interchange("R1"))), (False, 8)]
    assert visit.names("ack") == [f"R1-{id}{end}" for id in list(visit.hub.kept)[1:2] for end in (".contrl.edi", ".contrl.p7s", ".explain.txt")]
    assert len(visit.names("error")) == 6
    assert visit.told == ["x.edi: octets that begin no interchange, octets that begin no interchange: see ack/ and error/"]


def test_lost_is_not_closed() -> None:
    visit = Visit()
    file = visit.open("outbox/x.edi", WRITE)
    assert isinstance(file, Uploading)
    file.write(0, interchange("R1", size=2_000_000))
    file.lost()
    assert (visit.hub.kept, visit.hub.aborted) == ({}, ["the connection ended before the file was closed"])


def test_staged_files_are_bounded_and_end_with_the_session() -> None:
    visit = Visit()
    for n in range(STAGED_FILES):
        visit.upload(f"outbox/{n}.tmp", interchange(f"R{n}"))
    with pytest.raises(Conflict):
        visit.upload("outbox/more.tmp", interchange("R"))
    now(visit.view.rename("outbox/7.tmp", "out/8.tmp"))
    now(visit.view.rename("outbox/8.tmp", "out/8.edi"))
    assert [kept.receipt.reference for kept in visit.hub.kept.values()] == ["R7"]
    visit.view.lost()
    assert visit.names("outbox") == ["8.edi"]


def test_a_staged_file_is_written_anew_only_from_its_beginning() -> None:
    visit = Visit()
    visit.upload("outbox/x.tmp", interchange("R1"))
    for flags, refusal in ((Flag.WRITE, NotAllowed), (WRITE | Flag.APPEND, NotAllowed), (WRITE | Flag.EXCLUSIVE, Conflict)):
        with pytest.raises(refusal):
            visit.open("outbox/x.tmp", flags)
    visit.upload("outbox/x.tmp", interchange("R2", size=2_000_000))
    visit.upload("outbox/x.tmp", interchange("R3"))
    assert visit.hub.aborted == ["the file was removed or written anew before its rename"]
    now(visit.view.rename("outbox/x.tmp", "outbox/y"))
    assert [(kept.receipt.reference, kept.file_name) for kept in visit.hub.kept.values()] == [("R3", "y")]


# -- pickup


def test_read_whole_and_closed_is_collected_and_stays_to_be_seen_until_removed() -> None:
    visit = Visit()
    octets = interchange("R1")
    visit.hub.deliver("alpha", octets)
    (name,) = visit.names("inbox")
    file = visit.open(f"inbox/{name}")
    assert (file.attributes().size, visit.states()) == (len(octets), ["claimed"])
    assert read_whole(file) == octets
    now(file.close())
    assert (visit.states(), visit.names("inbox"), visit.names("inbox", visit.look())) == (["delivered"], [name], [])
    assert read_whole(visit.open(f"inbox/{name}")) == octets
    now(visit.view.remove(f"inbox/{name}"))
    assert visit.names("inbox") == []
    with pytest.raises(NotFound):
        visit.open(f"inbox/{name}")
    (day,) = visit.names("archive")
    assert visit.names(f"archive/{day}") == [name]
    assert read_whole(visit.open(f"archive/{day}/{name}")) == octets
    with pytest.raises(NotAllowed):
        now(visit.view.remove(f"archive/{day}/{name}"))


@pytest.mark.parametrize("ends", ["close", "lost"])
def test_read_in_part_is_released(ends: str) -> None:
    visit = Visit()
    octets = interchange("R1")
    visit.hub.deliver("alpha", octets)
    (name,) = visit.names("inbox")
    file = visit.open(f"inbox/{name}")
    assert isinstance(file, Collecting)
    for offset in (1, 40):  # all but the first octet, and then the end again
        assert now(file.read(offset, 1000)) == octets[offset:]
    with pytest.raises(NotAllowed):
        now(visit.view.remove(f"inbox/{name}"))
    if ends == "close":
        now(file.close())
    else:
        file.lost()
    assert visit.states() == ["available"]


def test_what_is_delivered_anew_is_collected_anew() -> None:
    visit = Visit()
    id = visit.hub.deliver("alpha", interchange("R1"))
    (name,) = visit.names("inbox")
    for _ in range(2):
        file = visit.open(f"inbox/{name}")
        assert isinstance(file, Collecting)
        read_whole(file)
        now(file.close())
        assert visit.states() == ["delivered"]
        box = visit.hub.boxes[id]
        box.delivery = dataclasses.replace(box.delivery, state=DeliveryState.AVAILABLE)
    assert visit.names("inbox") == [name]
    with pytest.raises(NotAllowed):
        now(visit.view.remove(f"inbox/{name}"))


def test_read_whole_and_lost_is_released() -> None:
    visit = Visit()
    visit.hub.deliver("alpha", interchange("R1"))
    (name,) = visit.names("inbox")
    file = visit.open(f"inbox/{name}")
    read_whole(file)
    file.lost()
    assert visit.states() == ["available"]


def test_a_second_reader_is_told() -> None:
    visit = Visit()
    visit.hub.deliver("alpha", interchange("R1"))
    (name,) = visit.names("inbox")
    visit.open(f"inbox/{name}")
    with pytest.raises(Conflict, match=f"^{name} is in use"):
        visit.open(f"inbox/{name}", view=visit.look())


def test_reading_extends_the_lease_and_resting_loses_it() -> None:
    visit = Visit()
    octets = interchange("R1")
    visit.hub.deliver("alpha", octets)
    (name,) = visit.names("inbox")
    file = visit.open(f"inbox/{name}")
    assert isinstance(file, Collecting)
    for offset in range(len(octets)):
        visit.clock.advance(101)
        now(file.read(offset, 1))
        assert visit.names("inbox", visit.look()) == []  # asked of the hub, which looks at its leases then
    assert visit.states() == ["claimed"]
    visit.clock.advance(301)
    with pytest.raises(Conflict, match="the lease ran out"):
        now(file.close())
    assert visit.names("inbox") == [name]
    assert visit.states() == ["available"]


def test_a_name_that_only_ends_like_a_delivery_is_none() -> None:
    visit = Visit()
    id = visit.hub.deliver("alpha", interchange("R1"))
    for name in (f"OTHER_R1_ORDERS_{id}.edi", f"alpha_r1_orders_{id}.edi", f"_{id}.edi"):
        with pytest.raises(NotFound):
            now(visit.view.attributes(f"inbox/{name}"))
    for folder in ("inbox/test", "archive/20260528"):
        with pytest.raises(NotFound):
            now(visit.view.attributes(f"{folder}/{visit.names('inbox')[0]}"))


def test_the_archive_goes_back_thirty_days() -> None:
    visit = Visit()
    for reference in ("OLD", "NEW"):
        visit.hub.deliver("alpha", interchange(reference))
        file = visit.open(f"inbox/{visit.names('inbox')[0]}")
        read_whole(file)
        now(file.close())
        now(visit.view.remove(f"inbox/{visit.names('inbox')[0]}"))
        visit.clock.advance(20 * 86_400)
    assert visit.names("archive") == ["20260617"]
    assert now(visit.view.attributes("archive/20260616")).mode == 0o040550
    with pytest.raises(NotFound):
        visit.view.listing("archive/20260528")
    (name,) = visit.names("archive/20260617")
    assert now(visit.view.attributes(f"archive/20260617/{name}")).size == len(interchange("NEW"))
    with pytest.raises(NotFound):
        now(visit.view.attributes(f"archive/20260618/{name}"))


def test_a_day_of_many_pages_is_listed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_view, "PAGE", 2)
    visit = Visit()
    ids = [visit.hub.deliver("alpha", interchange(f"R{n}")) for n in range(7)]
    assert len(visit.names("inbox")) == 7
    for id, ago in zip(ids, (3, 3, 2, 2, 2, 2, 0), strict=True):
        box = visit.hub.boxes[id]
        box.delivery = dataclasses.replace(box.delivery, state=DeliveryState.DELIVERED, delivered_at=visit.hub.now() - timedelta(days=ago))
    days = visit.names("archive")
    assert [day for day in days if visit.names(f"archive/{day}")] == ["20260525", "20260526", "20260528"]
    assert sorted(visit.names("archive/20260526")) == [f"ALPHA_R{n}_ORDERS_{ids[n]}.edi" for n in range(2, 6)]


# -- acknowledgements and the rest


def test_an_acknowledgement_is_found_without_a_listing_and_hidden_when_read_and_removed() -> None:
    visit = Visit()
    for n in range(3):
        visit.upload("outbox/x.edi", interchange(f"R{n}"))
    entry = now(_entries(visit))[1]
    file = visit.open(f"ack/{entry}.contrl.edi")
    assert file.attributes().size == len(read_whole(file))
    with pytest.raises(NotAllowed):
        now(visit.view.remove(f"ack/{entry}.contrl.edi"))  # not closed yet
    now(file.close())
    now(visit.view.remove(f"ack/{entry}.contrl.edi"))
    assert len(visit.names("ack")) == 8
    assert len(visit.names("ack", visit.look())) == 9
    for path in (f"ack/{entry}.contrl.edi", f"error/{entry}.explain.txt", f"ack/{entry}", "ack/other.explain.txt"):
        with pytest.raises(NotFound):
            visit.open(path)


async def _entries(visit: Visit) -> list[str]:
    return [entry.name for entry in await visit.hub.acknowledgements(visit.session)]


def test_the_root_explains_itself() -> None:
    visit = Visit()
    assert visit.names("/") == ["READ.ME", "outbox", "inbox", "ack", "error", "archive"]
    text = read_whole(visit.open("READ.ME")).decode()
    assert now(visit.view.attributes("READ.ME")).size == len(text.encode())
    assert "mget" in text
    assert "上传交换文件" in text


@pytest.mark.parametrize(
    ("flags", "path", "refusal"),
    [
        (Flag.READ, "inbox", NotAllowed),
        (Flag.READ, "nothing", NotFound),
        (Flag.READ, "outbox/none", NotFound),
        (WRITE, "x.edi", NotAllowed),
        (WRITE, "ack/x", NotAllowed),
        (WRITE, "archive/20260301/x", NotAllowed),
        (Flag.READ | Flag.WRITE, "READ.ME", NotAllowed),
    ],
)
def test_what_cannot_be_opened(flags: Flag, path: str, refusal: type[HubError]) -> None:
    with pytest.raises(refusal):
        Visit().open(path, flags)


@pytest.mark.parametrize(("old", "new"), [("inbox/a", "outbox/a"), ("outbox/x.tmp", "inbox/a"), ("outbox/x.tmp", "outbox"), ("outbox/x.tmp", "x")])
def test_renames_stay_in_the_outbox(old: str, new: str) -> None:
    visit = Visit()
    visit.upload("outbox/x.tmp", interchange("R1"))
    with pytest.raises(NotAllowed):
        now(visit.view.rename(old, new))
    assert visit.names("outbox") == ["x.tmp"]


def test_an_empty_file_is_nothing() -> None:
    for octets in (b"", b"\r\n \r\n"):
        with pytest.raises(Refused, match="empty"):
            Visit().upload("outbox/x.edi", octets)
