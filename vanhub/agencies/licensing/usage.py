"""Usage reports (SANCRT 901): customs released goods under a licence, and it is written off to the office that issued it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from vanhub.agencies.answering import refusal
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Post, Put, Remind, Reverse
from vanhub.agencies.frame.message import Message
from vanhub.agencies.ledger.posting import Transfer
from vanhub.agencies.licence_rules import tolerated
from vanhub.agencies.licensing import book, quotas
from vanhub.agencies.licensing.applications import LAPSE, china_day, quota_of
from vanhub.agencies.licensing.quotas import Lot
from vanhub.agencies.licensing.records import Alert, LicenceFile, Usage, WriteOff
from vanhub.agencies.messages.licence import LicenceLine, LicenceUsage, UsedLine


def take_usage(message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """A use, or that one is taken back."""
    report = LicenceUsage.parse(message)
    if occasion.sender != view.addresses["customs"]:
        complaint = Complaint("S901", f"usage is reported by customs, not by {occasion.sender}", f"许可证核销由海关报送，{occasion.sender} 无权报送")
        return [refusal(message, (complaint,), occasion, view, "licensing")]
    return _take_back(report, message, occasion, view) if report.cancelled else _take_use(report, message, occasion, view)


def _document(number: str) -> str:
    return f"usage {number}"


def _take_use(report: LicenceUsage, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    before = view.get(Usage, report.number)
    if before is not None:
        if before.report == report:
            return ()
        complaint = Complaint("E104", f"usage report {report.number} is on record with other content", f"核销通知 {report.number} 已存在且内容不同")
        return _refused(report, (complaint,), message, occasion, view)
    file = view.get(LicenceFile, report.licence)
    if file is None and not occasion.overdue:
        return [_parked(LicenceFile.KIND, report.licence, occasion, view)]
    complaints = tuple(_complaints(report, file, view))
    if complaints or file is None:
        return _refused(report, complaints, message, occasion, view)
    return _written_off(report, file, occasion, view)


def _complaints(report: LicenceUsage, file: LicenceFile | None, view: View) -> Iterator[Complaint]:
    number = report.licence
    if file is None or file.licence.export != report.export:
        yield Complaint("L201", f"there is no {_kind(report.export)[0]} licence {number}", f"{_kind(report.export)[1]}许可证 {number} 不存在")
        return
    licence = file.licence
    if file.ended or not licence.valid_from <= report.declared_on <= licence.valid_to:
        state = ("; what was left has lapsed", "，余额已作废") if file.ended else ("", "")
        en = f"licence {number} is valid from {licence.valid_from} to {licence.valid_to}, declared on {report.declared_on}{state[0]}"
        yield Complaint("L202", en, f"许可证 {number} 有效期 {licence.valid_from} 至 {licence.valid_to}，申报日 {report.declared_on}{state[1]}")
    if report.office != licence.customs_office:
        yield Complaint(
            "L203",
            f"licence {number} is for customs office {licence.customs_office}, used at {report.office}",
            f"许可证 {number} 限 {licence.customs_office} 口岸，实际 {report.office}",
        )
    if len(file.usages) >= licence.uses:
        yield Complaint(
            "L205",
            f"licence {number} is for {licence.uses} uses, this is number {len(file.usages) + 1}",
            f"许可证 {number} 限用 {licence.uses} 次，此为第 {len(file.usages) + 1} 次",
        )
    for line in report.lines:
        yield from _line_complaints(line, report.declared_on, file, view)


def _line_complaints(used: UsedLine, on: date, file: LicenceFile, view: View) -> Iterator[Complaint]:
    line = _line(file, used)
    if line is None:
        unit = used.quantity.unit
        en = f"licence {file.key} has no line {used.number} of {used.hs} in {unit}"
        yield Complaint("L206", en, f"许可证 {file.key} 无第 {used.number} 项 {used.hs}（{unit}）", used.number)
        return
    amount, granted = used.quantity.amount, line.quantity.amount
    if amount <= 0:
        yield Complaint("E112", f"line {used.number}: {amount:f} is no quantity used", f"第 {used.number} 项：核销数量 {amount:f} 无效", used.number)
        return
    # Customs releases in another order than it accepts, so the reports of one licence come in any order. Each was within the licence if they are in some order; that is the one in which the largest
    # is the last use, which may exceed what the others leave.
    *others, largest = sorted([*_amounts(file, line, view), amount])
    most = tolerated(granted - sum(others), 1, line.hs, file.licence.quota, on, view.rules)
    if largest > most:
        total = sum(others) + largest
        en = f"line {used.number}: {total:f} {line.quantity.unit} would be used of {granted:f}, more than what may be exceeded"
        yield Complaint("L204", en, f"第 {used.number} 项：累计核销 {total:f} {line.quantity.unit}，许可 {granted:f}，超出允许的溢装", used.number)


def _kind(export: bool) -> tuple[str, str]:
    return ("export", "出口") if export else ("import", "进口")


def _line(file: LicenceFile, used: UsedLine) -> LicenceLine | None:
    """The line of the licence that is used."""
    wanted = (used.number, used.hs, used.quantity.unit)
    return next((line for line in file.licence.lines if (line.number, line.hs, line.quantity.unit) == wanted), None)


def _amounts(file: LicenceFile, line: LicenceLine, view: View) -> Iterator[Decimal]:
    """What the reports that stand took of a line."""
    for number in file.usages:
        usage = view.get(Usage, number)
        if usage is not None:
            yield from (used.quantity.amount for used in usage.report.lines if used.number == line.number)


def _written_off(report: LicenceUsage, file: LicenceFile, occasion: Occasion, view: View) -> Iterator[Effect]:
    lot = quota_of(file, view)
    transfers: list[Transfer] = [book.used_once(file)]
    for used in report.lines:
        line = _line(file, used)
        if line is not None:
            transfers.extend(book.used(file, line, used.quantity.amount, view))
    if lot is not None:
        amount = _charge(lot, report)
        transfers.append(quotas.using(lot, amount))
        yield quotas.counted(lot, file.licence.office, report.declared_on, view, used=amount)
    yield Post(_document(report.number), "used", tuple(transfers))
    yield Put(replace(file, usages=tuple(sorted((*file.usages, report.number)))))
    yield Put(Usage(report))
    yield Put(_write_off(report, file, occasion))


def _charge(lot: Lot, report: LicenceUsage) -> Decimal:
    return sum((lot.charge(used.quantity) or Decimal(0) for used in report.lines), Decimal(0))


def _write_off(report: LicenceUsage, file: LicenceFile, occasion: Occasion) -> WriteOff:
    return WriteOff(file.licence.office, china_day(occasion.moment), report.number, file.key, report.declaration, report.cancelled)


def _take_back(report: LicenceUsage, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    usage = view.get(Usage, report.number)
    if usage is None:
        if not occasion.overdue:
            return [_parked(Usage.KIND, report.number, occasion, view)]
        complaint = Complaint("E104", f"there is no usage report {report.number} to take back", f"没有可撤销的核销通知 {report.number}")
        return _refused(report, (complaint,), message, occasion, view)
    if usage.report != replace(report, cancelled=False):
        complaint = Complaint("E104", f"usage report {report.number} is on record with other content", f"核销通知 {report.number} 已存在且内容不同")
        return _refused(report, (complaint,), message, occasion, view)
    file = view.get(LicenceFile, report.licence)
    return () if usage.cancelled or file is None else _taken_back(usage, report, file, occasion, view)


def _taken_back(usage: Usage, report: LicenceUsage, file: LicenceFile, occasion: Occasion, view: View) -> Iterator[Effect]:
    yield Reverse(_document(report.number), "taken back")
    lot = quota_of(file, view)
    if lot is not None:
        amount = _charge(lot, report)
        yield quotas.counted(lot, file.licence.office, report.declared_on, view, used=-amount)
    if file.lapsed:
        # What came back has to lapse like the rest.
        yield Remind(LAPSE, file.key, occasion.moment)
    yield Put(replace(file, usages=tuple(number for number in file.usages if number != report.number), lapsed=False))
    yield Put(replace(usage, cancelled=True))
    yield Put(_write_off(report, file, occasion))


def _parked(kind: str, key: str, occasion: Occasion, view: View) -> Park:
    return Park(((kind, key),), occasion.moment + view.rules.duration("application.wait", china_day(occasion.moment)))


def _refused(report: LicenceUsage, complaints: tuple[Complaint, ...], message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """Customs checks before it releases: a report that cannot be written off is for an officer too."""
    alert = Alert(_document(report.number), occasion.moment, complaints)
    return [refusal(message, complaints, occasion, view, "licensing"), Put(alert)]
