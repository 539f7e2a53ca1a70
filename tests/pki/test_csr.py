from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.pki.judges import DOMAIN, Ca, openssl
from vanhub.errors import Refused
from vanhub.pki import keys, profiles, subjects
from vanhub.pki.csr import OCTETS_MOST, parse_csr

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def _request(folder: Path, *kind: str, subject: str = "/CN=somebody", form: str = "PEM") -> bytes:
    openssl("req", "-new", *kind, "-noenc", "-keyout", folder / "a.key", "-out", folder / "a.csr", "-outform", form, "-subj", subject)
    return (folder / "a.csr").read_bytes()


def _public(folder: Path) -> bytes:
    return openssl("pkey", "-in", folder / "a.key", "-pubout").encode()


def _pem(key: keys.PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("kind", "form"),
    [(EC, "PEM"), (EC, "DER"), (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"), "PEM"), (("-newkey", "rsa:3072"), "DER")],
    ids=["P-256", "P-256 in DER", "P-384", "RSA in DER"],
)
def test_the_public_key_of_a_request_is_taken(kind: tuple[str, ...], form: str, tmp_path: Path) -> None:
    assert _pem(parse_csr(_request(tmp_path, *kind, form=form))) == _public(tmp_path)


def test_nothing_but_the_public_key_is_taken(ca: Ca, tmp_path: Path) -> None:
    asked = (
        "-addext",
        "subjectAltName=DNS:customs.agency.vanhub.example",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "extendedKeyUsage=serverAuth",
    )
    key = parse_csr(_request(tmp_path, *EC, *asked, subject="/O=Customs/CN=customs"))
    certificate = ca.leaf(profiles.PARTNER, subjects.principal_subject(profiles.PARTNER, "broker", "Broker Ltd.", DOMAIN), key)
    assert certificate.subject.rfc4514_string() == "CN=broker,O=Broker Ltd."
    assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == x509.SubjectAlternativeName(
        [x509.DNSName("broker.partner.vanhub.example"), x509.UniformResourceIdentifier("https://vanhub.example/principals/broker")]
    )
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (("-newkey", "rsa:2048"), "the RSA key has 2048 bits"),
        (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"), "the key is on the curve secp521r1"),
        (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"), "the key is on the curve secp256k1"),
        (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP160r1"), "this is no certificate signing request that can be read"),
        (("-newkey", "ed25519"), "the key is of a kind that is not certified here"),
        ((*EC, "-sha1"), "the certificate signing request is not signed with SHA-256"),
    ],
    ids=["RSA-2048", "P-521", "secp256k1", "brainpool", "Ed25519", "SHA-1"],
)
def test_weak_requests_are_refused(kind: tuple[str, ...], text: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as error:
        parse_csr(_request(tmp_path, *kind))
    assert str(error.value).startswith(text)


def test_a_request_that_somebody_altered_is_refused(tmp_path: Path) -> None:
    der = _request(tmp_path, *EC, form="DER")
    with pytest.raises(Refused, match="does not prove possession of the key"):
        parse_csr(der.replace(b"somebody", b"somebodx"))


def test_a_key_that_is_known_is_refused(tmp_path: Path) -> None:
    csr = _request(tmp_path, *EC)
    known = {keys.fingerprint(parse_csr(csr))}
    with pytest.raises(Refused, match="this key was certified before"):
        parse_csr(csr, known=known)


def test_a_request_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(Refused, match="more than 65536"):
        parse_csr(b"0" * (OCTETS_MOST + 1))


def _small_csr() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


_CSR = _small_csr()


@given(st.binary(max_size=300))
@example(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
@settings(max_examples=100, deadline=None)
def test_any_octets_are_refused_politely(data: bytes) -> None:
    with pytest.raises(Refused):
        parse_csr(data)


@given(st.integers(0, len(_CSR) - 1), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_request_with_one_octet_changed_gives_no_other_key(place: int, change: int) -> None:
    altered = bytearray(_CSR)
    altered[place] ^= change
    try:
        key = parse_csr(bytes(altered))
    except Refused:
        return
    # One octet is not signed and means nothing: how many bits the signature's BIT STRING leaves unused.
    assert key == parse_csr(_CSR)
