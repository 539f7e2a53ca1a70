from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pki.judges import DOMAIN, NOW, Ca, openssl, openssl_verify, pem, seeded
from vanhub.errors import OperatorError, Refused
from vanhub.pki import issue, keys, profiles, subjects
from vanhub.pki.crl import Revoked, build_crl
from vanhub.pki.profiles import Profile
from vanhub.pki.subjects import Subject

SUBJECTS = {
    profiles.HUB_TLS: subjects.hub_subject(["edi.vanhub.example", "localhost", "127.0.0.1", "::1"], DOMAIN),
    profiles.ACKNOWLEDGEMENT_SIGNER: subjects.acknowledgement_subject(DOMAIN),
    **{profile: subjects.principal_subject(profile, "some-id", "Some Name 某公司", DOMAIN) for profile in profiles.PRINCIPAL_PROFILES},
}
LEAVES = pytest.mark.parametrize("profile", SUBJECTS, ids=lambda profile: profile.name)


@LEAVES
def test_openssl_strictly_accepts_a_leaf_until_it_is_revoked(profile: Profile, ca: Ca, tmp_path: Path) -> None:
    leaf = ca.leaf(profile, SUBJECTS[profile])
    later = NOW + timedelta(days=7)
    root_list = build_crl(ca.root, number=1, revoked=[], now=NOW, next_update=later)
    empty = build_crl(ca.issuing, number=1, revoked=[], now=NOW, next_update=later)
    full = build_crl(ca.issuing, number=2, revoked=[Revoked(leaf.serial_number, NOW, "keyCompromise")], now=NOW, next_update=later)
    good = openssl_verify(leaf, ca, tmp_path, crls=[root_list, empty])
    assert good.good, good.text
    bad = openssl_verify(leaf, ca, tmp_path, crls=[root_list, full])
    assert not bad.good
    assert "error 23 at 0 depth lookup: certificate revoked" in bad.text


def test_openssl_refuses_the_leaves_of_a_revoked_issuing_ca(ca: Ca, tmp_path: Path) -> None:
    leaf = ca.leaf(profiles.PARTNER, SUBJECTS[profiles.PARTNER])
    later = NOW + timedelta(days=7)
    gone = build_crl(ca.root, number=1, revoked=[Revoked(ca.issuing.certificate.serial_number, NOW, "cACompromise")], now=NOW, next_update=later)
    empty = build_crl(ca.issuing, number=1, revoked=[], now=NOW, next_update=later)
    verdict = openssl_verify(leaf, ca, tmp_path, crls=[gone, empty])
    assert not verdict.good
    assert "error 23 at 1 depth lookup: certificate revoked" in verdict.text


PURPOSES = {
    "sslclient": set(profiles.PRINCIPAL_PROFILES),
    "sslserver": {profiles.HUB_TLS},
    "smimesign": {profiles.ACKNOWLEDGEMENT_SIGNER},
    "crlsign": set(),
    "timestampsign": set(),
}


@LEAVES
def test_a_leaf_serves_its_purpose_and_no_other(profile: Profile, ca: Ca, tmp_path: Path) -> None:
    leaf = ca.leaf(profile, SUBJECTS[profile])
    assert {purpose: openssl_verify(leaf, ca, tmp_path, purpose=purpose).good for purpose in PURPOSES} == {
        purpose: profile in served for purpose, served in PURPOSES.items()
    }


USES = {
    "root": ("critical,keyCertSign,cRLSign", None, "critical,CA:TRUE,1"),
    "issuing": ("critical,keyCertSign,cRLSign", None, "critical,CA:TRUE,0"),
    "hub-tls": ("critical,digitalSignature", ["serverAuth"], "critical,CA:FALSE"),
    "acknowledgement-signer": ("critical,digitalSignature,contentCommitment", ["1.3.6.1.5.5.7.3.36", "emailProtection"], "critical,CA:FALSE"),
    "partner": ("critical,digitalSignature", ["clientAuth"], "critical,CA:FALSE"),
    "agency": ("critical,digitalSignature", ["clientAuth"], "critical,CA:FALSE"),
    "operator": ("critical,digitalSignature", ["clientAuth"], "critical,CA:FALSE"),
}


def _uses(certificate: x509.Certificate) -> tuple[str, list[str] | None, str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    names = {
        "digitalSignature": usage.value.digital_signature,
        "contentCommitment": usage.value.content_commitment,
        "keyEncipherment": usage.value.key_encipherment,
        "dataEncipherment": usage.value.data_encipherment,
        "keyAgreement": usage.value.key_agreement,
        "keyCertSign": usage.value.key_cert_sign,
        "cRLSign": usage.value.crl_sign,
    }
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    critical = {True: "critical,", False: ""}
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        known = None
    else:
        known = [use._name if use._name != "Unknown OID" else use.dotted_string for use in extended]
    return (
        critical[usage.critical] + ",".join(name for name, used in names.items() if used),
        known,
        critical[constraints.critical] + (f"CA:TRUE,{constraints.value.path_length}" if constraints.value.ca else "CA:FALSE"),
    )


def test_uses_are_exactly_those_of_the_profile(ca: Ca) -> None:
    made = {"root": ca.root.certificate, "issuing": ca.issuing.certificate}
    made |= {profile.name: ca.leaf(profile, subject) for profile, subject in SUBJECTS.items()}
    assert {name: _uses(certificate) for name, certificate in made.items()} == USES
    assert set(made) == set(profiles.PROFILES)


def test_a_partner_certificate_as_openssl_reads_it(ca: Ca) -> None:
    leaf = ca.leaf(profiles.PARTNER, SUBJECTS[profiles.PARTNER])
    text = openssl("x509", "-noout", "-subject", "-issuer", "-dates", "-nameopt", "utf8,sep_comma_plus", input=pem(leaf))
    issuing_id = ca.issuing.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert text.splitlines() == [
        "subject=O=Some Name 某公司,CN=some-id",
        f"issuer=O=vanhub.example,CN=vanhub.example issuing CA {issuing_id[:4].hex()}",
        "notBefore=Nov 21 07:30:15 2026 GMT",
        "notAfter=Nov 21 07:30:14 2027 GMT",
    ]
    wanted = "subjectAltName,crlDistributionPoints,authorityInfoAccess,authorityKeyIdentifier"
    extensions = openssl("x509", "-noout", "-ext", wanted, input=pem(leaf)).split("\n")
    assert [line.strip() for line in extensions if line] == [
        "X509v3 Subject Alternative Name:",
        "DNS:some-id.partner.vanhub.example, URI:https://vanhub.example/principals/some-id",
        "X509v3 Authority Key Identifier:",
        issuing_id.hex(":").upper(),
        "X509v3 CRL Distribution Points:",
        "Full Name:",
        "URI:http://vanhub.example/pki/issuing.crl",
        "Authority Information Access:",
        "CA Issuers - URI:http://vanhub.example/pki/issuing.cer",
    ]


@LEAVES
def test_a_leaf_lasts_no_longer_than_its_profile_or_its_issuer(profile: Profile, ca: Ca) -> None:
    leaf = ca.leaf(profile, SUBJECTS[profile])
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc + timedelta(seconds=1) == profile.lifetime
    issuer = ca.issuing.certificate
    late = ca.leaf(profile, SUBJECTS[profile], now=issuer.not_valid_after_utc - timedelta(days=30))
    assert late.not_valid_after_utc == issuer.not_valid_after_utc
    early = ca.leaf(profile, SUBJECTS[profile], now=issuer.not_valid_before_utc)
    assert early.not_valid_before_utc == issuer.not_valid_before_utc


@pytest.mark.parametrize("profile", [*profiles.PRINCIPAL_PROFILES, profiles.HUB_TLS], ids=lambda profile: profile.name)
def test_tls_certificates_last_a_year_at_most(profile: Profile) -> None:
    assert profile.lifetime <= timedelta(days=365)


def test_an_expired_issuer_signs_nothing(ca: Ca) -> None:
    end = ca.issuing.certificate.not_valid_after_utc
    with pytest.raises(OperatorError, match="the issuing CA expired on 2031-11-21: renew it"):
        ca.leaf(profiles.PARTNER, SUBJECTS[profiles.PARTNER], now=end)
    with pytest.raises(OperatorError, match="the root CA expired on 2046-11-2"):
        issue.issue_issuing(keys.new_key().public_key(), root=ca.root, domain=DOMAIN, now=ca.root.certificate.not_valid_after_utc, entropy=seeded(1))


def test_the_profile_of_a_ca_is_no_leafs(ca: Ca) -> None:
    with pytest.raises(OperatorError, match="the profile issuing is no leaf's"):
        ca.leaf(profiles.ISSUING, Subject("x", "y"))


def test_a_weak_key_is_not_certified(ca: Ca) -> None:
    with pytest.raises(Refused, match="the RSA key has 2048 bits"):
        ca.leaf(profiles.PARTNER, SUBJECTS[profiles.PARTNER], rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key())


def test_other_strong_keys_make_certificates_that_openssl_accepts(ca: Ca, tmp_path: Path) -> None:
    for key in (ec.generate_private_key(ec.SECP384R1()).public_key(), rsa.RSAPublicNumbers(65537, (1 << 3071) + 1).public_key()):
        verdict = openssl_verify(ca.leaf(profiles.PARTNER, SUBJECTS[profiles.PARTNER], key), ca, tmp_path, purpose="sslclient")
        assert verdict.good, verdict.text


def test_a_renewed_issuing_ca_signs_for_the_same_leaves(ca: Ca, tmp_path: Path) -> None:
    leaf = ca.leaf(profiles.PARTNER, SUBJECTS[profiles.PARTNER])
    public_key = keys.require_strong(ca.issuing.key.public_key())
    renewed = issue.issue_issuing(public_key, root=ca.root, domain=DOMAIN, now=NOW + timedelta(days=300), entropy=seeded(9))
    later = Ca(ca.root, issue.Issuer(renewed, ca.issuing.key), NOW + timedelta(days=300))
    verdict = openssl_verify(leaf, later, tmp_path, purpose="sslclient")
    assert verdict.good, verdict.text


@given(st.binary(min_size=16, max_size=16))
@settings(max_examples=50, deadline=None)
def test_a_serial_has_sixteen_octets_and_all_the_randomness_but_two_bits(random: bytes) -> None:
    serial = issue.new_serial(lambda octets: random[:octets])
    assert serial.bit_length() == 127
    assert serial & (1 << 126) - 1 == int.from_bytes(random, "big") & (1 << 126) - 1
    assert issue.serial_text(serial) == f"{serial:x}"


def test_what_the_store_keeps_of_a_certificate_is_what_openssl_says(ca: Ca) -> None:
    issued = issue.IssuedCertificate(ca.leaf(profiles.AGENCY, SUBJECTS[profiles.AGENCY]), "agency", "some-id")
    text = openssl("x509", "-noout", "-serial", "-fingerprint", "-sha256", input=issued.pem).splitlines()
    assert text == [f"serial={issued.serial.upper()}", f"sha256 Fingerprint={bytes.fromhex(issued.fingerprint).hex(':').upper()}"]
    assert (issued.not_before, issued.not_after) == (issued.certificate.not_valid_before_utc, issued.certificate.not_valid_after_utc)


def test_an_issuer_does_not_show_its_key(ca: Ca) -> None:
    assert repr(ca.issuing) == f"Issuer(certificate={ca.issuing.certificate!r})"
