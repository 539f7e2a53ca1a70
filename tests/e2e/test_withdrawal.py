"""A credential that is withdrawn and a principal that is disabled: refused by every gateway within 5 s, and open sessions are ended."""

from __future__ import annotations

import http.client
import os
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from tests.e2e.hub import Api, Partner, RunningHub, is_ended, wait_until
from tests.e2e.interchanges import small
from tests.e2e.ways import by_openssl, uci

pytestmark = pytest.mark.e2e

SOON_S = 5.0


class SftpSession:
    """OpenSSH's sftp, logged in and waiting for its next command."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, start_new_session=True
        )

    def asks(self) -> bool:
        """Whether the hub answers its next command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("ls -1 READ.ME\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return any(line == "READ.ME\n" for line in iter(self._process.stdout.readline, "") if not line.startswith("sftp>"))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def sftp_session(hub: RunningHub, partner: Partner, environment: dict[str, str] | None = None) -> Iterator[SftpSession]:
    session = SftpSession(hub.sftp_command(partner), environment)
    try:
        assert session.asks()
        yield session
    finally:
        session.close()


def sftp_is_ended(hub: RunningHub, id: str, session: SftpSession) -> bool:
    """Soon, by the hub's own word; OpenSSH's sftp sees it with its next command."""
    soon(lambda: ("sftp", id) not in {(open["gateway"], open["principal"]) for open in hub.json("status")["sessions"]})
    return not session.asks()


def admitted_over_tcp(hub: RunningHub, partner: Partner) -> bool:
    """Whether a TLS session that shows the certificate is kept."""
    try:
        with hub.connect(partner) as session:
            return not is_ended(session, 0.5)
    except (OSError, ssl.SSLError):
        return False


def admitted_over_https(hub: RunningHub, partner: Partner, token: str = "") -> bool:
    with hub.api(partner, token=token) as api:
        try:
            return api.get("/v1/mailbox")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def admitted_over_sftp(hub: RunningHub, partner: Partner, environment: dict[str, str] | None = None) -> bool:
    done = subprocess.run(hub.sftp_command(partner), input="ls\n", capture_output=True, text=True, timeout=30, check=False, env=environment)
    return done.returncode == 0


def soon(holds: Callable[[], bool]) -> None:
    wait_until(holds, SOON_S, lambda: "still admitted")


def serial(hub: RunningHub, id: str) -> str:
    return str(next(row["serial"] for row in hub.json("ca", "list", "--for", id) if row["state"] == "valid"))


def fingerprint(hub: RunningHub, kind: str, id: str) -> str:
    (credential,) = (row for row in hub.json(kind, "list", id) if row["state"] == "valid")
    return str(credential["fingerprint"])


@contextmanager
def everywhere(hub: RunningHub, partner: Partner, token: str) -> Iterator[tuple[ssl.SSLSocket, Api, Api, SftpSession]]:
    """A session at each gateway: TCP, HTTPS with the certificate, HTTPS with the token, SFTP."""
    with ExitStack() as stack:
        tcp = stack.enter_context(hub.connect(partner))
        certificate, bearer = stack.enter_context(hub.api(partner)), stack.enter_context(hub.api(partner, token=token))
        assert [api.get("/v1/mailbox")[0] for api in (certificate, bearer)] == [200, 200]
        yield tcp, certificate, bearer, stack.enter_context(sftp_session(hub, partner))


def with_everything(hub: RunningHub, id: str) -> tuple[Partner, str]:
    """A partner with a certificate, an SSH key and a token."""
    return hub.add_partner(id, f"{id.upper()}:ZZZ", sftp=True), hub.json("token", "issue", id)["token"]


def test_disabled_principal(hub: RunningHub) -> None:
    partner, token = with_everything(hub, "dis")
    with everywhere(hub, partner, token) as (tcp, certificate, bearer, sftp):
        hub.vanhub("partner", "disable", "dis", "--reason", "test")
        assert [is_ended(tcp, SOON_S), certificate.ended(SOON_S), bearer.ended(SOON_S), sftp_is_ended(hub, "dis", sftp)] == [True] * 4
    assert not admitted_over_tcp(hub, partner)
    assert not admitted_over_https(hub, partner)
    assert not admitted_over_https(hub, partner, token)
    assert not admitted_over_sftp(hub, partner)
    assert by_openssl(hub, partner, small("DIS:ZZZ", "GACC:ZZZ")) == b""
    other = hub.add_partner("dis2", "DIS2:ZZZ")
    status, receipt = hub.post(other, small("DIS2:ZZZ", "DIS:ZZZ"))
    assert (status, uci(receipt["acknowledgement"].encode())[1:]) == (422, ("4", "43"))  # nobody may send to it either
    hub.vanhub("partner", "enable", "dis")
    assert admitted_over_tcp(hub, partner)
    assert admitted_over_https(hub, partner, token)
    assert admitted_over_sftp(hub, partner)


def test_revoked_certificate(hub: RunningHub) -> None:
    """It is the certificate that is refused: the other credentials stay good, and a new certificate is."""
    partner, token = with_everything(hub, "rev")
    with everywhere(hub, partner, token) as (tcp, certificate, bearer, sftp):
        hub.vanhub("ca", "revoke", serial(hub, "rev"), "--reason", "keyCompromise")
        assert [is_ended(tcp, SOON_S), certificate.ended(SOON_S)] == [True, True]
        assert bearer.get("/v1/mailbox")[0] == 200
        assert sftp.asks()
    assert not admitted_over_tcp(hub, partner)
    assert not admitted_over_https(hub, partner)
    crl = hub.scratch(b"")
    hub.vanhub("ca", "crl", "--out", str(crl))
    printed = subprocess.run(["openssl", "crl", "-in", str(crl), "-noout", "-text"], capture_output=True, text=True, check=True).stdout
    revoked = next(row["serial"] for row in hub.json("ca", "list", "--for", "rev"))
    assert f"Serial Number: {revoked.upper()}" in printed
    assert "Key Compromise" in printed
    renewed = replace(partner, folder=partner.folder.with_name("rev2"))
    hub.vanhub("ca", "issue", "partner", "rev", "--out", str(renewed.folder))
    assert admitted_over_tcp(hub, renewed)


def test_removed_ssh_key(hub: RunningHub) -> None:
    partner, token = with_everything(hub, "key")
    with everywhere(hub, partner, token) as (_, certificate, _, sftp):
        hub.vanhub("key", "remove", "key", fingerprint(hub, "key", "key"))
        assert sftp_is_ended(hub, "key", sftp)
        assert certificate.get("/v1/mailbox")[0] == 200
    assert not admitted_over_sftp(hub, partner)


def test_revoked_token(hub: RunningHub) -> None:
    partner, token = with_everything(hub, "tok")
    with everywhere(hub, partner, token) as (_, certificate, bearer, _):
        hub.vanhub("token", "revoke", "tok", fingerprint(hub, "token", "tok"))
        assert bearer.ended(SOON_S)
        assert certificate.get("/v1/mailbox")[0] == 200
    assert not admitted_over_https(hub, partner, token)


def test_changed_password(hub: RunningHub) -> None:
    """The session that the old one opened is ended; only the new one is taken."""
    with_key = hub.add_partner("pwd", "PWD:ZZZ")
    assert with_key.ssh_key is None
    hub.vanhub("password", "set", "pwd", input="first secret\n")
    with sftp_session(hub, with_key, _typing(hub, "first secret")) as session:
        hub.vanhub("password", "set", "pwd", input="second secret\n")
        assert sftp_is_ended(hub, "pwd", session)
    assert not admitted_over_sftp(hub, with_key, _typing(hub, "first secret"))
    assert admitted_over_sftp(hub, with_key, _typing(hub, "second secret"))
    hub.vanhub("password", "remove", "pwd")
    assert not admitted_over_sftp(hub, with_key, _typing(hub, "second secret"))


def _typing(hub: RunningHub, password: str) -> dict[str, str]:
    """An environment in which ssh is told ``password`` when it asks."""
    script = hub.path.parent / "askpass"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$SECRET"\n')
    script.chmod(0o700)
    return {**os.environ, "SSH_ASKPASS": str(script), "SSH_ASKPASS_REQUIRE": "force", "SECRET": password}
