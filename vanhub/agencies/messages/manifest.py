"""CUSCAR: the cargo manifest (舱单)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import CUSTOMS_OFFICE, PORT, Field, Fields, dtm, eqd, ftx, loc, mea, nad, rff
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.messages.transport import Transport


@dataclass(frozen=True, slots=True)
class Placement:
    """SGP: so many of the packages are in this container."""

    container: str
    packages: int


@dataclass(frozen=True, slots=True)
class Goods:
    """GID: ``packages`` of ``package_kind``, ``name`` FTX+AAA, ``gross_weight`` in kilograms, ``placements`` SGP."""

    packages: int
    package_kind: str
    name: str
    gross_weight: Decimal
    placements: tuple[Placement, ...] = ()

    @property
    def containers(self) -> tuple[str, ...]:
        return tuple(placement.container for placement in self.placements)

    @classmethod
    def parse(cls, group: Fields) -> Goods:
        return cls(
            packages=group.one("GID", "", lambda gid: gid.count(2)),
            package_kind=group.one("GID", "", lambda gid: gid.text(2, 1)),
            name=" ".join(group.all("FTX", "AAA", Field.prose)) or group.one("FTX", "AAA", Field.prose),
            gross_weight=group.one("MEA", "AAE+G", Field.kilograms),
            placements=group.all("SGP", "", lambda sgp: Placement(sgp.text(1), sgp.count(2))),
        )

    def render(self, number: int) -> Iterator[Segment]:
        yield Segment("GID", str(number), [str(self.packages), self.package_kind])
        yield from ftx("AAA", self.name)
        yield from mea("AAE", Quantity(self.gross_weight, "KGM"), "G")
        for placement in self.placements:
            yield Segment("SGP", placement.container, str(placement.packages))


@dataclass(frozen=True, slots=True)
class Consignment:
    """CNI: one bill of lading (RFF+BM, MB or BH: ``bill_kind``). ``flow``: GIS 7365 (22 export, 23 import, 24 transit, 28 transhipment, 29 onward clearance); ``consignor``, ``consignee``: names."""

    bill_of_lading: str
    port_of_loading: str
    port_of_discharge: str
    flow: str
    consignor: str
    consignee: str
    goods: tuple[Goods, ...]
    bill_kind: str = "BM"
    consignee_code: str = ""
    notify: str = ""

    @property
    def packages(self) -> int:
        return sum(goods.packages for goods in self.goods)

    @property
    def gross_weight(self) -> Decimal:
        return sum((goods.gross_weight for goods in self.goods), Decimal(0))

    @classmethod
    def parse(cls, group: Fields) -> Consignment:
        head, goods = group.groups("GID")
        kind, number = head.one("RFF", _BILLS, lambda rff: (rff.text(1), rff.reference()))
        return cls(
            bill_of_lading=number,
            bill_kind=kind,
            port_of_loading=head.one("LOC", "9", Field.location),
            port_of_discharge=head.one("LOC", "11", Field.location),
            flow=head.one("GIS", "", lambda gis: gis.text(1)),
            consignor=head.one("NAD", "CZ", Field.party_name),
            consignee=head.one("NAD", "CN", Field.party_name),
            consignee_code=head.one("NAD", "CN", lambda nad: nad.optional(2)),
            notify=head.maybe("NAD", "N1", Field.party_name) or "",
            goods=tuple(map(Goods.parse, goods)),
        )

    def render(self, number: int) -> Iterator[Segment]:
        yield Segment("CNI", str(number), self.bill_of_lading)
        yield from rff(self.bill_kind, self.bill_of_lading)
        yield from loc("9", self.port_of_loading, *PORT)
        yield from loc("11", self.port_of_discharge, *PORT)
        yield Segment("GIS", self.flow)
        yield from nad("CZ", "", name=self.consignor)
        yield from nad("CN", self.consignee_code, "ZZZ", "ZZZ", name=self.consignee)
        yield from nad("N1", "", name=self.notify)
        for place, goods in enumerate(self.goods, start=1):
            yield from goods.render(place)


_BILLS = ("BM", "MB", "BH")


@dataclass(frozen=True, slots=True)
class Container:
    """EQD: ``size``: ISO 6346 size and type, such as ``22G1``; ``seals``: SEL."""

    number: str
    size: str
    seals: tuple[str, ...] = ()

    @classmethod
    def parse(cls, group: Fields) -> Container:
        number, size = group.one("EQD", "CN", lambda box: (box.text(2), box.text(3)))
        return cls(number, size, group.all("SEL", "", lambda sel: sel.text(1)))

    def render(self) -> Iterator[Segment]:
        yield eqd(self.number, self.size)
        for seal in self.seals:
            yield Segment("SEL", seal)


@dataclass(frozen=True, slots=True)
class Manifest:
    """``number``: BGM 1004, the manifest's number that declarations name (RFF+AFB); ``function``: 9 original, 4 change, 1 cancelled; ``inbound``: GIS 23 (else 22); ``office``: LOC+41 or 42; ``carrier``: NAD+RL, customs code;
    ``expected``: DTM+132 (in) or 133 (out).
    """

    TYPE: ClassVar[str] = "CUSCAR"

    number: str
    function: str
    reported_at: datetime
    inbound: bool
    office: str
    carrier: str
    transport: Transport
    port_of_loading: str
    port_of_discharge: str
    expected: datetime
    consignments: tuple[Consignment, ...]
    containers: tuple[Container, ...] = ()
    carrier_name: str = ""

    @classmethod
    def parse(cls, message: Message) -> Manifest:
        """Raises ``Unreadable``."""
        head, groups = Fields.of(message).groups("EQD", "CNI")
        inbound = head.one("GIS", "", lambda gis: gis.choice({_INBOUND: True, _OUTBOUND: False}, 1))
        return cls(
            number=head.number(),
            function=head.function("9", "4", "1"),
            reported_at=head.one("DTM", "137", Field.moment),
            inbound=inbound,
            office=head.one("LOC", "41" if inbound else "42", Field.location),
            carrier=head.one("NAD", "RL", Field.party),
            carrier_name=head.one("NAD", "RL", lambda nad: nad.party_name() if nad.optional(4) else ""),
            transport=head.one("TDT", "20", Transport.parse),
            port_of_loading=head.maybe("LOC", "9", Field.location) or "",
            port_of_discharge=head.maybe("LOC", "11", Field.location) or "",
            expected=head.one("DTM", "132" if inbound else "133", Field.moment),
            containers=tuple(Container.parse(group) for group in groups if group.trigger == "EQD"),
            consignments=tuple(Consignment.parse(group) for group in groups if group.trigger == "CNI"),
        )

    def render(self) -> Sequence[Segment]:
        segments = [
            Segment("BGM", "85", self.number, self.function),
            *dtm("137", self.reported_at),
            *loc("41" if self.inbound else "42", self.office, *CUSTOMS_OFFICE),
            *nad("RL", self.carrier, "ZZZ", "ZZZ", name=self.carrier_name),
            *self.transport.render("20"),
            *loc("9", self.port_of_loading, *PORT),
            *loc("11", self.port_of_discharge, *PORT),
            *dtm("132" if self.inbound else "133", self.expected),
            Segment("GIS", _INBOUND if self.inbound else _OUTBOUND),
        ]
        for container in self.containers:
            segments += container.render()
        for place, consignment in enumerate(self.consignments, start=1):
            segments += consignment.render(place)
        return segments


_INBOUND, _OUTBOUND = "23", "22"
