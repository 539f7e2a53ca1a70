"""Rates of exchange: what customs values with, and what a declaration says of them. The rule ``exchange.rates`` has a month's rates as ``USD=8.03`` (CNY for one)."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from vanhub.agencies.errors import Complaint
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.fields import numeral
from vanhub.agencies.rules import Rules

YUAN = "CNY"


def rate_of(currency: str, rules: Rules, on: date) -> Decimal | None:
    """CNY for one of ``currency`` on the day; None where customs has no rate."""
    return Decimal(1) if currency == YUAN else table("exchange.rates", rules, on).get(currency)


def table(name: str, rules: Rules, on: date) -> Mapping[str, Decimal]:
    """A rule whose texts are ``KEY=NUMBER``."""
    return _numbers(rules.texts(name, on))


@functools.lru_cache(maxsize=128)
def _numbers(texts: tuple[str, ...]) -> Mapping[str, Decimal]:
    # Asked for several times an item; the texts of a month are few.
    return MappingProxyType({key: Decimal(value) for key, _, value in (text.partition("=") for text in texts)})


def check_rates(declaration: Declaration, rules: Rules, on: date) -> list[Complaint]:
    """Every currency has a rate (E102), and the rate that the declaration states (CUX) is customs' own within ``exchange.tolerance`` (E103)."""
    return list(_check(declaration, rules, on))


def _check(declaration: Declaration, rules: Rules, on: date) -> Iterator[Complaint]:
    amounts = (declaration.total, declaration.freight, declaration.insurance, declaration.charges, *(item.amount for item in declaration.items))
    rates = {money.currency: rate_of(money.currency, rules, on) for money in amounts if money is not None}
    for currency, rate in sorted(rates.items()):
        if rate is None:
            yield Complaint("E102", f"customs has no rate of exchange for {currency}", f"海关无币制{currency}的汇率")
    official, stated = rates[declaration.total.currency], declaration.rate
    if official is not None and stated is not None and abs(stated - official) > official * rules.number("exchange.tolerance", on):
        en = f"the rate of exchange {numeral(stated)} is not customs' {numeral(official)} CNY for one {declaration.total.currency}"
        yield Complaint("E103", en, f"汇率{numeral(stated)}与海关汇率{numeral(official)}（{declaration.total.currency}）不符")
