"""What happened, event by event: a message came, a deadline or a reminder was due, a row was loaded, an officer said something. An agency's whole state follows from it."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.moments import to_microseconds
from vanhub.agencies.frame.records import read, write
from vanhub.agencies.frame.tables import FAILED, event, parked, reminder

_COMPLAINTS = tuple[Complaint, ...]


class EventKind(enum.StrEnum):
    MESSAGE = "message"
    DEADLINE = "deadline"
    REMINDER = "reminder"
    ROW = "row"
    INSTRUCTION = "instruction"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, before it is worked off. ``source`` and ``place`` as in the table; a ``place`` of 0 of a message: the interchange as a whole, which could not be read.

    ``complaints``: how a message breaks its guide; ``key``: a reminder's; ``failure``: it was tried, and the program failed; ``row``: what stands on the line of the file.
    """

    kind: EventKind
    source: str = ""
    place: int = 0
    complaints: tuple[Complaint, ...] = ()
    key: str = ""
    failure: str | None = None
    row: Mapping[str, str] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """As the table has it."""
        return write(_COMPLAINTS, self.complaints) if self.complaints else self.key


INSERT = "INSERT INTO event (number, batch, kind, source, place, detail, failure) VALUES (?, ?, ?, ?, ?, ?, ?)"


def row_of(number: int, batch: int, happened: Event) -> tuple[Any, ...]:
    """The event as a row for ``INSERT``."""
    return number, batch, happened.kind.value, happened.source, happened.place, happened.detail, happened.failure


def _of_row(row: Any) -> Event:
    kind = EventKind(row.kind)
    complaints = read(_COMPLAINTS, row.detail) if kind is EventKind.MESSAGE and row.detail else ()
    return Event(kind, row.source, row.place, complaints, row.detail if kind is EventKind.REMINDER else "", row.failure)


_LAST = select(func.coalesce(func.max(event.c.number), 0))


def last_event(conn: Connection) -> int:
    """The number of the last event; 0 where there is none."""
    return int(conn.execute(_LAST).scalar_one())


def list_events(conn: Connection, batch: int) -> Iterator[Event]:
    """The events of a batch in their order."""
    for row in conn.execute(select(event).where(event.c.batch == batch).order_by(event.c.number)):
        yield _of_row(row)


def list_failed(conn: Connection) -> list[tuple[int, Event]]:
    """The events that failed and were not taken up again, with their numbers, oldest first."""
    return [(row.number, _of_row(row)) for row in conn.execute(select(event).where(FAILED).order_by(event.c.number))]


def list_due(conn: Connection, moment: datetime) -> list[Event]:
    """Deadlines and reminders that are due at ``moment``, in the order of their moments; reminders first where these are the same."""
    by = to_microseconds(moment)
    due: list[tuple[int, int, str, str]] = [
        (row.deadline, row.event, "", "")
        for row in conn.execute(select(parked.c.deadline, parked.c.event).where(parked.c.deadline <= by, parked.c.overdue.is_(False)))
    ]
    due += [(row.at, 0, row.subject, row.key) for row in conn.execute(select(reminder).where(reminder.c.at <= by))]
    return [
        Event(EventKind.DEADLINE, place=number) if number else Event(EventKind.REMINDER, source=subject, key=key) for _, number, subject, key in sorted(due)
    ]


def is_due(conn: Connection, happened: Event, moment: datetime) -> bool:
    """Whether a deadline or reminder that was listed is due still: what was worked off since may have moved it or taken it back."""
    by = to_microseconds(moment)
    if happened.kind is EventKind.DEADLINE:
        still = select(parked.c.event).where(parked.c.event == happened.place, parked.c.deadline <= by, parked.c.overdue.is_(False))
    else:
        still = select(reminder.c.at).where(reminder.c.subject == happened.source, reminder.c.key == happened.key, reminder.c.at <= by)
    return conn.execute(still).scalar() is not None


def next_due(conn: Connection) -> int | None:
    """When the next deadline or reminder is due, in microseconds; None where there is none."""
    deadline = conn.execute(select(func.min(parked.c.deadline)).where(parked.c.overdue.is_(False))).scalar()
    at = conn.execute(select(func.min(reminder.c.at))).scalar()
    return min((each for each in (deadline, at) if each is not None), default=None)


def take_off(conn: Connection, happened: Event) -> None:
    """A deadline or a reminder is being worked off: it is not due again, whatever becomes of it."""
    if happened.kind is EventKind.DEADLINE:
        conn.execute(update(parked).where(parked.c.event == happened.place).values(overdue=True))
    elif happened.kind is EventKind.REMINDER:
        conn.execute(delete(reminder).where(reminder.c.subject == happened.source, reminder.c.key == happened.key))
