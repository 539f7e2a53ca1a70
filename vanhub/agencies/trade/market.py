"""A plan at work: which cases run, what they send, what they have heard, how they ended. Pure: who runs it carries the messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.fx_form import FxForm
from vanhub.agencies.messages.licence import Licence
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration
from vanhub.agencies.trade.plan import Case
from vanhub.agencies.trade.script import Heard, Outcome, Running, Sending

_REFERENCE = re.compile(r"[XI]\d{7}|V\d{8}")


def hear_message(message: Message) -> Heard | None:
    """A message as the trade hears it; None for one that no case waits for.

    Raises:
        Unreadable: an agency sent what cannot be read.
    """
    match message.type, message.document, message.function:
        case "CUSRES", _, _:
            return Answer.parse(message)
        case "SANCRT", "811" | "911", "9" | "4" | "1":
            return Licence.parse(message)
        case "SANCRT", "812", _:
            return FxForm.parse(message)
        case "SANCRT", "841", _:
            return ClearanceNote.parse(message)
        case "APERAK", _, _:
            return Refusal.parse(message)
        case "REGENT", _, _:
            return Registration.parse(message)
    return None


def _about(heard: Heard) -> Iterator[str]:
    """Where a message may name the case that it answers."""
    if isinstance(heard, Refusal):
        yield heard.document
    else:
        yield heard.reference
        yield heard.number


class Market:
    """The cases of one plan. ``start`` those that may begin, ``take`` what comes; ``outcomes`` by the cases' references."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._waiting = {case.reference: case for case in cases}
        self._running: dict[str, Running] = {}
        self._cases: dict[str, Case] = dict(self._waiting)
        self._followers: dict[str, list[str]] = {}
        for case in self._waiting.values():
            for before in case.after:
                self._followers.setdefault(before, []).append(case.reference)
        self.outcomes: dict[str, Outcome] = {}
        self.unheard: list[Heard] = []

    @property
    def running(self) -> Mapping[str, Running]:
        """Scripts that wait for something."""
        return self._running

    @property
    def waiting(self) -> Mapping[str, Case]:
        """Cases that have not begun."""
        return self._waiting

    def start(self, day: int) -> Iterator[Sending]:
        """Begin all cases of ``day`` and before that wait for no other; what they send."""
        for case in [case for case in self._waiting.values() if case.day <= day]:
            yield from self._start(case)

    def take(self, heard: Heard, day: int) -> Iterator[Sending]:
        """What follows from a message: the next of its case, and the first of cases that waited for its end. Messages for no running case are kept in ``unheard``."""
        reference = next((found.group() for text in _about(heard) if (found := _REFERENCE.search(text))), "")
        running = self._running.get(reference)
        if running is None:
            if reference not in self.outcomes:
                self.unheard.append(heard)
            return
        yield from running.take(heard)
        yield from self._settle(reference, day)

    def _start(self, case: Case) -> Iterator[Sending]:
        if case.reference not in self._waiting or not all(before in self.outcomes for before in case.after):
            return
        del self._waiting[case.reference]
        if any(self.outcomes[before].complaints for before in case.after):
            # It needed what was refused: it ends as that did.
            self.outcomes[case.reference] = next(self.outcomes[before] for before in case.after if self.outcomes[before].complaints)
            return
        running = self._running[case.reference] = Running(case.script(self.outcomes))
        yield from running.start()
        yield from self._settle(case.reference, case.day)

    def _settle(self, reference: str, day: int) -> Iterator[Sending]:
        """Where a case has ended: note how, and begin those that waited for it."""
        outcome = self._running[reference].outcome
        if outcome is None:
            return
        del self._running[reference]
        self.outcomes[reference] = outcome
        for follower in self._followers.get(reference, ()):
            if self._cases[follower].day <= day:
                yield from self._start(self._cases[follower])
