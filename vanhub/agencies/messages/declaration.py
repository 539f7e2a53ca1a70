"""CUSDEC: the import and export declaration (报关单), its amendment, replacement, proof page and cancellation."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import COUNTRY, CUSTOMS_OFFICE, PORT, Field, Fields, dtm, eqd, ftx, loc, mea, moa, nad, numeral, rff
from vanhub.agencies.messages.items import Document, Item, Tax
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.messages.transport import Transport

__all__ = ["Cancellation", "Declaration", "Direction", "Document", "Function", "Item", "Tax", "Transport"]


class Direction(enum.StrEnum):
    """BGM 1001."""

    IMPORT = "929"
    EXPORT = "830"


class Function(enum.StrEnum):
    """BGM 1225."""

    ORIGINAL = "9"
    CHANGE = "4"
    REPLACE = "5"
    PROOF = "31"


@dataclass(frozen=True, slots=True)
class _Side:
    """The qualifiers of what either direction has of its own."""

    flow: str
    border: str
    country: str
    region: str
    moved: str
    trader: str
    owner: str
    other: str
    total: str


_SIDES = {
    Direction.IMPORT: _Side("23", border="41", country="35", region="47", moved="151", trader="IM", owner="CN", other="CZ", total="141"),
    Direction.EXPORT: _Side("22", border="42", country="28", region="106", moved="129", trader="EX", owner="CZ", other="CN", total="63"),
}

_NATIONAL = ("ZZZ", "ZZZ")
_REGION = ("163", "ZZZ")


@dataclass(frozen=True, slots=True)
class Declaration:
    """``reference``: the declarant's (RFF+ABE, and BGM 1004); ``number``: customs' 18 digits (RFF+ABT), ``""`` in an original. ``mode``: supervision mode, ``levy``: nature of levy, ``entry_kind``, ``kind``: the
    header's CST. ``office``: of declaration (LOC+22), ``border``: of entry or exit (LOC+41, 42); ``country``: of despatch or destination (LOC+35, 28); ``region``: LOC+47 or 106; ``destination``: the port of an export (LOC+8); ``moved``: DTM+151 or
    129. ``trader``: NAD+IM or EX, ``owner``: NAD+CN of an import, CZ of an export (receiving or shipping unit); ``other_party``: the one abroad, by name; ``broker``, ``declarant``: customs codes (NAD+CB, DT). ``terms``: Incoterm; ``total``: MOA+141 (import)
    or MOA+63 (export); ``freight`` MOA+64, ``insurance`` MOA+67, ``charges`` MOA+304. ``rate``: CUX, CNY for one of the total's currency. ``packages`` and ``package_kind``: PAC. ``taxes``: the totals (TAX+3).
    Weights in kilograms.
    """

    TYPE: ClassVar[str] = "CUSDEC"

    direction: Direction
    function: Function
    reference: str
    mode: str
    levy: str
    office: str
    border: str
    country: str
    region: str
    port_of_loading: str
    declared_on: date
    gross_weight: Decimal
    net_weight: Decimal
    transport: Transport
    trader: Enterprise
    owner: Enterprise
    terms: str
    total: Money
    items: tuple[Item, ...]
    number: str = ""
    entry_kind: str = ""
    kind: str = ""
    port_of_discharge: str = ""
    moved_on: date | None = None
    arrived_on: date | None = None
    containers: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    contract: str = ""
    bill_of_lading: str = ""
    manifest: str = ""
    handbook: str = ""
    related: str = ""
    quota: str = ""
    guarantee: str = ""
    packages: int = 0
    package_kind: str = ""
    documents: tuple[Document, ...] = ()
    other_party: str = ""
    broker: str = ""
    declarant: str = ""
    freight: Money | None = None
    insurance: Money | None = None
    charges: Money | None = None
    rate: Decimal | None = None
    taxes: tuple[Tax, ...] = ()
    destination: str = ""

    @classmethod
    def parse(cls, message: Message) -> Declaration:
        """Raises ``Unreadable`` where a required field is missing or is no number, date or code of its kind."""
        header, detail, summary = Fields.of(message).sections()
        head, groups = header.groups("DOC", "NAD", "TOD")
        _, items = detail.items("CST")
        rest, totals = summary.groups("TAX")
        direction, function = head.one("BGM", "", lambda bgm: (bgm.code(1, of=Direction), bgm.code(3, of=Function)))
        side = _SIDES[direction]
        parties = {group.one("NAD", "", lambda nad: nad.text(1)): group for group in reversed(groups) if group.trigger == "NAD"}
        none = Fields(())
        terms = next((group for group in groups if group.trigger == "TOD"), none)
        rest.maybe("CNT", "5", lambda cnt: _require_count(cnt, len(items)))
        return cls(
            direction=direction,
            function=function,
            reference=_reference(head),
            mode=head.one("CST", "", lambda cst: cst.text(2)),
            levy=head.one("CST", "", lambda cst: cst.text(3)),
            entry_kind=head.one("CST", "", lambda cst: cst.optional(4)),
            kind=head.one("CST", "", lambda cst: cst.optional(5)),
            office=head.one("LOC", "22", Field.location),
            border=head.one("LOC", side.border, Field.location),
            country=head.one("LOC", side.country, Field.location),
            region=head.one("LOC", side.region, Field.location),
            port_of_loading=head.one("LOC", "9", Field.location),
            port_of_discharge=head.maybe("LOC", "11", Field.location) or "",
            destination=head.maybe("LOC", "8", Field.location) or "",
            declared_on=head.one("DTM", "141", Field.date),
            moved_on=head.maybe("DTM", side.moved, Field.date),
            arrived_on=head.maybe("DTM", "132", Field.date),
            gross_weight=head.one("MEA", "AAX+AAD", Field.kilograms),
            net_weight=head.one("MEA", "AAX+AAC", Field.kilograms),
            containers=head.all("EQD", "CN", lambda eqd: eqd.text(2)),
            seals=head.all("SEL", "", lambda sel: sel.text(1)),
            remarks=head.all("FTX", "AAI", Field.prose),
            number=head.maybe("RFF", "ABT", Field.reference) or "",
            contract=head.sole("RFF", "CT", Field.reference) or "",
            bill_of_lading=head.sole("RFF", "BM", Field.reference) or "",
            manifest=head.sole("RFF", "AFB", Field.reference) or "",
            handbook=head.sole("RFF", "ART", Field.reference) or "",
            related=head.sole("RFF", "AEI", Field.reference) or "",
            quota=head.sole("RFF", "ABJ", Field.reference) or "",
            guarantee=head.sole("RFF", "ABL", Field.reference) or "",
            packages=head.sole("PAC", "", lambda pac: pac.count(1)) or 0,
            package_kind=head.maybe("PAC", "", lambda pac: pac.optional(3)) or "",
            transport=head.one("TDT", "11", Transport.parse),
            documents=tuple(Document.parse(group) for group in groups if group.trigger == "DOC"),
            trader=_enterprise(parties.get(side.trader, none), side.trader),
            owner=_enterprise(parties.get(side.owner, none), side.owner),
            other_party=parties.get(side.other, none).maybe("NAD", side.other, _name) or "",
            broker=parties.get("CB", none).maybe("NAD", "CB", Field.party) or "",
            declarant=parties.get("DT", none).maybe("NAD", "DT", Field.party) or "",
            terms=terms.one("TOD", "", lambda tod: tod.text(3)),
            total=terms.one("MOA", side.total, Field.money),
            rate=terms.maybe("CUX", "", lambda cux: cux.decimal(3)),
            freight=terms.maybe("MOA", "64", Field.money),
            insurance=terms.maybe("MOA", "67", Field.money),
            charges=terms.maybe("MOA", "304", Field.money),
            items=tuple(map(Item.parse, items)),
            taxes=tuple(map(Tax.parse_total, totals)),
        )

    def render(self) -> Sequence[Segment]:
        side = _SIDES[self.direction]
        kinds = [[self.mode, "117", "ZZZ"], [self.levy, "110", "ZZZ"], *([kind, "105", "ZZZ"] if kind else "" for kind in (self.entry_kind, self.kind))]
        segments = [
            Segment("BGM", self.direction.value, self.reference, self.function.value),
            Segment("CST", "", *kinds),
            *loc("22", self.office, *CUSTOMS_OFFICE),
            *loc(side.border, self.border, *CUSTOMS_OFFICE),
            *loc(side.country, self.country, *COUNTRY),
            *loc("9", self.port_of_loading, *PORT),
            *loc("8", self.destination, *PORT),
            *loc("11", self.port_of_discharge, *PORT),
            *loc(side.region, self.region, *_REGION),
            *dtm("141", self.declared_on),
            *dtm(side.moved, self.moved_on),
            *dtm("132", self.arrived_on),
            Segment("GIS", side.flow),
            *mea("AAX", Quantity(self.gross_weight, "KGM"), "AAD"),
            *mea("AAX", Quantity(self.net_weight, "KGM"), "AAC"),
            *(eqd(container) for container in self.containers),
            *(Segment("SEL", seal) for seal in self.seals),
        ]
        for remark in self.remarks:
            segments += ftx("AAI", remark)
        segments += [
            *rff("ABE", self.reference),
            *rff("ABT", self.number),
            *rff("CT", self.contract),
            *rff("BM", self.bill_of_lading),
            *rff("AFB", self.manifest),
            *rff("ART", self.handbook),
            *rff("AEI", self.related),
            *rff("ABJ", self.quota),
            *rff("ABL", self.guarantee),
        ]
        if self.packages or self.package_kind:
            segments.append(Segment("PAC", str(self.packages), "", self.package_kind))
        segments += self.transport.render("11")
        for document in self.documents:
            segments += document.render()
        segments += [
            *_rendered_enterprise(side.trader, self.trader),
            *_rendered_enterprise(side.owner, self.owner),
            *nad(side.other, "", name=self.other_party),
            *nad("CB", self.broker, *_NATIONAL),
            *nad("DT", self.declarant, *_NATIONAL),
            Segment("TOD", "3", "", [self.terms, "106", "6"]),
            *moa(side.total, self.total),
        ]
        if self.rate is not None:
            segments.append(Segment("CUX", ["2", self.total.currency], ["3", "CNY"], numeral(self.rate)))
        segments += [*moa("64", self.freight), *moa("67", self.insurance), *moa("304", self.charges), Segment("UNS", "D")]
        for item in self.items:
            segments += item.render()
        segments += [Segment("UNS", "S"), Segment("CNT", ["5", str(len(self.items))])]
        for tax in self.taxes:
            segments += tax.render()
        return segments


@dataclass(frozen=True, slots=True)
class Cancellation:
    """CUSDEC with function 1: ``applied_at`` DTM+137, ``reason`` FTX+ACD; ``trader``, ``broker``, ``declarant``: customs codes, at least one."""

    TYPE: ClassVar[str] = "CUSDEC"

    direction: Direction
    reference: str
    number: str
    office: str
    applied_at: datetime
    reason: str
    trader: str = ""
    broker: str = ""
    declarant: str = ""

    @classmethod
    def parse(cls, message: Message) -> Cancellation:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        direction = fields.one("BGM", "", lambda bgm: bgm.code(1, of=Direction))
        fields.function(_CANCELLATION)
        return cls(
            direction=direction,
            reference=_reference(fields),
            number=fields.one("RFF", "ABT", Field.reference),
            office=fields.one("LOC", "22", Field.location),
            applied_at=fields.one("DTM", "137", Field.moment),
            reason=fields.one("FTX", "ACD", Field.prose),
            trader=fields.maybe("NAD", _SIDES[direction].trader, Field.party) or "",
            broker=fields.maybe("NAD", "CB", Field.party) or "",
            declarant=fields.maybe("NAD", "DT", Field.party) or "",
        )

    def render(self) -> Sequence[Segment]:
        side = _SIDES[self.direction]
        return [
            Segment("BGM", self.direction.value, self.reference, _CANCELLATION),
            *loc("22", self.office, *CUSTOMS_OFFICE),
            *dtm("137", self.applied_at),
            Segment("GIS", side.flow),
            *ftx("ACD", self.reason),
            *rff("ABE", self.reference),
            *rff("ABT", self.number),
            *nad(side.trader, self.trader, *_NATIONAL),
            *nad("CB", self.broker, *_NATIONAL),
            *nad("DT", self.declarant, *_NATIONAL),
            Segment("UNS", "D"),
            Segment("UNS", "S"),
        ]


_CANCELLATION = "1"


def _reference(head: Fields) -> str:
    reference, number = head.one("RFF", "ABE", Field.reference), head.number()
    if reference != number:
        raise Unreadable(
            Complaint(
                "E110",
                f"RFF+ABE has the declarant's reference {reference}, BGM has {number}: state the same",
                f"RFF+ABE 的预录入编号 {reference} 与 BGM 的 {number} 不一致",
            )
        )
    return reference


def _require_count(cnt: Field, items: int) -> None:
    if cnt.count(1, 1) != items:
        raise cnt.wrong("E103", 1, 1, f"is not the number of goods items, {items}", f"与商品项数 {items} 不符")


def _name(nad: Field) -> str:
    return nad.party_name() if any(nad.segment.components(4)) else ""


def _enterprise(group: Fields, qualifier: str) -> Enterprise:
    return Enterprise(
        group.one("NAD", qualifier, Field.party),
        group.maybe("RFF", "XA", Field.reference) or "",
        group.one("NAD", qualifier, _name),
        group.maybe("RFF", "AHP", Field.reference) or "",
    )


def _rendered_enterprise(qualifier: str, enterprise: Enterprise) -> Iterator[Segment]:
    yield from nad(qualifier, enterprise.customs_code, *_NATIONAL, name=enterprise.name)
    yield from rff("XA", enterprise.enterprise_code)
    yield from rff("AHP", enterprise.tax_number)
