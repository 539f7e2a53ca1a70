"""Whether customs' records and ledgers agree: what ``vanhub ledger verify`` asks customs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from vanhub.agencies.customs.bills import TAXES, Bill
from vanhub.agencies.customs.cargo import MANIFESTS, BillOfLading
from vanhub.agencies.customs.copies import FORMS, LICENCES, NOTES, USE, FormCopy, LicenceCopy, NoteCopy, line_owner
from vanhub.agencies.customs.exchange import YUAN
from vanhub.agencies.customs.lodgement import HOLDING, SPENT, Lodgement, Reference, State
from vanhub.agencies.frame.agency import View
from vanhub.agencies.ledger.posting import Account, Part
from vanhub.agencies.messages.fields import numeral


def violations(view: View) -> Iterator[str]:
    """What is reserved is held by declarations that are under way, what is used was used by released ones; taxes owed and paid are those of the bills; every reference leads to its declaration."""
    expected: Counter[Account] = Counter()
    for lodgement in view.list(Lodgement):
        yield from _check_lodgement(lodgement, view)
        part = Part.RESERVED if lodgement.state in HOLDING else Part.USED
        for transfer in lodgement.reserved:
            expected[Account(transfer.book, transfer.owner, transfer.unit, part)] += transfer.amount  # type: ignore[assignment]
    for book, owner, unit in _balances(view):
        for part in (Part.RESERVED, Part.USED):
            account = Account(book, owner, unit, part)
            if view.balance(account) != expected[account]:
                yield f"{account} is {numeral(view.balance(account))}; declarations account for {numeral(Decimal(expected[account]))}"
    for bill in view.list(Bill):
        yield from _check_bill(bill, view)
    for reference in view.list(Reference):
        for _, number in reference.lodged:
            if view.get(Lodgement, number) is None:
                yield f"reference {reference.key} names declaration {number}, which is not on record"


def _check_lodgement(lodgement: Lodgement, view: View) -> Iterator[str]:
    number, state = lodgement.number, lodgement.state
    if lodgement.held and state not in (*HOLDING, *SPENT):
        yield f"declaration {number} is {state} and still holds something"
    bill = view.get(Bill, lodgement.bill) if lodgement.bill else None
    if state is State.TAX_DUE and (bill is None or bill.payment or bill.void):
        yield f"declaration {number} has taxes due and no bill that is owed"
    if state in SPENT and lodgement.bill and (bill is None or not bill.payment or bill.void):
        yield f"declaration {number} is {state} and its bill {lodgement.bill} is not paid"


def _check_bill(bill: Bill, view: View) -> Iterator[str]:
    parts = view.parts(TAXES, bill.number, YUAN)
    owed = bill.total if not bill.payment and not bill.void else Decimal(0)
    paid = bill.total + bill.late_fee if bill.payment and not bill.void else Decimal(0)
    if (parts[Part.AVAILABLE], parts[Part.USED]) != (owed, paid):
        yield f"bill {bill.number}: {numeral(owed)} CNY owed, {numeral(paid)} paid; the ledger has {numeral(parts[Part.AVAILABLE])} and {numeral(parts[Part.USED])}"


def _balances(view: View) -> Iterator[tuple[str, str, str]]:
    """All that declarations draw on."""
    for copy in view.list(LicenceCopy):
        yield LICENCES, copy.key, USE
        for line in copy.licence.lines:
            yield LICENCES, line_owner(copy.key, line), line.quantity.unit
    for form in view.list(FormCopy):
        yield FORMS, form.key, USE
    for note in view.list(NoteCopy):
        yield NOTES, note.key, USE
    for bill in view.list(BillOfLading):
        yield MANIFESTS, bill.key, "H87"
