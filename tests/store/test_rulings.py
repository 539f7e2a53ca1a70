"""What is held waits for an operator: nobody claims it, one alert says so, its copies share its fate, and what was refused may be sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.store.builders import NOW, accept, acceptance, delivery, message, octets_of, rejection, submit
from vanhub.edifact.report import Disposition, Verdict
from vanhub.errors import Conflict
from vanhub.store import Store, alerts, deliveries, doctor, interchanges, journal, rulings
from vanhub.values.acceptance import Outcome
from vanhub.values.delivery import DeliveryState, Slice, Slot

DAY = timedelta(days=1)
FAULT = {"code": "E105", "guide": "g", "offset": 60, "text": "缺少"}


def hold(store: Store, number: int = 1, **changes: Any) -> tuple[str, str]:
    """An interchange that is held for customs, and a held copy for statistics; their ids."""
    octets = octets_of(number)
    original = delivery(number, octets, held=True, guide_faults=1, expires_at=NOW + 30 * DAY)
    copy = delivery(number, octets, mailbox="statistics", held=True, held_with=original.id, guide_faults=1, expires_at=NOW + 30 * DAY)
    accept(store, number, deliveries=(original, copy), dispositions={0: Disposition.HELD}, guide_faults=(FAULT,), guide_faults_total=1, **changes)
    return original.id, copy.id


def states(store: Store, *ids: str) -> list[DeliveryState]:
    return [store.look(deliveries.get_delivery, id).state for id in ids]


def open_alerts(store: Store) -> list[tuple[str, str]]:
    return [(alert.kind, alert.subject) for alert in store.look(alerts.list_alerts)]


def test_what_is_held_is_not_claimed_and_raises_one_alert(store: Store) -> None:
    first, second = hold(store, 1), hold(store, 2)
    assert states(store, *first, *second) == [DeliveryState.HELD] * 4
    for mailbox in ("customs", "statistics"):
        assert store.call(deliveries.claim, mailbox, Slot.PRODUCTION, ["a"], lease_until=NOW + DAY, now=NOW, actor=mailbox) == []
    with pytest.raises(Conflict, match="held, not available"):
        store.call(deliveries.claim_one, first[0], "a", lease_until=NOW + DAY, now=NOW, actor="customs")
    assert open_alerts(store) == [("held", "customs")]
    for id, left in ((first[0], [("held", "customs")]), (second[0], [])):
        store.call(rulings.free, id, now=NOW, actor="operator")
        assert open_alerts(store) == left
    assert store.look(doctor.conservation) == []


def test_freed_it_is_available_with_its_copies_for_the_time_that_it_had(store: Store) -> None:
    original, copy = hold(store)
    freed = store.call(rulings.free, original, now=NOW + 3 * DAY, actor="operator")
    assert [(each.id, each.state, each.expires_at, each.guide_faults) for each in freed] == [
        (original, DeliveryState.AVAILABLE, NOW + 33 * DAY, 1),
        (copy, DeliveryState.AVAILABLE, NOW + 33 * DAY, 1),
    ]
    leaves = [(leaf.kind, leaf.subject, leaf.actor) for leaf in store.look(journal.list_leaves) if leaf.kind.startswith("delivery.")]
    assert leaves == [("delivery.freed", original, "operator"), ("delivery.freed", copy, "operator")]


@pytest.mark.parametrize("rule", [lambda store, id: store.call(rulings.free, id, now=NOW, actor="o"), lambda store, id: refuse(store, id)])
def test_about_a_copy_nothing_is_decided(store: Store, rule: Any) -> None:
    original, copy = hold(store)
    with pytest.raises(Conflict, match=f"decide about that one|{original}"):
        rule(store, copy)
    assert states(store, original, copy) == [DeliveryState.HELD] * 2


def refuse(store: Store, id: str) -> None:
    store.call(rulings.refuse, id, reason="no licence", now=NOW, actor="operator")


def test_refused_its_reference_may_be_used_again(store: Store) -> None:
    original, copy = hold(store)
    refuse(store, original)
    assert states(store, original, copy) == [DeliveryState.REFUSED] * 2
    assert open_alerts(store) == []
    assert accept(store, 1, b"corrected", id="i2", deliveries=(delivery(7, b"corrected"),)).outcome is Outcome.NEW
    assert store.look(doctor.conservation) == []


def test_refused_beside_what_was_delivered_its_reference_stays_used(store: Store) -> None:
    octets = octets_of(1)
    good, bad = delivery(1, octets), delivery(1, octets, mailbox="tax", held=True)
    accept(store, 1, deliveries=(good, bad))
    refuse(store, bad.id)
    assert accept(store, 1, b"corrected", id="i2").outcome is Outcome.CONFLICT


def test_held_it_expires_like_what_waits_and_the_alert_is_cleared(store: Store) -> None:
    original, copy = hold(store)
    assert [each.id for each in store.call(deliveries.expire, NOW + 30 * DAY)] == [original, copy]
    store.call(rulings.clear_held, "customs", now=NOW, actor="hub")
    assert open_alerts(store) == []
    assert store.look(doctor.conservation) == []


def test_what_guides_found_is_stored_and_told(store: Store) -> None:
    hold(store, messages=(message(1, end=len(octets_of(1))),))
    trace = store.look(interchanges.trace, "i1")
    assert (trace["interchange"]["guide_faults"], trace["interchange"]["guide_faults_total"]) == ([FAULT], 1)
    assert [(row["disposition"], row["guide"], row["guide_faults"]) for row in trace["messages"]] == [("held", "", 0)]
    assert [(each["guide_faults"], each["held_with"]) for each in trace["deliveries"]] == [(1, ""), (1, "d1-customs-production")]
    (leaf,) = [leaf for leaf in store.look(journal.list_leaves) if leaf.subject == "i1"]
    assert leaf.data["dispositions"] == {"held": 1}
    assert accept(store, 1, id="i2").guide_faults == 1  # a repeat is told the same


def test_a_mailbox_sees_what_was_found_in_its_own_messages(store: Store) -> None:
    octets = bytes(400)
    faults = tuple({"code": "E105", "offset": offset} for offset in (0, 99, 100, 150, 399))
    pieces = {"customs": (b"UNB", Slice(0, 100), Slice(150, 50), b"UNZ"), "tax": (Slice(100, 50),), "statistics": ()}
    made = tuple(delivery(1, octets, mailbox=mailbox, recipe=recipe) for mailbox, recipe in pieces.items())
    submit(store, acceptance(1, octets, messages=(), deliveries=made, guide_faults=faults, guide_faults_total=5), octets).result()
    found = {mailbox: [fault["offset"] for fault in store.look(deliveries.guide_faults, "i1", mailbox)] for mailbox in (*pieces, "nobody")}
    assert found == {"customs": [0, 99, 150], "tax": [100], "statistics": [], "nobody": []}


def test_also_where_two_of_its_deliveries_share_what_secures_their_messages(store: Store) -> None:
    octets = bytes(400)
    faults = tuple({"code": "E105", "offset": offset} for offset in (50, 250, 350, 399))
    made = (
        delivery(1, octets, recipe=(Slice(0, 300),)),
        delivery(1, octets, id="held", recipe=(Slice(100, 100), b"UNZ", Slice(300, 99)), held=True),
    )
    submit(store, acceptance(1, octets, messages=(), deliveries=made, guide_faults=faults, guide_faults_total=4), octets).result()
    assert [fault["offset"] for fault in store.look(deliveries.guide_faults, "i1", "customs")] == [50, 250, 350]


def test_a_refusal_for_other_faults_of_guides_is_another_answer(store: Store) -> None:
    octets = octets_of(1)

    def send(id: str, **guide: Any) -> tuple[Outcome, str]:
        accepted = submit(store, rejection(1, octets, id=id, faults=(), faults_total=0, **guide), octets).result()
        return accepted.outcome, accepted.interchange

    other = FAULT | {"offset": 70}
    assert send("a", guide_faults=(FAULT,), guide_faults_total=1) == (Outcome.NEW, "a")
    assert send("b", guide_faults=(FAULT,), guide_faults_total=1) == (Outcome.REPEAT, "a")
    assert send("c", guide_faults=(other,), guide_faults_total=1) == (Outcome.NEW, "c")
    assert send("d", guide_faults=(other,), guide_faults_total=2) == (Outcome.NEW, "d")
    assert store.look(interchanges.get_interchange, "a").verdict is Verdict.REJECTED
