"""One session on the TLS-TCP line as values: octets in, events out. No Twisted, no clock, no hub.

The peer sends interchanges back to back and may send the next before the last is answered. The rules kept here:

- Every interchange gets a ticket, in order of arrival. Its acknowledgement leaves in that order, whatever order the hub decides in.
- At most ``in_flight`` interchanges are owed an answer at a time; then input waits (``wants_input`` is False and the transport is paused).
- Nothing is written inside another interchange: acknowledgements wait while a delivery is being sent, and a delivery begins only when no
  acknowledgement stands ready.
- Input ends with the peer's close_notify, with octets that begin no interchange (they are finished all the same, the hub's answer says so),
  with a failure, or by ``stop``. The answers owed before that are still given, then the session closes.
- An interchange that the hub could not take or decide has no answer. What follows it is not answered either, or the order would lie: the peer
  repeats everything that it has no acknowledgement for, and the duplicate rule gives the first answer again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from vanhub.edifact.framing import Ended, Framer, Octets


@dataclass(frozen=True, slots=True)
class Begin:
    """A new interchange (or run of octets that begins none) arrives."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Take:
    """Octets of the interchange ``ticket``."""

    ticket: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Finish:
    """Everything of the interchange ``ticket`` is there; ``answered`` or ``failed`` is called for it some time."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Abort:
    """The interchange ``ticket`` will not be finished."""

    ticket: int
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """Octets for the peer: one acknowledgement interchange."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Everything owed is sent: close cleanly."""

    reason: str


Event = Begin | Take | Finish | Abort | Send | Close


@dataclass(slots=True)
class _Owed:
    """An interchange that has begun: still arriving, then with the hub, then answered (``answer`` None: none is owed)."""

    ticket: int
    arrived: bool = False
    answered: bool = False
    answer: bytes | None = None


class Wire:
    """Feed it with ``receive`` and the hub's results; after each call take ``next_event`` until it is None.

    ``taking`` False keeps interchanges back (the hub is backlogged); ``sending`` False keeps acknowledgements back (the peer reads slowly).
    """

    def __init__(self, *, in_flight: int) -> None:
        self.taking = True
        self.sending = True
        self._in_flight = in_flight
        self._framer = Framer()
        self._input: deque[Octets | Ended] = deque()
        self._input_ended = False  # the framer will say nothing more
        self._owed: deque[_Owed] = deque()
        self._next_ticket = 1
        self._aborts: deque[Abort] = deque()
        self._ending: str | None = None  # why no more interchanges are taken
        self._delivering = False
        self._closed = False

    def receive(self, data: bytes) -> None:
        """Octets from the peer, cut anywhere. What comes after the end of input is dropped."""
        if self._ending is None and not self._input_ended:
            self._input.extend(self._framer.feed(data))
            if self._framer.in_garbage:
                self.end_input()  # the session ends with such octets: nobody waits for more of them

    def end_input(self) -> None:
        """The peer said that it has sent everything (close_notify): a cut interchange is finished as it is, and the hub's answer says what is missing."""
        if not self._input_ended:
            self._input.extend(self._framer.close())
            self._input_ended = True

    def stop(self, reason: str) -> None:
        """Take no more; an interchange that has not arrived whole is aborted."""
        self._end(reason)
        if self._owed and not self._owed[-1].arrived:
            self._drop(len(self._owed) - 1, reason)

    def answered(self, ticket: int, answer: bytes | None) -> None:
        """The hub has decided ``ticket``; ``answer`` is its acknowledgement, None when none is owed."""
        for owed in self._owed:
            if owed.ticket == ticket:
                owed.answered, owed.answer = True, answer

    def failed(self, ticket: int, reason: str) -> None:
        """The hub has no answer for ``ticket``: it and what follows stay unanswered, and the session ends."""
        for place, owed in enumerate(self._owed):
            if owed.ticket == ticket:
                owed.arrived = True  # the hub has closed this upload itself
                self._end(reason)
                self._drop(place, reason)
                return

    def begin_delivery(self) -> bool:
        """Whether a delivery may be sent now; if so, acknowledgements wait until ``end_delivery``."""
        if self._delivering or self._ending is not None or self._input_ended or (self._owed and self._owed[0].answered):
            return False
        self._delivering = True
        return True

    def end_delivery(self) -> None:
        """The last octet of the delivery was written."""
        self._delivering = False

    @property
    def wants_input(self) -> bool:
        """False while the transport should be paused."""
        return self.taking and self.sending and not self._input and len(self._owed) < self._in_flight

    @property
    def idle(self) -> bool:
        """Nothing is arriving, owed or being sent."""
        return not self._owed and not self._input and not self._delivering

    @property
    def ending(self) -> bool:
        """No more interchanges are taken and no delivery may begin."""
        return self._ending is not None or self._input_ended

    def next_event(self) -> Event | None:
        """What to do now, or None until something happens. ``Close`` comes once and last."""
        if self._aborts:
            return self._aborts.popleft()
        if self._closed:
            return None
        if self.sending and not self._delivering:
            while self._owed and self._owed[0].answered:
                answer = self._owed.popleft().answer
                if answer is not None:
                    return Send(answer)
            if self._ending is not None and not self._owed:
                self._closed = True
                return Close(self._ending)
        if self._ending is None and self.taking:
            return self._take()
        return None

    def _take(self) -> Event | None:
        arriving = self._owed[-1] if self._owed and not self._owed[-1].arrived else None
        if not self._input:
            if self._input_ended:
                self._end("the peer has ended the session")
                return self.next_event()
            return None
        if arriving is None:
            if len(self._owed) >= self._in_flight:
                return None
            self._owed.append(_Owed(self._next_ticket))
            self._next_ticket += 1
            return Begin(self._owed[-1].ticket)
        event = self._input.popleft()
        if isinstance(event, Octets):
            return Take(arriving.ticket, event.data)
        arriving.arrived = True
        if not event.is_interchange:
            self._end("octets that begin no interchange")
        return Finish(arriving.ticket)

    def _end(self, reason: str) -> None:
        if self._ending is None:
            self._ending = reason
        self._input.clear()

    def _drop(self, place: int, reason: str) -> None:
        """Forget what is owed from ``place`` on; abort the one that was still arriving."""
        while len(self._owed) > place:
            owed = self._owed.pop()
            if not owed.arrived:
                self._aborts.append(Abort(owed.ticket, reason))
