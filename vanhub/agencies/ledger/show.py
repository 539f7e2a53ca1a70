"""What stands on the ledgers, read row by row in an order that does not depend on how the database was filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true

from vanhub.agencies.ledger.posting import Account, Part, from_millionths
from vanhub.agencies.ledger.tables import account, entry, posting

_UNDOING = posting.alias("undoing")
_EACH = {"yield_per": 1_000}


@dataclass(frozen=True, slots=True)
class Balance:
    """``parts``: all of them, those without postings as 0."""

    book: str
    owner: str
    unit: str
    parts: Mapping[Part, Decimal]


@dataclass(frozen=True, slots=True)
class Posting:
    """``entries``: by how much each account rose or fell, in the order of posting. ``reverses``: the number of the posting that this one undoes, ``reversed_by`` of the one that undoes this one."""

    number: int
    event: int
    document: str
    purpose: str
    reverses: int | None
    reversed_by: int | None
    entries: tuple[tuple[Account, Decimal], ...]


def list_balances(conn: Connection, book: str = "", owner: str = "") -> Iterator[Balance]:
    """The balances of ``book`` (of all books where it is empty) and of ``owner``: its own and those whose names go on behind a ``/``. In the order of their keys."""
    wanted = select(account).where(_of(book, owner)).order_by(account.c.book, account.c.owner, account.c.unit).execution_options(**_EACH)
    for key, rows in groupby(conn.execute(wanted), key=lambda row: (row.book, row.owner, row.unit)):
        held = {row.part: from_millionths(row.balance) for row in rows}
        yield Balance(*key, {part: held.get(part, Decimal(0)) for part in Part})


def list_postings(conn: Connection, book: str = "", owner: str = "") -> Iterator[Posting]:
    """The postings with entries in these balances, and these entries of them, in the order of posting."""
    wanted = (
        select(posting, _UNDOING.c.number.label("reversed_by"), account.c.book, account.c.owner, account.c.unit, account.c.part, entry.c.amount)
        .select_from(posting)
        .join(entry, entry.c.posting == posting.c.number)
        .join(account, account.c.id == entry.c.account)
        .outerjoin(_UNDOING, _UNDOING.c.reverses == posting.c.number)
        .where(_of(book, owner))
        .order_by(posting.c.number, entry.c.line)
        .execution_options(**_EACH)
    )
    for _, group in groupby(conn.execute(wanted), key=lambda row: row.number):
        rows = list(group)
        first = rows[0]
        entries = tuple((Account(row.book, row.owner, row.unit, Part(row.part)), from_millionths(row.amount)) for row in rows)
        yield Posting(first.number, first.event, first.document, first.purpose, first.reverses, first.reversed_by, entries)


def _of(book: str, owner: str) -> ColumnElement[bool]:
    in_book = account.c.book == book if book else true()
    if not owner:
        return in_book
    # "0" is the character after "/": what lies between begins with the owner and a "/".
    return and_(in_book, or_(account.c.owner == owner, and_(account.c.owner >= f"{owner}/", account.c.owner < f"{owner}0")))
