"""One transaction's work: events in their order, and what leaves because of them. The same for a live agency and for a rebuild."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import OperationalError

from vanhub.agencies.driver import Driver
from vanhub.agencies.frame.agency import Agency, Occasion
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.events import INSERT, Event, EventKind, last_event, row_of, take_off
from vanhub.agencies.frame.inbox import Inbox
from vanhub.agencies.frame.moments import to_microseconds
from vanhub.agencies.frame.outbox import add_outgoing
from vanhub.agencies.frame.requests import find_instruction
from vanhub.agencies.frame.tables import batch, store
from vanhub.agencies.frame.work import refuse_message, take_deadline, take_instruction, take_message, take_reminder, take_row
from vanhub.agencies.rules import Rules

_log = structlog.get_logger("vanhub.agency")

# Somebody waits for the answer to these: they are undone as a whole where they cannot be done.
_ANSWERED = frozenset({EventKind.ROW, EventKind.INSTRUCTION})
_ROWS = 2_000

_FAILED = "UPDATE event SET failure = ? WHERE number = ?"


@dataclass(frozen=True, slots=True)
class Office:
    """An agency's program with what it goes by. ``addresses``: EDI addresses by ids, its own among them."""

    agency: Agency
    rules: Rules
    addresses: Mapping[str, str]


class Batch:
    """A batch on a connection in a transaction: ``take`` each event, then ``close``. ``failed``: how many events the program could not work off."""

    def __init__(self, conn: Connection, office: Office, moment: datetime) -> None:
        self._conn = conn
        self._driver = Driver(conn)
        self._office = office
        self._moment = moment
        self._book = SqlBook(conn, office.rules, office.addresses)
        self._number = conn.execute(select(func.coalesce(func.max(batch.c.number), 0))).scalar_one() + 1
        self._event = last_event(conn)
        self._rows: list[tuple[object, ...]] = []
        self.failed = 0
        conn.execute(insert(batch), {"number": self._number, "moment": to_microseconds(moment)})

    @property
    def inbox(self) -> Inbox:
        """What came: an interchange whose events are asked for here, and then taken, is read once."""
        return self._book.inbox

    def take(self, happened: Event) -> tuple[int, list[str]]:
        """Work off one event: its number, and what came of it in words. One that failed before is written down only.

        Raises:
            Unreadable: an instruction or a row that cannot be taken; the transaction is to be undone.
        """
        self._event += 1
        self._book.begin()
        self._rows.append(row_of(self._event, self._number, happened))
        if happened.kind is not EventKind.ROW or len(self._rows) >= _ROWS:
            self._flush()
        take_off(self._conn, happened)
        if happened.failure is not None:
            return self._event, []
        if happened.kind in _ANSWERED:
            self._work(happened)
        else:
            self._work_aside(happened)
        return self._event, list(self._book.effects)

    def close(self) -> None:
        """Write what is left, and envelope what was sent."""
        self._flush()
        series, slot = self._conn.execute(select(store.c.series, store.c.slot)).one()
        sent = [(each.event, each.to, each.body) for each in self._book.sent]
        sender = self._office.addresses[self._office.agency.name]
        add_outgoing(self._conn, self._number, self._moment, sender, sent, series=series, test=slot == "test")

    def _work_aside(self, happened: Event) -> None:
        """What the program fails at has no effect and is kept; the others go on."""
        sent = len(self._book.sent)
        self._driver.run("SAVEPOINT event")
        try:
            self._work(happened)
            self._book.flush()
        except OperationalError:
            # The database's fault, not the program's: all is undone and done again later.
            raise
        except Exception as error:  # noqa: BLE001 - any fault of the agency's program
            self._driver.run("ROLLBACK TO SAVEPOINT event")
            self._book.forget(sent)
            self.failed += 1
            _log.error(
                "an event failed and is kept aside; `vanhub agency retry` takes it up again", number=self._event, kind=happened.kind.value, exc_info=True
            )
            why = "".join(traceback.format_exception_only(error)).strip()
            self._driver.run(_FAILED, why, self._event)
        self._driver.run("RELEASE SAVEPOINT event")

    def _work(self, happened: Event) -> None:
        agency, book = self._office.agency, self._book
        occasion = Occasion(self._moment, "", "", self._event)
        match happened.kind:
            case EventKind.MESSAGE:
                interchange = self._book.inbox.interchange(happened.source)
                message = interchange.messages[happened.place - 1]
                occasion = Occasion(self._moment, str(interchange.sender), interchange.reference, self._event)
                if happened.complaints:
                    refuse_message(agency, book, message, happened.complaints, occasion)
                else:
                    take_message(agency, book, message, occasion)
            case EventKind.DEADLINE:
                take_deadline(agency, book, happened.place, self._moment)
            case EventKind.REMINDER:
                take_reminder(agency, book, happened.source, happened.key, occasion)
            case EventKind.ROW:
                take_row(agency, book, happened.row, occasion)
            case EventKind.INSTRUCTION:
                verb, words = find_instruction(self._conn, happened.source)
                take_instruction(agency, book, verb, words, occasion)

    def _flush(self) -> None:
        self._book.flush()
        if self._rows:
            self._driver.run_many(INSERT, self._rows)
            self._rows.clear()
