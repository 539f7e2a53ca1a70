"""CUSDEC: the import and export declaration (报关单), its amendment, replacement, proof page and cancellation."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity


class Direction(enum.StrEnum):
    """BGM 1001."""

    IMPORT = "929"
    EXPORT = "830"


class Function(enum.StrEnum):
    """BGM 1225."""

    ORIGINAL = "9"
    CHANGE = "4"
    REPLACE = "5"
    PROOF = "31"


@dataclass(frozen=True, slots=True)
class Tax:
    """TAX and its MOA. ``kind``: CUD duty, VAT, EXC excise; ``rate`` in percent (None in a total), ``base`` MOA+56 (None in a total), ``amount`` MOA+55 of an item and MOA+161 of a total, CNY."""

    kind: str
    rate: Decimal | None
    base: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """DOC: ``kind`` is 1001 (811 export licence, 911 import licence, 812 and 927 foreign exchange forms, 841 clearance note, ...), or the supervision document's code where 3055 is ZZZ
    (``national``); ``issued`` DTM+182, ``office`` LOC+91.
    """

    kind: str
    number: str
    national: bool = False
    issued: date | None = None
    office: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One goods item (CST .. before the next). ``hs``: 6 to 10 digits; ``duty_mode``: list duty_modes; ``amount`` MOA+38, ``price`` MOA+146 (one declared unit), ``customs_value`` MOA+40
    (CNY), ``statistical`` MOA+123 (USD); ``first``, ``second``: the legal quantities, ``declared``: what the price is for.
    """

    number: int
    hs: str
    duty_mode: str
    name: str
    origin: str
    declared: Quantity
    first: Quantity
    amount: Money
    second: Quantity | None = None
    price: Money | None = None
    customs_value: Decimal | None = None
    statistical: Decimal | None = None
    final_country: str = ""
    handbook_line: str = ""
    quota: str = ""
    documents: tuple[Document, ...] = ()
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Transport:
    """TDT+11: ``mode`` is 8067, ``conveyance`` 8213 (IMO number), ``name`` 8212."""

    voyage: str
    mode: str
    conveyance: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """``reference``: the declarant's (RFF+ABE, and BGM 1004); ``number``: customs' 18 digits (RFF+ABT), ``""`` in an original. ``mode``: supervision mode, ``levy``: nature of levy, ``entry_kind``, ``kind``: the
    header's CST. ``office``: of declaration (LOC+22), ``border``: of entry or exit (LOC+41, 42); ``country``: of despatch or destination (LOC+35, 28); ``region``: LOC+47 or 106; ``moved``: DTM+151 or
    129. ``trader``: NAD+IM or EX, ``owner``: NAD+CN of an import, CZ of an export (receiving or shipping unit); ``other_party``: the one abroad, by name; ``broker``, ``declarant``: customs codes (NAD+CB, DT). ``terms``: Incoterm; ``total``: MOA+141 (import)
    or MOA+63 (export); ``freight`` MOA+64, ``insurance`` MOA+67, ``charges`` MOA+304. ``rate``: CUX, CNY for one of the total's currency. ``packages`` and ``package_kind``: PAC. ``taxes``: the totals (TAX+3).
    Weights in kilograms.
    """

    TYPE: ClassVar[str] = "CUSDEC"

    direction: Direction
    function: Function
    reference: str
    mode: str
    levy: str
    office: str
    border: str
    country: str
    region: str
    port_of_loading: str
    declared_on: date
    gross_weight: Decimal
    net_weight: Decimal
    transport: Transport
    trader: Enterprise
    owner: Enterprise
    terms: str
    total: Money
    items: tuple[Item, ...]
    number: str = ""
    entry_kind: str = ""
    kind: str = ""
    port_of_discharge: str = ""
    moved_on: date | None = None
    arrived_on: date | None = None
    containers: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    contract: str = ""
    bill_of_lading: str = ""
    manifest: str = ""
    handbook: str = ""
    related: str = ""
    quota: str = ""
    guarantee: str = ""
    packages: int = 0
    package_kind: str = ""
    documents: tuple[Document, ...] = ()
    other_party: str = ""
    broker: str = ""
    declarant: str = ""
    freight: Money | None = None
    insurance: Money | None = None
    charges: Money | None = None
    rate: Decimal | None = None
    taxes: tuple[Tax, ...] = ()
    destination: str = ""

    @classmethod
    def parse(cls, message: Message) -> Declaration:
        """Raises ``Unreadable`` where a required field is missing or is no number, date or code of its kind."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Cancellation:
    """CUSDEC with function 1: ``applied_at`` DTM+137, ``reason`` FTX+ACD; ``trader``, ``broker``: customs codes, at least one."""

    TYPE: ClassVar[str] = "CUSDEC"

    direction: Direction
    reference: str
    number: str
    office: str
    applied_at: datetime
    reason: str
    trader: str = ""
    broker: str = ""
    declarant: str = ""

    @classmethod
    def parse(cls, message: Message) -> Cancellation:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
