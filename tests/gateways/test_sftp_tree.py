"""Paths and names of the virtual tree."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.errors import NotFound
from vanhub.gateways.seam import AcknowledgementEntry
from vanhub.gateways.sftp_tree import (
    Folder,
    NotAllowed,
    Part,
    Place,
    acknowledgement_files,
    acknowledgement_part,
    canonical,
    delivery_id,
    delivery_name,
    file_of,
    is_staged,
    line,
    place,
    unstaged,
)
from vanhub.gateways.sftp_wire import Attributes, Entry
from vanhub.values.delivery import Delivery, DeliveryState, Slot

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "whole", "where"),
    [
        ("", "/", Place(Folder.ROOT)),
        (".", "/", Place(Folder.ROOT)),
        ("../..", "/", Place(Folder.ROOT)),
        ("//in/", "/inbox", Place(Folder.INBOX)),
        ("out/./x.edi", "/outbox/x.edi", Place(Folder.OUTBOX, "x.edi")),
        ("/outbox/in", "/outbox/in", Place(Folder.OUTBOX, "in")),
        ("inbox/../out", "/outbox", Place(Folder.OUTBOX)),
        ("in/test", "/inbox/test", Place(Folder.TEST)),
        ("in/test/x", "/inbox/test/x", Place(Folder.TEST, "x")),
        ("in/rejected", "/inbox/rejected", Place(Folder.REJECTED)),
        ("archive/20260301/x", "/archive/20260301/x", Place(Folder.DAY, "x", "20260301")),
        ("archive/20260301", "/archive/20260301", Place(Folder.DAY, day="20260301")),
        ("archive/yesterday", "/archive/yesterday", Place(Folder.ARCHIVE, "yesterday")),
        ("READ.ME", "/READ.ME", Place(Folder.ROOT, "READ.ME")),
        ("a b", "/a b", Place(Folder.ROOT, "a b")),
        ("/outbox/报文　一.edi", "/outbox/报文　一.edi", Place(Folder.OUTBOX, "报文　一.edi")),
    ],
)
def test_paths(path: str, whole: str, where: Place) -> None:
    assert (canonical(path), place(path)) == (whole, where)


@pytest.mark.parametrize("path", ["/etc/passwd", "/outbox/a/b", "/archive/2026/x", "/archive/20260301/x/y", "/archive/YYYYMMDD/x", "/inbox/other/x"])
def test_there_are_no_other_folders(path: str) -> None:
    with pytest.raises(NotFound):
        place(path)


@pytest.mark.parametrize("path", ["a\0b", "a\nb", "\x1b[31m", "\x7f", "\x85", "\u202egnp", "a\u2028b", "\ud800", "x" * 256, "文" * 86, "a/" * 2049])
def test_names_that_are_none(path: str) -> None:
    with pytest.raises(NotAllowed):
        canonical(path)


@given(st.text(st.sampled_from("ab./\\ \0~*'文"), max_size=40))
def test_no_path_leads_out(path: str) -> None:
    try:
        whole = canonical(path)
    except NotAllowed:
        assert "\0" in path
        return
    assert canonical(whole) == whole
    assert whole.startswith("/")
    assert not {"", ".", ".."} & set(whole[1:].split("/")) or whole == "/"


def delivery(**changes: object) -> Delivery:
    whole = Delivery(
        "D7", "I1", "beta", Slot.PRODUCTION, DeliveryState.AVAILABLE, "ALPHA:ZZ", "BETA", "R/1", ("CUSDEC", "CUSRES"), 2, 86, "", NOON, None, "", 0, 0, None, None, None
    )  # fmt: skip
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "ALPHA-ZZ_R-1_CUSDEC-CUSRES_D7.edi"),
        ({"sender": "中国海关", "reference": "", "types": ()}, "x_x_x_D7.edi"),
        ({"sender": "../..", "reference": "..", "types": tuple("ABCDEF")}, "x_x_A-B-C-D-ETC_D7.edi"),
        ({"sender": "A_B c", "reference": "-r"}, "A-B-c_r_CUSDEC-CUSRES_D7.edi"),
    ],
)
def test_names_of_deliveries(changes: dict[str, object], name: str) -> None:
    assert delivery_name(delivery(**changes)) == name
    assert delivery_id(name) == "D7"


@given(st.text(max_size=35), st.text(max_size=14), st.lists(st.text(max_size=6), max_size=9), st.from_regex(r"[A-Za-z0-9-]{1,36}", fullmatch=True))
def test_a_name_is_safe_and_leads_back_to_its_delivery(sender: str, reference: str, types: list[str], id: str) -> None:
    name = delivery_name(delivery(sender=sender, reference=reference, types=tuple(types), id=id))
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.edi", name)
    assert canonical(f"/inbox/{name}") == f"/inbox/{name}"
    assert delivery_id(name) == id


def test_a_name_that_is_no_deliverys() -> None:
    for name in ("x.edi", "_.edi", "a_b", "a_b.EDI", "*"):
        with pytest.raises(NotFound):
            delivery_id(name)


def test_staging_names() -> None:
    staged = {"x.edi.tmp": "x.edi", "X.PART": "X", "x.filepart": "x"}
    assert {name: unstaged(name) for name in staged} == staged
    assert all(map(is_staged, staged))
    assert [name for name in ("x.edi", "tmp", "x.tmp.edi", "x.tmpl") if is_staged(name) or unstaged(name) != name] == []


def entry(**changes: object) -> AcknowledgementEntry:
    whole = AcknowledgementEntry("I1", "I1", "R1-I1", "x.edi", NOON.timestamp(), "accepted", True, 94, 1900, 25)
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


def test_acknowledgements_have_the_files_that_they_have() -> None:
    sizes = {file.name: file.attributes.size for file in acknowledgement_files(entry())}
    assert sizes == {"R1-I1.contrl.edi": 94, "R1-I1.contrl.p7s": 1900, "R1-I1.explain.txt": 25}
    assert [file.name for file in acknowledgement_files(entry(contrl_octets=0, p7s_octets=0))] == ["R1-I1.explain.txt"]
    assert [acknowledgement_part(name) for name in sizes] == [("R1-I1", part) for part in Part]
    with pytest.raises(NotFound):
        acknowledgement_part("R1-I1.edi")


def test_lines_are_those_of_ls() -> None:
    assert line(file_of(delivery())) == "-r--r-----    1 vanhub   vanhub             86 Mar 01 12:00 ALPHA-ZZ_R-1_CUSDEC-CUSRES_D7.edi"
    assert line(Entry("in", Attributes(0, 0o040550, 0))) == "dr-xr-x---    1 vanhub   vanhub              0 Jan 01 00:00 in"
