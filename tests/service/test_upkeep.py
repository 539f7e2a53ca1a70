"""What the hub does by itself, turn by turn of a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from cryptography import x509
from sqlalchemy import Connection, func, select

from tests.service.parts import NOW, Loop, Time, cusres, do, interchange, send, session
from vanhub.errors import StoreUnavailable
from vanhub.service.core import Core
from vanhub.service.hub import Hub
from vanhub.store import alerts, certificates, deliveries, interchanges, journal, staging
from vanhub.store.principals import set_enabled
from vanhub.store.tables import message
from vanhub.values.acceptance import Accepted
from vanhub.values.delivery import DeliveryState
from vanhub.values.records import Alert

NUMBERED = """\
name = "numbered"
title_en = "Answers with numbers"
title_zh = "带编号的回执"
message = "CUSRES"
directory = "D.01B"
association = ""
documents = ["961"]
source = "this test"

[[use]]
at = "BGM"
name_en = "answer"
name_zh = "回执"
elements.1004 = { form = "n..9" }
"""
"""A guide that the message of ``cusres`` breaks."""


@pytest.fixture
def hub(hub: Hub) -> Iterator[Hub]:
    """One whose upkeep runs."""
    hub.upkeep.start()
    yield hub
    hub.upkeep.stop()


def state_of(core: Core, id: str) -> DeliveryState:
    return core.store.look(deliveries.get_delivery, id).state


def turn(loop: Loop, seconds: float, hub: Hub) -> None:
    """Let so much time pass, and the tasks that are due run to their end."""
    loop.advance(seconds)
    loop.until(lambda: idle(hub))


def idle(hub: Hub) -> bool:
    """Whether no task is running: LoopingCall schedules its next turn only when the last one has ended."""
    return all(each.call is not None for each in hub.upkeep._loops)


def claim(hub: Hub, loop: Loop, mailbox: str = "customs") -> str:
    (claimed,) = loop.wait(hub.mailboxes.claim(session(hub.core, mailbox), most=1, lease_s=10))
    return claimed.delivery.id


def unable(*_: object, **__: object) -> None:
    raise StoreUnavailable("the store's database or disk failed or does not answer")


def picked_up(hub: Hub) -> dict[str, float]:
    samples = [sample for metric in hub.core.metrics.registry.collect() if metric.name == "vanhub_pickups" for sample in metric.samples]
    return {sample.labels["event"]: sample.value for sample in samples if sample.name.endswith("_total")}


def test_a_lease_that_ran_out_is_lost_and_the_mailbox_told(hub: Hub, loop: Loop, core: Core, time: Time) -> None:
    send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    id = claim(hub, loop)
    rung: list[int] = []
    hub.mailboxes.watch(session(core, "customs"), lambda: rung.append(1))
    time.advance(seconds=9)
    turn(loop, 1, hub)
    assert (state_of(core, id), rung) == (DeliveryState.CLAIMED, [])
    time.advance(seconds=2)
    turn(loop, 1, hub)
    assert (state_of(core, id), rung) == (DeliveryState.AVAILABLE, [1])
    assert picked_up(hub) == {"claimed": 1, "lost": 1}


def test_one_lost_too_often_is_quarantined_alarmed_and_blocks_nobody(hub: Hub, loop: Loop, core: Core, time: Time) -> None:
    send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    for _ in range(core.settings.deliveries.lost_leases):
        id = claim(hub, loop)
        time.advance(seconds=11)
        turn(loop, 1, hub)
    assert state_of(core, id) is DeliveryState.QUARANTINED
    (alert,) = core.store.look(alerts.list_alerts)
    text = f"delivery {id} in mailbox customs was claimed 5 times and never committed"
    assert alert == Alert(alert.number, "quarantine", id, time.now, None, text, f"ask customs why, then vanhub mailbox free {id}")
    send(loop, hub.intake, session(core, "trader"), interchange("R2"))
    assert claim(hub, loop) != id
    # The cure helps.
    assert do(core, "mailbox.free", delivery=id)["state"] == "available"
    assert claim(hub, loop) == id


def test_what_nobody_collected_in_time_is_told_to_owner_and_sender(hub: Hub, loop: Loop, core: Core, time: Time) -> None:
    send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    (delivery,) = loop.wait(hub.mailboxes.waiting(session(core, "customs")))
    assert delivery.expires_at is not None
    time.now = delivery.expires_at + timedelta(seconds=1)
    turn(loop, 60, hub)
    assert state_of(core, delivery.id) is DeliveryState.EXPIRED
    found = [alert for alert in core.store.look(alerts.list_alerts) if alert.kind == "delivery-expired"]
    assert {alert.subject for alert in found} == {f"{delivery.id} customs", f"{delivery.id} TRADER"}
    assert {alert.cure for alert in found} == {f"vanhub mailbox redeliver {delivery.id}"}
    do(core, "mailbox.redeliver", delivery=delivery.id)
    assert state_of(core, delivery.id) is DeliveryState.AVAILABLE


@pytest.mark.parametrize("commits", [True, False])
def test_a_session_whose_credential_expired_is_ended(hub: Hub, loop: Loop, core: Core, time: Time, commits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    do(core, "token.issue", id="trader", days=1)
    do(core, "token.issue", id="carrier", days=2)
    ended: list[str] = []
    for id in ("trader", "carrier"):
        hub.door.open(session(core, id, end=lambda reason, id=id: ended.append(f"{id}: {reason}")))  # type: ignore[misc]
    time.advance(hours=23)
    turn(loop, 60, hub)
    assert ended == []
    if not commits:
        monkeypatch.setattr(core.store, "call", unable)
    time.advance(hours=1)
    turn(loop, 60, hub)
    assert ended == ["trader: the credential has expired"]


def test_noise_is_journaled_as_counts_a_minute(hub: Hub, loop: Loop, core: Core) -> None:
    before = len(core.store.look(journal.list_leaves, subject="hub"))
    for _ in range(1000):
        core.noise.count("login refused: token: unknown or withdrawn credential")
    for number in range(300):
        core.noise.count(f"kind {number}")
    turn(loop, 60, hub)
    (leaf,) = core.store.look(journal.list_leaves, subject="hub")[before:]
    assert (leaf.kind, leaf.data["login refused: token: unknown or withdrawn credential"]) == ("noise", 1000)
    assert (len(leaf.data), leaf.data["other"]) == (101, 201)
    turn(loop, 60, hub)
    assert len(core.store.look(journal.list_leaves, subject="hub")) == before + 1


def test_what_another_node_changed_is_seen(hub: Hub, loop: Loop, core: Core, time: Time) -> None:
    core.store.call(set_enabled, "trader", False, now=NOW, actor="another node")
    assert core.registry.is_enabled("trader")
    turn(loop, 2, hub)
    assert not core.registry.is_enabled("trader")


def test_the_issuing_cas_list_is_renewed_when_half_its_time_is_over(hub: Hub, loop: Loop, core: Core, time: Time) -> None:
    loop.until(lambda: idle(hub))
    first = core.authority.crls()["issuing"]
    half = timedelta(days=core.settings.ca.crl_lifetime_days) / 2
    time.now = first.next_update - half - timedelta(seconds=1)
    turn(loop, 3600, hub)
    assert core.authority.crls()["issuing"] == first
    time.now = first.next_update - half
    turn(loop, 3600, hub)
    second = core.authority.crls()["issuing"]
    assert (second.number, second.next_update) == (first.number + 1, (time.now + 2 * half).replace(microsecond=0))
    assert x509.load_der_x509_crl(second.der).is_signature_valid(core.authority.issuing.public_key())  # type: ignore[arg-type]  # it is an EC key
    record = core.store.look(certificates.latest_crl, "issuing")
    assert record is not None
    assert (record.number, record.der) == (second.number, second.der)
    assert core.authority.crls()["root"].number == 0


def test_rows_of_an_acceptance_that_never_came_are_swept_a_day_later(hub: Hub, loop: Loop, core: Core, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> Accepted:
        raise StoreUnavailable("the store could not commit")

    monkeypatch.setattr(interchanges, "accept", failing)
    with pytest.raises(StoreUnavailable):
        send(loop, hub.intake, session(core, "trader"), interchange("R1", *(cusres(str(number)) for number in range(1, 2 * staging.MOST_ROWS))))
    monkeypatch.undo()
    send(loop, hub.intake, session(core, "trader"), interchange("R2"))

    def rows(conn: Connection) -> int:
        return conn.execute(select(func.count()).select_from(message)).scalar_one()

    count = 2 * staging.MOST_ROWS
    assert core.store.look(rows) == count
    time.advance(hours=24)
    turn(loop, 3600, hub)
    assert core.store.look(rows) == count
    time.advance(seconds=1)
    turn(loop, 3600, hub)
    assert core.store.look(rows) == 1
    assert do(core, "hub.doctor")["findings"] == []


def test_a_task_that_fails_stops_neither_itself_nor_the_others(hub: Hub, loop: Loop, core: Core, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    id = claim(hub, loop)
    time.advance(seconds=11)
    call = core.store.call
    monkeypatch.setattr(core.store, "call", unable)
    turn(loop, 60, hub)
    assert state_of(core, id) is DeliveryState.CLAIMED
    monkeypatch.setattr(core.store, "call", call)
    turn(loop, 1, hub)
    assert state_of(core, id) is DeliveryState.AVAILABLE


def test_nothing_goes_on_after_the_stop(hub: Hub, loop: Loop, core: Core) -> None:
    loop.until(lambda: idle(hub))
    hub.upkeep.stop()
    assert not loop.getDelayedCalls()


def test_what_is_held_too_long_expires_and_its_alert_ends(hub: Hub, loop: Loop, core: Core, time: Time, home: Path) -> None:
    (home / "schemas" / "guides").mkdir()
    (home / "schemas" / "guides" / "numbered.toml").write_text(NUMBERED, encoding="utf-8")
    customs = home / "mailboxes" / "customs.toml"
    customs.write_text(customs.read_text(encoding="utf-8").replace("rejected = true", 'rejected = true\non_guide_fault = "hold"'), encoding="utf-8")
    do(core, "hub.reload")
    send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    held = loop.wait(hub.mailboxes.waiting(session(core, "customs"), state="held"))
    assert [(each.guide_faults, each.held_with) for each in held] == [(1, "")]
    assert [(alert.kind, alert.subject) for alert in core.store.look(alerts.list_alerts)] == [("held", "customs")]
    assert held[0].expires_at is not None
    time.now = held[0].expires_at + timedelta(seconds=1)
    turn(loop, 60, hub)
    assert state_of(core, held[0].id) is DeliveryState.EXPIRED
    assert {alert.kind for alert in core.store.look(alerts.list_alerts)} == {"delivery-expired"}


def test_a_turn_under_way_when_the_hub_stops_is_no_failure(hub: Hub, loop: Loop) -> None:
    with structlog.testing.capture_logs() as running:
        loop.wait(hub.upkeep._turn("test", unable))
    hub.upkeep.stop()
    with structlog.testing.capture_logs() as stopped:
        loop.wait(hub.upkeep._turn("test", unable))
    assert (len(running), stopped) == (1, [])
