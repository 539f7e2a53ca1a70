"""Randomness in small pieces without a system call for each.

A call into the kernel lets go of the interpreter's lock, and getting it back costs far more than a few random octets when other threads are at work.
"""

from __future__ import annotations

import os
import threading

_POOL_OCTETS = 8192


class Entropy:
    """``entropy(n)`` -> n random octets from the kernel's generator; no octet is given twice. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = b""
        self._taken = 0

    def __call__(self, count: int) -> bytes:
        if count > _POOL_OCTETS:
            return os.urandom(count)
        with self._lock:
            if self._taken + count > len(self._pool):
                self._pool, self._taken = os.urandom(_POOL_OCTETS), 0
            self._taken += count
            return self._pool[self._taken - count : self._taken]
