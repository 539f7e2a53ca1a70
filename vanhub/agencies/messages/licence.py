"""SANCRT 810, 910 and 811, 911: the application for an export or import licence, and the licence (许可证)."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages import sancrt
from vanhub.agencies.messages.fields import COUNTRY, CUSTOMS_OFFICE, Field, Fields, dtm, ftx, loc, mea, moa, pna, qty, rff
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.messages.sancrt import Side

# What MULTI without a number means: as many uses as the form ``licence_uses`` has.
_MOST_USES = 12
_UNKNOWN = "46"
"""STS 4405 of an answer about a licence that is not there: does not exist."""


class LicenceStatus(enum.StrEnum):
    """STS 4405. An application that is not approved is refused by APERAK: it has no licence, and no number of one."""

    APPROVED = "39"
    WITHDRAWN = "40"


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """LIN: ``hs`` 8 or 10 digits, ``name`` IMD, at most 512 characters, ``quantity`` QTY+1, ``price`` MOA+146, ``origin`` LOC+27."""

    number: int
    hs: str
    name: str
    quantity: Quantity
    price: Money | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class LicenceApplication:
    """``export``: 810, else 910. ``reference``: the applicant's (BGM 1004); ``function``: 9 new, 4 change, 1 withdrawal; ``licence``: the one to change (RFF+EX, IP). ``office``: licence office (LOC+91), ``customs_office``: the one
    customs office (LOC+42, 41); ``country``: LOC+28 or 35; ``uses``: 1 (``ONE``) or 2 to 12 (``MULTI:n``); ``mode``: supervision mode; ``holder``: 13-character enterprise code (PNA+EX, IM); ``quota``: RFF+ABJ.
    """

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    reference: str
    function: str
    applied_on: date
    office: str
    customs_office: str
    country: str
    uses: int
    total: Quantity
    value: Money
    mode: str
    holder: str
    lines: tuple[LicenceLine, ...]
    licence: str = ""
    quota: str = ""
    contract: str = ""
    origin: str = ""
    valid_to: date | None = None
    remarks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> LicenceApplication:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        export = sancrt.tells_export(fields, {"810": True, "910": False})
        side = Side.of(export)
        around, lines = sancrt.goods_lines(fields)
        return cls(
            export=export,
            reference=around.number(),
            function=around.function("9", "4", "1"),
            applied_on=around.one("DTM", "137", Field.date),
            valid_to=around.maybe("DTM", "36", Field.date),
            office=around.one("LOC", "91", Field.location),
            customs_office=around.one("LOC", side.customs_office, Field.location),
            country=around.one("LOC", side.country, Field.location),
            origin=around.maybe("LOC", "27", Field.location) or "",
            quota=around.maybe("RFF", "ABJ", Field.reference) or "",
            contract=around.maybe("RFF", "CT", Field.reference) or "",
            licence=around.maybe("RFF", side.licence, Field.reference) or "",
            uses=around.one("FTX", "AAX", _uses),
            remarks=around.all("FTX", "AAI", Field.prose),
            total=around.one("MEA", "ABU", Field.quantity),
            value=around.one("MOA", "128", Field.money),
            mode=around.one("CST", "", lambda cst: cst.text(2)),
            holder=around.one("PNA", side.party, Field.party),
            lines=tuple(map(_line, lines)),
        )

    def render(self) -> Sequence[Segment]:
        side = Side.of(self.export)
        return [
            sancrt.document("810" if self.export else "910", self.reference, self.function),
            *dtm("137", self.applied_on),
            *dtm("36", self.valid_to),
            *_places(self, side),
            *rff("ABJ", self.quota),
            *rff("CT", self.contract),
            *rff(side.licence, self.licence),
            *_terms(self),
            *pna(side.party, self.holder),
            *(segment for line in self.lines for segment in _line_segments(line)),
            sancrt.total_of_lines(self.lines),
        ]


@dataclass(frozen=True, slots=True)
class Licence:
    """``export``: 811, else 911. ``number``: BGM 1004, ``function``: 9 issued, 4 changed, 1 withdrawn; ``reference``: the application's (RFF+ABE); ``issuer``: PNA+VQ. The rest as in the application."""

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    number: str
    function: str
    status: LicenceStatus
    issued_on: date
    valid_from: date
    valid_to: date
    office: str
    customs_office: str
    country: str
    uses: int
    total: Quantity
    value: Money
    mode: str
    holder: str
    issuer: str
    lines: tuple[LicenceLine, ...]
    reference: str = ""
    quota: str = ""
    contract: str = ""
    origin: str = ""
    remarks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> Licence:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        export = sancrt.tells_export(fields, {"811": True, "911": False})
        side = Side.of(export)
        around, lines = sancrt.goods_lines(fields)
        return cls(
            export=export,
            number=around.number(),
            function=around.function("9", "4", "1"),
            status=around.one("STS", "", lambda sts: sts.code(2, of=LicenceStatus)),
            issued_on=around.one("DTM", "182", Field.date),
            valid_from=around.one("DTM", "157", Field.date),
            valid_to=around.one("DTM", "36", Field.date),
            office=around.one("LOC", "91", Field.location),
            customs_office=around.one("LOC", side.customs_office, Field.location),
            country=around.one("LOC", side.country, Field.location),
            origin=around.maybe("LOC", "27", Field.location) or "",
            reference=around.maybe("RFF", "ABE", Field.reference) or "",
            quota=around.maybe("RFF", "ABJ", Field.reference) or "",
            contract=around.maybe("RFF", "CT", Field.reference) or "",
            uses=around.one("FTX", "AAX", _uses),
            remarks=around.all("FTX", "AAI", Field.prose),
            total=around.one("MEA", "ABU", Field.quantity),
            value=around.one("MOA", "128", Field.money),
            mode=around.one("CST", "", lambda cst: cst.text(2)),
            holder=around.one("PNA", side.party, Field.party),
            issuer=around.one("PNA", "VQ", Field.party),
            lines=tuple(map(_line, lines)),
        )

    def render(self) -> Sequence[Segment]:
        side = Side.of(self.export)
        return [
            sancrt.document(side.document, self.number, self.function),
            *dtm("182", self.issued_on),
            *dtm("157", self.valid_from),
            *dtm("36", self.valid_to),
            sancrt.status(self.status),
            *_places(self, side),
            *rff("ABE", self.reference),
            *rff("ABJ", self.quota),
            *rff("CT", self.contract),
            *_terms(self),
            *pna(side.party, self.holder),
            *pna("VQ", self.issuer),
            *(segment for line in self.lines for segment in _line_segments(line)),
            sancrt.total_of_lines(self.lines),
        ]


@dataclass(frozen=True, slots=True)
class UsedLine:
    """LIN of a usage report: ``quantity`` MEA+AAK, ``value`` MOA+63 or 141."""

    number: int
    hs: str
    quantity: Quantity
    value: Money | None = None


@dataclass(frozen=True, slots=True)
class LicenceUsage:
    """SANCRT 901: customs reports one use of a licence to its office (核销). ``number``: BGM 1004; ``cancelled``: function 1, takes the report of that number back; ``declaration``: RFF+ABT; ``office``: LOC+22."""

    TYPE: ClassVar[str] = "SANCRT"

    number: str
    cancelled: bool
    export: bool
    licence: str
    declaration: str
    declared_on: date
    office: str
    lines: tuple[UsedLine, ...]

    @classmethod
    def parse(cls, message: Message) -> LicenceUsage:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        around, lines = sancrt.goods_lines(fields)
        export = around.one("DOC", ("811", "911"), lambda doc: doc.choice({"811": True, "911": False}, 1))
        return cls(
            number=around.number(),
            cancelled=around.function("9", "1") == "1",
            export=export,
            licence=around.one("RFF", Side.of(export).licence, Field.reference),
            declaration=around.one("RFF", "ABT", Field.reference),
            declared_on=around.one("DTM", "148", Field.date),
            office=around.one("LOC", "22", Field.location),
            lines=tuple(map(_used_line, lines)),
        )

    def render(self) -> Sequence[Segment]:
        side = Side.of(self.export)
        return [
            sancrt.document("901", self.number, "1" if self.cancelled else "9"),
            *dtm("148", self.declared_on),
            sancrt.status("2"),
            *loc("22", self.office, *CUSTOMS_OFFICE),
            *rff(side.licence, self.licence),
            *rff("ABT", self.declaration),
            Segment("DOC", side.document, self.licence),
            *pna("CM", self.office),
            *(segment for line in self.lines for segment in (sancrt.lin(line.number, line.hs), *mea("AAK", line.quantity), *moa(side.value, line.value))),
            sancrt.total_of_lines(self.lines),
        ]


@dataclass(frozen=True, slots=True)
class LicenceQuery:
    """SANCRT 811 or 911 with function 13: what is there under this licence? ``reference``: the asker's (RFF+ABE)."""

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    licence: str
    reference: str
    asked_on: date

    @classmethod
    def parse(cls, message: Message) -> LicenceQuery:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        return cls(
            export=sancrt.tells_export(fields, {"811": True, "911": False}),
            licence=fields.number(),
            reference=fields.one("RFF", "ABE", Field.reference),
            asked_on=fields.one("DTM", "137", Field.date),
        )

    def render(self) -> Sequence[Segment]:
        return [sancrt.document(Side.of(self.export).document, self.licence, "13"), *dtm("137", self.asked_on), *rff("ABE", self.reference)]


@dataclass(frozen=True, slots=True)
class LicenceBalance:
    """SANCRT 811 or 911 with function 11: the answer to a query. ``known`` False: no such licence, or not the asker's business, and nothing below holds. ``left``: (line, quantity) still to be used (QTY+143), ``uses_left`` FTX+AAX; ``quota`` RFF+ABJ, ``granted``: the
    licence's total quantity (MEA+ABU)."""

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    licence: str
    reference: str
    answered_on: date
    known: bool
    status: LicenceStatus | None = None
    valid_to: date | None = None
    holder: str = ""
    country: str = ""
    quota: str = ""
    uses_left: int | None = None
    left: tuple[tuple[int, Quantity], ...] = ()
    granted: Quantity | None = None

    @classmethod
    def parse(cls, message: Message) -> LicenceBalance:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        export = sancrt.tells_export(fields, {"811": True, "911": False})
        side = Side.of(export)
        around, lines = fields.items("LIN", "CNT")
        status = around.one("STS", "", lambda sts: sts.choice({**{each.value: each for each in LicenceStatus}, _UNKNOWN: None}, 2))
        return cls(
            export=export,
            licence=around.number(),
            reference=around.one("RFF", "ABE", Field.reference),
            answered_on=around.one("DTM", "137", Field.date),
            known=status is not None,
            status=status,
            valid_to=around.maybe("DTM", "36", Field.date),
            holder=around.maybe("PNA", side.party, Field.party) or "",
            country=around.maybe("LOC", side.country, Field.location) or "",
            quota=around.maybe("RFF", "ABJ", Field.reference) or "",
            uses_left=around.maybe("FTX", "AAX", _uses_left),
            granted=around.maybe("MEA", "ABU", Field.quantity),
            left=tuple((line.one("LIN", "", sancrt.line_number), line.one("QTY", "143", Field.quantity)) for line in lines),
        )

    def render(self) -> Sequence[Segment]:
        side = Side.of(self.export)
        return [
            sancrt.document(side.document, self.licence, "11"),
            *dtm("137", self.answered_on),
            *dtm("36", self.valid_to),
            sancrt.status(self.status if self.status is not None else _UNKNOWN),
            *loc(side.country, self.country, *COUNTRY),
            *rff("ABE", self.reference),
            *rff("ABJ", self.quota),
            *(ftx("AAX", f"LEFT:{self.uses_left}") if self.uses_left is not None else ()),
            *mea("ABU", self.granted),
            *pna(side.party, self.holder),
            *(segment for number, quantity in self.left for segment in (sancrt.lin(number), *qty("143", quantity))),
            sancrt.total_of_lines(self.left),
        ]


def _line(line: Fields) -> LicenceLine:
    return LicenceLine(
        number=line.one("LIN", "", sancrt.line_number),
        hs=sancrt.tariff_code(line),
        name=sancrt.goods_name(line),
        quantity=line.one("QTY", "1", Field.quantity),
        price=line.maybe("MOA", "146", Field.money),
        origin=line.maybe("LOC", "27", Field.location) or "",
    )


def _line_segments(line: LicenceLine) -> Iterator[Segment]:
    yield from sancrt.goods(line.number, line.hs, line.name)
    yield from loc("27", line.origin, *COUNTRY)
    yield from qty("1", line.quantity)
    yield from moa("146", line.price)


def _used_line(line: Fields) -> UsedLine:
    return UsedLine(
        number=line.one("LIN", "", sancrt.line_number),
        hs=sancrt.tariff_code(line),
        quantity=line.one("MEA", "AAK", Field.quantity),
        value=line.maybe("MOA", ("63", "141"), Field.money),
    )


def _places(terms: LicenceApplication | Licence, side: Side) -> Iterator[Segment]:
    yield from loc("91", terms.office, *CUSTOMS_OFFICE)
    yield from loc(side.customs_office, terms.customs_office, *CUSTOMS_OFFICE)
    yield from loc(side.country, terms.country, *COUNTRY)
    yield from loc("27", terms.origin, *COUNTRY)


def _terms(terms: LicenceApplication | Licence) -> Iterator[Segment]:
    yield from ftx("AAX", "ONE" if terms.uses == 1 else f"MULTI:{terms.uses}")
    for remark in terms.remarks:
        yield from ftx("AAI", remark)
    yield from mea("ABU", terms.total)
    yield from moa("128", terms.value)
    yield Segment("CST", "", [terms.mode, "117", "ZZZ"])


def _uses(field: Field) -> int:
    kind, number = _counted(field)
    if kind == "ONE" and number is None:
        return 1
    number = _MOST_USES if number is None else number
    if kind == "MULTI" and 2 <= number <= _MOST_USES:
        return number
    raise field.wrong("E112", 4, 0, f"is neither ONE nor MULTI:n with n from 2 to {_MOST_USES}", f"不是 ONE，也不是 MULTI:n（n 为2至{_MOST_USES}）")


def _uses_left(field: Field) -> int:
    kind, number = _counted(field)
    if kind != "LEFT" or number is None:
        raise field.wrong("E112", 4, 0, "is not LEFT:n with n from 0 to 99", "不是 LEFT:n（n 为0至99）")
    return number


def _counted(field: Field) -> tuple[str, int | None]:
    """A word and a number of at most two digits, in one component of FTX or, the colon not being released, in two."""
    kind, _, number = ":".join([field.text(4), *field.segment.components(4)[1:]]).partition(":")
    return (kind, int(number)) if number.isascii() and number.isdigit() and len(number) <= 2 else ("" if number else kind, None)
