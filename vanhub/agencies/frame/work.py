"""One event worked off on an agency's book: decide, apply the effects, wake what was parked for them. The same for a live agency, a rebuild and a test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Agency, Occasion, View
from vanhub.agencies.frame.effects import Effect, Outgoing, Park, Post, Put, Record, Remind, Reverse, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.ledger.posting import Transfer


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that waits. ``event`` is the one that brought it; ``until`` the (kind, key) of what it waits for."""

    event: int
    message: Message
    sender: str
    interchange: str
    until: tuple[tuple[str, str], ...]
    deadline: datetime


class Book(View, Protocol):
    """A view that can be written. Everything between two events is one transaction; who opened it commits."""

    def put(self, record: Record, event: int) -> None: ...

    def post(self, document: str, purpose: str, transfers: Sequence[Transfer], event: int) -> None:
        """Raises ``Overdrawn`` where a balance would become negative; nothing is posted then."""
        ...

    def reverse(self, document: str, purpose: str, event: int) -> None: ...

    def send(self, to: str, message: Outgoing, event: int) -> None: ...

    def park(self, parked: Parked) -> None:
        """In place of an earlier one of the same event."""
        ...

    def unpark(self, event: int) -> Parked | None: ...

    def waiting_for(self, kind: str, key: str) -> Iterable[int]:
        """The events of the messages that are parked for this record, oldest first."""
        ...

    def remind(self, subject: str, key: str, at: datetime | None, event: int) -> None: ...


def take_message(agency: Agency, book: Book, message: Message, occasion: Occasion) -> None:
    """A message has come."""
    _work(agency, book, occasion, message, lambda: _decided(agency, book, message, occasion))


def refuse_message(agency: Agency, book: Book, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion) -> None:
    """A message has come that breaks its guide."""
    _work(agency, book, occasion, message, lambda: agency.refuse(message, complaints, occasion, book))


def take_deadline(agency: Agency, book: Book, event: int, moment: datetime) -> None:
    """The message that ``event`` brought has waited long enough; nothing where it is not parked any more."""
    parked = book.unpark(event)
    if parked is not None:
        occasion = Occasion(moment, parked.sender, parked.interchange, event, overdue=True, woken=True)
        _work(agency, book, occasion, parked.message, lambda: _decided(agency, book, parked.message, occasion))


def take_reminder(agency: Agency, book: Book, subject: str, key: str, occasion: Occasion) -> None:
    """A reminder is due; the caller has taken it off."""
    _work(agency, book, occasion, None, lambda: agency.remind(subject, key, occasion, book))


def take_row(agency: Agency, book: Book, row: Mapping[str, str], occasion: Occasion) -> None:
    """A row of a loaded file. Raises ``Unreadable``."""
    _work(agency, book, occasion, None, lambda: agency.load(row, occasion, book))


def take_instruction(agency: Agency, book: Book, verb: str, words: Mapping[str, str], occasion: Occasion) -> None:
    """An officer's word. Raises ``Unreadable``."""
    _work(agency, book, occasion, None, lambda: agency.instruct(verb, words, occasion, book))


def _decided(agency: Agency, book: Book, message: Message, occasion: Occasion) -> Iterable[Effect]:
    try:
        # As a list: a decision that fails half way has no effects.
        return list(agency.decide(message, occasion, book))
    except Unreadable as error:
        return agency.refuse(message, error.complaints, occasion, book)


def _work(agency: Agency, book: Book, occasion: Occasion, message: Message | None, decide: Callable[[], Iterable[Effect]]) -> None:
    due = deque(_apply(book, list(decide()), message, occasion))
    while due:
        parked = due.popleft()
        woken = Occasion(occasion.moment, parked.sender, parked.interchange, parked.event, woken=True)
        effects = list(_decided(agency, book, parked.message, woken))
        due.extend(_apply(book, effects, parked.message, woken, parked.deadline))


def _apply(book: Book, effects: Sequence[Effect], message: Message | None, occasion: Occasion, deadline: datetime | None = None) -> list[Parked]:
    """Write the effects in their order; the messages that they wake, which are not parked any more: a thousand that wait for one record are looked for once, though each puts it again."""
    woken: list[Parked] = []
    for effect in effects:
        match effect:
            case Put(record):
                book.put(record, occasion.event)
                waiting = [event for event in book.waiting_for(record.KIND, record.key) if event != occasion.event]
                woken.extend(parked for event in waiting if (parked := book.unpark(event)) is not None)
            case Post(document, purpose, transfers):
                book.post(document, purpose, transfers, occasion.event)
            case Reverse(document, purpose):
                book.reverse(document, purpose, occasion.event)
            case Send(to, outgoing):
                book.send(to, outgoing, occasion.event)
            case Remind(subject, key, at):
                book.remind(subject, key, at, occasion.event)
            case Park(until, first):
                if message is None or occasion.overdue:
                    raise ValueError(f"event {occasion.event}: only a message that is not overdue can be parked")
                book.park(Parked(occasion.event, message, occasion.sender, occasion.interchange, until, deadline or first))
    return woken
