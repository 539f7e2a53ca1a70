"""Which channel a declaration takes (风险布控): green passes, yellow has its documents looked at, red has the goods examined.

What is known of a declaration is gathered as ``Facts``; ``select`` makes the channel of them, the rules and the declaration's number alone, so that anybody can replay it from the record: the draw hashes the
rules' seed with the number.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from vanhub.agencies.customs.exchange import rate_of, table
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import View
from vanhub.agencies.frame.effects import Effect, Put
from vanhub.agencies.messages.declaration import Declaration, Direction, Item
from vanhub.agencies.messages.fields import numeral
from vanhub.agencies.rules import Rules
from vanhub.agencies.tariff import Tariff

_MILLIONTH = Decimal("0.000001")


class Colour(enum.StrEnum):
    """The channel."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """``country``: of origin of an import, of destination of an export; ``price``: USD for one declared unit, None where there is no rate; ``median``: of such prices lately, None where too few are known; ``points``: the tariff's for these goods."""

    number: int
    hs: str
    country: str
    price: Decimal | None
    median: Decimal | None
    points: int


@dataclass(frozen=True, slots=True)
class Facts:
    """``trader``: customs code; ``credit``: its class; ``first``: headings (four digits) that it never traded in this direction before."""

    direction: str
    trader: str
    credit: str
    first: tuple[str, ...]
    items: tuple[ItemFacts, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """``points`` for ``name``; ``detail`` are the values that show it."""

    name: str
    points: int
    detail: str


@dataclass(frozen=True, slots=True)
class Channel:
    """``score``: the sum of the reasons' points; ``draw``: 0 to 1, below ``rate`` the goods are examined whatever the score; ``facts``: what it was made of."""

    colour: Colour
    score: int
    reasons: tuple[Reason, ...]
    draw: Decimal
    rate: Decimal
    facts: Facts


@dataclass(frozen=True, slots=True)
class Price:
    """``usd`` for one unit, declared on ``on``."""

    on: date
    usd: Decimal


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """The latest unit prices of one tariff code, direction and unit, oldest first, as many as ``risk.most-prices``. ``goods``: ``import/52052200/KGM``."""

    KIND: ClassVar[str] = "prices"

    goods: str
    prices: tuple[Price, ...]

    @property
    def key(self) -> str:
        return self.goods


@dataclass(frozen=True, slots=True)
class Trade:
    """That a trader has traded under a heading in a direction: ``4403160381/export/6109``."""

    KIND: ClassVar[str] = "trade"

    trade: str

    @property
    def key(self) -> str:
        return self.trade


@dataclass(frozen=True, slots=True)
class Credit:
    """The class of an enterprise, by its customs code, where it is not the default one."""

    KIND: ClassVar[str] = "credit"

    customs_code: str
    credit: str
    since: date

    @property
    def key(self) -> str:
        return self.customs_code


def credit_class(view: View, customs_code: str, on: date) -> str:
    """The class of an enterprise: the rule ``risk.default-class`` where no other was given."""
    found = view.get(Credit, customs_code)
    return found.credit if found is not None else view.rules.text("risk.default-class", on)


def grade(customs_code: str, credit: str, view: View, on: date) -> Put:
    """An officer gives an enterprise a class. Raises ``Unreadable`` where there is no such class."""
    known = table("risk.class-points", view.rules, on)
    if credit not in known:
        raise Unreadable(Complaint("E102", f"there is no class {credit}; there are {', '.join(known)}", f"没有信用等级{credit}，现有{'、'.join(known)}"))
    return Put(Credit(customs_code, credit, on))


def channel(declaration: Declaration, number: str, tariff: Tariff, view: View, on: date) -> Channel:
    """The channel of a declaration that was accepted on ``on`` under ``number``, by what is on record before it."""
    return select(facts_of(declaration, tariff, view, on), number, view.rules, on)


def select(facts: Facts, number: str, rules: Rules, on: date) -> Channel:
    """The same facts, number and rules give the same channel."""
    reasons = tuple(reason for reason in _reasons(facts, rules, on) if reason.points)
    score = sum(reason.points for reason in reasons)
    digest = hashlib.sha256(f"{rules.text('risk.seed', on)}/{number}".encode()).digest()
    draw = (Decimal(int.from_bytes(digest[:4], "big")) / 2**32).quantize(_MILLIONTH, "ROUND_DOWN")
    rate = table("risk.exam-rates", rules, on)[facts.credit]
    return Channel(_colour(score, draw < rate, rules, on), score, reasons, draw, rate, facts)


def _colour(score: int, drawn: bool, rules: Rules, on: date) -> Colour:
    if drawn or score >= rules.count("risk.red", on):
        return Colour.RED
    return Colour.YELLOW if score >= rules.count("risk.yellow", on) else Colour.GREEN


def facts_of(declaration: Declaration, tariff: Tariff, view: View, on: date) -> Facts:
    """What is known of a declaration; goods that the tariff does not know have no points."""
    direction = _direction(declaration)
    trader = declaration.trader.customs_code
    headings = tuple(sorted({item.hs[:4] for item in declaration.items}))
    first = tuple(heading for heading in headings if view.get(Trade, _trade(trader, direction, heading)) is None)
    items = tuple(_item_facts(item, declaration, tariff, view, on) for item in declaration.items)
    return Facts(direction, trader, credit_class(view, trader, on), first, items)


def remember(declaration: Declaration, view: View, on: date) -> Iterator[Effect]:
    """What an accepted declaration adds to the record: its prices and that it was traded. The same in whatever order declarations of one day come."""
    direction = _direction(declaration)
    for heading in sorted({item.hs[:4] for item in declaration.items}):
        trade = Trade(_trade(declaration.trader.customs_code, direction, heading))
        if view.get(Trade, trade.key) is None:
            yield Put(trade)
    histories: dict[str, tuple[Price, ...]] = {}
    for item in declaration.items:
        usd = _price(item, view.rules, on)
        if usd is not None:
            goods = _goods(direction, item)
            known = histories[goods] if goods in histories else _prices(view, goods)
            histories[goods] = (*known, Price(on, usd))
    most = view.rules.count("risk.most-prices", on)
    for goods, prices in histories.items():
        yield Put(PriceHistory(goods, tuple(sorted(prices, key=lambda price: (price.on, price.usd))[-most:])))


def _reasons(facts: Facts, rules: Rules, on: date) -> Iterator[Reason]:
    yield Reason("class", int(table("risk.class-points", rules, on)[facts.credit]), facts.credit)
    # Of many items the one that is worst counts: a long declaration is not a bad one.
    goods = max(facts.items, key=lambda item: item.points)
    yield Reason("goods", goods.points, f"item {goods.number}: {goods.hs}")
    origins = table("risk.countries", rules, on)
    country = max((item.country for item in facts.items), key=lambda code: origins.get(code, Decimal(0)))
    yield Reason("country", int(origins.get(country, Decimal(0))), country)
    deviation = rules.number("risk.deviation", on)
    outlier = next((item for item in facts.items if item.price is not None and item.median and abs(item.price / item.median - 1) > deviation), None)
    if outlier is not None and outlier.price is not None and outlier.median is not None:
        yield Reason("price", rules.count("risk.price", on), f"item {outlier.number}: {numeral(outlier.price)} USD, median {numeral(outlier.median)}")
    if facts.first:
        yield Reason("first trade", rules.count("risk.first-trade", on), " ".join(facts.first))
    for rule in rules.texts("risk.hits", on):
        direction, hs, country, trader, points = rule.split("/")
        if direction in {facts.direction, "*"} and trader in {facts.trader, "*"} and any(_hit(item, hs, country) for item in facts.items):
            yield Reason("rule", int(points), rule)


def _hit(item: ItemFacts, hs: str, country: str) -> bool:
    return (hs == "*" or item.hs.startswith(hs)) and country in {item.country, "*"}


def _item_facts(item: Item, declaration: Declaration, tariff: Tariff, view: View, on: date) -> ItemFacts:
    line = tariff.line(item.hs, on)
    country = item.origin if declaration.direction is Direction.IMPORT else declaration.country
    median = _median(_prices(view, _goods(_direction(declaration), item)), view.rules, on)
    return ItemFacts(item.number, item.hs, country, _price(item, view.rules, on), median, line.risk if line is not None else 0)


def _median(prices: tuple[Price, ...], rules: Rules, on: date) -> Decimal | None:
    window = rules.duration("risk.window", on)
    recent = sorted(price.usd for price in prices if on - window <= price.on <= on)
    if len(recent) < rules.count("risk.least-prices", on):
        return None
    middle = len(recent) // 2
    return recent[middle] if len(recent) % 2 else (recent[middle - 1] + recent[middle]) / 2


def _price(item: Item, rules: Rules, on: date) -> Decimal | None:
    rate, usd = rate_of(item.amount.currency, rules, on), rate_of("USD", rules, on)
    if rate is None or usd is None or not item.declared.amount:
        return None
    return (item.amount.amount * rate / usd / item.declared.amount).quantize(_MILLIONTH, ROUND_HALF_UP)


def _prices(view: View, goods: str) -> tuple[Price, ...]:
    found = view.get(PriceHistory, goods)
    return found.prices if found is not None else ()


def _goods(direction: str, item: Item) -> str:
    return f"{direction}/{item.hs[:8]}/{item.declared.unit}"


def _trade(trader: str, direction: str, heading: str) -> str:
    return f"{trader}/{direction}/{heading}"


def _direction(declaration: Declaration) -> str:
    return declaration.direction.name.lower()
