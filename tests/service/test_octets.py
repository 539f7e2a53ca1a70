"""A delivery's octets, read in any pieces, are the recipe's whole; damage is found before anything is given."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.parts import Loop, Time, interchange, send, session
from vanhub.service import octets as module
from vanhub.service.core import Core
from vanhub.service.hub import Hub
from vanhub.service.octets import DamagedContent, Octets, Verified
from vanhub.store import alerts
from vanhub.store.content import ContentStore
from vanhub.store.deliveries import DeliveryContent
from vanhub.store.segments import SegmentFiles
from vanhub.values.delivery import ContentRef, Recipe, Slice

ORIGINAL = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[ContentStore, ContentRef]:
    """``ORIGINAL`` in content files, not at their beginning."""
    store = SegmentFiles(tmp_path_factory.mktemp("content"))
    large = store.begin_large(Time()())
    large.write(b"before" + ORIGINAL)
    ref = large.finish()
    return store, ContentRef(ref.day, ref.segment, 6, len(ORIGINAL))


parts = st.one_of(st.binary(max_size=40), st.tuples(st.integers(0, 1023), st.integers(0, 300)).map(lambda pair: Slice(pair[0], min(pair[1], 1024 - pair[0]))))


def made(kept: tuple[ContentStore, ContentRef], recipe: Recipe) -> tuple[Octets, bytes]:
    whole = b"".join(part if isinstance(part, bytes) else ORIGINAL[part.offset : part.offset + part.length] for part in recipe)
    return Octets(kept[0], DeliveryContent(recipe, kept[1], len(whole), hashlib.sha256(whole).hexdigest())), whole


@given(st.lists(parts, max_size=8).map(tuple), st.integers(0, 2000), st.integers(0, 2000))
def test_any_read_of_any_recipe_is_a_slice_of_the_whole(kept: tuple[ContentStore, ContentRef], recipe: Recipe, offset: int, length: int) -> None:
    octets, whole = made(kept, recipe)
    assert octets.size == len(whole)
    assert octets.read(offset, length) == whole[offset : offset + length]
    assert b"".join(octets.pieces()) == whole
    octets.require_undamaged()


@given(st.lists(parts, max_size=8).map(tuple), st.data())
def test_reading_on_gives_all_of_it(kept: tuple[ContentStore, ContentRef], recipe: Recipe, data: st.DataObject) -> None:
    octets, whole = made(kept, recipe)
    got = b""
    while len(got) < octets.size:
        got += octets.read(len(got), data.draw(st.integers(1, 400)))
    assert got == whole
    assert octets.read(len(got), 10) == b""


def test_large_contents_are_read_in_pieces(kept: tuple[ContentStore, ContentRef], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 100)
    octets, whole = made(kept, (b"UNB'", Slice(0, 1024), b"UNZ'"))
    pieces = list(octets.pieces())
    assert b"".join(pieces) == whole
    assert {len(piece) for piece in pieces[:-1]} == {100}


def test_what_differs_from_what_was_accepted_is_found(kept: tuple[ContentStore, ContentRef]) -> None:
    recipe: Recipe = (Slice(0, 10),)
    with pytest.raises(DamagedContent, match="nothing damaged is delivered"):
        Octets(kept[0], DeliveryContent(recipe, kept[1], 10, hashlib.sha256(b"other").hexdigest())).require_undamaged()


class TestVerified:
    """What is large is hashed once in a while, not for each range that is asked for."""

    @pytest.fixture
    def verified(self, time: Time, monkeypatch: pytest.MonkeyPatch) -> Verified:
        monkeypatch.setattr(Verified, "LARGE_OCTETS", 1000)
        monkeypatch.setattr(Verified, "MOST", 3)
        return Verified(time)

    @pytest.fixture
    def hashed(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The sizes of what was hashed."""
        sizes: list[int] = []
        require = Octets.require_undamaged

        def noted(octets: Octets) -> None:
            sizes.append(octets.size)
            require(octets)

        monkeypatch.setattr(Octets, "require_undamaged", noted)
        return sizes

    def test_it_is_remembered_for_a_while(self, kept: tuple[ContentStore, ContentRef], verified: Verified, time: Time, hashed: list[int]) -> None:
        large, small = made(kept, (Slice(0, 1001),))[0], made(kept, (Slice(0, 1000),))[0]
        for _ in range(3):
            verified.require("D1", large)
            verified.require("D1", small)
        assert (hashed.count(1001), hashed.count(1000)) == (1, 3)
        time.now += Verified.LASTS
        verified.require("D1", large)
        assert hashed.count(1001) == 2

    def test_it_holds_for_one_delivery_and_one_digest(self, kept: tuple[ContentStore, ContentRef], verified: Verified, hashed: list[int]) -> None:
        whole, part = made(kept, (Slice(0, 1024),))[0], made(kept, (Slice(0, 1001),))[0]
        for delivery, octets in (("D1", whole), ("D1", part), ("D2", whole), ("D1", whole)):
            verified.require(delivery, octets)
        assert hashed == [1024, 1001, 1024]

    def test_damage_is_not_remembered_as_good(self, kept: tuple[ContentStore, ContentRef], verified: Verified) -> None:
        damaged = Octets(kept[0], DeliveryContent((Slice(0, 1024),), kept[1], 1024, hashlib.sha256(b"other").hexdigest()))
        for _ in range(2):
            with pytest.raises(DamagedContent):
                verified.require("D1", damaged)

    def test_it_is_bounded_and_the_oldest_goes_first(self, kept: tuple[ContentStore, ContentRef], verified: Verified, hashed: list[int]) -> None:
        large = made(kept, (Slice(0, 1024),))[0]
        for number in range(5):
            verified.require(f"D{number}", large)
        hashed.clear()
        for number in (4, 3, 2):
            verified.require(f"D{number}", large)
        assert hashed == []
        verified.require("D1", large)
        assert hashed == [1024]


def test_ranges_of_a_large_delivery_are_given_without_hashing_it_again(hub: Hub, core: Core, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Verified, "LARGE_OCTETS", 10)
    hashings: list[int] = []
    require = Octets.require_undamaged
    monkeypatch.setattr(Octets, "require_undamaged", lambda octets: hashings.append(octets.size) or require(octets))  # type: ignore[func-returns-value]
    data = interchange("R1")
    send(loop, hub.intake, session(core, "trader"), data)
    customs = session(core, "customs")
    (delivery,) = loop.wait(hub.mailboxes.waiting(customs))
    for ask in (hub.mailboxes.content, hub.mailboxes.original):
        assert b"".join(loop.wait(loop.wait(ask(customs, delivery.id)).read(offset, 10)) for offset in range(0, len(data), 10)) == data
    assert hashings == [len(data)]


def test_damage_on_the_disk_is_found_alarmed_and_not_delivered(hub: Hub, core: Core, loop: Loop, home: Path) -> None:
    send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    customs = session(core, "customs")
    (delivery,) = loop.wait(hub.mailboxes.waiting(customs))
    assert loop.wait(loop.wait(hub.mailboxes.content(customs, delivery.id)).read(0, 10_000)) == interchange("R1")
    (file,) = (path for path in (home / "var" / "content").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes().replace(b"ANSWER1", b"ANSWER2"))
    for ask in (hub.mailboxes.content, hub.mailboxes.original):
        with pytest.raises(DamagedContent):
            loop.wait(ask(customs, delivery.id))
    (alert,) = core.store.look(alerts.list_alerts)
    assert (alert.kind, alert.subject, alert.cure) == ("content-damaged", delivery.id, "vanhub doctor; restore the content of that day from a backup")
