"""Verbs on mailboxes and deliveries, as an operator uses them: any mailbox, journaled under the operator's name."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from vanhub.errors import NotFound, OperatorError
from vanhub.service.core import Core
from vanhub.service.octets import Octets
from vanhub.service.verbs import verb
from vanhub.service.verbs.shapes import plain
from vanhub.store import deliveries, rulings
from vanhub.store.doctor import depths
from vanhub.values.delivery import DeliveryState, Slot
from vanhub.values.mailbox import Mailbox

_PIECE = 1 << 20


@verb("mailbox.list")
def list_(core: Core) -> list[dict[str, Any]]:
    """One row a mailbox and slot: how many deliveries are in each state; mailboxes without any have one row of zeros."""
    found = core.store.look(depths)
    states = [state.value for state in DeliveryState]
    return [
        {"id": id, "name_en": mailbox.name_en, "name_zh": mailbox.name_zh, "slot": slot} | {state: counts.get(state, 0) for state in states}
        for id, mailbox in sorted(core.registry.mailboxes.items())
        for slot, counts in sorted(found.get(id, {Slot.PRODUCTION.value: {}}).items())
    ]


@verb("mailbox.peek")
def peek(core: Core, *, mailbox: str, slot: str = "production", state: str = "available", limit: int = 100, after: str = "") -> list[dict[str, Any]]:
    _require(core, mailbox)
    wanted = None if state == "all" else DeliveryState(state)
    return [plain(found) for found in core.store.look(deliveries.list_deliveries, mailbox, slot=Slot(slot), state=wanted, limit=limit, after=after)]


@verb("mailbox.claim", writes=True)
def claim(core: Core, actor: str, *, mailbox: str, most: int, lease_s: int, slot: str = "production") -> dict[str, Any]:
    """``{"deliveries": [{"id", "claim", ...}]}``, the oldest first."""
    _require(core, mailbox)
    longest = core.settings.deliveries.longest_lease_s
    if not 1 <= lease_s <= longest:
        raise OperatorError(f"a lease is 1 to {longest} seconds, not {lease_s}")
    now = core.clock()
    tokens = [base64.urlsafe_b64encode(core.entropy(18)).decode() for _ in range(most)]
    claimed = core.store.call(
        deliveries.claim,
        mailbox,
        Slot(slot),
        tokens,
        lease_until=now + timedelta(seconds=lease_s),
        now=now,
        actor=actor,
        quarantined_after=core.settings.deliveries.lost_leases,
    )
    return {"deliveries": [plain(each.delivery) | {"claim": each.claim} for each in claimed]}


@verb("mailbox.fetch")
def fetch(core: Core, *, delivery: str, offset: int, length: int) -> dict[str, Any]:
    """A piece of a delivery's octets in base64, and their whole size. The first piece is given only after all were verified."""
    octets = Octets(core.store.content(), core.store.look(deliveries.get_content, delivery))
    if offset == 0:
        octets.require_undamaged()
    return {"octets": base64.b64encode(octets.read(offset, min(length, _PIECE))).decode(), "size": octets.size}


@verb("mailbox.commit", writes=True)
def commit(core: Core, actor: str, *, delivery: str, claim: str) -> dict[str, Any]:
    return dict(plain(core.store.call(deliveries.commit, delivery, claim, now=core.clock(), actor=actor)))


@verb("mailbox.release", writes=True)
def release(core: Core, actor: str, *, delivery: str, claim: str) -> dict[str, Any]:
    return dict(plain(core.store.call(deliveries.release, delivery, claim, now=core.clock(), actor=actor)))


@verb("mailbox.free", writes=True)
def free(core: Core, actor: str, *, delivery: str) -> dict[str, Any]:
    """The delivery as it is now; held copies of it are let out with it."""
    return dict(plain(core.store.call(rulings.free, delivery, now=core.clock(), actor=actor)[0]))


@verb("mailbox.refuse", writes=True)
def refuse(core: Core, actor: str, *, delivery: str, reason: str) -> dict[str, Any]:
    """The delivery as it is now; held copies of it are refused with it. Raises ``OperatorError`` where ``reason`` says nothing."""
    if not reason.strip():
        raise OperatorError("a refusal has a reason, which the trace keeps: say --reason TEXT")
    return dict(plain(core.store.call(rulings.refuse, delivery, reason=reason, now=core.clock(), actor=actor)[0]))


@verb("mailbox.redeliver", writes=True)
def redeliver(core: Core, actor: str, *, delivery: str) -> dict[str, Any]:
    now = core.clock()
    mailbox = _require(core, core.store.look(deliveries.get_delivery, delivery).mailbox)
    return dict(plain(core.store.call(rulings.redeliver, delivery, now=now, actor=actor, expires_at=now + mailbox.expiry)))


def _require(core: Core, id: str) -> Mailbox:
    mailbox = core.registry.mailbox(id)
    if mailbox is None:
        raise NotFound(f"there is no mailbox {id!r}; `vanhub mailbox list` shows all")
    return mailbox
