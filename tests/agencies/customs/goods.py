"""Declarations and cargo for tests: an import of spinning frames by sea, an export of trousers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from vanhub.agencies.messages.declaration import Declaration, Direction, Function, Item, Transport
from vanhub.agencies.messages.manifest import Consignment, Container, Goods, Manifest, Placement
from vanhub.agencies.messages.movement import GatedBox, GateReport, TalliedBox, Tally
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.rules import open_rules

RULES = open_rules("customs")
DAY = date(2006, 3, 21)
NOW = datetime(2006, 3, 21, 2, tzinfo=UTC)
SHIP = Transport("0608E", "1", "9123453", "NAN HAI STAR")
BOX = "NHLU3319056"


def frames(**changes: Any) -> Declaration:
    """Two ring spinning frames of EUR 26,000 each, CIF, in one box."""
    made = Declaration(
        direction=Direction.IMPORT,
        function=Function.ORIGINAL,
        reference="SKB2006I00881",
        mode="0110",
        levy="101",
        office="5304",
        border="5304",
        country="DEU",
        region="44039",
        port_of_loading="DEHAM",
        port_of_discharge="CNSHK",
        declared_on=DAY,
        moved_on=date(2006, 3, 18),
        gross_weight=Decimal(3120),
        net_weight=Decimal(2680),
        transport=SHIP,
        containers=(BOX,),
        bill_of_lading="NHL0602HAMSHK03",
        manifest="NHL0608E",
        packages=8,
        package_kind="CS",
        trader=Enterprise("4403160381", "4403715253183"),
        owner=Enterprise("4403160381"),
        terms="CIF",
        total=Money(Decimal(52000), "EUR"),
        items=(item(1, "84452032", Decimal(2), "H87", Decimal(26000), "EUR", "DEU"),),
    )
    return replace(made, **changes)


def trousers(**changes: Any) -> Declaration:
    """14,400 trousers of USD 4.40 for the Netherlands, FOB, in one box."""
    goods = replace(item(1, "62034290", Decimal(14400), "H87", Decimal("4.4"), "USD", "CHN"), second=Quantity(Decimal(5472), "KGM"), statistical=Decimal(63360))
    made = frames(
        direction=Direction.EXPORT,
        reference="SZT2006E00217",
        country="NLD",
        port_of_loading="CNSHK",
        port_of_discharge="NLRTM",
        moved_on=None,
        bill_of_lading="NHL0603SHKRTM17",
        manifest="NHL0612W",
        gross_weight=Decimal(6000),
        net_weight=Decimal(5472),
        terms="FOB",
        total=Money(Decimal(63360), "USD"),
        items=(goods,),
    )
    return replace(made, **changes)


def item(number: int, hs: str, quantity: Decimal, unit: str, price: Decimal, currency: str, origin: str) -> Item:
    declared = Quantity(quantity, unit)
    return Item(number, hs, "1", "GOODS", origin, declared, declared, Money(quantity * price, currency), price=Money(price, currency))


def manifest(**changes: Any) -> Manifest:
    """The inbound manifest with the frames' bill of lading and another one."""
    frames_bill = Consignment(
        "NHL0602HAMSHK03", "DEHAM", "CNSHK", "23", "SPINNTECHNIK", "TEXTILES", (Goods(8, "CS", "FRAMES", Decimal(3120), (Placement(BOX, 8),)),)
    )
    other = Consignment("NHL0602HAMSHK04", "DEHAM", "CNSHK", "23", "WALZWERK", "STEEL", (Goods(20, "PK", "STEEL", Decimal(18000)),))
    made = Manifest(
        "NHL0608E",
        "9",
        datetime(2006, 3, 16, 13, 30, tzinfo=UTC),
        True,
        "5304",
        "4403180066",
        SHIP,
        "DEHAM",
        "CNSHK",
        NOW,
        (frames_bill, other),
        (Container(BOX, "22G1"),),
    )
    return replace(made, **changes)


def tally(number: str = "T1", *, bill: str = "NHL0602HAMSHK03", box: str = BOX, discharge: bool = True, **changes: Any) -> Tally:
    return replace(Tally(number, discharge, SHIP, "CNSHK", "NHL", (TalliedBox(box, "22G1", (bill,), NOW),)), **changes)


def gate(number: str = "G1", *, bills: tuple[str, ...] = ("NHL0602HAMSHK03",), declaration: str = "", gate_in: bool = False, box: str = BOX) -> GateReport:
    return GateReport(number, gate_in, "NHL", (GatedBox(box, "22G1", NOW, declaration, bills, "5304"),))
