from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from tests.pki.judges import openssl
from vanhub.errors import OperatorError, Refused
from vanhub.pki import keys

PASSPHRASE = b"correct horse battery"


def _plain(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey, encryption: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def test_openssl_opens_an_encrypted_key_with_the_passphrase(tmp_path: Path) -> None:
    key = keys.new_key()
    (tmp_path / "a.key").write_bytes(keys.encrypt_key(key, PASSPHRASE))
    public = openssl("pkey", "-in", tmp_path / "a.key", "-passin", f"pass:{PASSPHRASE.decode()}", "-pubout")
    assert public.encode() == key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_key_that_openssl_encrypted_opens(tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-aes-256-cbc", "-pass", "pass:abc", "-out", tmp_path / "a.key")
    key = keys.decrypt_key((tmp_path / "a.key").read_bytes(), b"abc", source="a.key")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp384r1"


def test_a_key_on_a_curve_that_nobody_knows_is_named(tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP160r1", "-aes-256-cbc", "-pass", "pass:abc", "-out", tmp_path / "a.key")
    with pytest.raises(OperatorError, match=r"^a\.key holds a key of a kind that is not supported$"):
        keys.decrypt_key((tmp_path / "a.key").read_bytes(), b"abc", source="a.key")


def test_encrypting_and_decrypting_keeps_the_key() -> None:
    key = keys.new_key()
    again = keys.decrypt_key(keys.encrypt_key(key, PASSPHRASE), PASSPHRASE, source="a.key")
    assert keys.plain_key(again) == keys.plain_key(key)


@pytest.mark.parametrize(
    ("pem", "text"),
    [
        (
            keys.encrypt_key(keys.new_key(), PASSPHRASE),
            "a.key does not open with this passphrase: check the passphrase file, or restore the key from a backup",
        ),
        (
            keys.plain_key(keys.new_key()),
            "a.key is not encrypted: encrypt it with `openssl pkcs8 -topk8` and the passphrase of the CA's keys",
        ),
        (b"no key at all", "a.key is no PEM private key: restore it from a backup"),
        (
            _plain(ed25519.Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"another passphrase")),
            "a.key holds a key of a kind that the CA does not use: it must be EC or RSA",
        ),
    ],
    ids=["wrong passphrase", "not encrypted", "no key", "another kind"],
)
def test_what_is_no_key_for_this_passphrase_is_named_with_its_cure(pem: bytes, text: str) -> None:
    with pytest.raises(OperatorError) as error:
        keys.decrypt_key(pem, b"another passphrase", source="a.key")
    assert str(error.value) == text


def test_a_refused_passphrase_or_key_stands_in_no_traceback() -> None:
    guess = keys.fingerprint(keys.new_key().public_key())
    with pytest.raises(OperatorError) as error:
        keys.decrypt_key(keys.encrypt_key(keys.new_key(), PASSPHRASE), guess.encode(), source="a.key")
    told = "".join(traceback.format_exception(error.value))
    assert guess not in told
    assert "BEGIN" not in told


def test_a_short_passphrase_encrypts_nothing() -> None:
    with pytest.raises(OperatorError, match="at least 12 characters"):
        keys.encrypt_key(keys.new_key(), b"elevenchars")


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()).public_key(),
        lambda: ec.generate_private_key(ec.SECP384R1()).public_key(),
        lambda: rsa.RSAPublicNumbers(65537, (1 << 3071) + 1).public_key(),
        lambda: rsa.RSAPublicNumbers(65537, (1 << 8191) + 1).public_key(),
    ],
    ids=["P-256", "P-384", "RSA-3072", "RSA-8192"],
)
def test_strong_keys_are_certified(make: Callable[[], keys.PublicKey]) -> None:
    key = make()
    assert keys.require_strong(key) is key


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ec.generate_private_key(ec.SECP521R1()).public_key(), "the key is on the curve secp521r1"),
        (lambda: ec.generate_private_key(ec.SECP224R1()).public_key(), "the key is on the curve secp224r1"),
        (lambda: ec.generate_private_key(ec.SECP256K1()).public_key(), "the key is on the curve secp256k1"),
        (lambda: rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key(), "the RSA key has 2048 bits"),
        (lambda: rsa.RSAPublicNumbers(65537, (1 << 8192) + 1).public_key(), "the RSA key has 8193 bits"),
        (lambda: rsa.RSAPublicNumbers(3, (1 << 3071) + 1).public_key(), "the RSA key's public exponent is below 65537"),
        (lambda: ed25519.Ed25519PrivateKey.generate().public_key(), "the key is of a kind that is not certified here"),
        (lambda: dsa.generate_private_key(1024).public_key(), "the key is of a kind that is not certified here"),  # noqa: S505 - to be refused
    ],
    ids=["P-521", "P-224", "secp256k1", "RSA-2048", "RSA-8193", "e=3", "Ed25519", "DSA"],
)
def test_weak_and_unusual_keys_are_refused(make: Callable[[], object], text: str) -> None:
    with pytest.raises(Refused) as error:
        keys.require_strong(make())
    assert str(error.value).startswith(text)


def test_a_fingerprint_is_that_of_the_subject_public_key_info(tmp_path: Path) -> None:
    key = keys.new_key()
    (tmp_path / "a.key").write_bytes(keys.plain_key(key))
    openssl("pkey", "-in", tmp_path / "a.key", "-pubout", "-outform", "DER", "-out", tmp_path / "a.der")
    assert openssl("dgst", "-sha256", "-r", tmp_path / "a.der").split()[0] == keys.fingerprint(key.public_key())
