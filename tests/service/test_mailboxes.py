"""A principal's mailbox and records as the gateways see them: only its own, whatever is asked."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.service.parts import NOW, Loop, Time, add_partner, do, interchange, send, session
from vanhub.errors import Conflict, NotFound, Refused
from vanhub.gateways.seam import AcknowledgementEntry, Session
from vanhub.service.core import Core
from vanhub.service.hub import Hub
from vanhub.values.delivery import Claimed, Delivery, DeliveryState, Receipt, Slot


@pytest.fixture
def trader(core: Core) -> Session:
    return session(core, "trader")


@pytest.fixture
def carrier(core: Core) -> Session:
    return session(core, "carrier")


@pytest.fixture
def customs(core: Core) -> Session:
    return session(core, "customs")


@pytest.fixture
def sent(hub: Hub, loop: Loop, trader: Session) -> Receipt:
    return send(loop, hub.intake, trader, interchange("R1"), file_name="a.edi")


def waiting(hub: Hub, loop: Loop, who: Session, **terms: Any) -> list[Delivery]:
    return loop.wait(hub.mailboxes.waiting(who, **terms))


def claimed(hub: Hub, loop: Loop, who: Session, lease_s: float = 60) -> Claimed:
    (one,) = loop.wait(hub.mailboxes.claim(who, most=1, lease_s=lease_s))
    return one


@pytest.mark.usefixtures("sent")
class TestMailbox:
    def test_a_pickup(self, hub: Hub, loop: Loop, customs: Session, time: Time) -> None:
        (delivery,) = waiting(hub, loop, customs)
        assert (delivery.sender, delivery.recipient, delivery.reference, delivery.types) == ("TRADER", "GACC:ZZZ", "R1", ("CUSRES",))
        one = claimed(hub, loop, customs)
        assert (one.delivery.id, one.delivery.state, one.delivery.claimed_by) == (delivery.id, DeliveryState.CLAIMED, "customs")
        assert waiting(hub, loop, customs) == []
        assert waiting(hub, loop, customs, state="claimed") == [one.delivery]
        content = loop.wait(hub.mailboxes.content(customs, delivery.id))
        assert (content.size, loop.wait(content.read(0, 1000))) == (len(interchange("R1")), interchange("R1"))
        done = loop.wait(hub.mailboxes.commit(customs, delivery.id, one.claim))
        assert (done.state, done.delivered_at) == (DeliveryState.DELIVERED, NOW)
        assert loop.wait(hub.mailboxes.commit(customs, delivery.id, one.claim)) == done
        with pytest.raises(Conflict):
            loop.wait(hub.mailboxes.commit(customs, delivery.id, "stale"))
        assert loop.wait(hub.mailboxes.collected(customs)) == [done]
        time.advance(days=hub.core.settings.deliveries.archive_days, seconds=1)
        assert loop.wait(hub.mailboxes.collected(customs)) == []

    def test_what_is_given_back_is_announced(self, hub: Hub, loop: Loop, customs: Session) -> None:
        rung: list[str] = []
        stop = hub.mailboxes.watch(customs, lambda: rung.append("customs"))
        hub.mailboxes.watch(session(hub.core, "tax"), lambda: rung.append("tax"))
        one = claimed(hub, loop, customs)
        loop.wait(hub.mailboxes.release(customs, one.delivery.id, one.claim))
        assert rung == ["customs"]
        send(loop, hub.intake, session(hub.core, "trader"), interchange("R2"))
        assert rung == ["customs", "customs"]
        stop()
        stop()
        hub.mailboxes.announce_all()
        assert rung == ["customs", "customs", "tax"]

    def test_a_lease_has_bounds_and_can_be_lengthened(self, hub: Hub, loop: Loop, customs: Session, time: Time) -> None:
        longest = hub.core.settings.deliveries.longest_lease_s
        for lease_s in (0.5, longest + 1, float("nan")):
            with pytest.raises(Refused, match=f"a lease is 1 to {longest} seconds"):
                hub.mailboxes.claim(customs, most=1, lease_s=lease_s)
        one = claimed(hub, loop, customs, lease_s=10)
        time.advance(seconds=9)
        longer = loop.wait(hub.mailboxes.extend(customs, one.delivery.id, one.claim, lease_s=10))
        assert longer.lease_until == time.now + timedelta(seconds=10)
        time.advance(seconds=11)
        with pytest.raises(Conflict):
            loop.wait(hub.mailboxes.commit(customs, one.delivery.id, one.claim))

    def test_one_delivery_is_claimed_by_one(self, hub: Hub, loop: Loop, customs: Session) -> None:
        (delivery,) = waiting(hub, loop, customs)
        first = loop.wait(hub.mailboxes.claim_one(customs, delivery.id, lease_s=60))
        with pytest.raises(Conflict):
            loop.wait(hub.mailboxes.claim_one(customs, delivery.id, lease_s=60))
        assert len(first.claim) == 24

    def test_nobody_reaches_what_is_anothers(self, hub: Hub, loop: Loop, customs: Session) -> None:
        one = claimed(hub, loop, customs)
        id, claim = one.delivery.id, one.claim
        asks: list[Callable[[Session], Deferred[Any]]] = [
            lambda who: hub.mailboxes.get(who, id),
            lambda who: hub.mailboxes.claim_one(who, id, lease_s=60),
            lambda who: hub.mailboxes.content(who, id),
            lambda who: hub.mailboxes.original(who, id),
            lambda who: hub.mailboxes.commit(who, id, claim),
            lambda who: hub.mailboxes.release(who, id, claim),
            lambda who: hub.mailboxes.extend(who, id, claim, lease_s=60),
        ]
        for name in hub.core.registry.principals:
            who = session(hub.core, name)
            for ask in asks if name != "customs" else []:
                with pytest.raises(NotFound):
                    loop.wait(ask(who))
            if name not in {"customs", "e-port"}:
                assert waiting(hub, loop, who) == waiting(hub, loop, who, state="claimed") == loop.wait(hub.mailboxes.collected(who)) == []
        assert loop.wait(hub.mailboxes.get(customs, id)) == one.delivery

    def test_the_original_is_for_who_it_was_addressed_to_alone(self, hub: Hub, loop: Loop, customs: Session) -> None:
        (delivery,) = waiting(hub, loop, customs)
        original = loop.wait(hub.mailboxes.original(customs, delivery.id))
        assert loop.wait(original.read(0, 1000)) == interchange("R1")
        port = session(hub.core, "e-port")
        (copy,) = waiting(hub, loop, port)
        with pytest.raises(NotFound, match="was not addressed to this mailbox alone"):
            loop.wait(hub.mailboxes.original(port, copy.id))

    def test_tests_and_rejected_ones_lie_in_slots_of_their_own(self, hub: Hub, loop: Loop, trader: Session, customs: Session) -> None:
        send(loop, hub.intake, trader, interchange("R2", test=True))
        send(loop, hub.intake, trader, interchange("R3").replace(b"UNZ+1", b"UNZ+2"))
        slots = {slot: [delivery.reference for delivery in waiting(hub, loop, customs, slot=slot)] for slot in Slot}
        assert slots == {Slot.PRODUCTION: ["R1"], Slot.TEST: ["R2"], Slot.REJECTED: ["R3"]}


class TestRecords:
    def test_the_answer_is_the_senders(self, hub: Hub, loop: Loop, sent: Receipt, trader: Session, customs: Session) -> None:
        assert loop.wait(hub.records.acknowledgement(trader, sent.interchange)) == sent
        for who, id in ((customs, sent.interchange), (trader, "nothing")):
            with pytest.raises(NotFound, match=f"^there is no interchange {id}$"):
                loop.wait(hub.records.acknowledgement(who, id))

    def test_answers_are_listed_newest_first_for_a_while(self, hub: Hub, loop: Loop, sent: Receipt, trader: Session, customs: Session, time: Time) -> None:
        time.advance(hours=1)
        refused = send(loop, hub.intake, trader, b"no interchange", file_name="b.txt")
        newest, first = loop.wait(hub.records.acknowledgements(trader))
        assert first == AcknowledgementEntry(
            id=sent.interchange,
            interchange=sent.interchange,
            name=first.name,
            file_name="a.edi",
            received_at=NOW.timestamp(),
            verdict="accepted",
            is_interchange=True,
            contrl_octets=len(sent.acknowledgement or b""),
            p7s_octets=len(sent.signature or b""),
            explain_octets=len(sent.explanation.encode()),
        )
        assert (newest.interchange, newest.is_interchange, newest.file_name) == (refused.interchange, False, "b.txt")
        assert loop.wait(hub.records.acknowledgements(trader, limit=1)) == [newest]
        assert loop.wait(hub.records.acknowledgements(trader, after=newest.interchange)) == [first]
        assert loop.wait(hub.records.acknowledgements(customs)) == []
        time.advance(days=hub.core.settings.deliveries.archive_days, seconds=-1)
        assert loop.wait(hub.records.acknowledgements(trader)) == [newest]

    def test_the_trace_shows_each_its_part(self, hub: Hub, loop: Loop, sent: Receipt, trader: Session, carrier: Session, customs: Session) -> None:
        one = claimed(hub, loop, customs)
        loop.wait(hub.mailboxes.commit(customs, one.delivery.id, one.claim))
        whole = loop.wait(hub.records.trace(trader, sent.interchange))
        assert [delivery["mailbox"] for delivery in whole["deliveries"]] == ["customs", "e-port"]
        assert [message["type"] for message in whole["messages"]] == ["CUSRES"]
        part = loop.wait(hub.records.trace(customs, sent.interchange))
        assert part["interchange"] == {
            "id": sent.interchange,
            "sender": "TRADER",
            "recipient": "GACC:ZZZ",
            "reference": "R1",
            "test": "",
            "received_at": whole["interchange"]["received_at"],
            "verdict": "accepted",
            "guide_faults": [],
        }
        assert part["deliveries"] == [whole["deliveries"][0]]
        assert part["messages"] == []
        assert {event["subject"] for event in part["events"]} == {one.delivery.id}
        assert {event["kind"] for event in part["events"]} >= {"delivery.claimed", "delivery.delivered"}
        json.dumps(whole)
        for who in (carrier, session(hub.core, "tax")):
            with pytest.raises(NotFound):
                loop.wait(hub.records.trace(who, sent.interchange))

    def test_the_evidence_is_verified_with_openssl_alone(self, hub: Hub, loop: Loop, sent: Receipt, trader: Session, customs: Session, tmp_path: Path) -> None:
        next_piece, packed = loop.wait(hub.records.evidence(trader, sent.interchange)), b""
        while piece := loop.wait(next_piece()):
            packed += piece
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            assert archive.testzip() is None
            archive.extractall(tmp_path / "evidence")
        assert {path.name: path.read_bytes() for path in (tmp_path / "evidence").glob("*.edi")} == {
            "original.edi": interchange("R1"),
            "acknowledgement.edi": sent.acknowledgement,
        }
        # The commands of its READ.ME, as they stand there.
        commands = [line.strip() for line in (tmp_path / "evidence" / "READ.ME").read_text().splitlines() if line.startswith("   openssl ")]
        assert len(commands) == 4
        at = f" -attime {int(NOW.timestamp())}"
        printed = [
            subprocess.run(
                (command + at if " -verify" in command else command).split(), cwd=tmp_path / "evidence", capture_output=True, text=True, check=True
            ).stdout
            for command in commands
        ]
        digest = hashlib.sha256(interchange("R1")).hexdigest()
        assert digest in printed[2]
        assert digest[:20] in printed[1].replace(" ", "").replace(":", "").replace("-", "").lower()
        with pytest.raises(NotFound):
            loop.wait(hub.records.evidence(customs, sent.interchange))


def test_a_contrl_of_the_owner_answers_its_delivery(hub: Hub, loop: Loop, core: Core, trader: Session, customs: Session) -> None:
    send(loop, hub.intake, trader, interchange("R1"))
    one = claimed(hub, loop, customs)
    control = b"UNH+1+CONTRL:D:3:UN'UCI+R1+TRADER+GACC:ZZZ+7'UNT+3+1'"
    answer = send(loop, hub.intake, customs, interchange("A1", control, sender="GACC:ZZZ", recipient="TRADER"))
    assert (answer.verdict, answer.acknowledgement, answer.answers) == ("accepted", None, (one.delivery.id,))
    assert loop.wait(hub.mailboxes.get(customs, one.delivery.id)).state is DeliveryState.ANSWERED


def test_messages_for_several_agencies_are_sorted_and_none_sees_the_others(hub: Hub, loop: Loop, core: Core) -> None:
    add_partner(core, "shop")
    export = (Path(__file__).parents[2] / "examples" / "grouped.edi").read_bytes()
    do(core, "principal.set", kind="partner", id="shop", terms={"edi": "SKBROKER:ZZZ"})
    receipt = send(loop, hub.intake, session(core, "shop"), export)
    assert receipt.verdict == "accepted"
    customs, licensing = session(core, "customs"), session(core, "licensing")
    (declarations,) = waiting(hub, loop, customs)
    (application,) = waiting(hub, loop, licensing)
    assert (declarations.types, declarations.messages, application.types, application.messages) == (("CUSDEC",), 2, ("SANCRT",), 1)
    for who, delivery in ((customs, declarations), (licensing, application)):
        content = loop.wait(hub.mailboxes.content(who, delivery.id))
        octets = loop.wait(content.read(0, content.size))
        assert (octets.count(b"UNH+"), hashlib.sha256(octets).hexdigest()) == (delivery.messages, delivery.sha256)
        with pytest.raises(NotFound):
            loop.wait(hub.mailboxes.original(who, delivery.id))
