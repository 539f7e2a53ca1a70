"""Passwords, bearer tokens and one-time codes.

Rules kept here:
- A password is kept as a scrypt hash (RFC 7914) that carries its own parameters; a token or code as its SHA-256, which is enough for 100 and more random bits.
- Comparison takes the same time whatever differs. Checking a password takes the same time whether or not the principal has one: see ``NO_PASSWORD``.
- A ``Secret`` shows nothing of itself in ``repr``, ``str`` or a traceback's values; ``reveal`` is the only way to its text.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from typing import final

from vanhub.errors import Refused

PASSWORD_CHARACTERS_LEAST = 12
PASSWORD_CHARACTERS_MOST = 256

# 32 MiB and about a fifth of a second each: dear to guess, and a handful of logins at once does not exhaust the hub's memory.
_LN, _R, _P = 15, 8, 3
_MEMORY_MOST = 64 * 1024 * 1024
_HASH = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})\Z")

NO_PASSWORD = f"$scrypt$ln={_LN},r={_R},p={_P}${'A' * 22}${'A' * 43}"
"""A hash that no password has: verify against it where a principal is unknown or has no password, so that the time does not tell."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_SYMBOLS = 20
_CODE_MISREAD = str.maketrans("OIL", "011", "- ")


@final
class Secret:
    """A text that must not be shown by accident. Equal to another in constant time; not hashable, so that it is no key of a dictionary."""

    __slots__ = ("_text",)
    __hash__ = None  # type: ignore[assignment]  # typeshed has no way to say it of a class with __eq__

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret()"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def reveal(self) -> str:
        """The text: to print it once to whom it belongs."""
        return self._text

    @property
    def fingerprint(self) -> str:
        """Lower-case hex SHA-256 of the text: what the credential is found by."""
        return fingerprint(self._text)


def fingerprint(text: str) -> str:
    """Lower-case hex SHA-256 of a token or of a code in its canonical form (``read_enrolment_code``)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_password(password: str, entropy: Callable[[int], bytes]) -> str:
    """A hash string with a new salt: ``$scrypt$ln=15,r=8,p=3$SALT$HASH`` (base64 without padding).

    Takes about a fifth of a second and 32 MiB: not for the reactor's thread.

    Raises:
        Refused: shorter than 12 or longer than 256 characters.
    """
    if not PASSWORD_CHARACTERS_LEAST <= len(password) <= PASSWORD_CHARACTERS_MOST:
        raise Refused(f"a password has {PASSWORD_CHARACTERS_LEAST} to {PASSWORD_CHARACTERS_MOST} characters")
    salt = entropy(16)
    return f"$scrypt$ln={_LN},r={_R},p={_P}${_base64(salt)}${_base64(_scrypt(password, salt, _LN, _R, _P))}"


def verify_password(password: str, stored: str) -> bool:
    """Whether ``stored``, a hash string, is of ``password``. Takes as long as ``hash_password``.

    Raises:
        ValueError: ``stored`` is no hash string, which is a damaged store.
    """
    match = _HASH.match(stored)
    if match is None:
        raise ValueError("a stored password hash is malformed")
    ln, r, p = (int(match[group]) for group in (1, 2, 3))
    # What is longer than any password still costs the full time, and a bounded amount of it.
    derived = _scrypt(password[: PASSWORD_CHARACTERS_MOST + 1], base64.b64decode(match[4] + "=="), ln, r, p)
    return hmac.compare_digest(_base64(derived), match[5]) and len(password) <= PASSWORD_CHARACTERS_MOST


def new_token(entropy: Callable[[int], bytes]) -> Secret:
    """A bearer token: ``vht_`` and 43 characters (256 random bits)."""
    return Secret("vht_" + base64.urlsafe_b64encode(entropy(32)).rstrip(b"=").decode())


def new_enrolment_code(entropy: Callable[[int], bytes]) -> Secret:
    """A one-time code for people to type: 20 symbols of Crockford's base 32 (100 random bits) as ``XXXXX-XXXXX-XXXXX-XXXXX``."""
    number = int.from_bytes(entropy(13), "big")
    symbols = "".join(_CROCKFORD[number >> 5 * place & 31] for place in range(_CODE_SYMBOLS))
    return Secret("-".join(symbols[start : start + 5] for start in range(0, _CODE_SYMBOLS, 5)))


def read_enrolment_code(text: str) -> Secret | None:
    """The code that somebody typed, in the form in which ``new_enrolment_code`` made it; None if it is none.

    Case, spaces and hyphens do not matter, and O, I and L are read as 0, 1 and 1.
    """
    symbols = text.upper().translate(_CODE_MISREAD)
    if len(symbols) != _CODE_SYMBOLS or not set(symbols) <= set(_CROCKFORD):
        return None
    return Secret("-".join(symbols[start : start + 5] for start in range(0, _CODE_SYMBOLS, 5)))


def _scrypt(password: str, salt: bytes, ln: int, r: int, p: int) -> bytes:
    # RFC 8265, OpaqueString: one and the same password may be typed composed or decomposed.
    octets = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(octets, salt=salt, n=1 << ln, r=r, p=p, maxmem=_MEMORY_MOST, dklen=32)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).rstrip(b"=").decode()
