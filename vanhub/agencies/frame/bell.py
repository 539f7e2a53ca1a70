"""How a waiting agency is woken: a descriptor that becomes readable at any signal that is listened for."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType


class Bell:
    """``stopping`` is set by SIGTERM and SIGINT; SIGUSR1 only wakes."""

    def __init__(self) -> None:
        self.descriptor, self._ringing = os.pipe()
        for end in (self.descriptor, self._ringing):
            os.set_blocking(end, False)
        self.stopping = False

    def listen(self) -> None:
        """From the main thread: take the signals."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGUSR1, self._wake)
        signal.set_wakeup_fd(self._ringing, warn_on_full_buffer=False)

    def ring(self) -> None:
        os.write(self._ringing, b"!")

    def wait(self, seconds: float) -> None:
        """Until it rings, at most so long."""
        select.select([self.descriptor], [], [], seconds)
        self.quiet()

    def quiet(self) -> None:
        """What rang is heard."""
        try:
            while os.read(self.descriptor, 512):
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        os.close(self.descriptor)
        os.close(self._ringing)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _wake(self, _number: int, _frame: FrameType | None) -> None:
        pass
