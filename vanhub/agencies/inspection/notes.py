"""Clearance notes (通关单): applications, notes, withdrawals."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from vanhub.agencies.answering import refusing, senseless
from vanhub.agencies.codes import NoteNumber
from vanhub.agencies.enterprises import EnterpriseRecord, complaint_about
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Put, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.clearance_note import ClearanceNote, NoteApplication, NoteLine
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.requests import Request
from vanhub.agencies.tariff import Tariff

NAME = "inspection"


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A note as it was issued or withdrawn last. ``applicant``: the EDI address that got it."""

    KIND: ClassVar[str] = "note"

    note: ClearanceNote
    applicant: str
    reason: str = ""

    @property
    def key(self) -> str:
        return self.note.number


@dataclass(frozen=True, slots=True)
class Series:
    """The notes of one customs office, year and direction (``row``, the first seven digits): ``last`` serial number given."""

    KIND: ClassVar[str] = "series"

    row: str
    last: int

    @property
    def key(self) -> str:
        return self.row


def take_application(message: Message, occasion: Occasion, view: View, tariff: Tariff) -> Iterable[Effect]:
    """One note for all lines of the application, or none."""
    asked = NoteApplication.parse(message)
    request = Request.of(message, asked, occasion)
    if request.granted_before(view):
        return ()
    today = occasion.moment.astimezone(CHINA).date()
    if not occasion.overdue and view.get(EnterpriseRecord, asked.holder) is None:
        return [Park(((EnterpriseRecord.KIND, asked.holder),), occasion.moment + view.rules.duration("holder.wait", today))]
    complaints = tuple(_against(asked, today, view, tariff))
    if complaints:
        return refusing(message, complaints, occasion, view, NAME)
    return [*_issued(asked, occasion.sender, today, view), Put(request)]


def _issued(asked: NoteApplication, applicant: str, today: date, view: View) -> Iterator[Effect]:
    first = NoteNumber(asked.customs_office, today.year, asked.entry, 1)
    row = str(first)[:7]
    series = view.get(Series, row)
    number = dataclasses.replace(first, serial=series.last + 1 if series else 1)
    note = ClearanceNote(
        number=str(number),
        withdrawn=False,
        reference=asked.reference,
        entry=asked.entry,
        issued_on=today,
        valid_to=today + timedelta(days=view.rules.count("note.days", today) - 1),
        holder=asked.holder,
        customs_office=asked.customs_office,
        country=asked.country,
        lines=asked.lines,
        bill_of_lading=asked.bill_of_lading,
    )
    yield Put(Series(row, number.serial))
    yield from _told(NoteFile(note, applicant), view)


def _told(file: NoteFile, view: View) -> Iterator[Effect]:
    """Applicant and customs have the note as it is on record."""
    yield Put(file)
    for address in dict.fromkeys((file.applicant, view.addresses["customs"])):
        yield Send(address, file.note)


def _against(asked: NoteApplication, today: date, view: View, tariff: Tariff) -> Iterator[Complaint]:
    barred = complaint_about(view, asked.holder, today)
    if barred is not None:
        yield barred
    notes = view.rules.texts("note.entry" if asked.entry else "note.exit", today)
    for line in asked.lines:
        yield from _against_line(line, asked, today, notes, tariff)


def _against_line(line: NoteLine, asked: NoteApplication, today: date, notes: tuple[str, ...], tariff: Tariff) -> Iterator[Complaint]:
    rates = tariff.line(line.hs, today)
    if rates is None:
        yield Complaint("E102", f"there is no tariff code {line.hs}", f"税则号列 {line.hs} 不存在", line.number)
        return
    if not set(notes) & set(tariff.documents(line.hs, today, export=not asked.entry, country=asked.country)):
        direction_en, direction_zh = ("come in", "入境") if asked.entry else ("go out", "出境")
        en = f"goods {line.hs} that {direction_en} need no clearance note: leave the line out"
        yield Complaint("E106", en, f"{direction_zh}商品 {line.hs} 无需通关单，请删除该项", line.number)
    if line.quantity.amount <= 0:
        yield Complaint("E112", f"quantity {line.quantity.amount:f} is not more than 0", f"数量 {line.quantity.amount:f} 须大于 0", line.number)
    if rates.first_unit not in {"", line.quantity.unit}:
        en = f"goods {line.hs} are counted in {rates.first_unit}, not in {line.quantity.unit}"
        yield Complaint("E102", en, f"商品 {line.hs} 的法定计量单位为 {rates.first_unit}，非 {line.quantity.unit}", line.number)


def withdraw(number: str, reason: str, view: View) -> Iterator[Effect]:
    """Customs lets lapse what is not used yet; a declaration that has the note keeps it."""
    file = view.get(NoteFile, number)
    if file is None:
        raise senseless(f"clearance note {number} is not on record", f"通关单 {number} 不存在")
    if file.note.withdrawn:
        raise senseless(f"clearance note {number} is withdrawn already", f"通关单 {number} 已撤销")
    yield from _told(dataclasses.replace(file, note=dataclasses.replace(file.note, withdrawn=True), reason=reason), view)
