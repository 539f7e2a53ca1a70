"""Certificates, revocation lists and alerts as remembered, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.builders import NOW
from vanhub.errors import Conflict, NotFound
from vanhub.store import Store, alerts, certificates, credentials, journal, principals
from vanhub.values.agreement import Agreement
from vanhub.values.principal import Credential, CredentialKind, Principal, PrincipalKind
from vanhub.values.records import Alert, CertificateRecord, CrlRecord

DAY = timedelta(days=1)
CERTIFICATE = CertificateRecord("0a1b", "trader", "partner", "ab" * 32, "ba" * 32, b"\x30\x82", NOW, NOW + 365 * DAY)


def record(store: Store, issued: CertificateRecord) -> None:
    store.call(certificates.record_certificate, issued, now=NOW, actor="operator")


def test_certificates_are_remembered_and_revoked(store: Store) -> None:
    other = replace(CERTIFICATE, serial="0c", principal="carrier", fingerprint="cd" * 32, not_before=NOW + DAY)
    record(store, CERTIFICATE)
    record(store, other)
    with pytest.raises(Conflict):
        record(store, CERTIFICATE)
    revoked = store.call(certificates.revoke_certificate, "0a1b", reason="keyCompromise", now=NOW + DAY, actor="operator")
    assert revoked == replace(CERTIFICATE, revoked_at=NOW + DAY, reason="keyCompromise")
    assert store.call(certificates.revoke_certificate, "0a1b", reason="x", now=NOW + 2 * DAY, actor="operator") == revoked
    assert store.look(certificates.list_certificates) == [revoked, other]
    assert store.look(certificates.list_certificates, principal="carrier") == [other]
    assert store.look(certificates.list_certificates, revoked=True) == [revoked]
    assert store.look(certificates.list_certificates, revoked=False) == [other]
    with pytest.raises(NotFound):
        store.look(certificates.get_certificate, "ff")
    assert [leaf.kind for leaf in store.look(journal.list_leaves, subject="0a1b")] == ["certificate.issued", "certificate.revoked"]


def test_a_key_is_known_once_a_certificate_was_issued_for_it(store: Store) -> None:
    assert not store.look(certificates.key_is_known, CERTIFICATE.key_fingerprint)
    record(store, CERTIFICATE)
    store.call(certificates.revoke_certificate, CERTIFICATE.serial, reason="superseded", now=NOW, actor="operator")
    assert store.look(certificates.key_is_known, CERTIFICATE.key_fingerprint)
    assert not store.look(certificates.key_is_known, "cd" * 32)


def test_a_one_time_code_pays_for_one_certificate(store: Store) -> None:
    trader = Principal("trader", PrincipalKind.PARTNER, "Trader", "", True, (), (), Agreement())
    store.call(principals.add_principal, trader, now=NOW, actor="operator")
    code = Credential("c1", "trader", CredentialKind.ENROLMENT, "ee" * 32, "", "", NOW, NOW + DAY, None)
    store.call(credentials.add_credential, code, now=NOW, actor="operator")
    issued = [replace(CERTIFICATE, serial=f"0{number}", fingerprint=f"{number}" * 64, key_fingerprint=f"{number}" * 64) for number in range(8)]
    valid_as = [replace(code, id=f"v{number}", kind=CredentialKind.CERTIFICATE, fingerprint=each.fingerprint) for number, each in enumerate(issued)]
    futures = [
        store.submit(certificates.record_client_certificate, each, credential, code="c1", now=NOW, actor="trader")
        for each, credential in zip(issued, valid_as, strict=True)
    ]
    outcomes = [future.exception() for future in futures]
    assert outcomes[0] is None
    assert {(type(error), str(error)) for error in outcomes[1:]} == {(Conflict, "this one-time code was used already")}
    assert store.look(certificates.list_certificates) == [issued[0]]
    assert store.look(credentials.list_credentials) == [replace(code, revoked_at=NOW, revocation_reason="used"), valid_as[0]]


def test_what_expires_is_found_in_order(store: Store) -> None:
    for number, days in enumerate((30, 7, 60, 0, -1)):
        record(store, replace(CERTIFICATE, serial=f"0{number}", fingerprint=f"{number}", not_after=NOW + days * DAY))
    store.call(certificates.revoke_certificate, "01", reason="", now=NOW, actor="operator")
    record(store, replace(CERTIFICATE, serial="05", fingerprint="5", not_after=NOW + 7 * DAY))
    assert [each.serial for each in store.look(certificates.expiring, now=NOW, until=NOW + 30 * DAY)] == ["05", "00"]


def test_crl_numbers_only_grow(store: Store) -> None:
    assert store.look(certificates.latest_crl, "issuing") is None
    first, second, third = (store.call(certificates.next_crl_number) for _ in range(3))
    assert first < second < third
    lists = [CrlRecord(number, "issuing", NOW, NOW + DAY, b"\x30" + bytes([number])) for number in (first, third)]
    for each in lists:
        store.call(certificates.record_crl, each, actor="hub")
    assert store.look(certificates.latest_crl, "issuing") == lists[1]
    assert store.look(certificates.latest_crl, "root") is None


def test_an_alert_is_raised_once_until_cleared(store: Store) -> None:
    def raise_it(text: str = "text") -> bool:
        return store.call(alerts.raise_once, "disk", "var", text=text, cure="cure", now=NOW, actor="hub")

    assert raise_it()
    assert not raise_it("other")
    assert store.call(alerts.raise_once, "disk", "other", text="t", cure="c", now=NOW, actor="hub")
    assert store.look(alerts.list_alerts) == [Alert(2, "disk", "other", NOW, None, "t", "c"), Alert(1, "disk", "var", NOW, None, "text", "cure")]
    assert store.call(alerts.clear, "disk", "var", now=NOW + DAY, actor="hub")
    assert not store.call(alerts.clear, "disk", "var", now=NOW + DAY, actor="hub")
    assert raise_it()
    assert [each.number for each in store.look(alerts.list_alerts)] == [3, 2]
    assert [(each.number, each.cleared_at) for each in store.look(alerts.list_alerts, cleared=True)] == [(3, None), (2, None), (1, NOW + DAY)]
    assert store.call(alerts.clear_number, 3, now=NOW + DAY, actor="operator").cleared_at == NOW + DAY
    assert store.call(alerts.clear_number, 3, now=NOW + 2 * DAY, actor="operator").cleared_at == NOW + DAY
    with pytest.raises(NotFound):
        store.call(alerts.clear_number, 9, now=NOW, actor="operator")
    kinds = [leaf.kind for leaf in store.look(journal.list_leaves, subject="var")]
    assert kinds == ["alert.raised", "alert.cleared", "alert.raised", "alert.cleared"]
