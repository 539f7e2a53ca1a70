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
from vanhub.service.octets import DamagedContent, Octets
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
