"""The wire of a TLS-TCP session: what it asks for and says, in which order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateways.hub import interchange
from vanhub.gateways.tcp_wire import Abort, Begin, Close, Event, Finish, Send, Take, Wire

ONE, TWO, THREE = interchange("1"), interchange("2"), interchange("3")
CUT = ONE[:60]
LACKS_UNT = ONE[: ONE.index(b"UNT")]


def events(wire: Wire) -> list[Event]:
    """What the wire says now, the pieces of one interchange joined."""
    found: list[Event] = []
    while (event := wire.next_event()) is not None:
        match event:
            case Take(ticket, data) if found and isinstance(found[-1], Take) and found[-1].ticket == ticket:
                found[-1] = Take(ticket, found[-1].data + data)
            case _:
                found.append(event)
    return found


def whole(ticket: int, octets: bytes) -> list[Event]:
    return [Begin(ticket), Take(ticket, octets), Finish(ticket)]


Step = Callable[[Wire], None]


def receive(octets: bytes) -> Step:
    return lambda wire: wire.receive(octets)


def answered(ticket: int, answer: bytes | None) -> Step:
    return lambda wire: wire.answered(ticket, answer)


def failed(ticket: int) -> Step:
    return lambda wire: wire.failed(ticket, "down")


def end_input(wire: Wire) -> None:
    wire.end_input()


def stop(wire: Wire) -> None:
    wire.stop("told to")


SESSIONS: dict[str, list[tuple[Step, list[Event]]]] = {
    "one interchange": [
        (receive(ONE), whole(1, ONE)),
        (answered(1, b"A1"), [Send(b"A1")]),
        (end_input, [Close("the peer has ended the session")]),
    ],
    "nothing at all": [(end_input, [Close("the peer has ended the session")])],
    "only white space": [(receive(b"\r\n \r\n"), []), (end_input, [Close("the peer has ended the session")])],
    "pipelined and decided in another order": [
        (receive(ONE + b"\r\n" + TWO + THREE), whole(1, ONE) + whole(2, TWO) + whole(3, THREE)),
        (answered(3, b"A3"), []),
        (answered(1, b"A1"), [Send(b"A1")]),
        (answered(2, b"A2"), [Send(b"A2"), Send(b"A3")]),
    ],
    "an interchange that is owed no answer": [
        (receive(ONE + TWO), whole(1, ONE) + whole(2, TWO)),
        (answered(2, b"A2"), []),
        (answered(1, None), [Send(b"A2")]),
    ],
    "cut by the next UNB": [
        (receive(LACKS_UNT + TWO), [*whole(1, LACKS_UNT), *whole(2, TWO)]),
        (answered(1, b"N1"), [Send(b"N1")]),
        (answered(2, b"A2"), [Send(b"A2")]),
    ],
    "cut by the end of input": [
        (receive(CUT), [Begin(1), Take(1, CUT)]),
        (end_input, [Finish(1)]),
        (answered(1, b"N1"), [Send(b"N1"), Close("the peer has ended the session")]),
    ],
    "the peer ends before the answers": [
        (receive(ONE + TWO), whole(1, ONE) + whole(2, TWO)),
        (end_input, []),
        (answered(2, b"A2"), []),
        (answered(1, b"A1"), [Send(b"A1"), Send(b"A2"), Close("the peer has ended the session")]),
    ],
    "octets that begin no interchange": [
        (receive(ONE + b"GET / HTTP/1.1\r\n\r\n" + TWO), [*whole(1, ONE), *whole(2, b"GET / HTTP/1.1\r\n\r\n")]),
        (receive(THREE), []),
        (answered(1, b"A1"), [Send(b"A1")]),
        (answered(2, b"N2"), [Send(b"N2"), Close("octets that begin no interchange")]),
    ],
    "octets that begin no interchange are answered at once, without waiting for more of them": [
        (receive(ONE + b"GET / HTTP/1.1\r\n"), [*whole(1, ONE), *whole(2, b"GET / HTTP/1.1\r\n")]),
        (receive(b"Host: hub\r\n\r\n" + TWO), []),
        (answered(1, b"A1"), [Send(b"A1")]),
        (answered(2, b"N2"), [Send(b"N2"), Close("octets that begin no interchange")]),
    ],
    "the hub cannot decide the second of three": [
        (receive(ONE + TWO + THREE), whole(1, ONE) + whole(2, TWO) + whole(3, THREE)),
        (failed(2), []),
        (answered(3, b"A3"), []),
        (receive(ONE), []),
        (answered(1, b"A1"), [Send(b"A1"), Close("down")]),
    ],
    "the hub fails the first while the second arrives": [
        (receive(ONE + TWO[:60]), [*whole(1, ONE), Begin(2), Take(2, TWO[:60])]),
        (failed(1), [Abort(2, "down"), Close("down")]),
    ],
    "the hub fails what is arriving": [
        (receive(CUT), [Begin(1), Take(1, CUT)]),
        (failed(1), [Close("down")]),
        (receive(ONE[60:]), []),
    ],
    "stopped from outside": [
        (receive(ONE + TWO[:60]), [*whole(1, ONE), Begin(2), Take(2, TWO[:60])]),
        (stop, [Abort(2, "told to")]),
        (receive(TWO[60:]), []),
        (answered(1, b"A1"), [Send(b"A1"), Close("told to")]),
    ],
    "an answer for what was given up": [
        (receive(ONE), whole(1, ONE)),
        (failed(1), [Close("down")]),
        (answered(1, b"A1"), []),
    ],
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session(name: str) -> None:
    wire = Wire(in_flight=8)
    for step, expected in SESSIONS[name]:
        step(wire)
        assert events(wire) == expected


def test_input_waits_while_as_many_answers_are_owed_as_may_be() -> None:
    wire = Wire(in_flight=2)
    wire.receive(ONE + TWO + THREE)
    assert events(wire) == whole(1, ONE) + whole(2, TWO)
    assert not wire.wants_input
    wire.answered(1, b"A1")
    assert events(wire) == [Send(b"A1"), *whole(3, THREE)]
    assert not wire.wants_input
    wire.answered(2, b"A2")
    assert events(wire) == [Send(b"A2")]
    assert wire.wants_input


def test_nothing_is_taken_while_the_hub_is_backlogged_and_nothing_is_lost() -> None:
    wire = Wire(in_flight=8)
    wire.receive(CUT)
    assert events(wire) == [Begin(1), Take(1, CUT)]
    wire.taking = False
    wire.receive(ONE[60:] + TWO)
    assert (events(wire), wire.wants_input) == ([], False)
    wire.taking = True
    assert events(wire) == [Take(1, ONE[60:]), Finish(1), *whole(2, TWO)]


def test_answers_wait_for_a_peer_that_does_not_read_and_input_with_them() -> None:
    wire = Wire(in_flight=8)
    wire.receive(ONE)
    assert events(wire) == whole(1, ONE)
    wire.sending = False
    wire.answered(1, b"A1")
    wire.end_input()
    assert (events(wire), wire.wants_input) == ([], False)
    wire.sending = True
    assert events(wire) == [Send(b"A1"), Close("the peer has ended the session")]


def test_a_delivery_and_answers_do_not_mix() -> None:
    wire = Wire(in_flight=8)
    wire.receive(ONE)
    assert events(wire) == whole(1, ONE)
    assert wire.begin_delivery()
    assert not wire.begin_delivery()
    wire.answered(1, b"A1")
    wire.end_input()
    assert events(wire) == []
    wire.end_delivery()
    assert events(wire) == [Send(b"A1"), Close("the peer has ended the session")]


def test_a_delivery_waits_for_an_answer_that_stands_ready_and_for_none_that_does_not() -> None:
    wire = Wire(in_flight=8)
    wire.receive(ONE + TWO)
    events(wire)
    wire.answered(1, b"A1")
    assert not wire.begin_delivery()
    assert events(wire) == [Send(b"A1")]
    assert wire.begin_delivery()
    wire.end_delivery()
    wire.end_input()
    assert not wire.begin_delivery()


def test_idle_and_ending() -> None:
    wire = Wire(in_flight=8)
    seen = [(wire.idle, wire.ending)]
    for step in (receive(CUT), receive(ONE[60:]), answered(1, b"A1"), end_input):
        step(wire)
        events(wire)
        seen.append((wire.idle, wire.ending))
    assert seen == [(True, False), (False, False), (False, False), (True, False), (True, True)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_split_and_any_order_of_decisions_give_every_answer_once_in_order(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    stream = b"\n".join(interchange(str(number), size=data.draw(st.sampled_from((0, 1_200)))) for number in range(1, count + 1))
    wire = Wire(in_flight=data.draw(st.integers(1, 4)))
    taken: dict[int, bytes] = {}
    undecided: list[int] = []
    sent: list[bytes] = []

    def drain() -> None:
        for event in events(wire):
            match event:
                case Begin(ticket):
                    taken[ticket] = b""
                case Take(ticket, octets):
                    taken[ticket] += octets
                case Finish(ticket):
                    undecided.append(ticket)
                case Send(octets):
                    sent.append(octets)
                case other:
                    assert other == Close("the peer has ended the session")
                    sent.append(b"closed")

    def decide() -> None:
        ticket = undecided.pop(data.draw(st.integers(0, len(undecided) - 1)))
        wire.answered(ticket, b"A%d" % ticket)
        drain()

    at = 0
    while at < len(stream):
        length = data.draw(st.integers(1, 400))
        wire.receive(stream[at : at + length])
        at += length
        drain()
        for _ in range(data.draw(st.integers(0, len(undecided)))):
            decide()
    wire.end_input()
    drain()
    while undecided:
        decide()
    assert sent == [*(b"A%d" % ticket for ticket in range(1, count + 1)), b"closed"]
    assert b"\n".join(taken.values()) == stream
