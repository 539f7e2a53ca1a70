"""A declaration as customs has it on record (报关单电子底账): its number, its state, what it holds on the ledgers."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from vanhub.agencies.codes import DeclarationNumber
from vanhub.agencies.customs.risk import Channel
from vanhub.agencies.customs.serials import Serial, next_serial
from vanhub.agencies.frame.agency import View
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.ledger.posting import Part, Transfer
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.declaration import Declaration, Direction
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.messages.licence import LicenceUsage


class State(enum.StrEnum):
    """Where a declaration stands."""

    RECEIVED = "received"
    RETURNED = "returned"
    MANUAL = "manual"
    EXAM = "exam"
    REVIEWED = "reviewed"
    TAX_DUE = "tax due"
    RELEASED = "released"
    CLOSED = "closed"
    DELETED = "deleted"


class Step(enum.StrEnum):
    """What is done to a declaration."""

    RETURN = "return"
    REFER = "refer"
    """To an officer who looks at the documents."""
    EXAMINE = "examine"
    """The goods."""
    REVIEW = "review"
    """Everything agrees."""
    BILL = "bill"
    RELEASE = "release"
    CLOSE = "close"
    AMEND = "amend"
    """By the declarant: changed or replaced, and looked at anew."""
    CANCEL = "cancel"
    """By the declarant."""
    DELETE = "delete"
    """By customs."""


_UNDER_WAY = (State.RECEIVED, State.MANUAL, State.EXAM, State.REVIEWED, State.TAX_DUE)

NEXT: Mapping[tuple[State, Step], State] = {
    (State.RECEIVED, Step.RETURN): State.RETURNED,
    (State.RECEIVED, Step.REFER): State.MANUAL,
    (State.RECEIVED, Step.EXAMINE): State.EXAM,
    (State.RECEIVED, Step.REVIEW): State.REVIEWED,
    (State.MANUAL, Step.RETURN): State.RETURNED,
    (State.MANUAL, Step.EXAMINE): State.EXAM,
    (State.MANUAL, Step.REVIEW): State.REVIEWED,
    (State.EXAM, Step.RETURN): State.RETURNED,
    (State.EXAM, Step.REVIEW): State.REVIEWED,
    (State.REVIEWED, Step.BILL): State.TAX_DUE,
    (State.REVIEWED, Step.RELEASE): State.RELEASED,
    (State.TAX_DUE, Step.RELEASE): State.RELEASED,
    (State.RELEASED, Step.CLOSE): State.CLOSED,
    **{(state, Step.AMEND): State.RECEIVED for state in _UNDER_WAY},
    **{(state, Step.CANCEL): State.DELETED for state in _UNDER_WAY},
    **{(state, Step.DELETE): State.DELETED for state in (*_UNDER_WAY, State.RELEASED, State.CLOSED)},
}
"""The state after a step. A pair that is not here: the step is refused, and nothing changes."""

HOLDING = (State.MANUAL, State.EXAM, State.REVIEWED, State.TAX_DUE)
"""In which a declaration has reservations."""
SPENT = (State.RELEASED, State.CLOSED)
"""In which its reservations are committed."""


@dataclass(frozen=True, slots=True)
class Lodgement:
    """``number``: customs' 18 digits; ``sender``: the EDI address that it came from and is answered at; ``declaration``: as it stands now.

    ``taken``: digests of the changes that were decided upon; ``reports``: to licensing, of the licences that it used; ``held``: what it moved on the ledgers of licences, forms, notes and manifests when it was accepted; ``bill``: of its taxes; ``answer``: the
    last that was sent about it. Moments are None until they come.
    """

    KIND: ClassVar[str] = "declaration"

    number: str
    sender: str
    state: State
    declaration: Declaration
    received_at: datetime
    answer: Answer
    taken: tuple[str, ...] = ()
    held: tuple[Transfer, ...] = ()
    channel: Channel | None = None
    reports: tuple[LicenceUsage, ...] = ()
    bill: str = ""
    accepted_at: datetime | None = None
    released_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.number

    @property
    def document(self) -> str:
        """Under which its postings stand on the ledgers."""
        return f"declaration {self.number}"

    @property
    def reserved(self) -> tuple[Transfer, ...]:
        """Of what it holds the reservations, which release commits."""
        return tuple(transfer for transfer in self.held if transfer.target is Part.RESERVED)


@dataclass(frozen=True, slots=True)
class Reference:
    """What was lodged under a declarant's own reference: (digest of the original, number), oldest first. All but the last were returned."""

    KIND: ClassVar[str] = "declarant-reference"

    sender: str
    reference: str
    lodged: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        return reference_key(self.sender, self.reference)


def reference_key(sender: str, reference: str) -> str:
    return f"{sender}/{reference}"


_DIRECTIONS = {Direction.IMPORT: "1", Direction.EXPORT: "0"}


def give_number(declaration: Declaration, moment: datetime, view: View) -> tuple[str, Serial]:
    """The next number of the declaration's office, direction and year, and the serial to put."""
    year, direction = day(moment).year, _DIRECTIONS[declaration.direction]
    serial = next_serial(view, f"{declaration.office}{year}{direction}")
    return str(DeclarationNumber(declaration.office, year, direction, serial.last)), serial


def day(moment: datetime) -> date:
    """The day in China."""
    return moment.astimezone(CHINA).date()


def digest(message: Outgoing) -> str:
    """The same for the same content, another for other content: of the message as it is written, so that it outlives the program that made it."""
    return hashlib.sha256(repr([(segment.tag, segment.elements) for segment in message.render()]).encode()).hexdigest()
