"""Certificate signing requests (PKCS#10, RFC 2986).

Only the public key is taken from a request. Its names and extensions are ignored: the certificate names the principal as its record does.
"""

from __future__ import annotations

from collections.abc import Container

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from vanhub.errors import Refused
from vanhub.pki.keys import PublicKey, fingerprint, require_strong

OCTETS_MOST = 65_536  # the largest RSA key that is certified makes a request of 3 KB


def parse_csr(data: bytes, *, known: Container[str] = ()) -> PublicKey:
    """The public key of a request in PEM or DER whose own signature is right.

    ``known`` are ``keys.fingerprint``s of keys that were certified before or are known to be compromised.

    Raises:
        Refused: no request, a wrong or outdated signature, a weak key, or a known one.
    """
    if len(data) > OCTETS_MOST:
        raise Refused(f"the certificate signing request has {len(data)} octets, more than {OCTETS_MOST}")
    try:
        request = x509.load_pem_x509_csr(data) if b"-----BEGIN" in data else x509.load_der_x509_csr(data)
        key = require_strong(request.public_key())
        digest = request.signature_hash_algorithm
        if not isinstance(digest, hashes.SHA256 | hashes.SHA384 | hashes.SHA512):
            raise Refused("the certificate signing request is not signed with SHA-256, SHA-384 or SHA-512")
        proven = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise Refused("this is no certificate signing request that can be read: give PKCS#10 in PEM or DER") from None
    if not proven:
        raise Refused("the certificate signing request's signature is wrong: it does not prove possession of the key")
    if fingerprint(key) in known:
        raise Refused("this key was certified before: make a new key for each certificate")
    return key
