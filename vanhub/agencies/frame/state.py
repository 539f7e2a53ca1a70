"""How an agency stands, as an operator sees it: read only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, select

from vanhub.agencies.frame.events import list_failed
from vanhub.agencies.frame.moments import from_microseconds
from vanhub.agencies.frame.tables import UNANSWERED, UNSENT, awaited, delivery, event, outgoing, parked, record, reminder, request, store


def describe(conn: Connection, most: int) -> dict[str, Any]:
    """Counts, and up to ``most`` of what waits or went wrong: ``failed`` events, ``refused`` interchanges, ``parked`` messages."""
    name = conn.execute(select(store)).one()
    return {
        "agency": name.agency,
        "slot": name.slot,
        "deliveries": _count(conn, delivery),
        "events": dict(conn.execute(select(event.c.kind, func.count()).group_by(event.c.kind).order_by(event.c.kind)).all()),
        "records": count_records(conn),
        "outgoing": _count(conn, outgoing),
        "unsent": _count(conn, outgoing, UNSENT),
        "requests_waiting": _count(conn, request, UNANSWERED),
        "reminders": _count(conn, reminder),
        "failed": [
            {"event": number, "kind": happened.kind.value, "source": happened.source, "place": happened.place, "failure": happened.failure}
            for number, happened in list_failed(conn)[:most]
        ],
        "refused": list(_refused(conn, most)),
        "parked": _count(conn, parked),
        "parked_next": list(_parked(conn, most)),
    }


def count_records(conn: Connection) -> dict[str, int]:
    """How many records there are of each kind."""
    return dict(conn.execute(select(record.c.kind, func.count()).group_by(record.c.kind).order_by(record.c.kind)).all())


def list_records(conn: Connection, kind: str, key: str | None = None) -> Iterator[dict[str, Any]]:
    """Records of a kind, or the one of this key, or those whose keys begin with a ``key`` that ends in ``/``; each with ``key``, ``event`` and its fields in ``value``."""
    wanted = select(record).where(record.c.kind == kind).order_by(record.c.key)
    if key is not None:
        wanted = wanted.where(record.c.key.between(key, key + chr(0x10FFFF)) if key.endswith("/") else record.c.key == key)
    for row in conn.execute(wanted.execution_options(yield_per=500)):
        yield {"key": row.key, "event": row.event, "value": json.loads(row.value)}


def _count(conn: Connection, table: Table, condition: Any = None) -> int:
    wanted = select(func.count()).select_from(table)
    return int(conn.execute(wanted if condition is None else wanted.where(condition)).scalar_one())


def _refused(conn: Connection, most: int) -> Iterator[dict[str, Any]]:
    wanted = select(outgoing.c.reference, outgoing.c.recipient, outgoing.c.answer, outgoing.c.explanation)
    for row in conn.execute(wanted.where(outgoing.c.answer != "accepted").order_by(outgoing.c.number).limit(most)).mappings():
        yield dict(row)


def _parked(conn: Connection, most: int) -> Iterator[dict[str, Any]]:
    """Those whose deadlines are next."""
    for row in conn.execute(select(parked).order_by(parked.c.deadline, parked.c.event).limit(most)).all():
        until = conn.execute(select(awaited.c.kind, awaited.c.key).where(awaited.c.event == row.event).order_by(awaited.c.position))
        deadline = from_microseconds(row.deadline).isoformat().replace("+00:00", "Z")
        yield {"event": row.event, "sender": row.sender, "interchange": row.interchange, "until": [" ".join(each) for each in until], "deadline": deadline}
