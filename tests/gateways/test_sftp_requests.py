"""Requests and answers of one SFTP channel, as octets, before the hub in memory: what no well-behaved client sends is sent here."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from tests.gateways.hub import MemoryContent, MemoryHub, interchange, principal
from vanhub.gateways.seam import Content, Session
from vanhub.gateways.sftp import IN_FLIGHT, UNSENT_OCTETS, Sftp
from vanhub.gateways.sftp_view import Hub
from vanhub.gateways.sftp_wire import OPEN_HANDLES, Inbound, Kind, Status

WRITE = 0x1A
READ = 0x01


class SlowContent(MemoryContent):
    """Answers when ``SlowHub.go`` is called."""

    def __init__(self, octets: bytes, gates: list[Deferred[None]]) -> None:
        super().__init__(octets)
        self._gates = gates

    def read(self, offset: int, length: int) -> Deferred[bytes]:
        gate: Deferred[None] = Deferred()
        self._gates.append(gate)
        octets = super().read(offset, length)
        return gate.addCallback(lambda _: octets)


class SlowHub(MemoryHub):
    """Reads content only when told to; its time is the clock's."""

    gates: list[Deferred[None]]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def content(self, session: Session, delivery: str) -> Deferred[Content]:
        return succeed(SlowContent(self.boxes[delivery].octets, self.gates))

    def go(self) -> None:
        gates, self.gates[:] = list(self.gates), []
        for gate in gates:
            gate.callback(None)


class Wire:
    """A channel that keeps what comes out of it, and the client at its other end."""

    def __init__(self) -> None:
        clock = Clock()
        clock.advance(1_780_000_000)
        self.hub = SlowHub(clock)
        self.hub.gates = []
        self.hub.add(principal("alpha"))
        self.session = Session(self.hub.principals["alpha"], "sftp", "peer", "key", lambda _: None)
        self.unsent = 0
        self.congested = False
        self.held = False
        self.told: list[str] = []
        self.status: int | None = None
        self._out = Inbound()
        self._ids = iter(range(1, 1_000_000))
        self.sftp = Sftp(Hub(self.hub, self.hub, self.hub, clock, self.hub.now, 900, 300, 30), self.session, self)

    # -- as the server's channel

    def send(self, data: bytes) -> None:
        self._out.feed(data)

    def hold(self, on: bool) -> None:
        self.held = on

    def tell(self, text: str) -> None:
        self.told.append(text)

    def finish(self, exit_status: int) -> None:
        self.status = exit_status

    # -- as the client

    def ask(self, kind: Kind, *fields: bytes | int) -> int:
        """Send a request; octets go as strings, numbers as uint32. Returns its id."""
        id = next(self._ids)
        packed = b"".join(struct.pack(">L", len(field)) + field if isinstance(field, bytes) else struct.pack(">L", field) for field in fields)
        self.sftp.received(struct.pack(">LBL", 5 + len(packed), kind, id) + packed)
        return id

    def answers(self) -> Iterator[tuple[int, Kind, bytes]]:
        """``(id, kind, fields)`` of what has come since."""
        for packet in self._out.packets():
            yield int.from_bytes(packet[1:5], "big"), Kind(packet[0]), packet[5:]

    def answer(self, kind: Kind, *fields: bytes | int) -> tuple[Kind, bytes]:
        """The one answer to a request that is answered at once."""
        id = self.ask(kind, *fields)
        ((answered, kind, octets),) = self.answers()
        assert answered == id
        return kind, octets

    def status_of(self, kind: Kind, *fields: bytes | int) -> tuple[Status, str]:
        answered, octets = self.answer(kind, *fields)
        assert answered is Kind.STATUS
        length = int.from_bytes(octets[4:8], "big")
        return Status(int.from_bytes(octets[:4], "big")), octets[8 : 8 + length].decode()

    def open(self, path: bytes, flags: int = READ) -> bytes:
        kind, octets = self.answer(Kind.OPEN, path, flags, 0)
        assert kind is Kind.HANDLE, (octets, self.told)
        return octets[4:]

    def read(self, handle: bytes, offset: int, length: int) -> int:
        return self.ask(Kind.READ, handle, 0, offset, length)

    def deliver(self, octets: bytes) -> bytes:
        id = self.hub.deliver("alpha", octets)
        return f"/inbox/ALPHA_R1_ORDERS_{id}.edi".encode()

    def states(self) -> list[str]:
        return [box.delivery.state.value for box in self.hub.boxes.values()]


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_version_three_whatever_is_asked_for(wire: Wire) -> None:
    wire.sftp.received(struct.pack(">LBL", 5, Kind.INIT, 6))
    ((version, kind, extensions),) = wire.answers()
    assert (version, kind, b"posix-rename@openssh.com" in extensions, b"fsync" in extensions) == (3, Kind.VERSION, True, False)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ((Kind.STAT, b"/nothing"), (Status.NO_SUCH_FILE, "there is no /nothing")),
        ((Kind.OPEN, b"/inbox", READ, 0), (Status.PERMISSION_DENIED, "/inbox is a folder")),
        ((Kind.CLOSE, b"9"), (Status.FAILURE, "that handle is not open")),
        ((Kind.SETSTAT, b"/outbox/x", 0), (Status.OK, "done")),
        ((Kind.REALPATH, b"a\0b"), (Status.PERMISSION_DENIED, "the name has a character that no name may have")),
        ((Kind.READLINK, b"x"), (Status.OP_UNSUPPORTED, "links: not supported")),
        ((Kind.EXTENDED, b"fsync@openssh.com", b"1"), (Status.OP_UNSUPPORTED, "fsync@openssh.com: not supported")),
        ((Kind.READ, b"1"), (Status.BAD_MESSAGE, "the request cannot be read")),
        ((Kind.OPENDIR, b"/READ.ME"), (Status.NO_SUCH_FILE, "there is no folder /READ.ME")),
        ((Kind.MKDIR, b"/in", 0), (Status.FAILURE, "/inbox is there already")),
        ((Kind.RMDIR, b"/in"), (Status.PERMISSION_DENIED, "folders cannot be removed: the tree is the hub's")),
    ],
)
def test_statuses(wire: Wire, request_: tuple[Kind, *tuple[bytes | int, ...]], status: tuple[Status, str]) -> None:
    assert wire.status_of(*request_) == status
    assert wire.told == ([] if status[0] in {Status.OK, Status.NO_SUCH_FILE, Status.OP_UNSUPPORTED, Status.BAD_MESSAGE} else [f"vanhub: {status[1]}"])


def test_handles_are_used_for_what_they_are(wire: Wire) -> None:
    upload, reading = wire.open(b"out/x", WRITE), wire.open(b"READ.ME")
    _, octets = wire.answer(Kind.OPENDIR, b"/")
    folder = octets[4:]
    for handle, kinds in ((upload, [Kind.READ, Kind.READDIR]), (reading, [Kind.WRITE, Kind.READDIR]), (folder, [Kind.READ, Kind.WRITE, Kind.FSTAT])):
        for kind in kinds:
            fields = {Kind.READ: (0, 0, 10), Kind.WRITE: (0, 0, b"x")}.get(kind, ())
            assert wire.status_of(kind, handle, *fields)[0] is Status.PERMISSION_DENIED


def test_writes_in_any_order_and_a_hole(wire: Wire) -> None:
    octets = interchange("R1")
    handle = wire.open(b"out/x.edi", WRITE)
    for offset in (40, 0, 20, 60):
        part = octets[offset : offset + 20] if offset < 60 else octets[60:]
        assert wire.status_of(Kind.WRITE, handle, 0, offset, part) == (Status.OK, "done")
    assert wire.status_of(Kind.CLOSE, handle) == (Status.OK, "done")
    assert [kept.octets for kept in wire.hub.kept.values()] == [octets]
    handle = wire.open(b"out/y.edi", WRITE)
    wire.status_of(Kind.WRITE, handle, 0, 1, octets[1:])
    assert wire.status_of(Kind.CLOSE, handle) == (Status.FAILURE, "octets 0 to 0 were never written")
    assert len(wire.hub.kept) == 1


def test_a_close_waits_for_the_reads_before_it(wire: Wire) -> None:
    octets = interchange("R1")
    handle = wire.open(wire.deliver(octets))
    second, first = wire.read(handle, 50, 1000), wire.read(handle, 0, 50)
    close = wire.ask(Kind.CLOSE, handle)
    assert (list(wire.answers()), wire.states()) == ([], ["claimed"])
    wire.hub.go()
    assert [(id, kind) for id, kind, _ in wire.answers()] == [(second, Kind.DATA), (first, Kind.DATA), (close, Kind.STATUS)]
    assert wire.states() == ["delivered"]


def test_a_client_that_leaves_before_its_reads_are_answered_has_collected_nothing(wire: Wire) -> None:
    handle = wire.open(wire.deliver(interchange("R1")))
    wire.read(handle, 0, 1000)
    wire.ask(Kind.CLOSE, handle)
    wire.sftp.lost()
    wire.hub.go()
    assert (wire.states(), list(wire.answers())) == (["available"], [])


def test_a_channel_that_ends_releases_and_discards(wire: Wire) -> None:
    wire.open(wire.deliver(interchange("R1")))
    upload = wire.open(b"out/x", WRITE)
    wire.status_of(Kind.WRITE, upload, 0, 0, interchange("R2"))
    staged = wire.open(b"out/x.tmp", WRITE)
    wire.status_of(Kind.WRITE, staged, 0, 0, interchange("R3"))
    wire.status_of(Kind.CLOSE, staged)
    wire.sftp.ended()
    assert wire.status == 0
    wire.sftp.lost()
    assert (wire.states(), wire.hub.kept, sum(upload.open for upload in wire.hub.uploads)) == (["available"], {}, 0)


def test_the_end_of_input_waits_for_the_answers(wire: Wire) -> None:
    handle = wire.open(wire.deliver(interchange("R1")))
    wire.read(handle, 0, 1000)
    wire.sftp.ended()
    assert (wire.sftp.busy, wire.status) == (True, None)
    wire.hub.go()
    assert (wire.sftp.busy, wire.status) == (False, 0)


def test_reads_and_wishes_are_bounded(wire: Wire) -> None:
    handle = wire.open(wire.deliver(interchange("R1")))
    for _ in range(IN_FLIGHT * 3):
        wire.read(handle, 0, 10)
    assert (len(wire.hub.gates), wire.held) == (IN_FLIGHT, True)
    while wire.hub.gates:
        wire.hub.go()
    assert (len(list(wire.answers())), wire.held) == (IN_FLIGHT * 3, False)


@pytest.mark.parametrize(("unsent", "congested"), [(UNSENT_OCTETS + 1, False), (0, True)])
def test_a_client_that_does_not_take_its_answers_is_held(wire: Wire, unsent: int, congested: bool) -> None:
    wire.unsent, wire.congested = unsent, congested
    wire.ask(Kind.STAT, b"/")
    wire.ask(Kind.STAT, b"/")
    assert (list(wire.answers()), wire.held) == ([], True)
    wire.unsent, wire.congested = 0, False
    wire.sftp.writable()
    assert (len(list(wire.answers())), wire.held) == (2, False)


def test_a_backlogged_hub_holds_the_channel_and_finishes_what_came(wire: Wire) -> None:
    backlog: Deferred[None] = Deferred()
    wire.hub.backlog = backlog
    handle = wire.open(b"out/x.edi", WRITE)
    octets = interchange("R1", size=2_000_000)
    step = 200_000
    for offset in range(0, len(octets), step):
        wire.ask(Kind.WRITE, handle, 0, offset, octets[offset : offset + step])
    wire.ask(Kind.CLOSE, handle)
    assert (len(list(wire.answers())) < len(octets) // step, wire.held, wire.sftp.busy) == (True, True, True)
    wire.hub.backlog = None
    backlog.callback(None)
    assert (wire.held, wire.sftp.busy, [kept.octets for kept in wire.hub.kept.values()]) == (False, False, [octets])


def test_open_files_are_bounded(wire: Wire) -> None:
    for _ in range(OPEN_HANDLES - 1):
        wire.open(b"READ.ME")
    wire.open(wire.deliver(interchange("R1")))
    assert wire.status_of(Kind.OPEN, wire.deliver(interchange("R1")), READ, 0) == (Status.FAILURE, f"{OPEN_HANDLES} files are open: close one first")
    assert wire.states() == ["claimed", "available"]


def test_what_cannot_be_sftp_ends_the_channel(wire: Wire) -> None:
    wire.sftp.received(b"\xff\xff\xff\xff")
    assert wire.status == 1


def test_a_commit_that_comes_too_late_is_told(wire: Wire) -> None:
    handle = wire.open(wire.deliver(interchange("R1")))
    wire.read(handle, 0, 1000)
    wire.hub.go()
    list(wire.answers())
    wire.hub.clock.advance(301)  # type: ignore[attr-defined]
    assert wire.status_of(Kind.CLOSE, handle)[0] is Status.FAILURE
    assert wire.states() == ["available"]


def test_names_come_in_batches_with_attributes(wire: Wire) -> None:
    for _ in range(150):
        wire.deliver(interchange("R1"))
    _, octets = wire.answer(Kind.OPENDIR, b"/inbox")
    counts = []
    while (answer := wire.answer(Kind.READDIR, octets[4:]))[0] is Kind.NAME:
        counts.append(int.from_bytes(answer[1][:4], "big"))
    assert counts == [100, 50]
