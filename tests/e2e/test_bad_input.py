"""Bad input, by every way in: it is answered with what is wrong, promptly, and disturbs nobody else."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.e2e.hub import Failed, Partner, RunningHub, cusres, interchange, read_interchanges, wait_until
from tests.e2e.interchanges import new_reference, small
from tests.e2e.ways import WAYS, said, sftp_files, uci

pytestmark = pytest.mark.e2e

MOST = 20_000
ways = pytest.mark.parametrize("way", list(WAYS))


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    """May send no more than ``MOST`` octets."""
    return hub.add_partner("bad-sender", "BADSENDER:ZZZ", sftp=True, terms=(f"max_interchange_octets={MOST}",))


@pytest.fixture(scope="module")
def receiver(hub: RunningHub) -> Partner:
    return hub.add_partner("bad-receiver", "BADRECEIVER:ZZZ")


@pytest.fixture(scope="module", autouse=True)
def bystander(hub: RunningHub, receiver: Partner) -> Iterator[None]:
    """Another partner, whose session is open all the while and works as well afterwards."""
    partner = hub.add_partner("bystander", "BYSTANDER:ZZZ")
    before, after = new_reference(), new_reference()
    with hub.connect(partner) as session:
        session.sendall(small("BYSTANDER:ZZZ", "BADRECEIVER:ZZZ", before))
        assert [uci(answer) for answer in read_interchanges(session, 1)] == [(before, "7", "")]
        yield
        session.sendall(small("BYSTANDER:ZZZ", "BADRECEIVER:ZZZ", after))
        assert [uci(answer) for answer in read_interchanges(session, 1)] == [(after, "7", "")]
    assert [delivery["reference"] for delivery in delivered(hub, "bad-receiver")] == [before, after]
    assert hub.json("doctor")["findings"] == []


def delivered(hub: RunningHub, mailbox: str) -> list[dict[str, Any]]:
    """All that came into a mailbox."""
    rows: list[dict[str, Any]] = hub.json("mailbox", "peek", mailbox, "--state", "all")
    return rows


def known(hub: RunningHub, reference: str) -> list[str]:
    """The verdicts on interchanges under ``reference``."""
    code = 0
    try:
        rows = hub.json("message", "find", "--reference", reference)
    except Failed:
        rows, code = hub.json("message", "find", "--reference", reference, code=1), 1
    assert (code == 1) is (rows == [])
    return [row["verdict"] for row in rows]


def new_entries(hub: RunningHub, before: int) -> str:
    return hub.log.read_text()[before:]


@ways
@pytest.mark.parametrize(
    ("unb_sender", "unb_recipient", "code", "element"),
    [
        pytest.param("NOBODY:ZZZ", "BADRECEIVER:ZZZ", "23", 3, id="unknown sender"),
        pytest.param("BYSTANDER:ZZZ", "BADRECEIVER:ZZZ", "23", 3, id="sender that is somebody else"),
        pytest.param("BADSENDER:ZZZ", "NOBODY:ZZZ", "43", 4, id="unknown recipient"),
    ],
)
def test_parties(hub: RunningHub, sender: Partner, way: str, unb_sender: str, unb_recipient: str, code: str, element: int) -> None:
    reference = new_reference()
    report = said(WAYS[way](hub, sender, small(unb_sender, unb_recipient, reference)))
    assert (report.reference, report.said.action, report.said.code, report.said.segment, report.said.element) == (reference, "4", code, "UNB", element)
    assert known(hub, reference) == ["rejected"]


@ways
@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.0\r\n\r\n", b"hello\n", bytes(range(256)) * 3, b"<?xml version='1.0'?><Invoice/>"], ids=["http", "word", "octets", "xml"]
)
def test_garbage_is_answered_promptly(hub: RunningHub, sender: Partner, way: str, garbage: bytes) -> None:
    """Not after a time limit; over SFTP it is found under ``error/``, by its name."""
    octets = way.encode() + garbage  # others than before: a repeat has the first answer, under the first name
    begun = time.monotonic()
    if way == "sftp":
        files = sftp_files(hub, sender, octets, folder="error")
        assert sorted(files) == [".contrl.edi", ".contrl.p7s", ".explain.txt"]
        answer = files[".contrl.edi"]
    else:
        answer = WAYS[way](hub, sender, octets)
    assert uci(answer) == ("UNKNOWN", "4", "33")
    assert time.monotonic() - begun < 10


def test_garbage_ends_a_tcp_session(hub: RunningHub, sender: Partner) -> None:
    """What was good before it keeps its answer; a CONTRL says what came then, and the hub closes with close_notify."""
    reference = new_reference()
    with hub.connect(sender) as session:
        session.sendall(small("BADSENDER:ZZZ", "GACC:ZZZ", reference) + b"\r\nnot EDIFACT")
        answers = read_interchanges(session, 2)
        assert [uci(answer) for answer in answers] == [(reference, "7", ""), ("UNKNOWN", "4", "33")]
        assert session.recv(1) == b""


def _oversized(reference: str) -> bytes:
    messages = [cusres(str(number)) for number in range(1, MOST // 50)]
    octets = interchange("BADSENDER:ZZZ", "BADRECEIVER:ZZZ", reference, *messages)
    assert len(octets) > MOST
    return octets


def test_oversized_over_tcp(hub: RunningHub, sender: Partner) -> None:
    """A clean close, with the reason in the log."""
    reference = new_reference()
    before = hub.log.stat().st_size
    with hub.connect(sender) as session:
        session.sendall(_oversized(reference))
        assert session.recv(1) == b""
    wait_until(lambda: f"larger than the {MOST} octets" in new_entries(hub, before), 5, lambda: new_entries(hub, before))
    assert known(hub, reference) == []


def test_oversized_over_sftp(hub: RunningHub, sender: Partner) -> None:
    reference = new_reference()
    file = hub.scratch(_oversized(reference))
    said = hub.sftp(sender, f"put {file} outbox/big.edi\n", code=1)
    assert f"larger than the {MOST} octets" in said
    assert known(hub, reference) == []


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_oversized_over_https(hub: RunningHub, sender: Partner, chunked: bool) -> None:
    reference = new_reference()
    file = hub.scratch(_oversized(reference))
    headers = ["-H", "Transfer-Encoding: chunked"] if chunked else []
    status, body = hub.curl(sender, "/v1/interchanges", *headers, "--data-binary", f"@{file}")
    assert status == 413
    assert str(MOST) in body.decode()
    assert known(hub, reference) == []


def _ends(write: Callable[[bytes], object], piece: bytes, within_s: float) -> bool:
    """Whether writing ``piece`` again and again is ended by the other side in time."""
    until = time.monotonic() + within_s
    try:
        while time.monotonic() < until:
            write(piece)
    except (ConnectionError, ssl.SSLError):
        return True
    return False


def test_endless_interchange_over_tcp(hub: RunningHub, sender: Partner) -> None:
    """It is ended soon after the limit, however much would follow."""
    with cut(hub, sender) as session:
        session.sendall(b"UNB+UNOC:3+BADSENDER:ZZZ+BADRECEIVER:ZZZ+261121:1200+ENDLESS'UNH+1+CUSRES:D:01B:UN'")
        assert _ends(session.sendall, b"FTX+AAI+++AND SO ON'" * 100, 20)
    assert known(hub, "ENDLESS") == []


def test_endless_segment_over_https(hub: RunningHub, sender: Partner) -> None:
    url = f"https://localhost:{hub.port('https')}/v1/interchanges"
    command = [*sender.curl, "-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:", "-T", "-", "-X", "POST", url]
    with subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as curl:
        assert curl.stdin is not None
        assert curl.stdout is not None
        curl.stdin.write(b"UNB+UNOC:3+BADSENDER:ZZZ+")
        assert _ends(curl.stdin.write, b"X" * 2000, 20)
        curl.stdin.close()
        assert curl.stdout.read() == b"413"


def test_half_an_interchange_and_goodbye(hub: RunningHub, sender: Partner) -> None:
    """The peer says that it has sent everything (close_notify): that is an interchange without its trailer, and is answered as one."""
    reference = new_reference()
    half = small("BADSENDER:ZZZ", "BADRECEIVER:ZZZ", reference)[:-20]
    command = ["openssl", "s_client", "-quiet", "-nocommands", "-no_ign_eof", "-connect", f"localhost:{hub.port('tcp')}", *sender.certificate]
    subprocess.run(command, input=half, timeout=20, check=False, capture_output=True)
    wait_until(lambda: known(hub, reference) == ["rejected"], 10, lambda: str(known(hub, reference)))
    status, receipt = hub.post(sender, half)
    assert (status, receipt["outcome"], receipt["verdict"]) == (422, "repeat", "rejected")
    assert uci(receipt["acknowledgement"].encode())[1:] == ("4", "13")


@contextmanager
def cut(hub: RunningHub, partner: Partner) -> Iterator[ssl.SSLSocket]:
    """A session at the TCP gateway that ends without close_notify."""
    session = hub.connect(partner)
    try:
        yield session
    finally:
        session.close()


def test_upload_cut_over_tcp(hub: RunningHub, sender: Partner) -> None:
    reference = new_reference()
    whole = small("BADSENDER:ZZZ", "GACC:ZZZ", reference)
    for length in (1, 30, len(whole) - 1):
        with cut(hub, sender) as session:
            session.sendall(whole[:length])
    with hub.connect(sender) as session:  # later than all of these
        wait_until(lambda: _open_sessions(hub, "bad-sender") == 1, 10, lambda: str(hub.json("status")["sessions"]))
        assert known(hub, reference) == []
        session.sendall(whole)
        assert [uci(answer) for answer in read_interchanges(session, 1)] == [(reference, "7", "")]
    assert known(hub, reference) == ["accepted"]


def test_upload_cut_over_sftp(hub: RunningHub, sender: Partner) -> None:
    """OpenSSH's sftp is killed in the middle of ``put``: what came is discarded, nothing is shown in ack/ or error/."""
    reference = new_reference()
    fifo = hub.path.parent / "fifo"
    octets = small("BADSENDER:ZZZ", "GACC:ZZZ", reference)
    # The client reads from a pipe that never ends: it stays in the middle of its upload.
    with ExitStack() as stack:
        command = ["curl", "-sS", "-k", "--key", str(sender.ssh_key), "--pubkey", f"{sender.ssh_key}.pub", "-u", "bad-sender:", "-T", "-"]
        client = stack.enter_context(
            subprocess.Popen([*command, f"sftp://127.0.0.1:{hub.port('sftp')}/outbox/{fifo.name}.edi"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        )
        assert client.stdin is not None
        client.stdin.write(octets)
        client.stdin.flush()
        wait_until(lambda: "sftp" in _gateways(hub, "bad-sender"), 10, lambda: str(hub.json("status")["sessions"]))
        client.kill()
        client.wait()
    wait_until(lambda: "sftp" not in _gateways(hub, "bad-sender"), 10, lambda: str(hub.json("status")["sessions"]))
    assert known(hub, reference) == []
    hub.upload(sender, "again.edi", octets)
    assert known(hub, reference) == ["accepted"]


def test_upload_cut_over_https(hub: RunningHub, sender: Partner) -> None:
    reference = new_reference()
    octets = small("BADSENDER:ZZZ", "GACC:ZZZ", reference)
    context = sender.tls_context
    with socket.create_connection(("127.0.0.1", hub.port("https"))) as plain, context.wrap_socket(plain, server_hostname="localhost") as session:
        session.sendall(b"POST /v1/interchanges HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n" + octets)
        wait_until(lambda: "https" in _gateways(hub, "bad-sender"), 10, lambda: str(hub.json("status")["sessions"]))
    wait_until(lambda: "https" not in _gateways(hub, "bad-sender"), 10, lambda: str(hub.json("status")["sessions"]))
    assert known(hub, reference) == []
    assert hub.post(sender, octets)[0] == 201


def _gateways(hub: RunningHub, principal: str) -> list[str]:
    return [session["gateway"] for session in hub.json("status")["sessions"] if session["principal"] == principal]


def _open_sessions(hub: RunningHub, principal: str) -> int:
    return len(_gateways(hub, principal))
