"""An agency's book in memory: the model that the one in the database is compared with, and the fast one for properties of decisions."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from vanhub.agencies.frame.agency import Agency, Occasion
from vanhub.agencies.frame.effects import Outgoing, Record
from vanhub.agencies.frame.message import Message
from vanhub.agencies.frame.work import Parked, take_deadline, take_instruction, take_message, take_reminder, take_row
from vanhub.agencies.ledger.errors import Overdrawn
from vanhub.agencies.ledger.posting import Account, Part, Transfer, from_millionths, millionths
from vanhub.agencies.rules import Rules
from vanhub.edifact.tolerant import ReadSegment

R = TypeVar("R", bound=Record)

ADDRESSES = {
    "hub": "VANHUB:ZZZ",
    "customs": "GACC:ZZZ",
    "licensing": "MOFTEC:ZZZ",
    "registry": "SAIC:ZZZ",
    "inspection": "CIQ:ZZZ",
    "foreign-exchange": "SAFE:ZZZ",
    "tax": "SAT:ZZZ",
    "statistics": "GACCSTAT:ZZZ",
    "e-port": "EPORT:ZZZ",
    "transport": "MOT:ZZZ",
    "foreign-customs-us": "USCUSTOMS:ZZZ",
    "foreign-customs-eu": "EUCUSTOMS:ZZZ",
    "foreign-customs-ca": "CACUSTOMS:ZZZ",
    "foreign-customs-tr": "TRCUSTOMS:ZZZ",
}


class FixedRules:
    """Rules that hold on every day: the value of each name, as its kind has it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def number(self, name: str, on: date) -> Decimal:
        return Decimal(self._values[name])

    def count(self, name: str, on: date) -> int:
        return int(self._values[name])

    def duration(self, name: str, on: date) -> timedelta:
        found = self._values[name]
        assert isinstance(found, timedelta)
        return found

    def text(self, name: str, on: date) -> str:
        return str(self._values[name])

    def truth(self, name: str, on: date) -> bool:
        return bool(self._values[name])

    def texts(self, name: str, on: date) -> tuple[str, ...]:
        return tuple(self._values[name])


@dataclass
class Posted:
    document: str
    purpose: str
    transfers: tuple[Transfer, ...]
    event: int
    reverses: int | None = None
    reversed: bool = False


@dataclass
class MemoryBook:
    """``frame.work.Book`` as plain Python; ``sent`` has (address, message) in order."""

    rules: Rules
    addresses: Mapping[str, str] = field(default_factory=lambda: ADDRESSES)
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    balances: dict[Account, Decimal] = field(default_factory=dict)
    postings: list[Posted] = field(default_factory=list)
    sent: list[tuple[str, Outgoing]] = field(default_factory=list)
    parked: dict[int, Parked] = field(default_factory=dict)
    reminders: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def get(self, kind: type[R], key: str) -> R | None:
        found = self.records.get((kind.KIND, key))
        assert found is None or isinstance(found, kind)
        return found

    def list(self, kind: type[R], prefix: str = "") -> Iterator[R]:
        for (name, key), record in sorted(self.records.items(), key=lambda entry: entry[0]):
            if name == kind.KIND and key.startswith(prefix) and isinstance(record, kind):
                yield record

    def balance(self, account: Account) -> Decimal:
        return from_millionths(millionths(self.balances.get(account, Decimal(0))))

    def parts(self, book: str, owner: str, unit: str) -> Mapping[Part, Decimal]:
        return {part: self.balance(Account(book, owner, unit, part)) for part in Part}

    def put(self, record: Record, event: int) -> None:
        self.records[record.KIND, record.key] = record

    def post(self, document: str, purpose: str, transfers: Sequence[Transfer], event: int) -> None:
        if transfers:
            self._move(transfers)
            self.postings.append(Posted(document, purpose, tuple(transfers), event))

    def reverse(self, document: str, purpose: str, event: int) -> None:
        standing = [number for number, each in enumerate(self.postings) if each.document == document and not each.reversed and each.reverses is None]
        undoing = {number: tuple(transfer.reversed() for transfer in reversed(self.postings[number].transfers)) for number in reversed(standing)}
        self._move([transfer for transfers in undoing.values() for transfer in transfers])
        for number, transfers in undoing.items():
            self.postings[number].reversed = True
            self.postings.append(Posted(document, purpose, transfers, event, reverses=number))

    def _move(self, transfers: Sequence[Transfer]) -> None:
        after = dict(self.balances)
        for transfer in transfers:
            after[transfer.debit] = after.get(transfer.debit, Decimal(0)) - transfer.amount
            after[transfer.credit] = after.get(transfer.credit, Decimal(0)) + transfer.amount
            if transfer.source != Part.ISSUED and after[transfer.debit] < 0:
                raise Overdrawn(transfer.debit, self.balance(transfer.debit), transfer.amount)
        self.balances = after

    def send(self, to: str, message: Outgoing, event: int) -> None:
        self.sent.append((to, message))

    def park(self, parked: Parked) -> None:
        self.parked[parked.event] = parked

    def unpark(self, event: int) -> Parked | None:
        return self.parked.pop(event, None)

    def waiting_for(self, kind: str, key: str) -> Sequence[int]:
        return sorted(event for event, parked in self.parked.items() if (kind, key) in parked.until)

    def remind(self, subject: str, key: str, at: datetime | None, event: int) -> None:
        if at is None:
            self.reminders.pop((subject, key), None)
        else:
            self.reminders[subject, key] = at


class Desk:
    """An agency at work on a book in memory, with a clock that only the test moves."""

    def __init__(self, agency: Agency, rules: Rules, now: datetime = datetime(2006, 3, 20, 1, tzinfo=UTC)) -> None:
        self.agency = agency
        self.book = MemoryBook(rules)
        self.now = now
        self._event = 0

    def receive(self, message: Outgoing, sender: str = "SKBROKER:ZZZ") -> list[tuple[str, Outgoing]]:
        """Take a message as if it had come in an interchange; what is sent because of it."""
        return self.receive_read(as_read(message), sender)

    def receive_read(self, message: Message, sender: str = "SKBROKER:ZZZ") -> list[tuple[str, Outgoing]]:
        before = len(self.book.sent)
        take_message(self.agency, self.book, message, self._occasion(sender))
        return self.book.sent[before:]

    def load(self, **row: str) -> list[tuple[str, Outgoing]]:
        before = len(self.book.sent)
        take_row(self.agency, self.book, row, self._occasion(""))
        return self.book.sent[before:]

    def instruct(self, verb: str, **words: str) -> list[tuple[str, Outgoing]]:
        before = len(self.book.sent)
        take_instruction(self.agency, self.book, verb, words, self._occasion(""))
        return self.book.sent[before:]

    def wait_until(self, moment: datetime) -> list[tuple[str, Outgoing]]:
        """Time goes on; deadlines and reminders that are due by then come in their order."""
        before = len(self.book.sent)
        while True:
            due: list[tuple[datetime, int, tuple[str, str]]] = [(parked.deadline, event, ("", "")) for event, parked in self.book.parked.items()]
            due += [(at, 0, entry) for entry, at in self.book.reminders.items()]
            heapq.heapify(due)
            if not due or due[0][0] > moment:
                self.now = max(self.now, moment)
                return self.book.sent[before:]
            at, event, (subject, key) = due[0]
            self.now = max(self.now, at)
            if event:
                take_deadline(self.agency, self.book, event, self.now)
            else:
                del self.book.reminders[subject, key]
                take_reminder(self.agency, self.book, subject, key, self._occasion(""))

    def _occasion(self, sender: str) -> Occasion:
        self._event += 1
        return Occasion(self.now, sender, f"I{self._event}", self._event)


def as_read(message: Outgoing) -> Message:
    """A message as its recipient reads it, without the octets between."""
    segments = tuple(
        ReadSegment([[segment.tag], *([element] if isinstance(element, str) else list(element) for element in segment.elements)])
        for segment in message.render()
    )
    bgm = next((segment for segment in segments if segment.tag == "BGM"), ReadSegment([]))
    return Message(message.TYPE, "D.01B", "CNGC01", "1", bgm.at(1), bgm.at(2), bgm.at(3), segments)
