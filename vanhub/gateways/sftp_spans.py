"""Octet ranges of one open SFTP file: writes put into order, reads added up. Values and arithmetic only.

Clients pipeline: dozens of WRITE and READ requests are on their way before the first is answered, and a client may send or serve them in any order.
An upload is one pass from octet 0 to its end, so writes are handed on in order and only a bounded window waits for an earlier one; a gap that does not close
is a hole, an octet that was handed on cannot be changed. A pickup is complete when every octet was read, in whatever order.
"""

from __future__ import annotations

import bisect

from vanhub.errors import Refused

WINDOW_OCTETS = 4 * 1024 * 1024
"""How far a write may be ahead of the octets that are still missing; OpenSSH has at most 64 requests of 256 KiB under way, and sends them in order."""
RANGES = 1_000
"""Most separate ranges of a file that are read before those between them."""


class InOrder:
    """The writes of one upload. ``position`` octets have been handed on."""

    def __init__(self, window: int = WINDOW_OCTETS) -> None:
        self.position = 0
        self._window = window
        self._early: dict[int, bytes] = {}
        self._held = 0

    def add(self, offset: int, data: bytes) -> bytes:
        """What can be handed on now that ``data`` has come, in order; empty while something before it is missing.

        Raises:
            Refused: octets were written before, or lie too far ahead (an append, a resume, random access).
        """
        if not data:
            return b""
        if offset < self.position or offset in self._early:
            raise Refused(f"octet {offset} was written already: an upload is written once, from its beginning to its end")
        self._held += len(data)
        if max(self._held, offset + len(data) - self.position) > self._window and offset != self.position:
            raise Refused(f"octets {self.position} to {offset - 1} are missing: appending and resuming are not possible, upload the file from its beginning")
        self._early[offset] = data
        ready = []
        while (piece := self._early.pop(self.position, None)) is not None:
            ready.append(piece)
            self.position += len(piece)
            self._held -= len(piece)
        if ready and self._early and min(self._early) < self.position:
            raise Refused(f"octet {min(self._early)} was written twice: an upload is written once, from its beginning to its end")
        return b"".join(ready)

    def end(self) -> int:
        """The file's size in octets; nothing may follow.

        Raises:
            Refused: there is a hole.
        """
        if self._early:
            raise Refused(f"octets {self.position} to {min(self._early) - 1} were never written")
        return self.position


class Coverage:
    """Which octets of a file were read: disjoint ranges in order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        """Octets ``start`` .. ``end - 1`` were read.

        Raises:
            Refused: more separate ranges than a reader in good order has.
        """
        if start >= end:
            return
        first = bisect.bisect_left(self._ends, start)
        last = bisect.bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        elif len(self._starts) >= RANGES:
            raise Refused("too many separate parts were read: read the file from its beginning to its end")
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def covers(self, size: int) -> bool:
        """Whether octets 0 .. ``size - 1`` were all read."""
        return size == 0 or (self._starts[:1] == [0] and self._ends[0] >= size)
