"""Jobs that prove conservation: what was accepted is all there, and every state is consistent with itself.

Readable content is the service's to prove: it needs the disk. Findings are sentences that begin with a fixed name and end with the id.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select

from vanhub.edifact.report import Verdict
from vanhub.store.tables import acknowledgement, delivery, interchange, leaf, message
from vanhub.values.delivery import DeliveryState, Recipe, Slice, Slot

_PAGE = 1000
_CONTROL = ("CONTRL", "AUTACK")


def conservation(conn: Connection, *, most: int = 1000) -> list[str]:
    """Everything that is not as it must be, at most ``most`` findings; an empty list is the proof."""
    return list(islice(_findings(conn), most))


def counts(conn: Connection) -> dict[str, Any]:
    """How many interchanges per verdict, deliveries per slot and state, messages, leaf records and those of them not sequenced yet."""
    states: dict[str, dict[str, int]] = {}
    grouped = select(delivery.c.slot, delivery.c.state, func.count()).group_by(delivery.c.slot, delivery.c.state)
    for slot, state, number in conn.execute(grouped):
        states.setdefault(slot.value, {})[state.value] = number
    verdicts = conn.execute(select(interchange.c.verdict, func.count()).group_by(interchange.c.verdict))
    return {
        "interchanges": {verdict.value: number for verdict, number in verdicts},
        "deliveries": states,
        "messages": conn.execute(select(func.coalesce(func.sum(interchange.c.messages), 0))).scalar_one(),
        "leaves": conn.execute(select(func.count()).select_from(leaf)).scalar_one(),
        "unsequenced_leaves": conn.execute(select(func.count()).where(leaf.c.tree_index.is_(None))).scalar_one(),
    }


def depths(conn: Connection) -> dict[str, dict[str, dict[str, int]]]:
    """How many deliveries by mailbox, slot and state."""
    mailboxes: dict[str, dict[str, dict[str, int]]] = {}
    grouped = select(delivery.c.mailbox, delivery.c.slot, delivery.c.state, func.count()).group_by(delivery.c.mailbox, delivery.c.slot, delivery.c.state)
    for mailbox, slot, state, number in conn.execute(grouped):
        mailboxes.setdefault(mailbox, {}).setdefault(slot.value, {})[state.value] = number
    return mailboxes


def _findings(conn: Connection) -> Iterator[str]:
    for name, condition in _INTERCHANGE_RULES.items():
        for found in conn.execute(select(interchange.c.id).where(condition).order_by(interchange.c.id)).scalars():
            yield f"{name}: interchange {found}"
    for name, condition in _DELIVERY_RULES.items():
        for found in conn.execute(select(delivery.c.id).where(condition).order_by(delivery.c.position)).scalars():
            yield f"{name}: delivery {found}"
    yield from _uncovered(conn)


def _uncovered(conn: Connection) -> Iterator[str]:
    """Accepted messages whose octets are in no delivery; an interchange of only control messages is correlated, not delivered."""
    after = ""
    while True:
        wanted = select(interchange.c.id).where(interchange.c.id > after, interchange.c.verdict != Verdict.REJECTED, not_(interchange.c.only_control))
        page = conn.execute(wanted.order_by(interchange.c.id).limit(_PAGE)).scalars().all()
        if not page:
            return
        for interchange_id in page:
            covered = _covered(conn, interchange_id)
            accepted = select(message.c.position, message.c.offset, message.c.end).where(
                message.c.interchange == interchange_id,
                message.c.verdict == Verdict.ACCEPTED,
                message.c.type.not_in(_CONTROL),
            )
            start = stop = 0
            ranges = iter(covered)
            for position, offset, end in conn.execute(accepted.order_by(message.c.offset)):
                while stop < end and (following := next(ranges, None)) is not None:
                    start, stop = following
                if not start <= offset <= end <= stop:
                    yield f"message-not-delivered: interchange {interchange_id} message {position}"
        after = page[-1]


def _covered(conn: Connection, interchange_id: str) -> list[tuple[int, int]]:
    """The octets that deliveries carry, as ranges in order that neither overlap nor touch."""
    recipes = conn.execute(select(delivery.c.recipe).where(delivery.c.interchange == interchange_id, delivery.c.slot != Slot.REJECTED)).scalars()
    ranges: list[tuple[int, int]] = []
    for start, stop in sorted(_slices(recipes)):
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(stop, ranges[-1][1]))
        else:
            ranges.append((start, stop))
    return ranges


def _slices(recipes: Any) -> Iterator[tuple[int, int]]:
    """First octet and end of every slice in ``recipes``."""
    recipe: Recipe
    for recipe in recipes:
        for piece in recipe:
            if isinstance(piece, Slice):
                yield piece.offset, piece.offset + piece.length


def _rows_of(interchange_id: ColumnElement[str]) -> Any:
    return select(func.count()).where(message.c.interchange == interchange_id).scalar_subquery()


_INTERCHANGE_RULES: dict[str, ColumnElement[bool]] = {
    "acknowledgement-missing": not_(exists().where(acknowledgement.c.interchange == interchange.c.id)),
    "rejection-without-acknowledgement": and_(
        interchange.c.verdict == Verdict.REJECTED,
        not_(interchange.c.only_control),
        exists().where(acknowledgement.c.interchange == interchange.c.id, acknowledgement.c.contrl.is_(None)),
    ),
    "acknowledgement-without-signature": exists().where(
        acknowledgement.c.interchange == interchange.c.id,
        acknowledgement.c.contrl.is_(None) != acknowledgement.c.p7s.is_(None),
    ),
    "rejected-interchange-holds-duplicate-key": and_(interchange.c.verdict == Verdict.REJECTED, interchange.c.duplicate_key.is_not(None)),
    "message-rows-missing": interchange.c.messages != _rows_of(interchange.c.id),
    "journal-leaf-missing": not_(exists().where(leaf.c.subject == interchange.c.id, leaf.c.kind.in_([f"interchange.{each.value}" for each in Verdict]))),
}

_original = delivery.alias("original")

_DELIVERY_RULES: dict[str, ColumnElement[bool]] = {
    "claimed-without-lease": and_(delivery.c.state == DeliveryState.CLAIMED, or_(delivery.c.lease_until.is_(None), delivery.c.claim.is_(None))),
    "copy-without-what-it-copies": and_(
        delivery.c.held_with != "", not_(exists().where(_original.c.id == delivery.c.held_with, _original.c.interchange == delivery.c.interchange))
    ),
    "copy-waits-alone": and_(
        delivery.c.state == DeliveryState.HELD,
        exists().where(_original.c.id == delivery.c.held_with, _original.c.state.in_([DeliveryState.AVAILABLE, DeliveryState.REFUSED])),
    ),
    "lease-without-claim": and_(delivery.c.state != DeliveryState.CLAIMED, delivery.c.lease_until.is_not(None)),
    "delivered-without-time": and_(delivery.c.state.in_([DeliveryState.DELIVERED, DeliveryState.ANSWERED]), delivery.c.delivered_at.is_(None)),
    "answered-without-time": and_(delivery.c.state == DeliveryState.ANSWERED, delivery.c.answered_at.is_(None)),
    "waiting-with-delivery-time": and_(
        delivery.c.state.in_([DeliveryState.AVAILABLE, DeliveryState.QUARANTINED, DeliveryState.HELD, DeliveryState.REFUSED]),
        delivery.c.delivered_at.is_not(None),
    ),
}
