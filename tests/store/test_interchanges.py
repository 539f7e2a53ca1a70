"""The acceptance transaction and finding again, on both databases."""

from __future__ import annotations

import dataclasses
import json
import threading
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from tests.store.builders import NOW, WINDOW, accept, acceptance, delivery, message, octets_of, rejection, submit
from tests.store.conftest import Clock
from vanhub.edifact.report import InterchangeHeader, Party, Verdict
from vanhub.edifact.separators import Separators
from vanhub.errors import NotFound
from vanhub.store import Store, deliveries, doctor, interchanges, journal, staging
from vanhub.store.tables import metadata
from vanhub.values.acceptance import Accepted, Answer, Outcome
from vanhub.values.delivery import ContentRef, DeliveryState, Slice, Slot
from vanhub.values.records import AcknowledgementListing, InterchangeFilter, InterchangeRecord, StoredAcknowledgement


def sizes(conn: Connection) -> dict[str, int]:
    """The number of rows in every table that has any."""
    counted = {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables}
    return {name: number for name, number in counted.items() if number}


def test_what_is_new_is_stored_whole(store: Store) -> None:
    accepted = accept(store, 1, file_name="order 7.edi")
    assert accepted == Accepted(Outcome.NEW, "i1", NOW, Verdict.ACCEPTED, b"CONTRL for 1", b"\x30\x80signature", "accepted 已接受")
    record = store.look(interchanges.get_interchange, "i1")
    assert record == InterchangeRecord(
        id="i1",
        principal="trader",
        gateway="tcp",
        peer="192.0.2.7:4711",
        file_name="order 7.edi",
        received_at=NOW,
        size=len(octets_of(1)),
        sha256=acceptance(1).sha256,
        sender="TRADER:ZZ",
        recipient="CUSTOMS:ZZ",
        reference="R1",
        test="",
        application_reference="",
        syntax_identifier="UNOA",
        syntax_version=3,
        verdict=Verdict.ACCEPTED,
        is_interchange=True,
        only_control=False,
        messages=1,
        faults_total=0,
        guide_faults_total=0,
        repeats=0,
        last_repeat_at=None,
        replay_of="",
        content=record.content,
    )
    assert (record.content.day, record.content.length) == ("20261121", len(octets_of(1)))
    assert store.content().read(record.content, 0, 1000) == octets_of(1)
    assert store.look(sizes) == {"acknowledgement": 1, "delivery": 1, "interchange": 1, "leaf": 1, "message": 1}


def test_a_repeat_gets_the_first_answer_and_is_counted(store: Store, clock: Clock) -> None:
    first = accept(store, 1)
    later = clock.advance(days=3)
    again = accept(store, 1, id="i2", now=later, acknowledgement=b"another", signature=b"another", explanation="another")
    assert again == dataclasses.replace(first, outcome=Outcome.REPEAT)
    record = store.look(interchanges.get_interchange, "i1")
    assert (record.repeats, record.last_repeat_at) == (1, later)
    assert store.look(sizes) == {"acknowledgement": 1, "delivery": 1, "interchange": 1, "leaf": 2, "message": 1}
    assert [leaf.kind for leaf in store.look(journal.list_leaves)] == ["interchange.accepted", "interchange.repeated"]


def test_other_octets_under_the_key_are_a_conflict_that_leaves_no_trace(store: Store) -> None:
    first = accept(store, 1)
    before = store.look(sizes)
    conflict = accept(store, 1, b"other octets", id="i2")
    assert conflict == dataclasses.replace(first, outcome=Outcome.CONFLICT)
    assert store.look(sizes) == before


def test_before_the_window_the_holder_loses_its_key(store: Store, clock: Clock) -> None:
    accept(store, 1)
    later = clock.advance(days=WINDOW.days, seconds=1)
    assert accept(store, 1, b"other octets", id="i2", now=later, deliveries=()).outcome is Outcome.NEW
    assert accept(store, 1, b"yet others", id="i3", now=later).interchange == "i2"


def test_at_the_windows_edge_the_holder_keeps_its_key(store: Store, clock: Clock) -> None:
    accept(store, 1)
    assert accept(store, 1, b"other octets", id="i2", now=clock.advance(days=WINDOW.days)).outcome is Outcome.CONFLICT


def test_eight_copies_at_once_are_one(store: Store) -> None:
    start = threading.Barrier(8)
    futures: list[Future[Accepted]] = []

    def send(number: int) -> None:
        start.wait()
        futures.append(submit(store, acceptance(1, id=f"copy{number}"), octets_of(1)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [future.result() for future in futures]
    assert sorted(answer.outcome for answer in answers) == [Outcome.NEW] + [Outcome.REPEAT] * 7
    assert len({answer.interchange for answer in answers}) == 1
    assert store.look(interchanges.get_interchange, answers[0].interchange).repeats == 7
    assert store.look(sizes)["delivery"] == 1


def test_a_rejection_blocks_nothing(store: Store) -> None:
    octets = octets_of(1)
    submit(store, rejection(1), octets).result()
    assert accept(store, 1, id="i2").outcome is Outcome.NEW


def test_what_was_accepted_stays_accepted_when_its_repeat_would_be_rejected(store: Store, clock: Clock) -> None:
    first = accept(store, 1)
    key = acceptance(1).duplicate_key
    repeat = rejection(1, id="i2", duplicate_key=key, now=clock.advance(days=1))
    assert submit(store, repeat, octets_of(1)).result() == dataclasses.replace(first, outcome=Outcome.REPEAT)
    assert store.look(interchanges.get_interchange, "i1").repeats == 1
    # Not for other octets, not for somebody else, not after the window; and a rejected one never gets to hold the key.
    other = rejection(1, b"other octets", id="i3", duplicate_key=key, now=clock.now)
    assert submit(store, other, b"other octets").result().outcome is Outcome.NEW
    stranger = rejection(1, id="i4", duplicate_key=key, principal="stranger", now=clock.now)
    assert submit(store, stranger, octets_of(1)).result().verdict is Verdict.REJECTED
    late = rejection(1, id="i5", duplicate_key=key, now=clock.advance(days=WINDOW.days))
    assert submit(store, late, octets_of(1)).result().verdict is Verdict.REJECTED
    assert store.look(doctor.conservation) == []


def test_the_same_rejection_gets_the_latest_stored_answer(store: Store, clock: Clock) -> None:
    octets = octets_of(1)
    submit(store, rejection(1, acknowledgement=b"first"), octets).result()
    other = rejection(1, id="i2", faults=({"code": "15"},), acknowledgement=b"second", now=clock.advance(hours=1))
    assert submit(store, other, octets).result().outcome is Outcome.NEW
    again = submit(store, rejection(1, id="i3", faults=[{"code": "15"}], acknowledgement=b"third", now=clock.advance(hours=1)), octets).result()
    assert (again.outcome, again.interchange, again.acknowledgement) == (Outcome.REPEAT, "i2", b"second")
    once_more = submit(store, rejection(1, id="i4", acknowledgement=b"fourth", now=clock.advance(hours=1)), octets).result()
    assert (once_more.outcome, once_more.interchange) == (Outcome.NEW, "i4")


@pytest.mark.parametrize("difference", [{"principal": "carrier"}, {"faults_total": 2}, {"sha256": "00"}])
def test_another_rejection_is_judged_anew(store: Store, difference: dict[str, Any]) -> None:
    submit(store, rejection(1), octets_of(1)).result()
    assert submit(store, rejection(1, id="i2", **difference), octets_of(1)).result().outcome is Outcome.NEW


def test_a_contrl_answers_what_its_sender_collected_or_is_collecting(store: Store, clock: Clock) -> None:
    for number in (1, 2, 3):
        accept(store, number, deliveries=(delivery(number, octets_of(number)), delivery(number, octets_of(number), mailbox="tax")))
    lease = NOW + timedelta(minutes=1)
    store.call(deliveries.claim_one, "d1-customs-production", "t1", lease_until=lease, now=NOW, actor="customs")
    store.call(deliveries.claim_one, "d2-customs-production", "t2", lease_until=lease, now=NOW, actor="customs")
    store.call(deliveries.commit, "d2-customs-production", "t2", now=NOW, actor="customs")
    later = clock.advance(seconds=30)
    answers = (Answer("R1", True), Answer("R2", False, sender="TRADER:ZZ"), Answer("R2", True, sender="CARRIER:ZZ"), Answer("R3", True), Answer("R9", True))
    control = acceptance(4, principal="customs", only_control=True, deliveries=(), acknowledgement=None, signature=None, answers=answers, now=later)
    accepted = submit(store, control, octets_of(4)).result()
    assert accepted.answered == ("d1-customs-production", "d2-customs-production")
    made = [store.look(deliveries.get_delivery, f"d{number}-{mailbox}-production") for mailbox in ("customs", "tax") for number in (1, 2, 3)]
    assert [each.state.value for each in made] == ["answered", "answered", "available", "available", "available", "available"]
    assert [(each.delivered_at, each.answered_at, each.lease_until) for each in made[:2]] == [(later, later, None), (NOW, later, None)]
    leaves = [leaf for leaf in store.look(journal.list_leaves) if leaf.kind == "delivery.answered"]
    assert [(leaf.subject, leaf.actor, leaf.data) for leaf in leaves] == [
        ("d1-customs-production", "customs", {"was": "claimed", "by": "i4", "accepted": True}),
        ("d2-customs-production", "customs", {"was": "delivered", "by": "i4", "accepted": False}),
    ]
    # The pickup that the answer overtook may still be committed: it is the same claim.
    assert store.call(deliveries.commit, "d1-customs-production", "t1", now=later, actor="customs").state is DeliveryState.ANSWERED


def test_thousands_of_answers_are_looked_for_together_and_each_delivery_is_answered_once(store: Store) -> None:
    accept(store, 1)
    store.call(deliveries.claim_one, "d1-customs-production", "t1", lease_until=NOW + timedelta(minutes=1), now=NOW, actor="customs")
    others = tuple(Answer(f"X{number}", True) for number in range(1_200))
    answers = (*others[:100], Answer("R1", True), Answer("R1", False), *others[100:], Answer("R1", False))
    asked: list[str] = []

    def counted(conn: Connection) -> Accepted:
        event.listen(conn, "before_cursor_execute", lambda _conn, _cursor, statement, *_: asked.append(statement))
        control = acceptance(2, principal="customs", only_control=True, deliveries=(), answers=answers, content=ContentRef("20261121", "1", 0, 1))
        return interchanges.accept(conn, control)

    assert store.call(counted).answered == ("d1-customs-production",)
    assert len([statement for statement in asked if statement.startswith("SELECT delivery")]) < 10
    (leaf,) = (leaf for leaf in store.look(journal.list_leaves) if leaf.kind == "delivery.answered")
    assert leaf.data == {"was": "claimed", "by": "i2", "accepted": True}


def test_a_huge_interchange_is_staged_and_appears_at_once(store: Store) -> None:
    many = tuple(message(number) for number in range(2 * staging.MOST_ROWS + 7))
    octets = octets_of(1)
    assert store.accept(acceptance(1, messages=many), [octets]).result().outcome is Outcome.NEW
    assert store.look(sizes) == {"acknowledgement": 1, "delivery": 1, "interchange": 1, "leaf": 1, "message": len(many)}
    trace = store.look(interchanges.trace, "i1", most_messages=len(many))
    assert [item["reference"] for item in trace["messages"]] == [item.reference for item in many]
    assert store.statistics()["batches"] >= 4


def test_rows_staged_for_a_repeat_are_discarded(store: Store) -> None:
    many = tuple(message(number) for number in range(2 * staging.MOST_ROWS + 7))
    store.accept(acceptance(1, messages=many), [octets_of(1)]).result()
    assert store.accept(acceptance(1, id="i2", messages=many), [octets_of(1)]).result().outcome is Outcome.REPEAT
    # The discarding follows the answer, one batch after another.
    while "staging" in (rows := store.look(sizes)):
        store.call(sizes)
    assert rows["message"] == len(many)


def test_rows_of_an_acceptance_that_never_came_are_swept(store: Store, clock: Clock) -> None:
    many = tuple(message(number) for number in range(2 * staging.MOST_ROWS))
    for first in (0, staging.MOST_ROWS):
        store.call(staging.stage, acceptance(1, messages=many), first)
    assert store.look(interchanges.find_interchanges, InterchangeFilter(message_reference="M1")) == []
    assert not store.call(staging.sweep, clock.advance(hours=23))
    while store.call(staging.sweep, clock.advance(hours=2)):
        pass
    assert store.look(sizes) == {}


def test_listing_finds_by_every_term(store: Store, clock: Clock) -> None:
    accept(store, 1)
    accept(store, 2, now=clock.advance(minutes=1), principal="carrier", messages=(message(2, type="CUSCAR"), message(7)))
    header = InterchangeHeader(Separators(), "UNOA", 3, Party("TRADER", "30"), Party("TAX"), "", "R3", test="1")
    accept(store, 3, now=clock.advance(minutes=1), header=header, deliveries=(delivery(3, octets_of(3), mailbox="tax", slot=Slot.TEST),))
    submit(store, rejection(4, now=clock.advance(minutes=1)), octets_of(4)).result()

    def found(**terms: object) -> list[str]:
        return [record.id for record in store.look(interchanges.find_interchanges, InterchangeFilter(**terms))]  # type: ignore[arg-type]

    assert found() == ["i4", "i3", "i2", "i1"]
    assert found(limit=2) == ["i4", "i3"]
    assert found(limit=2, after="i3") == ["i2", "i1"]
    assert found(principal="carrier") == ["i2"]
    assert found(sender="TRADER") == ["i4", "i3", "i2", "i1"]
    assert found(sender="TRADER:30") == ["i3"]
    assert found(recipient="TAX") == ["i3"]
    assert found(reference="R2") == ["i2"]
    assert found(verdict="rejected") == ["i4"]
    assert found(message_type="CUSCAR") == ["i2"]
    assert found(message_reference="M7") == ["i2"]
    assert found(number="DOC7", message_type="CUSCAR") == []
    assert found(number="DOC7", message_type="CUSDEC") == ["i2"]
    assert found(mailbox="tax") == ["i3"]
    assert found(visible_to="tax") == ["i3"]
    assert found(visible_to="carrier") == ["i2"]
    assert found(since=NOW + timedelta(minutes=1), until=NOW + timedelta(minutes=2)) == ["i2"]
    with pytest.raises(NotFound):
        found(after="i9")


def test_only_its_sender_and_its_recipients_may_see_it(store: Store) -> None:
    accept(store, 1, deliveries=(delivery(1, b"x"), delivery(1, b"x", mailbox="statistics")))
    accept(store, 2, principal="carrier")
    seen = {
        who: [store.look(interchanges.may_see, who, which) for which in ("i1", "i2", "i3")] for who in ("trader", "carrier", "customs", "statistics", "tax")
    }
    assert seen == {
        "trader": [True, False, False],
        "carrier": [False, True, False],
        "customs": [True, True, False],
        "statistics": [True, False, False],
        "tax": [False, False, False],
    }


def test_a_trace_is_json_and_in_order_of_time(store: Store, clock: Clock) -> None:
    accept(store, 1, faults=({"code": "12", "text": "x"},), faults_total=1, verdict=Verdict.PARTLY)
    later = clock.advance(seconds=5)
    store.call(deliveries.claim_one, "d1-customs-production", "t", lease_until=later + timedelta(seconds=60), now=later, actor="customs")
    trace = json.loads(json.dumps(store.look(interchanges.trace, "i1")))
    assert sorted(trace) == ["deliveries", "events", "interchange", "messages"]
    assert trace["interchange"]["faults"] == [{"code": "12", "text": "x"}]
    assert trace["interchange"]["received_at"] == "2026-11-21T08:30:15.123456+00:00"
    assert [(item["position"], item["type"], item["number"]) for item in trace["messages"]] == [(0, "CUSDEC", "DOC1")]
    assert [(item["id"], item["state"]) for item in trace["deliveries"]] == [("d1-customs-production", "claimed")]
    assert [(item["kind"], item["actor"], item["at"]) for item in trace["events"]] == [
        ("interchange.partly", "trader", "2026-11-21T08:30:15.123456+00:00"),
        ("delivery.claimed", "customs", "2026-11-21T08:30:20.123456+00:00"),
    ]
    with pytest.raises(NotFound):
        store.look(interchanges.trace, "i2")


def test_the_answer_is_kept_byte_for_byte(store: Store) -> None:
    answer = bytes(range(256))
    accept(store, 1, acknowledgement=answer)
    assert store.look(interchanges.get_acknowledgement, "i1") == StoredAcknowledgement(
        "i1", "trader", Verdict.ACCEPTED, "TRADER:ZZ", "CUSTOMS:ZZ", "R1", True, answer, b"\x30\x80signature", "accepted 已接受"
    )
    with pytest.raises(NotFound):
        store.look(interchanges.get_acknowledgement, "i2")


def test_answers_are_listed_newest_first_under_names_safe_for_files(store: Store, clock: Clock) -> None:
    accept(store, 1, file_name="../订单 a/b.edi")
    accept(store, 2, now=clock.advance(minutes=1), acknowledgement=None, signature=None)
    accept(store, 3, now=clock.advance(minutes=1), principal="carrier")
    listed = store.look(interchanges.list_acknowledgements, "trader", since=NOW)
    explained = len("accepted 已接受".encode())
    assert listed == [
        AcknowledgementListing("i2", "i2", "R2-i2", "", NOW + timedelta(minutes=1), Verdict.ACCEPTED, True, 0, 0, explained),
        AcknowledgementListing("i1", "i1", "a_b.edi-i1", "../订单 a/b.edi", NOW, Verdict.ACCEPTED, True, 12, 11, explained),
    ]
    assert store.look(interchanges.list_acknowledgements, "trader", since=NOW, limit=1) == listed[:1]
    assert store.look(interchanges.list_acknowledgements, "trader", since=NOW, after="i2") == listed[1:]
    assert store.look(interchanges.list_acknowledgements, "trader", since=NOW + timedelta(seconds=1)) == listed[:1]


def test_a_repeated_upload_has_the_first_answer_under_its_own_name(store: Store, clock: Clock) -> None:
    accept(store, 1, file_name="a.edi")
    accept(store, 2, now=clock.advance(minutes=1), file_name="b.edi")
    # The first again: from another file, then on a way that names no file.
    for number, file_name in ((3, "a again.edi"), (4, "")):
        first = dataclasses.replace(acceptance(1), id=f"i{number}", received_at=clock.advance(minutes=1), file_name=file_name)
        repeated = store.accept(first, (octets_of(1),)).result()
        assert (repeated.outcome, repeated.interchange) == (Outcome.REPEAT, "i1")
    listed = store.look(interchanges.list_acknowledgements, "trader", since=NOW)
    assert [(entry.id, entry.interchange, entry.name) for entry in listed] == [
        ("i3", "i1", "a_again.edi-i3"),
        ("i2", "i2", "b.edi-i2"),
        ("i1", "i1", "a.edi-i1"),
    ]
    assert [store.look(interchanges.list_acknowledgements, "trader", since=NOW, limit=1, after=after) for after in ("i3", "i2", "i1")] == [
        listed[1:2],
        listed[2:],
        [],
    ]
    with pytest.raises(NotFound):
        store.look(interchanges.list_acknowledgements, "trader", since=NOW, after="i4")


def test_a_replay_shares_the_originals_octets(store: Store) -> None:
    accept(store, 1)
    content = store.look(interchanges.get_interchange, "i1").content
    replay = acceptance(1, id="i2", duplicate_key=None, content=content, replay_of="i1", actor="operator", deliveries=())
    assert store.call(interchanges.accept, replay).outcome is Outcome.NEW
    record = store.look(interchanges.get_interchange, "i2")
    assert (record.content, record.replay_of) == (content, "i1")
    assert store.look(journal.list_leaves, subject="i2")[0].actor == "operator"


def test_recipes_come_back_as_they_were(store: Store) -> None:
    octets = octets_of(1)
    recipe = (b"UNB+\x00\xff'", Slice(3, 10), Slice(20, 5), b"UNZ'")
    accept(store, 1, deliveries=(delivery(1, octets, recipe=recipe, size=30, sha256="ab"),))
    got = store.look(deliveries.get_content, "d1-customs-production", mailbox="customs")
    assert (got.recipe, got.size, got.sha256) == (recipe, 30, "ab")
    assert isinstance(got.content, ContentRef)
    assert store.content().read(got.content, 3, 10) == octets[3:13]
    with pytest.raises(NotFound):
        store.look(deliveries.get_content, "d1-customs-production", mailbox="tax")
