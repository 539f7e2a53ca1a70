"""Jobs by which an operator decides about deliveries: let out what was set aside or held, refuse what was held, deliver again.

What is held for breaking its recipient's guide waits for a ruling; held copies of its messages share its fate. One alert for each mailbox
says that something is held there, until nothing is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update

from vanhub.errors import Conflict
from vanhub.store import alerts
from vanhub.store.deliveries import COLUMNS, locked, move
from vanhub.store.tables import delivery, interchange
from vanhub.values.acceptance import Acceptance
from vanhub.values.delivery import Delivery, DeliveryState

HELD_ALERT = "held"


def free(conn: Connection, delivery_id: str, *, now: datetime, actor: str) -> list[Delivery]:
    """It may be collected: QUARANTINED -> AVAILABLE, losses forgotten, or HELD -> AVAILABLE with the held copies of it; the time that they were
    held does not count for their expiry. Returns the delivery and those copies.

    Raises:
        NotFound: it is not there.
        Conflict: it is neither quarantined nor held, or is a copy of what is held.
    """
    row = locked(conn, delivery_id)
    _require_state(row, {DeliveryState.QUARANTINED, DeliveryState.HELD}, "freed")
    if row.state is DeliveryState.QUARANTINED:
        return [move(conn, row, "delivery.freed", now=now, actor=actor, state=DeliveryState.AVAILABLE, lost=0)]
    freed = [
        move(
            conn,
            each,
            "delivery.freed",
            now=now,
            actor=actor,
            state=DeliveryState.AVAILABLE,
            expires_at=each.expires_at and each.expires_at + (now - each.created_at),
        )
        for each in _held_together(conn, row)
    ]
    clear_held(conn, row.mailbox, now=now, actor=actor)
    return freed


def refuse(conn: Connection, delivery_id: str, *, reason: str, now: datetime, actor: str) -> list[Delivery]:
    """Nobody gets it: HELD -> REFUSED, with the held copies of it. Where nothing else of its interchange is or was to be had, the reference may be used again.

    Raises:
        NotFound: it is not there.
        Conflict: it is not held, or is a copy of what is held.
    """
    row = locked(conn, delivery_id)
    _require_state(row, {DeliveryState.HELD}, "refused")
    refused = [
        move(conn, each, "delivery.refused", now=now, actor=actor, data={"reason": reason}, state=DeliveryState.REFUSED) for each in _held_together(conn, row)
    ]
    others = exists().where(delivery.c.interchange == row.interchange, delivery.c.state != DeliveryState.REFUSED)
    conn.execute(update(interchange).where(interchange.c.id == row.interchange, ~others).values(duplicate_key=None))
    clear_held(conn, row.mailbox, now=now, actor=actor)
    return refused


def redeliver(conn: Connection, delivery_id: str, *, now: datetime, actor: str, expires_at: datetime | None = None) -> Delivery:
    """An operator offers it again under its id: DELIVERED, ANSWERED or EXPIRED -> AVAILABLE, until ``expires_at``.

    Raises:
        NotFound: it is not there.
        Conflict: it still waits, is claimed, quarantined, held or refused.
    """
    row = locked(conn, delivery_id)
    _require_state(row, {DeliveryState.DELIVERED, DeliveryState.ANSWERED, DeliveryState.EXPIRED}, "delivered again")
    fresh: dict[str, Any] = {"claim": None, "lost": 0, "delivered_at": None, "answered_at": None, "expires_at": expires_at}
    return move(conn, row, "delivery.redelivered", now=now, actor=actor, state=DeliveryState.AVAILABLE, **fresh)


def raise_held(conn: Connection, acceptance: Acceptance) -> None:
    """Part of the acceptance: operators hear of what is held."""
    for item in acceptance.deliveries:
        if item.held and not item.held_with:
            alerts.raise_once(
                conn,
                HELD_ALERT,
                item.mailbox,
                text=f"messages for {item.mailbox} are held because they break its guide, since {item.reference} of {item.sender} (delivery {item.id})",
                cure=f"vanhub mailbox peek {item.mailbox} --state held; then vanhub mailbox free or refuse each",
                now=acceptance.received_at,
                actor="hub",
            )


def clear_held(conn: Connection, mailbox: str, *, now: datetime, actor: str) -> None:
    """Clear the alert of ``mailbox`` where nothing that waits for a ruling is left."""
    left = select(delivery.c.id).where(delivery.c.mailbox == mailbox, delivery.c.state == DeliveryState.HELD, delivery.c.held_with == "")
    if conn.execute(left.limit(1)).first() is None:
        alerts.clear(conn, HELD_ALERT, mailbox, now=now, actor=actor)


def _held_together(conn: Connection, row: Row[Any]) -> list[Row[Any]]:
    """A held delivery and the held copies of it, locked."""
    if row.held_with:
        raise Conflict(f"delivery {row.id} copies messages of delivery {row.held_with}, which is held: decide about that one")
    copies = select(*COLUMNS).where(delivery.c.interchange == row.interchange, delivery.c.held_with == row.id, delivery.c.state == DeliveryState.HELD)
    return [row, *conn.execute(copies.order_by(delivery.c.position).with_for_update())]


def _require_state(row: Row[Any], states: set[DeliveryState], verb: str) -> None:
    if row.state not in states:
        raise Conflict(f"delivery {row.id} is {row.state.value} and cannot be {verb}")
