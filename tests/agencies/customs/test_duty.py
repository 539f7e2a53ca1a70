"""Customs value, duty, excise, VAT and the fee for a late declaration."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.goods import DAY, RULES, frames, item, trousers
from vanhub.agencies.customs.duty import AssessedItem, Assessment, assess, customs_values
from vanhub.agencies.messages.declaration import Declaration, Tax
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.tariff import shipped_tariff

TARIFF = shipped_tariff()


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def test_frames_cif() -> None:
    # 52,000 x 9.7 = 504,400; duty 5 % = 25,220; VAT 17 % of 529,620 = 90,035.40: the example declaration.
    taxes = (Tax("CUD", Decimal(5), Decimal("504400.00"), Decimal("25220.00")), Tax("VAT", Decimal(17), Decimal("529620.00"), Decimal("90035.40")))
    expected = Assessment(
        Decimal("504400.00"),
        (AssessedItem(1, Decimal("504400.00"), taxes),),
        (("CUD", Decimal("25220.00")), ("VAT", Decimal("90035.40"))),
        True,
    )
    found = assess(frames(), TARIFF, RULES, DAY)
    assert found == expected
    assert (found.total, found.due) == (Decimal("115255.40"), Decimal("115255.40"))


def test_wine_has_excise_on_a_price_that_includes_it() -> None:
    # 10,000 l of USD 1 = CNY 80,300; duty 14 % = 11,242; (80,300 + 11,242) / 0.9 = 101,713.33; excise 10 % = 10,171.33; VAT 17 % of 101,713.33 = 17,291.27.
    wine = frames(total=Money(Decimal(10000), "USD"), items=(item(1, "22042100", Decimal(10000), "LTR", Decimal(1), "USD", "FRA"),))
    assert assess(wine, TARIFF, RULES, DAY).taxes == (("CUD", Decimal("11242.00")), ("EXC", Decimal("10171.33")), ("VAT", Decimal("17291.27")))


@pytest.mark.parametrize(
    ("terms", "value"),
    [
        # Freight 1,500, insurance 160, other charges 40 EUR at 9.7.
        ("FOB", "520890.00"),
        ("CFR", "506340.00"),
        ("CIF", "504788.00"),
    ],
)
def test_terms_say_what_is_added(terms: str, value: str) -> None:
    declaration = frames(terms=terms, freight=euros("1500"), insurance=euros("160"), charges=euros("40"))
    assert assess(declaration, TARIFF, RULES, DAY).value == Decimal(value)


def test_values_are_spread_and_the_largest_takes_the_rest() -> None:
    # 100 EUR x 9.7 = 970 over three equal items and one of a hundredth: 970 x 33.33 / 100 = 323.301, 970 x 0.01 / 100 = 0.097.
    items = tuple(
        item(number, "84452032", Decimal(1), "H87", Decimal(price), "EUR", "DEU") for number, price in enumerate(("33.33", "33.33", "33.33", "0.01"), 1)
    )
    declaration = frames(total=euros("100"), items=items)
    assert customs_values(declaration, RULES, DAY) == (Decimal("323.31"), Decimal("323.30"), Decimal("323.30"), Decimal("0.09"))


@pytest.mark.parametrize(
    ("mode", "levy", "taxes"),
    [
        ("1", "101", (("CUD", Decimal("25220.00")), ("VAT", Decimal("90035.40")))),
        # 2.5 % = 12,610; 8.5 % of 517,010 = 43,945.85.
        ("2", "101", (("CUD", Decimal("12610.00")), ("VAT", Decimal("43945.85")))),
        ("3", "101", ()),
        ("5", "101", (("CUD", Decimal("25220.00")), ("VAT", Decimal("90035.40")))),
        ("5", "503", ()),
        ("7", "101", ()),
    ],
)
def test_modes_of_duty(mode: str, levy: str, taxes: tuple[tuple[str, Decimal], ...]) -> None:
    declaration = frames(levy=levy, items=(replace(frames().items[0], duty_mode=mode),))
    assert assess(declaration, TARIFF, RULES, DAY).taxes == taxes


def test_goods_without_duty_pay_vat() -> None:
    # USD 640 x 8.03 = 5,139.20; no duty; VAT 17 % = 873.66 (873.664).
    computer = frames(total=Money(Decimal(640), "USD"), items=(item(1, "84713000", Decimal(1), "H87", Decimal(640), "USD", "THA"),))
    assert assess(computer, TARIFF, RULES, DAY).taxes == (("VAT", Decimal("873.66")),)


@pytest.mark.parametrize(("price", "total", "due"), [("36", "49.14", "0"), ("37", "50.51", "50.51")])
def test_under_fifty_yuan_nothing_is_collected(price: str, total: str, due: str) -> None:
    # USD 36 x 8.03 = 289.08, VAT 49.14 (49.1436); USD 37 x 8.03 = 297.11, VAT 50.51 (50.5087).
    cheap = frames(total=Money(Decimal(price), "USD"), items=(item(1, "84713000", Decimal(1), "H87", Decimal(price), "USD", "THA"),))
    found = assess(cheap, TARIFF, RULES, DAY)
    assert (found.total, found.due) == (Decimal(total), Decimal(due))


@pytest.mark.parametrize(
    ("days", "fee"),
    [
        (14, ()),
        # 504,400 x 0.0005 = 252.2 a day, in whole yuan.
        (15, (("OTH", Decimal(252)),)),
        (24, (("OTH", Decimal(2522)),)),
    ],
)
def test_an_import_declared_late_pays_a_fee(days: int, fee: tuple[tuple[str, Decimal], ...]) -> None:
    declaration = frames(moved_on=DAY - timedelta(days=days))
    assert assess(declaration, TARIFF, RULES, DAY).taxes == (("CUD", Decimal("25220.00")), ("VAT", Decimal("90035.40")), *fee)


def test_no_fee_where_no_day_of_arrival_is_stated() -> None:
    assert dict(assess(frames(moved_on=None), TARIFF, RULES, DAY).taxes).keys() == {"CUD", "VAT"}
    # The day of arrival counts before that of import.
    assert ("OTH", Decimal(252)) in assess(frames(arrived_on=DAY - timedelta(days=15)), TARIFF, RULES, DAY).taxes


def test_a_small_fee_is_not_collected() -> None:
    # 289.08 x 0.0005 x 6 days is less than a yuan.
    cheap = frames(
        moved_on=DAY - timedelta(days=20), total=Money(Decimal(36), "USD"), items=(item(1, "84713000", Decimal(1), "H87", Decimal(36), "USD", "THA"),)
    )
    assert assess(cheap, TARIFF, RULES, DAY).taxes == (("VAT", Decimal("49.14")),)


def test_the_rate_is_that_of_the_month() -> None:
    assert [assess(frames(), TARIFF, RULES, day).value for day in (date(2006, 2, 28), date(2006, 3, 31))] == [Decimal("507000.00"), Decimal("504400.00")]


def test_an_export_costs_nothing() -> None:
    # 63,360 x 8.03.
    assert assess(trousers(), TARIFF, RULES, DAY) == Assessment(Decimal("508780.80"), (AssessedItem(1, Decimal("508780.80"), ()),), (), False)


def test_what_has_no_rate_or_line_is_a_fault_of_the_program() -> None:
    with pytest.raises(LookupError, match="no rate of exchange for XXX"):
        assess(frames(total=Money(Decimal(1), "XXX")), TARIFF, RULES, DAY)
    with pytest.raises(LookupError, match="no line 77010000"):
        assess(frames(items=(replace(frames().items[0], hs="77010000"),)), TARIFF, RULES, DAY)


PRICES = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
HEADINGS = st.sampled_from(["84452032", "22042100", "87032314", "52052200", "84713000", "33030000"])
MODES = st.sampled_from("12345689")


@st.composite
def imports(draw: st.DrawFn) -> Declaration:
    prices = draw(st.lists(PRICES, min_size=1, max_size=5))
    items = tuple(
        replace(item(number, draw(HEADINGS), Decimal(1), "H87", price, "EUR", "DEU"), duty_mode=draw(MODES)) for number, price in enumerate(prices, 1)
    )
    return frames(
        terms="FOB", total=Money(sum(prices, Decimal(0)), "EUR"), items=items, freight=Money(draw(PRICES), "USD"), insurance=Money(draw(PRICES), "JPY")
    )


@settings(max_examples=60, deadline=None)
@given(imports(), PRICES)
def test_totals_are_sums_of_items_and_dearer_goods_never_pay_less(declaration: Declaration, more: Decimal) -> None:
    found = assess(declaration, TARIFF, RULES, DAY)
    assert found.value == sum(each.value for each in found.items)
    assert all(each.value >= 0 for each in found.items)
    kinds = {kind for kind, _ in found.taxes}
    assert dict(found.taxes) == {kind: sum(tax.amount for each in found.items for tax in each.taxes if tax.kind == kind) for kind in kinds}
    assert all(
        tax.base is not None and tax.rate is not None and abs(tax.base * tax.rate / 100 - tax.amount) <= Decimal("0.005")
        for each in found.items
        for tax in each.taxes
    )
    assert declaration.freight is not None
    dearer = replace(declaration, freight=replace(declaration.freight, amount=declaration.freight.amount + more))
    assert assess(dearer, TARIFF, RULES, DAY).value >= found.value
    # Of one item the taxes too: over several the cent that is left may fall to goods with another rate.
    one = replace(declaration, items=declaration.items[:1])
    dearer_one = replace(dearer, items=declaration.items[:1])
    assert assess(dearer_one, TARIFF, RULES, DAY).total >= assess(one, TARIFF, RULES, DAY).total
