"""The octets of SFTP version 3, by table and by property."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.gateways import sftp_wire as wire
from vanhub.gateways.sftp_wire import Attributes, BadStream, Flag, Inbound, Status


def string(octets: bytes) -> bytes:
    return struct.pack(">L", len(octets)) + octets


ID = b"\x00\x00\x00\x07"
NO_ATTRIBUTES = b"\x00\x00\x00\x00"

REQUESTS: list[tuple[bytes, wire.Init | wire.Request]] = [
    (b"\x01\x00\x00\x00\x03", wire.Init(3)),
    (b"\x03" + ID + string(b"/outbox/a") + b"\x00\x00\x00\x1a" + NO_ATTRIBUTES, wire.Open(7, "/outbox/a", Flag.WRITE | Flag.CREATE | Flag.TRUNCATE)),
    (b"\x03" + ID + string(b"in/a") + b"\x00\x00\x00\x41" + NO_ATTRIBUTES, wire.Open(7, "in/a", Flag.READ)),
    (b"\x03" + ID + string(b"a") + b"\x00\x00\x00\x2e" + NO_ATTRIBUTES, wire.Open(7, "a", Flag.WRITE | Flag.APPEND | Flag.CREATE | Flag.EXCLUSIVE)),
    (b"\x04" + ID + string(b"1"), wire.Close(7, b"1")),
    (b"\x05" + ID + string(b"1") + b"\x00\x00\x00\x01\x00\x00\x00\x00" + b"\x00\x00\x80\x00", wire.Read(7, b"1", 1 << 32, 32768)),
    (b"\x06" + ID + string(b"1") + b"\x00\x00\x00\x00\x00\x00\x00\x02" + string(b"abc"), wire.Write(7, b"1", 2, b"abc")),
    (b"\x07" + ID + string(b"/"), wire.Stat(7, "/")),
    (b"\x08" + ID + string(b"1"), wire.FStat(7, b"1")),
    (b"\x09" + ID + string(b"a") + NO_ATTRIBUTES, wire.SetStat(7, "a")),
    (b"\x0a" + ID + string(b"1") + NO_ATTRIBUTES, wire.FSetStat(7, b"1")),
    (b"\x0b" + ID + string(b"/in"), wire.OpenDir(7, "/in")),
    (b"\x0c" + ID + string(b"2"), wire.ReadDir(7, b"2")),
    (b"\x0d" + ID + string("报文".encode()), wire.Remove(7, "报文")),
    (b"\x0e" + ID + string(b"d") + NO_ATTRIBUTES, wire.MkDir(7, "d")),
    (b"\x0f" + ID + string(b"d"), wire.RmDir(7, "d")),
    (b"\x10" + ID + string(b""), wire.RealPath(7, "")),
    (b"\x11" + ID + string(b"/"), wire.Stat(7, "/")),
    (b"\x12" + ID + string(b"a.tmp") + string(b"a"), wire.Rename(7, "a.tmp", "a")),
    (b"\x13" + ID + string(b"a"), wire.Unsupported(7, "links")),
    (b"\x14" + ID + string(b"a") + string(b"b"), wire.Unsupported(7, "links")),
    (b"\xc8" + ID + string(b"posix-rename@openssh.com") + string(b"a") + string(b"b"), wire.Rename(7, "a", "b")),
    (b"\xc8" + ID + string(b"limits@openssh.com"), wire.Limits(7)),
    (b"\xc8" + ID + string(b"fsync@openssh.com") + string(b"1"), wire.Unsupported(7, "fsync@openssh.com")),
    (b"\x63" + ID, wire.Unsupported(7, "packets of kind 99")),
    (b"\x0d" + ID + string(b"\xb1\xa8"), wire.Remove(7, "\\xb1\\xa8")),
    # cut, or a length that runs over the end
    (b"\x03" + ID + string(b"a"), wire.Malformed(7)),
    (b"\x05" + ID + string(b"1") + b"\x00", wire.Malformed(7)),
    (b"\x06" + ID + string(b"1") + b"\x00\x00\x00\x00\x00\x00\x00\x02" + b"\xff\xff\xff\xff", wire.Malformed(7)),
    (b"\x04" + ID, wire.Malformed(7)),
]


@pytest.mark.parametrize(("packet", "request_"), REQUESTS)
def test_requests(packet: bytes, request_: wire.Init | wire.Request) -> None:
    assert wire.parse(packet) == request_


@given(st.binary(min_size=5, max_size=200))
def test_any_packet_is_some_request_with_its_own_id(packet: bytes) -> None:
    request = wire.parse(packet)
    id = int.from_bytes(packet[1:5], "big")
    assert request == wire.Init(id) if packet[0] == 1 else isinstance(request, wire.Request) and request.id == id


@given(st.lists(st.binary(min_size=5, max_size=300), max_size=10), st.lists(st.integers(1, 400), max_size=10))
def test_packets_come_whole_however_they_are_cut(packets: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(string(packet) for packet in packets)
    inbound = Inbound()
    got: list[bytes] = []
    for size in [*sizes, len(stream)]:
        inbound.feed(stream[:size])
        stream = stream[size:]
        got += inbound.packets()
    assert got == packets


@pytest.mark.parametrize("length", [0, 4, wire.PACKET_OCTETS + 1, 0xFFFFFFFF])
def test_a_length_that_no_packet_has_ends_the_stream(length: int) -> None:
    inbound = Inbound()
    inbound.feed(struct.pack(">L", length))
    with pytest.raises(BadStream):
        next(inbound.packets())


ANSWERS = [
    (wire.version(), "000000410200000003" "00000018706f7369782d72656e616d65406f70656e7373682e636f6d0000000131" "000000126c696d697473406f70656e7373682e636f6d0000000131"),
    (wire.status(7, Status.EOF, "end"), "00000016650000000700000001" "00000003656e64" "00000002656e"),
    (wire.handle(7, b"1"), "0000000a66000000070000000131"),
    (wire.data(7, b"abc"), "0000000c670000000700000003616263"),
    (wire.attributes(7, Attributes(5, 0o100440, 9)), "00000025690000000700" "00000f" "0000000000000005" "0000000000000000" "00008120" "00000009" "00000009"),
    (wire.names(7, [("/in", "/in", None)]), "0000001b680000000700000001" "000000032f696e" "000000032f696e" "00000000"),
    (wire.limits(7), "00000025c900000007" "0000000000040000" "000000000003fc00" "000000000003fc00" "0000000000000064"),
]  # fmt: skip


@pytest.mark.parametrize(("packet", "octets"), ANSWERS)
def test_answers(packet: bytes, octets: str) -> None:
    assert packet.hex() == octets
