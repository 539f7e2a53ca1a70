"""CUSDEC: one goods item, and what the header and its items have in common: documents and taxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydifact.segments import Segment

from vanhub.agencies.messages.fields import COUNTRY, CUSTOMS_OFFICE, Field, Fields, dtm, ftx, loc, mea, moa, numeral, rff
from vanhub.agencies.messages.parts import Money, Quantity

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


def _yuan(moa: Field) -> Decimal:
    moa.choice({"CNY": ""}, 1, 2)
    return moa.decimal(1, 1)


def _dollars(moa: Field) -> Decimal:
    moa.choice({"USD": ""}, 1, 2)
    return moa.decimal(1, 1)
