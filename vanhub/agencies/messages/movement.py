"""What carriers and terminals report of ships and boxes: CUSREP conveyance report, COARRI discharge and loading tally, CODECO gate report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import CUSTOMS_OFFICE, PORT, Field, Fields, dtm, eqd, loc, mea, nad, qty, rff
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.messages.transport import Transport


@dataclass(frozen=True, slots=True)
class ConveyanceReport:
    """CUSREP: ``arrival``: BGM 185, else departure 186; ``manifest``: RFF+AFB; ``office``: LOC+41 or 42; ``moment``: DTM+132 or 133; ``carrier``: NAD+CA; ``other_port``: LOC+61."""

    TYPE: ClassVar[str] = "CUSREP"

    number: str
    arrival: bool
    manifest: str
    office: str
    moment: datetime
    carrier: str
    transport: Transport
    packages: int | None = None
    other_port: str = ""
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> ConveyanceReport:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        arrival = fields.one("BGM", "", lambda bgm: bgm.choice({_ARRIVAL: True, _DEPARTURE: False}, 1))
        return cls(
            number=fields.number(),
            arrival=arrival,
            manifest=fields.one("RFF", "AFB", Field.reference),
            office=fields.one("LOC", "41" if arrival else "42", Field.location),
            moment=fields.one("DTM", "132" if arrival else "133", Field.moment),
            carrier=fields.one("NAD", "CA", Field.party),
            transport=fields.one("TDT", "20", Transport.parse),
            packages=fields.maybe("QTY", "118", lambda qty: qty.count(1, 1)),
            other_port=fields.maybe("LOC", "61", Field.location) or "",
            function=fields.function("9", "4", "1"),
        )

    def render(self) -> Sequence[Segment]:
        return [
            Segment("BGM", _ARRIVAL if self.arrival else _DEPARTURE, self.number, self.function),
            *dtm("132" if self.arrival else "133", self.moment),
            *qty("118", None if self.packages is None else Quantity(Decimal(self.packages), "H87")),
            *rff("AFB", self.manifest),
            *loc("41" if self.arrival else "42", self.office, *CUSTOMS_OFFICE),
            *nad("CA", self.carrier, "ZZZ", "ZZZ"),
            *self.transport.render("20"),
            *loc("61", self.other_port, *PORT),
        ]


_ARRIVAL, _DEPARTURE = "185", "186"


@dataclass(frozen=True, slots=True)
class TalliedBox:
    """EQD of a tally: ``bills``: RFF+BM; ``gross_weight`` in kilograms."""

    container: str
    size: str
    bills: tuple[str, ...]
    moment: datetime
    gross_weight: Decimal | None = None

    @classmethod
    def parse(cls, group: Fields) -> TalliedBox:
        container, size = group.one("EQD", "CN", lambda box: (box.text(2), box.text(3)))
        bills = group.all("RFF", "BM", Field.reference)
        return cls(container, size, bills, group.one("DTM", "203", Field.moment), group.maybe("MEA", "AAE+G", Field.kilograms))

    def render(self) -> Iterator[Segment]:
        yield eqd(self.container, self.size)
        for bill in self.bills:
            yield from rff("BM", bill)
        yield from dtm("203", self.moment)
        if self.gross_weight is not None:
            yield from mea("AAE", Quantity(self.gross_weight, "KGM"), "G")


@dataclass(frozen=True, slots=True)
class Tally:
    """COARRI: ``discharge``: BGM 119, else loading 122; ``port``: LOC+11 or 9; ``operator``: NAD+CF."""

    TYPE: ClassVar[str] = "COARRI"

    number: str
    discharge: bool
    transport: Transport
    port: str
    operator: str
    boxes: tuple[TalliedBox, ...]
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> Tally:
        """Raises ``Unreadable``."""
        rest, boxes = Fields.of(message).items("EQD", "CNT")
        discharge = rest.one("BGM", "", lambda bgm: bgm.choice({_DISCHARGE: True, _LOADING: False}, 1))
        _require_count(rest, boxes)
        return cls(
            number=rest.number(),
            discharge=discharge,
            transport=rest.one("TDT", "20", Transport.parse),
            port=rest.one("LOC", "11" if discharge else "9", Field.location),
            operator=rest.one("NAD", "CF", Field.party),
            boxes=tuple(map(TalliedBox.parse, boxes)),
            function=rest.function("9", "4", "1"),
        )

    def render(self) -> Sequence[Segment]:
        return [
            Segment("BGM", _DISCHARGE if self.discharge else _LOADING, self.number, self.function),
            *self.transport.render("20"),
            *loc("11" if self.discharge else "9", self.port, *PORT),
            *nad("CF", self.operator, *_OPERATORS),
            *(segment for box in self.boxes for segment in box.render()),
            Segment("CNT", ["16", str(len(self.boxes))]),
        ]


_DISCHARGE, _LOADING = "119", "122"


@dataclass(frozen=True, slots=True)
class GatedBox:
    """EQD of a gate report: ``declaration``: RFF+ABT, ``bills``: RFF+BM, ``seals``: SEL; ``office``: LOC+22, ``destination``: of a transit, LOC+122."""

    container: str
    size: str
    moment: datetime
    declaration: str = ""
    bills: tuple[str, ...] = ()
    office: str = ""
    seals: tuple[str, ...] = ()
    destination: str = ""

    @classmethod
    def parse(cls, group: Fields) -> GatedBox:
        container, size = group.one("EQD", "CN", lambda box: (box.text(2), box.text(3)))
        return cls(
            container=container,
            size=size,
            moment=group.one("DTM", "7", Field.moment),
            declaration=group.maybe("RFF", "ABT", Field.reference) or "",
            bills=group.all("RFF", "BM", Field.reference),
            office=group.maybe("LOC", "22", Field.location) or "",
            destination=group.maybe("LOC", "122", Field.location) or "",
            seals=group.all("SEL", "", lambda sel: sel.text(1)),
        )

    def render(self) -> Iterator[Segment]:
        yield eqd(self.container, self.size)
        yield from rff("ABT", self.declaration)
        for bill in self.bills:
            yield from rff("BM", bill)
        yield from dtm("7", self.moment)
        yield from loc("22", self.office, *CUSTOMS_OFFICE)
        yield from loc("122", self.destination, *CUSTOMS_OFFICE)
        for seal in self.seals:
            yield Segment("SEL", seal)


@dataclass(frozen=True, slots=True)
class GateReport:
    """CODECO: ``gate_in``: BGM 109, else gate-out 111."""

    TYPE: ClassVar[str] = "CODECO"

    number: str
    gate_in: bool
    operator: str
    boxes: tuple[GatedBox, ...]
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> GateReport:
        """Raises ``Unreadable``."""
        rest, boxes = Fields.of(message).items("EQD", "CNT")
        _require_count(rest, boxes)
        return cls(
            number=rest.number(),
            gate_in=rest.one("BGM", "", lambda bgm: bgm.choice({_GATE_IN: True, _GATE_OUT: False}, 1)),
            operator=rest.one("NAD", "CF", Field.party),
            boxes=tuple(map(GatedBox.parse, boxes)),
            function=rest.function("9", "4", "1"),
        )

    def render(self) -> Sequence[Segment]:
        return [
            Segment("BGM", _GATE_IN if self.gate_in else _GATE_OUT, self.number, self.function),
            *nad("CF", self.operator, *_OPERATORS),
            *(segment for box in self.boxes for segment in box.render()),
            Segment("CNT", ["16", str(len(self.boxes))]),
        ]


_GATE_IN, _GATE_OUT = "109", "111"
# Of container operators, by agreement.
_OPERATORS = ("160", "ZZZ")


def _require_count(rest: Fields, boxes: Sequence[Fields]) -> None:
    def require(cnt: Field) -> None:
        if cnt.count(1, 1) != len(boxes):
            raise cnt.wrong("E103", 1, 1, f"is not the number of containers, {len(boxes)}", f"与集装箱数 {len(boxes)} 不符")

    rest.maybe("CNT", "16", require)
