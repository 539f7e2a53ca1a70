"""The jobs on the ledgers, on a connection in a transaction: who opened it commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from vanhub.agencies.driver import Driver
from vanhub.agencies.ledger.digest import BEFORE_ALL, chained
from vanhub.agencies.ledger.errors import Overdrawn
from vanhub.agencies.ledger.posting import MOST_MILLIONTHS, Account, Part, Transfer, from_millionths, millionths

_BALANCE = "SELECT balance FROM account WHERE book = ? AND owner = ? AND unit = ? AND part = ?"
_PARTS = "SELECT part, balance FROM account WHERE book = ? AND owner = ? AND unit = ?"
_HELD = "SELECT id, part, balance FROM account WHERE book = ? AND owner = ? AND unit = ?"
_OPEN = "INSERT INTO account (book, owner, unit, part, balance) VALUES (?, ?, ?, ?, ?) RETURNING id"
_MOVE = "UPDATE account SET balance = ? WHERE id = ?"
_LAST = "SELECT number, digest FROM posting ORDER BY number DESC LIMIT 1"
_ADD_POSTING = "INSERT INTO posting (number, event, document, purpose, reverses, digest) VALUES (?, ?, ?, ?, ?, ?)"
_ADD_ENTRY = "INSERT INTO entry (posting, line, account, amount) VALUES (?, ?, ?, ?)"
_STANDING = """
SELECT posting.number, account.book, account.owner, account.unit, account.part, entry.amount
FROM posting JOIN entry ON entry.posting = posting.number JOIN account ON account.id = entry.account LEFT JOIN posting AS undone ON undone.reverses = posting.number
WHERE posting.document = ? AND posting.reverses IS NULL AND undone.number IS NULL
ORDER BY posting.number DESC, entry.line DESC
"""


@dataclass(frozen=True, slots=True)
class _Movement:
    """A posting to be: its entries in their order, millionths."""

    entries: Sequence[tuple[Account, int]]
    reverses: int | None = None


def post(conn: Connection, document: str, purpose: str, transfers: Sequence[Transfer], event: int) -> None:
    """One posting of all ``transfers``, in their order; nothing where there are none.

    Raises:
        Overdrawn: a balance would become negative on the way; nothing is posted then.
    """
    entries = [side for each in transfers for side in ((each.debit, -millionths(each.amount)), (each.credit, millionths(each.amount)))]
    if entries:
        _write(Driver(conn), document, purpose, event, [_Movement(entries)])


def reverse(conn: Connection, document: str, purpose: str, event: int) -> None:
    """Undo all postings of ``document`` that are not undone, the last first, each by a posting of the opposite entries from the last to the first.

    Raises:
        Overdrawn: what they moved has moved on; nothing is undone then.
    """
    driver = Driver(conn)
    undoing: dict[int, list[tuple[Account, int]]] = {}
    for number, book, owner, unit, part, amount in driver.rows(_STANDING, document):
        undoing.setdefault(number, []).append((Account(book, owner, unit, Part(part)), -amount))
    if undoing:
        _write(driver, document, purpose, event, [_Movement(entries, number) for number, entries in undoing.items()])


def balance(conn: Connection, of: Account) -> Decimal:
    """What the account has; 0 where nothing was ever posted."""
    return from_millionths(Driver(conn).scalar(_BALANCE, of.book, of.owner, of.unit, of.part.value) or 0)


def parts(conn: Connection, book: str, owner: str, unit: str) -> Mapping[Part, Decimal]:
    """All parts of one balance, those without postings as 0."""
    found = dict(Driver(conn).rows(_PARTS, book, owner, unit))
    return {part: from_millionths(found.get(part, 0)) for part in Part}


def _write(driver: Driver, document: str, purpose: str, event: int, movements: Sequence[_Movement]) -> None:
    """Several postings of one document: looked at to the end before anything is written."""
    before: dict[Account, int] = {}
    ids: dict[Account, int] = {}
    # One balance after the other: SQLite finds no rows of several keys by their index. In one order, so that two programs on PostgreSQL do not wait for one another.
    for book, owner, unit in sorted({(each.book, each.owner, each.unit) for movement in movements for each, _ in movement.entries}):
        for row, part, held in driver.rows(_HELD + driver.locking, book, owner, unit):
            found = Account(book, owner, unit, Part(part))
            before[found], ids[found] = held, row
    after = _after(before, movements)
    driver.run_many(_MOVE, [(amount, ids[each]) for each, amount in after.items() if each in ids])
    for each, amount in after.items():
        if each not in ids:
            ids[each] = driver.scalar(_OPEN, each.book, each.owner, each.unit, each.part.value, amount)
    last = driver.rows(_LAST)
    number, digest = last[0] if last else (0, BEFORE_ALL)
    postings: list[tuple[Any, ...]] = []
    entries: list[tuple[int, ...]] = []
    for movement in movements:
        number += 1
        named = [(each.book, each.owner, each.unit, each.part.value, amount) for each, amount in movement.entries]
        digest = chained(digest, number, event, document, purpose, movement.reverses, named)
        postings.append((number, event, document, purpose, movement.reverses, digest))
        entries += ((number, line, ids[each], amount) for line, (each, amount) in enumerate(movement.entries))
    driver.run_many(_ADD_POSTING, postings)
    driver.run_many(_ADD_ENTRY, entries)


def _after(before: Mapping[Account, int], movements: Iterable[_Movement]) -> dict[Account, int]:
    """The balances that the movements change, as they are after them."""
    after: dict[Account, int] = {}
    for movement in movements:
        for each, amount in movement.entries:
            after[each] = after.get(each, before.get(each, 0)) + amount
            if after[each] < 0 and each.part != Part.ISSUED:
                raise Overdrawn(each, from_millionths(before.get(each, 0)), from_millionths(-amount))
            if abs(after[each]) > MOST_MILLIONTHS:
                raise ValueError(f"{each} would have {from_millionths(after[each])}, more than a balance can be")
    return after
