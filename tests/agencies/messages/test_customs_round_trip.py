"""Whatever an agency or a partner may say with the messages of customs, our own check and its guides accept, and it is read as it was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.memory import as_read
from tests.agencies.messages import strategies
from tests.agencies.messages.checked import arrived
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Cancellation, Declaration, Direction
from vanhub.agencies.messages.manifest import Manifest
from vanhub.agencies.messages.movement import ConveyanceReport, GateReport, Tally
from vanhub.agencies.messages.payment import Payment
from vanhub.edifact.tolerant import ReadSegment

KINDS: list[tuple[type[Any], st.SearchStrategy[Any]]] = [
    (Declaration, strategies.declarations()),
    (Cancellation, strategies.cancellations()),
    (Answer, strategies.answers()),
    (Manifest, strategies.manifests()),
    (ConveyanceReport, strategies.conveyance_reports()),
    (Tally, strategies.tallies()),
    (GateReport, strategies.gate_reports()),
    (Payment, strategies.payments()),
]
KIND = pytest.mark.parametrize(("kind", "values"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
ANSWER_GUIDES = {
    AnswerKind.GENERAL: "cusres-general",
    AnswerKind.DECISION: "cusres-decision",
    AnswerKind.REJECTION: "cusres-error",
    AnswerKind.CARGO: "cusres-cargo",
    AnswerKind.TAX_BILL: "cusres-tax",
}


def guide(value: Any) -> str:
    match value:
        case Declaration(direction=direction):
            return "cusdec-import" if direction is Direction.IMPORT else "cusdec-export"
        case Answer(kind=kind):
            return ANSWER_GUIDES[kind]
    guides = {
        Cancellation: "cusdec-cancellation",
        Manifest: "cuscar-manifest",
        ConveyanceReport: "cusrep-conveyance",
        Tally: "coarri-tally",
        GateReport: "codeco-gate",
        Payment: "payord-payment",
    }
    return guides[type(value)]


@KIND
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_written_is_accepted_and_read_as_it_was(kind: type[Any], values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    value = data.draw(values)
    assert kind.parse(arrived(value, guide(value))) == value


@KIND
@settings(max_examples=40)
@given(data=st.data())
def test_any_segments_are_a_value_or_unreadable(kind: type[Any], values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    """A value can be written again; what is wrong is said in both languages."""
    message = as_read(data.draw(values))
    segments = mutated(message.segments, data)
    try:
        found = kind.parse(replace(message, segments=segments))
    except Unreadable as unreadable:
        found = [(complaint.code in CODES, bool(complaint.text_en), bool(complaint.text_zh)) for complaint in unreadable.complaints]
    assert found == [(True, True, True)] or isinstance(kind.parse(as_read(found)), kind)


CODES = {"E102", "E103", "E105", "E107", "E108", "E110", "E112"}
SOUP = st.sampled_from(["", "X", "00010101", "1e9", "99999999999999999999", "-1", "٣", "CNY", "102", "203", "海"])


def mutated(segments: Sequence[ReadSegment], data: st.DataObject) -> tuple[ReadSegment, ...]:
    """With some left out, twice, at another place, with other values."""
    found = list(segments)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(found) - 1))
        match data.draw(st.sampled_from(["drop", "double", "move", "value", "value", "value"])):
            case "drop" if len(found) > 1:
                del found[at]
            case "double":
                found.insert(at, found[at])
            case "move":
                found.insert(data.draw(st.integers(0, len(found) - 1)), found.pop(at))
            case _:
                elements = [list(found[at].components(element)) for element in range(6)]
                elements[data.draw(st.integers(1, 5))] = data.draw(st.lists(SOUP, max_size=3))
                found[at] = ReadSegment(elements)
    return tuple(found)


def test_of_a_hundred_errors_ninety_nine_are_listed() -> None:
    complaints = tuple(Complaint("E103", f"item {number} is wrong", f"第{number}项有误", number) for number in range(1, 101))
    answer = Answer(AnswerKind.REJECTION, "E1", "E", "2", "5304", datetime(2006, 3, 20, 1, tzinfo=UTC), errors=complaints)
    remark = "100 errors, of which 99 are listed 共100项错误，列出99项"
    assert Answer.parse(arrived(answer, "cusres-error")) == replace(answer, errors=complaints[:99], remarks=(remark,))
