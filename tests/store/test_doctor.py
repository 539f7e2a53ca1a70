"""The doctor finds nothing in a sound store, and each thing that is broken by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.store.builders import NOW, accept, acceptance, delivery, message, octets_of, rejection, submit
from vanhub.edifact.report import Verdict
from vanhub.store import Store, deliveries, doctor, rulings
from vanhub.values.delivery import Slice, Slot


def fill(store: Store) -> None:
    """Interchanges of every kind, all sound."""
    accept(store, 1)
    messages = (message(0, offset=10, end=20), message(1, offset=20, end=30, verdict=Verdict.REJECTED), message(2, offset=30, end=40))
    parts = (
        delivery(2, b"", id="d2a", recipe=(b"UNB'", Slice(10, 10), b"UNZ'")),
        delivery(2, b"", id="d2b", recipe=(b"UNB'", Slice(30, 10), b"UNZ'"), mailbox="tax"),
    )
    accept(store, 2, verdict=Verdict.PARTLY, messages=messages, deliveries=parts)
    submit(store, rejection(3, deliveries=(delivery(3, octets_of(3), slot=Slot.REJECTED),)), octets_of(3)).result()
    accept(store, 4, only_control=True, deliveries=(), acknowledgement=None, signature=None, messages=(message(type="CONTRL"),))
    accept(store, 5, messages=(message(0, end=10), message(1, offset=10, end=20, type="CONTRL")), deliveries=(delivery(5, b"", recipe=(Slice(0, 10),)),))
    (claimed,) = store.call(deliveries.claim, "tax", Slot.PRODUCTION, ["t"], lease_until=NOW, now=NOW, actor="tax")
    store.call(deliveries.lose_leases, NOW)
    store.call(rulings.redeliver, _delivered(store), now=NOW, actor="operator")
    assert claimed.delivery.id == "d2b"


def _delivered(store: Store) -> str:
    accept(store, 6)
    store.call(deliveries.claim_one, "d6-customs-production", "t", lease_until=NOW.replace(year=2027), now=NOW, actor="customs")
    return store.call(deliveries.commit, "d6-customs-production", "t", now=NOW, actor="customs").id


def test_a_sound_store_has_no_findings(store: Store) -> None:
    fill(store)
    assert store.look(doctor.conservation) == []


BREAKS = {
    "acknowledgement-missing: interchange i1": "DELETE FROM acknowledgement WHERE interchange = 'i1'",
    "rejection-without-acknowledgement: interchange i3": "UPDATE acknowledgement SET contrl = NULL, p7s = NULL WHERE interchange = 'i3'",
    "acknowledgement-without-signature: interchange i1": "UPDATE acknowledgement SET p7s = NULL WHERE interchange = 'i1'",
    "rejected-interchange-holds-duplicate-key: interchange i3": "UPDATE interchange SET duplicate_key = 'k' WHERE id = 'i3'",
    "message-rows-missing: interchange i2": "DELETE FROM message WHERE interchange = 'i2' AND position = 1",
    "journal-leaf-missing: interchange i2": "DELETE FROM leaf WHERE subject = 'i2'",
    "claimed-without-lease: delivery d1-customs-production": "UPDATE delivery SET state = 'claimed' WHERE interchange = 'i1'",
    "lease-without-claim: delivery d1-customs-production": "UPDATE delivery SET lease_until = 1 WHERE interchange = 'i1'",
    "delivered-without-time: delivery d1-customs-production": "UPDATE delivery SET state = 'delivered' WHERE interchange = 'i1'",
    "answered-without-time: delivery d1-customs-production": "UPDATE delivery SET state = 'answered', delivered_at = 1 WHERE interchange = 'i1'",
    "waiting-with-delivery-time: delivery d1-customs-production": "UPDATE delivery SET delivered_at = 1 WHERE interchange = 'i1'",
    "copy-without-what-it-copies: delivery d1-customs-production": "UPDATE delivery SET held_with = 'd2a' WHERE interchange = 'i1'",
    "copy-waits-alone: delivery d2b": "UPDATE delivery SET state = 'held', held_with = 'd2a' WHERE id = 'd2b'",
    "message-not-delivered: interchange i1 message 0": "DELETE FROM delivery WHERE interchange = 'i1'",
    "message-not-delivered: interchange i2 message 2": "DELETE FROM delivery WHERE id = 'd2b'",
    "message-not-delivered: interchange i5 message 0": "UPDATE delivery SET recipe = '[[1,9]]' WHERE interchange = 'i5'",
}


@pytest.mark.parametrize("finding", BREAKS)
def test_what_is_broken_by_hand_is_found(store: Store, finding: str) -> None:
    fill(store)
    assert store.call(lambda conn: conn.execute(text(BREAKS[finding])).rowcount) == 1
    assert store.look(doctor.conservation) == [finding]


def test_findings_are_bounded(store: Store) -> None:
    for number in range(5):
        accept(store, number, deliveries=())
    assert store.look(doctor.conservation, most=3) == [f"message-not-delivered: interchange i{number} message 0" for number in range(3)]


def test_counts_and_depths(store: Store) -> None:
    fill(store)
    assert store.look(doctor.counts) == {
        "interchanges": {"accepted": 4, "partly": 1, "rejected": 1},
        "deliveries": {"production": {"available": 5}, "rejected": {"available": 1}},
        "messages": 9,
        "leaves": 11,
        "unsequenced_leaves": 11,
    }
    assert store.look(doctor.depths) == {
        "customs": {"production": {"available": 4}, "rejected": {"available": 1}},
        "tax": {"production": {"available": 1}},
    }


def test_one_message_may_lie_in_several_deliveries(store: Store) -> None:
    octets = octets_of(1)
    overlapping = (
        delivery(1, octets, recipe=(Slice(0, 30), Slice(20, len(octets) - 20))),
        delivery(1, octets, mailbox="statistics", recipe=(Slice(5, 10),)),
    )
    submit(store, acceptance(1, deliveries=overlapping), octets).result()
    assert store.look(doctor.conservation) == []
