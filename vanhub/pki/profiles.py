"""The kinds of certificate that the CA issues, as one table.

RFC 5280 is the standard. Every profile fixes key usage, extended key usage, lifetime and place in the chain; an applicant chooses none of them.

| profile | signed by | for |
| --- | --- | --- |
| root | itself | signing issuing CAs and the root's CRL; its key is kept off the machine |
| issuing | root | signing leaves and the CRL |
| hub-tls | issuing | the hub's TLS listeners |
| acknowledgement-signer | issuing | the hub's acknowledgements (CMS) |
| partner, agency, operator | issuing | TLS clients: one principal each |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from vanhub.errors import OperatorError

# RFC 9336: certificates whose key signs documents that people and programs keep.
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of certificate. ``path_length`` None means no CA; ``usage`` are names as ``x509.KeyUsage`` takes them."""

    name: str
    lifetime: timedelta
    usage: frozenset[str]
    extended_usage: tuple[x509.ObjectIdentifier, ...] = ()
    path_length: int | None = None

    @property
    def is_ca(self) -> bool:
        return self.path_length is not None

    def key_usage(self) -> x509.KeyUsage:
        return x509.KeyUsage(**{name: name in self.usage for name in _USAGES})


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_YEAR = timedelta(days=365)  # sslyze and browsers want TLS certificates of at most 366 days
_CA = frozenset({"key_cert_sign", "crl_sign"})
_SIGNATURE = frozenset({"digital_signature"})
_CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)

ROOT = Profile("root", timedelta(days=20 * 365 + 5), _CA, path_length=1)
ISSUING = Profile("issuing", timedelta(days=5 * 365 + 1), _CA, path_length=0)
HUB_TLS = Profile("hub-tls", _YEAR, _SIGNATURE, (ExtendedKeyUsageOID.SERVER_AUTH,))
ACKNOWLEDGEMENT_SIGNER = Profile(
    "acknowledgement-signer",
    2 * _YEAR,
    _SIGNATURE | {"content_commitment"},
    # emailProtection besides documentSigning: S/MIME is the purpose that `openssl cms -verify` assumes when none is given.
    (DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION),
)
PARTNER = Profile("partner", _YEAR, _SIGNATURE, _CLIENT)
AGENCY = Profile("agency", _YEAR, _SIGNATURE, _CLIENT)
OPERATOR = Profile("operator", _YEAR, _SIGNATURE, _CLIENT)

PRINCIPAL_PROFILES = (PARTNER, AGENCY, OPERATOR)
PROFILES = {profile.name: profile for profile in (ROOT, ISSUING, HUB_TLS, ACKNOWLEDGEMENT_SIGNER, *PRINCIPAL_PROFILES)}


def get_principal_profile(name: str) -> Profile:
    """The profile for ``"partner"``, ``"agency"`` or ``"operator"``.

    Raises:
        OperatorError: another name.
    """
    for profile in PRINCIPAL_PROFILES:
        if profile.name == name:
            return profile
    raise OperatorError(f"no principal has a certificate of the profile {name!r}: it is one of {', '.join(profile.name for profile in PRINCIPAL_PROFILES)}")
