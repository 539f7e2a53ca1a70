"""A program that only takes cargo messages and payments, so that the frame's real work (parking, waking, posting) is under test and nothing else of customs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.agencies.customs.goods import NOW, RULES
from tests.agencies.memory import MemoryBook
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.frame.message import Message
from vanhub.agencies.frame.work import take_deadline, take_message


@dataclass
class Carriage:
    """``take`` decides upon a value; ``refused`` has what it refused, by event."""

    take: Callable[[Any, Occasion, View], Iterable[Effect]]
    name: str = "customs"
    values: dict[str, Any] = field(default_factory=dict)
    refused: list[tuple[Complaint, ...]] = field(default_factory=list)
    book: MemoryBook = field(default_factory=lambda: MemoryBook(RULES))
    now: datetime = NOW
    events: int = 0

    def receive(self, value: Any, sender: str = "NHL:ZZZ") -> list[Any]:
        """The value as if a message had brought it; what was sent because of it."""
        before = len(self.book.sent)
        self.events += 1
        reference = str(self.events)
        self.values[reference] = value
        message = Message(value.TYPE, "D.01B", "CNGC01", reference, "", "", "", ())
        take_message(self, self.book, message, Occasion(self.now, sender, reference, self.events))
        return [sent for _, sent in self.book.sent[before:]]

    def expire(self) -> list[Any]:
        """Everything that is parked has waited long enough."""
        before = len(self.book.sent)
        for event in sorted(self.book.parked):
            take_deadline(self, self.book, event, self.book.parked[event].deadline)
        return [sent for _, sent in self.book.sent[before:]]

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        return self.take(self.values[message.reference], occasion, view)

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        self.refused.append(complaints)
        return ()

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:
        return ()

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        raise Unreadable

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        raise Unreadable

    def invariants(self, view: View) -> Iterable[str]:
        return ()
