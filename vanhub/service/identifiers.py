"""The hub's own identifiers: they grow with time, which keeps indexes compact, and end in randomness, which makes them unguessable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def new_id(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """26 characters: 48 bits of milliseconds, then 80 random bits, in base 32 without look-alikes."""
    number = int(now.timestamp() * 1000) << 80 | int.from_bytes(entropy(10), "big")
    return _digits(number, _BASE32, 26)


def new_control_reference(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """An interchange control reference (0020, an..14) of the hub: 10 characters of microseconds, 4 random ones, in upper-case base 36."""
    number = int(now.timestamp() * 1_000_000) * 36**4 + int.from_bytes(entropy(4), "big") % 36**4
    return _digits(number, _BASE36, 14)


def _digits(number: int, alphabet: str, length: int) -> str:
    base, characters = len(alphabet), []
    for _ in range(length):
        number, digit = divmod(number, base)
        characters.append(alphabet[digit])
    return "".join(reversed(characters))
