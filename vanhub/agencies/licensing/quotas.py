"""Export quotas: which goods to which country are under one, what is in it, and what offices licensed of it and saw used.

The book ``quota`` has a balance for each quota, in its own unit: issued is what was allocated, reserved what is licensed and not yet used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import View
from vanhub.agencies.frame.effects import Effect, Post, Put
from vanhub.agencies.ledger.posting import Account, Part, Transfer, commit, issue, release, reserve
from vanhub.agencies.licensing.records import QuotaMonth
from vanhub.agencies.messages.licence import LicenceLine
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.rules import Rules

BOOK = "quota"
FOREIGN = ("us", "eu", "ca", "tr")
"""Whose customs get copies of licences: ``countries.us`` says for which countries, ``foreign-customs-us`` is the agency."""

_UNITS = {"DZN": ("H87", Decimal(12)), "DTN": ("KGM", Decimal(100)), "TNE": ("KGM", Decimal(1000))}
"""Units that count others."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One quota of one year. ``number``: ``US-338/339-2006``; ``destination`` as in the rules, ``countries`` those that it stands for; ``goods``: HS prefixes."""

    number: str
    destination: str
    countries: tuple[str, ...]
    category: str
    quantity: Quantity
    goods: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Of its balance: pieces where it is stated in dozens."""
        return _simple(self.quantity).unit

    @property
    def allocated(self) -> Decimal:
        return _simple(self.quantity).amount

    def covers(self, hs: str, country: str) -> bool:
        return country in self.countries and hs.startswith(self.goods)

    def charge(self, quantity: Quantity) -> Decimal | None:
        """How much of the balance ``quantity`` is; None where the units do not fit."""
        simple = _simple(quantity)
        return simple.amount if simple.unit == self.unit else None


def _simple(quantity: Quantity) -> Quantity:
    unit, factor = _UNITS.get(quantity.unit, (quantity.unit, Decimal(1)))
    return Quantity(quantity.amount * factor, unit)


def lots(year: int, on: date, rules: Rules) -> tuple[Lot, ...]:
    """The quotas of a year, as the rules have them on a day.

    Raises:
        ValueError: a line of the rule ``quota.lots`` is not as it says.
    """
    return tuple(_lot(text, year, on, rules) for text in rules.texts("quota.lots", on))


def _lot(text: str, year: int, on: date, rules: Rules) -> Lot:
    parts = text.split()
    if len(parts) != 6:
        raise ValueError(f"quota.lots: {text!r} is not: name, destination, category, quantity, unit, HS prefixes with commas between them")
    name, destination, category, quantity, unit, goods = parts
    countries = rules.texts(f"countries.{destination}", on) if destination in FOREIGN else (destination,)
    return Lot(f"{name}-{year}", destination, countries, category, Quantity(Decimal(quantity), unit), tuple(goods.split(",")))


def needed(lines: Sequence[LicenceLine], country: str, named: str, on: date, rules: Rules) -> tuple[Lot | None, tuple[Complaint, ...]]:
    """The quota that an export on ``on`` counts against, and what is wrong with the one that the application names."""
    covering = {line.number: [lot for lot in lots(on.year, on, rules) if lot.covers(line.hs, country)] for line in lines}
    found = {lot.number: lot for each in covering.values() for lot in each}
    if not found:
        return None, tuple(_unneeded(named, country))
    if len(found) > 1 or not all(covering.values()):
        return None, (_mixed(found),)
    lot = next(iter(found.values()))
    complaints = [] if named == lot.number else [_other(lot, named)]
    complaints += [_unit(lot, line) for line in lines if lot.charge(line.quantity) is None]
    return lot, tuple(complaints)


def _unneeded(named: str, country: str) -> Iterator[Complaint]:
    if named:
        yield Complaint(
            "L206", f"goods to {country} are under no quota, but the application names {named}", f"运往 {country} 的商品无配额限制，申请却填报配额 {named}"
        )


def _mixed(found: dict[str, Lot]) -> Complaint:
    numbers = ", ".join(found)
    return Complaint(
        "L206",
        f"a licence has goods of one quota only; these lines are not all of one: {numbers}",
        f"一份许可证只能申领同一配额的商品，各项不属同一配额：{numbers}",
    )


def _other(lot: Lot, named: str) -> Complaint:
    return Complaint(
        "L206", f"the goods count against quota {lot.number}; the application names {named or 'none'}", f"商品须使用配额 {lot.number}，申请填报 {named or '空'}"
    )


def _unit(lot: Lot, line: LicenceLine) -> Complaint:
    unit = line.quantity.unit
    return Complaint(
        "L206",
        f"quota {lot.number} is counted in {lot.unit}, line {line.number} is in {unit}",
        f"配额 {lot.number} 以 {lot.unit} 计，第 {line.number} 项以 {unit} 计",
        line.number,
    )


def charged(lot: Lot, lines: Sequence[LicenceLine]) -> Decimal:
    """How much of the quota the lines are. Their units fit."""
    return sum((lot.charge(line.quantity) or Decimal(0) for line in lines), Decimal(0))


def free(lot: Lot, view: View) -> Decimal:
    """What can still be licensed, with what the rules have that is not in the book yet."""
    return view.balance(Account(BOOK, lot.number, lot.unit, Part.AVAILABLE)) + _unopened(lot, view)


def opening(lot: Lot, view: View) -> Iterator[Effect]:
    """Put into the book what the rules allocate and the book does not have: all of it the first time, an increase later. An allocation does not fall."""
    more = _unopened(lot, view)
    if more > 0:
        yield Post(f"quota {lot.number}", "allocated", (issue(BOOK, lot.number, lot.unit, more),))


def _unopened(lot: Lot, view: View) -> Decimal:
    return max(lot.allocated + view.balance(Account(BOOK, lot.number, lot.unit, Part.ISSUED)), Decimal(0))


def overdrawn(lot: Lot, amount: Decimal, view: View) -> Iterator[Complaint]:
    """The complaint about an amount that the quota does not have any more."""
    left = free(lot, view)
    if amount > left:
        yield Complaint(
            "L204", f"quota {lot.number} has {left:f} {lot.unit} left, asked for {amount:f}", f"配额 {lot.number} 余额 {left:f} {lot.unit}，申请 {amount:f}"
        )


def licensing(lot: Lot, amount: Decimal) -> Transfer:
    return reserve(BOOK, lot.number, lot.unit, amount)


def returning(lot: Lot, amount: Decimal) -> Transfer:
    return release(BOOK, lot.number, lot.unit, amount)


def using(lot: Lot, amount: Decimal) -> Transfer:
    return commit(BOOK, lot.number, lot.unit, amount)


def counted(lot: Lot, office: str, day: date, view: View, *, licensed: Decimal = Decimal(0), returned: Decimal = Decimal(0), used: Decimal = Decimal(0)) -> Put:
    """The office's month with more in it (or less, of ``used``)."""
    month = QuotaMonth(lot.number, office, f"{day:%Y%m}")
    month = view.get(QuotaMonth, month.key) or month
    return Put(replace(month, licensed=month.licensed + licensed, returned=month.returned + returned, used=month.used + used))


def find(number: str, on: date, rules: Rules) -> Lot | None:
    """The quota of a number, ``""`` has none. ``on``: the day on which the licence was first issued."""
    return next((lot for lot in lots(on.year, on, rules) if lot.number == number), None)
