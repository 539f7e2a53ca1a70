"""Tax bills: written, paid to the cent, overdue, void; the tax ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.carriage import Carriage
from tests.agencies.customs.goods import DAY, NOW, RULES, frames
from tests.agencies.memory import MemoryBook
from tests.agencies.messages.checked import arrived
from vanhub.agencies.customs.bills import OVERDUE, TAXES, Bill, PaymentRecord, bill_remarks, late_fee, take_payment, void_bill, write_bill
from vanhub.agencies.customs.duty import assess
from vanhub.agencies.customs.serials import Serial
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Post, Put, Remind
from vanhub.agencies.ledger.posting import issue, use
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.payment import Payment
from vanhub.agencies.tariff import shipped_tariff

ASSESSMENT = assess(frames(), shipped_tariff(), RULES, DAY)
DOCUMENT = "declaration 530420061000000001"
BILL = Bill(
    "B5304000001",
    "530420061000000001",
    DOCUMENT,
    date(2006, 3, 21),
    date(2006, 4, 5),
    (("CUD", Decimal("25220.00")), ("VAT", Decimal("90035.40"))),
)
OWED = Decimal("115255.40")


def written(view: View) -> tuple[Bill, tuple[Effect, ...]]:
    return write_bill(ASSESSMENT, "530420061000000001", DOCUMENT, "5304", NOW, view)


def payment(number: str = "P1", amount: Decimal = OWED, *, made_at: datetime = NOW, bill: str = "B5304000001", currency: str = "CNY") -> Payment:
    return Payment(number, made_at, bill, Money(amount, currency), "4420331870", "PCBCCNBJ", "4403160381", "TREASURY")


def pay(message: Any, occasion: Occasion, view: View) -> Iterable[Effect]:
    return take_payment(message, occasion, view)[1]


def billed(carriage: Carriage) -> None:
    """Write the bill."""
    for effect in written(carriage.book)[1]:
        match effect:
            case Put(record):
                carriage.book.put(record, 0)
            case Post(document, purpose, transfers):
                carriage.book.post(document, purpose, transfers, 0)
            case Remind(subject, key, at):
                carriage.book.remind(subject, key, at, 0)


def parts(book: MemoryBook) -> dict[str, Decimal]:
    return {part.value: amount for part, amount in book.parts(TAXES, "B5304000001", "CNY").items() if amount}


@pytest.fixture
def carriage() -> Carriage:
    made = Carriage(pay)
    billed(made)
    return made


def test_a_bill_as_a_whole() -> None:
    # 15 days after 21 March is 5 April, and the reminder comes when 6 April begins in China.
    assert written(MemoryBook(RULES)) == (
        BILL,
        (
            Put(Serial("B5304", 1)),
            Put(BILL),
            Post(DOCUMENT, "tax bill", (issue("tax", "B5304000001", "CNY", OWED),)),
            Remind(OVERDUE, "B5304000001", datetime(2006, 4, 5, 16, tzinfo=UTC)),
        ),
    )
    assert BILL.total == OWED


def test_a_bill_of_a_late_declaration_on_its_way() -> None:
    late = replace(BILL, amounts=(*BILL.amounts, ("OTH", Decimal(252))))
    assert bill_remarks(BILL) == ("demonstration rates, levied by no customs service 演示税率",)
    told = Answer(
        AnswerKind.TAX_BILL,
        "R1",
        "T",
        "1",
        "5304",
        NOW,
        number=late.declaration,
        bill=late.number,
        due=late.due,
        taxes=late.amounts,
        remarks=bill_remarks(late),
    )
    assert told.remarks[1] == "OTH: fee for late declaration 滞报金"
    assert Answer.parse(arrived(told, "cusres-tax")) == told


def test_bills_of_an_office_are_numbered_on(carriage: Carriage) -> None:
    assert written(carriage.book)[0].number == "B5304000002"
    assert write_bill(ASSESSMENT, "1", "d", "2244", NOW, carriage.book)[0].number == "B2244000001"


def test_a_payment_as_a_whole(carriage: Carriage) -> None:
    paid, effects = take_payment(payment(), Occasion(NOW, "BANK:ZZZ", "I1", 1), carriage.book)
    expected = replace(BILL, paid_on=date(2006, 3, 21), payment="BANK:ZZZ/P1")
    record = effects[1]
    assert isinstance(record, Put)
    assert isinstance(record.record, PaymentRecord)
    assert (paid, effects[0], effects[2:]) == (
        expected,
        Put(expected),
        (Post(DOCUMENT, "tax payment", (use("tax", "B5304000001", "CNY", OWED),)), Remind(OVERDUE, "B5304000001", None)),
    )
    assert (record.record.payment, record.record.bill) == ("BANK:ZZZ/P1", "B5304000001")


def test_a_payment_moves_what_is_owed_once(carriage: Carriage) -> None:
    assert parts(carriage.book) == {"issued": -OWED, "available": OWED}
    carriage.receive(payment(), "BANK:ZZZ")
    carriage.receive(payment(), "BANK:ZZZ")
    assert (parts(carriage.book), carriage.refused, carriage.book.reminders) == ({"issued": -OWED, "used": OWED}, [], {})


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (
            payment(amount=OWED - Decimal("0.01")),
            Complaint(
                "E103",
                "bill B5304000001 is 115255.4 CNY, of which 0 for being late; 115255.39 was paid",
                "缴款书B5304000001应缴115255.4元（含滞纳金0元），实缴115255.39元",
            ),
        ),
        # 2 days late: 115,255.40 x 0.0005 x 2 = 115.2554.
        (
            payment(made_at=datetime(2006, 4, 7, tzinfo=UTC)),
            Complaint(
                "E103",
                "bill B5304000001 is 115370.66 CNY, of which 115.26 for being late; 115255.4 was paid",
                "缴款书B5304000001应缴115370.66元（含滞纳金115.26元），实缴115255.4元",
            ),
        ),
        (payment(currency="USD"), Complaint("E102", "bill B5304000001 is paid in CNY, not USD", "缴款书B5304000001币制为CNY，不是USD")),
    ],
)
def test_what_does_not_pay_the_bill(carriage: Carriage, wrong: Payment, complaint: Complaint) -> None:
    carriage.receive(wrong)
    assert (carriage.refused, parts(carriage.book)) == ([(complaint,)], {"issued": -OWED, "available": OWED})
    # The same payment made right is taken under its number.
    carriage.receive(payment())
    assert len(carriage.refused) == 1
    assert parts(carriage.book) == {"issued": -OWED, "used": OWED}


def test_a_bill_is_paid_once_and_a_number_used_once(carriage: Carriage) -> None:
    for each in (payment(), payment("P2"), payment(amount=Decimal(1))):
        carriage.receive(each)
    assert carriage.refused == [
        (Complaint("E104", "bill B5304000001 has been paid", "缴款书B5304000001已缴款"),),
        (Complaint("E104", "payment P1 was made with other content", "缴款编号P1已使用且内容不同"),),
    ]
    assert parts(carriage.book) == {"issued": -OWED, "used": OWED}


def test_a_late_payment_pays_the_fee_too(carriage: Carriage) -> None:
    carriage.receive(payment(amount=Decimal("115370.66"), made_at=datetime(2006, 4, 7, tzinfo=UTC)))
    assert carriage.refused == []
    assert parts(carriage.book) == {"issued": Decimal("-115370.66"), "used": Decimal("115370.66")}
    bill = carriage.book.get(Bill, "B5304000001")
    assert bill is not None
    assert (bill.paid_on, bill.late_fee) == (date(2006, 4, 7), Decimal("115.26"))


def test_a_void_bill_is_not_paid(carriage: Carriage) -> None:
    voided, dismissed = void_bill(BILL)
    assert (voided, dismissed) == (Put(replace(BILL, void=True)), Remind(OVERDUE, "B5304000001", None))
    carriage.book.put(replace(BILL, void=True), 0)
    carriage.receive(payment())
    assert carriage.refused == [(Complaint("E104", "bill B5304000001 is void", "缴款书B5304000001已作废"),)]


def test_deletion_of_the_declaration_gives_back_everything(carriage: Carriage) -> None:
    carriage.receive(payment(amount=Decimal("115370.66"), made_at=datetime(2006, 4, 7, tzinfo=UTC)))
    carriage.book.reverse(DOCUMENT, "deleted", 9)
    assert parts(carriage.book) == {}


def test_an_early_payment_waits_for_its_bill() -> None:
    carriage = Carriage(pay)
    carriage.receive(payment())
    assert (carriage.refused, len(carriage.book.parked)) == ([], 1)
    (parked,) = carriage.book.parked.values()
    assert (parked.until, parked.deadline) == ((("bill", "B5304000001"),), NOW + timedelta(days=1))
    carriage.expire()
    assert carriage.refused == [(Complaint("E104", "there is no bill B5304000001", "没有缴款书B5304000001"),)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.decimals(Decimal("50"), Decimal(10**9), places=2))
def test_the_fee_grows_with_the_days_and_is_nothing_under_fifty(days: int, total: Decimal) -> None:
    bill = replace(BILL, amounts=(("CUD", total),))
    fee = late_fee(bill, bill.due + timedelta(days=days), RULES)
    assert fee == 0 or fee >= 50
    assert abs(fee - total * days / 2000) <= (Decimal("0.005") if fee else Decimal(50))
    assert late_fee(bill, bill.due + timedelta(days=days + 1), RULES) >= fee
