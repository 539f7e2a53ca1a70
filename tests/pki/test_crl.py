from __future__ import annotations

from datetime import timedelta

import pytest
from asn1crypto import crl as asn1_crl
from cryptography import x509

from tests.pki.judges import NOW, Ca, openssl, pem
from vanhub.errors import OperatorError
from vanhub.pki.crl import REASONS, IssuedCrl, Revoked, build_crl, require_reason

LATER = NOW + timedelta(days=7)


def test_a_list_as_openssl_reads_it(ca: Ca) -> None:
    revoked = [Revoked(0x4A, NOW - timedelta(days=2), "keyCompromise"), Revoked(0x4B, NOW - timedelta(days=1))]
    crl = build_crl(ca.issuing, number=7, revoked=revoked, now=NOW, next_update=LATER)
    lines = [line.strip() for line in openssl("crl", "-noout", "-text", input=pem(crl)).splitlines()]
    key_id = ca.issuing.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert lines[: lines.index("Signature Algorithm: ecdsa-with-SHA256", 5)] == [
        "Certificate Revocation List (CRL):",
        "Version 2 (0x1)",
        "Signature Algorithm: ecdsa-with-SHA256",
        f"Issuer: O = vanhub.example, CN = vanhub.example issuing CA {key_id[:4].hex()}",
        "Last Update: Nov 21 08:30:15 2026 GMT",
        "Next Update: Nov 28 08:30:15 2026 GMT",
        "CRL extensions:",
        "X509v3 Authority Key Identifier:",
        key_id.hex(":").upper(),
        "X509v3 CRL Number:",
        "7",
        "Revoked Certificates:",
        "Serial Number: 4A",
        "Revocation Date: Nov 19 08:30:15 2026 GMT",
        "CRL entry extensions:",
        "X509v3 CRL Reason Code:",
        "Key Compromise",
        "Serial Number: 4B",
        "Revocation Date: Nov 20 08:30:15 2026 GMT",
    ]


def test_a_list_is_signed_by_its_issuer_only(ca: Ca) -> None:
    crl = build_crl(ca.issuing, number=1, revoked=[], now=NOW, next_update=LATER)
    assert crl.is_signature_valid(ca.issuing.key.public_key())
    assert not crl.is_signature_valid(ca.root.key.public_key())


def test_every_reason_can_stand_in_a_list(ca: Ca) -> None:
    revoked = [Revoked(number, NOW, reason) for number, reason in enumerate(REASONS, start=1)]
    crl = build_crl(ca.issuing, number=1, revoked=revoked, now=NOW, next_update=LATER)
    found = {}
    for entry in crl:
        reasons = [extension.value.reason.value for extension in entry.extensions if isinstance(extension.value, x509.CRLReason)]
        found[entry.serial_number] = reasons[0] if reasons else "unspecified"
    assert found == {entry.serial: entry.reason for entry in revoked}


def test_another_reason_is_named_with_those_there_are(ca: Ca) -> None:
    with pytest.raises(OperatorError, match="'stolen' is no reason for revocation: it is one of unspecified, keyCompromise, cACompromise"):
        require_reason("stolen")
    with pytest.raises(OperatorError, match="'removeFromCRL' is no reason"):
        build_crl(ca.issuing, number=1, revoked=[Revoked(1, NOW, "removeFromCRL")], now=NOW, next_update=LATER)


def test_what_the_store_keeps_of_a_list(ca: Ca) -> None:
    crl = build_crl(ca.issuing, number=9, revoked=[], now=NOW, next_update=LATER)
    issued = IssuedCrl.of("issuing", crl)
    assert (issued.issuer, issued.number, issued.issued_at, issued.next_update) == ("issuing", 9, NOW.replace(microsecond=0), LATER.replace(microsecond=0))
    assert issued.pem == pem(crl)


def test_a_list_without_a_next_update_is_none_of_ours(ca: Ca) -> None:
    endless = asn1_crl.CertificateList.load(IssuedCrl.of("issuing", build_crl(ca.issuing, number=9, revoked=[], now=NOW, next_update=LATER)).der)
    del endless["tbs_cert_list"]["next_update"]
    with pytest.raises(ValueError, match="a CRL without a next update"):
        IssuedCrl.of("issuing", x509.load_der_x509_crl(endless.dump(force=True)))
