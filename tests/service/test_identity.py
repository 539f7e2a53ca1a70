"""Which client certificates open a session, over real TLS on both gateways: those that the CA issued to a principal, in their time, not revoked. No others."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.e2e.hub import RunningHub
from tests.service.parts import interchange
from vanhub.pki.keys import PrivateKey, decrypt_key, new_key, plain_key
from vanhub.service import asking
from vanhub.service.authority import Authority

pytestmark = pytest.mark.e2e

DAY = timedelta(days=1)


@dataclass
class Scene:
    """A running hub with the partner ``trader``, and the keys of its CA."""

    hub: RunningHub
    authority: Authority
    passphrase: bytes
    folder: Path

    def ask(self, verb: str, **arguments: Any) -> Any:
        return asking.ask(self.hub.path / "var" / "admin.sock", verb, arguments)

    def own(self, name: str) -> tuple[x509.Certificate, PrivateKey]:
        """One of the hub's own certificates with its key."""
        certificate = x509.load_pem_x509_certificate(self.authority.path(f"{name}.pem").read_bytes())
        return certificate, decrypt_key(self.authority.path(f"{name}.key").read_bytes(), self.passphrase, source=name)

    def issued(self) -> tuple[x509.Certificate, PrivateKey]:
        """What ``trader`` gets from the hub for a request."""
        key = new_key()
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        answer = self.ask("ca.issue", id="trader", csr=request.public_bytes(Encoding.PEM).decode())
        return x509.load_pem_x509_certificate(answer["chain"].encode()), key

    def forged(
        self, template: x509.Certificate, *, start: timedelta, end: timedelta, ca: tuple[x509.Certificate, PrivateKey] | None
    ) -> tuple[x509.Certificate, PrivateKey]:
        """A certificate with the names and uses of ``template`` in another time, signed by ``ca`` or by itself."""
        key, now = new_key(), datetime.now(UTC)
        signer, signing = ca or (template, key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(template.subject)
            .issuer_name(template.subject if ca is None else signer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + start)
            .not_valid_after(now + end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        )
        return builder.sign(signing, hashes.SHA256()), key

    def context(self, certificate: x509.Certificate, key: PrivateKey, *more: x509.Certificate) -> ssl.SSLContext:
        file = self.folder / "client.pem"
        chain = b"".join(each.public_bytes(Encoding.PEM) for each in (certificate, *more))
        file.write_bytes(chain + plain_key(key))
        context = ssl.create_default_context(cafile=self.hub.path / "certs" / "root.pem")
        context.load_cert_chain(file)
        return context

    def tried(self, *shown: Any) -> tuple[str, str]:
        """What TCP and HTTPS make of a client with these certificates and this key: ``"taken"``, ``"refused"``, or the reason of TLS."""
        context = self.context(*shown)
        http = b"GET /v1/mailbox HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return self._talk(context, "tcp", interchange("R1"), b"UCI+R1+"), self._talk(context, "https", http, b"HTTP/1.1 200")

    def _talk(self, context: ssl.SSLContext, gateway: str, octets: bytes, good: bytes) -> str:
        answer = b""
        try:
            with (
                socket.create_connection(("127.0.0.1", self.hub.port(gateway)), timeout=30) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as session,
            ):
                session.sendall(octets)
                while good not in answer and (piece := session.recv(65536)):
                    answer += piece
        except ssl.SSLError as error:
            assert answer == b""
            return str(error.reason)
        except ConnectionError:
            assert answer == b""
            return "refused"
        if good in answer:
            return "taken"
        assert answer == b"" or answer.startswith(b"HTTP/1.1 401 ")
        return "refused"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("identity")
    hub = RunningHub(folder / "home")
    try:
        hub.start()
        passphrase = (hub.path / "var" / "passphrase").read_bytes().strip()
        made = Scene(hub, Authority.open(hub.path / "certs", passphrase), passphrase, folder)
        made.ask("principal.add", kind="partner", id="trader", addresses=["TRADER"])
        yield made
    finally:
        hub.close()


def test_one_that_was_issued_to_a_principal_is_taken_until_it_is_revoked(scene: Scene) -> None:
    certificate, key = scene.issued()
    assert scene.tried(certificate, key) == ("taken", "taken")
    assert scene.tried(certificate, key, scene.authority.issuing) == ("taken", "taken")
    scene.ask("ca.revoke", serial=f"{certificate.serial_number:x}", reason="keyCompromise")
    assert scene.tried(certificate, key) == ("refused", "refused")


def test_one_that_the_ca_signed_and_nobody_remembers_is_refused(scene: Scene) -> None:
    key = new_key()
    unknown = scene.authority.issue("partner", "trader", "trader", key.public_key(), datetime.now(UTC))
    assert scene.tried(unknown.certificate, key) == ("refused", "refused")


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [(-3 * DAY, -2 * DAY, "SSLV3_ALERT_CERTIFICATE_EXPIRED"), (2 * DAY, 3 * DAY, "SSLV3_ALERT_BAD_CERTIFICATE")],
    ids=["expired", "not yet valid"],
)
def test_out_of_its_time_tls_refuses_it(scene: Scene, start: timedelta, end: timedelta, reason: str) -> None:
    template, _ = scene.issued()
    assert scene.tried(*scene.forged(template, start=start, end=end, ca=scene.own("issuing"))) == (reason, reason)


def test_one_of_another_issuer_is_refused_also_of_one_with_the_same_name(scene: Scene) -> None:
    template, _ = scene.issued()
    impostor, key = scene.forged(scene.authority.issuing, start=-DAY, end=DAY, ca=None)
    leaf = scene.forged(template, start=-DAY, end=DAY, ca=(impostor, key))
    assert set(scene.tried(*leaf)) <= {"TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_DECRYPT_ERROR"}
    assert set(scene.tried(*leaf, impostor)) <= {"TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_DECRYPT_ERROR"}


def test_a_self_signed_one_is_refused(scene: Scene) -> None:
    template, _ = scene.issued()
    assert scene.tried(*scene.forged(template, start=-DAY, end=DAY, ca=None)) == ("TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_UNKNOWN_CA")


@pytest.mark.parametrize("name", ["hub-tls", "acknowledgement", "issuing", "root"])
def test_the_hubs_own_are_no_clients(scene: Scene, name: str) -> None:
    tried = scene.tried(*scene.own(name))
    assert "taken" not in tried
    if name in {"hub-tls", "acknowledgement"}:  # a certificate for something else is refused before anybody looks who it is
        assert tried == ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE")


def test_without_one_https_asks_for_it_and_tcp_does_not_begin(scene: Scene) -> None:
    scene.context(*scene.issued())
    context = ssl.create_default_context(cafile=scene.hub.path / "certs" / "root.pem")
    assert scene._talk(context, "tcp", interchange("R1"), b"UCI+") == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert scene._talk(context, "https", b"GET /v1/mailbox HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"HTTP/1.1 200") == "refused"
