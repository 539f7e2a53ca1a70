"""The mailbox's side: claims, leases, and every transition of ``vanhub.exchange.delivery``, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.store.builders import NOW, accept, acceptance, delivery, octets_of, submit
from tests.store.conftest import Clock
from vanhub.errors import Conflict, NotFound
from vanhub.exchange.delivery import TRANSITIONS, Verb
from vanhub.store import Store, deliveries, journal, rulings
from vanhub.values.acceptance import Answer
from vanhub.values.delivery import Claimed, Delivery, DeliveryState, Slot

MINUTE = timedelta(minutes=1)


def fill(store: Store, numbers: range, **changes: object) -> list[str]:
    """Accept interchanges; returns the ids of their deliveries to customs."""
    for number in numbers:
        accept(store, number, deliveries=(delivery(number, octets_of(number), **changes),))  # type: ignore[arg-type]
    return [f"d{number}-customs-{changes.get('slot', 'production')}" for number in numbers]


def claim(store: Store, now: datetime, *tokens: str, slot: Slot = Slot.PRODUCTION, lease: timedelta = MINUTE) -> list[Claimed]:
    return store.call(deliveries.claim, "customs", slot, tokens, lease_until=now + lease, now=now, actor="customs")


def test_the_oldest_are_claimed_first_and_once(store: Store) -> None:
    ids = fill(store, range(1, 6))
    first = claim(store, NOW, "a", "b", "c")
    assert [(each.delivery.id, each.claim) for each in first] == [(ids[0], "a"), (ids[1], "b"), (ids[2], "c")]
    assert {(each.delivery.state, each.delivery.lease_until, each.delivery.claims, each.delivery.claimed_by) for each in first} == {
        (DeliveryState.CLAIMED, NOW + MINUTE, 1, "customs")
    }
    assert [each.delivery for each in first] == store.look(deliveries.list_deliveries, "customs", state=DeliveryState.CLAIMED)
    assert [each.delivery.id for each in claim(store, NOW, "d", "e", "f")] == ids[3:]
    assert claim(store, NOW, "g") == []


def test_tokens_are_not_kept(store: Store, url: str) -> None:
    fill(store, range(1, 2))
    claim(store, NOW, "a-token-nobody-can-guess")
    rows = store.look(lambda conn: repr(conn.exec_driver_sql("SELECT * FROM delivery").all() + conn.exec_driver_sql("SELECT * FROM leaf").all()))
    assert "a-token-nobody-can-guess" not in rows


def test_slots_and_mailboxes_do_not_mix(store: Store) -> None:
    fill(store, range(1, 3), slot=Slot.TEST)
    accept(store, 3, deliveries=(delivery(3, octets_of(3), mailbox="tax"),))
    assert claim(store, NOW, "a") == []
    assert [each.delivery.id for each in claim(store, NOW, "a", slot=Slot.TEST)] == ["d1-customs-test"]
    assert [each.id for each in store.look(deliveries.list_deliveries, "customs", slot=Slot.TEST)] == ["d1-customs-test", "d2-customs-test"]
    assert store.look(deliveries.list_deliveries, "customs") == []
    with pytest.raises(NotFound):
        store.call(deliveries.claim_one, "d3-tax-production", "b", lease_until=NOW + MINUTE, now=NOW, actor="customs", mailbox="customs")


def test_listing_pages_in_order_of_arrival(store: Store) -> None:
    ids = fill(store, range(1, 6))
    claim(store, NOW, "a", "b")
    store.call(deliveries.commit, ids[0], "a", now=NOW, actor="customs")

    def listed(**terms: object) -> list[str]:
        return [each.id for each in store.look(deliveries.list_deliveries, "customs", **terms)]

    assert listed() == ids
    assert listed(limit=2) == ids[:2]
    assert listed(limit=2, after=ids[1]) == ids[2:4]
    assert listed(state=DeliveryState.AVAILABLE) == ids[2:]
    assert listed(state=DeliveryState.AVAILABLE, after=ids[3]) == ids[4:]
    assert listed(state=DeliveryState.DELIVERED) == ids[:1]
    with pytest.raises(NotFound):
        listed(after="d9-customs-production")


def test_a_commit_is_repeated_with_its_own_claim_only(store: Store) -> None:
    (which,) = fill(store, range(1, 2))
    claim(store, NOW, "a")
    done = store.call(deliveries.commit, which, "a", now=NOW, actor="customs", mailbox="customs")
    assert (done.state, done.delivered_at, done.lease_until) == (DeliveryState.DELIVERED, NOW, None)
    assert store.call(deliveries.commit, which, "a", now=NOW + MINUTE, actor="customs") == done
    with pytest.raises(Conflict):
        store.call(deliveries.commit, which, "b", now=NOW, actor="customs")
    with pytest.raises(NotFound):
        store.call(deliveries.commit, which, "a", now=NOW, actor="tax", mailbox="tax")
    assert [leaf.kind for leaf in store.look(journal.list_leaves, subject=which)] == ["delivery.claimed", "delivery.delivered"]


def test_a_released_delivery_keeps_its_place(store: Store) -> None:
    ids = fill(store, range(1, 3))
    claim(store, NOW, "a")
    assert store.call(deliveries.release, ids[0], "a", now=NOW, actor="customs").state is DeliveryState.AVAILABLE
    with pytest.raises(Conflict):
        store.call(deliveries.commit, ids[0], "a", now=NOW, actor="customs")
    assert [each.delivery.id for each in claim(store, NOW, "b", "c")] == ids


def test_an_extended_lease_holds_longer(store: Store) -> None:
    (which,) = fill(store, range(1, 2))
    claim(store, NOW, "a")
    assert store.call(deliveries.extend, which, "a", lease_until=NOW + 5 * MINUTE, now=NOW, actor="customs").lease_until == NOW + 5 * MINUTE
    assert claim(store, NOW + 4 * MINUTE, "b") == []
    assert store.call(deliveries.commit, which, "a", now=NOW + 4 * MINUTE, actor="customs").state is DeliveryState.DELIVERED


@pytest.mark.parametrize("act", [deliveries.commit, deliveries.release, deliveries.extend])
def test_a_claim_whose_lease_is_over_is_stale(store: Store, act: Callable[..., Delivery]) -> None:
    (which,) = fill(store, range(1, 2))
    claim(store, NOW, "a")
    more: dict[str, Any] = {"lease_until": NOW + 9 * MINUTE} if act is deliveries.extend else {}
    with pytest.raises(Conflict, match="stale"):
        store.call(act, which, "a", now=NOW + MINUTE, actor="customs", **more)
    assert [(each.delivery.id, each.delivery.lost) for each in claim(store, NOW + MINUTE, "b")] == [(which, 1)]
    with pytest.raises(Conflict, match="stale"):
        store.call(act, which, "a", now=NOW + MINUTE, actor="customs", **more)


def test_the_fifth_lost_lease_sets_aside_and_blocks_nobody(store: Store, clock: Clock) -> None:
    bad, good = fill(store, range(1, 3))
    for loss in range(1, 6):
        store.call(deliveries.claim_one, bad, f"t{loss}", lease_until=clock.now + MINUTE, now=clock.now, actor="customs")
        (lost,) = store.call(deliveries.lose_leases, clock.advance(minutes=1))
        assert (lost.id, lost.lost, lost.state) == (bad, loss, DeliveryState.QUARANTINED if loss == 5 else DeliveryState.AVAILABLE)
    assert [each.delivery.id for each in claim(store, clock.now, "a", "b")] == [good]
    with pytest.raises(Conflict, match="quarantined"):
        store.call(deliveries.claim_one, bad, "t", lease_until=clock.now + MINUTE, now=clock.now, actor="customs")
    (freed,) = store.call(rulings.free, bad, now=clock.now, actor="operator")
    assert (freed.state, freed.lost, freed.claims) == (DeliveryState.AVAILABLE, 0, 5)
    assert [each.delivery.id for each in claim(store, clock.now, "c")] == [bad]


def test_one_delivery_is_in_use_until_its_lease_ends(store: Store) -> None:
    (which,) = fill(store, range(1, 2))
    claim(store, NOW, "a")
    with pytest.raises(Conflict, match="in use until 08:31:15 UTC"):
        store.call(deliveries.claim_one, which, "b", lease_until=NOW + 2 * MINUTE, now=NOW, actor="customs")
    second = store.call(deliveries.claim_one, which, "b", lease_until=NOW + 2 * MINUTE, now=NOW + MINUTE, actor="customs")
    assert (second.delivery.lost, second.delivery.claims, second.claim) == (1, 2, "b")
    assert second.delivery == store.look(deliveries.get_delivery, which)


def test_what_waits_too_long_expires_and_can_be_offered_again(store: Store) -> None:
    old, young, _endless = fill(store, range(1, 2), expires_at=NOW + MINUTE) + fill(store, range(2, 3), expires_at=NOW + 2 * MINUTE) + fill(store, range(3, 4))
    assert store.call(deliveries.expire, NOW) == []
    # Between its time and the next look of the hub's timer it is no longer given out either.
    assert [each.delivery.id for each in claim(store, NOW + MINUTE, "a")] == [young]
    with pytest.raises(Conflict):
        store.call(deliveries.claim_one, old, "b", lease_until=NOW + 9 * MINUTE, now=NOW + MINUTE, actor="customs")
    assert [(each.id, each.state) for each in store.call(deliveries.expire, NOW + MINUTE)] == [(old, DeliveryState.EXPIRED)]
    # Claimed in time: it expires only when it comes back.
    assert store.call(deliveries.expire, NOW + 3 * MINUTE) == []
    again = store.call(rulings.redeliver, old, now=NOW + 3 * MINUTE, actor="operator", expires_at=NOW + 9 * MINUTE)
    assert (again.state, again.expires_at) == (DeliveryState.AVAILABLE, NOW + 9 * MINUTE)


def test_what_was_collected_is_listed_newest_first(store: Store) -> None:
    ids = fill(store, range(1, 5))
    claim(store, NOW, "a", "b", "c")
    for second, (which, token) in enumerate(((ids[1], "b"), (ids[0], "a"), (ids[2], "c"))):
        store.call(deliveries.commit, which, token, now=NOW + timedelta(seconds=second // 2), actor="customs")

    def collected(**terms: object) -> list[str]:
        return [each.id for each in store.look(deliveries.collected, "customs", **terms)]

    assert collected(since=NOW) == [ids[2], ids[1], ids[0]]
    assert collected(since=NOW, limit=1) == [ids[2]]
    assert collected(since=NOW, after=ids[2]) == [ids[1], ids[0]]
    assert collected(since=NOW, after=ids[1]) == [ids[0]]
    assert collected(since=NOW + timedelta(seconds=1)) == [ids[2]]
    assert store.look(deliveries.collected, "tax", since=NOW) == []


def at(store: Store, state: DeliveryState) -> str:
    """A delivery in ``state``, reached by the ways there are; its claim, if it has one, is ``token``; its expiry is an hour away."""
    held = state in {DeliveryState.HELD, DeliveryState.REFUSED}
    (which,) = fill(store, range(1, 2), expires_at=NOW + 60 * MINUTE, held=held)
    if state is DeliveryState.REFUSED:
        store.call(rulings.refuse, which, reason="no licence", now=NOW, actor="operator")
    if state in {DeliveryState.CLAIMED, DeliveryState.DELIVERED, DeliveryState.ANSWERED}:
        claim(store, NOW, "token")
    if state in {DeliveryState.DELIVERED, DeliveryState.ANSWERED}:
        store.call(deliveries.commit, which, "token", now=NOW, actor="customs")
    if state is DeliveryState.ANSWERED:
        store.call(deliveries.answer, "customs", [Answer("R1", True)], by="i9", now=NOW, actor="customs")
    if state is DeliveryState.QUARANTINED:
        for loss in range(5):
            claim(store, NOW + loss * MINUTE, f"t{loss}")
            store.call(deliveries.lose_leases, NOW + (loss + 1) * MINUTE)
    if state is DeliveryState.EXPIRED:
        store.call(deliveries.expire, NOW + 60 * MINUTE)
    assert store.look(deliveries.get_delivery, which).state is state
    return which


def act(store: Store, verb: Verb, which: str) -> object:
    """Do ``verb`` to the delivery: the owner and the operator half a minute on, time itself later."""
    now = NOW + timedelta(seconds=30)
    acts: dict[Verb, Callable[[], object]] = {
        Verb.CLAIM: lambda: store.call(deliveries.claim_one, which, "other", lease_until=now + MINUTE, now=now, actor="customs"),
        Verb.COMMIT: lambda: store.call(deliveries.commit, which, "token", now=now, actor="customs"),
        Verb.RELEASE: lambda: store.call(deliveries.release, which, "token", now=now, actor="customs"),
        Verb.EXTEND: lambda: store.call(deliveries.extend, which, "token", lease_until=now + MINUTE, now=now, actor="customs"),
        Verb.ANSWER: lambda: store.call(deliveries.answer, "customs", [Answer("R1", True)], by="i9", now=now, actor="customs"),
        Verb.LOSE: lambda: store.call(deliveries.lose_leases, NOW + 30 * MINUTE),
        Verb.QUARANTINE: lambda: store.call(deliveries.lose_leases, NOW + 30 * MINUTE, quarantined_after=1),
        Verb.EXPIRE: lambda: store.call(deliveries.expire, NOW + 60 * MINUTE),
        Verb.FREE: lambda: store.call(rulings.free, which, now=now, actor="operator"),
        Verb.REFUSE: lambda: store.call(rulings.refuse, which, reason="no licence", now=now, actor="operator"),
        Verb.REDELIVER: lambda: store.call(rulings.redeliver, which, now=now, actor="operator"),
    }
    return acts[verb]()


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_and_verb_follows_the_exchanges_table(store: Store, state: DeliveryState, verb: Verb) -> None:
    which = at(store, state)
    before = store.look(deliveries.get_delivery, which)
    try:
        act(store, verb, which)
    except Conflict:
        assert (state, verb) not in TRANSITIONS
    after = store.look(deliveries.get_delivery, which)
    assert after.state is TRANSITIONS.get((state, verb), state)
    if (state, verb) not in TRANSITIONS:
        assert after == before


def test_deliveries_of_an_interchange_are_in_order(store: Store) -> None:
    octets = octets_of(1)
    three = tuple(delivery(1, octets, mailbox=mailbox) for mailbox in ("customs", "tax", "statistics"))
    submit(store, acceptance(1, deliveries=three), octets).result()
    made = store.look(deliveries.of_interchange, "i1")
    assert [each.mailbox for each in made] == ["customs", "tax", "statistics"]
    assert made[0] == Delivery(
        id="d1-customs-production",
        interchange="i1",
        mailbox="customs",
        slot=Slot.PRODUCTION,
        state=DeliveryState.AVAILABLE,
        sender="TRADER:ZZ",
        recipient="CUSTOMS:ZZ",
        reference="R1",
        types=("CUSDEC",),
        messages=1,
        size=len(octets),
        sha256=three[0].sha256,
        created_at=NOW,
        lease_until=None,
        claimed_by="",
        claims=0,
        lost=0,
        delivered_at=None,
        answered_at=None,
        expires_at=None,
    )


@pytest.mark.parametrize("url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_hub_nodes_claim_side_by_side(url: str, store: Store, tmp_path: Path, clock: Clock) -> None:
    """While one node's claim is not committed, the other's takes the next deliveries and does not wait."""
    ids = fill(store, range(1, 5))
    claimed, leave = threading.Event(), threading.Event()

    def claim_and_wait(conn: Connection) -> list[Claimed]:
        mine = deliveries.claim(conn, "customs", Slot.PRODUCTION, ["a", "b"], lease_until=NOW + MINUTE, now=NOW, actor="customs")
        claimed.set()
        leave.wait()
        return mine

    with closing(Store.open(url, tmp_path, clock=clock)) as other:
        first = other.submit(claim_and_wait)
        claimed.wait()
        second = claim(store, NOW, "c", "d", "e")
        leave.set()
        assert [each.delivery.id for each in (*first.result(), *second)] == ids
