"""Tax bills (海关专用缴款书): written, paid, overdue, void.

What is owed is available in the ledger ``tax``, what was paid is used. The postings stand under the declaration's document, so that its deletion reverses them with the rest. Amounts are CNY.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from vanhub.agencies.customs.duty import LATE_DECLARATION, Assessment
from vanhub.agencies.customs.exchange import YUAN
from vanhub.agencies.customs.lodgement import day, digest
from vanhub.agencies.customs.serials import next_serial
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Post, Put, Remind
from vanhub.agencies.ledger.posting import issue, use
from vanhub.agencies.messages.fields import CHINA, numeral
from vanhub.agencies.messages.payment import Payment
from vanhub.agencies.rules import Rules

TAXES = "tax"
"""The ledger's book; a bill's balance is owned by its number, the unit is CNY."""
OVERDUE = "overdue bill"
"""The subject of the reminder on the day after the last day to pay; its key is the bill's number."""


@dataclass(frozen=True, slots=True)
class Bill:
    """``amounts``: (kind of tax, CNY); ``due``: last day to pay without a fee; ``late_fee``: what was paid on top; ``payment``: the key of the payment, ``""`` while it is owed; ``void``: its declaration was changed or deleted."""

    KIND: ClassVar[str] = "bill"

    number: str
    declaration: str
    document: str
    issued_on: date
    due: date
    amounts: tuple[tuple[str, Decimal], ...]
    paid_on: date | None = None
    late_fee: Decimal = Decimal(0)
    payment: str = ""
    void: bool = False

    @property
    def key(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        return sum((amount for _, amount in self.amounts), Decimal(0))


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment that was taken: ``payment``: ``SENDER/NUMBER``; ``content``: its digest."""

    KIND: ClassVar[str] = "payment"

    payment: str
    content: str
    bill: str

    @property
    def key(self) -> str:
        return self.payment


def write_bill(assessment: Assessment, declaration: str, document: str, office: str, moment: datetime, view: View) -> tuple[Bill, tuple[Effect, ...]]:
    """The bill of what is due of an ``assessment``, more than 0; the declaration's number and its ``document`` on the ledgers. Its number: B, the office, at least six digits of a serial number."""
    on = day(moment)
    serial = next_serial(view, f"B{office}")
    due = on + view.rules.duration("bill.pay-within", on)
    bill = Bill(f"{serial.row}{serial.last:06d}", declaration, document, on, due, assessment.taxes)
    post = Post(document, "tax bill", (issue(TAXES, bill.number, YUAN, bill.total),))
    return bill, (Put(serial), Put(bill), post, Remind(OVERDUE, bill.number, _midnight(due + timedelta(days=1))))


def bill_remarks(bill: Bill) -> tuple[str, ...]:
    """What stands on every bill (FTX+AAI): that its rates are a demonstration, and what the amount without a code of its own is."""
    fee = ("OTH: fee for late declaration 滞报金",) if any(kind == LATE_DECLARATION for kind, _ in bill.amounts) else ()
    return ("demonstration rates, levied by no customs service 演示税率", *fee)


def void_bill(bill: Bill) -> tuple[Effect, ...]:
    """Nothing has to be paid any more. Who calls this reverses the declaration's postings."""
    return Put(replace(bill, void=True)), Remind(OVERDUE, bill.number, None)


def late_fee(bill: Bill, on: date, rules: Rules) -> Decimal:
    """What a payment made on ``on`` has to have on top: so much of the total for each day after the last one, in cents, nothing where it is too little to collect."""
    days = max((on - bill.due).days, 0)
    fee = (bill.total * days * rules.number("bill.late-fee", on)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return fee if fee >= rules.number("bill.least", on) else Decimal(0)


def take_payment(payment: Payment, occasion: Occasion, view: View) -> tuple[Bill | None, tuple[Effect, ...]]:
    """The bill that is paid now, if one is, and the effects. A repeat pays nothing; a payment of a bill that is not known waits for it. Anybody may pay; the whole and the fee of the day on which the bank made the payment.

    Raises:
        Unreadable: E102 not in CNY; E103 too little or too much; E104 the payment's number was used for another, the bill is not known, void or paid.
    """
    key, content = f"{occasion.sender}/{payment.number}", digest(payment)
    before = view.get(PaymentRecord, key)
    if before is not None and before.content == content:
        return None, ()
    bill = view.get(Bill, payment.bill)
    if bill is None and before is None and not occasion.overdue:
        wait = view.rules.duration("bill.wait", day(occasion.moment))
        return None, (Park(((Bill.KIND, payment.bill),), occasion.moment + wait),)
    if before is not None or bill is None or (complaints := tuple(_refusals(payment, bill, view.rules))):
        raise Unreadable(*(_unknown(payment, before) if before is not None or bill is None else complaints))
    on = day(payment.made_at)
    fee = late_fee(bill, on, view.rules)
    paid = replace(bill, paid_on=on, late_fee=fee, payment=key)
    charged = (issue(TAXES, bill.number, YUAN, fee),) if fee else ()
    post = Post(bill.document, "tax payment", (*charged, use(TAXES, bill.number, YUAN, bill.total + fee)))
    return paid, (Put(paid), Put(PaymentRecord(key, content, bill.number)), post, Remind(OVERDUE, bill.number, None))


def _unknown(payment: Payment, before: PaymentRecord | None) -> Iterator[Complaint]:
    if before is not None:
        yield Complaint("E104", f"payment {payment.number} was made with other content", f"缴款编号{payment.number}已使用且内容不同")
    else:
        yield Complaint("E104", f"there is no bill {payment.bill}", f"没有缴款书{payment.bill}")


def _refusals(payment: Payment, bill: Bill, rules: Rules) -> Iterator[Complaint]:
    if bill.payment:
        yield Complaint("E104", f"bill {bill.number} has been paid", f"缴款书{bill.number}已缴款")
        return
    if bill.void:
        yield Complaint("E104", f"bill {bill.number} is void", f"缴款书{bill.number}已作废")
        return
    if payment.amount.currency != YUAN:
        yield Complaint(
            "E102", f"bill {bill.number} is paid in {YUAN}, not {payment.amount.currency}", f"缴款书{bill.number}币制为{YUAN}，不是{payment.amount.currency}"
        )
        return
    fee = late_fee(bill, day(payment.made_at), rules)
    if payment.amount.amount != bill.total + fee:
        owed, paid, extra = numeral(bill.total + fee), numeral(payment.amount.amount), numeral(fee)
        en = f"bill {bill.number} is {owed} CNY, of which {extra} for being late; {paid} was paid"
        yield Complaint("E103", en, f"缴款书{bill.number}应缴{owed}元（含滞纳金{extra}元），实缴{paid}元")


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), CHINA)
