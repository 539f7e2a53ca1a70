"""Faults of UNB point at their element in the octets, with any separators, released characters and white space before it."""

from __future__ import annotations

import dataclasses

import pytest

from tests.exchange.interchanges import Letter, write
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.report import Report
from vanhub.edifact.separators import Separators
from vanhub.exchange.places import PREPARED, RECIPIENT, REFERENCE, SENDER, SYNTAX_VERSION, TEST_INDICATOR, Place, unb_fault

PLACES = [SYNTAX_VERSION, SENDER, RECIPIENT, PREPARED, REFERENCE, TEST_INDICATOR, None]


def found(head: bytes, separators: Separators, before: bytes = b"") -> list[bytes]:
    """What stands at each of ``PLACES``; ``before`` comes before the interchange in the data checked."""
    data = before + head + b"UNH+1+..."
    report: Report = dataclasses.replace(write(Letter()).report, offset=len(before), header_end=len(before) + len(head))
    report = dataclasses.replace(report, header=dataclasses.replace(report.header, separators=separators))
    return [data[unb_fault(FaultKind.NO_AGREEMENT, report, lambda offset, length: data[offset : offset + length], place).offset :] for place in PLACES]


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"UNB+..." * 9])
@pytest.mark.parametrize(
    ("head", "separators", "beginnings"),
    [
        (b"UNB+UNOA:1+A:B+C:D+1:2+R++++++T'", Separators(), [b"UNOA", b"A:B", b"C:D", b"1:2", b"R+", b"T'", b"UNB"]),
        (b"UNA:+.? '\r\n UNB+UNOA:1+A:B+C:D+1:2+R++++++T'", Separators(), [b"UNOA", b"A:B", b"C:D", b"1:2", b"R+", b"T'", b"UNB"]),
        (b"UNB+UNOA:1+A?+?'B+?:?+?++1:2+R++++++T'", Separators(), [b"UNOA", b"A?+?'B+", b"?:?+?++", b"1:2", b"R+", b"T'", b"UNB"]),
        (
            b"UNA|*.# ~UNB*UNOA|1*A|+*C#*#~*1|2*R******T~",
            Separators(b"|", b"*", b".", b"#", b" ", b"~"),
            [b"UNOA", b"A|+", b"C#*#~", b"1|2", b"R*", b"T~", b"UNB"],
        ),
        (b"UNA:+.  'UNB+UNOA:1+A B+C:D+1:2+R++++++T'", Separators(release=b" "), [b"UNOA", b"A B", b"C:D", b"1:2", b"R+", b"T'", b"UNB"]),
        (b"UNB+UNOA:1+A'", Separators(), [b"UNOA", b"A'", b"'UNH", b"'UNH", b"'UNH", b"'UNH", b"UNB"]),
        (b"UNB+UNOA:1+A?", Separators(), [b"UNOA", b"A?", b"UNH", b"UNH", b"UNH", b"UNH", b"UNB"]),
        (b"UNB", Separators(), [b"UNH", b"UNH", b"UNH", b"UNH", b"UNH", b"UNH", b"UNB"]),
    ],
)
def test_places_of_unb(before: bytes, head: bytes, separators: Separators, beginnings: list[bytes]) -> None:
    for beginning, rest in zip(beginnings, found(head, separators, before), strict=True):
        assert rest.startswith(beginning)


def test_values_are_cut_to_what_a_fault_holds() -> None:
    written = write(Letter())
    fault = unb_fault(FaultKind.SENDER_UNKNOWN, written.report, written.peek, Place(3, 1), value="X" * 100)
    assert fault.value == "X" * 80
