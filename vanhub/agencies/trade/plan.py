"""A plan of trade with known truth: which cases there are, on which day, in which order where one needs another, and how each has to end.

The same arguments give the same plan: every choice is drawn from the seed.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from vanhub.agencies.enterprises import EnterpriseRecord
from vanhub.agencies.messages.declaration import Transport
from vanhub.agencies.messages.parts import Enterprise
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.trade.consignment import Consignment, Lot, licence_application
from vanhub.agencies.trade.frauds import EXPIRED, FRAUDS, ONCE_TOO_OFTEN, OVERDRAWN, Fate, Fraud, Scene, on_licence
from vanhub.agencies.trade.journeys import export, imported, obtain_licence, voyage
from vanhub.agencies.trade.script import Outcome, Script
from vanhub.agencies.trade.wares import EXPORTS, IMPORTS, Ware

OFFICE, ELSEWHERE, PORT, REGION = "5304", "5316", "CNSHK", "44039"
LICENCE_OFFICE = "05"
REGISTRAR = "SAIC"
BROKER = "4403980012"
CARRIER = "4403980038"
_VOYAGE = 20
_EXPORTS_OF_TEN = 6
_LICENCE_USES = {True: 12, False: 6}
_SECOND_LOT = 0.25

Known = Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Case:
    """``kind``: licence, voyage, export, import, or the fraud's name; ``code``: with which it has to be stopped, ``""`` where it is honest; ``day``: from 0; ``after``: the cases that have to have ended first; ``script``: made when it starts,
    from the outcomes of those. ``consignments``: what it brings, on the ships too; ``fates``: what becomes of those that are lodged; ``licence``: the case whose licence they use.
    """

    reference: str
    kind: str
    day: int
    script: Callable[[Known], Script]
    code: str = ""
    after: tuple[str, ...] = ()
    consignments: tuple[Consignment, ...] = ()
    fates: tuple[tuple[Consignment, Fate], ...] = ()
    licence: str = ""

    @property
    def declares(self) -> bool:
        """Whether it is a declaration, honest or not, and not only what others need."""
        return self.kind not in {"licence", "voyage"}


@dataclass(frozen=True, slots=True)
class Licensing:
    """A licence that a plan uses: ``granted`` of its ware, ``uses``; ``used`` by the honest cases in the end, as often as ``times``; ``quota``: which it is charged to, ``""`` where there is none."""

    case: str
    export: bool
    granted: Decimal
    uses: int
    used: Decimal
    times: int
    unit: str
    quota: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """``cases`` in the order in which they may start within their day."""

    first_day: date
    cases: tuple[Case, ...]
    licences: tuple[Licensing, ...]
    enterprises: tuple[EnterpriseRecord, ...]


@dataclass
class _Open:
    """A licence with room left on it."""

    case: str
    ware: Ware
    trader: EnterpriseRecord
    price: Decimal
    uses: int
    each: Decimal
    taken: list[str] = field(default_factory=list)


def make_plan(
    *, first_day: date, days: int, rate: int, fraud_rate: Decimal, seed: int, enterprises: Sequence[EnterpriseRecord], rate_on: Callable[[date], Decimal]
) -> Plan:
    """``rate`` declarations a day, of which about ``fraud_rate`` (0 to 1) are frauds; ``rate_on``: CNY for one USD, by day.

    ``enterprises`` are on the register and may trade; a third of them is kept for the frauds that close one.

    Raises:
        ValueError: too few enterprises.
    """
    return _Planner(first_day, seed, list(enterprises), rate_on).plan(days, rate, float(fraud_rate))


class _Planner:
    def __init__(self, first_day: date, seed: int, enterprises: list[EnterpriseRecord], rate_on: Callable[[date], Decimal]) -> None:
        self._first_day = first_day
        self._random = random.Random(seed)  # noqa: S311 - a plan has to be repeatable, not secret
        self._all = tuple(enterprises)
        # Who closes its enterprise must not be in the middle of something.
        traders = len(enterprises) * 2 // 3
        self._traders, self._closing = enterprises[:traders], enterprises[traders:]
        self._rate_on = rate_on
        self._cases: list[Case] = []
        self._licences: dict[str, Licensing] = {}
        self._open: dict[str, _Open] = {}
        self._number = 0

    def plan(self, days: int, rate: int, fraud_rate: float) -> Plan:
        for day in range(days):
            shipped: list[Consignment] = []
            for _ in range(rate):
                fraud = self._random.choice(FRAUDS) if self._random.random() < fraud_rate else None
                exporting = fraud.export if fraud is not None else self._random.randrange(10) < _EXPORTS_OF_TEN
                made = list(self._fraud(day, fraud) if fraud is not None else self._honest(day, exporting))
                self._cases.extend(made)
                if not exporting:
                    shipped.extend(consignment for case in made for consignment in case.consignments)
            self._cases.extend(self._voyages(day, shipped))
        return Plan(self._first_day, tuple(self._cases), tuple(self._licences.values()), self._all)

    # Honest trade

    def _honest(self, day: int, exporting: bool) -> Iterator[Case]:
        ware = self._random.choice(EXPORTS if exporting else IMPORTS)
        if ware.licence:
            yield from self._licensed(day, exporting, ware)
            return
        reference, consignment = self._consigned(day, exporting, ware)
        yield Case(reference, _kind(exporting), day, self._goes(consignment), consignments=(consignment,), fates=((consignment, Fate.CLOSED),))

    def _licensed(self, day: int, exporting: bool, ware: Ware) -> Iterator[Case]:
        licence = self._open.get(ware.hs)
        if licence is None:
            case, licence = self._licence(day, exporting, ware, _LICENCE_USES[exporting])
            yield case
            self._open[ware.hs] = licence
        if len(licence.taken) + 1 == licence.uses:
            del self._open[ware.hs]
        yield self._on(day, exporting, licence)

    def _on(self, day: int, exporting: bool, licence: _Open) -> Case:
        """One honest use of a licence."""
        reference, consignment = self._consigned(day, exporting, licence.ware, licence.trader, quantity=licence.each, price=licence.price)
        licence.taken.append(reference)
        entry = self._licences[licence.case]
        self._licences[licence.case] = dataclasses.replace(entry, used=entry.used + licence.each, times=entry.times + 1)
        script = self._goes(consignment, licence.case)
        return Case(
            reference,
            _kind(exporting),
            day,
            script,
            after=(licence.case,),
            consignments=(consignment,),
            fates=((consignment, Fate.CLOSED),),
            licence=licence.case,
        )

    def _licence(self, day: int, exporting: bool, ware: Ware, uses: int, valid_to: date | None = None) -> tuple[Case, _Open]:
        """A licence for ``uses`` equal consignments of a ware, and the case in which it is applied for."""
        reference, consignment = self._consigned(day, exporting, ware)
        lot = consignment.lots[0]
        quota = f"{ware.quota}-{consignment.on.year}" if ware.quota else ""
        application = licence_application(
            reference, consignment, quantity=lot.quantity * uses, uses=uses, office=LICENCE_OFFICE, quota=quota, valid_to=valid_to
        )
        trader = next(each for each in self._all if each.code == consignment.trader.enterprise_code)
        self._licences[reference] = Licensing(reference, exporting, lot.quantity * uses, uses, Decimal(0), 0, ware.unit, quota)
        return Case(reference, "licence", day, lambda _: obtain_licence(application)), _Open(reference, ware, trader, lot.price, uses, lot.quantity)

    def _goes(self, consignment: Consignment, licence: str = "") -> Callable[[Known], Script]:
        moment, journey = _noon(consignment.on), export if consignment.export else imported
        if not licence:
            return lambda _: journey(consignment, moment)
        return lambda known: journey(consignment, moment, known[licence].number, LICENCE_OFFICE)

    def _voyages(self, day: int, shipped: Sequence[Consignment]) -> Iterator[Case]:
        """The ships that bring a day's imports. A consignment knows its ship already: they are filled in order."""
        ships: dict[str, list[Consignment]] = {}
        for consignment in shipped:
            ships.setdefault(consignment.manifest, []).append(consignment)
        moment = _noon(self._first_day + timedelta(days=day)) - timedelta(hours=6)
        for number, held in ships.items():
            yield Case(number, "voyage", day, lambda _, held=tuple(held): voyage(held, CARRIER, moment))  # type: ignore[misc]

    # Dishonest trade

    def _fraud(self, day: int, fraud: Fraud) -> Iterator[Case]:
        play = fraud.script
        if play is None:
            yield from self._licence_fraud(day, fraud)
            return
        fits = [ware for ware in (EXPORTS if fraud.export else IMPORTS) if fraud.licensed in {None, ware.licence} and fraud.noted in {None, ware.note}]
        ware = self._random.choice([ware for ware in fits if not (ware.licence and fraud.licensed is None)])
        after: tuple[str, ...] = ()
        licence = ""
        if ware.licence:
            case, opened = self._licence(day, fraud.export, ware, 2)
            yield case
            trader, quantity, price = opened.trader, opened.each, opened.price
            after, licence = (case.reference,), case.reference
        else:
            trader, quantity, price = self._trader(own=fraud.closes), None, None
        reference = self._next(fraud.export)
        first = self._make(f"{reference}A", day, fraud.export, ware, trader, quantity, price)
        second = self._make(f"{reference}B", day, fraud.export, ware, trader, quantity, price)
        closure = _closure(trader, f"RE{reference}", first.on)

        def script(known: Known) -> Script:
            number = known[licence].number if licence else ""
            return play(Scene(first, second, _noon(first.on), number, LICENCE_OFFICE, ELSEWHERE, closure))

        fates = tuple((consignment, fate) for consignment, fate in ((first, fraud.first), (second, fraud.second)) if fate is not None)
        yield Case(reference, fraud.name, day, script, code=fraud.code, after=after, consignments=(first, second), fates=fates)

    def _licence_fraud(self, day: int, fraud: Fraud) -> Iterator[Case]:
        """A licence that is expired, used up, or has too little left."""
        ware = self._random.choice([ware for ware in EXPORTS if ware.licence and not ware.note])
        uses = 2
        valid_to = self._first_day + timedelta(days=day) if fraud is EXPIRED else None
        case, opened = self._licence(day, True, ware, uses, valid_to)
        yield case
        honest = [] if fraud is EXPIRED else [self._on(day, True, opened) for _ in range(uses if fraud is ONCE_TOO_OFTEN else uses - 1)]
        yield from honest
        quantity = opened.each * 3 if fraud is OVERDRAWN else opened.each
        later = 1 if fraud is EXPIRED else 0
        reference, consignment = self._consigned(day + later, True, ware, opened.trader, quantity=quantity, price=opened.price)
        after = (case.reference, *(each.reference for each in honest))
        script = lambda known: on_licence(consignment, known[case.reference].number, LICENCE_OFFICE)  # noqa: E731 - one line of a table of cases
        yield Case(reference, fraud.name, day + later, script, code=fraud.code, after=after, consignments=(consignment,), fates=((consignment, Fate.RETURNED),))

    # Consignments

    def _consigned(
        self, day: int, exporting: bool, ware: Ware, trader: EnterpriseRecord | None = None, *, quantity: Decimal | None = None, price: Decimal | None = None
    ) -> tuple[str, Consignment]:
        reference = self._next(exporting)
        return reference, self._make(reference, day, exporting, ware, trader or self._trader(), quantity, price)

    def _make(
        self, reference: str, day: int, exporting: bool, ware: Ware, trader: EnterpriseRecord, quantity: Decimal | None, price: Decimal | None
    ) -> Consignment:
        on = self._first_day + timedelta(days=day)
        number = int("".join(character for character in reference if character.isdigit())) * 2 + reference.endswith("B")
        ship = f"V{day:03d}{number // (2 * _VOYAGE):05d}"
        lots = [Lot(ware, quantity or self._quantity(), price or self._price(ware))]
        plain = [
            each for each in (EXPORTS if exporting else IMPORTS) if each.country == ware.country and each is not ware and not each.licence and not each.note
        ]
        if quantity is None and plain and self._random.random() < _SECOND_LOT:
            other = self._random.choice(plain)
            lots.append(Lot(other, self._quantity(), self._price(other)))
        return Consignment(
            reference=reference,
            export=exporting,
            trader=Enterprise(trader.customs_code, trader.code, trader.name, trader.tax_number),
            on=on,
            office=OFFICE,
            port=PORT,
            region=REGION,
            rate=self._rate_on(on),
            lots=tuple(lots),
            packages=self._random.randrange(20, 400),
            container=f"VHUU{number:07d}",
            broker=BROKER,
            transport=Transport(ship[1:], "1", f"9{number // (2 * _VOYAGE):06d}", f"NAN HAI {number // (2 * _VOYAGE)}"),
            manifest=ship if not exporting else "",
            bill_of_lading=f"NHL{reference}",
        )

    def _quantity(self) -> Decimal:
        return Decimal(self._random.randrange(200, 4000))

    def _price(self, ware: Ware) -> Decimal:
        """Within a tenth of the usual."""
        return (ware.price * Decimal(self._random.randrange(90, 111)) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def _trader(self, *, own: bool = False) -> EnterpriseRecord:
        """One of those who trade on; with ``own`` one that nobody else is."""
        pool = self._closing if own else self._traders
        if not pool:
            raise ValueError(f"{len(self._all)} enterprises are too few for this plan")
        return pool.pop() if own else self._random.choice(pool)

    def _next(self, exporting: bool) -> str:
        self._number += 1
        return f"{'X' if exporting else 'I'}{self._number:07d}"


def _closure(trader: EnterpriseRecord, number: str, on: date) -> Registration:
    """The trader asks the register to close it."""
    return Registration(
        act=RegistrationAct.CLOSE,
        number=number,
        registrar=REGISTRAR,
        sender=trader.code,
        on=on,
        enterprise_code=trader.code,
        name=trader.name,
        tax_number=trader.tax_number,
        business_licence=trader.business_licence,
        valid_from=trader.opened_on,
        region=trader.region,
        ownership=trader.ownership,
        capital=trader.capital,
        customs_code=trader.customs_code,
    )


def _kind(exporting: bool) -> str:
    return "export" if exporting else "import"


def _noon(day: date) -> datetime:
    """Noon in China."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
