"""Jobs on alerts: what an operator must see, each once per kind and subject until it is cleared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from vanhub.errors import NotFound
from vanhub.store import journal
from vanhub.store.journal import Act
from vanhub.store.tables import alert
from vanhub.values.records import Alert


def raise_once(conn: Connection, kind: str, subject: str, *, text: str, cure: str, now: datetime, actor: str) -> bool:
    """Raise an alert; False (and nothing written) when the same is open already."""
    if conn.execute(_open(kind, subject)).first() is not None:
        return False
    conn.execute(insert(alert), [{"kind": kind, "subject": subject, "raised_at": now, "cleared_at": None, "text": text, "cure": cure}])
    journal.append(conn, [Act("alert.raised", subject, {"alert": kind, "text": text})], at=now, actor=actor)
    return True


def clear(conn: Connection, kind: str, subject: str, *, now: datetime, actor: str) -> bool:
    """Clear the open alert of this kind and subject; False when there is none."""
    row = conn.execute(_open(kind, subject)).first()
    if row is None:
        return False
    _clear(conn, row, now, actor)
    return True


def clear_number(conn: Connection, number: int, *, now: datetime, actor: str) -> Alert:
    """Clear an alert by its number; one that is cleared stays as it is. Raises ``NotFound``."""
    row = conn.execute(select(alert).where(alert.c.number == number)).first()
    if row is None:
        raise NotFound(f"there is no alert {number}")
    if row.cleared_at is None:
        _clear(conn, row, now, actor)
    return _alert(conn.execute(select(alert).where(alert.c.number == number)).one())


def list_alerts(conn: Connection, *, cleared: bool = False, limit: int = 1000) -> list[Alert]:
    """Open alerts (with ``cleared`` also those that were), newest first."""
    query = select(alert).order_by(alert.c.number.desc()).limit(limit)
    if not cleared:
        query = query.where(alert.c.cleared_at.is_(None))
    return [_alert(row) for row in conn.execute(query)]


def _open(kind: str, subject: str) -> Any:
    return select(alert).where(alert.c.kind == kind, alert.c.subject == subject, alert.c.cleared_at.is_(None))


def _clear(conn: Connection, row: Row[Any], now: datetime, actor: str) -> None:
    conn.execute(update(alert).where(alert.c.number == row.number).values(cleared_at=now))
    journal.append(conn, [Act("alert.cleared", row.subject, {"alert": row.kind})], at=now, actor=actor)


def _alert(row: Row[Any]) -> Alert:
    return Alert(row.number, row.kind, row.subject, row.raised_at, row.cleared_at, row.text, row.cure)
