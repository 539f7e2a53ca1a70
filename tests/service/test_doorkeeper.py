from __future__ import annotations

import base64
import hashlib
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest

from tests.service.parts import NOW, PEER, Loop, Time, add_partner, do, open_core, session
from vanhub.errors import Busy, Untrusted
from vanhub.gateways.seam import Session
from vanhub.pki.keys import new_key
from vanhub.service import doorkeeper
from vanhub.service.certificates import issue_for
from vanhub.service.core import Core
from vanhub.service.doorkeeper import FrontDoor
from vanhub.store import counters, journal
from vanhub.values.principal import Credential, CredentialKind, Principal

PASSWORD = "correct horse battery"
SSH_KEY = b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(range(32))
SSH_LINE = "ssh-ed25519 " + base64.b64encode(SSH_KEY).decode() + " trader@example"
DAY = timedelta(days=1)


@pytest.fixture
def door(core: Core, loop: Loop) -> FrontDoor:
    return FrontDoor(core, loop, loop.seconds, core.entropy)


def principal(core: Core, id: str) -> Principal:
    found = core.registry.principal(id)
    assert found is not None
    return found


def certificate(core: Core, id: str = "trader") -> bytes:
    issued = issue_for(core, principal(core, id), new_key().public_key(), label="", actor="tester")
    core.refresh()
    return issued.der


def credential_of(core: Core, id: str, kind: CredentialKind = CredentialKind.CERTIFICATE) -> Credential:
    (found,) = core.registry.credentials_of(id, kind)
    return found


def opened(core: Core, door: FrontDoor, id: str, ended: list[str] | None = None) -> Session:
    made = session(core, id, end=(ended if ended is not None else []).append)
    door.open(made)
    return made


class TestCertificate:
    def test_a_client_is_who_its_certificate_was_issued_for(self, core: Core, door: FrontDoor) -> None:
        der = certificate(core)
        assert door.by_certificate(der, PEER) == (principal(core, "trader"), credential_of(core, "trader").id)

    def test_old_and_new_are_good_side_by_side(self, core: Core, door: FrontDoor) -> None:
        first, second = certificate(core), certificate(core)
        assert {door.by_certificate(der, PEER)[0].id for der in (first, second)} == {"trader"}

    def test_one_that_is_not_the_principals_is_refused_though_its_chain_is_good(self, core: Core, door: FrontDoor) -> None:
        """The hub's own certificates and one that was signed and never remembered come from the same CA."""
        forgotten = core.authority.issue("partner", "trader", "", new_key().public_key(), NOW)
        for issued in (*core.authority.own_certificates(), forgotten):
            with pytest.raises(Untrusted, match=r"^unknown or withdrawn credential$"):
                door.by_certificate(issued.der, PEER)

    def test_it_is_refused_before_its_time_and_after(self, core: Core, door: FrontDoor, time: Time) -> None:
        der = certificate(core)
        time.now = NOW - 2 * DAY
        with pytest.raises(Untrusted, match="is not valid yet"):
            door.by_certificate(der, PEER)
        time.now = NOW + 366 * DAY
        with pytest.raises(Untrusted, match="has expired"):
            door.by_certificate(der, PEER)

    def test_it_is_refused_when_revoked_and_when_its_principal_is_disabled(self, core: Core, door: FrontDoor) -> None:
        revoked, good = certificate(core), certificate(core)
        serial = next(row["serial"] for row in do(core, "ca.list", id="trader") if row["fingerprint"] == hashlib.sha256(revoked).hexdigest())
        do(core, "ca.revoke", serial=serial, reason="keyCompromise")
        with pytest.raises(Untrusted, match="withdrawn"):
            door.by_certificate(revoked, PEER)
        do(core, "principal.enable", kind="partner", id="trader", enabled=False)
        with pytest.raises(Untrusted, match="the principal is disabled"):
            door.by_certificate(good, PEER)
        do(core, "principal.enable", kind="partner", id="trader", enabled=True)
        assert door.by_certificate(good, PEER)[0].id == "trader"


class TestOtherCredentials:
    def test_a_token(self, core: Core, door: FrontDoor, time: Time) -> None:
        token = do(core, "token.issue", id="trader", days=1)["token"]
        assert door.by_token(token, PEER)[0].id == "trader"
        with pytest.raises(Untrusted):
            door.by_token(token + "x", PEER)
        time.advance(days=1)
        with pytest.raises(Untrusted, match="expired"):
            door.by_token(token, PEER)

    def test_an_ssh_key_is_good_for_its_principals_name_only(self, core: Core, door: FrontDoor) -> None:
        do(core, "key.add", id="trader", line=SSH_LINE)
        assert door.by_ssh_key("trader", SSH_KEY, PEER)[0].id == "trader"
        for name, blob in (("carrier", SSH_KEY), ("trader", SSH_KEY[:-1] + b"\0"), ("nobody", SSH_KEY)):
            with pytest.raises(Untrusted, match=r"^unknown or withdrawn credential$"):
                door.by_ssh_key(name, blob, PEER)

    def test_a_password(self, core: Core, door: FrontDoor, loop: Loop) -> None:
        do(core, "password.set", id="trader", password=PASSWORD)
        assert loop.wait(door.by_password("trader", PASSWORD, PEER))[0].id == "trader"
        for name, password in (("trader", "wrong"), ("carrier", PASSWORD), ("nobody", PASSWORD)):
            with pytest.raises(Untrusted, match=r"^wrong name or password$"):
                loop.wait(door.by_password(name, password, PEER))

    def test_a_new_password_ends_the_old(self, core: Core, door: FrontDoor, loop: Loop) -> None:
        do(core, "password.set", id="trader", password=PASSWORD)
        do(core, "password.set", id="trader", password="another " + PASSWORD)
        with pytest.raises(Untrusted):
            loop.wait(door.by_password("trader", PASSWORD, PEER))
        assert loop.wait(door.by_password("trader", "another " + PASSWORD, PEER))[0].id == "trader"

    def test_password_checks_do_not_fill_the_threads(self, door: FrontDoor, loop: Loop) -> None:
        running = [door.by_password("nobody", str(number), f"198.51.100.{number}:1") for number in range(doorkeeper.PASSWORD_CHECKS)]
        with pytest.raises(Busy, match="too many logins at once"):
            loop.wait(door.by_password("trader", PASSWORD, PEER))
        for each in running:
            with pytest.raises(Untrusted):
                loop.wait(each)

    def test_a_code_is_good_for_its_principal_until_its_end(self, core: Core, door: FrontDoor, time: Time) -> None:
        code = do(core, "enrolment.issue", id="trader", hours=1)["code"]
        assert door.by_code("trader", code.lower(), PEER).principal == "trader"
        with pytest.raises(Untrusted, match=r"^wrong name or code$"):
            door.by_code("carrier", code, PEER)
        time.advance(hours=1)
        with pytest.raises(Untrusted, match="expired"):
            door.by_code("trader", code, PEER)


class TestLockout:
    def fail(self, door: FrontDoor, times: int, name: str = "trader", peer: str = PEER) -> None:
        for _ in range(times):
            with pytest.raises(Untrusted):
                door.by_code(name, "wrong", peer)

    def test_after_too_many_failures_a_name_waits_ten_minutes_where_they_came_from(self, core: Core, door: FrontDoor, loop: Loop) -> None:
        do(core, "principal.set", kind="partner", id="trader", terms={"max_failed_logins": "2"})
        do(core, "password.set", id="trader", password=PASSWORD)
        self.fail(door, 1)
        loop.advance(1)
        self.fail(door, 1)
        with pytest.raises(Busy, match="too many failed logins") as refused:
            loop.wait(door.by_password("trader", PASSWORD, PEER))
        assert refused.value.retry_after_s == doorkeeper.FAILURE_WINDOW_S
        # From elsewhere, and under another name, nobody is locked out.
        assert loop.wait(door.by_password("trader", PASSWORD, "203.0.113.9:1"))[0].id == "trader"
        self.fail(door, 1, "carrier")
        loop.advance(doorkeeper.FAILURE_WINDOW_S - 1)
        with pytest.raises(Busy):
            door.by_code("trader", "wrong", PEER)
        loop.advance(0.5)
        assert loop.wait(door.by_password("trader", PASSWORD, PEER))[0].id == "trader"

    def test_the_port_does_not_matter_but_the_host_does(self, door: FrontDoor) -> None:
        for port in range(doorkeeper.UNKNOWN_NAME_FAILURES):
            self.fail(door, 1, "nobody", f"[2001:db8::1]:{port}")
        with pytest.raises(Busy):
            door.by_code("nobody", "wrong", "[2001:db8::1]:99999")
        self.fail(door, 1, "nobody", "[2001:db8::2]:99999")

    def test_a_stranger_with_many_names_does_not_fill_the_memory(self, door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doorkeeper, "FAILURES_KEPT", 3)
        for number in range(10):
            self.fail(door, 1, f"{number}" + "x" * 10_000)
        assert list(door._failures) == [(f"{number}" + "x" * 63, "192.0.2.7") for number in (7, 8, 9)]


class TestSessions:
    def test_a_session_gets_an_id_and_stands_in_the_journal(self, core: Core, door: FrontDoor) -> None:
        made = opened(core, door, "trader")
        assert door.sessions() == [{"id": made.id, "principal": "trader", "gateway": "tcp", "peer": PEER}]
        core.store.call(counters.current, "any")  # the writer keeps the order: when this is done, so is what was submitted before
        login = core.store.look(journal.list_leaves, subject="trader")[-1]
        assert (login.kind, login.actor, login.at) == ("login", "trader", NOW)
        assert login.data == {"gateway": "tcp", "peer": PEER, "credential": ""}
        door.close(made, "done")
        door.close(made, "done again")
        assert door.sessions() == []

    def test_an_agreement_limits_a_principals_sessions(self, core: Core, door: FrontDoor) -> None:
        do(core, "principal.set", kind="partner", id="trader", terms={"max_sessions": "2"})
        first, _ = opened(core, door, "trader"), opened(core, door, "trader")
        with pytest.raises(Busy, match="trader has 2 sessions open, the most that its agreement allows"):
            opened(core, door, "trader")
        opened(core, door, "carrier")
        door.close(first, "done")
        opened(core, door, "trader")

    def test_a_session_that_a_full_store_refuses_takes_no_place(self, home: Path, time: Time, loop: Loop) -> None:
        file = home / "hub.toml"
        file.write_text(file.read_text().replace("store_queue = 10000", "store_queue = 100"))
        with closing(open_core(home, time)) as core:
            door, released = FrontDoor(core, loop, loop.seconds, core.entropy), threading.Event()
            begun = core.store.submit(lambda _conn: released.wait(30))
            while not begun.running():
                sleep(0.001)
            waiting = [core.store.submit(lambda _conn: None) for _ in range(100)]
            with pytest.raises(Busy, match="too many jobs wait for the store"):
                opened(core, door, "trader")
            assert door.sessions() == []
            released.set()
            waiting[-1].result()
            assert core.metrics.registry.get_sample_value("vanhub_sessions", {"gateway": "tcp"}) in {None, 0}

    def test_the_settings_limit_the_hubs_sessions(self, home: Path, time: Time, loop: Loop) -> None:
        file = home / "hub.toml"
        file.write_text(file.read_text().replace("sessions = 1000", "sessions = 2"))
        with closing(open_core(home, time)) as core:
            door = FrontDoor(core, loop, loop.seconds, core.entropy)
            first, _ = opened(core, door, "trader"), opened(core, door, "carrier")
            with pytest.raises(Busy, match="the hub has as many sessions open as it may"):
                opened(core, door, "trader")
            door.close(first, "done")
            opened(core, door, "trader")

    @pytest.fixture
    def tokens(self, core: Core) -> None:
        for id in ("trader", "carrier"):
            do(core, "token.issue", id=id)

    @pytest.mark.usefixtures("tokens")
    def test_reconciling_ends_what_is_no_longer_good_and_nothing_else(self, core: Core, door: FrontDoor, time: Time) -> None:
        ended: list[str] = []
        stays: list[str] = []
        opened(core, door, "trader", ended)
        kept = opened(core, door, "carrier", stays)
        assert door.reconcile() == 0
        do(core, "principal.enable", kind="partner", id="trader", enabled=False)
        assert (door.reconcile(), ended, stays) == (1, ["the principal is disabled"], [])
        # The others get their principal's present terms.
        do(core, "principal.set", kind="partner", id="carrier", terms={"max_messages": "7"})
        door.reconcile()
        assert kept.principal == replace(kept.principal, agreement=replace(kept.principal.agreement, max_messages=7))

    @pytest.mark.usefixtures("tokens")
    def test_reconciling_ends_sessions_of_withdrawn_and_expired_credentials(self, core: Core, door: FrontDoor, time: Time) -> None:
        withdrawn: list[str] = []
        expired: list[str] = []
        opened(core, door, "trader", withdrawn)
        opened(core, door, "carrier", expired)
        do(
            core,
            "credential.withdraw",
            id="trader",
            kind="token",
            fingerprint=credential_of(core, "trader", CredentialKind.TOKEN).fingerprint[:12],
            reason="lost",
        )
        door.reconcile()
        assert (withdrawn, expired) == (["the credential was withdrawn"], [])
        time.advance(days=365)
        door.reconcile()
        assert expired == ["the credential has expired"]

    def test_reconciling_ends_sessions_that_the_old_password_opened(self, core: Core, door: FrontDoor) -> None:
        ended: list[str] = []
        do(core, "password.set", id="trader", password="first secret")
        old = session(core, "trader", end=ended.append)
        old.credential = credential_of(core, "trader", CredentialKind.PASSWORD).id
        door.open(old)
        do(core, "password.set", id="trader", password="second secret")
        assert (door.reconcile(), ended) == (1, ["the credential was withdrawn"])

    def test_all_are_ended_when_the_hub_stops(self, core: Core, door: FrontDoor) -> None:
        ended: list[str] = []
        add_partner(core, "bank")
        for id in ("trader", "bank"):
            opened(core, door, id, ended)
        door.end_all("the hub is stopping")
        assert ended == ["the hub is stopping"] * 2


def test_refusals_are_counted_not_journaled_one_by_one(core: Core, door: FrontDoor) -> None:
    for _ in range(3):
        with pytest.raises(Untrusted):
            door.by_token("vht_nothing", PEER)
    assert core.noise.take() == {"login refused: token: unknown or withdrawn credential": 3}
    assert core.noise.take() == {}
