"""What customs finds wrong: one thing at a time, several at once, what is missing for now and what for good."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.agencies.customs.trade import (
    DAY,
    NOON,
    OFFICE,
    TRADER,
    codes,
    entry,
    export,
    form,
    licence,
    manifest,
    note,
    open_desk,
    receipts,
    receive,
    registration,
)
from vanhub.agencies.customs.lodgement import Lodgement, State
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.declaration import Declaration, Document, Item
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.licence import Licence, LicenceStatus, LicenceUsage
from vanhub.agencies.messages.manifest import Manifest
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.messages.registration import Registration, RegistrationAct


def _exported(declaration: Declaration, *, by: Registration | None = None, under: Licence | None = None, filed: FxForm | None = None) -> list[Outgoing]:
    return receive(open_desk(), by or registration(), under or licence(), filed or form(), declaration)


def _item(declaration: Declaration, **changes: Any) -> Declaration:
    (item,) = declaration.items
    return dataclasses.replace(declaration, items=(dataclasses.replace(item, **changes),))


def _with(trader: Enterprise = TRADER, **changes: Any) -> Enterprise:
    return dataclasses.replace(trader, **changes)


_EXPORTS: dict[str, tuple[str, Callable[[], list[Outgoing]]]] = {
    "declared long ago": ("E110", lambda: _exported(export(declared_on=date(2006, 3, 10)))),
    "declared far ahead": ("E110", lambda: _exported(export(declared_on=date(2006, 3, 28)))),
    "closed enterprise": (
        "E101",
        lambda: receive(open_desk(), registration(), licence(), form(), registration(RegistrationAct.CLOSE, date(2006, 3, 20), "R2"), export()),
    ),
    "another's customs code": ("E101", lambda: _exported(export(trader=_with(customs_code="4403160382")))),
    "another's tax number": ("E101", lambda: _exported(export(trader=_with(tax_number="440301715253184")))),
    "no tariff code": ("E102", lambda: _exported(_item(export(licence=""), hs="00000000"))),
    "no rate of exchange": (
        "E102",
        lambda: _exported(_item(export(total=Money(Decimal(2000), "XAF")), amount=Money(Decimal(2000), "XAF"), price=Money(Decimal(2), "XAF"))),
    ),
    "total": ("E103", lambda: _exported(export(total=Money(Decimal(1000), "USD")))),
    "nothing to pay for": ("E103", lambda: _exported(_item(export(total=Money(Decimal(0), "USD")), amount=Money(Decimal(0), "USD"), price=None))),
    "price": ("E103", lambda: _exported(_item(export(), price=Money(Decimal(4), "USD")))),
    "a licence's unit twice": ("E103", lambda: _exported(_item(export(), first=Quantity(Decimal(10), "H87")))),
    "no licence": ("L201", lambda: _exported(export(licence=""))),
    "withdrawn licence": ("L202", lambda: _exported(export(), under=licence(function="1", status=LicenceStatus.WITHDRAWN))),
    "expired licence": ("L202", lambda: _exported(export(), under=licence(valid_to=date(2006, 3, 19)))),
    "licence from tomorrow": ("L202", lambda: _exported(export(), under=licence(valid_from=date(2006, 3, 21)))),
    "licence for another office": ("L203", lambda: _exported(export(), under=licence(customs_office="5301"))),
    "licence of another issuing office": (
        "L203",
        lambda: _exported(export(documents=(Document("811", "06-AB-300123", office="31"), Document("812", "44B0318901")))),
    ),
    "more than is left": ("L204", lambda: _exported(export(), under=licence(quantity=999))),
    "another's licence": ("L206", lambda: _exported(export(), under=licence(holder="4403123456788"))),
    "licence for another country": ("L206", lambda: _exported(export(), under=licence(country="CAN"))),
    "licence for another mode": ("L206", lambda: _exported(export(), under=licence(mode="0615"))),
    "licence for other goods": ("L206", lambda: _exported(_item(export(), hs="62034290"))),
    "none of the licence's unit": ("L206", lambda: _exported(_item(export(), second=Quantity(Decimal(0), "KGM")), under=_by_weight())),
    "import licence": ("L206", lambda: _exported(export(), under=licence(export=False))),
    "no form": ("F301", lambda: _exported(export(form=""))),
    "withdrawn form": ("F301", lambda: _exported(export(), filed=form(act=FormAct.WITHDRAWAL))),
    "another's form": ("F301", lambda: _exported(export(), filed=form(exporter="4403123456788"))),
    "expired form": ("F301", lambda: _exported(export(), filed=form(valid_to=date(2006, 3, 19)))),
    "form filed elsewhere": ("F303", lambda: _exported(export(), filed=form(customs_office="5301"))),
    "form used": ("F302", lambda: receive(open_desk(), registration(), licence(), form(), export(), export("E2"))),
}


def _imported(declaration: Declaration, *, noted: ClearanceNote | None = None, listed: Manifest | None = None) -> list[Outgoing]:
    return receive(open_desk(), registration(), noted or note(), listed or manifest(declaration), declaration)


_IMPORTS: dict[str, tuple[str, Callable[[], list[Outgoing]]]] = {
    "no note": ("C701", lambda: _imported(entry(note=""))),
    "withdrawn note": ("C701", lambda: _imported(entry(), noted=note(withdrawn=True))),
    "expired note": ("C701", lambda: _imported(entry(), noted=note(valid_to=date(2006, 3, 19)))),
    "note for what leaves": ("C701", lambda: _imported(entry(), noted=note(entry=False))),
    "another's note": ("C701", lambda: _imported(entry(), noted=note(holder="4403123456788"))),
    "note for another country": ("C701", lambda: _imported(entry(), noted=note(country="NZL"))),
    "note for another office": ("C701", lambda: _imported(entry(), noted=note(customs_office="5301"))),
    "note for another bill of lading": ("C701", lambda: _imported(entry(), noted=note(bill_of_lading="OTHER"))),
    "note for other goods": ("C701", lambda: _imported(_item(entry(), hs="08051000"))),
    "note for less": ("C701", lambda: _imported(entry(), noted=_short_note(Decimal("4999.9")))),
    "note used": ("C701", lambda: _used_twice()),
    "packages": ("M602", lambda: _imported(entry(packages=195), listed=manifest(entry()))),
    "weight": ("M602", lambda: _imported(entry(gross_weight=Decimal(5100)), listed=manifest(entry()))),
}


def _by_weight() -> Licence:
    (line,) = licence().lines
    return licence(lines=(dataclasses.replace(line, quantity=Quantity(Decimal(1200), "KGM")),))


def _short_note(quantity: Decimal) -> ClearanceNote:
    (line,) = note().lines
    return note(lines=(dataclasses.replace(line, quantity=Quantity(quantity, "KGM")),))


def _used_twice() -> list[Outgoing]:
    return receive(open_desk(), registration(), note(), manifest(entry()), manifest(entry("I2")), entry(), entry("I2"))


@pytest.mark.parametrize("name", [*_EXPORTS, *_IMPORTS])
def test_one_thing_wrong_returns_the_declaration_with_its_code(name: str) -> None:
    code, act = {**_EXPORTS, **_IMPORTS}[name]
    sent = act()
    assert (receipts(sent)[-1], set(codes(sent))) == ("E", {code})
    for error in _rejection(sent).errors:
        assert error.text_en
        assert error.text_zh


def _rejection(sent: list[Outgoing]) -> Answer:
    answer = sent[-1]
    assert isinstance(answer, Answer)
    return answer


def test_first_and_last_day_count() -> None:
    assert receipts(_exported(export(), under=licence(valid_from=DAY, valid_to=DAY), filed=form(valid_to=DAY))) == "LGP"
    assert receipts(_imported(entry(), noted=note(issued_on=DAY, valid_to=DAY))) == "LGT"
    assert receipts(_exported(export(declared_on=date(2006, 3, 13)))) == "LGP"


def test_what_is_returned_posts_nothing() -> None:
    desk = open_desk()
    receive(desk, registration(), licence(quantity=999), form())
    before = dict(desk.book.balances)
    assert receipts(receive(desk, export())) == "LE"
    assert desk.book.balances == before


def test_all_that_is_wrong_is_told_at_once() -> None:
    spoilt = _item(export(total=Money(Decimal(1000), "USD"), licence=""), name="SHIRTS")
    sent = receive(open_desk(), registration(), form(customs_office="5301"), spoilt)
    assert [(error.code, error.item) for error in _rejection(sent).errors] == [("E103", None), ("L201", 1), ("F303", None)]


def test_the_reason_has_the_values_that_show_it() -> None:
    (error,) = _rejection(_exported(export(), under=licence(quantity=999))).errors
    assert error.text_en == "licence 06-AB-300123 line 1 has 999 H87 left, with tolerance 999; 1000 H87 are declared"
    assert error.text_zh == "许可证 06-AB-300123 第1项余额 999 H87（含允许溢装 999），申报 1000 H87"


_EXPORT_PAPERS: list[Callable[[], Outgoing]] = [registration, licence, form]


@pytest.mark.parametrize(("missing", "code"), list(zip(_EXPORT_PAPERS, ["E101", "L201", "F301"], strict=True)), ids=["enterprise", "licence", "form"])
def test_what_is_not_on_record_is_waited_for_until_the_deadline(missing: Callable[[], Outgoing], code: str) -> None:
    desk = open_desk(check__wait=timedelta(days=3))
    papers = [make() for make in _EXPORT_PAPERS if make is not missing]
    assert receipts(receive(desk, *papers, export())) == "L"
    assert receipts([sent for _, sent in desk.wait_until(NOON + timedelta(days=3) - timedelta(seconds=1))]) == ""
    sent = [message for _, message in desk.wait_until(NOON + timedelta(days=3))]
    assert (receipts(sent), codes(sent)) == ("E", [code])
    assert receive(desk, missing()) == []
    assert [lodgement.state for lodgement in desk.book.list(Lodgement)] == [State.RETURNED]


def test_the_clearance_note_and_the_manifest_are_waited_for_too() -> None:
    desk = open_desk()
    declaration = entry()
    assert receipts(receive(desk, registration(), declaration)) == "L"
    assert receipts(receive(desk, note())) == ""
    assert receipts(receive(desk, manifest(declaration))) == "GT"


def test_what_does_not_fit_is_not_waited_for() -> None:
    sent = receive(open_desk(), registration(), form(), export(total=Money(Decimal(1000), "USD")))
    assert (receipts(sent), codes(sent)) == ("LE", ["E103"])


def test_the_last_use_of_bulk_goods_may_run_over_and_is_reversed_exactly() -> None:
    desk = open_desk()
    ore = _ore(Decimal(1050))
    receive(desk, registration(), form(), _ore_licence(), ore)
    number = next(iter(desk.book.list(Lodgement))).number
    assert {str(account): amount for account, amount in desk.book.balances.items() if account.owner.endswith("/1")} == {
        "licence 06-AB-300124/1 issued KGM": Decimal(-1050),
        "licence 06-AB-300124/1 available KGM": Decimal(0),
        "licence 06-AB-300124/1 reserved KGM": Decimal(0),
        "licence 06-AB-300124/1 used KGM": Decimal(1050),
    }
    desk.instruct("delete", number=number, reason="wrong")
    assert desk.book.balances[next(account for account in desk.book.balances if str(account) == "licence 06-AB-300124/1 available KGM")] == 1000
    assert list(desk.agency.invariants(desk.book)) == []


def test_more_than_the_tolerance_is_too_much() -> None:
    sent = receive(open_desk(), registration(), form(), _ore_licence(), _ore(Decimal("1050.01")))
    assert codes(sent) == ["L204"]


def test_more_than_any_ledger_can_hold_is_too_much() -> None:
    """Of twenty items each could be written down, all together not."""
    most = Quantity(Decimal(999_999_999_999), "KGM")
    many = _ore(Decimal(1))
    items = tuple(dataclasses.replace(many.items[0], number=number, declared=most, first=most, price=None) for number in range(1, 21))
    sent = receive(open_desk(), registration(), form(), _ore_licence(), dataclasses.replace(many, items=items, total=Money(Decimal(40), "USD")))
    assert (receipts(sent), codes(sent)) == ("LE", ["L204"])


def test_a_use_is_reported_at_the_licence_s_office() -> None:
    """Declared inland, leaving by the port that the licence is for."""
    sent = receive(open_desk(), registration(), licence(), form(customs_office="5301"), export(office="5301"))
    assert [report.office for report in sent if isinstance(report, LicenceUsage)] == [OFFICE]


def test_a_licence_that_an_item_names_twice_is_used_once() -> None:
    sent = _exported(_item(export(), documents=(Document("811", "06-AB-300123"), Document("811", "06-AB-300123"))), under=licence(quantity=1500))
    used = [(used.number, used.quantity.amount) for report in sent if isinstance(report, LicenceUsage) for used in report.lines]
    assert used == [(1, Decimal(1000))]


def test_of_several_lines_for_the_same_goods_one_with_enough_left_is_taken() -> None:
    (line,), desk = licence().lines, open_desk()
    lines = tuple(dataclasses.replace(line, number=number, quantity=Quantity(Decimal(quantity), "H87")) for number, quantity in ((1, 500), (2, 1500)))
    sent = receive(desk, registration(), licence(lines=lines), form(), form("44B0318902"), export(), export("E2", form="44B0318902", quantity=500))
    used = [(used.number, used.quantity.amount) for report in sent if isinstance(report, LicenceUsage) for used in report.lines]
    assert used == [(2, Decimal(1000)), (1, Decimal(500))]
    (noted,) = note().lines
    halves = tuple(dataclasses.replace(noted, number=number, quantity=Quantity(Decimal(quantity), "KGM")) for number, quantity in ((1, 2000), (2, 5000)))
    assert receipts(_imported(entry(), noted=note(lines=halves))) == "LGT"
    assert codes(_imported(entry(), noted=note(lines=halves[:1]))) == ["C701"]


def _ore(quantity: Decimal) -> Declaration:
    weight = Quantity(quantity, "KGM")
    item = Item(1, "26011100", "1", "铁矿砂", "CHN", weight, weight, Money(quantity * 2, "USD"), price=Money(Decimal(2), "USD"), final_country="USA")
    item = dataclasses.replace(item, documents=(Document("811", "06-AB-300124"),))
    papers = (Document("811", "06-AB-300124"), Document("812", "44B0318901"))
    return export(items=(item,), documents=papers, total=Money(quantity * 2, "USD"), net_weight=quantity, gross_weight=quantity)


def _ore_licence() -> Licence:
    made = licence("06-AB-300124", quantity=1000, uses=1)
    (line,) = made.lines
    return dataclasses.replace(made, lines=(dataclasses.replace(line, hs="26011100", quantity=Quantity(Decimal(1000), "KGM")),))
