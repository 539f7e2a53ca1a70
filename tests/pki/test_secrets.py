from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pki.judges import openssl, seeded
from vanhub.errors import Refused
from vanhub.pki import secrets
from vanhub.pki.secrets import NO_PASSWORD, Secret

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def stored() -> str:
    return secrets.hash_password(PASSWORD, seeded(1))


def test_a_password_is_known_again_and_another_is_not(stored: str) -> None:
    assert secrets.verify_password(PASSWORD, stored)
    assert not secrets.verify_password(PASSWORD + " ", stored)


def test_openssl_derives_the_same_hash_from_the_parameters_in_the_string(stored: str) -> None:
    match = re.fullmatch(r"\$scrypt\$ln=15,r=8,p=3\$([^$]{22})\$([^$]{43})", stored)
    assert match is not None
    salt = seeded(1)(16)
    parameters = (f"hexsalt:{salt.hex()}", "n:32768", "r:8", "p:3", "maxmem_bytes:67108864", f"pass:{PASSWORD}")
    derived = openssl("kdf", "-keylen", "32", *(part for each in parameters for part in ("-kdfopt", each)), "SCRYPT").strip()
    assert secrets._base64(bytes.fromhex(derived.replace(":", ""))) == match[2]
    assert secrets._base64(salt) == match[1]


def test_two_hashes_of_one_password_differ(stored: str) -> None:
    assert secrets.hash_password(PASSWORD, seeded(2)) != stored


def test_a_hash_with_other_parameters_is_still_verified() -> None:
    salt = seeded(2)(16)
    derived = Scrypt(salt=salt, length=32, n=1 << 10, r=8, p=1).derive(PASSWORD.encode())
    assert secrets.verify_password(PASSWORD, f"$scrypt$ln=10,r=8,p=1${secrets._base64(salt)}${secrets._base64(derived)}")


def test_composed_and_decomposed_letters_are_one_password() -> None:
    stored = secrets.hash_password("Zürich-Zürich-Zürich", seeded(1))
    assert secrets.verify_password("Zu\u0308rich-Zu\u0308rich-Zu\u0308rich", stored)


def test_nobody_has_no_password_and_checking_it_costs_the_same(stored: str) -> None:
    assert not secrets.verify_password(PASSWORD, NO_PASSWORD)
    assert NO_PASSWORD.split("$")[:3] == stored.split("$")[:3]


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 257])
def test_the_length_of_a_password_is_bounded(password: str) -> None:
    with pytest.raises(Refused) as error:
        secrets.hash_password(password, seeded(1))
    assert str(error.value) == "a password has 12 to 256 characters"


@pytest.mark.parametrize("stored", ["", "plain", "$scrypt$ln=15,r=8,p=3$short$short", NO_PASSWORD + "\n", NO_PASSWORD.replace("ln=15", "ln=115")])
def test_a_damaged_hash_is_a_damaged_store_and_not_shown(stored: str) -> None:
    with pytest.raises(ValueError, match=r"^a stored password hash is malformed$"):
        secrets.verify_password(PASSWORD, stored)


def test_a_token_has_its_form_and_256_bits() -> None:
    token = secrets.new_token(lambda octets: bytes(range(octets)))
    assert token.reveal() == "vht_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


def test_openssl_computes_the_fingerprint_that_finds_a_token() -> None:
    token = secrets.new_token(seeded(3))
    assert openssl("dgst", "-sha256", "-r", input=token.reveal().encode()).split()[0] == token.fingerprint == secrets.fingerprint(token.reveal())


@given(st.binary(min_size=13, max_size=13), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_an_enrolment_code_is_read_however_it_is_typed(random: bytes, typing: object) -> None:
    code = secrets.new_enrolment_code(lambda octets: random[:octets])
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", code.reveal())
    typed = code.reveal().lower().replace("-", " ").replace("0", "o").replace("1", "l")
    again = secrets.read_enrolment_code(f" {typed} ")
    assert again == code
    assert again is not None
    assert again.fingerprint == code.fingerprint


@given(st.integers(0, (1 << 100) - 1), st.integers(0, (1 << 100) - 1))
@settings(max_examples=100, deadline=None)
def test_different_randomness_makes_different_codes(one: int, other: int) -> None:
    codes = [secrets.new_enrolment_code(lambda octets, number=number: number.to_bytes(octets, "big")) for number in (one, other)]  # type: ignore[misc]
    assert (codes[0] == codes[1]) is (one == other)


@pytest.mark.parametrize("text", ["", "AAAAA-AAAAA-AAAAA-AAAA", "AAAAA-AAAAA-AAAAA-AAAAAA", "AAAAA-AAAAA-AAAAA-AAAAU", "ÄAAAA-AAAAA-AAAAA-AAAAA"])
def test_what_has_not_the_form_of_a_code_is_none(text: str) -> None:
    assert secrets.read_enrolment_code(text) is None


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = secrets.new_token(seeded(4))
    shown = f"{secret} {secret!r} {[secret]} {secret!s:>20}"
    assert secret.reveal()[4:] not in shown
    assert "Secret()" in shown


def test_secrets_are_compared_and_not_hashed() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret("a"))
