"""Explanations: what they say, where the marker stands, and that nothing in an interchange can forge them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanhub.edifact.excerpt import Excerpts
from vanhub.edifact.explain import explain_report
from vanhub.edifact.faults import Fault, FaultKind, Level
from vanhub.edifact.report import Disposition, GroupReport, InterchangeHeader, Kind, MessageReport, Party, Report, Verdict
from vanhub.edifact.separators import Separators

A, P, R = Verdict.ACCEPTED, Verdict.PARTLY, Verdict.REJECTED
K = FaultKind
DATA = b"UNB+UNOA:3+S+R'\r\nUNH+1+CUSDEC:D:96B:UN'\r\nBGM+929+X?'1?+2+99'\r\nNAD+CZ+12345::ZZ'UNT+4+1'UNZ+1+REF'"


def message(reference: str, verdict: Verdict, group: int | None = None) -> MessageReport:
    return MessageReport(reference, "CUSDEC", "D", "96B", "UN", "", 0, 0, 0, group, verdict)


def report(
    verdict: Verdict,
    messages: Sequence[MessageReport],
    faults: Sequence[Fault] = (),
    *,
    total: int | None = None,
    groups: Sequence[GroupReport] = (),
    separators: Separators | None = None,
    identifier: str = "UNOA",
    version: int = 3,
    reference: str = "REF",
) -> Report:
    head = InterchangeHeader(separators or Separators.default(version), identifier, version, Party("S", "ZZ"), Party("R"), reference=reference)
    return Report(head, tuple(messages), tuple(groups), tuple(faults), len(faults) if total is None else total, verdict, 0, 0, 0)


def explain(of: Report, data: bytes = DATA, language: str = "en", encoding: str = "") -> str:
    return explain_report(of, lambda offset, length: data[offset : offset + length], language=language, encoding=encoding)


def code_fault(data: bytes = DATA) -> Fault:
    return Fault(
        K.CODE_UNKNOWN,
        Level.ELEMENT,
        "BGM",
        2,
        data.index(b"99'"),
        message=0,
        element=5,
        value="99",
        params={"name": "1225", "of": " of D.96B", "hint": "did you mean 9?"},
    )


def test_everything_that_is_said_in_english() -> None:
    of = report(P, [message("M1", R), message("M2", A)], [code_fault()], total=3)
    assert explain(of) == (
        "PARTLY ACCEPTED: interchange REF from S:ZZ to R; accepted for delivery: 1 of 2 messages, rejected: 1.\n"
        "Message M1 (CUSDEC D.96B): rejected, not delivered; faults: 1.\n"
        "Message M2 (CUSDEC D.96B): accepted for delivery; faults: 0.\n"
        "\n"
        "Faults: 3. Elements are counted as in CONTRL: the tag is element 1.\n"
        "\n"
        "1. code 12, message M1, segment 2 BGM, element 5, byte 57\n"
        "     BGM+929+X?'1?+2+99'\n"
        "                     ^~\n"
        "   99 is not in code list 1225 of D.96B.\n"
        "   Likely repair: did you mean 9?\n"
        "\n"
        "Faults not listed: 2.\n"
    )


def test_everything_that_is_said_in_chinese() -> None:
    of = report(R, [message("M1", R)], [code_fault()])
    assert explain(of, language="zh") == (
        "已拒收：交换 REF，发件方 S:ZZ，收件方 R；其中任何报文均不投递。\n"
        "报文 M1（CUSDEC D.96B）：拒收，不予投递；错误 1 处。\n"
        "\n"
        "错误 1 处。元素按 CONTRL 的方式计数：段标识为第 1 元素。\n"
        "\n"
        "1. 代码 12，报文 M1，第 2 段 BGM，第 5 元素，字节 57\n"
        "     BGM+929+X?'1?+2+99'\n"
        "                     ^~\n"
        f"   {code_fault().text('zh')}。\n"
        "   建议：did you mean 9?\n"
    )


def test_both_languages_one_after_the_other() -> None:
    of = report(A, [message("M1", A)])
    assert explain(of, language="both") == explain(of, language="en") + "\n" + explain(of, language="zh")


def test_verdicts() -> None:
    first = [explain(of).splitlines()[0] for of in (report(A, [message("1", A)]), report(R, []), report(R, [], reference=""))]
    assert first == [
        "ACCEPTED: interchange REF from S:ZZ to R; accepted for delivery: 1 of 1 messages.",
        "REJECTED: interchange REF from S:ZZ to R; nothing of it is delivered.",
        "REJECTED: interchange ? from S:ZZ to R; nothing of it is delivered.",
    ]


def test_what_is_held_is_not_said_to_be_delivered() -> None:
    held = {0: Disposition.HELD}
    all_held = explain_report(report(A, [message("1", A)]), lambda start, size: DATA[start : start + size], dispositions=held).splitlines()
    assert all_held == [
        "ACCEPTED: interchange REF from S:ZZ to R; accepted for delivery: 0 of 1 messages, held: 1.",
        "Message 1 (CUSDEC D.96B): accepted and held for breaking a guide: an operator decides whether it is delivered; faults: 0.",
        "",
        "已接受：交换 REF，发件方 S:ZZ，收件方 R；共 1 份报文，投递 0 份，暂扣 1 份。",
        "报文 1（CUSDEC D.96B）：已接受，因不符合实施指南而暂扣，由运营方决定是否投递；错误 0 处。",
    ]
    mixed = report(P, [message("1", A), message("2", A), message("3", R)])
    assert [line for line in explain_report(mixed, lambda start, size: DATA[start : start + size], dispositions=held).splitlines() if "REF" in line] == [
        "PARTLY ACCEPTED: interchange REF from S:ZZ to R; accepted for delivery: 1 of 3 messages, held: 1, rejected: 1.",
        "部分接受：交换 REF，发件方 S:ZZ，收件方 R；共 3 份报文，投递 1 份，暂扣 1 份，拒收 1 份。",
    ]


def test_what_is_no_interchange_has_no_sender_reference_or_segment() -> None:
    data = b"hello"
    of = Report(InterchangeHeader(Separators.default(3)), (), (), (Fault(K.NOT_AN_INTERCHANGE, Level.INTERCHANGE, "", 1, 0, value="hello"),), 1, R, 0, 5, 0)
    assert explain(of, data) == (
        "REJECTED: no interchange can be read from this; nothing of it is delivered.\n"
        "\n"
        "Faults: 1. Elements are counted as in CONTRL: the tag is element 1.\n"
        "\n"
        "1. code 33, interchange, byte 0\n"
        "     hello\n"
        "     ^\n"
        "   These bytes begin no interchange: hello.\n"
        "   Likely repair: an interchange begins with UNA or UNB and ends with UNZ.\n"
    )
    assert explain(of, data, "zh").startswith("已拒收：从中读不出任何交换；不作任何投递。\n")


def test_a_gap_is_said_to_be_after_the_segment_that_has_the_position() -> None:
    missing = Fault(K.SEGMENT_MISSING, Level.SEGMENT, "BGM", 1, DATA.index(b"UNH"), message=0)
    of = report(R, [message("M1", R)], [missing])
    assert "1. code 13, message M1, after segment 1, byte 17" in explain(of).splitlines()
    assert "1. 代码 13，报文 M1，第 1 段之后，字节 17" in explain(of, language="zh").splitlines()


def test_a_value_that_begins_a_sentence_keeps_its_case() -> None:
    fault = Fault(K.CODE_UNKNOWN, Level.ELEMENT, "BGM", 2, DATA.index(b"99'"), message=0, element=5, value="b", params={"name": "1225"})
    assert "   b is not in code list 1225." in explain(report(R, [message("M1", R)], [fault])).splitlines()


@pytest.mark.parametrize(("rejected", "verdict"), [(5000, R), (4000, P), (1000, P)])
def test_a_thousand_messages_are_named_the_rest_is_counted(rejected: int, verdict: Verdict) -> None:
    count = 5000
    messages = [message(str(number), R if number < rejected else A) for number in range(count)]
    faults = [Fault(K.COUNT_IN_UNT, Level.MESSAGE, "UNT", 2, 0, message=number) for number in range(1500 if rejected > 1500 else 500)]
    lines = explain(report(verdict, messages, faults), language="both").splitlines()
    for begin, gone, kept in (("Message ", "rejected and not named here: ", "accepted and not named here: "), ("报文 ", "已拒收报文：", "已接受报文：")):
        named = [line for line in lines if line.startswith(begin)]
        assert (named[0].split("(")[0].split("（")[0].rstrip(), len(named)) == (f"{begin}0", 1000)
        assert named[999].startswith(f"{begin}999")
        for word, left in ((gone, rejected - 1000), (kept, count - rejected)):
            said = [line for line in lines if word in line]
            assert len(said) == (left > 0)
            assert all(f"{word}{left}" in line for line in said)


def test_of_many_messages_only_those_are_named_that_need_it() -> None:
    messages = [message(str(number), R if number in {3, 70} else A) for number in range(100)]
    lines = explain(report(P, messages, [Fault(K.COUNT_IN_UNT, Level.MESSAGE, "UNT", 2, 0, message=3)])).splitlines()
    assert lines[1:5] == [
        "Message 3 (CUSDEC D.96B): rejected, not delivered; faults: 1.",
        "Message 70 (CUSDEC D.96B): rejected, not delivered; faults: 0.",
        "Messages accepted and not named here: 98.",
        "",
    ]
    # Where everything is rejected the first line has said so.
    rejected = [message(str(number), R) for number in range(100)]
    assert explain(report(R, rejected)).count("\n") == 1


def excerpt(fault: Fault, data: bytes, *, encoding: str = "", separators: Separators | None = None, version: int = 3, identifier: str = "UNOA") -> list[str]:
    """The segment's line and the marker's, without their indentation; empty where there is nothing to show."""
    of = report(R, [message("1", R)], [fault], separators=separators, version=version, identifier=identifier)
    lines = explain(of, data, encoding=encoding).split("\n\n")[2].splitlines()
    return [line.removeprefix("     ") for line in lines[1:] if line.startswith("     ")]


@pytest.mark.parametrize(
    ("place", "element", "expected"),
    [
        # A value up to its separator; a released one does not end it.
        (b"929", 2, ["BGM+929+X?'1?+2+99'", "    ^~~"]),
        (b"X?'1", 3, ["BGM+929+X?'1?+2+99'", "        ^~~~~~~"]),
        # An empty place: the separator that ends it.
        (b":ZZ'", 3, ["NAD+CZ+12345::ZZ'", "             ^"]),
        # A segment: its tag.
        (b"NAD", None, ["NAD+CZ+12345::ZZ'", "^~~"]),
        (b"UNZ", None, ["UNZ+1+REF'", "^~~"]),
    ],
)
def test_the_marker_is_under_the_place(place: bytes, element: int | None, expected: list[str]) -> None:
    kind, level = (K.TOO_LONG, Level.ELEMENT) if element else (K.SEGMENT_REPEATED, Level.SEGMENT)
    tag = expected[0][:3]
    assert excerpt(Fault(kind, level, tag, 1, DATA.index(place), message=0, element=element), DATA) == expected


@pytest.mark.parametrize(
    ("element", "component", "marker"),
    [(1, None, "^~~"), (2, None, "    ^~"), (3, None, "       ^~~~~"), (3, 3, "              ^~"), (9, None, "^~~"), (3, 9, "^~~")],
)
def test_a_place_that_is_known_by_its_numbers_only_is_found(element: int, component: int | None, marker: str) -> None:
    fault = Fault(K.TOO_LONG, Level.MESSAGE, "NAD", 1, DATA.index(b"NAD"), message=0, element=element, component=component)
    assert excerpt(fault, DATA) == ["NAD+CZ+12345::ZZ'", marker]


def test_released_release_characters() -> None:
    data = b"FTX+a??'FTX+b?'c??+d'"
    assert excerpt(Fault(K.TOO_LONG, Level.ELEMENT, "FTX", 1, data.index(b"b?"), message=0, element=2), data) == ["FTX+b?'c??+d'", "    ^~~~~~"]


def test_at_the_end_of_the_data_there_is_nothing_to_show() -> None:
    assert excerpt(Fault(K.TRAILER_MISSING, Level.INTERCHANGE, "UNZ", 1, len(DATA)), DATA) == []
    cut_off = DATA[:-2]
    assert excerpt(Fault(K.TRAILER_MISSING, Level.INTERCHANGE, "UNZ", 1, len(cut_off)), cut_off) == ["UNZ+1+RE", "        ^"]


def test_repetitions_and_services_characters_of_ones_own() -> None:
    data = b"ABC|1*22*3~"
    fault = Fault(K.TOO_LONG, Level.ELEMENT, "ABC", 1, data.index(b"22"), message=0, element=2, repetition=2)
    assert excerpt(fault, data, separators=Separators(b"^", b"|", b".", b" ", b"*", b"~"), version=4) == ["ABC|1*22*3~", "      ^~"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_wide_characters_take_two_columns(encoding: str) -> None:
    text = "NAD+CZ+海关总署:北京?'市'"
    data = text.encode(encoding)
    fault = Fault(K.TOO_LONG, Level.ELEMENT, "NAD", 1, data.index("北京".encode(encoding)), message=0, element=3, component=2)
    assert excerpt(fault, data, encoding=encoding) == [text, " " * 16 + "^" + "~" * 7]


@pytest.mark.parametrize(
    ("first", "segment", "shown"),
    [
        # Half of each character looks like a service character.
        (b"", [b"FTX+AAI+++\x1b$B0'\x1b(B:", b"\x1b$B4+4?\x1b(B", b":\x1b$BE:\x1b(B'"], ["FTX+AAI+++挨:", "勧歓", ":添'"]),
        (b"", [b"FTX+AAI+++A:", b"\x1b$B4+\x1b(B?'4", b"+'"], ["FTX+AAI+++A:", "勧?'4", "+'"]),
        # One designation at the very beginning is all that there is.
        (b"\x1b$)C", [b"FTX+AAI+++\x0e9+?*\x0f:", b"\x0e9+\x0f", b"'"], ["FTX+AAI+++무역:", "무", "'"]),
        (b"", ["FTX+AAI+++外:".encode("gb18030"), "报关".encode("gb18030"), "+单'".encode("gb18030")], ["FTX+AAI+++外:", "报关", "+单'"]),
    ],
)
@pytest.mark.parametrize("between", [0, 3_000, 1 << 16, 200_001])
def test_text_by_code_extension_is_shown_as_it_reads(first: bytes, segment: list[bytes], shown: list[str], between: int) -> None:
    before = first + b"FTX+" + b"a" * between + b"'"
    data = b"".join([before, *segment, b"UNT+1+1'"])
    fault = Fault(K.TOO_LONG, Level.ELEMENT, "FTX", 1, len(before + segment[0]), message=0, element=5, component=2)
    columns = [sum(2 if unicodedata.east_asian_width(character) == "W" else 1 for character in text) for text in shown]
    assert excerpt(fault, data, identifier="UNOX") == ["".join(shown), " " * columns[0] + "^" + "~" * (columns[1] - 1)]


def test_places_by_code_extension_are_found_in_any_order_and_none_costs_the_whole() -> None:
    text = b"FTX+\x0e9+?*\x0f'"
    data = b"\x1b$)C" + text * 100_000
    places = [4 + len(text) * count for count in (99_990, 3, 60_000, 99_991, 0)]
    read = 0

    def peek(offset: int, length: int) -> bytes:
        nonlocal read
        read += length
        return data[offset : offset + length]

    shown = Excerpts(report(R, [], identifier="UNOX"), peek)
    assert [shown.at(place, 2) for place in places] == [["FTX+무역'", "    ^~~~"]] * len(places)
    assert read < len(data) + len(places) * (1 << 17)


def test_after_a_package_text_is_as_at_the_beginning() -> None:
    data = b"UNO+\x1b$)C+1'\x1b$B'UNP+1'FTX+" + "外贸'".encode("gb18030")
    package = MessageReport("P", "UNO", "", "", "", "", 0, data.index(b"FTX"), 0, None, A, kind=Kind.PACKAGE)
    shown = Excerpts(report(A, [package], identifier="UNOX"), lambda offset, length: data[offset : offset + length])
    assert shown.at(data.index(b"FTX"), 2) == ["FTX+外贸'", "    ^~~~"]


def test_what_cannot_be_decoded_or_seen_is_an_escape() -> None:
    data = b"FTX+\xff\x1b[2J+\xe2\x80\xaeabc'"
    fault = Fault(K.CHARACTER_INVALID, Level.ELEMENT, "FTX", 1, data.index(b"\x1b"), message=0, element=2)
    assert excerpt(fault, data, encoding="utf-8") == ["FTX+\\xff\\x1b[2J+\\u202eabc'", "        ^" + "~" * 6]


def test_a_long_segment_is_windowed() -> None:
    data = b"FTX+" + b"a" * 3000 + b"+" + b"b" * 3000 + b"+" + b"c" * 3000 + b"'"
    fault = Fault(K.TOO_LONG, Level.ELEMENT, "FTX", 1, data.index(b"b"), message=0, element=3)
    line, marker = excerpt(fault, data)
    assert line == "…" + "a" * 42 + "+" + "b" * 35 + "…"
    assert marker == " " * 44 + "^" + "~" * 35


def test_a_megabyte_without_a_terminator_is_looked_at_in_small() -> None:
    asked = []

    def peek(offset: int, length: int) -> bytes:
        asked.append(length)
        return b"a" * length

    of = report(R, [message("1", R)], [Fault(K.TOO_LONG, Level.ELEMENT, "FTX", 1, 5_000_000, message=0, element=3)])
    explain_report(of, peek)
    assert max(asked) <= 4096


def test_packages_and_encrypted_data_are_named_for_what_they_are() -> None:
    package = MessageReport("P1", "UNO", "", "", "", "", 0, 0, 0, None, R, kind=Kind.PACKAGE)
    encrypted = MessageReport("7", "USD", "", "", "", "", 0, 0, 0, None, A, kind=Kind.ENCRYPTED)
    of = report(P, [package, encrypted], [Fault(K.LENGTH_IN_UNP, Level.MESSAGE, "UNP", 3, 20, message=0, element=2)], version=4)
    assert explain(of).splitlines()[1:3] == ["Package P1: rejected, not delivered; faults: 1.", "Encrypted data 7: accepted for delivery; faults: 0."]
    assert "1. code 29, package P1, segment 3 UNP, element 2, byte 20" in explain(of)
    chinese = explain(of, language="zh")
    assert chinese.splitlines()[1:3] == ["包 P1：拒收，不予投递；错误 1 处。", "加密数据 7：接受，予以投递；错误 0 处。"]
    assert "1. 代码 29，包 P1，第 3 段 UNP，第 2 元素，字节 20" in chinese


def test_groups_and_the_interchange_are_named_as_places() -> None:
    group = GroupReport("G+1", "CUSDEC", Party("S"), Party("R"), 0, 0, 0, R)
    faults = [Fault(K.RECIPIENT_UNKNOWN, Level.INTERCHANGE, "UNB", 1, 11, element=4, value="R"), Fault(K.COUNT_IN_UNE, Level.GROUP, "UNE", 9, 20, group=0)]
    lines = explain(report(R, [], faults, groups=[group])).splitlines()
    assert "1. code 43, interchange, segment 1 UNB, element 4, byte 11" in lines
    assert "2. code 29, group G+1, segment 9 UNE, byte 20" in lines


EVIL = "\r\n\x1b[31mACCEPTED\u202e\u2028\u200b\udce9\x9b"


def test_nothing_that_was_sent_forges_a_line() -> None:
    fault = Fault(K.CODE_UNKNOWN, Level.ELEMENT, "B\nM", 1, 4, message=0, element=2, value=EVIL, params={"name": EVIL, "of": EVIL, "hint": EVIL})
    data = f"BGM+{EVIL}'".encode("utf-8", "surrogateescape")
    of = Report(
        InterchangeHeader(Separators(), "UNOW", 3, Party(EVIL, EVIL), Party(EVIL), reference=EVIL),
        (MessageReport(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, 0, 0, 0, None, R),),
        (),
        (fault,),
        1,
        R,
        0,
        0,
        0,
    )
    honest = Report(of.header, (message("1", R),), (), (code_fault(),), 1, R, 0, 0, 0)
    for language in ("en", "zh"):
        text = explain(of, data, language=language)
        assert text.replace("\n", "").isprintable()
        assert text.count("\n") == explain(honest, DATA, language=language).count("\n")


def columns(text: str) -> int:
    return sum(0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab?'+:\n\x00é中ｶ\u0301") | st.characters(), max_size=60), st.data())
def test_any_place_in_any_text_has_its_marker_inside_the_line(text: str, draw: st.DataObject) -> None:
    data = text.encode("utf-8", "surrogatepass")
    offset = draw.draw(st.integers(0, len(data)))
    fault = Fault(draw.draw(st.sampled_from(FaultKind)), Level.ELEMENT, "FTX", 1, offset, message=0, element=draw.draw(st.none() | st.just(2)))
    of = report(R, [message("1", R)], [fault], identifier="UNOW")
    shown = explain(of, data)
    assert shown.replace("\n", "").isprintable()
    lines = [line.removeprefix("     ") for line in shown.split("\n\n")[2].splitlines() if line.startswith("     ")]
    if lines:
        line, marker = lines
        assert columns(marker) <= columns(line) + 1
        assert columns(line) <= 100


def test_every_kind_of_fault_has_its_words_and_code() -> None:
    faults = [Fault(kind, Level.MESSAGE, "UNT", 1, 0, message=0) for kind in FaultKind]
    text = explain(report(R, [message("1", R)], faults))
    assert [f"\n{number}. code " in text for number in range(1, len(faults) + 1)] == [True] * len(faults)
    assert "{" not in text
