"""Figures of a declaration that do not agree: each is told with its values, all at once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.goods import DAY, RULES, frames, item, trousers
from vanhub.agencies.customs.arithmetic import check_sums, check_taxes, check_units
from vanhub.agencies.customs.duty import assess
from vanhub.agencies.customs.exchange import check_rates
from vanhub.agencies.errors import Complaint
from vanhub.agencies.messages.declaration import Declaration, Tax
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.tariff import shipped_tariff

TARIFF = shipped_tariff()
EUR, USD = "EUR", "USD"


def one(**changes: Any) -> Declaration:
    """The frames, with ``changes`` of their item."""
    return frames(items=(replace(frames().items[0], **changes),))


@pytest.mark.parametrize("declaration", [frames(), trousers()])
def test_honest_declarations_have_nothing_wrong(declaration: Declaration) -> None:
    assessment = assess(declaration, TARIFF, RULES, DAY)
    found = check_sums(declaration, RULES, DAY) + check_units(declaration, TARIFF, DAY) + check_rates(declaration, RULES, DAY)
    assert found + check_taxes(declaration, assessment, RULES, DAY) == []


@pytest.mark.parametrize(
    ("declaration", "told"),
    [
        (frames(total=Money(Decimal(51000), EUR)), Complaint("E103", "the items add up to 52000 EUR, the total is 51000", "商品项合计52000 EUR，总价为51000")),
        (frames(total=Money(Decimal("52000.01"), EUR)), None),
        (frames(total=Money(Decimal(52000), USD)), Complaint("E103", "the total is in USD, items are in EUR", "总价币制为USD，商品项币制为EUR")),
        (
            one(price=Money(Decimal("26000.01"), EUR)),
            Complaint("E103", "26000.01 x 2 is 52000.02, the amount is 52000 EUR", "26000.01 x 2 = 52000.02，总价为52000 EUR", 1),
        ),
        (one(price=Money(Decimal("26000.005"), EUR)), None),
        (one(price=Money(Decimal(26000), USD)), Complaint("E103", "the price is in USD, the amount in EUR", "单价币制USD与总价币制EUR不符", 1)),
        (one(price=None), None),
        (
            frames(net_weight=Decimal("3120.5")),
            Complaint("E103", "the net weight 3120.5 kg is more than the gross weight 3120 kg", "净重3120.5千克大于毛重3120千克"),
        ),
        (frames(net_weight=Decimal(0)), Complaint("E103", "the net weight is 0", "净重为0")),
        (one(number=2), Complaint("E103", "item 2 stands at place 1: items are numbered 1 to 1", "第1项序号为2，应连续编号", 2)),
        (one(first=Quantity(Decimal(0), "H87")), Complaint("E103", "the first legal quantity is 0", "法定第一数量为0", 1)),
        (frames(terms="CFR"), Complaint("E105", "CFR does not include insurance: state it", "成交方式CFR不含保险费，请填写保险费")),
        # 52,000 x 9.7 / 8.03 = 62,814.45.
        (
            one(statistical=Decimal(70000)),
            Complaint("E103", "the statistical value is 70000 USD, the amount makes 62814.45 USD", "统计美元值70000，按总价折算为62814.45", 1),
        ),
        (one(statistical=Decimal(63000)), None),
        (
            trousers(terms="CIF", freight=Money(Decimal(500000), "CNY"), insurance=Money(Decimal(10000), "CNY")),
            Complaint("E103", "freight and insurance are as much as the total or more", "运费和保险费之和不小于总价"),
        ),
        (trousers(terms="CIF", freight=Money(Decimal(500), USD), insurance=Money(Decimal(60), USD)), None),
    ],
)
def test_what_does_not_add_up(declaration: Declaration, told: Complaint | None) -> None:
    assert check_sums(declaration, RULES, DAY) == ([told] if told else [])


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = frames(terms="FOB", net_weight=Decimal(4000), total=Money(Decimal(1), EUR), items=(item(1, "84452032", Decimal(0), "H87", Decimal(3), EUR, "DEU"),))
    assert [(each.code, each.item) for each in check_sums(wrong, RULES, DAY)] == [
        ("E103", None),
        ("E103", None),
        ("E105", None),
        ("E105", None),
        ("E103", 1),
        ("E103", 1),
        ("E103", 1),
    ]


def test_a_declaration_of_nothing() -> None:
    assert check_sums(frames(items=(), total=Money(Decimal(0), EUR)), RULES, DAY) == [Complaint("E103", "there is no goods item", "没有商品项")]


def test_a_total_beyond_what_is_accounted_for() -> None:
    half = frames(total=Money(Decimal(10**9), EUR), items=(item(1, "84452032", Decimal(2), "H87", Decimal(5 * 10**8), EUR, "DEU"),))
    assert check_sums(half, RULES, DAY) == []
    said = Complaint(
        "E103",
        "total, freight, insurance and charges are 19400000000 CNY, more than 10000000000: declare it in parts",
        "总价及运费、保险费、杂费共19400000000元，超过10000000000元，请分单申报",
    )
    more = Money(Decimal(10**9), EUR)
    for huge in (replace(half, freight=more), replace(half, insurance=more), replace(half, charges=more)):
        assert check_sums(huge, RULES, DAY) == [said]


def test_yen_have_no_decimals() -> None:
    yen = frames(
        total=Money(Decimal(7), "JPY"), items=(replace(item(1, "84452032", Decimal(2), "H87", Decimal("3.3"), "JPY", "JPN"), amount=Money(Decimal(7), "JPY")),)
    )
    assert check_sums(yen, RULES, DAY) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"first": Quantity(Decimal(1), "KGM")},
            [Complaint("E102", "the first legal unit of 62034290 is H87, not KGM", "62034290的法定第一单位为H87，不是KGM", 1)],
        ),
        ({"second": None}, [Complaint("E105", "62034290 has a second legal quantity in KGM: state it", "62034290有法定第二单位KGM，请填写法定第二数量", 1)]),
        ({"hs": "77010000"}, []),
    ],
)
def test_legal_units(changes: dict[str, Any], told: list[Complaint]) -> None:
    assert check_units(trousers(items=(replace(trousers().items[0], **changes),)), TARIFF, DAY) == told


@pytest.mark.parametrize(
    ("declaration", "told"),
    [
        (frames(rate=Decimal("9.7")), []),
        # 5 % of 9.7 is 0.485.
        (frames(rate=Decimal("10.18")), []),
        (
            frames(rate=Decimal("10.19")),
            [Complaint("E103", "the rate of exchange 10.19 is not customs' 9.7 CNY for one EUR", "汇率10.19与海关汇率9.7（EUR）不符")],
        ),
        (frames(freight=Money(Decimal(1), "XAU")), [Complaint("E102", "customs has no rate of exchange for XAU", "海关无币制XAU的汇率")]),
    ],
)
def test_rates_of_exchange(declaration: Declaration, told: list[Complaint]) -> None:
    assert check_rates(declaration, RULES, DAY) == told


def test_stated_taxes_are_compared() -> None:
    taxed = one(
        customs_value=Decimal(504000),
        taxes=(Tax("CUD", Decimal(5), Decimal(504400), Decimal(25220)), Tax("VAT", Decimal(17), Decimal(529620), Decimal("90034"))),
    )
    stated = replace(taxed, taxes=(Tax("CUD", None, None, Decimal("25220.50")), Tax("EXC", None, None, Decimal(100))))
    assert check_taxes(stated, assess(stated, TARIFF, RULES, DAY), RULES, DAY) == [
        Complaint("E103", "the customs value is stated as 504000 CNY, customs makes it 504400", "完税价格申报为504000元，海关核定为504400元", 1),
        Complaint("E103", "VAT is stated as 90034 CNY, customs makes it 90035.4", "VAT申报为90034元，海关核定为90035.4元", 1),
        Complaint("E103", "EXC is stated as 100 CNY, customs makes it 0", "EXC申报为100元，海关核定为0元"),
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.decimals(Decimal("0.01"), Decimal(9999), places=4)), min_size=1, max_size=6), st.integers(2, 10**6))
def test_rounded_amounts_agree_and_any_other_total_does_not(lines: list[tuple[int, Decimal]], cents: int) -> None:
    items = tuple(
        replace(item(number, "84452032", Decimal(quantity), "H87", price, USD, "DEU"), amount=Money((quantity * price).quantize(Decimal("0.01")), USD))
        for number, (quantity, price) in enumerate(lines, 1)
    )
    total = sum((each.amount.amount for each in items), Decimal(0))
    assert [each for each in check_sums(frames(total=Money(total, USD), items=items), RULES, DAY) if "more than" not in each.text_en] == []
    off = frames(total=Money(total + Decimal(cents) / 100, USD), items=items)
    assert [each.code for each in check_sums(off, RULES, DAY) if "add up" in each.text_en] == ["E103"]
