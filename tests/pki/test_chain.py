from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tests.pki.judges import DOMAIN, NOW, Ca, openssl_verify
from vanhub.errors import Untrusted
from vanhub.pki import profiles, subjects
from vanhub.pki.chain import certificate_id, verify_client, verify_signer
from vanhub.pki.issue import Issuer, issue_leaf
from vanhub.pki.keys import new_key
from vanhub.pki.profiles import Profile

PARTNER = subjects.principal_subject(profiles.PARTNER, "broker", "Broker Ltd.", DOMAIN)
SIGNER = subjects.acknowledgement_subject(DOMAIN)


@pytest.fixture(scope="module")
def client(ca: Ca) -> x509.Certificate:
    return ca.leaf(profiles.PARTNER, PARTNER)


def _refusal(leaf: x509.Certificate, ca: Ca, **how: object) -> str:
    arguments: dict[str, object] = {"intermediates": [ca.issuing.certificate], "roots": [ca.root.certificate], "at": NOW} | how
    with pytest.raises(Untrusted) as error:
        verify_client(leaf, **arguments)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.parametrize("profile", profiles.PRINCIPAL_PROFILES, ids=lambda profile: profile.name)
def test_a_principals_certificate_is_good_for_a_client(profile: Profile, ca: Ca) -> None:
    leaf = ca.leaf(profile, subjects.principal_subject(profile, "someone", "", DOMAIN))
    chain = verify_client(leaf, [ca.issuing.certificate], roots=[ca.root.certificate], at=NOW)
    assert chain == [leaf, ca.issuing.certificate, ca.root.certificate]


def test_a_second_root_does_not_disturb(ca: Ca, client: x509.Certificate) -> None:
    other = Ca.make()
    chain = verify_client(client, [other.issuing.certificate, ca.issuing.certificate], roots=[other.root.certificate, ca.root.certificate], at=NOW)
    assert chain[-1] == ca.root.certificate


def test_time_is_kept_to_the_second_and_openssl_agrees(ca: Ca, client: x509.Certificate, tmp_path: Path) -> None:
    first, last, second = client.not_valid_before_utc, client.not_valid_after_utc, timedelta(seconds=1)
    for at in (first, last):
        verify_client(client, [ca.issuing.certificate], roots=[ca.root.certificate], at=at)
    # RFC 5280 counts the last second in, openssl does not.
    assert openssl_verify(client, ca, tmp_path, at=first).good
    assert openssl_verify(client, ca, tmp_path, at=last - second).good
    assert _refusal(client, ca, at=first - second) == "the certificate is not valid before 2026-11-21T07:30:15Z"
    assert _refusal(client, ca, at=last + second) == "the certificate expired at 2027-11-21T07:30:14Z"
    assert not openssl_verify(client, ca, tmp_path, at=first - second).good
    assert not openssl_verify(client, ca, tmp_path, at=last + second).good


def test_the_certificate_of_another_ca_is_refused(ca: Ca) -> None:
    stranger = Ca.make().leaf(profiles.PARTNER, PARTNER)
    assert _refusal(stranger, ca).startswith("the certificate does not chain to the hub's root")


def test_a_chain_cut_short_is_refused(ca: Ca, client: x509.Certificate) -> None:
    assert _refusal(client, ca, intermediates=[]).startswith("the certificate does not chain to the hub's root")


def test_a_leaf_signs_no_other_leaf(ca: Ca) -> None:
    leaf, key = ca.leaf_and_key(profiles.PARTNER, PARTNER)
    forged = issue_leaf(profiles.AGENCY, PARTNER, new_key().public_key(), issuer=Issuer(leaf, key), now=NOW, entropy=ca.entropy, domain=DOMAIN)
    assert _refusal(forged, ca, intermediates=[leaf, ca.issuing.certificate]).startswith("the certificate does not chain to the hub's root")


@pytest.mark.parametrize(
    ("profile", "subject"),
    [(profiles.HUB_TLS, subjects.hub_subject(["edi.vanhub.example"], DOMAIN)), (profiles.ACKNOWLEDGEMENT_SIGNER, SIGNER)],
    ids=["hub-tls", "acknowledgement-signer"],
)
def test_the_hubs_own_certificates_are_no_clients(profile: Profile, subject: subjects.Subject, ca: Ca) -> None:
    assert _refusal(ca.leaf(profile, subject), ca) == "the certificate is not for TLS clients"


def test_an_issuing_ca_is_no_client(ca: Ca) -> None:
    assert _refusal(ca.issuing.certificate, ca).startswith("the certificate does not")


def test_a_client_does_not_sign_for_the_hub(ca: Ca, client: x509.Certificate) -> None:
    with pytest.raises(Untrusted, match="the certificate is not for signing acknowledgements"):
        verify_signer(client, [ca.issuing.certificate], roots=[ca.root.certificate], at=NOW)
    signer = ca.leaf(profiles.ACKNOWLEDGEMENT_SIGNER, SIGNER)
    assert verify_signer(signer, [ca.issuing.certificate], roots=[ca.root.certificate], at=NOW)[0] == signer


def test_what_is_revoked_is_refused(ca: Ca, client: x509.Certificate) -> None:
    other = ca.leaf(profiles.PARTNER, PARTNER)
    assert _refusal(client, ca, revoked={certificate_id(client), certificate_id(other)}) == "the certificate is revoked"
    assert _refusal(client, ca, revoked={certificate_id(ca.issuing.certificate)}) == "the certificate's issuer is revoked"
    verify_client(client, [ca.issuing.certificate], roots=[ca.root.certificate], at=NOW, revoked={certificate_id(other)})


def test_the_same_serial_of_another_issuer_is_another_certificate(ca: Ca, client: x509.Certificate) -> None:
    elsewhere = (ca.root.certificate.subject.rfc4514_string(), client.serial_number)
    verify_client(client, [ca.issuing.certificate], roots=[ca.root.certificate], at=NOW, revoked={elsewhere})
