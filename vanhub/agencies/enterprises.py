"""Enterprises as all agencies have them on record: from the register's answers (REGENT 301) and from the file of enterprises that all load.

A record says what is known so far. Two of one enterprise are joined field by field (``EnterpriseRecord.joined``), so that answers which come late, early or
again lead to the same record in any order.

A message that needs an enterprise that is not known yet waits for ``(EnterpriseRecord.KIND, code)``, or for ``(CustomsCodeEntry.KIND, customs_code)``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import ClassVar

from vanhub.agencies.codes import CustomsCode, EnterpriseCode
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Put
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.packed import packed

COLUMNS = (
    "enterprise_code",
    "customs_code",
    "name",
    "tax_number",
    "business_licence",
    "capital",
    "currency",
    "opened_on",
    "checked_on",
    "lapsed_on",
    "closed_on",
)
"""The columns of the file of enterprises. Dates are ``2006-01-31``; the last three may be empty."""


@dataclass(frozen=True, slots=True)
class EnterpriseRecord:
    """``code`` 13 characters, ``customs_code`` 10. ``version``: of the particulars (name, numbers, capital); of two versions the greater text is the later one. ``checked_on``: the last annual
    check; ``lapsed_on``: since when it may not trade because a check was not made; ``closed_on``: since when it is closed. None where there was none.
    """

    KIND: ClassVar[str] = "enterprise"

    code: str
    customs_code: str
    name: str
    tax_number: str
    business_licence: str
    capital: Money
    version: str
    opened_on: date
    checked_on: date | None = None
    lapsed_on: date | None = None
    closed_on: date | None = None

    @property
    def key(self) -> str:
        return self.code

    @property
    def region(self) -> str:
        return self.code[:4]

    @property
    def ownership(self) -> str:
        return self.customs_code[5]

    def lapsed(self, on: date) -> bool:
        """Whether an annual check is missing. One for the year of the lapse, however late, ends it on its day."""
        if self.lapsed_on is None or on < self.lapsed_on:
            return False
        return self.checked_on is None or self.checked_on.year < self.lapsed_on.year or on < self.checked_on

    def joined(self, other: EnterpriseRecord) -> EnterpriseRecord:
        """What both together say. Neither order nor repetition matters."""
        return dataclasses.replace(
            max(self, other, key=lambda record: (record.version, repr(record))),
            opened_on=min(self.opened_on, other.opened_on),
            checked_on=_of_both(max, self.checked_on, other.checked_on),
            lapsed_on=_of_both(max, self.lapsed_on, other.lapsed_on),
            closed_on=_of_both(min, self.closed_on, other.closed_on),
        )


@dataclass(frozen=True, slots=True)
class CustomsCodeEntry:
    """Whose customs code it is."""

    KIND: ClassVar[str] = "customs-code"

    customs_code: str
    code: str

    @property
    def key(self) -> str:
        return self.customs_code


def find_by_customs_code(view: View, customs_code: str) -> EnterpriseRecord | None:
    entry = view.get(CustomsCodeEntry, customs_code)
    return view.get(EnterpriseRecord, entry.code) if entry else None


def complaint_about(view: View, code: str, on: date) -> Complaint | None:
    """Why the enterprise with this 13-character code may not trade on the day (E101); None where it may."""
    return status_complaint(view.get(EnterpriseRecord, code), code, on)


def status_complaint(record: EnterpriseRecord | None, code: str, on: date) -> Complaint | None:
    """The same of a record that was looked up, by either ``code``."""
    if record is None:
        return Complaint("E101", f"enterprise {code} is not on the register", f"企业 {code} 未备案")
    if record.closed_on is not None and on >= record.closed_on:
        return Complaint("E101", f"enterprise {code} closed on {record.closed_on}", f"企业 {code} 已于 {record.closed_on} 注销")
    if record.lapsed(on):
        en = f"the registration of enterprise {code} lapsed on {record.lapsed_on} for want of the annual check; renew it first"
        return Complaint("E101", en, f"企业 {code} 未按期年检，自 {record.lapsed_on} 起失效，请先办理年检")
    if on < record.opened_on:
        return Complaint(
            "E101", f"enterprise {code} is registered from {record.opened_on} on, not on {on}", f"企业 {code} 自 {record.opened_on} 起备案，{on} 尚未生效"
        )
    return None


def take_registration(answer: Registration, occasion: Occasion, view: View) -> Iterator[Put]:
    """Keep what the register answered (301); what it refused, and what was asked of it, changes nothing. Raises ``Unreadable`` (S901) where somebody else sends it."""
    if occasion.sender != view.addresses["registry"]:
        raise Unreadable(Complaint("S901", f"{occasion.sender} is not the register: its word is not taken", f"{occasion.sender} 不是登记机关，其答复不予采信"))
    if answer.act is not RegistrationAct.GRANTED:
        return
    record = EnterpriseRecord(
        answer.enterprise_code,
        answer.customs_code,
        answer.name,
        answer.tax_number,
        answer.business_licence,
        answer.capital,
        answer.number,
        answer.valid_from,
        checked_on=answer.on if answer.answers is RegistrationAct.RENEW else None,
        lapsed_on=answer.on if answer.answers is RegistrationAct.LAPSE else None,
        closed_on=answer.on if answer.answers is RegistrationAct.CLOSE else None,
    )
    yield from kept(record, view)


def load_enterprise(row: Mapping[str, str], view: View) -> Iterator[Put]:
    """Keep a row of the file of enterprises (``COLUMNS``). What the register answered stands above it. Raises ``Unreadable``."""
    yield from kept(read_row(row), view)


def kept(record: EnterpriseRecord, view: View) -> Iterator[Put]:
    """Keep it, together with what is on record of the same enterprise; nothing where that says as much already."""
    before = view.get(EnterpriseRecord, record.code)
    after = before.joined(record) if before else record
    if before is None:
        yield Put(CustomsCodeEntry(after.customs_code, after.code))
    if after != before:
        yield Put(after)


def read_row(row: Mapping[str, str]) -> EnterpriseRecord:
    """Raises ``Unreadable``: a column that is missing or empty, a code, date or amount that is none, codes that belong to different regions."""
    code, customs_code = _column(row, "enterprise_code"), _column(row, "customs_code")
    registered, entry = EnterpriseCode.parse(code), CustomsCode.parse(customs_code)
    require_region(registered.region)
    if entry.region != registered.region:
        en = f"enterprise code {code} is of region {registered.region}, customs code {customs_code} of {entry.region}"
        raise Unreadable(Complaint("E110", en, f"企业代码 {code} 与海关注册编码 {customs_code} 的地区不一致"))
    try:
        amount = Decimal(_column(row, "capital"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise Unreadable(Complaint("E112", f"capital '{row['capital']}' is no amount, such as 8000000", f"注册资本“{row['capital']}”不是金额"))
    opened = _date(row, "opened_on")
    if opened is None:
        raise _empty("opened_on")
    return EnterpriseRecord(
        code,
        customs_code,
        _column(row, "name"),
        _column(row, "tax_number"),
        _column(row, "business_licence"),
        Money(amount, _column(row, "currency")),
        "",
        opened,
        _date(row, "checked_on"),
        _date(row, "lapsed_on"),
        _date(row, "closed_on"),
    )


def row_of(record: EnterpriseRecord) -> dict[str, str]:
    """The row that ``read_row`` reads."""
    dates = (record.opened_on, record.checked_on, record.lapsed_on, record.closed_on)
    values = (record.code, record.customs_code, record.name, record.tax_number, record.business_licence, str(record.capital.amount), record.capital.currency)
    return dict(zip(COLUMNS, (*values, *(day.isoformat() if day else "" for day in dates)), strict=True))


def require_region(region: str) -> None:
    """Raises ``Unreadable`` (E102) where the first two of the four digits are no province's."""
    if region[:2] not in provinces():
        raise Unreadable(Complaint("E102", f"region {region}: {region[:2]} is no province of the list", f"地区 {region}：{region[:2]} 不在省份代码表中"))


@cache
def provinces() -> frozenset[str]:
    """The first two digits of all regions."""
    rows = (packed("schemas") / "codes" / "provinces.csv").read_text("utf-8").splitlines()
    return frozenset(row.partition(",")[0] for row in rows[1:])


def _of_both(choose: Callable[[date, date], date], one: date | None, other: date | None) -> date | None:
    return choose(one, other) if one and other else one or other


def _column(row: Mapping[str, str], name: str) -> str:
    value = row.get(name, "")
    if not value:
        raise _empty(name)
    return value


def _date(row: Mapping[str, str], name: str) -> date | None:
    value = row.get(name, "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise Unreadable(Complaint("E112", f"column {name}: '{value}' is no date like 2006-01-31", f"{name} 列“{value}”不是日期，如 2006-01-31")) from None


def _empty(name: str) -> Unreadable:
    return Unreadable(Complaint("E105", f"column {name} is missing or empty; the columns are {', '.join(COLUMNS)}", f"{name} 列缺少或为空"))
