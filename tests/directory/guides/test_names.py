"""What names of places and elements mean, in both ways of repeating."""

from __future__ import annotations

import re

import pytest

from tests.directory.samples import DIRECTORIES, definition, directory
from vanhub.directory.guides.model import Match, Spot
from vanhub.directory.guides.names import MessageNames, anchor_of, as_sent, trigger_of
from vanhub.directory.guides.sent import Sent
from vanhub.directory.guides.text import Text
from vanhub.directory.model import Representation
from vanhub.edifact.scanner import Marks
from vanhub.edifact.separators import Separators

CUSDEC = MessageNames(definition("D.01B", "CUSDEC"), directory("D.01B"), DIRECTORIES.service(4))
GESMES = MessageNames(definition("D.01B", "GESMES"), directory("D.01B"), DIRECTORIES.service(4))


def test_places() -> None:
    assert [
        (named.tag, named.group, named.parent.group, len(named.places)) for named in map(CUSDEC.places, ["BGM", "SG5", "SG5/LOC", "UNS", "UNS#2", "SG3"])
    ] == [
        ("BGM", 0, -1, 1),
        ("DOC", 5, -1, 1),
        ("LOC", 0, 5, 1),
        ("UNS", 0, -1, 2),
        ("UNS", 0, -1, 1),
        ("PCI", 3, 2, 1),
    ]
    assert CUSDEC.places("UNS#2").indices == CUSDEC.places("UNS").indices[1:]
    assert trigger_of(CUSDEC.places("SG5").places[0]).index == CUSDEC.places("SG5/DOC").indices[0]


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("SG99", "CUSDEC D.01B has no group 99; the nearest is SG9"),
        ("SG5/LOX", "there is no LOX directly in SG5 of CUSDEC D.01B; the nearest is SG5/LOC"),
        ("TDT", "there is no TDT directly in CUSDEC D.01B; the nearest is DTM"),
        ("UNS#3", "there is no UNS directly in CUSDEC D.01B; the nearest is UNS"),
        ("SG5LOC", "it is written as BGM, SG5 or SG5/LOC; the nearest is SG5/LOC"),
        ("bgm", "it is written as BGM, SG5 or SG5/LOC; the nearest is BGM"),
        ("SG5/", "it is written as BGM, SG5 or SG5/LOC; the nearest is SG5"),
        ("/LOC", "it is written as BGM, SG5 or SG5/LOC; the nearest is LOC"),
    ],
)
def test_places_that_are_not_there(at: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        CUSDEC.places(at)


def test_spots() -> None:
    assert CUSDEC.spot("LOC", "3227") == Spot("3227", 1, 1, 0, False, -1, Representation("an", 0, 3))
    assert CUSDEC.spot("LOC", "1131#2") == Spot("1131", 3, 3, 0, False, 1, Representation("an", 0, 17))
    assert CUSDEC.spot("LOC", "C519") == Spot("C519", 3, 3, 0, False, -1, None)
    # ARR has C770 up to 9999 times at one place, each with 9424 up to 100 times.
    assert GESMES.spot("ARR", "9424#102") == Spot("9424", 3, 2, 1, True, 1, Representation("an", 0, 512))
    for id in ("3228", "1131#4", "C517#2", "x"):
        with pytest.raises(ValueError, match=rf"LOC has no element {id}; the nearest is \w+"):
            CUSDEC.spot("LOC", id)


def test_reading_spots_where_elements_repeat() -> None:
    second = GESMES.spot("ARR", "9424#102")
    old, new = Marks.of(Separators(), 3), Marks.of(Separators(repetition=b"*"), 4)
    before, after = Sent("ARR++a:b+c:d?:e:f", old, False), Sent("ARR++a:b*c:d?:e:f", new, True)
    assert (before.value(second), after.value(second)) == ("d:e", "d:e")
    assert (before.place(second), after.place(second)) == ((11, 4, 2, None), (11, 3, 2, 2))
    for sent in (before, after):
        assert sent.value(GESMES.spot("ARR", "C770#2")) == "c:d?:e:f"
        assert sent.value(GESMES.spot("ARR", "9424#302")) == ""
    assert Sent("ARR++a", old, False).place(second) == (6, 4, 2, None)
    assert Sent("ARR++a", new, True).place(second) == (6, 3, 2, 2)


def test_labels() -> None:
    words = Text("", "")
    assert as_sent("LOC", (Match(CUSDEC.spot("LOC", "3227"), words, frozenset({"22"})),)) == "LOC+22"
    where = (Match(CUSDEC.spot("LOC", "3055"), words, frozenset({"ZZZ"})), Match(CUSDEC.spot("LOC", "3227"), words, frozenset({"42", "41"})))
    assert as_sent("LOC", where) == "LOC+41/42+::ZZZ"
    assert as_sent("UNS", ()) == "UNS"


def test_anchors() -> None:
    root, five, thirty = CUSDEC.table.root, CUSDEC.places("SG5").places[0], CUSDEC.places("SG30").places[0]
    place = CUSDEC.places("SG34/CUX").places[0]
    assert [anchor_of(scope, place) for scope in (root, five, thirty)] == [root, root, thirty]
    assert anchor_of(five, trigger_of(five)) is five
