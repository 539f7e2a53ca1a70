"""Every kind of fault that the check finds, each alone and at its exact place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import CheckLimits, InterchangeCheck, check_interchange
from vanhub.directory.stream import check_stream
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.report import GroupReport, InterchangeHeader, MessageReport, Party, Report, Verdict
from vanhub.edifact.separators import Separators

HEADER = "UNB+UNOB:2+SENDER:1+RECIPIENT:1+260101:1200+REF1'"
MESSAGE = (
    "UNH+1+CUSDEC:D:96B:UN'BGM+929+I200600001+9'LOC+9+CNSHA::5'DTM+137:20060101:102'RFF+ABT:12345'MOA+39:842708.92:USD'UNS+D'CST+1+7412:122:112'FTX+AAA+++STEEL'"
    "LOC+27+US::5'MEA+WT++KGM:65806.4'UNS+S'CNT+5:1'UNT+14+1'"
)
TRAILER = "UNZ+1+REF1'"
HEADER_4 = "UNB+UNOB:4+SENDER:1+RECIPIENT:1+20260101:1200+REF1'"
MESSAGE_4 = "UNH+1+CUSDEC:D:01B:UN'BGM+929+I200600001+9'LOC+9+CNSHA::5'UNS+D'CST+1+7412:122:112'UNS+S'CNT+5:1'UNT+8+1'"


def test_a_good_interchange_is_accepted() -> None:
    data = (HEADER + MESSAGE + TRAILER).encode()
    header = InterchangeHeader(
        Separators(), "UNOB", 2, sender=Party("SENDER", "1"), recipient=Party("RECIPIENT", "1"), prepared="260101:1200", reference="REF1"
    )
    message = MessageReport(
        reference="1",
        type="CUSDEC",
        version="D",
        release="96B",
        agency="UN",
        association="",
        offset=len(HEADER),
        end=len(HEADER + MESSAGE),
        segments=14,
        group=None,
        verdict=Verdict.ACCEPTED,
        number="I200600001",
        document="929",
    )
    assert check_interchange(data, DIRECTORIES) == Report(header, (message,), (), (), 0, Verdict.ACCEPTED, 0, len(HEADER), len(data))


def found(text: str, encoding: str = "utf-8") -> tuple[Report, list[int]]:
    """The report on ``text`` without its ``¤``, and the offsets where these stood."""
    parts = [part.encode(encoding) for part in text.split("¤")]
    offsets = [sum(map(len, parts[:number])) for number in range(1, len(parts))]
    return check_interchange(b"".join(parts), DIRECTORIES), offsets


def places(report: Report) -> list[tuple[object, ...]]:
    return [(fault.kind.name, str(fault.level), fault.segment, fault.segment_position, fault.element, fault.component) for fault in report.faults]


# What is replaced in the good interchange, and by what; then kind, level, segment, position, element, component of the one fault. ``¤`` stands where it is.
IN_MESSAGE = [
    # elements
    ("BGM+929", "BGM+¤XXX", ("CODE_UNKNOWN", "element", "BGM", 2, 2, 1)),
    ("+9'LOC", "+¤99'LOC", ("CODE_UNKNOWN", "element", "BGM", 2, 4, None)),
    ("CNSHA::5", "CNSHA::¤ABC", ("CODE_UNKNOWN", "element", "LOC", 3, 3, 3)),
    ("I200600001", "¤" + "I" * 36, ("TOO_LONG", "element", "BGM", 2, 3, 1)),
    ("842708.92", "¤1234567890123456789", ("TOO_LONG", "element", "MOA", 6, 2, 2)),
    ("842708.92", "¤84A", ("LETTER_IN_NUMERIC", "element", "MOA", 6, 2, 2)),
    ("842708.92", "¤84-", ("LETTER_IN_NUMERIC", "element", "MOA", 6, 2, 2)),
    ("842708.92", "¤8.42.7", ("DECIMAL_NOTATION", "element", "MOA", 6, 2, 2)),
    ("842708.92", "¤84.", ("DECIMAL_NOTATION", "element", "MOA", 6, 2, 2)),
    ("842708.92", "¤.5", ("NO_DIGIT_BEFORE_MARK", "element", "MOA", 6, 2, 2)),
    ("842708.92", "¤-,5", ("NO_DIGIT_BEFORE_MARK", "element", "MOA", 6, 2, 2)),
    ("UNS+D", "UNS+¤1", ("DIGIT_IN_ALPHABETIC", "element", "UNS", 7, 2, None)),
    ("UNS+D", "UNS+¤X", ("CODE_UNKNOWN", "element", "UNS", 7, 2, None)),
    ("LOC+9+", "LOC+¤+", ("ELEMENT_MISSING", "element", "LOC", 3, 2, None)),
    ("UNS+D", "UNS¤", ("ELEMENT_MISSING", "element", "UNS", 7, 2, None)),
    ("RFF+ABT:12345", "RFF¤", ("COMPOSITE_MISSING", "element", "RFF", 5, 2, None)),
    ("RFF+ABT:", "RFF+¤:", ("COMPONENT_MISSING", "element", "RFF", 5, 2, 1)),
    ("RFF+ABT:12345", "RFF+ABT:12345+¤X", ("TOO_MANY_ELEMENTS", "element", "RFF", 5, 3, None)),
    ("MOA+39:842708.92:USD", "MOA+39:842708.92:USD:::¤X", ("TOO_MANY_COMPONENTS", "element", "MOA", 6, 2, 6)),
    ("+9'LOC", "+9:¤X'LOC", ("COMPONENT_IN_SIMPLE", "element", "BGM", 2, 4, 2)),
    ("STEEL", "ST¤é", ("UNDECODABLE", "element", "FTX", 9, 5, 1)),
    ("STEEL", "ST¤\x01EL", ("CHARACTER_INVALID", "element", "FTX", 9, 5, 1)),
    ("STEEL", "ST¤\nEL", ("CHARACTER_INVALID", "element", "FTX", 9, 5, 1)),
    ("STEEL", "?'?+??¤#", ("CHARACTER_INVALID", "element", "FTX", 9, 5, 1)),
    # structure
    ("LOC+9", "¤ZZZ+1'LOC+9", ("SEGMENT_UNKNOWN", "segment", "ZZZ", 3, None, None)),
    ("LOC+9", "¤LIN+1'LOC+9", ("SEGMENT_OUT_OF_PLACE", "segment", "LIN", 3, None, None)),
    ("LOC+9", "¤PNA+AA'LOC+9", ("SEGMENT_NOT_IN_MESSAGE", "segment", "PNA", 3, None, None)),
    ("UNS+D", "¤DTM+137:2006:102'UNS+D", ("SEGMENT_OUT_OF_PLACE", "segment", "DTM", 7, None, None)),
    ("BGM+929+I200600001+9'", "BGM+929'¤BGM+929'", ("SEGMENT_REPEATED", "segment", "BGM", 3, None, None)),
    ("UNH+1+CUSDEC:D:96B:UN'BGM+929+I200600001+9'", "¤UNH+1+CUSDEC:D:96B:UN'", ("SEGMENT_MISSING", "segment", "BGM", 1, None, None)),
    ("MEA+WT++KGM:65806.4'UNS+S'", "¤MEA+WT++KGM:65806.4'", ("SEGMENT_MISSING", "segment", "UNS", 11, None, None)),
    ("MOA", "TDT+20'TDT+20'TDT+20'TDT+20'TDT+20'¤TDT+20'MOA", ("GROUP_REPEATED", "segment", "TDT", 11, None, None)),
    # the message
    ("UNH+1+CUSDEC", "UNH+1+¤CUSDEK", ("MESSAGE_TYPE_UNKNOWN", "message", "UNH", 1, 3, 1)),
    ("CUSDEC:D:96B", "CUSDEC:¤X:96B", ("DIRECTORY_UNKNOWN", "message", "UNH", 1, 3, 2)),
    ("CUSDEC:D:96B", "CUSDEC:D:¤96X", ("DIRECTORY_UNKNOWN", "message", "UNH", 1, 3, 3)),
    ("D:96B:UN", "D:96B:¤XX", ("DIRECTORY_UNKNOWN", "message", "UNH", 1, 3, 4)),
    ("UNH+1+", "UNH+¤+", ("ELEMENT_MISSING", "message", "UNH", 1, 2, None)),
    ("UNT+14+1", "UNT+¤13+1", ("COUNT_IN_UNT", "message", "UNT", 14, 2, None)),
    ("UNT+14+1", "UNT+14+¤2", ("REFERENCE_IN_UNT", "message", "UNT", 14, 3, None)),
    ("UNT+14+1", "UNT+¤X+1", ("LETTER_IN_NUMERIC", "message", "UNT", 14, 2, None)),
    ("CNT+5:1'UNT+14+1'", "¤CNT+5:1'", ("TRAILER_MISSING", "message", "UNT", 13, None, None)),
]


@pytest.mark.parametrize(("old", "new", "fault"), IN_MESSAGE)
def test_one_fault_in_a_message(old: str, new: str, fault: tuple[object, ...]) -> None:
    message = MESSAGE.replace(old, new, 1)
    assert message != MESSAGE
    if not any(name in str(fault) for name in ("COUNT_IN_UNT", "TRAILER", "LETTER", "REFERENCE_IN_UNT")):
        message = message.replace("UNT+14", f"UNT+{message.replace('?' + chr(39), '').count(chr(39))}")
    report, offsets = found(HEADER + message + TRAILER)
    assert (places(report), [each.offset for each in report.faults]) == ([fault], offsets)
    assert report.verdict is Verdict.REJECTED


INTERCHANGES = [
    (HEADER + MESSAGE.replace("UNH", "¤AAA'UNH", 1) + TRAILER, [("OUTSIDE_MESSAGE", "interchange", "AAA", 2, None, None)]),
    (HEADER + "¤AAA'BBB'" + MESSAGE + "¤UNT+1+1'CCC'" + TRAILER, [("OUTSIDE_MESSAGE", "interchange", "AAA", 2, None, None), ("OUTSIDE_MESSAGE", "interchange", "UNT", 18, None, None)]),
    (HEADER + MESSAGE + "UNZ+¤2+REF1'", [("COUNT_IN_UNZ", "interchange", "UNZ", 16, 2, None)]),
    (HEADER + MESSAGE + "UNZ+1+¤REF2'", [("REFERENCE_IN_UNZ", "interchange", "UNZ", 16, 3, None)]),
    (HEADER + "¤UNZ+0+REF1'", [("INTERCHANGE_EMPTY", "interchange", "UNZ", 2, None, None)]),
    (HEADER + MESSAGE + TRAILER + "\r\n¤trailing", [("NOT_AN_INTERCHANGE", "interchange", "", 17, None, None)]),
    (HEADER + MESSAGE.replace("UNT", "¤UNT"), [("TRAILER_MISSING", "interchange", "UNZ", 15, None, None)]),
    ("¤what is this?", [("NOT_AN_INTERCHANGE", "interchange", "", 1, None, None)]),
    ("UIB+UNOA:4'¤UIZ'", [("INTERCHANGE_EMPTY", "interchange", "UIZ", 2, None, None)]),
    ("UIB+UNOA:¤3'UIZ'", [("SYNTAX_UNSUPPORTED", "interchange", "UIB", 1, 2, 2)]),
    ("¤UNA:+.? 'UNH+1'", [("NOT_AN_INTERCHANGE", "interchange", "", 1, None, None)]),
    ("UNB+¤UNOZ:2+A+B+260101:1200+1'UNH+nonsense'", [("SYNTAX_UNSUPPORTED", "interchange", "UNB", 1, 2, 1)]),
    ("UNB+UNOA:¤5+A+B+260101:1200+1'UNH+nonsense'", [("SYNTAX_UNSUPPORTED", "interchange", "UNB", 1, 2, 2)]),
    ("UNB+UNOA¤+A+B+260101:1200+1'", [("SYNTAX_UNSUPPORTED", "interchange", "UNB", 1, 2, 2)]),
    ("UNB+UNOW:4::¤8+A+B+20260101:1200+1'UNH+nonsense'", [("ENCODING_UNSUPPORTED", "interchange", "UNB", 1, 2, 4)]),
    ("UNA:+.¤+ 'UNB+UNOA:2+A+B+260101:1200+1'UNH+nonsense'", [("UNA_SAME_TWICE", "interchange", "UNA", 1, None, None)]),
    ("UNA:+.¤A 'UNB+UNOA:2+A+B+260101:1200+1'UNH+nonsense'", [("UNA_LETTER_OR_DIGIT", "interchange", "UNA", 1, None, None)]),
    ("UNA:+.¤\x07 'UNB+UNOA:2+A+B+260101:1200+1'UNH+nonsense'", [("UNA_CANNOT_SERVE", "interchange", "UNA", 1, None, None)]),
    (HEADER.replace("SENDER:1", "¤") + MESSAGE + TRAILER, [("COMPOSITE_MISSING", "interchange", "UNB", 1, 3, None)]),
    (HEADER.replace("REF1'", "REF1++++¤7'") + MESSAGE + TRAILER, [("CODE_UNKNOWN", "interchange", "UNB", 1, 10, None)]),
    (HEADER + MESSAGE + MESSAGE.replace("UNH+", "UNH+¤") + "UNZ+2+REF1'", [("DUPLICATE_MESSAGE", "message", "UNH", 1, 2, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), INTERCHANGES)
def test_a_fault_of_the_envelope(text: str, faults: list[tuple[object, ...]]) -> None:
    report, offsets = found(text)
    assert (places(report), [fault.offset for fault in report.faults]) == (faults, offsets)


UNG = "UNG+CUSDEC+A+B+260101:1200+G1+UN+D:96B'"
GROUPS = [
    (HEADER + UNG + MESSAGE + "UNE+1+G1'" + TRAILER, []),
    (HEADER + UNG + MESSAGE + "UNE+¤2+G1'" + TRAILER, [("COUNT_IN_UNE", "group", "UNE", 17, 2, None)]),
    (HEADER + UNG + MESSAGE + "UNE+1+¤G2'" + TRAILER, [("REFERENCE_IN_UNE", "group", "UNE", 17, 3, None)]),
    (HEADER + UNG + "¤UNE+0+G1'" + TRAILER, [("GROUP_EMPTY", "group", "UNE", 3, None, None)]),
    (HEADER + UNG + MESSAGE + "UNE+1+G1'" + UNG.replace("G1", "¤G1") + MESSAGE.replace("+1'", "+2'").replace("UNH+1", "UNH+2") + "UNE+1+G1'UNZ+2+REF1'",
        [("DUPLICATE_GROUP", "group", "UNG", 18, 6, None)]),
    (HEADER + UNG.replace("CUSDEC", "CUSREP") + MESSAGE.replace("+CUSDEC", "+¤CUSDEC") + "UNE+1+G1'" + TRAILER, [("TYPES_MIXED_IN_GROUP", "group", "UNH", 1, 3, 1)]),
    (HEADER + UNG + MESSAGE.replace("UNT", "¤UNT") + TRAILER, [("TRAILER_MISSING", "group", "UNE", 16, None, None)]),
    (HEADER + UNG + MESSAGE + "UNE+1+G1'¤" + MESSAGE.replace("+1'", "+2'").replace("UNH+1", "UNH+2") + TRAILER, [("GROUPS_AND_MESSAGES_MIXED", "interchange", "UNH", 1, None, None)]),
    (HEADER + UNG.replace("+UN+", "+¤+") + MESSAGE + "UNE+1+G1'" + TRAILER, [("ELEMENT_MISSING", "group", "UNG", 2, 7, None)]),
    (HEADER + UNG + MESSAGE + "UNE+1+G1'¤UNE+1+G1'" + TRAILER, [("OUTSIDE_MESSAGE", "interchange", "UNE", 18, None, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), GROUPS)
def test_a_fault_of_a_group(text: str, faults: list[tuple[object, ...]]) -> None:
    report, offsets = found(text)
    assert (places(report), [fault.offset for fault in report.faults]) == (faults, offsets)


def test_an_empty_group_beside_a_good_one() -> None:
    text = HEADER + UNG + MESSAGE + "UNE+1+G1'" + UNG.replace("G1", "G2") + "UNE+0+G2'UNZ+2+REF1'"
    report = check_interchange(text.encode(), DIRECTORIES)
    verdicts = [report.groups[0].verdict, report.groups[1].verdict, report.verdict]
    assert verdicts == [Verdict.ACCEPTED, Verdict.REJECTED, Verdict.PARTLY]
    assert report.with_faults(()) == report


def test_groups_are_reported() -> None:
    text = HEADER + UNG + MESSAGE + "UNE+1+G1'" + TRAILER
    report = check_interchange(text.encode(), DIRECTORIES)
    start = len(HEADER)
    group = GroupReport("G1", "CUSDEC", Party("A"), Party("B"), start, start + len(UNG), len(text) - len(TRAILER), Verdict.ACCEPTED)
    assert (report.groups, report.messages[0].group, report.verdict) == ((group,), 0, Verdict.ACCEPTED)


VERSION_4 = [
    (HEADER_4 + MESSAGE_4 + TRAILER, []),
    (HEADER_4 + MESSAGE_4.replace("I200600001+9", "I200600001+9¤+") + TRAILER, [("TRAILING_SEPARATORS", "element", "BGM", 2, 5, None)]),
    (HEADER_4 + MESSAGE_4.replace("CNSHA::5", "CNSHA::5¤:") + TRAILER, [("TRAILING_SEPARATORS", "element", "LOC", 3, 3, 4)]),
    (HEADER_4 + MESSAGE_4.replace("LOC+9+CNSHA::5", "LOC+9*¤11+CNSHA::5") + TRAILER, [("ELEMENT_REPEATED", "element", "LOC", 3, 2, None)]),
    (HEADER_4 + MESSAGE_4.replace("BGM", "USH+1+SEC1'USA+1'BGM").replace("UNT+8", "UST+SEC1+4'USR+1:X'UNT+12") + TRAILER, []),
    (HEADER_4 + "USH+1+SEC1'" + MESSAGE_4 + "UST+SEC1+2'" + TRAILER, []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), VERSION_4)
def test_version_4(text: str, faults: list[tuple[object, ...]]) -> None:
    report, offsets = found(text)
    assert (places(report), [fault.offset for fault in report.faults]) == (faults, offsets)


def test_one_bad_message_among_good_ones() -> None:
    second = MESSAGE.replace("UNH+1", "UNH+2").replace("UNT+14+1", "UNT+14+2").replace("BGM+929", "BGM+XXX")
    third = MESSAGE.replace("UNH+1", "UNH+3").replace("UNT+14+1", "UNT+14+3")
    report = check_interchange((HEADER + MESSAGE + second + third + "UNZ+3+REF1'").encode(), DIRECTORIES)
    assert ([message.verdict for message in report.messages], report.verdict) == ([Verdict.ACCEPTED, Verdict.REJECTED, Verdict.ACCEPTED], Verdict.PARTLY)
    assert [(fault.message, fault.group) for fault in report.faults] == [(1, None)]


@pytest.mark.parametrize("blank", ["\r\n", "\n", " \r\n\t"])
def test_white_space_between_segments_is_no_fault(blank: str) -> None:
    text = (HEADER + MESSAGE + TRAILER).replace("'", "'" + blank)
    report = check_interchange(text.encode(), DIRECTORIES)
    start = len(HEADER + blank)
    assert (report.faults, report.messages[0].offset, text[start : start + 4], report.end) == ((), start, "UNH+", len(text) - len(blank))


def test_a_byte_order_mark_is_passed_over() -> None:
    report = check_interchange(b"\xef\xbb\xbf" + (HEADER + MESSAGE + TRAILER).encode(), DIRECTORIES)
    assert (report.verdict, report.offset, report.header_end) == (Verdict.ACCEPTED, 3, 3 + len(HEADER))


@pytest.mark.parametrize(
    ("una", "translation"),
    [("UNA:+.? '", ""), ("UNA:+,? '", ""), ("UNA|*.\\ ~", ":|+*?\\'~"), ("UNA:+.?*\n", "'\n"), ("UNA\x1f\x1d.  \x1c", ":\x1f+\x1d'\x1c")],
)
def test_service_characters_by_una(una: str, translation: str) -> None:
    pairs = str.maketrans(dict(zip(translation[::2], translation[1::2], strict=True)))
    text = (HEADER + MESSAGE + TRAILER).replace(".92", una[5] + "92").replace("65806.4", "65806").translate(pairs)
    report = check_interchange((una + text).encode(), DIRECTORIES)
    assert (places(report), report.header.separators) == ([], Separators.from_una(una.encode()))


def test_level_b_separators_need_no_una() -> None:
    text = (HEADER + MESSAGE + TRAILER).translate(str.maketrans(":+'", "\x1f\x1d\x1c"))
    assert check_interchange(text.encode(), DIRECTORIES).verdict is Verdict.ACCEPTED


def test_the_decimal_mark() -> None:
    comma = HEADER + MESSAGE.replace("842708.92", "842708,92") + TRAILER
    assert check_interchange(comma.encode(), DIRECTORIES).faults == ()
    point = b"UNA:+,? '" + (HEADER + MESSAGE + TRAILER).encode()
    assert [fault.kind for fault in check_interchange(point, DIRECTORIES).faults] == [FaultKind.LETTER_IN_NUMERIC]


def test_another_list_named_takes_the_un_list_out_of_use() -> None:
    for good in ("BGM+XXX:OWN", "BGM+XXX::ZZZ", "BGM+XXX:OWN:ZZZ"):
        assert check_interchange((HEADER + MESSAGE.replace("BGM+929", good) + TRAILER).encode(), DIRECTORIES).faults == ()


@pytest.mark.parametrize(
    ("identifier", "encoding", "agreed"),
    [
        ("UNOC", "iso8859-1", ""),
        ("UNOL", "iso8859-15", ""),
        ("UNOY", "utf-8", ""),
        ("UNOW", "utf-8", ""),
        ("UNOX", "gb18030", ""),
        ("UNOA", "gb18030", "gb18030"),
        ("UNOY", "gbk", "gbk"),
        ("UNOC", "big5", "big5"),
    ],
)
def test_lengths_count_characters_and_offsets_octets(identifier: str, encoding: str, agreed: str) -> None:
    letter = {"iso8859-1": "é", "iso8859-15": "€", "big5": "上"}.get(encoding, "上")
    message = MESSAGE.replace("STEEL", letter * 70).replace("I200600001", letter * 35).replace("39:842708.92:USD", "39:¤X:USD")
    text = HEADER.replace("UNOB", identifier) + message + TRAILER
    parts = [part.encode(encoding) for part in text.split("¤")]
    report = check_interchange(b"".join(parts), DIRECTORIES, encoding=agreed)
    assert (places(report), report.faults[0].offset) == ([("LETTER_IN_NUMERIC", "element", "MOA", 6, 2, 2)], len(parts[0]))
    assert (report.messages[0].number, report.end) == (letter * 35, len(b"".join(parts)))
    long = text.replace("¤X", "1").replace("929+" + letter * 35, "929+" + letter * 36)
    assert [(fault.kind, fault.params["length"]) for fault in check_interchange(long.encode(encoding), DIRECTORIES, encoding=agreed).faults] == [
        (FaultKind.TOO_LONG, "36")
    ]


def test_gb18030_second_octets_are_no_service_characters() -> None:
    # With these service characters the second octet of 丂 (0x81 0x40) is the element separator, and of 亅 (0x81 0x7E) the terminator.
    text = (HEADER + MESSAGE.replace("STEEL", "丂亅STEEL") + TRAILER).translate(str.maketrans("+'", "@~"))
    data = b"UNA:@.? ~" + text.encode("gb18030")
    assert check_interchange(data, DIRECTORIES, encoding="gb18030").faults == ()


@pytest.mark.parametrize("encoding", ["utf-16", "cp500", "iso2022_jp", "no-such-encoding"])
def test_an_agreed_encoding_must_contain_ascii(encoding: str) -> None:
    report = check_interchange((HEADER + MESSAGE + TRAILER).encode(), DIRECTORIES, encoding=encoding)
    assert ([fault.kind for fault in report.faults], report.messages) == ([FaultKind.ENCODING_UNSUPPORTED], ())


@pytest.mark.parametrize(
    "message",
    [
        "UNH+1+CONTRL:D:3:UN'UCI+R1+A+B+4+18'UCM+1+CUSDEC:D:96B:UN+4'UCS+2'UCD+12+2:1'UNT+6+1'",
        "UNH+1+CONTRL:2:2:UN'UCI+R1+A:1+B:1+7'UNT+3+1'",
        "UNH+1+CONTRL:4:1:UN'UCI+R1+A:1+B:1+7'UNT+3+1'",
    ],
)
def test_control_messages_are_of_the_service_directory(message: str) -> None:
    for header in (HEADER, HEADER_4):
        report = check_interchange((header + message + TRAILER).encode(), DIRECTORIES)
        assert (report.faults, report.only_control, report.messages[0].type) == ((), True, "CONTRL")


def test_limits() -> None:
    text = (HEADER + MESSAGE.replace("STEEL", "A" * 3000) + TRAILER).encode()
    report = check_interchange(text, DIRECTORIES, limits=CheckLimits(max_segment_octets=1000))
    assert (places(report), report.messages[0].segments) == ([("OVER_LIMIT", "segment", "FTX", 9, None, None)], 14)
    report = check_interchange((HEADER + MESSAGE.replace("STEEL", "+" * 99) + TRAILER).encode(), DIRECTORIES, limits=CheckLimits(max_elements=50))
    assert places(report) == [("OVER_LIMIT", "segment", "FTX", 9, None, None)]
    many = "".join(MESSAGE.replace("UNH+1", f"UNH+{n}").replace("UNT+14+1", f"UNT+14+{n}") for n in range(1, 5))
    report = check_interchange((HEADER + many + "UNZ+4+REF1'").encode(), DIRECTORIES, limits=CheckLimits(max_messages=3))
    assert (places(report), len(report.messages)) == ([("OVER_LIMIT", "interchange", "UNB", 44, None, None)], 3)
    bad = (HEADER + MESSAGE.replace("DTM+137", "DTM+XXX").replace("BGM+929", "BGM+XXX") + TRAILER).encode()
    report = check_interchange(bad, DIRECTORIES, limits=CheckLimits(max_faults=1))
    assert (places(report), report.faults_total, report.verdict) == ([("CODE_UNKNOWN", "element", "BGM", 2, 2, 1)], 2, Verdict.REJECTED)


def test_memory_is_bounded_by_the_segment_limit() -> None:
    check = InterchangeCheck(DIRECTORIES, limits=CheckLimits(max_segment_octets=10_000))
    check.feed((HEADER + "UNH+1+CUSDEC:D:96B:UN'FTX+AAA+++").encode())
    for _ in range(1000):
        check.feed(b"A" * 10_000)
    check.feed(b"'UNT+3+1'" + TRAILER.encode())
    report = check.close()
    assert [fault.kind for fault in report.faults if fault.level is not Level.SEGMENT or fault.kind is FaultKind.OVER_LIMIT] == [FaultKind.OVER_LIMIT]
    assert report.end == len(HEADER) + 10_000_000 + len("UNH+1+CUSDEC:D:96B:UN'FTX+AAA+++'UNT+3+1'" + TRAILER)


def test_what_is_tolerated_in_versions_1_to_3() -> None:
    message = MESSAGE.replace("I200600001+9'", "I200600001+9++'").replace("CNSHA::5'", "CNSHA::5:'").replace("STEEL'", "STEEL::::::'")
    assert check_interchange((HEADER + message + TRAILER).encode(), DIRECTORIES).faults == ()
    zeros = HEADER.replace("REF1'", "REF1++++0++0'")
    report = check_interchange((zeros + MESSAGE + TRAILER).encode(), DIRECTORIES)
    assert (report.faults, report.header.test, report.header.acknowledgement_request) == ((), "", "")


def test_a_stream_of_interchanges() -> None:
    good = HEADER + MESSAGE + TRAILER
    data = f"{good}\r\nnonsense {HEADER + MESSAGE}{good}".encode()
    reports = list(check_stream([data[at : at + 100] for at in range(0, len(data), 100)], DIRECTORIES))
    assert [(report.offset, report.verdict) for report in reports] == [
        (0, Verdict.ACCEPTED),
        (len(good) + 2, Verdict.REJECTED),
        (len(good) + 11, Verdict.REJECTED),
        (len(good) + 11 + len(HEADER + MESSAGE), Verdict.ACCEPTED),
    ]
    whole = check_interchange(good.encode(), DIRECTORIES)
    moved = check_interchange(good.encode(), DIRECTORIES, offset=reports[3].offset)
    assert reports[0] == whole
    assert reports[3] == moved
    assert moved.messages[0] == replace(whole.messages[0], offset=moved.messages[0].offset, end=moved.messages[0].end)


def test_octets_that_begin_no_interchange_are_one_report_however_many_they_are() -> None:
    good = (HEADER + MESSAGE + TRAILER).encode()
    nothing = b"\x00\xffnonsense" * 30_000
    reports = list(check_stream([nothing[:100_000], nothing[100_000:] + good + nothing], DIRECTORIES))
    assert [(report.offset, report.end, report.faults_total) for report in reports] == [
        (0, len(nothing), 1),
        (len(nothing), len(nothing) + len(good), 0),
        (len(nothing) + len(good), 2 * len(nothing) + len(good), 1),
    ]


def test_nothing_at_all() -> None:
    assert list(check_stream([b"\r\n ", b""], DIRECTORIES)) == []
    assert [fault.kind for fault in check_interchange(b"", DIRECTORIES).faults] == [FaultKind.NOT_AN_INTERCHANGE]
