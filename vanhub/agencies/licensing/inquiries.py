"""What licensing tells those who ask: the balance of a licence (SANCRT function 13), how quotas are executed (GESMES 75)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from vanhub.agencies.answering import refusal
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.licensing import book, quotas
from vanhub.agencies.licensing.applications import china_day
from vanhub.agencies.licensing.quotas import Lot
from vanhub.agencies.licensing.records import LicenceFile, QuotaMonth
from vanhub.agencies.messages.fields import numeral
from vanhub.agencies.messages.licence import LicenceBalance, LicenceQuery
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.messages.statistics import Figures, FiguresRequest

DATASETS = {"F14EM": False, "F14EC": True}
"""Of the list ``statistics_reports``: use of licences and quotas in exports, of the month; and since the year began."""
STRUCTURE = "QUOTA_EXECUTION"
"""A row is: quota, category, destination, office (``ALL`` for all together), unit, allocated, licensed, used. What was allocated is allocated to all offices together, and stands in each row."""
ALL = "ALL"


def answer_query(message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """State and balance of a licence, to those whose business it is: who applied, and who was told of it."""
    query = LicenceQuery.parse(message)
    file = view.get(LicenceFile, query.licence)
    visible = file is not None and file.licence.export == query.export and occasion.sender in file.recipients
    on = china_day(occasion.moment)
    if file is None or not visible:
        return [Send(occasion.sender, LicenceBalance(query.export, query.licence, query.reference, on, known=False))]
    licence = file.licence
    balance = LicenceBalance(
        query.export,
        query.licence,
        query.reference,
        on,
        known=True,
        status=licence.status,
        valid_to=licence.valid_to,
        holder=licence.holder,
        country=licence.country,
        quota=licence.quota,
        uses_left=book.uses_left(file, view),
        left=tuple((line.number, Quantity(book.left(file, line, view), line.quantity.unit)) for line in licence.lines),
        granted=licence.total,
    )
    return [Send(occasion.sender, balance)]


def answer_request(message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """How the quotas of the period's year were executed in the period, or since the year began."""
    request = FiguresRequest.parse(message)
    on = china_day(occasion.moment)
    year = int(request.period[:4])
    # Of a year that is over: as they were at its end.
    known = quotas.lots(year, min(on, date(year, 12, 31)), view.rules)
    if request.dataset not in DATASETS:
        named = ", ".join(DATASETS)
        return [
            refusal(
                message,
                (
                    Complaint(
                        "E102", f"report {request.dataset} is not licensing's; there are {named}", f"报表 {request.dataset} 不由本机构提供，可索取 {named}"
                    ),
                ),
                occasion,
                view,
                "licensing",
            )
        ]
    if not known or request.period > f"{on:%Y%m}":
        return [
            refusal(message, (Complaint("E102", f"there are no figures for {request.period}", f"统计期 {request.period} 无数据"),), occasion, view, "licensing")
        ]
    first = f"{year}01" if DATASETS[request.dataset] else request.period
    rows = tuple(row for lot in known for row in _rows(lot, first, request.period, view))
    number = f"{request.dataset}-{request.period}-{occasion.event}"
    return [Send(occasion.sender, Figures(number, request.dataset, request.period, STRUCTURE, rows, request.recipient, request.sender))]


def _rows(lot: Lot, first: str, last: str, view: View) -> Iterator[tuple[str, ...]]:
    licensed: dict[str, Decimal] = {ALL: Decimal(0)}
    used: dict[str, Decimal] = {ALL: Decimal(0)}
    for month in view.list(QuotaMonth, f"{lot.number}/"):
        if first <= month.month <= last:
            for office in (ALL, month.office):
                licensed[office] = licensed.get(office, Decimal(0)) + month.licensed - month.returned
                used[office] = used.get(office, Decimal(0)) + month.used
    for office, amount in licensed.items():
        yield (lot.number, lot.category, lot.destination.upper(), office, lot.unit, numeral(lot.allocated), _signed(amount), _signed(used[office]))


def _signed(amount: Decimal) -> str:
    """In one month more may come back than was licensed."""
    return numeral(amount) if amount >= 0 else f"-{numeral(-amount)}"
