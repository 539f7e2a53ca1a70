"""Certificate revocation lists (RFC 5280, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from vanhub.errors import OperatorError
from vanhub.pki.issue import Issuer, signature_hash

# RFC 5280, 5.3.1; removeFromCRL belongs to delta CRLs and certificateHold can be undone: neither is used here.
REASONS = {
    reason.value: reason
    for reason in (
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.key_compromise,
        x509.ReasonFlags.ca_compromise,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.privilege_withdrawn,
        x509.ReasonFlags.aa_compromise,
    )
}


@dataclass(frozen=True, slots=True)
class Revoked:
    """A revoked certificate: serial number, since when (aware UTC), and why (a key of ``REASONS``)."""

    serial: int
    at: datetime
    reason: str = "unspecified"


@dataclass(frozen=True, slots=True)
class IssuedCrl:
    """A list that a CA has issued: ``issuer`` is ``"root"`` or ``"issuing"``, times are aware UTC."""

    issuer: str
    number: int
    issued_at: datetime
    next_update: datetime
    der: bytes

    @classmethod
    def of(cls, issuer: str, crl: x509.CertificateRevocationList) -> IssuedCrl:
        """``crl`` as what it says of itself. ``ValueError`` where it has no number or no next update, as every list made here has."""
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        if crl.next_update_utc is None:
            raise ValueError("a CRL without a next update")
        return cls(issuer, number, crl.last_update_utc, crl.next_update_utc, crl.public_bytes(serialization.Encoding.DER))

    @property
    def pem(self) -> bytes:
        return x509.load_der_x509_crl(self.der).public_bytes(serialization.Encoding.PEM)


def require_reason(reason: str) -> str:
    """``reason`` if RFC 5280 knows it by this name (``keyCompromise`` ...).

    Raises:
        OperatorError: otherwise.
    """
    if reason not in REASONS:
        raise OperatorError(f"{reason!r} is no reason for revocation: it is one of {', '.join(REASONS)}")
    return reason


def build_crl(issuer: Issuer, *, number: int, revoked: Iterable[Revoked], now: datetime, next_update: datetime) -> x509.CertificateRevocationList:
    """The list of ``issuer``; ``number`` must be above that of every earlier list of the same issuer.

    Raises:
        OperatorError: a reason that is none.
    """
    key_id = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now.replace(microsecond=0))
        .next_update(next_update.replace(microsecond=0))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(_entry(entry))
    return builder.sign(issuer.key, signature_hash(issuer.key))


def _entry(revoked: Revoked) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(revoked.serial).revocation_date(revoked.at.replace(microsecond=0))
    # RFC 5280, 5.3.1: the reason code "SHOULD be absent instead of using the unspecified (0) reasonCode value".
    if require_reason(revoked.reason) != x509.ReasonFlags.unspecified.value:
        builder = builder.add_extension(x509.CRLReason(REASONS[revoked.reason]), critical=False)
    return builder.build()
