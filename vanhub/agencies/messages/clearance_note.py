"""SANCRT 841: the application for a goods clearance note (通关单), and the note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages import sancrt
from vanhub.agencies.messages.fields import COUNTRY, CUSTOMS_OFFICE, Field, Fields, dtm, loc, pna, qty, rff
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.messages.sancrt import Side


@dataclass(frozen=True, slots=True)
class NoteLine:
    """LIN: the goods that the note is for."""

    number: int
    hs: str
    name: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class NoteApplication:
    """SANCRT 841 with function 13 (request). ``reference``: the applicant's (BGM 1004); ``entry``: for goods that come in (A), else go out (B); ``holder``: 13-character enterprise code (PNA+IM, EX);
    ``customs_office``: where it will be declared (LOC+22); ``country``: of despatch or destination (LOC+35, 28); ``bill_of_lading``: of what comes in (RFF+BM)."""

    TYPE: ClassVar[str] = "SANCRT"

    reference: str
    entry: bool
    applied_on: date
    holder: str
    customs_office: str
    country: str
    lines: tuple[NoteLine, ...]
    bill_of_lading: str = ""

    @classmethod
    def parse(cls, message: Message) -> NoteApplication:
        """Raises ``Unreadable``."""
        around, lines = sancrt.goods_lines(Fields.of(message))
        entry = _is_entry(around)
        return cls(
            reference=around.number(),
            entry=entry,
            applied_on=around.one("DTM", "137", Field.date),
            holder=around.one("PNA", ("EX", "IM"), Field.party),
            customs_office=around.one("LOC", "22", Field.location),
            country=around.one("LOC", Side.of(not entry).country, Field.location),
            lines=tuple(map(_line, lines)),
            bill_of_lading=around.maybe("RFF", "BM", Field.reference) or "",
        )

    def render(self) -> Sequence[Segment]:
        return [
            sancrt.document("841", self.reference, "13"),
            *dtm("137", self.applied_on),
            *_places(self),
            *rff("BM", self.bill_of_lading),
            *_goods(self),
        ]


@dataclass(frozen=True, slots=True)
class ClearanceNote:
    """SANCRT 841 with function 9 (issued) or 1 (withdrawn). ``number``: 15 digits; ``reference``: the application's (RFF+ABE). Used once."""

    TYPE: ClassVar[str] = "SANCRT"

    number: str
    withdrawn: bool
    reference: str
    entry: bool
    issued_on: date
    valid_to: date
    holder: str
    customs_office: str
    country: str
    lines: tuple[NoteLine, ...]
    bill_of_lading: str = ""

    @classmethod
    def parse(cls, message: Message) -> ClearanceNote:
        """Raises ``Unreadable``."""
        around, lines = sancrt.goods_lines(Fields.of(message))
        entry = _is_entry(around)
        return cls(
            number=around.number(),
            withdrawn=around.function("9", "1") == "1",
            reference=around.one("RFF", "ABE", Field.reference),
            entry=entry,
            issued_on=around.one("DTM", "182", Field.date),
            valid_to=around.one("DTM", "36", Field.date),
            holder=around.one("PNA", ("EX", "IM"), Field.party),
            customs_office=around.one("LOC", "22", Field.location),
            country=around.one("LOC", Side.of(not entry).country, Field.location),
            lines=tuple(map(_line, lines)),
            bill_of_lading=around.maybe("RFF", "BM", Field.reference) or "",
        )

    def render(self) -> Sequence[Segment]:
        return [
            sancrt.document("841", self.number, "1" if self.withdrawn else "9"),
            *dtm("182", self.issued_on),
            *dtm("36", self.valid_to),
            sancrt.status("40" if self.withdrawn else "39"),
            *_places(self),
            *rff("ABE", self.reference),
            *rff("BM", self.bill_of_lading),
            *_goods(self),
        ]


def _is_entry(around: Fields) -> bool:
    """The holder is the importer, not the exporter."""
    return around.one("PNA", ("EX", "IM"), lambda pna: pna.text(1)) == "IM"


def _line(line: Fields) -> NoteLine:
    return NoteLine(
        number=line.one("LIN", "", sancrt.line_number),
        hs=sancrt.tariff_code(line),
        name=sancrt.goods_name(line),
        quantity=line.one("QTY", "1", Field.quantity),
    )


def _places(note: NoteApplication | ClearanceNote) -> Iterator[Segment]:
    yield from loc("22", note.customs_office, *CUSTOMS_OFFICE)
    yield from loc(Side.of(not note.entry).country, note.country, *COUNTRY)


def _goods(note: NoteApplication | ClearanceNote) -> Iterator[Segment]:
    yield from pna(Side.of(not note.entry).party, note.holder)
    for line in note.lines:
        yield from sancrt.goods(line.number, line.hs, line.name)
        yield from qty("1", line.quantity)
    yield sancrt.total_of_lines(note.lines)
