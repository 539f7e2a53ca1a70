"""A case of trade as a script: what is sent, and what has to be heard before the next is sent. Pure; who runs it does the sending.

A script is a generator. It yields what it sends (a tuple, perhaps empty) and is given the next message that was heard for it; its return value is the
outcome. Nobody tells it when: it goes on whenever something is heard.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.fx_form import FxForm
from vanhub.agencies.messages.licence import Licence
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration

Heard = Answer | ClearanceNote | FxForm | Licence | Refusal | Registration
H = TypeVar("H", bound=Heard)


class Role(enum.StrEnum):
    """Who of the trade sends: each is a trading partner of the hub, with a mailbox of its own."""

    BROKER = "broker"
    CARRIER = "carrier"
    TERMINAL = "terminal"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class Sending:
    """``role`` sends ``message`` to the agency ``to`` (its id)."""

    role: Role
    to: str
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended. ``number``: what was given to it (a declaration's, a licence's), ``""`` where nothing was; ``taxes``: (kind, CNY) of the bill that was
    paid; ``complaints``: why it was refused, empty where it was not.
    """

    number: str = ""
    taxes: tuple[tuple[str, Decimal], ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the complaints, each once, in order."""
        return tuple(sorted({complaint.code for complaint in self.complaints}))


Script = Generator[tuple[Sending, ...], Heard, Outcome]


class Refused(Exception):
    """An agency said no."""

    def __init__(self, complaints: tuple[Complaint, ...], number: str = "") -> None:
        super().__init__("; ".join(complaint.code for complaint in complaints))
        self.outcome = Outcome(number, complaints=complaints)


def hear(kind: type[H], *sendings: Sending, when: Callable[[H], bool] = lambda _heard: True) -> Generator[tuple[Sending, ...], Heard, H]:
    """Send, then wait for a message of this kind for which ``when`` is true; others are passed over.

    Raises:
        Refused: an agency answered that it refuses.
    """
    heard = yield sendings
    while True:
        if isinstance(heard, Refusal):
            raise Refused(heard.complaints)
        if isinstance(heard, Answer) and heard.kind is AnswerKind.REJECTION:
            raise Refused(heard.errors, heard.number)
        if isinstance(heard, kind) and when(heard):
            return heard
        heard = yield ()


@dataclass
class Running:
    """A script at work: ``start``, then ``take`` for each message heard, until ``outcome`` is there."""

    script: Script
    outcome: Outcome | None = field(default=None, init=False)

    def start(self) -> tuple[Sending, ...]:
        """What is sent first."""
        return self._go(lambda: next(self.script))

    def take(self, heard: Heard) -> tuple[Sending, ...]:
        """What is sent next. A script that has ended hears nothing more."""
        return () if self.outcome is not None else self._go(lambda: self.script.send(heard))

    def _go(self, step: Callable[[], tuple[Sending, ...]]) -> tuple[Sending, ...]:
        try:
            return step()
        except StopIteration as stop:
            outcome = stop.value
        except Refused as refused:
            outcome = refused.outcome
        assert isinstance(outcome, Outcome)  # noqa: S101 - what the type of Script says
        self.outcome = outcome
        return ()
