"""What an import costs: customs value, duty, excise and VAT of each item, and the fee of a declaration that comes late. Pure, in ``Decimal``.

Rates are the tariff's (demonstration rates). Everything is in CNY, rounded half up to 0.01 where a tax is worked out; totals are the sums of the items, to the cent. An export costs nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from vanhub.agencies.customs.exchange import rate_of
from vanhub.agencies.messages.declaration import Declaration, Direction, Item, Tax
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.rules import Rules
from vanhub.agencies.tariff import Tariff, TariffLine

DUTY, EXCISE, VAT, LATE_DECLARATION = "CUD", "EXC", "VAT", "OTH"
"""5153. The fee for a late declaration (滞报金) has no code of its own."""

_CENT = Decimal("0.01")
_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AssessedItem:
    """``value``: customs value, CNY; ``taxes``: those that are more than nothing, in the order duty, excise, VAT; ``rate`` in percent as charged."""

    number: int
    value: Decimal
    taxes: tuple[Tax, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """``value``: the items' customs values; ``taxes``: (kind, CNY) in the order duty, excise, VAT, fee: sums over the items, and the fee.

    ``billed``: the total reaches what is worth collecting; where it does not, nothing is due.
    """

    value: Decimal
    items: tuple[AssessedItem, ...]
    taxes: tuple[tuple[str, Decimal], ...]
    billed: bool

    @property
    def total(self) -> Decimal:
        return sum((amount for _, amount in self.taxes), Decimal(0))

    @property
    def due(self) -> Decimal:
        """What has to be paid before the goods are released."""
        return self.total if self.billed else Decimal(0)


def assess(declaration: Declaration, tariff: Tariff, rules: Rules, on: date) -> Assessment:
    """``on``: the day of acceptance, whose rates hold.

    Raises:
        LookupError: a code has no line in the tariff or a currency no rate, which the checks of codes and rates tell the declarant.
    """
    values = customs_values(declaration, rules, on)
    if declaration.direction is Direction.EXPORT:
        return Assessment(
            sum(values, Decimal(0)), tuple(AssessedItem(item.number, value, ()) for item, value in zip(declaration.items, values, strict=True)), (), False
        )
    items = tuple(_assess_item(item, value, declaration.levy, tariff, rules, on) for item, value in zip(declaration.items, values, strict=True))
    value = sum(values, Decimal(0))
    taxes = [(kind, sum((tax.amount for item in items for tax in item.taxes if tax.kind == kind), Decimal(0))) for kind in (DUTY, EXCISE, VAT)]
    taxes.append((LATE_DECLARATION, late_declaration_fee(declaration, value, rules, on)))
    charged = tuple((kind, amount) for kind, amount in taxes if amount)
    return Assessment(value, items, charged, sum((amount for _, amount in charged), Decimal(0)) >= rules.number("bill.least", on))


def customs_values(declaration: Declaration, rules: Rules, on: date) -> tuple[Decimal, ...]:
    """CNY of each item: an import's CIF, an export's total, at customs' rate, spread over the items by their amounts. Rounded down to the cent, what is left goes to the largest, so that the sum is exact and none is negative.

    Raises:
        LookupError: a currency has no rate.
    """
    whole = sum((_yuan(money, rules, on) for money in _components(declaration, rules, on)), Decimal(0)).quantize(_CENT, ROUND_HALF_UP)
    amounts = [item.amount.amount for item in declaration.items]
    sum_of_amounts = sum(amounts, Decimal(0))
    values = [(whole * amount / sum_of_amounts).quantize(_CENT, ROUND_DOWN) if sum_of_amounts else Decimal(0) for amount in amounts]
    largest = max(range(len(values)), key=lambda place: (amounts[place], -place))
    values[largest] += whole - sum(values, Decimal(0))
    return tuple(values)


def late_declaration_fee(declaration: Declaration, value: Decimal, rules: Rules, on: date) -> Decimal:
    """The fee (滞报金) of an import that is declared on ``on``, later than its days of grace after arrival: so much of the value a day, in whole yuan; nothing where it is too little to collect."""
    arrived = declaration.arrived_on or declaration.moved_on
    if arrived is None:
        return Decimal(0)
    late = (on - arrived - rules.duration("duty.declare-within", on)).days
    fee = (value * rules.number("duty.late-declaration", on) * max(late, 0)).quantize(Decimal(1), ROUND_DOWN)
    return fee if fee >= rules.number("bill.least", on) else Decimal(0)


def _components(declaration: Declaration, rules: Rules, on: date) -> tuple[Money, ...]:
    """What makes up the value: of an import in terms without freight or insurance those too, and other charges always."""
    if declaration.direction is Direction.EXPORT:
        return (declaration.total,)
    freight = declaration.freight if declaration.terms in rules.texts("duty.terms-without-freight", on) else None
    insurance = declaration.insurance if declaration.terms in rules.texts("duty.terms-without-insurance", on) else None
    return tuple(money for money in (declaration.total, freight, insurance, declaration.charges) if money is not None)


def _yuan(money: Money, rules: Rules, on: date) -> Decimal:
    rate = rate_of(money.currency, rules, on)
    if rate is None:
        raise LookupError(f"customs has no rate of exchange for {money.currency}")
    return money.amount * rate


def _assess_item(item: Item, value: Decimal, levy: str, tariff: Tariff, rules: Rules, on: date) -> AssessedItem:
    line = tariff.line(item.hs, on)
    if line is None:
        raise LookupError(f"item {item.number}: the tariff has no line {item.hs}")
    return AssessedItem(item.number, value, _taxes(line, value, _share(item.duty_mode, levy, rules, on)))


def _share(mode: str, levy: str, rules: Rules, on: date) -> Decimal:
    """Which part of the taxes is charged: by the item's mode of duty, or by the declaration's nature of levy where the mode says so."""
    if mode in rules.texts("duty.modes-exempt", on):
        return Decimal(0)
    if mode in rules.texts("duty.modes-by-levy", on) and levy in rules.texts("duty.levies-exempt", on):
        return Decimal(0)
    return rules.number("duty.half", on) if mode in rules.texts("duty.modes-half", on) else Decimal(1)


def _taxes(line: TariffLine, value: Decimal, share: Decimal) -> tuple[Tax, ...]:
    """Duty on the value; excise on the price that has it in it: (value + duty) / (1 - rate); VAT on value, duty and excise."""
    duty = Tax(DUTY, line.duty * share, value, _part(value, line.duty * share))
    dutied = value + duty.amount
    excise_rate = line.excise * share
    composite = (dutied / (1 - excise_rate * _PERCENT)).quantize(_CENT, ROUND_HALF_UP)
    excise = Tax(EXCISE, excise_rate, composite, _part(composite, excise_rate))
    taxable = dutied + excise.amount
    vat = Tax(VAT, line.vat * share, taxable, _part(taxable, line.vat * share))
    return tuple(tax for tax in (duty, excise, vat) if tax.amount)


def _part(base: Decimal, percent: Decimal) -> Decimal:
    return (base * percent * _PERCENT).quantize(_CENT, ROUND_HALF_UP)
