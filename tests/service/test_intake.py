"""From octets to a receipt, over the real check, judge and store."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.service.parts import NOW, Loop, Time, cusres, do, interchange, send, session
from vanhub.edifact.report import Report
from vanhub.errors import Busy, TemporaryError, Untrusted
from vanhub.gateways.seam import Session
from vanhub.service.core import Core
from vanhub.service.hub import Hub
from vanhub.service.intake import EXPLAINED_AT_ONCE, INLINE_OCTETS, HubIntake, share_of
from vanhub.store import alerts, doctor, interchanges
from vanhub.values.records import InterchangeFilter

MEMORY = 65_536


@pytest.fixture
def home(home: Path) -> Path:
    """One in which little counts as large."""
    file = home / "hub.toml"
    file.write_text(file.read_text().replace("memory_octets = 1048576", f"memory_octets = {MEMORY}"))
    return home


@pytest.fixture
def trader(core: Core) -> Session:
    return session(core, "trader")


def many(reference: str, octets: int) -> bytes:
    """An interchange of at least so many octets."""
    return interchange(reference, *(cusres(str(number)) for number in range(1, octets // 50 + 2)))


def counted(hub: Hub) -> dict[str, float]:
    """The counts of ``vanhub_interchanges`` by verdict and outcome."""
    samples = [sample for metric in hub.core.metrics.registry.collect() if metric.name == "vanhub_interchanges" for sample in metric.samples]
    return {f"{sample.labels['verdict']} {sample.labels['outcome']}": sample.value for sample in samples if sample.name.endswith("_total")}


def healthy(hub: Hub) -> bool:
    result = do(hub.core, "hub.doctor")
    assert result["findings"] == []
    return bool(result["healthy"])


def test_a_new_interchange_and_its_repeat(hub: Hub, loop: Loop, trader: Session, time: Time) -> None:
    arrivals: list[tuple[str, ...]] = []
    hub.intake.arrived = arrivals.append
    first = send(loop, hub.intake, trader, interchange("R1"))
    assert (first.outcome, first.verdict, first.sender, first.recipient, first.reference) == ("new", "accepted", "TRADER", "GACC:ZZZ", "R1")
    assert b"UCI+R1+TRADER+GACC:ZZZ+7'" in (first.acknowledgement or b"")
    assert [set(each) for each in arrivals] == [{"customs", "e-port"}]
    time.advance(days=3)
    again = send(loop, hub.intake, trader, interchange("R1"), piece=7)
    assert again == replace(first, outcome="repeat")
    assert len(arrivals) == 1
    (record,) = hub.core.store.look(interchanges.find_interchanges, InterchangeFilter())
    assert (record.id, record.repeats, record.received_at, record.last_repeat_at) == (first.interchange, 1, NOW, time.now)
    assert counted(hub) == {"accepted new": 1, "accepted repeat": 1}
    assert hub.intake.in_flight == 0
    assert healthy(hub)


def test_other_content_under_a_used_reference_is_refused_alarmed_and_the_first_stays(hub: Hub, loop: Loop, trader: Session) -> None:
    first = send(loop, hub.intake, trader, interchange("R1"))
    other = interchange("R1", cusres("1", "OTHER"))
    refused = send(loop, hub.intake, trader, other)
    assert (refused.outcome, refused.verdict) == ("conflict", "rejected")
    assert b"UCI+R1+TRADER+GACC:ZZZ+4+26+" in (refused.acknowledgement or b"")
    # The same conflict again gets the stored refusal, byte for byte, and no second alert.
    assert send(loop, hub.intake, trader, other) == refused
    (alert,) = hub.core.store.look(alerts.list_alerts)
    assert (alert.kind, alert.subject) == ("duplicate-conflict", "TRADER R1")
    assert first.interchange in alert.cure
    assert send(loop, hub.intake, trader, interchange("R1")) == replace(first, outcome="repeat")
    assert counted(hub) == {"accepted new": 1, "rejected conflict": 2, "accepted repeat": 1}
    assert [delivery.reference for delivery in loop.wait(hub.mailboxes.waiting(session(hub.core, "customs")))] == ["R1"]
    assert healthy(hub)


def test_a_rejected_one_is_judged_again_and_answered_alike_while_nothing_changed(hub: Hub, loop: Loop, trader: Session, time: Time) -> None:
    data = interchange("R1", recipient="BANK")
    refused = send(loop, hub.intake, trader, data)
    assert refused.verdict == "rejected"
    assert b"+4+43+" in (refused.acknowledgement or b"")
    time.advance(hours=1)
    assert send(loop, hub.intake, trader, data) == replace(refused, outcome="repeat")
    do(hub.core, "principal.add", kind="partner", id="bank", addresses=["BANK"])
    accepted = send(loop, hub.intake, trader, data)
    assert (accepted.outcome, accepted.verdict) == ("new", "accepted")
    assert healthy(hub)


def test_what_is_too_large_for_the_reactors_thread_is_checked_in_another(hub: Hub, loop: Loop, trader: Session) -> None:
    data = many("R1", INLINE_OCTETS)
    assert send(loop, hub.intake, trader, data).verdict == "accepted"
    assert send(loop, hub.intake, trader, data).outcome == "repeat"


def test_what_was_accepted_last_is_checked_without_a_thread_after_a_start(hub: Hub, loop: Loop, core: Core, trader: Session) -> None:
    def threads(reference: str, hub: Hub) -> int:
        calls = []
        thread = hub.intake.thread
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hub.intake, "thread", lambda *arguments: calls.append(arguments) or thread(*arguments))  # type: ignore[func-returns-value]
            assert send(loop, hub.intake, trader, interchange(reference)).verdict == "accepted"
        return len(calls)

    assert [threads("R1", hub), threads("R2", hub)] == [1, 0]
    send(loop, hub.intake, trader, many("R3", INLINE_OCTETS))
    send(loop, hub.intake, trader, interchange("R4", recipient="NOBODY"))
    core.reload()  # as another process opens them: nothing is loaded
    loop.wait(Deferred.fromCoroutine(hub.intake.warm_up()))
    assert threads("R5", hub) == 0
    core.reload()
    assert [threads("R6", hub), threads("R7", hub)] == [1, 0]


def test_of_a_principal_that_was_disabled_nothing_more_is_taken(hub: Hub, loop: Loop, trader: Session) -> None:
    do(hub.core, "principal.enable", kind="partner", id="trader", enabled=False)
    for data in (interchange("R1"), many("R2", INLINE_OCTETS), many("R3", MEMORY)):
        with pytest.raises(Untrusted, match="trader is disabled"):
            send(loop, hub.intake, trader, data)
    assert hub.core.store.look(interchanges.find_interchanges, InterchangeFilter()) == []
    assert (hub.intake.in_flight, list(hub.core.home.content.rglob("large-*"))) == (0, [])


def test_what_takes_long_to_explain_leaves_threads_to_others(hub: Hub, loop: Loop, trader: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    released, explain = threading.Event(), HubIntake._explain

    def slow(intake: HubIntake, *arguments: Any) -> Any:
        assert released.wait(30)
        return explain(intake, *arguments)

    monkeypatch.setattr(HubIntake, "_explain", slow)
    finishing = []
    for number in range(2 * EXPLAINED_AT_ONCE):
        upload = hub.intake.begin(trader)
        upload.write(interchange(f"R{number}", cusres("1").replace(b"BGM", b"XXX")))
        finishing.append(upload.finish())
    assert loop.wait(hub.intake.thread(lambda: "served")) == "served"
    assert not any(each.called for each in finishing)
    released.set()
    assert [loop.wait(each).verdict for each in finishing] == ["rejected"] * len(finishing)


def test_a_full_hub_takes_no_more(hub: Hub, loop: Loop, trader: Session) -> None:
    half = hub.core.settings.limits.in_flight // 2
    carrier, customs = session(hub.core, "carrier"), session(hub.core, "customs")
    uploads = [hub.intake.begin(who) for who in (trader, carrier) for _ in range(half)]
    for who in (trader, carrier, customs):
        with pytest.raises(Busy, match="as many interchanges as it may"):
            hub.intake.begin(who)
    uploads[0].abort("lost")
    hub.intake.begin(customs).abort("lost")
    assert send(loop, hub.intake, trader, interchange("R1")).verdict == "accepted"
    for upload in uploads:
        upload.abort("lost")
    assert hub.intake.in_flight == 0


def test_one_principal_holds_half_of_the_places_on_all_its_sessions(hub: Hub, loop: Loop, trader: Session) -> None:
    half = hub.core.settings.limits.in_flight // 2
    sessions = [trader, session(hub.core, "trader", gateway="https")]
    uploads = [hub.intake.begin(sessions[number % 2]) for number in range(half)]
    for who in sessions:
        with pytest.raises(Busy, match="as many interchanges of trader as it may"):
            hub.intake.begin(who)
    # Others are taken all the same, and whatever ends gives its place back.
    carrier = session(hub.core, "carrier")
    assert send(loop, hub.intake, carrier, interchange("R1", sender="CARRIER")).verdict == "accepted"
    uploads[0].write(interchange("R2"))
    loop.wait(uploads[0].finish())
    uploads[0].abort("done")
    uploads[0] = hub.intake.begin(trader)
    with pytest.raises(Busy):
        hub.intake.begin(trader)
    for upload in uploads:
        upload.abort("lost")
    assert (hub.intake.in_flight, hub.intake._in_flight_of) == (0, {})


def test_of_a_single_place_the_share_is_the_place() -> None:
    assert [share_of(places) for places in (1, 2, 3, 256)] == [1, 1, 1, 128]


def test_an_agreement_lowers_the_hubs_limit_and_never_raises_it(hub: Hub, trader: Session) -> None:
    limit = hub.core.settings.limits.interchange_octets
    for agreed, most in ((1024, 1024), (limit * 2, limit)):
        trader.principal = replace(trader.principal, agreement=replace(trader.principal.agreement, max_interchange_octets=agreed))
        upload = hub.intake.begin(trader)
        assert upload._most == most
        upload.abort("done")


class TestLarge:
    """Above ``limits.memory_octets``: through content on disk and a worker process."""

    def contents(self, hub: Hub) -> list[Path]:
        return list(hub.core.home.content.rglob("large-*"))

    def test_it_is_accepted_repeated_and_refused_as_a_small_one(self, hub: Hub, loop: Loop, trader: Session) -> None:
        data = many("R1", MEMORY)
        first = send(loop, hub.intake, trader, data)
        assert (first.outcome, first.verdict) == ("new", "accepted")
        assert len(self.contents(hub)) == 1
        assert send(loop, hub.intake, trader, data) == replace(first, outcome="repeat")
        assert len(self.contents(hub)) == 1
        conflict = send(loop, hub.intake, trader, data.replace(b"ANSWER1", b"ANSWER2", 1))
        assert (conflict.outcome, conflict.verdict) == ("conflict", "rejected")
        assert len(self.contents(hub)) == 2
        customs = session(hub.core, "customs")
        (delivery,) = loop.wait(hub.mailboxes.waiting(customs))
        assert loop.wait(loop.wait(hub.mailboxes.content(customs, delivery.id)).read(0, len(data) + 1)) == data
        assert healthy(hub)

    def test_a_worker_that_dies_costs_one_interchange_nothing_but_a_repeat(
        self, hub: Hub, loop: Loop, trader: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert send(loop, hub.intake, trader, many("R0", MEMORY)).verdict == "accepted"
        (worker,) = multiprocessing.active_children()
        checks: list[object] = []
        check = hub.workers.check

        def noted(*arguments: Any) -> Deferred[Report]:
            checks.append(checking := check(*arguments))
            return checking

        monkeypatch.setattr(hub.workers, "check", noted)
        os.kill(worker.pid or 0, signal.SIGSTOP)
        data = many("R1", MEMORY)
        upload = hub.intake.begin(trader)
        upload.write(data)
        finishing = upload.finish()
        loop.until(lambda: checks)
        os.kill(worker.pid or 0, signal.SIGKILL)
        with pytest.raises(TemporaryError, match="interrupted; send it again"):
            loop.wait(finishing)
        assert (hub.intake.in_flight, len(self.contents(hub))) == (0, 1)
        assert send(loop, hub.intake, trader, data).outcome == "new"
        assert hub.core.store.look(doctor.conservation) == []

    def test_a_check_under_way_does_not_hold_up_the_end(self, hub: Hub, loop: Loop, trader: Session) -> None:
        upload = hub.intake.begin(trader)
        upload.write(b"UNB+UNOC:3+TRADER+GACC:ZZZ+261121:0830+R1'" + b"'" * 12_000_000)  # wrong everywhere: minutes of work
        finishing = upload.finish()
        loop.until(lambda: hub.workers._pool is not None)
        begun = monotonic()
        hub.workers.close()
        assert monotonic() - begun < 30
        with pytest.raises(TemporaryError, match="the hub is stopping"):
            loop.wait(finishing)

    def test_a_worker_that_dies_while_idle_is_replaced(self, hub: Hub, loop: Loop, trader: Session) -> None:
        send(loop, hub.intake, trader, many("R0", MEMORY))
        (worker,) = multiprocessing.active_children()
        worker.kill()
        worker.join()
        # Whether its end was noticed before or after the next interchange came, at most that one has to be sent again.
        try:
            receipt = send(loop, hub.intake, trader, many("R1", MEMORY))
        except TemporaryError:
            receipt = send(loop, hub.intake, trader, many("R1", MEMORY))
        assert receipt.verdict == "accepted"

    def test_a_worker_ends_with_a_hub_that_is_killed(self) -> None:
        script = """
import multiprocessing, os, signal
from concurrent.futures import ProcessPoolExecutor
from vanhub.service.workers import _begin
if __name__ == "__main__":
    processes = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, processes, _begin, (None, processes.Event())) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        signal.pause()
"""
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as hub:
            assert hub.stdout is not None
            worker = os.pidfd_open(int(hub.stdout.readline()))
            hub.kill()
        try:
            assert select.select([worker], [], [], 60)[0] == [worker]
        finally:
            os.close(worker)

    def test_a_worker_that_cannot_read_the_schemas_says_so_until_they_are_mended(self, hub: Hub, loop: Loop, trader: Session) -> None:
        wrong = hub.core.home.schemas / "D.27A.schema"
        wrong.write_bytes(b"nonsense")
        with pytest.raises(TemporaryError, match="interchanges of this size cannot be checked now"):
            send(loop, hub.intake, trader, many("R1", MEMORY))
        assert self.contents(hub) == []
        wrong.unlink()
        assert send(loop, hub.intake, trader, many("R1", MEMORY)).verdict == "accepted"

    def test_an_error_after_the_commit_does_not_take_the_content_away(self, hub: Hub, loop: Loop, trader: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        send(loop, hub.intake, trader, interchange("R1"))

        def full(*_: object, **__: object) -> None:
            raise Busy("too many jobs wait for the store")

        monkeypatch.setattr("vanhub.service.intake.raise_once", full)
        with pytest.raises(Busy):
            send(loop, hub.intake, trader, many("R1", MEMORY))
        assert len(self.contents(hub)) == 1
        assert healthy(hub)
