"""Scanner, opening, service characters, repertoires."""

from __future__ import annotations

import codecs
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanhub.edifact.advice import advice_faults, announced
from vanhub.edifact.charset import Repertoire, announced_encoding, legible, printable, repertoire
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.iso2022 import without_shifts
from vanhub.edifact.opening import blank_before, read_opening
from vanhub.edifact.scanner import Cut, Marks, Scanner, read_fields, split, tag_of, unreleased, without_releases
from vanhub.edifact.separators import Separators

MARKS = Marks.of(Separators.default(3), 3)


def known_repertoire(identifier: str, encoding: str = "") -> Repertoire:
    found = repertoire(identifier, encoding)
    assert found is not None
    return found


UTF8 = known_repertoire("UNOY")


def reference_split(text: str, mark: str, release: str) -> list[str]:
    """Character by character."""
    pieces, released = [""], False
    for character in text:
        if character == mark and not released:
            pieces.append("")
            continue
        pieces[-1] += character
        released = character == release and not released
    return pieces


@given(st.text("'?+A", max_size=30))
def test_split_is_what_the_standard_says(text: str) -> None:
    assert split(text, "'", "?") == reference_split(text, "'", "?")
    assert split(text, "'", "") == text.split("'")


@given(st.text("'?+:A上", max_size=60), st.lists(st.integers(0, 100), max_size=5))
@settings(max_examples=200, deadline=None)
def test_the_scanner_cuts_where_split_does(text: str, cuts: list[int]) -> None:
    data = text.encode()
    scanner = Scanner(MARKS, UTF8, 1000)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    segments = [segment for start, end in pairwise(places) for segment in scanner.feed(data[start:end])]
    segments += scanner.feed(b"", last=True)
    assert [*segments, scanner.rest] == split(text, "'", "?")


def test_a_segment_over_the_limit_is_cut_and_the_next_one_found() -> None:
    for piece in (1, 7, 1000):
        scanner = Scanner(MARKS, UTF8, 100)
        data = b"FTX+" + "上?'".encode() * 500 + b"'UNT+1'"
        segments = [segment for at in range(0, len(data), piece) for segment in scanner.feed(data[at : at + piece])]
        cut, after = segments
        assert (type(cut), cut[:5], isinstance(cut, Cut) and cut.octets, after) == (Cut, "FTX+上", len(data) - 7, "UNT+1")
        assert not UTF8.admits(cut)


def test_fields_of_a_service_segment() -> None:
    read = read_fields("UNB+UNOA:2+A?+B:上", MARKS, UTF8.octets, 100)
    assert read.values == [["UNB"], ["UNOA", "2"], ["A+B", "上"]]
    assert [[read.offset(element, component) for component in range(len(read.values[element]))] for element in range(3)] == [[100], [104, 109], [111, 116]]
    assert (read.value(9), read.offset(9, 9), read.offset(1, 5)) == ("", 116, 109)
    assert read_fields(f"UNB+A\0\udcff+{'X' * 100_000}", MARKS).values == [["UNB"], ["A\ufffd\ufffd"], ["X" * 256]]
    assert tag_of("NAD:1:2+X", MARKS) == "NAD"
    assert unreleased("?'???", "?") == "'?"
    assert without_releases("A\\|\\\\B\\", "\\") == "A | \\B "


@pytest.mark.parametrize(
    ("una", "version", "kinds"),
    [
        (b"UNA:+.? '", 3, []),
        (b"UNA:+.?*'", 4, []),
        (b"UNA:+.?:'", 3, []),  # reserved in version 3
        (b"UNA:+.?:'", 4, [(FaultKind.UNA_SAME_TWICE, 8, b":")]),
        (b"UNA:++? '", 3, [(FaultKind.UNA_SAME_TWICE, 6, b"+")]),
        (b"UNA:++? '", 4, []),  # not looked at in version 4
        (b"UNA:+.  '", 3, []),  # no release character
        (b"UNAA1.?  ", 3, [(FaultKind.UNA_LETTER_OR_DIGIT, 4, b"A"), (FaultKind.UNA_LETTER_OR_DIGIT, 5, b"1"), (FaultKind.UNA_CANNOT_SERVE, 9, b" ")]),
        (b"UNA:+.? \xe9", 3, [(FaultKind.UNA_CANNOT_SERVE, 9, b"\xe9")]),
        (b"UNA:+.? \n", 3, []),
        (b"UNA\x1f\x1d.  \x1c", 1, []),
    ],
)
def test_what_can_serve(una: bytes, version: int, kinds: list[tuple[FaultKind, int, bytes]]) -> None:
    assert advice_faults(Separators.from_una(una), version) == kinds
    assert announced(una, version) == (Separators.default(version) if kinds else Separators.from_una(una))


def test_an_opening_needs_no_more_octets_than_it_takes() -> None:
    data = b"UNA:+.? '\r\nUNB+UNOC:3:::x+A"
    for length in range(len(data) - 2):
        assert read_opening(data[:length], whole=False) is None
    opening = read_opening(data, whole=False)
    assert opening is not None
    assert (opening.start, opening.identifier, opening.syntax_version, opening.repertoire.codec, opening.faults) == (11, "UNOC", 3, "iso8859-1", ())
    assert blank_before(b" \r\n\xef\xbb\xbf\nUNB") == 7


@pytest.mark.parametrize("data", [b"", b"U", b"UN", b"UNB", b"UNBX+", b"UNA:+.? ", b"UNA:+.? 'UNH+1'", b"x", b"\xef\xbb"])
def test_what_opens_no_interchange(data: bytes) -> None:
    with pytest.raises(ValueError, match="no interchange"):
        read_opening(data, whole=True)


def test_repertoires_hold_what_they_say() -> None:
    for identifier in ("UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL", "UNOW", "UNOX", "UNOY"):
        known = known_repertoire(identifier)
        assert known.admits("ABC 019.,-()/='+:?!\"%&*;<>")
        assert known.admits("abc") == (identifier != "UNOA")
        assert known.admits("@") == (identifier not in {"UNOA", "UNOB"})
        assert (known.outside("A\x07"), known.outside("A\x85"), known.outside("A\udc80"), known.outside("A")) == (1, 1, 1, -1)
    assert repertoire("UNOZ") is None
    assert repertoire("") is None


@pytest.mark.parametrize("name", ["gb18030", "gbk", "gb2312", "big5", "utf-8", "latin-1", "cp1252", "cp932", "cp949", "cp950", "euc_kr", "koi8-r", "cp850"])
def test_accepted_encodings_contain_ascii(name: str) -> None:
    known = known_repertoire("UNOX", name)
    ascii_text = bytes(range(128)).decode("ascii")
    assert codecs.decode(bytes(range(128)), known.codec) == ascii_text
    assert [codecs.decode(bytes([octet]), known.codec) for octet in range(128)] == list(ascii_text)


@pytest.mark.parametrize(
    "name", ["utf-16", "utf-32", "cp500", "utf-7", "hz", "iso2022_jp", "euc_jp", "big5hkscs", "cp864", "shift_jis_nope", "punycode", "rot13", "idna"]
)
def test_refused_encodings(name: str) -> None:
    with pytest.raises(LookupError):
        repertoire("UNOX", name)


@given(st.one_of(st.binary(max_size=40), st.lists(st.sampled_from(b"\x80\x81\x30\xfe\xa1\xb0A'\x8e\x40\xc3"), max_size=12).map(bytes)))
def test_undecodable_octets_are_kept_and_measured(data: bytes) -> None:
    for identifier, encoding in (("UNOA", ""), ("UNOG", ""), ("UNOX", ""), ("UNOY", ""), ("UNOX", "gbk"), ("UNOX", "big5"), ("UNOX", "euc_kr")):
        known = known_repertoire(identifier, encoding)
        text = known.decoder()(data, True)
        assert known.octets(text) == len(data)
        assert legible(text).encode().decode() == legible(text)
        assert len(printable(text)) == len(without_shifts(text))


def test_encodings_of_0133() -> None:
    assert [announced_encoding(code) for code in ("", "1", "2", "7", "ZZZ")] == ["", "ascii", "", "utf-8", ""]
