"""The hub's own identifiers: they grow with time, which keeps indexes compact, and end in randomness, which makes them unguessable.

Both are in base 32 with the digits of RFC 4648's "extended hex" alphabet, whose order is that of the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]


def new_id(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """26 characters ``0``-``9``, ``a``-``v``: 48 bits of milliseconds, then 80 random bits."""
    return _base_32(int(now.timestamp() * 1000) << 80 | int.from_bytes(entropy(10), "big"), 128).lower()


def new_control_reference(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """An interchange control reference (0020, an..14) of the hub, ``0``-``9``, ``A``-``V``: 52 bits of microseconds (to the year 2112), then 18 random bits."""
    number = int(now.timestamp() * 1_000_000) << 18 | int.from_bytes(entropy(3), "big") & 0x3FFFF
    return _base_32(number, 70)


def _base_32(number: int, bits: int) -> str:
    """The digits of a number of so many bits, an even number of digits; bits that the last ones lack are zero, as RFC 4648 has it."""
    number <<= -bits % 10
    return "".join([_PAIRS[number >> shift & 0x3FF] for shift in range(bits + -bits % 10 - 10, -1, -10)])
