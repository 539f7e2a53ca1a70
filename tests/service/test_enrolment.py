"""First certificates over HTTPS, as a trading partner gets one: with openssl and curl, and with nothing else of ours."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import ANSWER_S, RunningHub
from tests.pki.judges import openssl
from vanhub.service import asking

pytestmark = pytest.mark.e2e

EST = "/.well-known/est/"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = RunningHub(tmp_path_factory.mktemp("enrolment") / "home")
    try:
        running.start()
        for id in ("broker", "carrier", "idle"):
            ask(running, "principal.add", kind="partner", id=id, addresses=[id.upper()], terms={"max_failed_logins": "3"} if id == "broker" else {})
        yield running
    finally:
        running.close()


def ask(hub: RunningHub, verb: str, **arguments: Any) -> Any:
    """As a command asks, but without starting one."""
    return asking.ask(hub.path / "var" / "admin.sock", verb, arguments)


def code_for(hub: RunningHub, id: str) -> str:
    return str(ask(hub, "enrolment.issue", id=id)["code"])


def curl(hub: RunningHub, path: str, *arguments: str | Path) -> tuple[int, str, bytes]:
    """Status, media type and body of a request without any certificate; only the root is known beforehand."""
    url = f"https://localhost:{hub.port('https')}{path}"
    command = ["curl", "-sS", "--cacert", str(hub.path / "certs" / "root.pem"), "-w", "\n%{http_code} %{content_type}", *map(str, arguments), url]
    body, _, end = subprocess.run(command, capture_output=True, timeout=ANSWER_S, check=True).stdout.rpartition(b"\n")
    status, _, media_type = end.decode().partition(" ")
    return int(status), media_type, body


def request(folder: Path, *, form: str = "base64") -> Path:
    """A certificate request for a new key ``client.key``, whose names are somebody else's; base64 of DER as EST has it, or PEM, or DER."""
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "client.key")
    openssl("req", "-new", *new_key, "-subj", "/CN=customs", "-outform", "PEM" if form == "PEM" else "DER", "-out", folder / "client.csr")
    if form == "base64":
        openssl("base64", "-in", folder / "client.csr", "-out", folder / "client.b64")
        return folder / "client.b64"
    return folder / "client.csr"


def enrol(hub: RunningHub, user: str, file: Path) -> tuple[int, str, bytes]:
    return curl(hub, f"{EST}simpleenroll", "--user", user, "-H", "Content-Type: application/pkcs10", "--data-binary", f"@{file}")


def certificates(answer: bytes) -> bytes:
    """The certificates in an answer of EST, in PEM."""
    return openssl("pkcs7", "-inform", "DER", "-print_certs", input=openssl_bytes("base64", "-d", input=answer)).encode()


def openssl_bytes(*arguments: str, input: bytes) -> bytes:
    return subprocess.run(["openssl", *arguments], input=input, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["base64", "PEM", "DER"])
def test_a_code_gets_a_certificate_once(hub: RunningHub, tmp_path: Path, form: str) -> None:
    code = hub.vanhub("enrol", "carrier").strip()
    before = ask(hub, "ca.list", id="carrier")
    file = request(tmp_path, form=form)
    # Codes are typed by people: case and hyphens do not matter.
    status, media_type, body = enrol(hub, f"carrier:{code.lower().replace('-', ' ')}", file)
    assert (status, media_type) == (200, "application/pkcs7-mime; smime-type=certs-only")
    (tmp_path / "client.pem").write_bytes(certificates(body))
    assert openssl("x509", "-in", tmp_path / "client.pem", "-noout", "-subject", "-nameopt", "RFC2253") == "subject=CN=carrier,O=carrier\n"
    assert (tmp_path / "client.pem").read_bytes().count(b"BEGIN CERTIFICATE") == 1
    own = ("--cert", tmp_path / "client.pem", "--key", tmp_path / "client.key")
    assert curl(hub, "/v1/mailbox", *own)[0] == 200
    assert [row["state"] for row in ask(hub, "ca.list", id="carrier")] == ["valid"] * (len(before) + 1)
    # A replay, even with another key, is refused and issues nothing.
    again = tmp_path / "again"
    again.mkdir()
    assert enrol(hub, f"carrier:{code}", request(again))[0] == 401
    assert len(ask(hub, "ca.list", id="carrier")) == len(before) + 1


def test_the_ca_certificates_are_everybodys(hub: RunningHub, tmp_path: Path) -> None:
    status, media_type, body = curl(hub, f"{EST}cacerts")
    assert (status, media_type) == (200, "application/pkcs7-mime; smime-type=certs-only")
    (tmp_path / "ca.pem").write_bytes(certificates(body))
    root, issuing = ((hub.path / "certs" / f"{name}.pem").read_bytes() for name in ("root", "issuing"))
    for part in (root, issuing):
        assert b"".join(part.split()) in b"".join((tmp_path / "ca.pem").read_bytes().split())
    openssl("verify", "-CAfile", tmp_path / "ca.pem", hub.path / "certs" / "hub-tls.pem")


def test_a_request_that_does_not_serve_leaves_the_code_good(hub: RunningHub, tmp_path: Path) -> None:
    code = code_for(hub, "carrier")
    file = request(tmp_path)
    rubbish = tmp_path / "rubbish"
    for octets, expected in ((b"no request", 400), (b"0\x82", 403), (b"-----BEGIN CERTIFICATE REQUEST-----", 403), (b"M" * 100_000, 413)):
        rubbish.write_bytes(octets)
        assert enrol(hub, f"carrier:{code}", rubbish)[0] == expected, octets[:20]
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "weak.key", "-subj", "/", "-out", rubbish)
    status, _, body = enrol(hub, f"carrier:{code}", rubbish)
    assert status == 403
    assert b"2048 bits" in body
    assert enrol(hub, f"carrier:{code}", file)[0] == 200
    # A key belongs to one principal, once.
    other = code_for(hub, "broker")
    status, _, body = enrol(hub, f"broker:{other}", file)
    assert status == 403
    assert b"this key was certified before" in body


def test_wrong_codes_are_refused_and_counted(hub: RunningHub, tmp_path: Path) -> None:
    code, others = code_for(hub, "broker"), code_for(hub, "carrier")
    file = request(tmp_path)
    status, _, body = curl(hub, f"{EST}simpleenroll", "-i", "--data-binary", f"@{file}")
    assert status == 401
    assert b'WWW-Authenticate: Basic realm="vanhub"' in body
    for wrong in (others, "AAAAA-AAAAA-AAAAA-AAAAA", "no code"):
        assert enrol(hub, f"broker:{wrong}", file)[0] == 401
    # Now even the right one has to wait.
    status, _, body = enrol(hub, f"broker:{code}", file)
    assert status == 503
    assert b"too many failed logins" in body
    assert enrol(hub, f"carrier:{others}", file)[0] == 200


def test_a_disabled_principals_code_is_refused(hub: RunningHub, tmp_path: Path) -> None:
    code = code_for(hub, "idle")
    ask(hub, "principal.enable", kind="partner", id="idle", enabled=False)
    status, _, body = enrol(hub, f"idle:{code}", request(tmp_path))
    assert status == 401
    assert b"the principal is disabled" in body


def test_what_certificates_point_to_is_there(hub: RunningHub, tmp_path: Path) -> None:
    served = {}
    for name, media_type in (("root.cer", "pkix-cert"), ("issuing.cer", "pkix-cert"), ("root.crl", "pkix-crl"), ("issuing.crl", "pkix-crl")):
        status, kind, served[name] = curl(hub, f"/pki/{name}")
        assert (status, kind) == (200, f"application/{media_type}")
        (tmp_path / name).write_bytes(served[name])
    for name in ("root", "issuing"):
        public = openssl("x509", "-inform", "DER", "-in", tmp_path / f"{name}.cer", "-outform", "PEM")
        assert "".join(public.split()) in "".join((hub.path / "certs" / f"{name}.pem").read_text().split())
        (tmp_path / "ca.pem").write_text(public)
        openssl("crl", "-inform", "DER", "-in", tmp_path / f"{name}.crl", "-CAfile", tmp_path / "ca.pem", "-noout")
    assert curl(hub, "/pki/root.key")[0] == 404
    assert curl(hub, "/pki/root.cer", "-X", "POST")[0] == 405
    assert curl(hub, f"{EST}simpleenroll")[0] == 405
    assert curl(hub, f"{EST}csrattrs")[0] == 404


def test_the_page_for_partners_does_it(hub: RunningHub, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocols" / "est.md").read_text(encoding="utf-8")
    (script,) = (block for block in re.findall(r"(?s)```sh\n(.*?)```", page) if "simpleenroll" in block)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ca.pem").write_bytes((hub.path / "certs" / "root.pem").read_bytes())
    for written, meant in (("shenzhen-textiles:CODE", f"carrier:{code_for(hub, 'carrier')}"), ("localhost:8443", f"localhost:{hub.port('https')}")):
        assert written in script
        script = script.replace(written, meant)
    subprocess.run(["/bin/sh", "-eu", "-c", script], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert curl(hub, "/v1/mailbox", "--cert", tmp_path / "client.pem", "--key", tmp_path / "client.key")[0] == 200
