"""Mailboxes: what an agency takes, which messages the hub sorts into its mailbox, and by when it has to act.

An agency's mailbox is defined by a file in ``mailboxes/``; every trading partner has one that needs no definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from vanhub.edifact.report import Disposition
from vanhub.values.principal import Address, Principal


@dataclass(frozen=True, slots=True)
class Selection:
    """Some messages: those of one of ``types``, with one of ``documents`` (BGM's document name code, 1001), from one of ``senders`` (ids of principals).

    An empty tuple does not narrow. ``types`` is never empty: no rule takes whatever comes.
    """

    types: tuple[str, ...]
    documents: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()

    def matches(self, type: str, document: str, sender: str) -> bool:
        return type in self.types and (not self.documents or document in self.documents) and (not self.senders or sender in self.senders)

    @property
    def rank(self) -> tuple[bool, bool]:
        """Orders selections that match the same message: one that names senders goes before one that names documents, and that before a bare type."""
        return bool(self.senders), bool(self.documents)

    def overlaps(self, other: Selection) -> bool:
        """Whether a message could match both while neither goes before the other."""
        return (
            self.rank == other.rank
            and not set(self.types).isdisjoint(other.types)
            and (not self.documents or not set(self.documents).isdisjoint(other.documents))
            and (not self.senders or not set(self.senders).isdisjoint(other.senders))
        )


@dataclass(frozen=True, slots=True)
class RouteRule:
    """The messages of ``selection`` that are addressed to the hub belong here. ``on_guide_fault``: what becomes of one that breaks its guide."""

    selection: Selection
    on_guide_fault: Disposition = Disposition.DELIVERED


@dataclass(frozen=True, slots=True)
class CopyRule:
    """A copy of the messages of ``selection`` that go to the mailbox of one of ``recipients`` (ids; empty = any).

    Only what an agency sends or receives can be copied: the traffic of two partners is theirs.
    """

    selection: Selection
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One principal's mailbox; its id is the principal's.

    - ``addresses``: EDI addresses, the first stands in the envelopes that the hub makes for it.
    - ``types``, ``directories``: what it takes (``CUSDEC``, ``D.01B``); empty = all.
    - ``routes``: messages addressed to the hub that belong here; ``copies``: messages of others that it gets too.
    - ``pickup_deadline``, ``answer_deadline``: by when a delivery should be collected and answered, counted from its arrival; None = not watched.
    - ``expiry``: an uncollected delivery expires after it, which its sender and its owner are told.
    - ``retention_days``: how long what was collected can be delivered again.
    - ``wants_rejected``: rejected interchanges addressed to it are shown in its slot "rejected".
    - ``on_guide_fault``: what becomes of a message that is addressed to it and breaks its guide; routes say it for themselves.
    """

    id: str
    name_en: str
    name_zh: str
    addresses: tuple[Address, ...]
    types: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    routes: tuple[RouteRule, ...] = ()
    copies: tuple[CopyRule, ...] = ()
    pickup_deadline: timedelta | None = None
    answer_deadline: timedelta | None = None
    expiry: timedelta = timedelta(days=30)
    retention_days: int = 400
    wants_rejected: bool = False
    on_guide_fault: Disposition = Disposition.DELIVERED

    @classmethod
    def of_partner(cls, principal: Principal) -> Mailbox:
        """The mailbox of a principal that has no definition: it takes whatever is addressed to it."""
        return cls(principal.id, principal.name_en, principal.name_zh, (*principal.addresses, *principal.carries))

    def takes_type(self, type: str) -> bool:
        return not self.types or type in self.types

    def takes_directory(self, directory: str) -> bool:
        return not self.directories or directory in self.directories
