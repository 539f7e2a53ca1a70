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
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity


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
_TAXES = {"CUD": "CUD", "VAT": "VAT", "EXC": "EXC"}


@dataclass(frozen=True, slots=True)
class Tax:
    """TAX and its MOA. ``kind``: CUD duty, VAT, EXC excise; ``rate`` in percent (None in a total), ``base`` MOA+56 (None in a total), ``amount`` MOA+55 of an item and MOA+161 of a total, CNY."""

    kind: str
    rate: Decimal | None
    base: Decimal | None
    amount: Decimal

    @classmethod
    def parse_item(cls, group: Fields) -> Tax:
        kind, rate = group.one("TAX", "1", lambda tax: (tax.choice(_TAXES, 2), tax.decimal(5, 3)))
        return cls(kind, rate, group.one("MOA", "56", _yuan), group.one("MOA", "55", _yuan))

    @classmethod
    def parse_total(cls, group: Fields) -> Tax:
        return cls(group.one("TAX", "3", lambda tax: tax.choice(_TAXES, 2)), None, None, group.one("MOA", "161", _yuan))

    def render(self) -> Iterator[Segment]:
        if self.rate is None or self.base is None:
            yield Segment("TAX", "3", self.kind)
            yield from moa("161", Money(self.amount, "CNY"))
        else:
            yield Segment("TAX", "1", self.kind, "", "", ["", "", "", numeral(self.rate)])
            yield from moa("56", Money(self.base, "CNY"))
            yield from moa("55", Money(self.amount, "CNY"))


@dataclass(frozen=True, slots=True)
class Document:
    """DOC: ``kind`` is 1001 (811 export licence, 911 import licence, 812 and 927 foreign exchange forms, 841 clearance note, ...), or the supervision document's code where 3055 is ZZZ
    (``national``); ``issued`` DTM+182, ``office`` LOC+91.
    """

    kind: str
    number: str
    national: bool = False
    issued: date | None = None
    office: str = ""

    @classmethod
    def parse(cls, group: Fields) -> Document:
        kind, national, number = group.one("DOC", "", lambda doc: (doc.text(1), doc.optional(1, 2) == "ZZZ", doc.text(2)))
        return cls(kind, number, national, group.maybe("DTM", "182", Field.date), group.maybe("LOC", "91", Field.location) or "")

    def render(self) -> Iterator[Segment]:
        yield Segment("DOC", [self.kind, "", "ZZZ" if self.national else ""], self.number)
        yield from dtm("182", self.issued)
        yield from loc("91", self.office, *CUSTOMS_OFFICE)


@dataclass(frozen=True, slots=True)
class Item:
    """One goods item (CST .. before the next). ``hs``: 6 to 10 digits; ``duty_mode``: list duty_modes; ``amount`` MOA+38, ``price`` MOA+146 (one declared unit), ``customs_value`` MOA+40
    (CNY), ``statistical`` MOA+123 (USD); ``first``, ``second``: the legal quantities, ``declared``: what the price is for.
    """

    number: int
    hs: str
    duty_mode: str
    name: str
    origin: str
    declared: Quantity
    first: Quantity
    amount: Money
    second: Quantity | None = None
    price: Money | None = None
    customs_value: Decimal | None = None
    statistical: Decimal | None = None
    final_country: str = ""
    handbook_line: str = ""
    quota: str = ""
    documents: tuple[Document, ...] = ()
    taxes: tuple[Tax, ...] = ()

    @classmethod
    def parse(cls, group: Fields) -> Item:
        rest, taxes = group.groups("TAX")
        goods, documents = rest.groups("DOC")
        return cls(
            number=goods.one("CST", "", lambda cst: cst.count(1)),
            hs=goods.one("CST", "", lambda cst: cst.text(2)),
            duty_mode=goods.one("CST", "", lambda cst: cst.text(3)),
            name=" ".join(goods.all("FTX", "AAA", Field.prose)) or goods.one("FTX", "AAA", Field.prose),
            origin=goods.one("LOC", "27", Field.location),
            declared=goods.one("MEA", "AAF", Field.quantity),
            first=goods.one("MEA", "AAR", Field.quantity),
            amount=goods.one("MOA", "38", Field.money),
            second=goods.maybe("MEA", "AAS", Field.quantity),
            price=goods.maybe("MOA", "146", Field.money),
            customs_value=goods.maybe("MOA", "40", _yuan),
            statistical=goods.maybe("MOA", "123", _dollars),
            final_country=goods.maybe("LOC", "36", Field.location) or "",
            handbook_line=goods.maybe("RFF", "AFD", Field.reference) or "",
            quota=goods.sole("RFF", "ABJ", Field.reference) or "",
            documents=tuple(map(Document.parse, documents)),
            taxes=tuple(map(Tax.parse_item, taxes)),
        )

    def render(self) -> Iterator[Segment]:
        # 169 is the Harmonized System, 122 the tariff that is made of it.
        tariff = [self.hs, "169" if len(self.hs) == 6 else "122", "ZZZ"]
        yield Segment("CST", str(self.number), tariff, [self.duty_mode, "110", "ZZZ"])
        yield from ftx("AAA", self.name)
        yield from loc("27", self.origin, *COUNTRY)
        yield from loc("36", self.final_country, *COUNTRY)
        yield from mea("AAR", self.first)
        yield from mea("AAS", self.second)
        yield from mea("AAF", self.declared)
        yield from moa("38", self.amount)
        yield from moa("146", self.price)
        if self.customs_value is not None:
            yield from moa("40", Money(self.customs_value, "CNY"))
        if self.statistical is not None:
            yield from moa("123", Money(self.statistical, "USD"))
        yield from rff("AFD", self.handbook_line)
        yield from rff("ABJ", self.quota)
        for document in self.documents:
            yield from document.render()
        for tax in self.taxes:
            yield from tax.render()


@dataclass(frozen=True, slots=True)
class Transport:
    """TDT: ``mode`` is 8067, ``conveyance`` 8213 (IMO number), ``name`` 8212."""

    voyage: str
    mode: str
    conveyance: str = ""
    name: str = ""

    @classmethod
    def parse(cls, field: Field) -> Transport:
        return cls(field.optional(2), field.text(3), field.optional(8), field.optional(8, 3))

    def render(self, stage: str) -> Iterator[Segment]:
        """``stage``: 8051, 11 at the border, 20 main carriage."""
        yield Segment("TDT", stage, self.voyage, self.mode, "", "", "", "", [self.conveyance, "103" if self.conveyance else "", "", self.name])


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


def _yuan(moa: Field) -> Decimal:
    moa.choice({"CNY": ""}, 1, 2)
    return moa.decimal(1, 1)


def _dollars(moa: Field) -> Decimal:
    moa.choice({"USD": ""}, 1, 2)
    return moa.decimal(1, 1)


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
