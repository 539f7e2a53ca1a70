"""Key pairs of the CA and of those whom it certifies.

Rules kept here:
- New keys are P-256. Keys that others bring may be P-256, P-384 or RSA of 3072 to 8192 bits; everything else is refused.
- At rest a key is encrypted PKCS#8 (PBES2, AES-256-CBC). The library's key derivation is quick (PBKDF2, 2048 rounds), which suits the random
  passphrase that ``vanhub init`` writes; hence a passphrase too short to be random is refused.
- No error text holds key bytes or a passphrase.

Key generation is the one place where randomness is not an argument: a reproducible private key is a weakness, not a convenience.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vanhub.errors import OperatorError, Refused

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

CURVES = (ec.SECP256R1, ec.SECP384R1)
RSA_BITS_LEAST = 3072
RSA_BITS_MOST = 8192  # above it, checking one signature costs enough to be a nuisance on purpose
PASSPHRASE_OCTETS_LEAST = 12


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def require_passphrase(passphrase: bytes) -> bytes:
    """``passphrase`` if it is long enough to protect keys.

    Raises:
        OperatorError: shorter than 12 octets.
    """
    if len(passphrase) < PASSPHRASE_OCTETS_LEAST:
        raise OperatorError(f"the passphrase of the CA's keys must have at least {PASSPHRASE_OCTETS_LEAST} characters")
    return passphrase


def encrypt_key(key: PrivateKey, passphrase: bytes) -> bytes:
    """Encrypted PKCS#8 in PEM."""
    encryption = serialization.BestAvailableEncryption(require_passphrase(passphrase))
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def plain_key(key: PrivateKey) -> bytes:
    """Unencrypted PKCS#8 in PEM, for a client's own key file."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def decrypt_key(pem: bytes, passphrase: bytes, *, source: str) -> PrivateKey:
    """The key in encrypted PKCS#8 PEM; ``source`` names where it came from, for the error text.

    Raises:
        OperatorError: wrong passphrase, no such key in it, not encrypted, or a kind of key that the CA does not use.
    """
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except TypeError:
        raise OperatorError(f"{source} is not encrypted: encrypt it with `openssl pkcs8 -topk8` and the passphrase of the CA's keys") from None
    except ValueError as error:
        if b"BEGIN ENCRYPTED PRIVATE KEY" in pem:
            raise OperatorError(f"{source} does not open with this passphrase: check the passphrase file, or restore the key from a backup") from None
        raise OperatorError(f"{source} is no PEM private key: restore it from a backup") from error
    except UnsupportedAlgorithm as error:
        raise OperatorError(f"{source} holds a key of a kind that is not supported") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise OperatorError(f"{source} holds a key of a kind that the CA does not use: it must be EC or RSA")
    return key


def require_strong(key: object) -> PublicKey:
    """``key`` if it is a public key that the CA certifies.

    Raises:
        Refused: another algorithm or curve, RSA shorter than 3072 or longer than 8192 bits, or a public exponent below 65537.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, CURVES):
            raise Refused(f"the key is on the curve {key.curve.name}: use P-256 or P-384")
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if not RSA_BITS_LEAST <= key.key_size <= RSA_BITS_MOST:
            raise Refused(f"the RSA key has {key.key_size} bits: use {RSA_BITS_LEAST} to {RSA_BITS_MOST}, or P-256")
        if key.public_numbers().e < 65537:
            raise Refused("the RSA key's public exponent is below 65537")
        return key
    raise Refused("the key is of a kind that is not certified here: use P-256, P-384 or RSA of at least 3072 bits")


def fingerprint(key: PublicKey) -> str:
    """Lower-case hex SHA-256 of the key's SubjectPublicKeyInfo: the same key is known by it in a CSR and in any certificate."""
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()
