"""What the frame and an agency's program promise one another.

An ``Agency`` decides: its functions are pure, they compute effects from a message, the occasion and what the ``View`` shows, and do no input or
output. The frame reads, decides, writes and sends; it calls them again with the same arguments when the state is rebuilt, and has to get the same
effects. Hence no clock, no randomness and no order of a set may enter a decision: the moment stands in the occasion, and draws come from ``view.rules`` (a
seed) and the number of what is drawn for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.effects import Effect, Record
from vanhub.agencies.frame.message import Message
from vanhub.agencies.ledger.posting import Account, Part
from vanhub.agencies.rules import Rules

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and how a message came. ``moment``: the agency's clock when the frame took it up (aware, UTC); ``sender``: the EDI address in UNB, which the
    hub has authenticated; ``interchange``: 0020; ``event``: the agency's own running number of what happened, the same in a rebuild; ``overdue``: it was parked
    and its deadline has passed: decide without what it waited for; ``woken``: it was parked before.
    """

    moment: datetime
    sender: str
    interchange: str
    event: int
    overdue: bool = False
    woken: bool = False


class View(Protocol):
    """What an agency has on record, as of now: everything decided before, and nothing of the decision that is being made."""

    @property
    def rules(self) -> Rules:
        """Rules and limits with their dates of effect."""
        ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """EDI addresses of the other agencies by their ids (``customs``), and the hub's as ``hub``."""
        ...

    def get(self, kind: type[R], key: str) -> R | None:
        """One record, or None."""
        ...

    def list(self, kind: type[R], prefix: str = "") -> Iterator[R]:
        """All records of a kind whose keys begin with ``prefix``, in the order of their keys."""
        ...

    def balance(self, account: Account) -> Decimal:
        """What the account has; 0 where nothing was ever posted."""
        ...

    def parts(self, book: str, owner: str, unit: str) -> Mapping[Part, Decimal]:
        """All parts of one balance, those without postings as 0."""
        ...


class Agency(Protocol):
    """An agency's program: what it makes of messages, files, reminders."""

    @property
    def name(self) -> str:
        """As in ``mailboxes/NAME.toml``."""
        ...

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        """What follows from one message. A typed message's ``Unreadable`` goes through to the frame, which calls ``refuse``."""
        ...

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        """The answer to a message that breaks its guide or cannot be read: CUSRES or APERAK. Posts nothing."""
        ...

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:
        """A reminder that a decision asked for is due."""
        ...

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        """One row of a file that an operator loads (``vanhub agency load``); the columns are the agency's own. A row that cannot be taken is a ``Complaint``
        raised as ``Unreadable``."""
        ...

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        """What an officer decided at the desk (``vanhub agency instruct NAME VERB KEY=VALUE...``): an examination's result, a withdrawal. ``Unreadable`` where it makes no sense."""
        ...

    def invariants(self, view: View) -> Iterable[str]:
        """What is wrong with records and ledgers that have to agree, in words; nothing where all is well."""
        ...
