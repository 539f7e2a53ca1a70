"""One consignment as the trade knows it, and the documents that it makes of it: declaration, licence application, note application, manifest line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from vanhub.agencies.messages.clearance_note import NoteApplication, NoteLine
from vanhub.agencies.messages.declaration import Declaration, Direction, Document, Function, Item, Transport
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.licence import LicenceApplication, LicenceLine
from vanhub.agencies.messages.manifest import Consignment as ManifestLine
from vanhub.agencies.messages.manifest import Goods, Placement
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.trade.wares import Ware

_CENT = Decimal("0.01")
PACKAGE = "CT"
ORDINARY_TRADE = "0110"
GENERAL_LEVY = "101"


@dataclass(frozen=True, slots=True)
class Lot:
    """So much of one ware, at a price (USD a unit)."""

    ware: Ware
    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(_CENT, ROUND_HALF_UP)

    @property
    def kilograms(self) -> Decimal:
        return self.quantity * self.ware.kilograms


@dataclass(frozen=True, slots=True)
class Consignment:
    """``reference``: the declarant's own, unique; ``on``: the day of the declaration; ``office``: where it is declared and crosses the border; ``port``: UN/LOCODE at home; ``rate``: CNY for one USD. ``region``: five digits of the place at home."""

    reference: str
    export: bool
    trader: Enterprise
    on: date
    office: str
    port: str
    region: str
    rate: Decimal
    lots: tuple[Lot, ...]
    packages: int
    container: str
    broker: str
    transport: Transport
    manifest: str
    bill_of_lading: str

    @property
    def total(self) -> Decimal:
        return sum((lot.amount for lot in self.lots), Decimal(0))

    @property
    def customs_values(self) -> tuple[Decimal, ...]:
        """CNY of each lot: the total is rounded once, each lot has its share in whole cents, the largest what is left over."""
        whole = (self.total * self.rate).quantize(_CENT, ROUND_HALF_UP)
        values = [(whole * lot.amount / self.total).quantize(_CENT, ROUND_DOWN) for lot in self.lots]
        values[max(range(len(values)), key=lambda place: self.lots[place].amount)] += whole - sum(values, Decimal(0))
        return tuple(values)

    @property
    def net_weight(self) -> Decimal:
        return sum((lot.kilograms for lot in self.lots), Decimal(0))

    @property
    def gross_weight(self) -> Decimal:
        """A kilogram of carton for each package."""
        return self.net_weight + self.packages

    @property
    def first(self) -> Ware:
        return self.lots[0].ware

    def declaration(self, *, licence: str = "", licence_office: str = "", form: str = "", note: str = "", number: str = "") -> Declaration:
        """The declaration of it, with the papers that it has. ``number``: of the declaration that it changes."""
        kind = "811" if self.export else "911"
        papers = [Document(kind, licence, issued=None, office=licence_office)] if licence else []
        papers += [Document("812", form)] if form else []
        papers += [Document("841", note)] if note else []
        ware = self.first
        return Declaration(
            direction=Direction.EXPORT if self.export else Direction.IMPORT,
            function=Function.CHANGE if number else Function.ORIGINAL,
            reference=self.reference,
            number=number,
            mode=ORDINARY_TRADE,
            levy=GENERAL_LEVY,
            entry_kind="0",
            office=self.office,
            border=self.office,
            country=ware.country,
            region=self.region,
            port_of_loading=self.port if self.export else ware.port,
            port_of_discharge=ware.port if self.export else self.port,
            declared_on=self.on,
            moved_on=self.on if not self.export else None,
            gross_weight=self.gross_weight,
            net_weight=self.net_weight,
            containers=(self.container,),
            contract=f"C{self.reference}",
            bill_of_lading=self.bill_of_lading,
            manifest=self.manifest,
            packages=self.packages,
            package_kind=PACKAGE,
            transport=self.transport,
            documents=tuple(papers),
            trader=self.trader,
            owner=Enterprise(self.trader.customs_code),
            broker=self.broker,
            terms="FOB" if self.export else "CIF",
            total=Money(self.total, "USD"),
            rate=None if self.export else self.rate,
            items=tuple(self._items(licence)),
        )

    def _items(self, licence: str) -> Iterable[Item]:
        for number, (lot, value) in enumerate(zip(self.lots, self.customs_values, strict=True), start=1):
            ware, quantity = lot.ware, Quantity(lot.quantity, lot.ware.unit)
            kind = "811" if self.export else "911"
            yield Item(
                number=number,
                hs=ware.hs,
                duty_mode="1",
                name=ware.name_zh,
                origin="CHN" if self.export else ware.country,
                final_country=self.first.country if self.export else "",
                declared=quantity,
                first=quantity,
                second=Quantity(lot.kilograms, ware.second) if ware.second else None,
                amount=Money(lot.amount, "USD"),
                price=Money(lot.price, "USD"),
                customs_value=None if self.export else value,
                documents=(Document(kind, licence),) if licence and ware.licence else (),
            )

    def form_request(self, issuer: str) -> FxForm:
        return FxForm(FormAct.REQUEST, f"F{self.reference}", self.trader.enterprise_code, issuer, self.on, contract=f"C{self.reference}")

    def form_filing(self, form: str, issuer: str, office: str = "") -> FxForm:
        """``office``: where it is filed, if elsewhere than where it will be declared."""
        return FxForm(FormAct.FILING, form, self.trader.enterprise_code, issuer, self.on, customs_office=office or self.office)

    def note_application(self) -> NoteApplication:
        lines = tuple(
            NoteLine(number, lot.ware.hs, lot.ware.name_zh, Quantity(lot.quantity, lot.ware.unit))
            for number, lot in enumerate((lot for lot in self.lots if lot.ware.note), start=1)
        )
        bill = "" if self.export else self.bill_of_lading
        return NoteApplication(f"N{self.reference}", not self.export, self.on, self.trader.enterprise_code, self.office, self.first.country, lines, bill)

    def manifest_line(self) -> ManifestLine:
        """As it stands in the carrier's manifest."""
        goods = Goods(self.packages, PACKAGE, self.first.name_en, self.gross_weight, (Placement(self.container, self.packages),))
        ware = self.first
        there, here = (self.port, ware.port) if self.export else (ware.port, self.port)
        return ManifestLine(
            self.bill_of_lading, there, here, "22" if self.export else "23", "SHIPPER", self.trader.name, (goods,), consignee_code=self.trader.customs_code
        )


def licence_application(
    reference: str, consignment: Consignment, *, quantity: Decimal, uses: int, office: str, quota: str, customs_office: str = "", valid_to: date | None = None
) -> LicenceApplication:
    """For ``quantity`` of a consignment's first ware, at its price, to be used ``uses`` times at one customs office: the consignment's, unless it is another."""
    lot = consignment.lots[0]
    ware, price = lot.ware, Money(lot.price, "USD")
    line = LicenceLine(1, ware.hs, ware.name_zh, Quantity(quantity, ware.unit), price, "" if consignment.export else ware.country)
    return LicenceApplication(
        export=consignment.export,
        reference=reference,
        function="9",
        applied_on=consignment.on,
        office=office,
        customs_office=customs_office or consignment.office,
        country=ware.country,
        uses=uses,
        total=Quantity(quantity, ware.unit),
        value=Money((quantity * lot.price).quantize(_CENT, ROUND_HALF_UP), "USD"),
        mode=ORDINARY_TRADE,
        holder=consignment.trader.enterprise_code,
        lines=(line,),
        quota=quota,
        contract=f"C{reference}",
        valid_to=valid_to,
    )
