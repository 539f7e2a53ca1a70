"""Issuing certificates: root, issuing CA, leaves.

Rules kept here:
- What a certificate may be used for comes from its profile, whom it names from a ``Subject``; only the public key is the applicant's.
- Serial numbers have 126 random bits from ``entropy`` (the CA/Browser Forum asks for 64) in a fixed length of 16 octets.
- Validity begins an hour before ``now``, because partners' clocks are late, and never before the issuer's; it never ends after the issuer's.
- RFC 5280: subject and authority key identifiers, critical basic constraints and key usage, where the CRL and the issuer's certificate are.
  These addresses are http on purpose (RFC 5280, section 8: a verifier that needs TLS to check TLS may never end).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from vanhub.errors import OperatorError
from vanhub.pki.keys import PrivateKey, PublicKey, require_strong
from vanhub.pki.profiles import ISSUING, ROOT, Profile
from vanhub.pki.subjects import Subject, authority_subject

Entropy = Callable[[int], bytes]

_BACKDATED = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A CA that signs: its certificate and its private key."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that the CA has issued, with what the store keeps of it. ``principal`` is ``""`` for the hub's own."""

    certificate: x509.Certificate
    profile: str
    principal: str

    @property
    def serial(self) -> str:
        """The serial number as lower-case hex of 32 digits, as verbs show and take it."""
        return serial_text(self.certificate.serial_number)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """Lower-case hex SHA-256 of the DER: what a credential is found by."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def not_before(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc


def serial_text(serial: int) -> str:
    """A serial number as lower-case hex, at least 32 digits."""
    return f"{serial:032x}"


def issue_root(key: PrivateKey, *, domain: str, now: datetime, entropy: Entropy) -> x509.Certificate:
    """The self-signed root of ``domain``."""
    public_key = require_strong(key.public_key())
    subject = authority_subject("root", x509.SubjectKeyIdentifier.from_public_key(public_key).digest, domain)
    start = _start(now)
    return _builder(ROOT, subject, public_key, subject.name(), start, start + ROOT.lifetime - _SECOND, entropy).sign(key, signature_hash(key))


def issue_issuing(public_key: PublicKey, *, root: Issuer, domain: str, now: datetime, entropy: Entropy) -> x509.Certificate:
    """A certificate of the issuing CA, signed by the root. A renewal of the same key gets the same name, so that leaves chain to either.

    Raises:
        OperatorError: the root has expired.
    """
    subject = authority_subject("issuing", x509.SubjectKeyIdentifier.from_public_key(require_strong(public_key)).digest, domain)
    return _signed(ISSUING, subject, public_key, root, "root", now, entropy, domain)


def issue_leaf(profile: Profile, subject: Subject, public_key: PublicKey, *, issuer: Issuer, now: datetime, entropy: Entropy, domain: str) -> x509.Certificate:
    """A leaf of ``profile`` that names ``subject``, signed by the issuing CA.

    Raises:
        Refused: the key is weak.
        OperatorError: the issuing CA has expired, or the profile is a CA's.
    """
    if profile.is_ca:
        raise OperatorError(f"the profile {profile.name} is no leaf's")
    return _signed(profile, subject, require_strong(public_key), issuer, "issuing", now, entropy, domain)


def _signed(
    profile: Profile, subject: Subject, public_key: PublicKey, issuer: Issuer, issuer_kind: str, now: datetime, entropy: Entropy, domain: str
) -> x509.Certificate:
    signer = issuer.certificate
    if now >= signer.not_valid_after_utc:
        raise OperatorError(f"the {issuer_kind} CA expired on {signer.not_valid_after_utc:%Y-%m-%d}: renew it before anything is issued")
    start = max(_start(now), signer.not_valid_before_utc)
    end = min(start + profile.lifetime - _SECOND, signer.not_valid_after_utc)  # RFC 5280, 4.1.2.5: the end is inclusive
    key_id = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    where = f"http://{domain}/pki/{issuer_kind}"
    builder = (
        _builder(profile, subject, public_key, signer.subject, start, end, entropy)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False)
        .add_extension(x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(f"{where}.crl")], None, None, None)]), critical=False)
        .add_extension(
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(f"{where}.cer"))]),
            critical=False,
        )
    )
    return builder.sign(issuer.key, signature_hash(issuer.key))


def _builder(
    profile: Profile, subject: Subject, public_key: PublicKey, issuer: x509.Name, start: datetime, end: datetime, entropy: Entropy
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.name())
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(new_serial(entropy))
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=profile.is_ca, path_length=profile.path_length), critical=True)
        .add_extension(profile.key_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    if profile.extended_usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(profile.extended_usage), critical=False)
    names = subject.alternative_names()
    return builder.add_extension(names, critical=False) if names else builder


def new_serial(entropy: Entropy) -> int:
    """A serial number of 16 octets: the first two bits are 01 (positive, full length), the rest are random."""
    return int.from_bytes(entropy(16), "big") & ((1 << 126) - 1) | 1 << 126


def signature_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """SHA-384 for keys on P-384, else SHA-256."""
    return hashes.SHA384() if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1) else hashes.SHA256()


def _start(now: datetime) -> datetime:
    return (now - _BACKDATED).replace(microsecond=0)
