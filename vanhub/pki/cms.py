"""The hub's signature over an acknowledgement: detached CMS SignedData (RFC 5652) in DER, a ``.p7s`` file.

One signature binds three things: the acknowledgement (its digest), the interchange received (SHA-256 and size, as signed attributes of our own, because
CONTRL has no place for them), and the hub's certificate (signingCertificateV2, RFC 5035). ``docs/acknowledgement.md`` tells outsiders the format.

    ContentInfo signedData
      version 1, digestAlgorithms {sha256}, eContentType data, no eContent (detached)
      certificates {signer, issuing CA}
      signerInfo: version 1, issuerAndSerialNumber, sha256,
        signedAttrs {contentType, messageDigest, signingTime, signingCertificateV2, RECEIVED_SHA256, RECEIVED_OCTETS},
        ecdsa-with-SHA256, signature

``Signer`` is on the intake path and writes the DER itself around parts encoded once; ``verify`` is not, and reads with asn1crypto.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms as asn1_cms
from asn1crypto import core as asn1_core
from asn1crypto import tsp as asn1_tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vanhub.errors import OperatorError, Untrusted
from vanhub.pki.chain import CertificateId, verify_signer
from vanhub.pki.der import GENERALIZED_TIME, OCTET_STRING, SEQUENCE, SET, UTC_TIME, integer, object_identifier, set_of, tlv
from vanhub.pki.keys import PrivateKey

# 2.25 is the arc of UUIDs (X.667): this is 82307245-3faf-4782-9e29-58912ef14b2a, vanhub's, for ever.
_ARC = "2.25.173051187382396220313003056076332026666"
RECEIVED_SHA256 = f"{_ARC}.1"
RECEIVED_OCTETS = f"{_ARC}.2"

_SIGNATURE_OCTETS_MOST = 65_536  # ours have about 2 KB
_CONTEXT_0 = 0xA0
_SHA256 = tlv(SEQUENCE, object_identifier("2.16.840.1.101.3.4.2.1"))  # RFC 5754, 2: "MUST generate ... with absent parameters"
_ECDSA_SHA256 = tlv(SEQUENCE, object_identifier("1.2.840.10045.4.3.2"))
_DATA = object_identifier("1.2.840.113549.1.7.1")
_SIGNED_DATA = object_identifier("1.2.840.113549.1.7.2")
_MESSAGE_DIGEST = object_identifier("1.2.840.113549.1.9.4")
_SIGNING_TIME = object_identifier("1.2.840.113549.1.9.5")
_RECEIVED_SHA256 = object_identifier(RECEIVED_SHA256)
_RECEIVED_OCTETS = object_identifier(RECEIVED_OCTETS)
_ONE = integer(1)


def _attribute(kind: bytes, value: bytes) -> bytes:
    return tlv(SEQUENCE, kind, tlv(SET, value))


def _attribute_head(kind: bytes, tag: int, length: int) -> bytes:
    """An attribute of one value of so many octets, up to where these begin."""
    return _attribute(kind, tlv(tag, bytes(length)))[:-length]


_MESSAGE_DIGEST_IS = _attribute_head(_MESSAGE_DIGEST, OCTET_STRING, 32)
_RECEIVED_SHA256_IS = _attribute_head(_RECEIVED_SHA256, OCTET_STRING, 32)
_CONTENT_TYPE_IS_DATA = _attribute(object_identifier("1.2.840.113549.1.9.3"), _DATA)


class Signer:
    """Signs acknowledgements with one key. Immutable; safe to share among threads.

    ``chain`` are the certificates between the signer's and the root, without the root; they travel in every signature.

    Raises:
        OperatorError: the key is not on P-256, or is not the certificate's.
    """

    def __init__(self, key: PrivateKey, certificate: x509.Certificate, chain: Sequence[x509.Certificate]) -> None:
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise OperatorError("acknowledgements are signed with a key on P-256")
        if key.public_key() != certificate.public_key():
            raise OperatorError("the acknowledgement key does not belong to the acknowledgement certificate: restore both from one backup")
        self.certificate = certificate
        self._key = key
        self._algorithm = ec.ECDSA(hashes.SHA256())
        der = certificate.public_bytes(serialization.Encoding.DER)
        signer_id = tlv(SEQUENCE, certificate.issuer.public_bytes(), integer(certificate.serial_number))
        # ESSCertIDv2 with the default hash algorithm (SHA-256) and without issuerSerial, which signerInfo's sid holds.
        certificate_hash = tlv(SEQUENCE, tlv(OCTET_STRING, hashlib.sha256(der).digest()))
        self._signing_certificate = _attribute(object_identifier("1.2.840.113549.1.9.16.2.47"), tlv(SEQUENCE, tlv(SEQUENCE, certificate_hash)))
        self._signed_data_head = b"".join(
            (
                _ONE,
                tlv(SET, _SHA256),
                tlv(SEQUENCE, _DATA),
                set_of(_CONTEXT_0, [der, *(link.public_bytes(serialization.Encoding.DER) for link in chain)]),
            )
        )
        self._signer_info_head = b"".join((_ONE, signer_id, _SHA256))

    def sign(self, data: bytes, *, signing_time: datetime, received_sha256: bytes, received_octets: int) -> bytes:
        """The signature over ``data``, in DER.

        ``signing_time`` is aware; its fraction of a second is dropped. ``received_sha256`` is the digest (32 octets) and
        ``received_octets`` the size of the interchange that ``data`` acknowledges.
        """
        if len(received_sha256) != 32 or received_octets < 0:
            raise ValueError("the interchange received has a SHA-256 of 32 octets and a size")
        attributes = sorted(
            (
                _CONTENT_TYPE_IS_DATA,
                _attribute(_SIGNING_TIME, _time(signing_time)),
                _MESSAGE_DIGEST_IS + hashlib.sha256(data).digest(),
                self._signing_certificate,
                _RECEIVED_SHA256_IS + received_sha256,
                _attribute(_RECEIVED_OCTETS, integer(received_octets)),
            )
        )
        # RFC 5652, 5.4: what is signed is the attributes as a SET OF; what is sent has the tag [0] instead.
        signed = tlv(SET, *attributes)
        signature = self._key.sign(signed, self._algorithm)
        signer_info = tlv(SEQUENCE, self._signer_info_head, bytes((_CONTEXT_0,)), signed[1:], _ECDSA_SHA256, tlv(OCTET_STRING, signature))
        signed_data = tlv(SEQUENCE, self._signed_data_head, tlv(SET, signer_info))
        return tlv(SEQUENCE, _SIGNED_DATA, tlv(_CONTEXT_0, signed_data))


def _time(moment: datetime) -> bytes:
    """A CMS Time: "dates between 1950 and 2049 MUST be encoded as UTCTime" (RFC 5652, 11.3)."""
    text = moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()
    return tlv(UTC_TIME, text[2:]) if text < b"2050" else tlv(GENERALIZED_TIME, text)


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """What a good signature says: who signed, when by the signer's clock, and which interchange had been received."""

    certificate: x509.Certificate
    signing_time: datetime
    received_sha256: bytes
    received_octets: int


def verify(
    data: bytes,
    der: bytes,
    *,
    roots: Collection[x509.Certificate],
    at: datetime,
    revoked: Container[CertificateId] = frozenset(),
) -> SignedReceipt:
    """What ``der``, a signature by a hub under one of ``roots``, says of the acknowledgement ``data``.

    ``at`` is the time at which the signer's certificates have to be good: now, or when the signature is known to have existed. Whether the interchange is
    the one that was received is for the caller to compare.

    Raises:
        Untrusted: not such a signature, altered data, a wrong signature, a signer that is not the hub's (chain, validity, use, revocation), or
            a signed attribute missing.
    """
    signature = _parse(der)
    if signature.digest_algorithm != "sha256" or signature.signature_algorithm != "sha256_ecdsa":
        raise Untrusted(f"the signature's algorithms are not those of a hub: {signature.digest_algorithm}, {signature.signature_algorithm}")
    if signature.content_type != "data":
        raise Untrusted("the signature is over content of another type")
    if not hmac.compare_digest(signature.message_digest, hashlib.sha256(data).digest()):
        raise Untrusted("the acknowledgement is not the one that was signed: its SHA-256 differs")
    signer = _signer(signature)
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Untrusted("the signer's key is not one of a hub: it is not on an elliptic curve")
    try:
        key.verify(signature.value, signature.attributes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Untrusted("the signature is wrong: its attributes were altered, or another key made it") from error
    verify_signer(signer, [certificate for certificate in signature.certificates if certificate != signer], roots=roots, at=at, revoked=revoked)
    if not signer.not_valid_before_utc <= signature.signing_time <= signer.not_valid_after_utc:
        raise Untrusted(f"the signing time {signature.signing_time:%Y-%m-%dT%H:%M:%SZ} lies outside the signer certificate's validity")
    return SignedReceipt(signer, signature.signing_time, signature.received_sha256, signature.received_octets)


@dataclass(frozen=True, slots=True)
class _Signature:
    """A parsed signature, nothing of it believed yet. ``attributes`` are the signed attributes as the octets that were signed."""

    certificates: tuple[x509.Certificate, ...]
    issuer: bytes
    serial: int
    digest_algorithm: str
    signature_algorithm: str
    content_type: str
    message_digest: bytes
    signing_time: datetime
    certificate_sha256: bytes
    received_sha256: bytes
    received_octets: int
    attributes: bytes
    value: bytes


def _signer(signature: _Signature) -> x509.Certificate:
    """The certificate that the signature names twice: by issuer and serial number, and by its digest, which is signed."""
    for certificate in signature.certificates:
        if certificate.serial_number == signature.serial and certificate.issuer.public_bytes() == signature.issuer:
            if not hmac.compare_digest(certificate.fingerprint(hashes.SHA256()), signature.certificate_sha256):
                raise Untrusted("the signature names another certificate than the one that came with it")
            return certificate
    raise Untrusted("the signer's certificate did not come with the signature")


# What the two libraries raise of malformed octets.
_DAMAGE = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError),
    *(UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)


def _parse(der: bytes) -> _Signature:
    """Everything that is looked at is parsed here, so that malformed octets surface here and only here (asn1crypto parses on access)."""
    if len(der) > _SIGNATURE_OCTETS_MOST:
        raise Untrusted(f"the signature has {len(der)} octets, more than {_SIGNATURE_OCTETS_MOST}")
    try:
        content = asn1_cms.ContentInfo.load(der, strict=True)
        if content["content_type"].native != "signed_data":
            raise Untrusted("this is CMS, but no signature")
        signed_data = content["content"]
        if signed_data["encap_content_info"]["content"].native is not None:
            raise Untrusted("the signature is not detached")
        if len(signed_data["signer_infos"]) != 1:
            raise Untrusted("there is not exactly one signature")
        info = signed_data["signer_infos"][0]
        if info["sid"].name != "issuer_and_serial_number":
            raise Untrusted("the signer is not named by issuer and serial number")
        values = {attribute["type"].dotted: attribute["values"].dump() for attribute in info["signed_attrs"]}
        if len(values) != len(info["signed_attrs"]):
            raise Untrusted("a signed attribute stands twice")
        received_sha256 = bytes(_attribute_value(values, RECEIVED_SHA256, asn1_core.OctetString).native)
        received_octets = int(_attribute_value(values, RECEIVED_OCTETS, asn1_core.Integer).native)
        if len(received_sha256) != 32 or received_octets < 0:
            raise Untrusted("the signed attributes about the interchange received are malformed")
        signing_certificate = _attribute_value(values, "1.2.840.113549.1.9.16.2.47", asn1_tsp.SigningCertificateV2)["certs"][0]
        return _Signature(
            certificates=tuple(_certificate(choice.chosen.dump()) for choice in signed_data["certificates"]),
            issuer=info["sid"].chosen["issuer"].dump(),
            serial=info["sid"].chosen["serial_number"].native,
            digest_algorithm=info["digest_algorithm"]["algorithm"].native,
            signature_algorithm=info["signature_algorithm"]["algorithm"].native,
            content_type=_attribute_value(values, "1.2.840.113549.1.9.3", asn1_cms.ContentType).native,
            message_digest=bytes(_attribute_value(values, "1.2.840.113549.1.9.4", asn1_core.OctetString).native),
            signing_time=_utc(_attribute_value(values, "1.2.840.113549.1.9.5", asn1_cms.Time).native),
            certificate_sha256=bytes(signing_certificate["cert_hash"].native),
            received_sha256=received_sha256,
            received_octets=received_octets,
            attributes=tlv(SET, info["signed_attrs"].contents),
            value=bytes(info["signature"].native),
        )
    except _DAMAGE as error:
        raise Untrusted("this is no CMS signature in DER, or a damaged one") from error


def _certificate(der: bytes) -> x509.Certificate:
    """A certificate all of whose parts can be read (cryptography parses names, key and extensions on access)."""
    certificate = x509.load_der_x509_certificate(der)
    _ = certificate.issuer, certificate.subject, certificate.extensions, certificate.public_key()
    return certificate


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def _attribute_value(values: dict[str, bytes], kind: str, spec: type[Any]) -> Any:
    """The one value of a signed attribute, parsed as ``spec``."""
    if kind not in values:
        raise Untrusted(f"the signature lacks the signed attribute {kind}")
    found = asn1_core.SetOf.load(values[kind], strict=True, spec=spec)
    if len(found) != 1:
        raise Untrusted(f"the signed attribute {kind} has not exactly one value")
    return found[0]
