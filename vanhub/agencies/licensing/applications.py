"""Applications for licences (SANCRT 810, 910): what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

from vanhub.agencies.codes import LicenceNumber
from vanhub.agencies.enterprises import EnterpriseRecord, complaint_about
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Post, Put, Remind, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.licensing import book, quotas
from vanhub.agencies.licensing.checks import complaints_about, complaints_about_change, usual_day, working_days_later
from vanhub.agencies.licensing.quotas import Lot
from vanhub.agencies.licensing.records import Application, ApplicationState, LicenceFile, Serial, application_key, serial_key
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.messages.licence import Licence, LicenceApplication, LicenceStatus
from vanhub.agencies.messages.refusal import Refusal

ANSWER = "answer"
"""Reminder: the office's time to answer the application (its key) is over."""
LAPSE = "lapse"
"""Reminder: what is left of the licence (its number) lapses."""


def take_application(message: Message, occasion: Occasion, view: View, offices: Set[str]) -> Iterable[Effect]:
    """A new application, a change, a withdrawal. ``offices``: the codes of the licence offices."""
    asked = LicenceApplication.parse(message)
    before = view.get(Application, application_key(occasion.sender, asked.reference))
    if before is not None and before.asked == asked:
        return ()
    application = Application(asked, occasion.sender, occasion.interchange, message.reference, occasion.moment, ApplicationState.PENDING)
    if before is not None and before.state is not ApplicationState.REFUSED:
        en = f"application {asked.reference} is on record with other content; use a new number"
        return [_answer(application, (Complaint("E104", en, f"申请编号 {asked.reference} 已用于其他内容，请使用新编号"),), occasion, view)]
    wanted = _wanted(asked)
    if not occasion.overdue and any(view.get(kind, key) is None for kind, key in wanted):
        wait = view.rules.duration("application.wait", china_day(occasion.moment))
        return [Park(tuple((kind.KIND, key) for kind, key in wanted), occasion.moment + wait)]
    case = _Case(application, occasion, view)
    complaints = (*case.complaints(offices), *case.shortage())
    if complaints:
        return refusing(application, complaints, occasion, view)
    if view.rules.truth("application.officer", case.on):
        due = working_days_later(case.on, view.rules.count("application.days", case.on), view.rules)
        return [Put(application), Remind(ANSWER, application.key, end_of(due))]
    return case.granted()


def approving(application: Application, occasion: Occasion, view: View, offices: Set[str]) -> Iterable[Effect]:
    """An officer approves. What stands against it now refuses it all the same."""
    case = _Case(application, occasion, view)
    complaints = (*case.complaints(offices), *case.shortage())
    effects = refusing(application, complaints, occasion, view) if complaints else case.granted()
    return [*effects, Remind(ANSWER, application.key, None)]


def refusing(application: Application, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
    return [Put(replace(application, state=ApplicationState.REFUSED, complaints=complaints)), _answer(application, complaints, occasion, view)]


def _answer(application: Application, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Send:
    """The APERAK, which may come long after the application."""
    asked = application.asked
    refusal = Refusal(f"R{occasion.event}", occasion.moment, application.interchange, application.message, asked.reference, complaints, issuer(view))
    return Send(application.sender, refusal)


def _wanted(asked: LicenceApplication) -> tuple[tuple[type[EnterpriseRecord] | type[LicenceFile], str], ...]:
    """What has to be on record before it can be decided."""
    enterprise = (EnterpriseRecord, asked.holder)
    return (enterprise,) if asked.function == "9" else (enterprise, (LicenceFile, asked.licence))


@dataclass(frozen=True)
class _Case:
    """An application, and all that its decision looks at."""

    application: Application
    occasion: Occasion
    view: View

    @property
    def on(self) -> date:
        """The day of issue."""
        return china_day(self.occasion.moment)

    @property
    def asked(self) -> LicenceApplication:
        return self.application.asked

    @property
    def file(self) -> LicenceFile | None:
        """Of the licence to change or withdraw."""
        return self.view.get(LicenceFile, self.asked.licence) if self.asked.function != "9" else None

    def complaints(self, offices: Set[str]) -> Iterator[Complaint]:
        asked, view = self.asked, self.view
        barred = complaint_about(view, asked.holder, self.on)
        if barred is not None:
            yield barred
        if asked.function != "1":
            yield from complaints_about(asked, self._begins, offices, view.rules)
        if asked.function != "9":
            file = self.file
            if file is None:
                yield Complaint("L201", f"there is no licence {asked.licence}", f"许可证 {asked.licence} 不存在")
            else:
                yield from complaints_about_change(asked, file, self.application.sender, self.on, view)

    @property
    def _begins(self) -> date:
        """From when the validity counts: a change does not begin it again."""
        file = self.file
        return file.licence.valid_from if file is not None else self.on

    def shortage(self) -> Iterator[Complaint]:
        """What is wrong with the quota, or that it is spent."""
        asked, view = self.asked, self.view
        if asked.function == "1" or not asked.export or (asked.function == "4" and self.file is None):
            return
        lot, complaints = quotas.needed(asked.lines, asked.country, asked.quota, self._begins, view.rules)
        yield from complaints
        if complaints:
            return
        file = self.file
        before = quota_of(file, view) if file is not None else None
        if file is not None and (before and before.number) != (lot and lot.number):
            stated = file.licence.quota or "-"
            yield Complaint(
                "L206", f"a change does not move licence {file.key} from quota {stated} to another", f"变更不得改变许可证 {file.key} 的配额 {stated}"
            )
        elif lot is not None:
            more = quotas.charged(lot, asked.lines) - (quotas.charged(lot, file.licence.lines) if file is not None else 0)
            yield from quotas.overdrawn(lot, more, view)

    def granted(self) -> Iterable[Effect]:
        """The effects of an application against which there is nothing."""
        file = self.file
        if file is None:
            return self._issued()
        return self._changed(file) if self.asked.function == "4" else self._withdrawn(file)

    def _issued(self) -> Iterator[Effect]:
        asked, view, on = self.asked, self.view, self.on
        serial = Serial(asked.office, on.year, 1)
        last = view.get(Serial, serial_key(asked.office, on.year))
        serial = replace(serial, last=last.last + 1) if last is not None else serial
        number = str(LicenceNumber(on.year, letters_of(asked.office), serial.last))
        licence = self._licence(number, "9", valid_from=on)
        file = LicenceFile(licence, self.application.sender, self._recipients())
        lot = quota_of(file, view)
        transfers = list(book.opened(licence))
        if lot is not None:
            amount = quotas.charged(lot, licence.lines)
            yield from quotas.opening(lot, view)
            transfers.append(quotas.licensing(lot, amount))
            yield quotas.counted(lot, licence.office, on, view, licensed=amount)
        yield Post(book.document(number), "issued", tuple(transfers))
        yield from (Put(serial), Put(file), Put(self._decided(number)))
        yield _lapsing(file, view)
        yield from told(file)

    def _changed(self, file: LicenceFile) -> Iterator[Effect]:
        view, old = self.view, file.licence
        new = self._licence(old.number, "4", valid_from=old.valid_from)
        after = replace(file, licence=new, recipients=tuple(dict.fromkeys((*file.recipients, *self._recipients()))))
        lot = quota_of(after, view)
        transfers = list(book.changed(old, new))
        if lot is not None:
            more = quotas.charged(lot, new.lines) - quotas.charged(lot, old.lines)
            yield from quotas.opening(lot, view)
            if more > 0:
                transfers.append(quotas.licensing(lot, more))
            elif more < 0:
                transfers.append(quotas.returning(lot, -more))
            yield quotas.counted(lot, new.office, self.on, view, licensed=max(more, Decimal(0)), returned=max(-more, Decimal(0)))
        if transfers:
            yield Post(book.document(old.number), "changed", tuple(transfers))
        yield from (Put(after), Put(self._decided(old.number)))
        yield _lapsing(after, view)
        yield from told(after)

    def _withdrawn(self, file: LicenceFile) -> Iterator[Effect]:
        yield from withdrawing(file, self.asked.reference, self.asked.remarks, self.occasion, self.view)
        yield Put(self._decided(file.key))

    def _decided(self, number: str) -> Application:
        return replace(self.application, state=ApplicationState.GRANTED, licence=number)

    def _licence(self, number: str, function: str, valid_from: date) -> Licence:
        asked = self.asked
        return Licence(
            export=asked.export,
            number=number,
            function=function,
            status=LicenceStatus.APPROVED,
            issued_on=self.on,
            valid_from=valid_from,
            valid_to=asked.valid_to or usual_day(asked, valid_from, self.view.rules),
            office=asked.office,
            customs_office=asked.customs_office,
            country=asked.country,
            uses=asked.uses,
            total=asked.total,
            value=asked.value,
            mode=asked.mode,
            holder=asked.holder,
            issuer=issuer(self.view),
            lines=asked.lines,
            reference=asked.reference,
            quota=asked.quota,
            contract=asked.contract,
            origin=asked.origin,
            remarks=asked.remarks,
        )

    def _recipients(self) -> tuple[str, ...]:
        """The applicant, customs, and the customs of an export's country of destination where it gets copies."""
        asked, view = self.asked, self.view
        foreign = [name for name in quotas.FOREIGN if asked.export and asked.country in view.rules.texts(f"countries.{name}", self.on)]
        return (self.application.sender, view.addresses["customs"], *(view.addresses[f"foreign-customs-{name}"] for name in foreign))


def withdrawing(file: LicenceFile, reference: str, remarks: tuple[str, ...], occasion: Occasion, view: View) -> Iterator[Effect]:
    """What is left lapses, and all who had the licence hear that it is withdrawn."""
    licence = replace(file.licence, function="1", status=LicenceStatus.WITHDRAWN, reference=reference, remarks=remarks)
    after = replace(file, licence=licence, lapsed=True)
    yield from ending(file, "withdrawn", occasion, view)
    yield Put(after)
    yield Remind(LAPSE, file.key, None)
    yield from told(after)


def ending(file: LicenceFile, purpose: str, occasion: Occasion, view: View) -> Iterator[Effect]:
    """What is left of a licence lapses, and goes back to its quota."""
    lot = quota_of(file, view)
    transfers = list(book.ended(file, view))
    if lot is not None:
        amount = sum((lot.charge(replace(line.quantity, amount=book.left(file, line, view))) or Decimal(0) for line in file.licence.lines), Decimal(0))
        if amount:
            transfers.append(quotas.returning(lot, amount))
            yield quotas.counted(lot, file.licence.office, china_day(occasion.moment), view, returned=amount)
    if transfers:
        yield Post(book.document(file.key), purpose, tuple(transfers))


def lapsing(number: str, occasion: Occasion, view: View) -> Iterator[Effect]:
    """The licence has expired, and uses that were declared in time have been reported."""
    file = view.get(LicenceFile, number)
    if file is None:
        return
    yield from ending(file, "lapsed", occasion, view)
    yield Put(replace(file, lapsed=True))


def quota_of(file: LicenceFile, view: View) -> Lot | None:
    """The quota that a licence counts against."""
    return quotas.find(file.licence.quota, file.licence.valid_from, view.rules) if file.licence.quota else None


def told(file: LicenceFile) -> Iterator[Send]:
    return (Send(address, file.licence) for address in file.recipients)


def _lapsing(file: LicenceFile, view: View) -> Remind:
    last = file.licence.valid_to
    return Remind(LAPSE, file.key, end_of(last) + view.rules.duration("licence.settlement", last))


def issuer(view: View) -> str:
    """Licensing in documents: ``MOFTEC``."""
    return view.addresses["licensing"].partition(":")[0]


def letters_of(office: str) -> str:
    """The two letters of an office's licence numbers: AA for office 00, AB for 01, BS for 44 (assumed)."""
    first, second = divmod(int(office), 26)
    return chr(ord("A") + first) + chr(ord("A") + second)


def china_day(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def end_of(day: date) -> datetime:
    """The last moment of a day in China."""
    return datetime.combine(day, time(23, 59, 59), CHINA)
