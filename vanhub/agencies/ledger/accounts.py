"""The jobs on the ledgers, on a connection in a transaction: who opened it commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from vanhub.agencies.ledger.digest import BEFORE_ALL, chained
from vanhub.agencies.ledger.errors import Overdrawn
from vanhub.agencies.ledger.posting import MOST_MILLIONTHS, Account, Part, Transfer, from_millionths, millionths
from vanhub.agencies.ledger.tables import account, entry, posting

_KEY = (account.c.book, account.c.owner, account.c.unit)
_UNDONE = posting.alias("undone")

# Statements are made once: building them takes longer than running them.
_BALANCE = select(account.c.balance).where(*(column == bindparam(column.name) for column in (*_KEY, account.c.part)))
_PARTS = select(account.c.part, account.c.balance).where(*(column == bindparam(column.name) for column in _KEY))
_HELD = select(account.c.id, account.c.part, account.c.balance).where(*(column == bindparam(column.name) for column in _KEY)).with_for_update()
_OPEN = insert(account).returning(account.c.id, sort_by_parameter_order=True)
_MOVE = update(account).where(account.c.id == bindparam("row")).values(balance=bindparam("after"))
_LAST = select(posting.c.number, posting.c.digest).order_by(posting.c.number.desc()).limit(1)
_ADD_POSTING = insert(posting)
_ADD_ENTRY = insert(entry)
_STANDING = (
    select(posting.c.number, account.c.book, account.c.owner, account.c.unit, account.c.part, entry.c.amount)
    .select_from(posting)
    .join(entry, entry.c.posting == posting.c.number)
    .join(account, account.c.id == entry.c.account)
    .outerjoin(_UNDONE, _UNDONE.c.reverses == posting.c.number)
    .where(posting.c.document == bindparam("document"), posting.c.reverses.is_(None), _UNDONE.c.number.is_(None))
    .order_by(posting.c.number.desc(), entry.c.line.desc())
)


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
        _write(conn, document, purpose, event, [_Movement(entries)])


def reverse(conn: Connection, document: str, purpose: str, event: int) -> None:
    """Undo all postings of ``document`` that are not undone, the last first, each by a posting of the opposite entries from the last to the first.

    Raises:
        Overdrawn: what they moved has moved on; nothing is undone then.
    """
    undoing: dict[int, list[tuple[Account, int]]] = {}
    for number, book, owner, unit, part, amount in conn.execute(_STANDING, {"document": document}):
        undoing.setdefault(number, []).append((Account(book, owner, unit, Part(part)), -amount))
    if undoing:
        _write(conn, document, purpose, event, [_Movement(entries, number) for number, entries in undoing.items()])


def balance(conn: Connection, of: Account) -> Decimal:
    """What the account has; 0 where nothing was ever posted."""
    found = conn.execute(_BALANCE, {"book": of.book, "owner": of.owner, "unit": of.unit, "part": of.part.value}).scalar()
    return from_millionths(found or 0)


def parts(conn: Connection, book: str, owner: str, unit: str) -> Mapping[Part, Decimal]:
    """All parts of one balance, those without postings as 0."""
    found = {part: held for part, held in conn.execute(_PARTS, {"book": book, "owner": owner, "unit": unit})}  # noqa: C416 - a result is no sequence of pairs
    return {part: from_millionths(found.get(part, 0)) for part in Part}


def _write(conn: Connection, document: str, purpose: str, event: int, movements: Sequence[_Movement]) -> None:
    """Several postings of one document: looked at to the end before anything is written."""
    before: dict[Account, int] = {}
    ids: dict[Account, int] = {}
    # One balance after the other: SQLite finds no rows of several keys by their index. In one order, so that two programs on PostgreSQL do not wait for one another.
    for book, owner, unit in sorted({(each.book, each.owner, each.unit) for movement in movements for each, _ in movement.entries}):
        for row, part, held in conn.execute(_HELD, {"book": book, "owner": owner, "unit": unit}):
            found = Account(book, owner, unit, Part(part))
            before[found], ids[found] = held, row
    after = _after(before, movements)
    opened = [each for each in after if each not in ids]
    if opened:
        rows = [{"book": each.book, "owner": each.owner, "unit": each.unit, "part": each.part.value, "balance": after[each]} for each in opened]
        ids.update(zip(opened, conn.execute(_OPEN, rows).scalars(), strict=True))
    if moved := [{"row": ids[each], "after": amount} for each, amount in after.items() if each in before]:
        conn.execute(_MOVE, moved)
    last = conn.execute(_LAST).one_or_none()
    number, digest = (0, BEFORE_ALL) if last is None else last
    postings: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for movement in movements:
        number += 1
        named = [(each.book, each.owner, each.unit, each.part.value, amount) for each, amount in movement.entries]
        digest = chained(digest, number, event, document, purpose, movement.reverses, named)
        postings.append({"number": number, "event": event, "document": document, "purpose": purpose, "reverses": movement.reverses, "digest": digest})
        entries += ({"posting": number, "line": line, "account": ids[each], "amount": amount} for line, (each, amount) in enumerate(movement.entries))
    conn.execute(_ADD_POSTING, postings)
    conn.execute(_ADD_ENTRY, entries)


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
