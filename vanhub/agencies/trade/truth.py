"""What has to stand on record after a plan was played, worked out from the plan alone; and where the agencies differ from it.

Duties are worked out here from the tariff's rates once more, in a few lines of their own: every price in a plan is CIF in USD.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from vanhub.agencies.ledger.posting import Part
from vanhub.agencies.tariff import Tariff
from vanhub.agencies.trade.consignment import Consignment, Lot
from vanhub.agencies.trade.frauds import Fate
from vanhub.agencies.trade.plan import Plan
from vanhub.agencies.trade.script import Outcome

_CENT = Decimal("0.01")
_SPENT = frozenset({Fate.RELEASED, Fate.CLOSED})


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A figure that has to be right: the sum of the ``part`` of all balances of ``owner`` (all owners where it is empty) in an agency's ``book``."""

    agency: str
    book: str
    owner: str
    unit: str
    part: Part

    def __str__(self) -> str:
        return f"{self.agency} {self.book} {self.owner or '(all)'} {self.unit} {self.part}"


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance as an agency's ledger shows it."""

    agency: str
    book: str
    owner: str
    unit: str
    parts: Mapping[Part, Decimal]


@dataclass(frozen=True, slots=True)
class Truth:
    """``states``: of declarations, by the declarant's reference; ``figures``: on the ledgers."""

    states: Mapping[str, Fate]
    figures: Mapping[Entry, Decimal]


def truth_of(plan: Plan, outcomes: Mapping[str, Outcome], tariff: Tariff) -> Truth:
    """``outcomes`` tell under which number a licence was issued, nothing else."""
    fates = [fate for case in plan.cases for fate in case.fates]
    figures: defaultdict[Entry, Decimal] = defaultdict(Decimal)
    for licensing in plan.licences:
        number = outcomes[licensing.case].number
        for agency in ("customs", "licensing"):
            figures[Entry(agency, "licence", number, "USE", Part.USED)] = Decimal(licensing.times)
            figures[Entry(agency, "licence", number, "USE", Part.AVAILABLE)] = Decimal(licensing.uses - licensing.times)
            figures[Entry(agency, "licence", f"{number}/1", licensing.unit, Part.USED)] = licensing.used
            figures[Entry(agency, "licence", f"{number}/1", licensing.unit, Part.AVAILABLE)] = licensing.granted - licensing.used
        if licensing.quota:
            figures[Entry("licensing", "quota", licensing.quota, licensing.unit, Part.USED)] += licensing.used
            figures[Entry("licensing", "quota", licensing.quota, licensing.unit, Part.RESERVED)] += licensing.granted - licensing.used
    for part in (Part.USED, Part.RESERVED):
        for book, unit in (("licence", "USE"), ("fx-form", "USE"), ("note", "USE"), ("manifest", "H87")):
            figures[Entry("customs", book, "", unit, part)] += 0
    for consignment, fate in fates:
        if fate is Fate.RETURNED:
            continue
        part = Part.USED if fate in _SPENT else Part.RESERVED
        if consignment.export:
            figures[Entry("customs", "fx-form", "", "USE", part)] += 1
        else:
            figures[Entry("customs", "manifest", "", "H87", part)] += consignment.packages
            owed = duties(consignment, tariff)
            figures[Entry("customs", "tax", "", "CNY", Part.USED if fate in _SPENT else Part.AVAILABLE)] += owed
        if any(lot.ware.note for lot in consignment.lots):
            figures[Entry("customs", "note", "", "USE", part)] += 1
    figures[Entry("customs", "licence", "", "USE", Part.USED)] = Decimal(sum(licensing.times for licensing in plan.licences))
    return Truth({consignment.reference: fate for consignment, fate in fates}, figures)


def duties(consignment: Consignment, tariff: Tariff) -> Decimal:
    """What an import costs, CNY."""
    return sum((_duty(lot, value, consignment, tariff) for lot, value in zip(consignment.lots, consignment.customs_values, strict=True)), Decimal(0))


def _duty(lot: Lot, value: Decimal, consignment: Consignment, tariff: Tariff) -> Decimal:
    line = tariff.line(lot.ware.hs, consignment.on)
    if line is None:
        raise LookupError(f"the tariff has no line {lot.ware.hs}")
    duty = (value * line.duty / 100).quantize(_CENT, ROUND_HALF_UP)
    excise = ((value + duty) * line.excise / (100 - line.excise)).quantize(_CENT, ROUND_HALF_UP)
    return duty + excise + ((value + duty + excise) * line.vat / 100).quantize(_CENT, ROUND_HALF_UP)


def differences(truth: Truth, states: Mapping[str, str], balances: Iterable[Balance]) -> Iterator[str]:
    """Each figure and each state that is not as it has to be, in words; ``states`` as customs has them."""
    for reference in sorted(truth.states.keys() | states.keys()):
        expected, found = truth.states.get(reference), states.get(reference)
        if found != expected:
            yield f"declaration {reference} has to be {expected or 'unknown'} and is {found or 'unknown'}"
    found_figures: defaultdict[Entry, Decimal] = defaultdict(Decimal)
    for balance in balances:
        for part, amount in balance.parts.items():
            found_figures[Entry(balance.agency, balance.book, balance.owner, balance.unit, part)] += amount
            found_figures[Entry(balance.agency, balance.book, "", balance.unit, part)] += amount
    for entry, expected_amount in sorted(truth.figures.items()):
        if found_figures[entry] != expected_amount:
            yield f"{entry} has to be {expected_amount} and is {found_figures[entry]}"
