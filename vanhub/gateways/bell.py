"""What one coroutine waits for: that somebody rings, or that time passes."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Bell:
    """Remembers one ring, so that a ring between looking and waiting is not lost. A waiter must look again: a ring is only a hint."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._rung = False
        self._waiter: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None

    def ring(self) -> None:
        self._rung = True
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            if self._timer is not None:
                if self._timer.active():
                    self._timer.cancel()
                self._timer = None
            self._rung = False
            waiter.callback(None)

    def wait(self, timeout_s: float | None = None) -> Deferred[None]:
        """Fires at the next ring, at once if it was rung since the last wait, and after ``timeout_s`` in any case. One waiter at a time."""
        waiter: Deferred[None] = Deferred()
        self._waiter = waiter
        if self._rung:
            self.ring()
        elif timeout_s is not None:
            self._timer = self._clock.callLater(max(timeout_s, 0.0), self.ring)
        return waiter
