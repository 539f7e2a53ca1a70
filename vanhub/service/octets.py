"""The octets of a delivery, put together from its recipe as they are read, and verified before anybody gets them."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate

from vanhub.errors import HubError
from vanhub.store.content import ContentStore
from vanhub.store.deliveries import DeliveryContent
from vanhub.values.delivery import ContentRef, Recipe, Slice

_PIECE = 1 << 20


class DamagedContent(HubError):
    """What lies in the store is not what was put there: it is not delivered, and an alert is raised."""

    code = "damaged"


class Octets:
    """Octets that can be read anywhere. Reading blocks on the disk or database: call it from a thread."""

    def __init__(self, content: ContentStore, made: DeliveryContent) -> None:
        self._content, self._ref, self._sha256 = content, made.content, made.sha256
        self._parts = [part if isinstance(part, Slice) else bytes(part) for part in made.recipe]
        self._ends = list(accumulate(part.length if isinstance(part, Slice) else len(part) for part in self._parts))
        self.size = self._ends[-1] if self._ends else 0

    @property
    def sha256(self) -> str:
        """Noted when it was accepted, lower-case hex."""
        return self._sha256

    @classmethod
    def of_original(cls, content: ContentStore, ref: ContentRef, sha256: str) -> Octets:
        """An interchange as it was received."""
        recipe: Recipe = (Slice(0, ref.length),)
        return cls(content, DeliveryContent(recipe, ref, ref.length, sha256))

    def read(self, offset: int, length: int) -> bytes:
        """Octets ``offset`` .. ``offset + length``; fewer only at the end."""
        pieces: list[bytes] = []
        index = bisect_right(self._ends, offset)
        while length > 0 and index < len(self._parts):
            part, end = self._parts[index], self._ends[index]
            size = part.length if isinstance(part, Slice) else len(part)
            within = offset - (end - size)
            take = min(length, size - within)
            piece = self._content.read(self._ref, part.offset + within, take) if isinstance(part, Slice) else part[within : within + take]
            pieces.append(piece)
            offset, length, index = offset + take, length - take, index + 1
        return b"".join(pieces)

    def pieces(self) -> Iterator[bytes]:
        """All octets, a MiB at a time."""
        for offset in range(0, self.size, _PIECE):
            yield self.read(offset, _PIECE)

    def require_undamaged(self) -> None:
        """Compare with the SHA-256 that was noted when it was accepted. Raises ``DamagedContent``."""
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        if digest.hexdigest() != self._sha256:
            raise DamagedContent("what is stored differs from what was received; the operators are told, nothing damaged is delivered")


class Verified:
    """Large contents found undamaged a short while ago: they are not read again for each range of them that is asked for. May be used from any thread."""

    LARGE_OCTETS = _PIECE
    LASTS = timedelta(minutes=5)
    MOST = 1_000

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str], datetime] = {}  # in the order of the ends

    def require(self, delivery: str, octets: Octets) -> None:
        """``octets.require_undamaged``, for what ``delivery`` has of this SHA-256. What is small is read each time: that costs little and leaves no gap."""
        if octets.size <= self.LARGE_OCTETS:
            octets.require_undamaged()
            return
        key, now = (delivery, octets.sha256), self._clock()
        with self._lock:
            if key in self._until and now < self._until[key]:
                return
        octets.require_undamaged()
        with self._lock:
            self._until.pop(key, None)
            self._until[key] = now + self.LASTS
            if len(self._until) > self.MOST:
                del self._until[next(iter(self._until))]
