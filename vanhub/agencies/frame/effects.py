"""What a decision wants to happen, as values: the frame writes all of a decision's effects in one transaction, in their order, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from pydifact.segments import Segment

from vanhub.agencies.ledger.posting import Transfer


@runtime_checkable
class Record(Protocol):
    """What an agency keeps: a frozen dataclass whose fields are texts, numbers (int, Decimal), truth values, dates, moments (aware, UTC), enums, other such
    dataclasses, tuples of these and None. ``KIND`` names its class in the database, ``key`` the one record of that kind.
    """

    KIND: ClassVar[str]

    @property
    def key(self) -> str: ...


@runtime_checkable
class Outgoing(Protocol):
    """A message that can be sent: ``TYPE`` is 0065, ``render`` its segments between UNH and UNT."""

    TYPE: ClassVar[str]

    def render(self) -> Sequence[Segment]: ...


@dataclass(frozen=True, slots=True)
class Put:
    """Keep ``record`` in place of the one of its kind and key, if there is one. Whoever is parked for it is woken."""

    record: Record


@dataclass(frozen=True, slots=True)
class Post:
    """Move on the ledgers: all of ``transfers`` or none. ``document`` groups the postings that belong together (``declaration 530120060000012346``), so
    that ``Reverse`` undoes exactly them; ``purpose`` says why, in a word or two. The message behind it is added by the frame.

    A transfer that would make a balance negative is a fault of the program that asked for it: a decision looks at the balance first.
    """

    document: str
    purpose: str
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class Reverse:
    """Undo exactly all postings of ``document`` that are not undone yet; nothing where there are none."""

    document: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send ``message`` to the EDI address ``to`` (``GACC:ZZZ``). What one transaction sends to one address leaves in one interchange, in order."""

    to: str
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Park:
    """Not yet: decide this message again when a record that it waits for is put, or at ``deadline`` with ``Occasion.overdue``.

    ``until``: the (kind, key) of each. A message that is parked again when woken keeps its first deadline. Other effects beside it (a receipt) happen.
    """

    until: tuple[tuple[str, str], ...]
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Remind:
    """Call ``Agency.remind`` with (``subject``, ``key``) at ``at``. Another reminder of the same subject and key replaces it; ``at`` None takes it back."""

    subject: str
    key: str
    at: datetime | None


Effect = Put | Post | Reverse | Send | Park | Remind
