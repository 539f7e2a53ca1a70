"""An agency's book in its database: ``frame.work.Book`` on a connection in a transaction. Who opened it commits.

Records are written when ``flush`` is called, and read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Connection, select

from vanhub.agencies.driver import Driver
from vanhub.agencies.frame.effects import Outgoing, Record
from vanhub.agencies.frame.inbox import Inbox
from vanhub.agencies.frame.moments import from_microseconds, to_microseconds
from vanhub.agencies.frame.outbox import Body, party_of, render_body
from vanhub.agencies.frame.records import read, write
from vanhub.agencies.frame.tables import record
from vanhub.agencies.frame.work import Parked
from vanhub.agencies.ledger import accounts
from vanhub.agencies.ledger.posting import Account, Part, Transfer
from vanhub.agencies.rules import Rules

R = TypeVar("R", bound=Record)

# What was read stays at hand up to so many records.
_MOST_KNOWN = 20_000
_LAST_CHARACTER = chr(0x10FFFF)

_GET = "SELECT value FROM record WHERE kind = ? AND key = ?"
_PUT = "INSERT INTO record (kind, key, value, event) VALUES (?, ?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, event = excluded.event"
_PARK = "INSERT INTO parked (event, sender, interchange, deadline, overdue) VALUES (?, ?, ?, ?, ?)"
_PARKED = "SELECT sender, interchange, deadline FROM parked WHERE event = ?"
_AWAIT = "INSERT INTO awaited (kind, key, event, position) VALUES (?, ?, ?, ?)"
_UNTIL = "SELECT kind, key FROM awaited WHERE event = ? ORDER BY position"
_NO_LONGER = ("DELETE FROM awaited WHERE event = ?", "DELETE FROM parked WHERE event = ?")
_WAITING = "SELECT event FROM awaited WHERE kind = ? AND key = ? ORDER BY event"
_KINDS_AWAITED = "SELECT DISTINCT kind FROM awaited"
_REMIND = "INSERT INTO reminder (subject, key, at, event) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM reminder WHERE subject = ? AND key = ?"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that ``event`` sends to the EDI address ``to``."""

    event: int
    to: str
    body: Body


class SqlBook:
    """``inbox``: the messages that came. ``sent``: what was sent through this book, in order. ``effects``: what was done since ``begin``, in words."""

    def __init__(self, conn: Connection, rules: Rules, addresses: Mapping[str, str]) -> None:
        self._conn = conn
        self._driver = Driver(conn)
        self._rules = rules
        self._addresses = addresses
        self._known: dict[tuple[str, str], Record | None] = {}
        self._changed: dict[tuple[str, str], tuple[Record, int]] = {}
        self._kinds_awaited: set[str] | None = None
        self.inbox = Inbox(conn)
        self.sent: list[Sent] = []
        self.effects: list[str] = []

    @property
    def rules(self) -> Rules:
        return self._rules

    @property
    def addresses(self) -> Mapping[str, str]:
        return self._addresses

    # -- records

    def get(self, kind: type[R], key: str) -> R | None:
        at = (kind.KIND, key)
        if at not in self._known:
            value = self._driver.scalar(_GET, kind.KIND, key)
            self._known[at] = None if value is None else read(kind, value)
        found = self._known[at]
        if found is not None and not isinstance(found, kind):
            raise TypeError(f"{kind.KIND} is the KIND of {type(found).__qualname__} and of {kind.__qualname__}")
        return found

    def list(self, kind: type[R], prefix: str = "") -> Iterator[R]:
        self.flush()
        wanted = select(record.c.value).where(record.c.kind == kind.KIND, record.c.key >= prefix, record.c.key <= prefix + _LAST_CHARACTER)
        # Row by row: there may be more than fit into memory.
        for value in self._conn.execute(wanted.order_by(record.c.key)).scalars():
            yield read(kind, value)

    def put(self, record: Record, event: int) -> None:
        at = (record.KIND, record.key)
        self._known[at] = record
        self._changed[at] = (record, event)
        self.effects.append(f"{record.KIND} {record.key}")

    # -- ledgers

    def balance(self, account: Account) -> Decimal:
        return accounts.balance(self._conn, account)

    def parts(self, book: str, owner: str, unit: str) -> Mapping[Part, Decimal]:
        return accounts.parts(self._conn, book, owner, unit)

    def post(self, document: str, purpose: str, transfers: Sequence[Transfer], event: int) -> None:
        accounts.post(self._conn, document, purpose, transfers, event)
        self.effects.append(f"posted: {document}, {purpose}")

    def reverse(self, document: str, purpose: str, event: int) -> None:
        accounts.reverse(self._conn, document, purpose, event)
        self.effects.append(f"reversed: {document}, {purpose}")

    # -- messages

    def send(self, to: str, message: Outgoing, event: int) -> None:
        # Here, where only this event fails for it.
        party_of(to)
        self.sent.append(Sent(event, to, render_body(message)))
        self.effects.append(f"sent: {message.TYPE} to {to}")

    def park(self, parked: Parked) -> None:
        self._unpark(parked.event)
        self._driver.run(_PARK, parked.event, parked.sender, parked.interchange, to_microseconds(parked.deadline), False)
        until = dict.fromkeys(parked.until)
        self._driver.run_many(_AWAIT, [(kind, key, parked.event, position) for position, (kind, key) in enumerate(until)])
        self._awaited().update(kind for kind, _ in until)
        self.effects.append(f"parked until {parked.deadline:%Y-%m-%d %H:%M} UTC: {', '.join(f'{kind} {key}' for kind, key in until)}")

    def unpark(self, event: int) -> Parked | None:
        found = self._driver.rows(_PARKED, event)
        if not found:
            return None
        until = tuple((kind, key) for kind, key in self._driver.rows(_UNTIL, event))
        self._unpark(event)
        ((sender, interchange, deadline),) = found
        return Parked(event, self.inbox.message(event), sender, interchange, until, from_microseconds(deadline))

    def _unpark(self, event: int) -> None:
        for statement in _NO_LONGER:
            self._driver.run(statement, event)

    def waiting_for(self, kind: str, key: str) -> Iterable[int]:
        if kind not in self._awaited():
            return ()
        return tuple(event for (event,) in self._driver.rows(_WAITING, kind, key))

    def _awaited(self) -> set[str]:
        """The kinds of records that somebody may wait for: most puts concern nobody, and are spared the look."""
        if self._kinds_awaited is None:
            self._kinds_awaited = {kind for (kind,) in self._driver.rows(_KINDS_AWAITED)}
        return self._kinds_awaited

    def remind(self, subject: str, key: str, at: datetime | None, event: int) -> None:
        self._driver.run(_FORGET, subject, key)
        if at is not None:
            self._driver.run(_REMIND, subject, key, to_microseconds(at), event)
            self.effects.append(f"reminder at {at:%Y-%m-%d %H:%M} UTC: {subject} {key}")

    # -- between events

    def begin(self) -> None:
        """Another event: ``effects`` are those that follow."""
        self.effects.clear()

    def flush(self) -> None:
        """Write what was put."""
        if self._changed:
            rows = [(kind, key, write(type(value), value), event) for (kind, key), (value, event) in self._changed.items()]
            self._driver.run_many(_PUT, rows)
            self._changed.clear()
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()

    def forget(self, sent: int) -> None:
        """What an event did was undone in the database: here too. ``sent``: so many messages had been sent before it."""
        self._known.clear()
        self._changed.clear()
        self._kinds_awaited = None
        del self.sent[sent:]
