"""Whether a declaration's figures agree with one another, with the tariff's units and with what customs works out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from vanhub.agencies.customs.duty import Assessment
from vanhub.agencies.customs.exchange import rate_of, table
from vanhub.agencies.errors import Complaint
from vanhub.agencies.messages.declaration import Declaration, Direction, Item, Tax
from vanhub.agencies.messages.fields import numeral
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.rules import Rules
from vanhub.agencies.tariff import Tariff

SUMS = "E103"


def check_sums(declaration: Declaration, rules: Rules, on: date) -> list[Complaint]:
    """Price by quantity, sums, weights, numbering and statistical values, all that is wrong; money agrees within ``sums.tolerance`` of a currency's smallest unit."""
    return [*_check_whole(declaration, rules, on), *(complaint for item in declaration.items for complaint in _check_item(item, rules, on))]


def check_units(declaration: Declaration, tariff: Tariff, on: date) -> list[Complaint]:
    """The legal quantities are in the tariff's units (E102), the second is there where the tariff has one (E105). Goods that the tariff does not know are passed over."""
    return [complaint for item in declaration.items for complaint in _check_units(item, tariff, on)]


def check_taxes(declaration: Declaration, assessment: Assessment, rules: Rules, on: date) -> list[Complaint]:
    """Customs values, taxes of items and totals that the declarant worked out are customs' own within ``sums.tax-tolerance`` CNY. What is not stated is not compared."""
    return list(_check_taxes(declaration, assessment, rules.number("sums.tax-tolerance", on)))


def _check_whole(declaration: Declaration, rules: Rules, on: date) -> Iterator[Complaint]:
    total = declaration.total
    items = declaration.items
    if not items:
        yield Complaint(SUMS, "there is no goods item", "没有商品项")
    for place, item in enumerate(items, 1):
        if item.number != place:
            yield Complaint(
                SUMS,
                f"item {item.number} stands at place {place}: items are numbered 1 to {len(items)}",
                f"第{place}项序号为{item.number}，应连续编号",
                item.number,
            )
    if others := sorted({item.amount.currency for item in items} - {total.currency}):
        yield Complaint(
            SUMS, f"the total is in {total.currency}, items are in {', '.join(others)}", f"总价币制为{total.currency}，商品项币制为{'、'.join(others)}"
        )
    else:
        found = sum((item.amount.amount for item in items), Decimal(0))
        if abs(found - total.amount) > _tolerance(total.currency, rules, on):
            yield Complaint(
                SUMS,
                f"the items add up to {numeral(found)} {total.currency}, the total is {numeral(total.amount)}",
                f"商品项合计{numeral(found)} {total.currency}，总价为{numeral(total.amount)}",
            )
    if declaration.net_weight > declaration.gross_weight:
        net, gross = numeral(declaration.net_weight), numeral(declaration.gross_weight)
        yield Complaint(SUMS, f"the net weight {net} kg is more than the gross weight {gross} kg", f"净重{net}千克大于毛重{gross}千克")
    yield from _check_most(declaration, rules, on)
    if not declaration.net_weight:
        yield Complaint(SUMS, "the net weight is 0", "净重为0")
    yield from _check_terms(declaration, rules, on)


def _check_most(declaration: Declaration, rules: Rules, on: date) -> Iterator[Complaint]:
    """What is taxed can be billed: the total with freight, insurance and charges. Currencies without a rate are complained of elsewhere."""
    most, worth = rules.number("sums.most", on), Decimal(0)
    for money in (declaration.total, declaration.freight, declaration.insurance, declaration.charges):
        if money is not None:
            worth += money.amount * (rate_of(money.currency, rules, on) or 0)
    if worth > most:
        said = numeral(worth.quantize(Decimal("0.01")))
        en = f"total, freight, insurance and charges are {said} CNY, more than {numeral(most)}: declare it in parts"
        yield Complaint(SUMS, en, f"总价及运费、保险费、杂费共{said}元，超过{numeral(most)}元，请分单申报")


def _check_terms(declaration: Declaration, rules: Rules, on: date) -> Iterator[Complaint]:
    """An import's terms without freight or insurance state them; an export's terms that have them in the price state less than the price."""
    stated = (
        ("duty.terms-without-freight", declaration.freight, "freight", "运费"),
        ("duty.terms-without-insurance", declaration.insurance, "insurance", "保险费"),
    )
    if declaration.direction is Direction.IMPORT:
        for rule, money, en, zh in stated:
            if money is None and declaration.terms in rules.texts(rule, on):
                yield Complaint("E105", f"{declaration.terms} does not include {en}: state it", f"成交方式{declaration.terms}不含{zh}，请填写{zh}")
        return
    inside = [money for rule, money, _, _ in stated if money is not None and declaration.terms not in rules.texts(rule, on)]
    rates = [rate_of(money.currency, rules, on) for money in (declaration.total, *inside)]
    if inside and None not in rates:
        whole, *parts = (money.amount * rate for money, rate in zip((declaration.total, *inside), rates, strict=True) if rate is not None)
        if sum(parts, Decimal(0)) >= whole:
            yield Complaint(SUMS, "freight and insurance are as much as the total or more", "运费和保险费之和不小于总价")


def _check_item(item: Item, rules: Rules, on: date) -> Iterator[Complaint]:
    if not item.declared.amount:
        yield Complaint(SUMS, "the declared quantity is 0", "成交数量为0", item.number)
    if not item.amount.amount:
        yield Complaint(SUMS, "the amount is 0: goods without a price are declared with their value", "总价为0：无价货物应申报其价值", item.number)
    if not item.first.amount:
        yield Complaint(SUMS, "the first legal quantity is 0", "法定第一数量为0", item.number)
    for legal in (item.first, item.second):
        # A licence is charged in the unit that it has: what is declared in one unit twice must not be two quantities.
        if legal is not None and legal.unit == item.declared.unit and legal.amount not in {0, item.declared.amount}:
            said, other = f"{numeral(item.declared.amount)} {legal.unit}", numeral(legal.amount)
            yield Complaint(
                SUMS, f"the declared quantity is {said}, the legal quantity in this unit {other}", f"成交数量{said}，同单位法定数量{other}", item.number
            )
    if item.price is not None:
        yield from _check_price(item, item.price, rules, on)
    usd, rate = rate_of("USD", rules, on), rate_of(item.amount.currency, rules, on)
    if item.statistical is not None and usd is not None and rate is not None:
        value = item.amount.amount * rate / usd
        if abs(item.statistical - value) > value * rules.number("sums.statistics-tolerance", on) + 1:
            said, worked_out = numeral(item.statistical), numeral(value.quantize(Decimal("0.01")))
            yield Complaint(
                SUMS, f"the statistical value is {said} USD, the amount makes {worked_out} USD", f"统计美元值{said}，按总价折算为{worked_out}", item.number
            )


def _check_price(item: Item, price: Money, rules: Rules, on: date) -> Iterator[Complaint]:
    amount = item.amount
    if price.currency != amount.currency:
        yield Complaint(
            SUMS, f"the price is in {price.currency}, the amount in {amount.currency}", f"单价币制{price.currency}与总价币制{amount.currency}不符", item.number
        )
        return
    product = price.amount * item.declared.amount
    if abs(product - amount.amount) > _tolerance(amount.currency, rules, on):
        by = f"{numeral(price.amount)} x {numeral(item.declared.amount)}"
        yield Complaint(
            SUMS,
            f"{by} is {numeral(product)}, the amount is {numeral(amount.amount)} {amount.currency}",
            f"{by} = {numeral(product)}，总价为{numeral(amount.amount)} {amount.currency}",
            item.number,
        )


def _tolerance(currency: str, rules: Rules, on: date) -> Decimal:
    decimals = table("sums.decimals", rules, on).get(currency, Decimal(2))
    return rules.number("sums.tolerance", on).scaleb(-int(decimals))


def _check_units(item: Item, tariff: Tariff, on: date) -> Iterator[Complaint]:
    line = tariff.line(item.hs, on)
    if line is None:
        return
    quantities: tuple[tuple[Quantity | None, str, str, str], ...] = (
        (item.first, line.first_unit, "first", "一"),
        (item.second, line.second_unit, "second", "二"),
    )
    for quantity, unit, en, zh in quantities:
        if not unit:
            continue
        if quantity is None:
            yield Complaint(
                "E105", f"{item.hs} has a {en} legal quantity in {unit}: state it", f"{item.hs}有法定第{zh}单位{unit}，请填写法定第{zh}数量", item.number
            )
        elif quantity.unit != unit:
            yield Complaint(
                "E102",
                f"the {en} legal unit of {item.hs} is {unit}, not {quantity.unit}",
                f"{item.hs}的法定第{zh}单位为{unit}，不是{quantity.unit}",
                item.number,
            )


def _check_taxes(declaration: Declaration, assessment: Assessment, tolerance: Decimal) -> Iterator[Complaint]:
    for item, assessed in zip(declaration.items, assessment.items, strict=True):
        if item.customs_value is not None and abs(item.customs_value - assessed.value) > tolerance:
            said, worked_out = numeral(item.customs_value), numeral(assessed.value)
            yield Complaint(
                SUMS,
                f"the customs value is stated as {said} CNY, customs makes it {worked_out}",
                f"完税价格申报为{said}元，海关核定为{worked_out}元",
                item.number,
            )
        yield from _check_amounts(item.taxes, {tax.kind: tax.amount for tax in assessed.taxes}, tolerance, item.number)
    yield from _check_amounts(declaration.taxes, dict(assessment.taxes), tolerance, None)


def _check_amounts(stated: tuple[Tax, ...], assessed: dict[str, Decimal], tolerance: Decimal, item: int | None) -> Iterator[Complaint]:
    for tax in stated:
        own = assessed.get(tax.kind, Decimal(0))
        if abs(tax.amount - own) > tolerance:
            said, worked_out = numeral(tax.amount), numeral(own)
            yield Complaint(
                SUMS, f"{tax.kind} is stated as {said} CNY, customs makes it {worked_out}", f"{tax.kind}申报为{said}元，海关核定为{worked_out}元", item
            )
