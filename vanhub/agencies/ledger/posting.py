"""What moves on the ledgers: accounts, transfers between them, postings of transfers.

An account is one part of one balance: of the licence line ``06-AB-300123/1`` so many KGM are available, reserved, used. What moves, moves from one
part to another, so that the parts of a balance always add up to nothing: what was issued stands negative in ``ISSUED``, the source. Every other
part is never negative.

Amounts are exact: ``Decimal`` with at most six decimals, up to ``MOST``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal

MOST_MILLIONTHS = 9 * 10**18
"""What fits into a 64-bit integer: the most that one transfer can move, and that a balance can be, in millionths."""

MOST = Decimal(MOST_MILLIONTHS) / 10**6
"""The same as an amount: 9,000,000,000,000."""


def millionths(amount: Decimal) -> int:
    """``amount`` as the tables keep it.

    Raises:
        ValueError: more than six decimals, or more than ``MOST``.
    """
    if amount.is_finite() and abs(amount) <= MOST:
        above, below = amount.as_integer_ratio()
        whole, rest = divmod(above * 10**6, below)
        if not rest:
            return whole
    raise ValueError(f"{amount} is no amount of at most {MOST:,} with at most six decimals")


def from_millionths(number: int) -> Decimal:
    """The inverse of ``millionths``, without zeros at the end: 3.5, not 3.500000."""
    return Decimal(number) / 10**6


class Part(enum.StrEnum):
    """A part of a balance. Only ``ISSUED`` may be negative: minus all that was ever put into the balance."""

    ISSUED = "issued"
    AVAILABLE = "available"
    RESERVED = "reserved"
    USED = "used"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """``book``: which ledger, such as ``licence``; ``owner``: whose balance in it, such as ``06-AB-300123/1``; ``unit``: UN/ECE Rec. 20 unit, ISO 4217 currency or ``USE``."""

    book: str
    owner: str
    unit: str
    part: Part

    def __str__(self) -> str:
        return f"{self.book} {self.owner} {self.part} {self.unit}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """``amount`` (more than 0) of ``unit`` goes from part ``source`` to another part ``target`` of one balance. Any other is a ``ValueError``."""

    book: str
    owner: str
    unit: str
    amount: Decimal
    source: Part
    target: Part

    def __post_init__(self) -> None:
        if millionths(self.amount) <= 0 or self.source == self.target:
            raise ValueError(f"{self} moves nothing")

    @property
    def debit(self) -> Account:
        """The account that falls."""
        return Account(self.book, self.owner, self.unit, self.source)

    @property
    def credit(self) -> Account:
        """The account that rises."""
        return Account(self.book, self.owner, self.unit, self.target)

    def reversed(self) -> Transfer:
        return Transfer(self.book, self.owner, self.unit, self.amount, self.target, self.source)


def issue(book: str, owner: str, unit: str, amount: Decimal) -> Transfer:
    """Put into the balance: a licence is opened, a bill is written."""
    return Transfer(book, owner, unit, amount, Part.ISSUED, Part.AVAILABLE)


def reserve(book: str, owner: str, unit: str, amount: Decimal) -> Transfer:
    """Set aside for somebody who may still step back."""
    return Transfer(book, owner, unit, amount, Part.AVAILABLE, Part.RESERVED)


def commit(book: str, owner: str, unit: str, amount: Decimal) -> Transfer:
    """What was reserved is used."""
    return Transfer(book, owner, unit, amount, Part.RESERVED, Part.USED)


def release(book: str, owner: str, unit: str, amount: Decimal) -> Transfer:
    """What was reserved is available again."""
    return Transfer(book, owner, unit, amount, Part.RESERVED, Part.AVAILABLE)


def use(book: str, owner: str, unit: str, amount: Decimal) -> Transfer:
    """Used at once, without having been reserved."""
    return Transfer(book, owner, unit, amount, Part.AVAILABLE, Part.USED)


def lapse(book: str, owner: str, unit: str, amount: Decimal) -> Transfer:
    """What is left is good for nothing any more: expired or withdrawn."""
    return Transfer(book, owner, unit, amount, Part.AVAILABLE, Part.LAPSED)
