"""Packages, security groups and encrypted data in the check: each fault once, at its place."""

from __future__ import annotations

import pytest

from tests.directory.samples import DIRECTORIES
from tests.directory.test_check import HEADER_4, MESSAGE_4, TRAILER, found, places
from vanhub.directory.check import check_interchange
from vanhub.edifact.report import Kind, Verdict

UNO = "UNO+P1+2:I200600001*1:X+1:PDF+5'"
PACKAGE = UNO + "UNZ'+UNP+5+P1'"
TWO = "UNZ+2+REF1'"
ITEM = [(Kind.MESSAGE, "1", Verdict.ACCEPTED), (Kind.PACKAGE, "P1", Verdict.ACCEPTED)]


def items(text: str) -> list[tuple[Kind, str, Verdict]]:
    report, _ = found(text)
    return [(message.kind, message.reference, message.verdict) for message in report.messages]


def test_a_package_stands_among_the_messages() -> None:
    text = HEADER_4 + MESSAGE_4 + PACKAGE + TWO
    report = check_interchange(text.encode(), DIRECTORIES)
    assert (report.faults, report.verdict, items(text)) == ((), Verdict.ACCEPTED, ITEM)
    package = report.messages[1]
    assert text[package.offset : package.end] == PACKAGE
    assert (package.type, package.directory, package.related) == ("UNO", "", (("2", "I200600001"), ("1", "X")))
    group = "UNG+CUSDEC+A+B+20260101:1200+G1'"
    assert items(HEADER_4 + group + MESSAGE_4 + PACKAGE + "UNE+2+G1'" + TRAILER) == ITEM


def test_it_holds_what_it_likes() -> None:
    octets = bytes(range(256)) + b"'UNZ+1+REF1'"
    data = HEADER_4.encode() + b"UNO+P1+2:1+1:PDF+%d'" % len(octets) + octets + b"UNP+%d+P1'" % len(octets) + TRAILER.encode()
    report = check_interchange(data, DIRECTORIES)
    assert (report.faults, report.verdict, report.end) == ((), Verdict.ACCEPTED, len(data))


SECURED = MESSAGE_4.replace("BGM", "USH+1+S1'USA+1'USC'USA+1'USR+1:X'BGM")
ENCRYPTED = "USH+4+S1'USA+1'USD+6+E1''UNZ+'USU+6+E1'UST+S1+5'"


@pytest.mark.parametrize(
    "text",
    [
        HEADER_4 + UNO.replace("+5'", "+5:2'") + "USH+1+S1'USA+1'UNZ'+UST+S1+4'USR+1:X'UNP+5+P1'" + TRAILER,
        HEADER_4 + UNO.replace("+5'", "+5:3'") + "USH+4+S1'USA+1'USD+5'UNZ'+USU+5'UST+S1+5'UNP+5+P1'" + TRAILER,
        HEADER_4 + SECURED.replace("UNT+8", "UST+S1+6'UNT+14") + TRAILER,
        HEADER_4 + SECURED.replace("BGM", "USH+2+S2'BGM").replace("UNT+8", "UST+S2+2'UST+S1+7'USR+1:X'UNT+17") + TRAILER,
        HEADER_4 + "UNH+1+CUSDEC:D:01B:UN'" + ENCRYPTED + "UNT+7+1'" + TRAILER,
        HEADER_4 + ENCRYPTED + "UNZ+7+REF1'",
        HEADER_4 + "UNG+CUSDEC+A+B+20260101:1200+G1'" + ENCRYPTED + "UNE+7+G1'" + TRAILER,
        HEADER_4 + "USH+1+S1'" + MESSAGE_4 + "UST+S1+2'" + TRAILER,
        HEADER_4 + "USH+1+S1'UNG+CUSDEC+A+B+20260101:1200+G1'USH+1+S1'" + MESSAGE_4 + "UST+S1+2'UNE+1+G1'UST+S1+2'" + TRAILER,
        HEADER_4 + "UNH+1+AUTACK:4:1:UN'USH+7+S1'USB+1++A+B'USX+R1'USY+S1+1:X'UST+S1+2'UNT+7+1'" + TRAILER,
        "UNA|*. \\~".replace(" \\", "\\ ") + "UNB*UNOC|4*A*B*20260101|1200*R~UNO*P*2|1*1|x*5~UNZ*~UNP*5*P~UNZ*1*R~",
    ],
)
def test_without_fault(text: str) -> None:
    report, _ = found(text)
    assert (places(report), report.verdict) == ([], Verdict.ACCEPTED)


FAULTS = [
    # packages
    (HEADER_4 + PACKAGE.replace("UNP+5", "UNP+¤6") + TRAILER, ("LENGTH_IN_UNP", "message", "UNP", 3, 2, None)),
    (HEADER_4 + PACKAGE.replace("UNP+5+P1", "UNP+5+¤P2") + TRAILER, ("REFERENCE_IN_UNP", "message", "UNP", 3, 3, None)),
    (HEADER_4 + PACKAGE + PACKAGE.replace("UNO+", "UNO+¤") + TWO, ("DUPLICATE_PACKAGE", "message", "UNO", 4, 2, None)),
    (HEADER_4 + PACKAGE.replace("+5'UNZ", "+¤50000'UNZ") + TRAILER, ("LENGTH_BEYOND_END", "interchange", "UNO", 2, 5, 1)),
    (HEADER_4 + PACKAGE.replace("+5'UNZ", "+¤3'UNZ") + MESSAGE_4 + TWO, ("LENGTH_MISLEADS", "interchange", "UNO", 2, 5, 1)),
    (HEADER_4 + PACKAGE.replace("+5'UNZ", "+¤25'UNZ") + MESSAGE_4 + TWO, ("LENGTH_MISLEADS", "interchange", "UNO", 2, 5, 1)),
    (HEADER_4 + PACKAGE.replace("+5'UNZ", "¤'UNZ") + TRAILER, ("COMPOSITE_MISSING", "message", "UNO", 2, 5, None)),
    (HEADER_4 + "¤" + UNO + "abcde" + MESSAGE_4 + TWO, ("TRAILER_MISSING", "message", "UNP", 2, None, None)),
    (HEADER_4 + UNO + "abcdeUNP+5+P1'¤BGM+1'" + TRAILER, ("OUTSIDE_MESSAGE", "interchange", "BGM", 4, None, None)),
    (HEADER_4 + MESSAGE_4 + PACKAGE + "UNZ+¤1+REF1'", ("COUNT_IN_UNZ", "interchange", "UNZ", 12, 2, None)),
    # security
    (HEADER_4 + SECURED.replace("UNT+8", "UST+S1+¤4'UNT+14") + TRAILER, ("COUNT_IN_UST", "message", "UST", 13, 3, None)),
    (HEADER_4 + SECURED.replace("UNT+8", "UST+¤S2+6'UNT+14") + TRAILER, ("REFERENCE_IN_UST", "message", "UST", 13, 2, None)),
    (HEADER_4 + SECURED.replace("CNT", "¤CNT").replace("UNT+8", "UNT+13") + TRAILER, ("SECURITY_TRAILER_MISSING", "message", "UST", 12, None, None)),
    (HEADER_4 + SECURED.replace("BGM", "USH+2+¤S1'BGM").replace("UNT+8", "UST+S1+6'UNT+15") + TRAILER, ("DUPLICATE_SECURITY", "message", "USH", 7, 3, None)),
    (HEADER_4 + MESSAGE_4.replace("UNS+D'", "¤USH+1+S1'USA+1'UNS+D'").replace("UNT+8", "UST+S1+3'UNT+11") + TRAILER, ("SEGMENT_OUT_OF_PLACE", "message", "USH", 4, None, None)),
    (HEADER_4 + SECURED.replace("UNS+S", "¤UST+S1+6'UNS+S").replace("UNT+8", "UNT+14") + TRAILER, ("SEGMENT_OUT_OF_PLACE", "message", "UST", 11, None, None)),
    (HEADER_4 + SECURED.replace("USH+1+S1'USA+1'", "USH+1+S1'USA+1'USA+1'USA+1'¤USA+1'").replace("UNT+8", "UST+S1+9'UNT+17") + TRAILER, ("SEGMENT_REPEATED", "message", "USA", 6, None, None)),
    (HEADER_4 + MESSAGE_4.replace("BGM", "USH+1+¤+1'BGM").replace("UNT+8", "UST+S1+2'UNT+10") + TRAILER, ("ELEMENT_MISSING", "message", "USH", 2, 3, None)),
    (HEADER_4 + "USH+1+S1'" + MESSAGE_4 + "UST+¤S2+2'" + TRAILER, ("REFERENCE_IN_UST", "interchange", "UST", 11, 2, None)),
    (HEADER_4 + "UNH+1+AUTACK:4:1:UN'USH+7+S1'USB+1++A+B'USX+R1'USY+S1+1:X'UST+¤S2+2'UNT+7+1'" + TRAILER, ("REFERENCE_IN_UST", "message", "UST", 6, 2, None)),
    # encrypted data
    (HEADER_4 + "¤UNH+1+CUSDEC:D:01B:UN'USD+0+E1'USU+0+E1'UNT+4+1'" + TRAILER, ("SEGMENT_MISSING", "message", "USH", 1, None, None)),
    (HEADER_4 + "UNH+1+CUSDEC:D:01B:UN'USH+1+S1'¤USA+1'USD+1'xUSU+1'UST+S1+3'UNT+7+1'" + TRAILER, ("SEGMENT_MISSING", "message", "USH", 3, None, None)),
    (HEADER_4 + "¤" + UNO.replace("+5'", "+5:1'") + "USD+5'UNZ'+USU+5'UNP+5+P1'" + TRAILER, ("SEGMENT_MISSING", "message", "USH", 2, None, None)),
    ("¤" + HEADER_4 + "USD+1'xUSU+1'" + TRAILER, ("SEGMENT_MISSING", "interchange", "USH", 1, None, None)),
    (HEADER_4 + ENCRYPTED.replace("USU+6", "USU+¤7") + TRAILER, ("LENGTH_IN_USU", "interchange", "USU", 5, 2, None)),
    (HEADER_4 + ENCRYPTED.replace("USU+6+E1", "USU+6+¤E2") + TRAILER, ("REFERENCE_IN_USU", "interchange", "USU", 5, 3, None)),
    (HEADER_4 + ENCRYPTED.replace("USD+6", "USD+¤60000") + TRAILER, ("LENGTH_BEYOND_END", "interchange", "USD", 4, 2, None)),
    (HEADER_4 + "UNH+1+CUSDEC:D:01B:UN'" + ENCRYPTED.replace("UST", "¤BGM+1'UST") + "UNT+8+1'" + TRAILER, ("SEGMENT_OUT_OF_PLACE", "message", "BGM", 6, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_one_fault(text: str, fault: tuple[object, ...]) -> None:
    report, offsets = found(text)
    assert (places(report), [each.offset for each in report.faults]) == ([fault], offsets)
    assert report.verdict is not Verdict.ACCEPTED


INTERACTIVE = "UIB+UNOA:4+D1:ORG+T1+SC+DI+A:1+B:2+20260101:1200++1'"
UIH = "UIH+IHCLME:D:01B::UN+M1+D1:ORG'"


def test_an_interactive_interchange() -> None:
    report, _ = found(INTERACTIVE + UIH + "UIT+M1+2'UIZ+D1:ORG+1'")
    header = report.header
    assert (places(report), report.verdict, header.interactive) == ([], Verdict.ACCEPTED, True)
    assert (str(header.sender), str(header.recipient), header.reference, header.prepared, header.test) == ("A:1", "B:2", "D1", "20260101:1200", "1")
    message = report.messages[0]
    assert (message.reference, message.type, message.directory, message.agency, message.segments) == ("M1", "IHCLME", "D.01B", "UN", 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (INTERACTIVE + UIH + "UIT+¤M2+2'UIZ+D1:ORG+1'", ("REFERENCE_IN_UNT", "message", "UIT", 2, 2, None)),
        (INTERACTIVE + UIH + "UIT+M1+¤3'UIZ+D1:ORG+1'", ("COUNT_IN_UNT", "message", "UIT", 2, 3, None)),
        (INTERACTIVE + UIH + "UIT+M1+2'UIZ+¤D2:ORG+1'", ("REFERENCE_IN_UNZ", "interchange", "UIZ", 4, 2, None)),
        (INTERACTIVE + UIH + "UIT+M1+2'UIZ+D1:ORG+¤2'", ("COUNT_IN_UNZ", "interchange", "UIZ", 4, 3, None)),
        (INTERACTIVE + "¤" + UIH + "UIZ+D1:ORG+1'", ("TRAILER_MISSING", "message", "UIT", 1, None, None)),
        (INTERACTIVE + UIH + "¤UIT+M1+2'", ("TRAILER_MISSING", "interchange", "UIZ", 3, None, None)),
        (INTERACTIVE + UIH.replace("IHCLME", "¤CUSDEC") + "UIT+M1+2'UIZ+D1:ORG+1'", ("MESSAGE_TYPE_UNKNOWN", "message", "UIH", 1, 2, 1)),
        (INTERACTIVE + UIH.replace("01B", "¤01Z") + "UIT+M1+2'UIZ+D1:ORG+1'", ("DIRECTORY_UNKNOWN", "message", "UIH", 1, 2, 3)),
        (INTERACTIVE + UIH + "UIT+M1+2'" + UIH.replace("+M1", "+¤M1") + "UIT+M1+2'UIZ+D1:ORG+2'", ("DUPLICATE_MESSAGE", "message", "UIH", 1, 3, None)),
        (INTERACTIVE + UIH + "¤ZZZ+1'UIT+M1+3'UIZ+D1:ORG+1'", ("SEGMENT_UNKNOWN", "segment", "ZZZ", 2, None, None)),
    ],
)
def test_one_fault_in_an_interactive_interchange(text: str, fault: tuple[object, ...]) -> None:
    report, offsets = found(text)
    assert (places(report), [each.offset for each in report.faults]) == ([fault], offsets)


def test_encrypted_data_stand_once_in_the_place_of_all_messages() -> None:
    again = ENCRYPTED.replace("UST", "USD+1'xUSU+1'¤USD+1'xUSU+1'UST")
    report, _ = found(HEADER_4 + again + TRAILER)
    assert [message.kind for message in report.messages] == [Kind.ENCRYPTED]
    assert [fault.kind.name for fault in report.faults] == ["GROUP_REPEATED", "COUNT_IN_UST"]
