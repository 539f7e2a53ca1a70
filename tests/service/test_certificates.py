"""The acts of the CA and what the store remembers of them."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.service.parts import NOW, Time, do, open_core
from vanhub.errors import Conflict, OperatorError, Refused
from vanhub.pki import keys
from vanhub.pki.keys import new_key
from vanhub.service.certificates import KnownKeys, issue_crl, issue_for, raise_expiry_alerts, record_of, record_own, renew, revoke, serial_of
from vanhub.service.core import Core
from vanhub.store import alerts, certificates, credentials, journal
from vanhub.values.principal import CredentialKind, Principal

DAY = timedelta(days=1)


def trader(core: Core) -> Principal:
    found = core.registry.principal("trader")
    assert found is not None
    return found


def serials(core: Core) -> set[str]:
    return {record.serial for record in core.store.look(certificates.list_certificates)}


def open_alerts(core: Core) -> list[tuple[str, str]]:
    return [(alert.subject, alert.cure) for alert in reversed(core.store.look(alerts.list_alerts))]


class TestIssue:
    def test_a_certificate_is_remembered_with_the_credential_that_it_is(self, core: Core) -> None:
        key = new_key().public_key()
        issued = issue_for(core, trader(core), key, label="first", actor="tester")
        record = core.store.look(certificates.get_certificate, issued.serial)
        assert (record.der, record.principal, record.profile, record.key_fingerprint) == (issued.der, "trader", "partner", keys.fingerprint(key))
        (credential,) = core.store.look(credentials.list_credentials, principal_id="trader", kind=CredentialKind.CERTIFICATE)
        assert (credential.fingerprint, credential.label, credential.not_after) == (issued.fingerprint, "first", issued.not_after)
        assert [leaf.actor for leaf in core.store.look(journal.list_leaves, subject=issued.serial)] == ["tester"]

    def test_a_key_is_certified_once(self, core: Core) -> None:
        key = new_key().public_key()
        known = KnownKeys(core.store)
        assert keys.fingerprint(key) not in known
        issue_for(core, trader(core), key, label="", actor="tester")
        assert keys.fingerprint(key) in known
        assert keys.fingerprint(keys.require_strong(core.authority.root.public_key())) in known

    def test_a_request_with_a_known_key_is_refused(self, core: Core, tmp_path: Path) -> None:
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(new_key(), hashes.SHA256())
        text = request.public_bytes(Encoding.PEM).decode()
        do(core, "ca.issue", id="trader", csr=text)
        with pytest.raises(Refused, match="this key was certified before"):
            do(core, "ca.issue", id="carrier", csr=text)

    def test_of_a_code_that_was_used_nothing_is_issued(self, core: Core) -> None:
        do(core, "enrolment.issue", id="trader")
        (code,) = core.store.look(credentials.list_credentials, principal_id="trader", kind=CredentialKind.ENROLMENT)
        issue_for(core, trader(core), new_key().public_key(), label="", actor="trader", code=code.id)
        before = serials(core)
        with pytest.raises(Conflict, match="was used already"):
            issue_for(core, trader(core), new_key().public_key(), label="", actor="trader", code=code.id)
        assert serials(core) == before
        (used,) = core.store.look(credentials.list_credentials, principal_id="trader", kind=CredentialKind.ENROLMENT)
        assert (used.revoked_at, used.revocation_reason) == (NOW, "used")


class TestRevoke:
    def test_certificate_credential_and_list_go_together(self, core: Core) -> None:
        issued = issue_for(core, trader(core), new_key().public_key(), label="", actor="tester")
        record, crl = revoke(core, issued.serial.upper(), reason="keyCompromise", actor="tester")
        assert (record.revoked_at, record.reason) == (NOW, "keyCompromise")
        (credential,) = core.store.look(credentials.list_credentials, principal_id="trader", kind=CredentialKind.CERTIFICATE)
        assert (credential.revoked_at, credential.revocation_reason) == (NOW, "keyCompromise")
        listed = x509.load_der_x509_crl(crl.der)
        assert [entry.serial_number for entry in listed] == [issued.certificate.serial_number]
        assert core.store.look(certificates.latest_crl, "issuing").number == crl.number  # type: ignore[union-attr]

    @pytest.mark.parametrize("name", ["root", "issuing"])
    def test_a_ca_is_not_revoked_by_itself(self, core: Core, name: str) -> None:
        serial = next(own.serial for own in core.authority.own_certificates() if own.profile == name)
        with pytest.raises(OperatorError, match="is not revoked by itself"):
            revoke(core, serial, reason="unspecified", actor="tester")

    @pytest.mark.parametrize(("text", "serial"), [("0A", "0a".zfill(32)), ("0a:0B", "0a0b".zfill(32))])
    def test_a_serial_number_is_read_as_people_write_it(self, text: str, serial: str) -> None:
        assert serial_of(text) == serial
        with pytest.raises(OperatorError, match="write it in hexadecimal"):
            serial_of("serial")


class TestLists:
    def test_both_take_their_numbers_from_one_sequence(self, core: Core) -> None:
        numbers = [issue_crl(core, NOW, actor="tester", of=of).number for of in ("issuing", "root", "issuing", "root")]
        assert numbers == sorted(set(numbers))
        assert {name: crl.number for name, crl in core.authority.crls().items()} == {"issuing": numbers[2], "root": numbers[3]}
        assert core.authority.crls()["root"].next_update == NOW.replace(microsecond=0) + 366 * DAY

    def test_each_holds_its_own(self, core: Core) -> None:
        issued = issue_for(core, trader(core), new_key().public_key(), label="", actor="tester")
        revoke(core, issued.serial, reason="unspecified", actor="tester")
        core.store.call(certificates.revoke_certificate, core.authority.own_certificates()[1].serial, reason="cACompromise", now=NOW, actor="tester")
        found = {of: [entry.serial_number for entry in x509.load_der_x509_crl(issue_crl(core, NOW, actor="t", of=of).der)] for of in ("issuing", "root")}
        assert found == {"issuing": [issued.certificate.serial_number], "root": [core.authority.issuing.serial_number]}

    def test_the_roots_needs_its_key_and_leaves_all_as_it_was_without(self, core: Core) -> None:
        core.authority.path("root.key").unlink()
        before = core.authority.crls()
        with pytest.raises(OperatorError, match=r"root\.key is not here: bring the root's key back"):
            do(core, "ca.crl", root=True)
        assert core.authority.crls() == before
        assert do(core, "ca.crl")["number"] > before["issuing"].number


class TestOwn:
    def test_what_a_crash_in_a_renewal_left_out_is_remembered_at_the_next_start(self, core: Core, home: Path, time: Time) -> None:
        before = serials(core)
        assert record_own(core, actor="hub") == []
        core.authority.renew_acknowledgement(NOW)  # the crash: nobody told the store
        core.close()
        with closing(open_core(home, time)) as again:
            (found,) = record_own(again, actor="hub")
            assert found.profile == "acknowledgement-signer"
            assert serials(again) == before | {found.serial}
            assert record_own(again, actor="hub") == []

    @pytest.mark.parametrize("what", ["hub-tls", "acknowledgement", "issuing"])
    def test_a_renewed_one_is_used_and_told_at_once(self, core: Core, what: str) -> None:
        told: list[str] = []
        core.renewed = lambda: told.append(what)
        judge = core.judge
        issued = renew(core, what, actor="tester")
        assert issued.serial in serials(core)
        assert issued.der in [own.der for own in core.authority.own_certificates()]
        assert told == [what]
        assert core.judge is not judge

    def test_nothing_else_is_renewed(self, core: Core) -> None:
        with pytest.raises(OperatorError, match="'root' cannot be renewed: hub-tls, acknowledgement or issuing"):
            renew(core, "root", actor="tester")


class TestExpiry:
    def test_an_end_is_announced_60_30_14_7_and_1_days_ahead(self, core: Core) -> None:
        issued = issue_for(core, trader(core), new_key().public_key(), label="", actor="tester")
        subject = f"certificate {issued.serial} (partner trader)"
        cure = "vanhub ca issue partner trader --out DIR"
        seen: dict[int, list[int]] = {}
        for left in (61, 60, 45, 30, 14, 8, 7, 2, 1, 0):
            raise_expiry_alerts(core, issued.not_after - left * DAY)
            found = [text.removeprefix(f"{subject} in ") for text, advice in open_alerts(core) if text.startswith(subject) and advice == cure]
            seen[left] = [int(text.removesuffix(" days")) for text in found]
        warned = {61: [], 60: [60], 45: [60], 30: [60, 30], 14: [60, 30, 14], 8: [60, 30, 14], 7: [60, 30, 14, 7], 2: [60, 30, 14, 7]}
        assert seen == warned | {1: [60, 30, 14, 7, 1], 0: [60, 30, 14, 7, 1]}

    def test_the_hubs_own_name_their_renewal(self, core: Core) -> None:
        own = {issued.profile: issued for issued in core.authority.own_certificates()}
        raise_expiry_alerts(core, own["hub-tls"].not_after - 60 * DAY)
        assert (f"certificate {own['hub-tls'].serial} (hub-tls) in 60 days", "vanhub ca renew hub-tls") in open_alerts(core)
        raise_expiry_alerts(core, own["acknowledgement-signer"].not_after - 60 * DAY)
        assert ("vanhub ca renew acknowledgement") in [cure for _, cure in open_alerts(core)]

    def test_one_that_has_a_successor_and_one_revoked_are_not_announced(self, core: Core) -> None:
        first = issue_for(core, trader(core), new_key().public_key(), label="", actor="tester")
        later = core.authority.issue("partner", "trader", "", new_key().public_key(), NOW + DAY)
        core.store.call(certificates.record_certificate, record_of(later), now=NOW, actor="tester")
        raise_expiry_alerts(core, first.not_after - DAY)
        assert not [text for text, _ in open_alerts(core) if first.serial in text]
        revoke(core, later.serial, reason="superseded", actor="tester")
        raise_expiry_alerts(core, first.not_after - DAY)
        assert [text for text, _ in open_alerts(core) if first.serial in text]
        assert not [text for text, _ in open_alerts(core) if f"{later.serial} (partner trader) in 1 days" in text]

    def test_the_roots_list_names_the_verb(self, core: Core) -> None:
        end = core.authority.crls()["root"].next_update
        raise_expiry_alerts(core, end - 60 * DAY)
        assert ("CRL of the root CA in 60 days", "bring root.key back, then vanhub ca crl --root") in open_alerts(core)
        found = [row for row in do(core, "ca.expiring", days=365) if row["profile"] == "root CRL"]
        assert found == []
        found = [row for row in do(core, "ca.expiring", days=366) if row["profile"] == "root CRL"]
        assert [(row["serial"], row["state"], row["days"]) for row in found] == [("CRL 0", "valid", 365)]
