"""Reports of ships and boxes in any order; when goods have moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.carriage import Carriage
from tests.agencies.customs.goods import BOX, NOW, SHIP, frames, gate, tally, trousers
from tests.agencies.messages.checked import arrived
from vanhub.agencies.customs.movements import (
    Awaited,
    Move,
    Moved,
    Movement,
    Report,
    await_goods,
    await_no_longer,
    concerned,
    goods_moved,
    take_conveyance,
    take_gate,
    take_tally,
)
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.movement import ConveyanceReport, GateReport, Tally

NUMBER = "530420061000000001"
BILL = "bill/NHL0602HAMSHK03"
ARRIVAL = ConveyanceReport("A1", True, "NHL0608E", "5304", NOW, "NHLINE", SHIP)


def take(message: Any, occasion: Occasion, view: View) -> Iterable[Effect]:
    match message:
        case Tally():
            return take_tally(message, occasion, view)
        case GateReport():
            return take_gate(message, occasion, view)
        case _:
            return take_conveyance(message, occasion, view)


def moved(declaration: Declaration, *reports: Any) -> bool:
    carriage = Carriage(take)
    for report in reports:
        carriage.receive(report)
    assert carriage.refused == []
    return goods_moved(declaration, NUMBER, carriage.book)


def test_an_arrival_is_kept_and_answered_once() -> None:
    carriage = Carriage(take)
    answer = Answer(AnswerKind.CARGO, "NHL0608E", "01", "1", "5304", NOW, document="185", number="A1")
    assert carriage.receive(ARRIVAL) == [answer]
    assert carriage.receive(ARRIVAL) == []
    assert carriage.book.get(Movement, "manifest/NHL0608E") == Movement(
        "manifest/NHL0608E", (Moved(NOW, Move.ARRIVED, "", "CUSREP/NHL:ZZZ/A1", "0608E", "9123453"),)
    )
    used = Complaint("E104", "A1 has been used for another report, is withdrawn, or has no original", "编号A1已用于其他报告、已撤销或无原报告")
    (refused,) = carriage.receive(replace(ARRIVAL, moment=NOW + timedelta(hours=1)))
    assert refused == replace(answer, receipt="03", indicator="2", errors=(used,))
    assert [Answer.parse(arrived(each, "cusres-cargo")) for each in (answer, refused)] == [answer, refused]


def test_a_tally_is_kept_by_its_bills_of_lading() -> None:
    carriage = Carriage(take)
    assert carriage.receive(tally()) == []
    key = "COARRI/NHL:ZZZ/T1"
    assert carriage.book.get(Movement, BILL) == Movement(BILL, (Moved(NOW, Move.DISCHARGED, BOX, key, "0608E", "9123453"),))
    report = carriage.book.get(Report, key)
    assert report is not None
    assert (report.subjects, len(report.taken), report.withdrawn) == ((BILL,), 1, False)


IMPORT, EXPORT = frames(), trousers()
LOADED = tally("T2", bill="NHL0603SHKRTM17", discharge=False)


@pytest.mark.parametrize(
    ("declaration", "reports", "expected"),
    [
        (IMPORT, (), False),
        (IMPORT, (tally(),), False),
        (IMPORT, (gate(),), False),
        (IMPORT, (tally(), gate()), True),
        (IMPORT, (gate(bills=(), declaration=NUMBER), tally()), True),
        (IMPORT, (tally(), gate(bills=("OTHER",))), False),
        # The same numbers on another voyage are other goods; what is not stated fits.
        (IMPORT, (tally(transport=replace(SHIP, voyage="0609E")), gate()), False),
        (IMPORT, (tally(transport=replace(SHIP, conveyance="9123465")), gate()), False),
        (IMPORT, (tally(transport=replace(SHIP, conveyance="", name="")), gate()), True),
        (EXPORT, (replace(LOADED, transport=replace(SHIP, voyage="0609E")),), False),
        (IMPORT, (tally(), gate(gate_in=True)), False),
        (IMPORT, (tally(box="XXXU1234567"), gate(box="XXXU1234567")), False),
        (replace(IMPORT, containers=(BOX, "XXXU1234567")), (tally(), gate()), False),
        (replace(IMPORT, containers=()), (tally(),), True),
        (replace(IMPORT, containers=()), (gate(),), False),
        (replace(IMPORT, transport=replace(SHIP, mode="3")), (), True),
        (EXPORT, (LOADED,), True),
        (EXPORT, (replace(LOADED, discharge=True),), False),
        (EXPORT, (tally(discharge=False),), False),
    ],
)
def test_when_goods_have_moved(declaration: Declaration, reports: tuple[Any, ...], expected: bool) -> None:
    assert moved(declaration, *reports) is expected


def test_a_change_takes_back_what_the_report_said_before() -> None:
    other = tally(bill="OTHER", function="4")
    assert not moved(IMPORT, tally(), gate(), other)
    assert not moved(IMPORT, other, tally(), gate())
    assert not moved(IMPORT, tally(), gate(), replace(tally(), function="1"))
    # What another report says too stays.
    assert moved(IMPORT, tally(), tally("T9"), gate(), other)


@pytest.mark.parametrize(
    ("report", "complaint"),
    [
        (tally(boxes=(replace(tally().boxes[0], bills=()),)), Complaint("M601", "boxes 1 of the tally name no bill of lading", "第1个集装箱未填提运单号")),
        (gate(bills=()), Complaint("M601", "boxes 1 leave without a declaration or bill of lading", "第1个出卡口集装箱未填报关单号或提运单号")),
    ],
)
def test_boxes_without_papers(report: Any, complaint: Complaint) -> None:
    carriage = Carriage(take)
    carriage.receive(report)
    assert carriage.refused == [(complaint,)]
    assert carriage.book.records == {}


def test_a_number_is_used_once_and_a_withdrawn_report_stays_withdrawn() -> None:
    carriage = Carriage(take)
    for report in (tally(), tally(bill="OTHER"), replace(tally(), function="1"), tally(bill="LATER", function="4")):
        carriage.receive(report)
    assert [[each.code for each in complaints] for complaints in carriage.refused] == [["E104"], ["E104"]]
    assert carriage.book.get(Movement, BILL) == Movement(BILL)


def test_a_withdrawal_without_its_report_is_refused_at_the_deadline() -> None:
    carriage = Carriage(take)
    carriage.receive(replace(tally(), function="1"))
    assert (carriage.refused, len(carriage.book.parked)) == ([], 1)
    carriage.expire()
    assert [[each.code for each in complaints] for complaints in carriage.refused] == [["E104"]]


REPORTS = [
    tally(),
    tally(),
    gate(),
    gate("G2", bills=(), declaration=NUMBER),
    LOADED,
    ARRIVAL,
    tally("T3", box="XXXU1234567"),
    tally("T3", box="XXXU7654321", function="4"),
]


@settings(max_examples=40, deadline=None)
@given(st.permutations(REPORTS))
def test_any_order_and_any_repeats_end_alike(order: list[Any]) -> None:
    carriage, straight = Carriage(take), Carriage(take)
    for report in order:
        carriage.receive(report)
    for report in REPORTS:
        straight.receive(report)
    assert carriage.book.records == straight.book.records
    assert (carriage.refused, carriage.book.parked) == ([], {})


def test_reports_name_the_declarations_that_wait_for_them() -> None:
    carriage = Carriage(take)
    for number in ("2", "1", "2"):
        carriage.book.put(await_goods(IMPORT, number, carriage.book).record, 0)
    carriage.book.put(await_goods(EXPORT, "3", carriage.book).record, 0)
    assert [each.declarations for each in carriage.book.list(Awaited)] == [("1", "2"), ("3",)]
    occasion = Occasion(NOW, "NHL:ZZZ", "I1", 1)
    assert concerned(take_tally(tally(), occasion, carriage.book), carriage.book) == ("1", "2")
    assert concerned(take_gate(gate(bills=("UNKNOWN",), declaration="9"), occasion, carriage.book), carriage.book) == ("9",)
    carriage.book.put(await_no_longer(IMPORT, "1", carriage.book).record, 0)
    assert concerned(take_tally(tally(), occasion, carriage.book), carriage.book) == ("2",)
