"""Foreign exchange forms for exports (出口收汇核销单): request, issue, filing at a customs office, withdrawal, and the proof pages that name them."""

from __future__ import annotations

import calendar
import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from vanhub.agencies.answering import refusing, senseless
from vanhub.agencies.codes import FormNumber
from vanhub.agencies.enterprises import EnterpriseRecord, complaint_about
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Put, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.declaration import Cancellation, Declaration
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.requests import Request

NAME = "foreign-exchange"
FORM = "812"
"""1001 of a form, and of its number in a declaration."""


@dataclass(frozen=True, slots=True)
class ProofPage:
    """A closed declaration that names a form, as customs passed it on. ``total``: what was declared."""

    declaration: str
    declared_on: date
    total: Money


@dataclass(frozen=True, slots=True)
class FormFile:
    """``holder``: the EDI address that it was issued to; ``request``: the number under which it was asked for. ``customs_office``: where it is filed, since ``filed_on``; ``withdrawn_on``; ``""`` and None where that has not been done. ``proofs``: by declaration number."""

    KIND: ClassVar[str] = "form"

    number: str
    exporter: str
    holder: str
    request: str
    contract: str
    issued_on: date
    customs_office: str = ""
    filed_on: date | None = None
    withdrawn_on: date | None = None
    proofs: tuple[ProofPage, ...] = ()

    @property
    def key(self) -> str:
        return self.number


@dataclass(frozen=True, slots=True)
class PageEntry:
    """Which ``forms`` a declaration's proof page named. ``revoked``: customs took the page back, perhaps before it came."""

    KIND: ClassVar[str] = "proof-page"

    declaration: str
    forms: tuple[str, ...] = ()
    revoked: bool = False

    @property
    def key(self) -> str:
        return self.declaration


@dataclass(frozen=True, slots=True)
class Series:
    """The forms of one ``province``: ``last`` serial number given."""

    KIND: ClassVar[str] = "series"

    province: str
    last: int

    @property
    def key(self) -> str:
        return self.province


def take_form(message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """A request, filing or withdrawal."""
    asked = FxForm.parse(message)
    if asked.act is FormAct.REQUEST:
        return _take_request(asked, message, occasion, view)
    file = view.get(FormFile, asked.number)
    if file is None:
        raise Unreadable(Complaint("F301", f"there is no form {asked.number}", f"核销单 {asked.number} 不存在"))
    if _done(asked, occasion.sender, file):
        return ()
    complaints = tuple(_against(asked, file, occasion, view))
    if complaints:
        return refusing(message, complaints, occasion, view, NAME)
    if asked.act is FormAct.FILING:
        file = dataclasses.replace(file, customs_office=asked.customs_office, filed_on=asked.on)
        return [Put(file), Send(view.addresses["customs"], _as_told(file, FormAct.FILING, asked.on, view))]
    return [Put(dataclasses.replace(file, withdrawn_on=asked.on)), Send(view.addresses["customs"], _as_told(file, FormAct.WITHDRAWAL, asked.on, view))]


def _take_request(asked: FxForm, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    request = Request.of(message, asked, occasion)
    if request.granted_before(view):
        return ()
    today = _day_of(occasion)
    if not occasion.overdue and view.get(EnterpriseRecord, asked.exporter) is None:
        return [Park(((EnterpriseRecord.KIND, asked.exporter),), occasion.moment + view.rules.duration("exporter.wait", today))]
    barred = complaint_about(view, asked.exporter, today)
    if barred is not None:
        return refusing(message, (barred,), occasion, view, NAME)
    province = asked.exporter[:2]
    series = view.get(Series, province)
    number = FormNumber(province, series.last + 1 if series else 1)
    file = FormFile(str(number), asked.exporter, occasion.sender, asked.number, asked.contract, today)
    form = FxForm(FormAct.ISSUE, file.number, file.exporter, _identification(view), today, reference=asked.number, contract=asked.contract)
    return [Put(Series(province, number.serial)), Put(file), Send(occasion.sender, form), Put(request)]


def _done(asked: FxForm, sender: str, file: FormFile) -> bool:
    """Whether it is what was done before."""
    if (asked.exporter, sender) != (file.exporter, file.holder):
        return False
    return (file.customs_office, file.filed_on) == (asked.customs_office, asked.on) if asked.act is FormAct.FILING else file.withdrawn_on == asked.on


def _against(asked: FxForm, file: FormFile, occasion: Occasion, view: View) -> Iterator[Complaint]:
    """Against a filing or withdrawal of a form."""
    sender = occasion.sender
    # The sender dates it: an earlier day than that on which it came must not help.
    on = max(asked.on, _day_of(occasion))
    if sender != file.holder:
        yield Complaint("S901", f"form {file.number} was not issued to {sender}", f"核销单 {file.number} 并非签发给 {sender}")
    if asked.exporter != file.exporter:
        yield Complaint("F301", f"form {file.number} was not issued to {asked.exporter}", f"核销单 {file.number} 并非签发给 {asked.exporter}")
        return
    yield from _used_up(file)
    if asked.on < file.issued_on:
        yield Complaint(
            "E110", f"{asked.on} is before form {file.number} was issued, on {file.issued_on}", f"{asked.on} 早于核销单 {file.number} 签发日 {file.issued_on}"
        )
    if asked.act is FormAct.FILING:
        if file.customs_office:
            en = f"form {file.number} is filed at customs office {file.customs_office} since {file.filed_on}; a form is filed once"
            yield Complaint("F303", en, f"核销单 {file.number} 已于 {file.filed_on} 在 {file.customs_office} 备案，只能备案一次")
        barred = complaint_about(view, asked.exporter, on)
        if barred is not None:
            yield barred
    else:
        months = view.rules.count("form.withdrawal-months", file.issued_on)
        last = _months_later(file.issued_on, months)
        if on > last:
            en = f"form {file.number} of {file.issued_on} could be withdrawn until {last} ({months} months)"
            yield Complaint("E110", en, f"{file.issued_on} 签发的核销单 {file.number} 注销期限为 {last}（{months}个月）")


def _used_up(file: FormFile) -> Iterator[Complaint]:
    """A form that was withdrawn or declared is good for nothing more."""
    if file.withdrawn_on is not None:
        yield Complaint("F301", f"form {file.number} was withdrawn on {file.withdrawn_on}", f"核销单 {file.number} 已于 {file.withdrawn_on} 注销")
    if file.proofs:
        declaration = file.proofs[0].declaration
        yield Complaint("F302", f"form {file.number} was used for declaration {declaration}", f"核销单 {file.number} 已用于报关单 {declaration}")


def withdraw(number: str, occasion: Occasion, view: View) -> Iterable[Effect]:
    """An officer withdraws a form: customs and who got it are told."""
    file = view.get(FormFile, number)
    if file is None:
        raise senseless(f"there is no form {number}", f"核销单 {number} 不存在")
    today = _day_of(occasion)
    stands_against = tuple(_used_up(file))
    if stands_against:
        raise Unreadable(*stands_against)
    told = _as_told(file, FormAct.WITHDRAWAL, today, view)
    return [Put(dataclasses.replace(file, withdrawn_on=today)), Send(view.addresses["customs"], told), Send(file.holder, told)]


def _as_told(file: FormFile, act: FormAct, on: date, view: View) -> FxForm:
    return FxForm(act, file.number, file.exporter, _identification(view), on, file.request, file.customs_office, contract=file.contract)


def take_proof(message: Message, occasion: Occasion, view: View) -> Iterator[Effect]:
    """Customs passed on a closed declaration: each form that it names is declared. Nothing where the page was revoked, or came before."""
    _require_customs(occasion, view)
    page = Declaration.parse(message)
    named = sorted({document.number for document in page.documents if document.kind == FORM})
    files = [file for number in named if (file := view.get(FormFile, number)) is not None]
    if not files or view.get(PageEntry, page.number) is not None:
        return
    yield Put(PageEntry(page.number, tuple(file.number for file in files)))
    proof = ProofPage(page.number, page.declared_on, page.total)
    for file in files:
        yield Put(dataclasses.replace(file, proofs=tuple(sorted((*file.proofs, proof), key=lambda each: each.declaration))))


def take_revocation(message: Message, occasion: Occasion, view: View) -> Iterator[Effect]:
    """Customs deleted a closed declaration: the forms that its page named are free again."""
    _require_customs(occasion, view)
    declaration = Cancellation.parse(message).number
    page = view.get(PageEntry, declaration) or PageEntry(declaration)
    yield Put(dataclasses.replace(page, revoked=True))
    for number in page.forms:
        file = view.get(FormFile, number)
        if file is not None:
            yield Put(dataclasses.replace(file, proofs=tuple(proof for proof in file.proofs if proof.declaration != declaration)))


def _require_customs(occasion: Occasion, view: View) -> None:
    if occasion.sender != view.addresses["customs"]:
        raise Unreadable(
            Complaint("S901", f"proof pages come from customs, not from {occasion.sender}", f"报关单收汇核销联应由海关发送，{occasion.sender} 无权发送")
        )


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of the month that has none."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _day_of(occasion: Occasion) -> date:
    return occasion.moment.astimezone(CHINA).date()


def _identification(view: View) -> str:
    """As which the administration signs."""
    return view.addresses[NAME].partition(":")[0]
