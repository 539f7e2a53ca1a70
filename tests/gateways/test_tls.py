"""TLS of the listeners, with OpenSSL's own client as the other side."""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
from pathlib import Path

import pytest
from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from tests.gateways.certificates import PASSPHRASE, Certificates
from tests.gateways.conftest import Server
from tests.gateways.hub import interchange
from vanhub.errors import OperatorError
from vanhub.gateways.tls import ClientCertificate, ContextSource, TlsFactory, TlsFiles


def s_client(server: Server, *arguments: str, port: int | None = None, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """``openssl s_client``; its input ends after ``data``, so it closes once the hub has closed or shut down."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port or server.tcp}", "-CAfile", str(server.folder / "root.pem"), *arguments]
    return subprocess.run(command, input=data, capture_output=True, timeout=20, check=False)


def files_of(server: Server, client: str, *, chain: bool = True) -> list[str]:
    files = server.clients[client]
    sent = ["-cert_chain", str(server.folder / "issuing.pem")] if chain else []
    return ["-cert", str(files.leaf), "-key", str(files.key), *sent]


@pytest.mark.parametrize("chain", [True, False])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_sends_an_interchange_and_gets_its_acknowledgement(server: Server, version: str, chain: bool) -> None:
    """A client may send its issuing CA or leave it out."""
    reference = f"OPENSSL{version[-1]}{chain}"
    trust = ["-verify_return_error", "-CAfile", str(server.folder / "root.pem")]
    process = subprocess.Popen(
        ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{server.tcp}", version, *trust, *files_of(server, "alpha", chain=chain)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(interchange(reference))
    process.stdin.flush()
    answer = b""
    while b"UNZ+1+A" not in answer or not answer.endswith(b"'"):
        piece = process.stdout.read1(65_536)  # type: ignore[attr-defined]
        assert piece, process.stderr.read() if process.stderr else b""
        answer += piece
    process.terminate()
    process.communicate()
    assert answer == (f"UNB+UNOA:2+HUB+ALPHA+260301:0801+A{reference}'UNH+1+CONTRL:2:2:UN'UCI+{reference}+ALPHA+HUB+7'UNT+3+1'UNZ+1+A{reference}'".encode())


@pytest.mark.parametrize(
    ("arguments", "alert"),
    [
        (["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"], b"alert protocol version"),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], b"handshake failure"),
        (["-tls1_2", "-cipher", "AES128-GCM-SHA256"], b"handshake failure"),
    ],
)
def test_old_versions_and_ciphers_are_refused(server: Server, arguments: list[str], alert: bytes) -> None:
    result = s_client(server, *arguments, *files_of(server, "alpha"))
    assert (result.returncode, alert in result.stderr) == (1, True), result.stderr


@pytest.mark.parametrize("port", ["tcp", "https"])
def test_a_certificate_of_another_ca_is_refused_at_either_listener(server: Server, port: str) -> None:
    files = server.clients["stranger"]
    result = s_client(server, "-tls1_2", "-cert", str(files.leaf), "-key", str(files.key), port=getattr(server, port))
    assert b"alert unknown ca" in result.stderr, result.stderr


def test_a_server_certificate_is_no_client_certificate(server: Server) -> None:
    hub = server.folder / "hub.pem"
    key = server.folder / "hub.clear.key"
    subprocess.run(["openssl", "pkey", "-in", str(server.folder / "hub.key"), "-passin", f"pass:{PASSPHRASE.decode()}", "-out", str(key)], check=True)
    result = s_client(server, "-tls1_2", "-cert", str(hub), "-key", str(key), "-cert_chain", str(server.folder / "issuing.pem"))
    assert b"alert unsupported certificate" in result.stderr, result.stderr


def test_tcp_needs_a_certificate_and_https_does_not(server: Server) -> None:
    refused = s_client(server, "-tls1_2")
    assert b"alert handshake failure" in refused.stderr, refused.stderr
    allowed = s_client(server, "-tls1_2", port=server.https)
    assert b"Verification: OK" in allowed.stdout, allowed.stdout


def test_the_hub_sends_its_issuing_ca_but_offers_no_resumption_and_no_renegotiation(server: Server) -> None:
    result = s_client(server, "-tls1_2", "-showcerts", *files_of(server, "alpha"), data=b"R\n")
    shown = result.stdout.decode()
    assert shown.count("BEGIN CERTIFICATE") == 2
    assert "Verify return code: 0 (ok)" in shown
    assert "TLS session ticket" not in shown
    assert "Session-ID: \n" in shown
    assert b"no renegotiation" in result.stderr, result.stderr


def test_a_known_ca_but_no_principal_is_turned_away_without_a_word(server: Server) -> None:
    with server.connect("unknown") as peer:
        assert peer.recv(100) == b""


def test_new_certificates_are_used_by_new_connections_while_old_ones_go_on(server: Server) -> None:
    with server.connect("alpha") as before:
        first = before.getpeercert(binary_form=True)
        server.certificates.write_hub("hub")
        assert server.ask("reload") == "reloaded"
        with server.connect("alpha") as after:
            assert after.getpeercert(binary_form=True) != first
        before.sendall(interchange("RELOAD"))
        assert b"UCI+RELOAD+" in before.recv(1_000)


def test_a_client_that_does_not_shake_hands_is_cut(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.tcp), timeout=10) as peer:
        peer.sendall(b"\x16\x03\x01")
        with pytest.raises(ConnectionResetError):
            peer.recv(100)


def source(folder: Path, **other: Path) -> ContextSource:
    names = {"certificate": folder / "hub.pem", "key": folder / "hub.key"} | other
    files = TlsFiles(names["certificate"], names["key"], (folder / "root.pem", folder / "issuing.pem"))
    return ContextSource(files, lambda: PASSPHRASE, client=ClientCertificate.REQUIRED)


def test_the_handshake_limit_is_of_the_clock_handed_in(tmp_path: Path) -> None:
    Certificates(tmp_path)
    clock = Clock()
    factory = TlsFactory(source(tmp_path), Factory.forProtocol(Protocol), clock=clock, handshake_timeout_s=7)
    protocol = factory.buildProtocol(None)
    assert protocol is not None
    transport = StringTransport()
    protocol.makeConnection(transport)
    clock.advance(6.9)
    assert not transport.disconnected
    clock.advance(0.2)
    assert transport.disconnected


def test_what_is_wrong_with_the_files_is_said_and_the_old_context_stays(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.write_hub("other")
    contexts = source(tmp_path)
    with pytest.raises(OperatorError, match=r"other\.key is not the key of .*hub\.pem"):
        source(tmp_path, key=tmp_path / "other.key")
    with pytest.raises(OperatorError, match=r"absent\.pem cannot be read .No such file"):
        source(tmp_path, certificate=tmp_path / "absent.pem")
    (tmp_path / "other.key").chmod(0o640)
    with pytest.raises(OperatorError, match=r"other\.key can be read by others than its owner: `chmod 600"):
        source(tmp_path, key=tmp_path / "other.key")
    with pytest.raises(OperatorError, match=r"hub\.key holds no certificate in PEM"):
        source(tmp_path, certificate=tmp_path / "hub.key")
    (tmp_path / "hub.pem").chmod(0o600)
    with pytest.raises(OperatorError, match=r"hub\.pem: the key cannot be read"):
        source(tmp_path, key=tmp_path / "hub.pem")
    files = TlsFiles(tmp_path / "hub.pem", tmp_path / "hub.key", (tmp_path / "root.pem",))
    for passphrase in (b"open sesame", None):
        with pytest.raises(OperatorError, match=r"hub\.key: the key cannot be read: wrong passphrase") as caught:
            ContextSource(files, lambda said=passphrase: said, client=ClientCertificate.REQUIRED)  # type: ignore[misc]
        assert "sesame" not in str(caught.value)
    old = (tmp_path / "hub.pem").read_bytes()
    (tmp_path / "hub.pem").write_text("nothing")
    with pytest.raises(OperatorError):
        contexts.reload()
    assert contexts.serverConnectionForTLS(None) is not None  # type: ignore[arg-type]
    (tmp_path / "hub.pem").write_bytes(old)
    contexts.reload()


def test_an_end_without_close_notify_is_a_lost_connection(server: Server) -> None:
    """Nobody but the peer can make a close_notify; a FIN can be forged. So a cut interchange is finished after the one and aborted after the other."""
    cut = interchange("CUTOFF")[:70]
    with HalfClosing(server, "alpha") as peer:
        peer.send(interchange("LATEFIRST") + cut)
        answers = peer.end_and_read()
    assert answers.index(b"UCI+LATEFIRST+ALPHA+HUB+7'") < answers.index(b"UCI+CUTOFF+ALPHA+HUB+4+13'")
    before = len(server.ask("state")["aborted"])
    with server.connect("alpha") as plain:
        plain.sendall(cut)
        plain.shutdown(socket.SHUT_WR)
        drain(plain)
    aborted = server.ask("state")["aborted"][before:]
    assert [reason.partition(":")[0] for reason in aborted] == ["connection lost"]


def drain(peer: ssl.SSLSocket) -> bytes:
    """What comes until the other side ends, in whatever way."""
    got = b""
    try:
        while piece := peer.recv(65_536):
            got += piece
    except OSError:
        pass
    return got


class HalfClosing:
    """A client that sends close_notify and reads on (RFC 8446, 6.1), which Python's ssl module cannot."""

    def __init__(self, server: Server, client: str) -> None:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.load_verify_locations(str(server.folder / "root.pem"))
        context.use_certificate_chain_file(str(server.clients[client].chain))
        context.use_privatekey_file(str(server.clients[client].key))
        self._socket = socket.create_connection(("127.0.0.1", server.tcp))
        # A timeout of Python's would make the socket non-blocking; this one is the kernel's.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 15, 0))
        self._connection = SSL.Connection(context, self._socket)
        self._connection.set_connect_state()
        self._connection.do_handshake()

    def __enter__(self) -> HalfClosing:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def end_and_read(self) -> bytes:
        """Say that everything is sent; what comes until the hub says so too."""
        assert self._connection.shutdown() is False
        got = b""
        while True:
            try:
                got += self._connection.recv(65_536)
            except SSL.ZeroReturnError:
                return got
