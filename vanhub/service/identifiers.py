"""The hub's own identifiers: they grow with time, which keeps indexes compact, and end in randomness, which makes them unguessable.

Both are in base 32 with the digits of RFC 4648's "extended hex" alphabet, whose order is that of the numbers.
"""

from __future__ import annotations

from base64 import b32hexencode
from collections.abc import Callable
from datetime import datetime


def new_id(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """26 characters ``0``-``9``, ``a``-``v``: 48 bits of milliseconds, then 80 random bits."""
    return b32hexencode(int(now.timestamp() * 1000).to_bytes(6, "big") + entropy(10))[:26].decode().lower()


def new_control_reference(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """An interchange control reference (0020, an..14) of the hub, ``0``-``9``, ``A``-``V``: 52 bits of microseconds (to the year 2112), then 18 random bits."""
    number = int(now.timestamp() * 1_000_000) << 18 | int.from_bytes(entropy(3), "big") & 0x3FFFF
    return b32hexencode((number << 10).to_bytes(10, "big"))[:14].decode()
