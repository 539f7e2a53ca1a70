"""The ledgers' invariants, which anybody can check from the database alone, reading only and row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, text

from vanhub.agencies.ledger.digest import BEFORE_ALL, chained
from vanhub.agencies.ledger.posting import Part, from_millionths
from vanhub.agencies.ledger.tables import account, entry, posting

_ORIGINAL = posting.alias("original")
_EACH = {"yield_per": 1_000}

_POSTINGS = (
    select(posting, entry.c.line, entry.c.account, entry.c.amount, account.c.id, account.c.book, account.c.owner, account.c.unit, account.c.part)
    .select_from(posting)
    .outerjoin(entry, entry.c.posting == posting.c.number)
    .outerjoin(account, account.c.id == entry.c.account)
    .order_by(posting.c.number, entry.c.line)
    .execution_options(**_EACH)
)
_STRAY = select(entry).where(entry.c.posting.not_in(select(posting.c.number))).order_by(entry.c.posting, entry.c.line).execution_options(**_EACH)
_ACCOUNTS = (
    select(account, entry.c.amount).select_from(account).outerjoin(entry, entry.c.account == account.c.id).order_by(account.c.id).execution_options(**_EACH)
)
_REVERSALS = (
    select(posting, _ORIGINAL.c.number.label("original"), _ORIGINAL.c.document.label("of"), _ORIGINAL.c.reverses.label("undoes"))
    .select_from(posting)
    .outerjoin(_ORIGINAL, _ORIGINAL.c.number == posting.c.reverses)
    .where(posting.c.reverses.is_not(None))
    .order_by(posting.c.number)
    .execution_options(**_EACH)
)
_ENTRIES = select(entry.c.account, entry.c.amount).where(entry.c.posting == bindparam("number")).order_by(entry.c.line)
_OPPOSITE = select(entry.c.account, -entry.c.amount).where(entry.c.posting == bindparam("number")).order_by(entry.c.line.desc())
_TWICE = select(posting.c.reverses, func.count()).where(posting.c.reverses.is_not(None)).group_by(posting.c.reverses).having(func.count() > 1)


def find_violations(conn: Connection, events: Select[Any]) -> Iterator[str]:
    """What does not hold, each in words; nothing where all is well. ``events``: the numbers of those of the agency's events that may have posted.

    - Postings have the numbers 1, 2, 3 ..., and each entry belongs to one.
    - The entries of a posting are numbered 0, 1, 2 ..., move something, and add up to nothing in every balance.
    - A posting is as its digest says.
    - The balance of an account is the sum of its entries, negative in no part but ``issued``, and positive in no other.
    - Each posting has its event behind it.
    - A reversal has exactly the opposite entries of an earlier posting of its document, which is no reversal and is reversed once.
    """
    yield from _damage(conn)
    yield from _postings(conn)
    yield from _accounts(conn)
    yield from _without_event(conn, events)
    yield from _reversals(conn)


def _damage(conn: Connection) -> Iterator[str]:
    """What SQLite itself finds wrong in its file: pages, indexes, constraints."""
    if conn.dialect.name == "sqlite":
        for (found,) in conn.execute(text("PRAGMA integrity_check")):
            if found != "ok":
                yield f"the file is damaged: {found}"


def _postings(conn: Connection) -> Iterator[str]:
    due, digest = 1, BEFORE_ALL
    for number, group in groupby(conn.execute(_POSTINGS), key=lambda row: row.number):
        rows = list(group)
        if number != due:
            yield f"posting {due} is missing" if number == due + 1 else f"postings {due} to {number - 1} are missing"
        yield from _entries_of(number, rows)
        if number == due and rows[0].digest != _digest(digest, rows):
            yield f"posting {number} is not as it was written"
        due, digest = number + 1, rows[0].digest
    for row in conn.execute(_STRAY):
        yield f"line {row.line} of posting {row.posting}: there is no such posting"


def _digest(before: str, rows: Sequence[Any]) -> str:
    first = rows[0]
    entries = [(row.book, row.owner, row.unit, row.part, row.amount) for row in rows if row.line is not None]
    return chained(before, first.number, first.event, first.document, first.purpose, first.reverses, entries)


def _entries_of(number: int, rows: Sequence[Any]) -> Iterator[str]:
    if rows[0].line is None:
        yield f"posting {number} has no entries"
        return
    if [row.line for row in rows] != list(range(len(rows))):
        yield f"posting {number} has the lines {', '.join(str(row.line) for row in rows)}, not 0 to {len(rows) - 1}"
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        if row.id is None:
            yield f"line {row.line} of posting {number}: there is no account {row.account}"
        elif not isinstance(row.amount, int) or row.amount == 0:
            yield f"line {row.line} of posting {number}: {row.amount!r} is no amount"
        else:
            sums[row.book, row.owner, row.unit] += row.amount
    for (book, owner, unit), total in sums.items():
        if total:
            yield f"posting {number} does not add up to nothing: {book} {owner} gets {from_millionths(total)} {unit}"


def _accounts(conn: Connection) -> Iterator[str]:
    for _, rows in groupby(conn.execute(_ACCOUNTS), key=lambda row: row.id):
        total = 0
        for row in rows:
            total += row.amount if isinstance(row.amount, int) else 0
        name = f"{row.book} {row.owner} {row.part} {row.unit}"
        if row.part not in set(Part):
            yield f"{name}: {row.part!r} is no part of a balance"
        if not isinstance(row.balance, int):
            yield f"{name}: {row.balance!r} is no balance"
            continue
        if row.part == Part.ISSUED and row.balance > 0:
            yield f"{name} is positive: {from_millionths(row.balance)}"
        if row.part != Part.ISSUED and row.balance < 0:
            yield f"{name} is negative: {from_millionths(row.balance)}"
        if row.balance != total:
            yield f"{name} has {from_millionths(row.balance)}, its entries add up to {from_millionths(total)}"


def _without_event(conn: Connection, events: Select[Any]) -> Iterator[str]:
    for number, event in conn.execute(select(posting.c.number, posting.c.event).where(posting.c.event.not_in(events)).order_by(posting.c.number)):
        yield f"posting {number} has nothing behind it: no event {event} was worked off"


def _reversals(conn: Connection) -> Iterator[str]:
    for row in conn.execute(_REVERSALS):
        name = f"posting {row.number} reverses posting {row.reverses}"
        if row.original is None:
            yield f"{name}, which does not exist"
        elif row.original >= row.number:
            yield f"{name}, which is not before it"
        elif row.undoes is not None:
            yield f"{name}, which is a reversal itself"
        elif row.of != row.document:
            yield f"{name} of another document: {row.document} and {row.of}"
        elif conn.execute(_ENTRIES, {"number": row.number}).all() != conn.execute(_OPPOSITE, {"number": row.reverses}).all():
            yield f"{name}, but its entries are not the opposite"
    for number, times in conn.execute(_TWICE):
        yield f"posting {number} is reversed {times} times"
