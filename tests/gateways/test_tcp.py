"""TLS-TCP sessions: the protocol over a transport in memory with a clock of its own, and over real TLS connections."""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import re
import ssl
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.gateways.conftest import Server
from tests.gateways.hub import MemoryHub, control, interchange, principal
from vanhub.errors import HubError, StoreUnavailable
from vanhub.gateways.seam import Content, Session
from vanhub.gateways.tcp import TcpFactory, TcpLimits, TcpProtocol
from vanhub.values.delivery import DeliveryState

CERTIFICATE = b"the DER of a certificate"
LIMITS = TcpLimits(in_flight=2, idle_timeout_s=100, interchange_timeout_s=400, close_timeout_s=10, lease_s=60, answer_timeout_s=300)


def answers(octets: bytes) -> list[str]:
    """What the CONTRLs in ``octets`` say: reference, action and code."""
    return [f"{ref} {action}{' ' + code if code else ''}" for ref, action, code in re.findall(r"UCI\+(\w*)\+[^+']*\+HUB\+(\d)(?:\+(\d+))?'", octets.decode())]


class Line(StringTransport):
    """A transport in memory that a producer can be registered with, as with TLS: closing waits for nothing."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True

    def loseConnection(self) -> None:
        assert self.producer is None
        super().loseConnection()


class Peer:
    """One session with a hub in memory. ``hub.add`` a principal with ``CERTIFICATE`` first."""

    def __init__(self, hub: MemoryHub, clock: Clock, certificate: bytes | None = CERTIFICATE, limits: TcpLimits = LIMITS) -> None:
        factory = TcpFactory(hub, hub, hub, clock=clock, limits=limits, identify=lambda _: certificate)
        self.protocol: TcpProtocol = factory.buildProtocol(None)
        self.line = Line(peerAddress=IPv4Address("TCP", "192.0.2.1", 1234))
        self.protocol.makeConnection(self.line)
        self.protocol.handshakeCompleted()

    def send(self, data: bytes) -> None:
        self.protocol.dataReceived(data)

    def read(self) -> bytes:
        octets: bytes = self.line.value()
        self.line.clear()
        return octets

    def lose(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionLost()))

    @property
    def closed(self) -> str:
        return "cut" if self.line.aborted else "closed" if self.line.disconnecting else "open"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(clock: Clock) -> MemoryHub:
    made = MemoryHub(clock)
    made.add(principal("alpha", max_interchange_octets=4_000, max_sessions=2), certificate=CERTIFICATE)
    made.add(principal("beta", "BETA"))
    return made


def test_an_answer_leaves_only_after_the_hub_has_decided(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1") + interchange("R2"))
    assert peer.read() == b""
    clock.advance(0.3)
    assert answers(peer.read()) == ["LATE1 7", "R2 7"]
    assert peer.closed == "open"


def test_the_transport_is_paused_while_too_many_answers_are_owed(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1") + interchange("R2") + interchange("R3"))
    assert peer.line.producerState == "paused"
    assert len(hub.uploads) == 2
    clock.advance(0.3)
    assert (peer.line.producerState, answers(peer.read())) == ("producing", ["LATE1 7", "R2 7", "R3 7"])


def test_a_backlogged_hub_stops_the_reading_until_it_has_caught_up(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    hub.backlog = Deferred()
    peer.send(interchange("R1")[:40])
    peer.send(interchange("R1")[40:])
    assert (peer.line.producerState, bytes(hub.uploads[0].octets)) == ("paused", interchange("R1")[:40])
    backlog, hub.backlog = hub.backlog, None
    backlog.callback(None)
    assert (peer.line.producerState, answers(peer.read())) == ("producing", ["R1 7"])


def test_a_peer_that_does_not_read_is_not_read_and_then_cut(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.protocol.pauseProducing()
    peer.send(interchange("R1"))
    assert (peer.line.producerState, peer.read()) == ("paused", b"")
    clock.pump([25] * 5)
    assert peer.closed == "cut"


def test_answers_go_on_when_the_peer_reads_again(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.protocol.pauseProducing()
    peer.send(interchange("R1") + interchange("R2"))
    assert peer.read() == b""
    peer.protocol.resumeProducing()
    assert answers(peer.read()) == ["R1 7", "R2 7"]


@pytest.mark.parametrize(("reference", "logged"), [("DOWN", "the store is stopping"), ("CLOSED", "not admitted"), ("BUG", "an internal error")])
def test_what_cannot_be_decided_closes_the_session_after_the_answers_before_it(hub: MemoryHub, clock: Clock, reference: str, logged: str) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1") + interchange(reference))
    clock.advance(0.3)
    assert (answers(peer.read()), peer.closed) == (["LATE1 7"], "closed")
    peer.send(interchange("R3"))
    peer.lose()
    assert hub.closed == [("alpha", logged)]
    assert [kept.receipt.reference for kept in hub.kept.values()] == ["LATE1"]


def test_an_interchange_over_the_limit_is_dropped_as_it_passes_it(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    large = interchange("R2", size=9_000)
    peer.send(interchange("R1") + large[:4_500])
    assert (answers(peer.read()), peer.closed, hub.aborted) == (["R1 7"], "closed", ["too large"])


def test_a_full_hub_closes_the_session(hub: MemoryHub, clock: Clock) -> None:
    hub.queue_limit = 0
    peer = Peer(hub, clock)
    peer.send(interchange("R1"))
    assert peer.closed == "closed"
    peer.lose()
    assert hub.closed == [("alpha", "the hub is full")]


def test_octets_that_begin_no_interchange_are_answered_and_end_the_session(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n" + interchange("R1"))
    assert (answers(peer.read()), peer.closed) == ([" 4 33"], "closed")
    assert len(hub.kept) == 1


def test_a_lost_connection_aborts_what_was_arriving_and_keeps_what_had_arrived(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1") + interchange("R2")[:50])
    peer.lose()
    clock.advance(0.3)
    assert [kept.receipt.reference for kept in hub.kept.values()] == ["LATE1"]
    assert hub.aborted == ["connection lost: Connection to the other side was lost in a non-clean fashion."]
    assert (hub.sessions, peer.read()) == ([], b"")
    again = Peer(hub, clock)
    again.send(interchange("LATE1"))
    clock.advance(0.3)
    assert (answers(again.read()), len(hub.kept)) == (["LATE1 7"], 1)


def test_a_peer_that_ends_its_half_still_gets_its_answers(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1") + interchange("R2")[:50])
    peer.protocol.readConnectionLost()
    assert peer.closed == "open"
    clock.advance(0.3)
    assert (answers(peer.read()), peer.closed) == (["LATE1 7", "R2 4 13"], "closed")


def test_a_session_ended_from_outside_gives_the_answers_owed(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1") + interchange("R2")[:50])
    hub.disable("alpha")
    assert (peer.closed, hub.aborted) == ("open", ["disabled"])
    clock.advance(0.3)
    assert (answers(peer.read()), peer.closed) == (["LATE1 7"], "closed")
    peer.lose()
    assert hub.closed == [("alpha", "disabled")]
    assert Peer(hub, clock).closed == "closed"


def test_a_session_ended_from_outside_is_cut_if_it_does_not_close(hub: MemoryHub, clock: Clock) -> None:
    hub.late_s = 1_000
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1"))
    hub.disable("alpha")
    clock.advance(9.9)
    assert peer.closed == "open"
    clock.advance(0.2)
    assert peer.closed == "cut"


def test_a_peer_that_does_not_close_is_cut(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.protocol.readConnectionLost()
    assert peer.closed == "closed"
    clock.advance(10)
    assert peer.closed == "cut"


def test_silence_ends_a_session_within_a_quarter_over_the_limit(hub: MemoryHub, clock: Clock) -> None:
    quiet, busy = Peer(hub, clock), Peer(hub, clock)
    for number in range(4):
        clock.advance(25)
        busy.send(interchange(f"R{number}"))
    assert (quiet.closed, busy.closed) == ("closed", "open")


def test_silence_while_the_hub_decides_is_not_the_peers(hub: MemoryHub, clock: Clock) -> None:
    hub.late_s = 1_000
    peer = Peer(hub, clock)
    peer.send(interchange("LATE1"))
    clock.pump([25] * 40)
    assert answers(peer.read()) == ["LATE1 7"]


def test_silence_in_the_middle_of_an_interchange_ends_the_session(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    peer.send(interchange("R1")[:50])
    clock.pump([25] * 4)
    assert (peer.closed, hub.aborted) == ("closed", ["silent for 100 s"])


def test_an_interchange_has_a_time_limit_however_it_trickles(hub: MemoryHub, clock: Clock) -> None:
    peer = Peer(hub, clock)
    octets = interchange("R1")
    for place in range(len(octets)):
        peer.send(octets[place : place + 1])
        clock.advance(25)
        if peer.closed != "open":
            break
    assert (peer.closed, hub.aborted) == ("closed", ["an interchange was not sent within 400 s"])


@pytest.mark.parametrize(("certificate", "text"), [(None, "shown no certificate"), (b"another", "not known")])
def test_who_is_not_known_is_not_admitted(hub: MemoryHub, clock: Clock, certificate: bytes | None, text: str) -> None:
    peer = Peer(hub, clock, certificate)
    peer.send(interchange("R1"))
    assert (peer.closed, peer.read(), hub.uploads, hub.sessions) == ("closed", b"", [], [])


def test_a_session_over_the_principals_limit_is_closed(hub: MemoryHub, clock: Clock) -> None:
    peers = [Peer(hub, clock) for _ in range(3)]
    assert [peer.closed for peer in peers] == ["open", "open", "closed"]
    peers[0].lose()
    assert Peer(hub, clock).closed == "open"


def test_no_timer_is_left_after_a_session(hub: MemoryHub, clock: Clock) -> None:
    hub.add(principal("gamma", deliver=True), certificate=b"gamma")
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    for certificate in (CERTIFICATE, b"gamma"):
        peer = Peer(hub, clock, certificate)
        peer.send(interchange("R1" + certificate.decode()[:2])[:50])
        peer.lose()
    assert clock.getDelayedCalls() == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from((interchange("R1"), interchange("LATE"), b"UNB+", b"UNA:+.? '", b"'", b"UNZ+1+R1'")) | st.binary(max_size=30),
        max_size=12,
    )
)
def test_any_octets_are_answered_and_leave_nothing(pieces: list[bytes]) -> None:
    clock = Clock()
    hub = MemoryHub(clock)
    hub.add(principal("alpha"), certificate=CERTIFICATE)
    peer = Peer(hub, clock)
    for piece in pieces:
        peer.send(piece)
    peer.protocol.readConnectionLost()
    clock.pump([0.3] * 12)
    assert (peer.closed, peer.read().count(b"UCI+")) == ("closed", len(hub.uploads))
    peer.lose()
    assert (any(upload.open for upload in hub.uploads), hub.sessions, clock.getDelayedCalls()) == (False, [], [])


# -- deliver = true


@pytest.fixture
def receiver(hub: MemoryHub) -> bytes:
    """The certificate of ``gamma``, to whom the hub delivers."""
    hub.add(principal("gamma", deliver=True), certificate=b"gamma")
    return b"gamma"


def states(hub: MemoryHub) -> list[str]:
    return [box.delivery.state.value for box in hub.boxes.values()]


def test_waiting_interchanges_are_delivered_one_by_one_as_they_are_answered(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    first, second = interchange("D1", recipient="GAMMA", size=200_000), interchange("D2", recipient="GAMMA")
    hub.deliver("gamma", first)
    hub.deliver("gamma", second)
    peer = Peer(hub, clock, receiver)
    assert (peer.read(), states(hub)) == (first, ["claimed", "available"])
    peer.send(control("C1", "D1", sender="GAMMA"))
    assert (peer.read(), states(hub)) == (second, ["answered", "claimed"])
    peer.send(control("C2", "D2", sender="GAMMA"))
    assert (peer.read(), states(hub)) == (b"", ["answered", "answered"])
    third = interchange("D3", recipient="GAMMA")
    hub.deliver("gamma", third)
    assert peer.read() == third


def test_a_delivery_is_not_mixed_with_answers_and_waits_for_a_peer_that_reads_slowly(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    large = interchange("D1", recipient="GAMMA", size=300_000)
    peer = Peer(hub, clock, receiver)

    class Slow(Line):
        def write(self, data: bytes) -> None:
            super().write(data)
            peer.protocol.pauseProducing()

    slow = Slow(peerAddress=peer.line.getPeer())
    slow.producer, slow.streaming = peer.protocol, True
    peer.line = peer.protocol.transport = slow
    hub.deliver("gamma", large)
    assert slow.value() == large[:65_536]
    peer.send(interchange("R1", sender="GAMMA"))
    while len(slow.value()) < len(large):
        held = len(slow.value())
        peer.protocol.resumeProducing()
        assert len(slow.value()) == min(held + 65_536, len(large))
    peer.protocol.resumeProducing()
    octets = peer.read()
    assert octets[: len(large)] == large
    assert answers(octets[len(large) :]) == ["R1 7"]


def test_the_lease_is_extended_while_the_answer_is_awaited(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    peer = Peer(hub, clock, receiver)
    clock.pump([20] * 10)
    [box] = hub.boxes.values()
    assert (box.delivery.state, box.delivery.lost, box.delivery.claims, peer.closed) == (DeliveryState.CLAIMED, 0, 1, "open")


def test_a_delivery_without_an_answer_ends_the_session_and_its_lease_runs_out(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    peer = Peer(hub, clock, receiver)
    clock.pump([30] * 10)
    [box] = hub.boxes.values()
    assert (peer.closed, box.delivery.state) == ("closed", DeliveryState.CLAIMED)
    peer.lose()
    clock.advance(60)
    again = Peer(hub, clock, receiver)
    assert (again.read(), box.delivery.claims, box.delivery.lost) == (box.octets, 2, 1)


@pytest.mark.parametrize("how", ["lost", "ended", "disabled"])
def test_a_session_that_ends_releases_its_claim(hub: MemoryHub, clock: Clock, receiver: bytes, how: str) -> None:
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    peer = Peer(hub, clock, receiver)
    assert states(hub) == ["claimed"]
    match how:
        case "lost":
            peer.lose()
        case "ended":
            peer.protocol.readConnectionLost()
        case _:
            hub.disable("gamma")
    assert states(hub) == ["available"]


def test_the_last_answer_counts_even_if_the_peer_ends_with_it(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    hub.deliver("gamma", interchange("D2", recipient="GAMMA"))
    peer = Peer(hub, clock, receiver)
    peer.send(control("LATE1", "D1", sender="GAMMA"))
    peer.protocol.readConnectionLost()
    clock.advance(0.3)
    assert (states(hub), peer.closed) == (["answered", "available"], "closed")


def test_a_claim_that_is_gone_makes_way_for_the_next(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    """An operator freed it, or its CONTRL came on another session."""
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    hub.deliver("gamma", interchange("D2", recipient="GAMMA"))
    one, two = Peer(hub, clock, receiver), Peer(hub, clock, receiver)
    assert (one.read(), two.read()) == tuple(box.octets for box in hub.boxes.values())
    hub.deliver("gamma", interchange("D3", recipient="GAMMA"))
    two.send(control("C1", "D1", sender="GAMMA"))
    clock.advance(30)
    assert one.read() == interchange("D3", recipient="GAMMA")


@pytest.mark.parametrize(("traffic", "expected"), [("both", ["P1", "T1"]), ("production", ["P1"]), ("test", ["T1"])])
def test_test_interchanges_come_after_production_as_far_as_agreed(clock: Clock, traffic: str, expected: list[str]) -> None:
    hub = MemoryHub(clock)
    hub.add(principal("gamma", deliver=True, traffic=traffic), certificate=b"gamma")
    hub.deliver("gamma", interchange("T1", recipient="GAMMA", test=True))
    hub.deliver("gamma", interchange("P1", recipient="GAMMA"))
    peer = Peer(hub, clock, b"gamma")
    got = []
    while octets := peer.read():
        got.append(octets.split(b"UNZ+1+")[1].strip(b"'").decode())
        peer.send(control(f"C{got[-1]}", got[-1], sender="GAMMA"))
    assert got == expected


class Damaged(MemoryHub):
    """Its contents named ``bad`` cannot be read: not at all, or not to their end."""

    def content(self, session: Session, delivery: str) -> Deferred[Content]:
        reference = self.boxes[delivery].delivery.reference
        if reference == "BAD":
            return fail(HubError("the content is damaged"))
        if reference == "SHORT":
            return super().content(session, delivery).addCallback(Short)
        return super().content(session, delivery)


class Short:
    """Content that ends before its size says."""

    def __init__(self, whole: Content) -> None:
        self.size = whole.size + 1
        self.read = whole.read


def test_a_delivery_that_cannot_be_read_does_not_hold_up_the_next(clock: Clock) -> None:
    hub = Damaged(clock)
    hub.add(principal("gamma", deliver=True), certificate=b"gamma")
    bad = hub.deliver("gamma", interchange("BAD", recipient="GAMMA"))
    hub.deliver("gamma", interchange("D2", recipient="GAMMA"))
    peer = Peer(hub, clock, b"gamma")
    assert (peer.read(), peer.closed, states(hub)) == (interchange("D2", recipient="GAMMA"), "open", ["claimed", "claimed"])
    clock.pump([20] * 4)
    peer.send(control("C2", "D2", sender="GAMMA"))
    assert (hub.boxes[bad].delivery.claims, hub.boxes[bad].delivery.lost) == (2, 1)


def test_a_delivery_that_ends_early_cuts_the_session(clock: Clock) -> None:
    hub = Damaged(clock)
    hub.add(principal("gamma", deliver=True), certificate=b"gamma")
    hub.deliver("gamma", interchange("SHORT", recipient="GAMMA"))
    assert Peer(hub, clock, b"gamma").closed == "cut"


def test_a_store_that_is_away_is_asked_again(hub: MemoryHub, clock: Clock, receiver: bytes) -> None:
    claim, extend = hub.claim, hub.extend
    away: list[str] = []

    def unavailable(*_: object, **__: object) -> Deferred[Any]:
        away.append("asked")
        return fail(StoreUnavailable("the store is away", retry_after_s=3))

    hub.claim = unavailable  # type: ignore[method-assign]
    hub.deliver("gamma", interchange("D1", recipient="GAMMA"))
    peer = Peer(hub, clock, receiver)
    clock.pump([1] * 8)
    assert (len(away), peer.read()) == (3, b"")
    hub.claim = claim  # type: ignore[method-assign]
    hub.extend = unavailable  # type: ignore[method-assign]
    clock.advance(1)
    assert peer.read() == interchange("D1", recipient="GAMMA")
    clock.advance(30)
    assert len(away) == 4
    hub.extend = extend  # type: ignore[method-assign]
    clock.pump([29] * 4)
    assert (states(hub), peer.closed) == (["claimed"], "open")


# -- over TLS


def read_answers(peer: ssl.SSLSocket, count: int) -> list[str]:
    octets = b""
    while octets.count(b"UNZ+") < count or not octets.endswith(b"'"):
        piece = peer.recv(65_536)
        if not piece:
            break
        octets += piece
    return answers(octets)


def test_pipelined_interchanges_are_answered_in_order_over_tls(server: Server) -> None:
    references = [f"{'LATE' if number % 3 == 0 else 'P'}{number}" for number in range(12)]
    with server.connect("alpha") as peer:
        peer.sendall(b"\r\n".join(interchange(reference) for reference in references))
        assert read_answers(peer, 12) == [f"{reference} 7" for reference in references]


def test_a_large_interchange_and_a_repeat_over_tls(server: Server) -> None:
    large = interchange("LARGE", size=5_000_000)
    with server.connect("alpha") as peer:
        peer.sendall(large + large)
        assert read_answers(peer, 2) == ["LARGE 7", "LARGE 7"]
        peer.sendall(interchange("LARGE"))
        assert read_answers(peer, 1) == ["LARGE 4 26"]
    assert [kept[2] for kept in server.ask("state")["kept"].values() if kept[1] == "LARGE"] == [len(large)]


def test_too_large_and_garbage_end_in_a_clean_close_over_tls(server: Server) -> None:
    with server.connect("small") as peer:
        peer.sendall(interchange("S1", sender="SMALL") + interchange("S2", sender="SMALL", size=60_000))
        assert read_answers(peer, 2) == ["S1 7"]
    with server.connect("alpha") as peer:
        peer.sendall(b"\x00\xff" * 50_000)
        assert read_answers(peer, 1) == [" 4 33"]
        assert peer.recv(1) == b""


def test_a_connection_cut_in_the_middle_of_an_upload_leaves_nothing(server: Server) -> None:
    peer = server.connect("beta")
    peer.sendall(interchange("HALF", size=500_000)[:300_000])
    peer.close()
    with server.connect("beta") as again:  # the hub answers this after it has seen the end of the other
        again.sendall(interchange("WHOLE"))
        assert read_answers(again, 1) == ["WHOLE 7"]
    held: Any = None
    for _ in range(200):
        held = server.ask("state")
        if held["open"] == 0:
            break
    assert held["open"] == 0
    assert [kept[1] for kept in held["kept"].values() if kept[1] in {"HALF", "WHOLE"}] == ["WHOLE"]


def test_deliveries_are_carried_and_answered_over_tls(server: Server) -> None:
    with server.connect("gamma") as peer:
        ids = [server.ask("deliver gamma G1 400000"), server.ask("deliver gamma G2 0")]
        for reference, size in (("G1", 400_000), ("G2", 0)):
            expected = interchange(reference, recipient="GAMMA", size=size)
            octets = b""
            while len(octets) < len(expected):
                octets += peer.recv(65_536)
            assert octets == expected
            peer.sendall(control(f"C{reference}", reference, sender="GAMMA"))
        peer.sendall(interchange("OWN", sender="GAMMA"))
        assert read_answers(peer, 1) == ["OWN 7"]
    deliveries = server.ask("state")["deliveries"]
    assert [deliveries[one] for one in ids] == [["answered", 1], ["answered", 1]]


def test_a_delivery_cut_in_the_middle_is_there_again(server: Server) -> None:
    delivery = server.ask("deliver gamma BIG 8000000")
    peer = server.connect("gamma")
    assert peer.recv(1_000)
    peer.close()
    with server.connect("gamma") as again:
        expected = interchange("BIG", recipient="GAMMA", size=8_000_000)
        octets = b""
        while len(octets) < len(expected):
            octets += again.recv(1 << 20)
        assert octets == expected
        again.sendall(control("CBIG", "BIG", sender="GAMMA") + interchange("AFTER", sender="GAMMA"))
        assert read_answers(again, 1) == ["AFTER 7"]
    assert server.ask("state")["deliveries"][delivery] == ["answered", 2]


def test_a_disabled_principals_sessions_end_and_no_new_one_begins(server: Server) -> None:
    with server.connect("zeta") as peer:
        peer.sendall(interchange("Z1", sender="ZETA"))
        assert read_answers(peer, 1) == ["Z1 7"]
        assert server.ask("disable zeta") == "disabled"
        assert peer.recv(1) == b""
    with server.connect("zeta") as peer:
        assert peer.recv(1) == b""
