"""The register: how enterprises come onto it, change, are checked, lapse and close; and its answers, of which the hub gives the other agencies copies."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from vanhub.agencies.answering import refusal, senseless, word
from vanhub.agencies.codes import CustomsCode, serial_after
from vanhub.agencies.enterprises import CustomsCodeEntry, EnterpriseRecord, kept, read_row
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Put, Remind, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.registry.checks import against, against_opening
from vanhub.agencies.registry.records import Dossier, Series, group_of
from vanhub.agencies.requests import Request

NAME = "registry"
CHECK = "annual-check"
"""Subject of the reminder on the day after the last one for annual checks; its key is a series' group."""


def take_request(message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """An opening, change, annual check or closure."""
    asked = Registration.parse(message)
    request = Request.of(message, asked, occasion)
    if request.granted_before(view):
        return ()
    known = view.get(EnterpriseRecord, asked.enterprise_code)
    if asked.act is RegistrationAct.OPEN:
        complaints = tuple(against_opening(asked, known))
        granted = _opened(asked, occasion, view)
    elif known is None:
        if not occasion.overdue:
            return [Park(((EnterpriseRecord.KIND, asked.enterprise_code),), occasion.moment + view.rules.duration("opening.wait", day_of(occasion)))]
        en = f"enterprise {asked.enterprise_code} is not on the register: open it first"
        complaints = (Complaint("E101", en, f"企业 {asked.enterprise_code} 未备案，请先办理开业登记"),)
        granted = iter(())
    else:
        dossier = view.get(Dossier, known.code) or Dossier(known.code)
        complaints = tuple(against(asked, known, dossier, occasion.sender, day_of(occasion)))
        granted = _told(known, _as_asked(asked, known), asked.act, asked.on, occasion.sender, view, asked)
    if complaints:
        return _refused(asked, message, complaints, occasion, view)
    return [*granted, Put(request)]


def _opened(asked: Registration, occasion: Occasion, view: View) -> Iterator[Effect]:
    today = day_of(occasion)
    zone = "1" if asked.region.startswith(view.rules.texts("zone.special", today)) else view.rules.text("zone.other", today)
    group = asked.region + zone + asked.ownership
    series = view.get(Series, group)
    code = CustomsCode(asked.region, zone, asked.ownership, serial_after(series.last if series else "0000"))
    record = EnterpriseRecord(
        asked.enterprise_code,
        str(code),
        asked.name,
        asked.tax_number,
        asked.business_licence,
        asked.capital,
        _version(asked),
        asked.valid_from,
    )
    yield from _counted(code, series, occasion, view)
    yield Put(CustomsCodeEntry(record.customs_code, record.code))
    yield from _told(None, record, asked.act, asked.on, occasion.sender, view, asked)


def _counted(code: CustomsCode, series: Series | None, occasion: Occasion, view: View) -> Iterator[Effect]:
    """The code is in use; the first of its series has the series checked."""
    if series is None or series.last < code.serial:
        yield Put(Series(group_of(code), code.serial))
    if series is None:
        yield Remind(CHECK, group_of(code), _check_after(day_of(occasion), view))


def _as_asked(asked: Registration, known: EnterpriseRecord) -> EnterpriseRecord:
    match asked.act:
        case RegistrationAct.CHANGE:
            changed = dataclasses.replace(
                known, name=asked.name, tax_number=asked.tax_number, business_licence=asked.business_licence, capital=asked.capital, version=_version(asked)
            )
        case RegistrationAct.RENEW:
            changed = dataclasses.replace(known, checked_on=asked.on)
        case _:
            changed = dataclasses.replace(known, closed_on=asked.on)
    return known.joined(changed)


def _version(asked: Registration) -> str:
    return f"{asked.on} {asked.number}"


def _told(
    known: EnterpriseRecord | None,
    record: EnterpriseRecord,
    event: RegistrationAct,
    on: date,
    to: str,
    view: View,
    asked: Registration | None = None,
    remarks: tuple[str, ...] = (),
) -> Iterator[Effect]:
    """Put ``record`` in place of ``known`` and answer ``to`` with all that is on record. ``asked`` is None where nobody asked for it."""
    dossier = view.get(Dossier, record.code) or Dossier(record.code, to if known is None else "")
    dossier = dataclasses.replace(dossier, answers=dossier.answers + 1)
    yield Put(dossier)
    if record != known:
        yield Put(record)
    answer = Registration(
        act=RegistrationAct.GRANTED,
        answers=event,
        # Copies of a later answer have the later particulars, whatever they are dated.
        number=f"{record.code}-{dossier.answers:05}",
        reference=asked.number if asked else "",
        registrar=_identification(view),
        sender=asked.sender if asked else record.code,
        on=on,
        enterprise_code=record.code,
        customs_code=record.customs_code,
        name=record.name,
        tax_number=record.tax_number,
        business_licence=record.business_licence,
        valid_from=record.opened_on,
        region=record.region,
        ownership=record.ownership,
        capital=record.capital,
        remarks=remarks,
    )
    yield Send(to, answer)


def _refused(asked: Registration, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> list[Effect]:
    """REGENT has the reasons in words only: the APERAK has the codes."""
    answer = dataclasses.replace(
        asked,
        act=RegistrationAct.REFUSED,
        answers=asked.act,
        number=f"R{occasion.event}",
        reference=asked.number,
        registrar=_identification(view),
        remarks=tuple(f"{complaint.code} {complaint.text_zh} {complaint.text_en}" for complaint in complaints),
    )
    return [Send(occasion.sender, answer), refusal(message, complaints, occasion, view, NAME)]


def lapse(group: str, occasion: Occasion, view: View) -> Iterator[Effect]:
    """The days for annual checks are over: who has not made this year's may not trade until it does."""
    today = day_of(occasion)
    since = _last_day(today.year, view) + timedelta(days=1)
    if since > today:
        since = _last_day(today.year - 1, view) + timedelta(days=1)
    for entry in view.list(CustomsCodeEntry, group):
        record = view.get(EnterpriseRecord, entry.code)
        if record is None or record.opened_on.year >= since.year or (record.closed_on is not None and record.closed_on <= since) or record.lapsed(since):
            continue
        if record.checked_on is None or record.checked_on.year < since.year:
            remarks = (f"未按期办理 {since.year} 年度年检，备案自 {since} 起失效。 The annual check of {since.year} was not made: lapsed from {since} on.",)
            yield from _notice(record, dataclasses.replace(record, lapsed_on=since), RegistrationAct.LAPSE, since, view, remarks)
    yield Remind(CHECK, group, _check_after(today, view))


def revoke(words: Mapping[str, str], occasion: Occasion, view: View) -> Iterator[Effect]:
    """The register closes an enterprise by itself: ``enterprise=CODE reason=WORDS``."""
    record = _named(words, view)
    today = day_of(occasion)
    if record.closed_on is not None and record.closed_on <= today:
        raise senseless(f"enterprise {record.code} closed on {record.closed_on}", f"企业 {record.code} 已于 {record.closed_on} 注销")
    yield from _notice(record, dataclasses.replace(record, closed_on=today), RegistrationAct.CLOSE, today, view, (word(words, "reason"),))


def hand_over(words: Mapping[str, str], view: View) -> Iterator[Effect]:
    """Another EDI address speaks for an enterprise from now on: ``enterprise=CODE address=ADDRESS:QUALIFIER``."""
    record, address = _named(words, view), word(words, "address")
    yield Put(dataclasses.replace(view.get(Dossier, record.code) or Dossier(record.code), address=address))


def load(row: Mapping[str, str], occasion: Occasion, view: View) -> Iterator[Effect]:
    """A row of the file of enterprises, with a column more where it is known who speaks for them: ``address``. Raises ``Unreadable``: it cannot be read, or one of its codes is another enterprise's."""
    record = read_row(row)
    known = view.get(EnterpriseRecord, record.code)
    if known is None:
        code = CustomsCode.parse(record.customs_code)
        series = view.get(Series, group_of(code))
        # Above the highest serial number no code is taken: most rows are spared the look.
        taken = view.get(CustomsCodeEntry, record.customs_code) if series is not None and code.serial <= series.last else None
        if taken is not None:
            en = f"customs code {record.customs_code} is that of enterprise {taken.code}"
            raise Unreadable(Complaint("E104", en, f"海关注册编码 {record.customs_code} 已为企业 {taken.code} 所用"))
        yield from _counted(code, series, occasion, view)
    elif known.customs_code != record.customs_code:
        en = f"enterprise {record.code} is on the register with customs code {known.customs_code}, not {record.customs_code}"
        raise Unreadable(Complaint("E104", en, f"企业 {record.code} 已备案，海关注册编码为 {known.customs_code}，非 {record.customs_code}"))
    yield from kept(record, view)
    if address := row.get("address"):
        dossier = view.get(Dossier, record.code) or Dossier(record.code)
        # Whom it opened for, or an officer named, stays.
        yield Put(dataclasses.replace(dossier, address=dossier.address or address))


def _notice(known: EnterpriseRecord, record: EnterpriseRecord, event: RegistrationAct, on: date, view: View, remarks: tuple[str, ...]) -> Iterator[Effect]:
    dossier = view.get(Dossier, known.code)
    # Where nobody speaks for it the notice goes to customs, and the hub's copies from there.
    to = dossier.address if dossier is not None and dossier.address else view.addresses["customs"]
    return _told(known, record, event, on, to, view, remarks=remarks)


def _named(words: Mapping[str, str], view: View) -> EnterpriseRecord:
    code = word(words, "enterprise")
    record = view.get(EnterpriseRecord, code)
    if record is None:
        raise senseless(f"enterprise {code} is not on the register", f"企业 {code} 未备案")
    return record


def _check_after(today: date, view: View) -> datetime:
    """The first moment after the last day for annual checks that is not over today."""
    last = _last_day(today.year, view)
    if last < today:
        last = _last_day(today.year + 1, view)
    return datetime.combine(last + timedelta(days=1), time(), CHINA).astimezone(UTC)


def _last_day(year: int, view: View) -> date:
    month, day = view.rules.text("check.last-day", date(year, 1, 1)).split("-")
    return date(year, int(month), int(day))


def _identification(view: View) -> str:
    """As which the register signs."""
    return view.addresses[NAME].partition(":")[0]


def day_of(occasion: Occasion) -> date:
    return occasion.moment.astimezone(CHINA).date()
