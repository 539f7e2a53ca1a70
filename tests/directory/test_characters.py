"""Characters in a check: repertoires, encodings of 0133, code extension. Lengths count characters, places count octets, and nothing that is shifted separates."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import InterchangeCheck, check_if_faultless, check_interchange
from vanhub.edifact.charset import announced_encoding, repertoire
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.report import Report, Verdict

Found = tuple[FaultKind, str, int | None, int | None, int, str | None]


def interchange(text: bytes, syntax: bytes = b"UNOX:3", after: bytes = b"'") -> bytes:
    """A CUSRES with ``text`` in FTX, whose fourth element's components have up to 70 characters."""
    date = b"20260101" if b":4" in syntax else b"260101"
    return b"".join(
        (b"UNB+" + syntax + b"+A+B+" + date + b":1200+R'", b"UNH+1+CUSRES:D:96B:UN'", b"BGM+962'", b"FTX+AAA+++", text, after, b"GIS+1'", b"UNT+5+1'UNZ+1+R'")
    )


def found(data: bytes, encoding: str = "") -> list[Found]:
    report = check_interchange(data, DIRECTORIES, encoding=encoding)
    return [(fault.kind, fault.segment, fault.element, fault.component, fault.offset, fault.value) for fault in report.faults]


def in_pieces(data: bytes, size: int) -> Report:
    check = InterchangeCheck(DIRECTORIES)
    for at in range(0, len(data), size):
        check.feed(data[at : at + size])
    return check.close()


# Seventy characters in each way of writing; the first has octets that are service characters in ASCII.
SEVENTY = {
    "JIS X 0208 in G0": b"\x1b$B" + b"'+" * 69 + b"?:" + b"\x1b(B",
    "JIS X 0208 in G0, back to JIS X 0201 Roman": b"\x1b$B" + b"?'" * 70 + b"\x1b(J",
    "KS X 1001 by shift out": b"\x1b$)C\x0e" + b"0+" * 70 + b"\x0f",
    "KS X 1001 in the right half": b"\x1b$)C" + b"\xb0\xa1" * 70,
    "GB 2312 by shift out": b"\x0e" + b"0'" * 70 + b"\x0f",
    "JIS X 0201 Katakana": b"\x1b(I" + b"'" * 70 + b"\x1b(B",
    "single shifts of Katakana": b"\x1b*I" + b"\x1bN'" * 70,
    "GB 18030, two octets": "港".encode("gb18030") * 70,
    "GB 18030, four octets": "𠀀".encode("gb18030") * 70,
    "no table": b"",
}  # fmt: skip


@pytest.mark.parametrize("way", [way for way, text in SEVENTY.items() if text])
def test_escapes_are_no_characters(way: str) -> None:
    text = SEVENTY[way]
    good = interchange(text)
    assert check_interchange(good, DIRECTORIES).faults == ()
    # One more makes it too long, at the octet where the component begins.
    long = interchange(b"A" + text)
    start = long.index(b"FTX+AAA+++") + 10
    (fault,) = found(long)
    assert fault[:5] == (FaultKind.TOO_LONG, "FTX", 5, 1, start)
    # What comes after is at its octet too.
    after = interchange(text + b":\x01")
    assert found(after) == [(FaultKind.CHARACTER_INVALID, "FTX", 5, 2, after.index(b"\x01"), "␁")]
    later = interchange(text).replace(b"GIS+1", b"GIS+ZZZZ")
    assert [fault[4] for fault in found(later)] == [later.index(b"ZZZZ")]
    for size in (1, 3, 50):
        assert in_pieces(after, size) == check_interchange(after, DIRECTORIES)


def test_bad_sequences_are_undecodable_at_their_octet() -> None:
    for bad, shown in ((b"\x1b%G", "0x1B"), (b"\x1b$B'", "0x27"), (b"\x81", "0x81"), (b"\x1b$)G\x0e0'", "0x30")):
        data = interchange(b"AB" + bad, after=b"\x0f\x1b(B'")
        at = data.index(b"AB" + bad) + 2 + (bad.find(b"\x0e0") + 1 or (3 if bad == b"\x1b$B'" else 0))
        assert found(data) == [(FaultKind.UNDECODABLE, "FTX", 5, 1, at, shown)], bad


def test_an_element_of_escapes_only_is_empty() -> None:
    data = interchange(b"A").replace(b"BGM+962", b"BGM+\x1b$B\x1b(B")
    assert found(data) == []  # C002 is conditional
    data = interchange(b"A").replace(b"GIS+1", b"GIS+\x1b$B\x1b(B+")
    assert [fault[:3] for fault in found(data)] == [(FaultKind.COMPOSITE_MISSING, "GIS", 2)]


def test_the_usual_state_may_be_announced_before_a_segment() -> None:
    data = interchange(b"\x1b$B0!\x1b(B").replace(b"'", b"'\x1b(B\r\n")
    report = check_interchange(data, DIRECTORIES)
    assert (report.faults, report.verdict, report.messages[0].offset) == ((), Verdict.ACCEPTED, data.index(b"UNH"))


def test_the_fast_way_leaves_shifted_text_to_the_slow_one() -> None:
    assert check_if_faultless(interchange("港".encode("gb18030")), DIRECTORIES) == check_interchange(interchange("港".encode("gb18030")), DIRECTORIES)
    assert check_if_faultless(interchange(b"\x1b$B0!\x1b(B"), DIRECTORIES) is None


SHIFTED = st.lists(
    st.sampled_from([b"\x1b$B", b"\x1b(B", b"\x0e", b"\x0f", b"\x1b$)C", b"0!", b"'", b"+", b":", b"A", b"?", b"\x1b", "港".encode("gb18030"), b"\x1bN"]),
    max_size=15,
).map(b"".join)


@given(SHIFTED, st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=200, deadline=None)
def test_shifted_text_in_any_pieces_gives_the_same_report(text: bytes, cuts: list[int]) -> None:
    data = interchange(text)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    check = InterchangeCheck(DIRECTORIES)
    for start, end in pairwise(places):
        check.feed(data[start:end])
    report = check.close()
    assert report == check_interchange(data, DIRECTORIES)
    assert all(0 <= fault.offset <= len(data) for fault in report.faults)


def test_a_character_that_cannot_be_shown_has_its_number() -> None:
    for octets, shown in ((b"\x85", "U+0085"), (b"\x7f", "U+007F"), (b"\x01", "␁")):
        data = interchange(octets, b"UNOC:3")
        assert found(data) == [(FaultKind.CHARACTER_INVALID, "FTX", 5, 1, data.index(octets), shown)]


# --- 0133 ---

OF_0133 = {
    "ASCII 7 bit": "ascii",
    "ASCII 8 bit": "",
    "Code page 500 (EBCDIC Multinational No. 5)": "cp500",
    "Code page 850 (IBM PC Multinational)": "cp850",
    "UCS-2": "utf-16-be",
    "UCS-4": "utf-32-be",
    "UTF-8": "utf-8",
    "UTF-16": "utf-16",
    "Mutually agreed": "",
}


def test_every_code_of_0133_is_read_by_its_name() -> None:
    codes = DIRECTORIES.service(4).codes("0133")
    assert codes is not None
    assert {name: announced_encoding(code) for code, name in codes.items()} == OF_0133


@pytest.mark.parametrize("code", ["1", "2", "3", "4", "5", "6", "7", "8", "ZZZ", "99", "850"])
def test_an_announced_encoding_is_used_or_refused(code: str) -> None:
    text = {"1": b"E", "2": b"\xc9", "4": b"\x90", "7": b"\xc3\x89", "ZZZ": b"\xc9"}.get(code, b"E")
    data = interchange(text, syntax=b"UNOC:4::" + code.encode())
    place = data.index(b"::") + 2
    refused: list[Found] = [(FaultKind.ENCODING_UNSUPPORTED, "UNB", 2, 4, place, announced_encoding(code))]
    assert found(data) == (refused if code in {"3", "5", "6", "8", "99", "850"} else [])
    assert FaultKind.ENCODING_UNSUPPORTED.code(4) == "46"


def test_an_announced_encoding_leaves_the_repertoire_as_it_is() -> None:
    def outside(syntax: bytes, text: str, codec: str) -> list[tuple[FaultKind, str | None]]:
        return [(fault[0], fault[5]) for fault in found(interchange(text.encode(codec), syntax))]

    assert outside(b"UNOC:4::7", "é", "utf-8") == []
    assert outside(b"UNOC:4::7", "港", "utf-8") == [(FaultKind.CHARACTER_INVALID, "港")]
    assert outside(b"UNOD:4::7", "ł", "utf-8") == []
    assert outside(b"UNOE:4::7", "é", "utf-8") == [(FaultKind.CHARACTER_INVALID, "é")]
    assert outside(b"UNOA:4::1", "a", "ascii") == [(FaultKind.CHARACTER_INVALID, "a")]
    assert outside(b"UNOW:4::1", "a", "ascii") == []
    assert outside(b"UNOX:4::7", "가", "utf-8") == []
    assert outside(b"UNOC:4::4", "╔", "cp850") == [(FaultKind.CHARACTER_INVALID, "╔")]
    # An agreement goes before it, and admits every character.
    assert found(interchange("港".encode("gb18030"), b"UNOA:4::7"), "gb18030") == []


@pytest.mark.parametrize("identifier", ["UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL"])
def test_parts_of_iso_8859_are_the_same_in_utf_8(identifier: str) -> None:
    own, other = repertoire(identifier), repertoire(identifier, announced="7")
    assert own is not None
    assert other is not None
    every = [chr(code) for code in range(0x20, 0x2200) if not 0x7F <= code < 0xA0]
    in_part = [character for character in every if character.encode(own.codec, "ignore")]
    assert [character for character in every if other.admits(character)] == in_part


# --- counting ---


@pytest.mark.parametrize(
    ("character", "count"),
    [("上", 1), ("𠀀", 1), ("e\u0301", 2), ("👩‍👩‍👧", 5), ("\u00a0", 1), ("\u202e", 1), ("\ufeff", 1), ("\U0010ffff", 1)],
)
def test_lengths_count_code_points(character: str, count: int) -> None:
    most = 70 // count
    for syntax in (b"UNOY:3", b"UNOW:4::7", b"UNOX:3"):
        codec = "gb18030" if syntax == b"UNOX:3" else "utf-8"
        filled = character * most + "A" * (70 - most * count)
        assert found(interchange(filled.encode(codec), syntax)) == []
        (fault,) = found(interchange(("A" + filled).encode(codec), syntax))
        assert fault[0] is FaultKind.TOO_LONG


@pytest.mark.parametrize("between", [b"\r\n", b"\n\n", b"  ", b"\t\r\n "])
def test_white_space_between_segments_and_a_byte_order_mark_before_them_are_no_text(between: bytes) -> None:
    for syntax in (b"UNOA:2", b"UNOC:3", b"UNOY:4", b"UNOX:3"):
        data = b"\xef\xbb\xbf" + interchange(b"A", syntax).replace(b"'", b"'" + between)
        report = check_interchange(data, DIRECTORIES)
        assert (report.faults, report.offset, report.messages[0].offset) == ((), 3, data.index(b"UNH"))
        assert found(data.replace(b"+A'", b"+A" + between + b"'"))[:1] == (
            [] if between == b"  " else [(FaultKind.CHARACTER_INVALID, "FTX", 5, 1, data.index(b"+A'") + 2, chr(0x2400 + between[0]))]
        )
