"""What is wrong with an application for a licence, all at once: sums, uses, validity, quota, and of a change what the licence does not allow."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Set
from datetime import date, timedelta
from decimal import Decimal

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import View
from vanhub.agencies.ledger.posting import MOST
from vanhub.agencies.licensing import book
from vanhub.agencies.licensing.records import LicenceFile
from vanhub.agencies.messages.licence import LicenceApplication
from vanhub.agencies.rules import Rules

_LARGEST_FACTOR = 1000
"""Of the units that quotas convert."""


def complaints_about(asked: LicenceApplication, on: date, offices: Set[str], rules: Rules) -> Iterator[Complaint]:
    """What the application itself shows. ``on``: the day on which the licence would be issued; ``offices``: the codes of the licence offices."""
    if asked.office not in offices:
        yield Complaint("L203", f"there is no licence office {asked.office}", f"没有代码为 {asked.office} 的发证机关")
    most = _most_uses(asked, on, rules)
    if not 1 <= asked.uses <= most:
        yield Complaint(
            "L205", f"a licence of this kind is for 1 to {most} uses, asked for {asked.uses}", f"此类许可证限用 1 至 {most} 次，申请 {asked.uses} 次"
        )
    yield from _lines(asked)
    yield from _sums(asked, rules.number("licence.cent", on))
    if asked.valid_to is not None:
        last = last_day(asked, on, rules)
        if asked.valid_to < on:
            yield Complaint("L202", f"asked for validity until {asked.valid_to}, which is before {on}", f"申请有效期至 {asked.valid_to}，早于 {on}")
        elif asked.valid_to > last:
            yield Complaint(
                "L202",
                f"a licence issued on {on} is valid until {last} at the latest, asked for {asked.valid_to}",
                f"{on} 签发的许可证最迟有效至 {last}，申请至 {asked.valid_to}",
            )


def _lines(asked: LicenceApplication) -> Iterator[Complaint]:
    for line in asked.lines:
        amount = line.quantity.amount
        if not 0 < amount * _LARGEST_FACTOR <= MOST:
            yield Complaint(
                "E112", f"line {line.number}: a quantity of {amount:f} cannot be licensed", f"第 {line.number} 项：数量 {amount:f} 不能申领", line.number
            )


def _sums(asked: LicenceApplication, cent: Decimal) -> Iterator[Complaint]:
    units = {line.quantity.unit for line in asked.lines}
    total = sum((line.quantity.amount for line in asked.lines), Decimal(0))
    if units != {asked.total.unit}:
        stated = ", ".join(sorted(units))
        yield Complaint("E103", f"the total is in {asked.total.unit}, the lines are in {stated}", f"总数量单位为 {asked.total.unit}，各项单位为 {stated}")
    elif total != asked.total.amount:
        yield Complaint(
            "E103",
            f"the lines add up to {total:f} {asked.total.unit}, the total says {asked.total.amount:f}",
            f"各项合计 {total:f} {asked.total.unit}，总数量填报 {asked.total.amount:f}",
        )
    prices = [(line.price, line.quantity.amount) for line in asked.lines if line.price is not None]
    currencies = {price.currency for price, _ in prices}
    if currencies - {asked.value.currency}:
        stated = ", ".join(sorted(currencies))
        yield Complaint(
            "E103", f"the total value is in {asked.value.currency}, the prices are in {stated}", f"总值币制为 {asked.value.currency}，单价币制为 {stated}"
        )
    elif len(prices) == len(asked.lines):
        value = sum((price.amount * amount for price, amount in prices), Decimal(0))
        if abs(value - asked.value.amount) > cent * len(asked.lines):
            stated = f"{asked.value.amount:f} {asked.value.currency}"
            yield Complaint("E103", f"prices times quantities make {value:f}, the total value says {stated}", f"单价乘数量合计 {value:f}，总值填报 {stated}")


def is_automatic(asked: LicenceApplication, on: date, rules: Rules) -> bool:
    """Whether an automatic import licence is what the goods need."""
    goods = rules.texts("licence.automatic", on)
    return not asked.export and all(line.hs.startswith(goods) for line in asked.lines)


def _most_uses(asked: LicenceApplication, on: date, rules: Rules) -> int:
    return rules.count("licence.uses-automatic" if is_automatic(asked, on, rules) else "licence.uses", on)


def usual_day(asked: LicenceApplication, on: date, rules: Rules) -> date:
    """Until when a licence is valid that asks for no day: as long as it can be, but an import licence is not carried into the next year."""
    last = last_day(asked, on, rules)
    return last if asked.export or is_automatic(asked, on, rules) else min(last, date(on.year, 12, 31))


def last_day(asked: LicenceApplication, on: date, rules: Rules) -> date:
    """Until when a licence issued on ``on`` can be valid."""
    if asked.export:
        return min(_months_later(on, rules.count("licence.months-export", on)), date(on.year, 12, 31))
    if is_automatic(asked, on, rules):
        return _months_later(on, rules.count("licence.months-automatic", on))
    return _months_later(date(on.year, 12, 31), rules.count("licence.carried-months", on))


def _months_later(day: date, months: int) -> date:
    """The day of the same number, or the month's last: the first day is not counted (General Principles of the Civil Law 1986, art. 154)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def working_days_later(day: date, count: int, rules: Rules) -> date:
    """The last day of a term of ``count`` working days that begins after ``day``."""
    while count > 0:
        day += timedelta(days=1)
        holidays = rules.texts("application.holidays", day)
        if day.weekday() < 5 and day.isoformat() not in holidays and f"{day:%m-%d}" not in holidays:
            count -= 1
    return day


def complaints_about_change(asked: LicenceApplication, file: LicenceFile, sender: str, on: date, view: View) -> Iterator[Complaint]:
    """What the licence does not allow, of a change or a withdrawal."""
    licence, number = file.licence, file.key
    if sender != file.sender or asked.holder != licence.holder:
        yield Complaint("S901", f"licence {number} is not this applicant's", f"许可证 {number} 不属于该申请人")
        return
    if file.ended:
        yield Complaint("L202", f"licence {number} is expired or withdrawn", f"许可证 {number} 已过期或已撤销")
        return
    if asked.function == "1":
        if book.uses_left(file, view) == 0 or not any(book.left(file, line, view) for line in licence.lines):
            yield Complaint("L205", f"nothing of licence {number} is unused", f"许可证 {number} 已全部使用")
        return
    if licence.function == "4" and licence.issued_on == on:
        # Who has a copy tells which change is the later one by its day.
        yield Complaint(
            "E110", f"licence {number} was changed on {on} already; a licence is changed once a day", f"许可证 {number} 于 {on} 已变更，每日限变更一次"
        )
    if (asked.export, asked.office) != (licence.export, licence.office):
        yield Complaint(
            "L203",
            f"licence {number} was issued by office {licence.office} as {_kind(licence.export)[0]}",
            f"许可证 {number} 由 {licence.office} 签发，为{_kind(licence.export)[1]}许可证",
        )
    goods = [(line.number, line.hs, line.quantity.unit) for line in licence.lines]
    if [(line.number, line.hs, line.quantity.unit) for line in asked.lines] != goods:
        yield Complaint("L206", f"a change keeps lines, tariff codes and units of licence {number}", f"变更不得改变许可证 {number} 的项号、税号和单位")
        return
    for line, new in zip(licence.lines, asked.lines, strict=True):
        used = book.used_of(file, line, view)
        if new.quantity.amount < used:
            yield Complaint(
                "L204",
                f"line {line.number}: {used:f} {line.quantity.unit} are used, it cannot fall to {new.quantity.amount:f}",
                f"第 {line.number} 项已使用 {used:f} {line.quantity.unit}，不能减至 {new.quantity.amount:f}",
                line.number,
            )
    if asked.uses < len(file.usages):
        yield Complaint(
            "L205",
            f"licence {number} has been used {len(file.usages)} times, asked for {asked.uses}",
            f"许可证 {number} 已使用 {len(file.usages)} 次，申请改为 {asked.uses} 次",
        )


def _kind(export: bool) -> tuple[str, str]:
    return ("an export licence", "出口") if export else ("an import licence", "进口")
