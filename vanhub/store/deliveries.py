"""Jobs on deliveries: the mailbox's side of an interchange.

The transitions are those of ``vanhub.exchange.delivery``; each is an ``UPDATE .. WHERE state = ..`` on rows locked by the same transaction. A claim is a lease with a
token, kept as its SHA-256 only; it holds while its lease runs and nobody took it away. Every act leaves a leaf record.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, insert, or_, select, update

from vanhub.errors import Conflict, NotFound
from vanhub.store import journal
from vanhub.store.journal import Act
from vanhub.store.prepared import Prepared
from vanhub.store.tables import MAY_EXPIRE, delivery, interchange
from vanhub.values.acceptance import Answer, NewDelivery
from vanhub.values.delivery import Claimed, ContentRef, Delivery, DeliveryState, Recipe, Slice, Slot

QUARANTINED_AFTER = 5
"""Leases that may run out before a delivery is set aside."""

_MOST = 1000
_ASKED = 500  # references looked for at once: an interchange may hold a hundred thousand answers
_HUB = "hub"

COLUMNS = [column for column in delivery.c if column.name != "recipe"]
_INSERT = Prepared(
    insert(delivery).inline(),
    [
        *("id", "interchange", "mailbox", "slot", "state", "recipe", "sender", "recipient", "reference", "types"),
        *("messages", "size", "sha256", "created_at", "claimed_by", "claims", "lost", "expires_at", "guide_faults", "held_with"),
    ],
)
_CLAIM = (
    update(delivery)
    .where(delivery.c.position == bindparam("which"), delivery.c.state == DeliveryState.AVAILABLE)
    .values(
        state=DeliveryState.CLAIMED,
        claim=bindparam("token"),
        claimed_by=bindparam("claimant"),
        lease_until=bindparam("until"),
        claims=delivery.c.claims + 1,
    )
)


class DeliveryContent(NamedTuple):
    """What is needed to read a delivery's octets: pieces and slices, where the original lies, and what must come out."""

    recipe: Recipe
    content: ContentRef
    size: int
    sha256: str


def insert_new(conn: Connection, interchange_id: str, items: Iterable[NewDelivery], now: datetime) -> None:
    """Write the deliveries of an interchange just accepted: AVAILABLE or HELD, in the order given. Part of the acceptance, whose leaf names them."""
    rows = [
        {
            "id": item.id,
            "interchange": interchange_id,
            "mailbox": item.mailbox,
            "slot": item.slot,
            "state": DeliveryState.HELD if item.held else DeliveryState.AVAILABLE,
            "recipe": item.recipe,
            "sender": item.sender,
            "recipient": item.recipient,
            "reference": item.reference,
            "types": list(item.types),
            "messages": item.messages,
            "size": item.size,
            "sha256": item.sha256,
            "created_at": now,
            "claimed_by": "",
            "claims": 0,
            "lost": 0,
            "expires_at": item.expires_at,
            "guide_faults": item.guide_faults,
            "held_with": item.held_with,
        }
        for item in items
    ]
    _INSERT.many(conn, rows)


def list_deliveries(
    conn: Connection,
    mailbox: str,
    *,
    slot: Slot = Slot.PRODUCTION,
    state: DeliveryState | None = None,
    limit: int = 100,
    after: str = "",
) -> list[Delivery]:
    """A mailbox's deliveries in order of arrival, after the delivery ``after``; ``state`` None means any.

    Raises:
        NotFound: ``after`` is not in this mailbox.
    """
    position = _row(conn, after, mailbox).position if after else 0
    rows: list[Row[Any]] = []
    # State by state, each a range of the index: a mailbox holds few that wait beside very many that were delivered.
    for each in [state] if state else DeliveryState:
        query = select(*COLUMNS).where(delivery.c.mailbox == mailbox, delivery.c.slot == slot, delivery.c.state == each, delivery.c.position > position)
        rows += conn.execute(query.order_by(delivery.c.position).limit(limit)).all()
    return [_delivery(row) for row in sorted(rows, key=lambda row: row.position)[:limit]]


def get_delivery(conn: Connection, delivery_id: str, *, mailbox: str = "") -> Delivery:
    """One delivery, of ``mailbox`` if given. Raises ``NotFound``."""
    return _delivery(_row(conn, delivery_id, mailbox))


def get_content(conn: Connection, delivery_id: str, *, mailbox: str = "") -> DeliveryContent:
    """What its octets are made of. Raises ``NotFound``."""
    query = select(
        delivery.c.recipe,
        delivery.c.size,
        delivery.c.sha256,
        interchange.c.content_day,
        interchange.c.content_segment,
        interchange.c.content_offset,
        interchange.c.size.label("content_length"),
    ).join_from(delivery, interchange)
    row = conn.execute(_which(query, delivery_id, mailbox)).first()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return DeliveryContent(row.recipe, ContentRef(row.content_day, row.content_segment, row.content_offset, row.content_length), row.size, row.sha256)


def of_interchange(conn: Connection, interchange_id: str) -> list[Delivery]:
    """The deliveries made of an interchange, in order."""
    return [_delivery(row) for row in conn.execute(select(*COLUMNS).where(delivery.c.interchange == interchange_id).order_by(delivery.c.position))]


def guide_faults(conn: Connection, interchange_id: str, mailbox: str) -> list[dict[str, Any]]:
    """What guides found in the messages that ``mailbox`` got of an interchange, as it is listed there."""
    recipes = conn.execute(select(delivery.c.recipe).where(delivery.c.interchange == interchange_id, delivery.c.mailbox == mailbox)).scalars()
    slices = sorted((piece.offset, piece.offset + piece.length) for recipe in recipes for piece in recipe if isinstance(piece, Slice))
    starts = [start for start, _ in slices]
    # AUTACK and packages may be in several deliveries to one mailbox, so that slices overlap: what counts is how far any that began before goes.
    ends = list(accumulate((end for _, end in slices), max))
    listed = conn.execute(select(interchange.c.guide_faults).where(interchange.c.id == interchange_id)).scalar_one()
    return [fault for fault in listed if (at := bisect_right(starts, fault["offset"])) and fault["offset"] < ends[at - 1]]


def collected(conn: Connection, mailbox: str, *, since: datetime, limit: int = 1000, after: str = "") -> list[Delivery]:
    """What was delivered from ``since`` on, newest first, after the delivery ``after``."""
    query = select(*COLUMNS).where(delivery.c.mailbox == mailbox, delivery.c.delivered_at >= since)
    if after:
        last = _row(conn, after, mailbox)
        query = query.where(
            or_(delivery.c.delivered_at < last.delivered_at, (delivery.c.delivered_at == last.delivered_at) & (delivery.c.position < last.position)),
        )
    return [_delivery(row) for row in conn.execute(query.order_by(delivery.c.delivered_at.desc(), delivery.c.position.desc()).limit(limit))]


def claim(
    conn: Connection,
    mailbox: str,
    slot: Slot,
    tokens: Sequence[str],
    *,
    lease_until: datetime,
    now: datetime,
    actor: str,
    quarantined_after: int = QUARANTINED_AFTER,
) -> list[Claimed]:
    """Claim the oldest available deliveries of a slot, one for each of ``tokens`` (made by the caller, unguessable), until ``lease_until``."""
    lose_leases(conn, now, mailbox=mailbox, quarantined_after=quarantined_after)
    query = select(*COLUMNS).where(
        delivery.c.mailbox == mailbox,
        delivery.c.slot == slot,
        delivery.c.state == DeliveryState.AVAILABLE,
        or_(delivery.c.expires_at.is_(None), delivery.c.expires_at > now),
    )
    rows = conn.execute(query.order_by(delivery.c.position).limit(len(tokens)).with_for_update(skip_locked=True)).all()
    return _claim(conn, rows, tokens, lease_until=lease_until, now=now, actor=actor)


def claim_one(
    conn: Connection,
    delivery_id: str,
    token: str,
    *,
    lease_until: datetime,
    now: datetime,
    actor: str,
    mailbox: str = "",
    quarantined_after: int = QUARANTINED_AFTER,
) -> Claimed:
    """Claim this delivery.

    Raises:
        NotFound: it is not there, or not in ``mailbox``.
        Conflict: it is claimed already, or no longer available.
    """
    row = locked(conn, delivery_id, mailbox)
    if row.state is DeliveryState.CLAIMED and row.lease_until <= now:
        _lose(conn, [row], now, quarantined_after)
        row = locked(conn, delivery_id, mailbox)
    if row.state is DeliveryState.CLAIMED:
        raise Conflict(f"delivery {delivery_id} is in use until {row.lease_until:%H:%M:%S} UTC")
    if row.state is not DeliveryState.AVAILABLE or (row.expires_at is not None and row.expires_at <= now):
        raise Conflict(f"delivery {delivery_id} is {row.state.value}, not available")
    return _claim(conn, [row], [token], lease_until=lease_until, now=now, actor=actor)[0]


def commit(conn: Connection, delivery_id: str, token: str, *, now: datetime, actor: str, mailbox: str = "") -> Delivery:
    """The pickup is complete: CLAIMED -> DELIVERED. The claim that committed may say so again.

    Raises:
        NotFound: it is not there, or not in ``mailbox``.
        Conflict: the claim is stale: its lease ran out, or it is not this delivery's.
    """
    row = locked(conn, delivery_id, mailbox)
    if row.state in {DeliveryState.DELIVERED, DeliveryState.ANSWERED} and row.claim == _hash(token):
        return _delivery(row)
    _require_claim(row, token, now)
    return move(conn, row, "delivery.delivered", now=now, actor=actor, state=DeliveryState.DELIVERED, lease_until=None, delivered_at=now)


def release(conn: Connection, delivery_id: str, token: str, *, now: datetime, actor: str, mailbox: str = "") -> Delivery:
    """Give it back: CLAIMED -> AVAILABLE, at its old place. Raises as ``commit``."""
    row = locked(conn, delivery_id, mailbox)
    _require_claim(row, token, now)
    return move(conn, row, "delivery.released", now=now, actor=actor, state=DeliveryState.AVAILABLE, claim=None, lease_until=None)


def extend(conn: Connection, delivery_id: str, token: str, *, lease_until: datetime, now: datetime, actor: str, mailbox: str = "") -> Delivery:
    """Move the end of the lease. Raises as ``commit``."""
    row = locked(conn, delivery_id, mailbox)
    _require_claim(row, token, now)
    return move(conn, row, "delivery.extended", now=now, actor=actor, lease_until=lease_until)


def lose_leases(conn: Connection, now: datetime, *, mailbox: str = "", quarantined_after: int = QUARANTINED_AFTER, limit: int = _MOST) -> list[Delivery]:
    """Leases that are over: CLAIMED -> AVAILABLE, or QUARANTINED at the ``quarantined_after``-th loss. Returns those deliveries as they are now."""
    query = select(*COLUMNS).where(delivery.c.lease_until <= now, delivery.c.state == DeliveryState.CLAIMED)
    if mailbox:
        query = query.where(delivery.c.mailbox == mailbox)
    rows = conn.execute(query.order_by(delivery.c.lease_until).limit(limit).with_for_update(skip_locked=True)).all()
    return _lose(conn, rows, now, quarantined_after)


def expire(conn: Connection, now: datetime, *, limit: int = _MOST) -> list[Delivery]:
    """What waited too long: AVAILABLE, QUARANTINED or HELD -> EXPIRED. Returns those deliveries."""
    query = select(*COLUMNS).where(delivery.c.expires_at <= now, MAY_EXPIRE)
    rows = conn.execute(query.order_by(delivery.c.expires_at).limit(limit).with_for_update(skip_locked=True)).all()
    return [move(conn, row, "delivery.expired", now=now, actor=_HUB, state=DeliveryState.EXPIRED) for row in rows]


def answer(conn: Connection, mailbox: str, answers: Iterable[Answer], *, by: str, now: datetime, actor: str) -> tuple[str, ...]:
    """The owner answered with CONTRL in interchange ``by``: what it collected, or is collecting, under the reference -> ANSWERED. Returns the ids."""
    answered: dict[str, None] = {}
    every = list(answers)
    for start in range(0, len(every), _ASKED):
        some = every[start : start + _ASKED]
        query = select(*COLUMNS).where(
            delivery.c.mailbox == mailbox,
            delivery.c.reference.in_({each.reference for each in some}),
            delivery.c.state.in_([DeliveryState.CLAIMED, DeliveryState.DELIVERED]),
        )
        found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in conn.execute(query.order_by(delivery.c.position).with_for_update()):
            found[row.reference].append(row)
        for each in some:
            for row in found[each.reference]:
                if row.id in answered or each.sender not in {"", row.sender}:
                    continue
                data = {"by": by, "accepted": each.accepted}
                changes = {"state": DeliveryState.ANSWERED, "lease_until": None, "delivered_at": row.delivered_at or now, "answered_at": now}
                move(conn, row, "delivery.answered", now=now, actor=actor, data=data, **changes)
                answered[row.id] = None
    return tuple(answered)


def _claim(conn: Connection, rows: Sequence[Row[Any]], tokens: Sequence[str], *, lease_until: datetime, now: datetime, actor: str) -> list[Claimed]:
    """Claim available rows that this transaction has locked."""
    pairs = list(zip(rows, tokens, strict=False))
    if pairs:
        conn.execute(_CLAIM, [{"which": row.position, "token": _hash(token), "claimant": actor, "until": lease_until} for row, token in pairs])
        journal.append(conn, [Act("delivery.claimed", row.id, {"lease_until": lease_until.isoformat()}) for row, _ in pairs], at=now, actor=actor)
    changes = {"state": DeliveryState.CLAIMED, "claimed_by": actor, "lease_until": lease_until}
    return [Claimed(_delivery(row, **changes, claims=row.claims + 1), token) for row, token in pairs]


def _lose(conn: Connection, rows: Iterable[Row[Any]], now: datetime, quarantined_after: int) -> list[Delivery]:
    lost: list[Delivery] = []
    for row in rows:
        over = row.lost + 1 >= quarantined_after
        data = {"claimed_by": row.claimed_by, "lost": row.lost + 1}
        changes = {
            "state": DeliveryState.QUARANTINED if over else DeliveryState.AVAILABLE,
            "claim": None,
            "lease_until": None,
            "lost": row.lost + 1,
        }
        lost.append(move(conn, row, "delivery.quarantined" if over else "delivery.lost", now=now, actor=_HUB, data=data, **changes))
    return lost


def move(conn: Connection, row: Row[Any], kind: str, *, now: datetime, actor: str, data: Mapping[str, Any] | None = None, **changes: Any) -> Delivery:
    """Change a row that this transaction has locked, from the state it was seen in, and leave a leaf record."""
    result = conn.execute(update(delivery).where(delivery.c.position == row.position, delivery.c.state == row.state).values(**changes))
    if result.rowcount != 1:
        raise Conflict(f"delivery {row.id} was overtaken")
    journal.append(conn, [Act(kind, row.id, {"was": row.state.value, **(data or {})})], at=now, actor=actor)
    return _delivery(row, **changes)


def _require_claim(row: Row[Any], token: str, now: datetime) -> None:
    if row.state is not DeliveryState.CLAIMED or row.claim != _hash(token) or row.lease_until <= now:
        raise Conflict(f"this claim on delivery {row.id} is stale")


def _row(conn: Connection, delivery_id: str, mailbox: str) -> Row[Any]:
    row = conn.execute(_which(select(*COLUMNS), delivery_id, mailbox)).first()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return row


def locked(conn: Connection, delivery_id: str, mailbox: str = "") -> Row[Any]:
    """Its row, locked until the transaction ends. Raises ``NotFound``."""
    row = conn.execute(_which(select(*COLUMNS), delivery_id, mailbox).with_for_update()).first()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return row


def _which(query: Select[Any], delivery_id: str, mailbox: str) -> Select[Any]:
    query = query.where(delivery.c.id == delivery_id)
    return query.where(delivery.c.mailbox == mailbox) if mailbox else query


def _delivery(row: Row[Any], **changes: Any) -> Delivery:
    values = {**row._mapping, **changes}
    return Delivery(
        id=values["id"],
        interchange=values["interchange"],
        mailbox=values["mailbox"],
        slot=values["slot"],
        state=values["state"],
        sender=values["sender"],
        recipient=values["recipient"],
        reference=values["reference"],
        types=tuple(values["types"]),
        messages=values["messages"],
        size=values["size"],
        sha256=values["sha256"],
        created_at=values["created_at"],
        lease_until=values["lease_until"],
        claimed_by=values["claimed_by"],
        claims=values["claims"],
        lost=values["lost"],
        delivered_at=values["delivered_at"],
        answered_at=values["answered_at"],
        expires_at=values["expires_at"],
        guide_faults=values["guide_faults"],
        held_with=values["held_with"],
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
