"""The duplicate key tells two interchanges apart exactly when they are two."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.interchanges import NOW, Letter, write
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.report import InterchangeHeader, Party, Verdict
from vanhub.edifact.separators import Separators
from vanhub.exchange.duplicates import duplicate_key, refuse_conflict

# Few characters, among them those that a careless encoding would join by.
texts = st.text(alphabet='A":,[\\ 深', max_size=3)
headers = st.builds(
    InterchangeHeader,
    separators=st.just(Separators()),
    sender=st.builds(Party, texts, texts),
    recipient=st.builds(Party, texts, texts),
    reference=texts,
    test=st.sampled_from(["", "1"]),
)


@given(headers, headers)
def test_two_names_never_give_one_key(one: InterchangeHeader, other: InterchangeHeader) -> None:
    assert (duplicate_key(one) == duplicate_key(other)) == (
        (one.sender, one.recipient, one.reference, one.test) == (other.sender, other.recipient, other.reference, other.test)
    )


def test_what_is_not_part_of_the_name_does_not_count() -> None:
    keys = {
        duplicate_key(write(*letters, prepared=prepared, syntax=syntax, test=test, request=request).report.header)
        for letters, prepared, syntax, test, request in (
            ([Letter()], "260320:0915", "UNOB:3", "", ""),
            ([Letter(), Letter()], "260320:0915", "UNOB:3", "0", ""),
            ([Letter()], "20260321:0915", "UNOY:4", "", "1"),
        )
    }
    assert keys == {'["TRADER","ZZZ","VANHUB","ZZZ","REF1",false]'}


def test_a_test_and_the_real_thing_may_have_one_reference() -> None:
    assert duplicate_key(write(Letter(), test="1").report.header) == '["TRADER","ZZZ","VANHUB","ZZZ","REF1",true]'


def test_a_conflict_is_refused_at_the_reference_and_names_the_first_receipt() -> None:
    written = write(Letter(), Letter(), una=True)
    refused = refuse_conflict(written.report, written.peek, NOW - timedelta(days=3))
    (fault,) = refused.faults
    assert (fault.kind, fault.segment, fault.segment_position, fault.element, fault.component) == (FaultKind.DUPLICATE_INTERCHANGE, "UNB", 1, 6, None)
    assert written.data[fault.offset :].startswith(b"REF1'UNH")
    assert (fault.code(3), fault.code(4)) == ("26", "26")
    assert fault.text() == (
        "interchange control reference REF1 was used before with other content; the first was received at 2026-03-17 09:30:00 UTC and stays accepted"
    )
    assert refused.verdict is Verdict.REJECTED
    assert {message.verdict for message in refused.messages} == {Verdict.REJECTED}
