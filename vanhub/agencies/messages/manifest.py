"""CUSCAR: the cargo manifest (舱单)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.declaration import Transport


@dataclass(frozen=True, slots=True)
class Placement:
    """SGP: so many of the packages are in this container."""

    container: str
    packages: int


@dataclass(frozen=True, slots=True)
class Goods:
    """GID: ``packages`` of ``package_kind``, ``name`` FTX+AAA, ``gross_weight`` in kilograms, ``placements`` SGP."""

    packages: int
    package_kind: str
    name: str
    gross_weight: Decimal
    placements: tuple[Placement, ...] = ()

    @property
    def containers(self) -> tuple[str, ...]:
        return tuple(placement.container for placement in self.placements)


@dataclass(frozen=True, slots=True)
class Consignment:
    """CNI: one bill of lading (RFF+BM, MB or BH: ``bill_kind``). ``flow``: GIS 7365 (22 export, 23 import, 24 transit, 28 transhipment, 29 onward clearance); ``consignor``, ``consignee``: names."""

    bill_of_lading: str
    port_of_loading: str
    port_of_discharge: str
    flow: str
    consignor: str
    consignee: str
    goods: tuple[Goods, ...]
    bill_kind: str = "BM"
    consignee_code: str = ""
    notify: str = ""

    @property
    def packages(self) -> int:
        return sum(goods.packages for goods in self.goods)

    @property
    def gross_weight(self) -> Decimal:
        return sum((goods.gross_weight for goods in self.goods), Decimal(0))


@dataclass(frozen=True, slots=True)
class Container:
    """EQD: ``size``: ISO 6346 size and type, such as ``22G1``; ``seals``: SEL."""

    number: str
    size: str
    seals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """``number``: BGM 1004, the manifest's number that declarations name (RFF+AFB); ``function``: 9 original, 4 change, 1 cancelled; ``inbound``: GIS 23 (else 22); ``office``: LOC+41 or 42; ``carrier``: NAD+RL, customs code;
    ``expected``: DTM+132 (in) or 133 (out).
    """

    TYPE: ClassVar[str] = "CUSCAR"

    number: str
    function: str
    reported_at: datetime
    inbound: bool
    office: str
    carrier: str
    transport: Transport
    port_of_loading: str
    port_of_discharge: str
    expected: datetime
    consignments: tuple[Consignment, ...]
    containers: tuple[Container, ...] = ()
    carrier_name: str = ""

    @classmethod
    def parse(cls, message: Message) -> Manifest:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
