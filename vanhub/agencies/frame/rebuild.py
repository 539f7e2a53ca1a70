"""An agency's state made again from its messages, files and instructions, and compared with the one that it has."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, insert, select, update

from vanhub.agencies.frame.batch import Batch, Office
from vanhub.agencies.frame.events import Event, EventKind, list_events
from vanhub.agencies.frame.moments import from_microseconds
from vanhub.agencies.frame.requests import find_rows
from vanhub.agencies.frame.tables import awaited, batch, delivery, event, outgoing, parked, record, reminder, request, store
from vanhub.agencies.ledger.tables import account, entry, metadata, posting

_ROWS = 500

_HAPPENED = tuple(column for column in event.c if column is not event.c.retried)
_LEFT = (outgoing.c.number, outgoing.c.batch, outgoing.c.recipient, outgoing.c.reference, outgoing.c.events, outgoing.c.octets)
_ACCOUNT = (account.c.book, account.c.owner, account.c.unit, account.c.part)

# Accounts have ids of no meaning: their names are compared.
_COMPARED: Mapping[str, Select[Any]] = {
    "event": select(*_HAPPENED).order_by(event.c.number),
    "record": select(record).order_by(record.c.kind, record.c.key),
    "posting": select(posting).order_by(posting.c.number),
    "entry": select(entry.c.posting, entry.c.line, *_ACCOUNT, entry.c.amount)
    .join(account, account.c.id == entry.c.account)
    .order_by(entry.c.posting, entry.c.line),
    "account": select(*_ACCOUNT, account.c.balance).order_by(*_ACCOUNT),
    "parked": select(parked).order_by(parked.c.event),
    "awaited": select(awaited).order_by(awaited.c.event, awaited.c.position),
    "reminder": select(reminder).order_by(reminder.c.subject, reminder.c.key),
    "outgoing": select(*_LEFT).order_by(outgoing.c.number),
}


def rebuild(live: Connection, fresh: Connection, office: Office) -> str | None:
    """Make the state again in the empty database ``fresh``, by the rules and the program of ``office``: all batches of ``live`` in their order.

    The first difference in words, or None. Where there is none ``fresh`` can take the place of ``live``.
    """
    metadata.create_all(fresh)
    for history in (store, delivery, request):
        _copy(live, fresh, history)
    for id, octets, sha256 in live.execute(
        select(delivery.c.id, delivery.c.octets, delivery.c.sha256).order_by(delivery.c.id).execution_options(yield_per=_ROWS)
    ):
        if hashlib.sha256(octets).hexdigest() != sha256:
            return f"delivery {id} is not as it was collected"
    for number, moment in live.execute(select(batch.c.number, batch.c.moment).order_by(batch.c.number)):
        worked = Batch(fresh, office, from_microseconds(moment))
        for happened in _events(live, number):
            worked.take(happened)
        worked.close()
    difference = _difference(live, fresh)
    if difference is None:
        _copy_answers(live, fresh)
    return difference


def _events(live: Connection, number: int) -> Iterator[Event]:
    """A batch's events, the rows of files with what stands on their lines."""
    source = ""
    rows: Iterator[tuple[int, Mapping[str, str]]] = iter(())
    for happened in list_events(live, number):
        if happened.kind is EventKind.ROW:
            if happened.source != source:
                source, rows = happened.source, find_rows(live, happened.source)
            yield dataclasses.replace(happened, row=next(row for line, row in rows if line == happened.place))
        else:
            yield happened


def _copy(live: Connection, fresh: Connection, table: Table) -> None:
    for rows in live.execute(select(table).execution_options(yield_per=_ROWS)).mappings().partitions():
        fresh.execute(insert(table), [dict(row) for row in rows])


def _copy_answers(live: Connection, fresh: Connection) -> None:
    """What the hub answered, and which event took up which, is no part of the state that follows from the events."""
    answered = select(outgoing.c.number.label("which"), outgoing.c.answer.label("said"), outgoing.c.explanation.label("why"))
    for row in live.execute(answered.where(outgoing.c.answer.is_not(None))).mappings():
        fresh.execute(update(outgoing).where(outgoing.c.number == bindparam("which")).values(answer=bindparam("said"), explanation=bindparam("why")), dict(row))
    retried = select(event.c.number.label("which"), event.c.retried.label("by")).where(event.c.retried.is_not(None))
    for row in live.execute(retried).mappings():
        fresh.execute(update(event).where(event.c.number == bindparam("which")).values(retried=bindparam("by")), dict(row))


def _difference(live: Connection, fresh: Connection) -> str | None:
    for name, wanted in _COMPARED.items():
        mine, made = (conn.execute(wanted.execution_options(yield_per=_ROWS)).mappings() for conn in (live, fresh))
        for had, has in zip_longest(mine, made):
            if had != has:
                rows = (dict(had or {}), dict(has or {}))
                return f"{name}: {_told(*rows)} in the store; {_told(*reversed(rows))} rebuilt"
    return None


def _told(row: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The row, without the values that are the same and no key."""
    shown = {name: value for name, value in row.items() if value != other.get(name) or name in _NAMING}
    return ", ".join(f"{name} {value!r}" for name, value in shown.items()) or "nothing"


_NAMING = frozenset({"number", "kind", "key", "posting", "line", "book", "owner", "unit", "part", "event", "subject"})
