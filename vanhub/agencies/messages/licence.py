"""SANCRT 810, 910 and 811, 911: the application for an export or import licence, and the licence (许可证)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.parts import Money, Quantity


class LicenceStatus(enum.StrEnum):
    """STS 4405."""

    APPROVED = "39"
    WITHDRAWN = "40"
    REJECTED = "41"


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """LIN: ``hs`` 6 to 10 digits, ``name`` IMD, ``quantity`` QTY+1, ``price`` MOA+146, ``origin`` LOC+27."""

    number: int
    hs: str
    name: str
    quantity: Quantity
    price: Money | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class LicenceApplication:
    """``export``: 810, else 910. ``reference``: the applicant's (BGM 1004); ``function``: 9 new, 4 change, 1 withdrawal; ``licence``: the one to change (RFF+EX, IP). ``office``: licence office (LOC+91), ``customs_office``: the one
    customs office (LOC+42, 41); ``country``: LOC+28 or 35; ``uses``: 1 (``ONE``) or 2 to 12 (``MULTI:n``); ``mode``: supervision mode; ``holder``: 13-character enterprise code (PNA+EX, IM); ``quota``: RFF+ABJ.
    """

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    reference: str
    function: str
    applied_on: date
    office: str
    customs_office: str
    country: str
    uses: int
    total: Quantity
    value: Money
    mode: str
    holder: str
    lines: tuple[LicenceLine, ...]
    licence: str = ""
    quota: str = ""
    contract: str = ""
    origin: str = ""
    valid_to: date | None = None
    remarks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> LicenceApplication:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Licence:
    """``export``: 811, else 911. ``number``: BGM 1004, ``function``: 9 issued, 4 changed, 1 withdrawn; ``reference``: the application's (RFF+ABE); ``issuer``: PNA+VQ. The rest as in the application. One that
    was not approved has status REJECTED, and says why in ``remarks``."""

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    number: str
    function: str
    status: LicenceStatus
    issued_on: date
    valid_from: date
    valid_to: date
    office: str
    customs_office: str
    country: str
    uses: int
    total: Quantity
    value: Money
    mode: str
    holder: str
    issuer: str
    lines: tuple[LicenceLine, ...]
    reference: str = ""
    quota: str = ""
    contract: str = ""
    origin: str = ""
    remarks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> Licence:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class UsedLine:
    """LIN of a usage report: ``quantity`` MEA+AAK, ``value`` MOA+63 or 141."""

    number: int
    hs: str
    quantity: Quantity
    value: Money | None = None


@dataclass(frozen=True, slots=True)
class LicenceUsage:
    """SANCRT 901: customs reports one use of a licence to its office (核销). ``number``: BGM 1004; ``cancelled``: function 1, takes the report of that number back; ``declaration``: RFF+ABT; ``office``: LOC+22."""

    TYPE: ClassVar[str] = "SANCRT"

    number: str
    cancelled: bool
    export: bool
    licence: str
    declaration: str
    declared_on: date
    office: str
    lines: tuple[UsedLine, ...]

    @classmethod
    def parse(cls, message: Message) -> LicenceUsage:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class LicenceQuery:
    """SANCRT 811 or 911 with function 13: what is there under this licence? ``reference``: the asker's (RFF+ABE)."""

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    licence: str
    reference: str
    asked_on: date

    @classmethod
    def parse(cls, message: Message) -> LicenceQuery:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class LicenceBalance:
    """SANCRT 811 or 911 with function 11: the answer to a query. ``known`` False: no such licence, or not the asker's business, and nothing below holds. ``left``: (line, quantity) still to be used, ``uses_left``."""

    TYPE: ClassVar[str] = "SANCRT"

    export: bool
    licence: str
    reference: str
    answered_on: date
    known: bool
    status: LicenceStatus | None = None
    valid_to: date | None = None
    holder: str = ""
    country: str = ""
    quota: str = ""
    uses_left: int | None = None
    left: tuple[tuple[int, Quantity], ...] = ()
    granted: Decimal | None = None

    @classmethod
    def parse(cls, message: Message) -> LicenceBalance:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
