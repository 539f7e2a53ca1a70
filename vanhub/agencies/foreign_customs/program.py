"""The customs of a country of destination (外国海关): export licences for its country, and checks of them with licensing when goods come in (配额联网核查)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from vanhub.agencies.answering import refusal, senseless
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Put, Remind, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.messages.licence import Licence, LicenceBalance, LicenceQuery, LicenceStatus
from vanhub.agencies.messages.parts import Quantity

UNANSWERED = "unanswered"
"""Reminder: a check (its key) has waited long enough."""


@dataclass(frozen=True, slots=True)
class Visa:
    """An export licence for this country, as licensing issued, changed or withdrew it last."""

    KIND: ClassVar[str] = "visa"

    licence: Licence

    @property
    def key(self) -> str:
        return self.licence.number

    @property
    def version(self) -> tuple[bool, str, bool]:
        """Greater is later. A licence is changed once a day, and perhaps on the day of its issue; a withdrawal is final."""
        licence = self.licence
        return licence.status is LicenceStatus.WITHDRAWN, licence.issued_on.isoformat(), licence.function == "4"


class Finding(enum.StrEnum):
    ASKED = "asked"
    MATCH = "match"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Check:
    """What goods at the border say of their licence, and what licensing says of it. ``number``: the reference of the query; ``quota``: with the category; ``quantity``: under the licence in all. ``differences``: the fields that
    differ, each with both values, ``presented / on record``."""

    KIND: ClassVar[str] = "check"

    number: str
    licence: str
    quota: str
    quantity: Quantity
    asked_at: datetime
    finding: Finding = Finding.ASKED
    differences: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.number


class ForeignCustoms:
    """The agencies ``foreign-customs-us``, ``-eu``, ``-ca`` and ``-tr``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        if message.type in {"APERAK", "GENRAL"}:
            return ()
        if (message.type, message.document) != ("SANCRT", "811") or occasion.sender != view.addresses["licensing"]:
            complaint = Complaint(
                "S901", f"{self.name} takes export licences (SANCRT 811) of licensing only", f"{self.name} 只接收许可证机关的出口许可证（SANCRT 811）"
            )
            return [refusal(message, (complaint,), occasion, view, self.name)]
        if message.function == "11":
            return _compare(LicenceBalance.parse(message), view)
        return _keep(Licence.parse(message), view)

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        return () if message.type in {"APERAK", "CONTRL"} else [refusal(message, complaints, occasion, view, self.name)]

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        check = view.get(Check, key)
        if check is not None and check.finding is Finding.ASKED:
            yield Put(replace(check, finding=Finding.UNANSWERED))

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        raise Unreadable(Complaint("E106", f"{self.name} loads no files: licences come from licensing", f"{self.name} 不导入文件，许可证由发证机关发送"))

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        """``query licence=NUMBER``: ask licensing. ``quota=US-340-2006 quantity=1200 unit=H87`` are what the goods' visa says; what is not given is as on the copy of the licence."""
        if verb != "query":
            raise senseless(f"{verb} is not query", f"{verb} 不是 query")
        number = words.get("licence", "")
        visa = view.get(Visa, number)
        if not number or (visa is None and not {"quota", "quantity", "unit"} <= words.keys()):
            raise senseless(
                "licence=NUMBER is missing, or is not on record here: then quota, quantity and unit are needed",
                "缺少 licence=NUMBER，或本关无该许可证，须另给 quota、quantity、unit",
            )
        presented = _presented(words, visa)
        quota = words.get("quota", visa.licence.quota if visa is not None else "")
        check = Check(f"Q{occasion.event}", number, quota, presented, occasion.moment)
        on = occasion.moment.astimezone(CHINA).date()
        wait = view.rules.duration("query.wait", on)
        query = LicenceQuery(True, number, check.number, on)
        return [Put(check), Send(view.addresses["licensing"], query), Remind(UNANSWERED, check.number, occasion.moment + wait)]

    def invariants(self, view: View) -> Iterator[str]:
        for check in view.list(Check):
            if bool(check.differences) != (check.finding is Finding.DIFFERS):
                yield f"check {check.number}: {check.finding} with {len(check.differences)} differences"


def _presented(words: Mapping[str, str], visa: Visa | None) -> Quantity:
    known = visa.licence.total if visa is not None else Quantity(Decimal(0), "")
    try:
        amount = Decimal(words["quantity"]) if "quantity" in words else known.amount
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise senseless(f"quantity={words['quantity']} is no number", f"quantity={words['quantity']} 不是数字")
    return Quantity(amount, words.get("unit", known.unit))


def _keep(licence: Licence, view: View) -> Iterator[Effect]:
    visa = Visa(licence)
    before = view.get(Visa, licence.number)
    if before is None or before.version < visa.version:
        yield Put(visa)


def _compare(balance: LicenceBalance, view: View) -> Iterator[Effect]:
    """The answer to a query that nobody asked, or that is decided, changes nothing."""
    check = view.get(Check, balance.reference)
    if check is None or check.licence != balance.licence or check.finding not in {Finding.ASKED, Finding.UNANSWERED}:
        return
    differences = tuple(_differences(check, balance)) if balance.known else ()
    finding = Finding.UNKNOWN if not balance.known else Finding.DIFFERS if differences else Finding.MATCH
    yield Put(replace(check, finding=finding, differences=differences))
    yield Remind(UNANSWERED, check.number, None)


def _differences(check: Check, balance: LicenceBalance) -> Iterator[str]:
    if balance.status is not LicenceStatus.APPROVED:
        yield "status: presented / withdrawn"
    if check.quota != balance.quota:
        yield f"quota: {check.quota or '-'} / {balance.quota or '-'}"
    if check.quantity != balance.granted:
        granted = f"{balance.granted.amount:f} {balance.granted.unit}" if balance.granted is not None else "-"
        yield f"quantity: {check.quantity.amount:f} {check.quantity.unit} / {granted}"
