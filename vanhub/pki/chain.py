"""Checking a certificate's chain to the hub's root, its use, and its revocation.

The path itself (signatures, validity of every link, constraints) is checked by ``cryptography``'s verifier. That verifier looks neither at revocation nor,
with the leaf policy used here, at the leaf's use: both are checked here, so that a refusal says which it was.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from vanhub.errors import Untrusted
from vanhub.pki.profiles import DOCUMENT_SIGNING

CertificateId = tuple[str, int]
"""What a CRL names a certificate by: its issuer (RFC 4514 text) and serial number."""

_DEPTH = 1  # intermediates between leaf and root: the issuing CA
_CA_POLICY = verification.ExtensionPolicy.webpki_defaults_ca()
_LEAF_POLICY = verification.ExtensionPolicy.permit_all()


def certificate_id(certificate: x509.Certificate) -> CertificateId:
    """How ``revoked`` in this module names ``certificate``."""
    return certificate.issuer.rfc4514_string(), certificate.serial_number


def verify_client(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    *,
    roots: Collection[x509.Certificate],
    at: datetime,
    revoked: Container[CertificateId] = frozenset(),
) -> list[x509.Certificate]:
    """The chain, leaf first and root last, of a TLS client's certificate that is good at the time ``at``.

    Raises:
        Untrusted: expired or not yet valid, not from our CA, not for TLS clients, or revoked.
    """
    chain = _verify(leaf, intermediates, roots, at, revoked)
    _require_use(leaf, ExtendedKeyUsageOID.CLIENT_AUTH, "TLS clients")
    return chain


def verify_signer(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    *,
    roots: Collection[x509.Certificate],
    at: datetime,
    revoked: Container[CertificateId] = frozenset(),
) -> list[x509.Certificate]:
    """The chain of the hub's acknowledgement signer. A partner's certificate, though from the same CA, is refused: it may not sign for the hub.

    Raises:
        Untrusted: as ``verify_client``, for signing acknowledgements.
    """
    chain = _verify(leaf, intermediates, roots, at, revoked)
    _require_use(leaf, DOCUMENT_SIGNING, "signing acknowledgements")
    return chain


def _verify(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    roots: Collection[x509.Certificate],
    at: datetime,
    revoked: Container[CertificateId],
) -> list[x509.Certificate]:
    if at < leaf.not_valid_before_utc:
        raise Untrusted(f"the certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}")
    if at > leaf.not_valid_after_utc:
        raise Untrusted(f"the certificate expired at {leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}")
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(roots)))
        .time(at)
        .max_chain_depth(_DEPTH)
        .extension_policies(ca_policy=_CA_POLICY, ee_policy=_LEAF_POLICY)
        .build_client_verifier()
    )
    try:
        chain = verifier.verify(leaf, list(intermediates)).chain
    except verification.VerificationError as error:
        raise Untrusted(f"the certificate does not chain to the hub's root: {error}") from error
    for certificate in chain[:-1]:
        if certificate_id(certificate) in revoked:
            raise Untrusted("the certificate is revoked" if certificate == leaf else "the certificate's issuer is revoked")
    return chain


def _require_use(leaf: x509.Certificate, use: x509.ObjectIdentifier, words: str) -> None:
    try:
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError, UnsupportedAlgorithm) as error:
        raise Untrusted(f"the certificate does not say that it is for {words}") from error
    if use not in extended or not usage.digital_signature:
        raise Untrusted(f"the certificate is not for {words}")
