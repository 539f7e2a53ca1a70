"""What carriers and terminals report of ships and boxes: CUSREP conveyance report, COARRI discharge and loading tally, CODECO gate report."""

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
class ConveyanceReport:
    """CUSREP: ``arrival``: BGM 185, else departure 186; ``manifest``: RFF+AFB; ``office``: LOC+41 or 42; ``moment``: DTM+132 or 133; ``carrier``: NAD+CA; ``other_port``: LOC+61."""

    TYPE: ClassVar[str] = "CUSREP"

    number: str
    arrival: bool
    manifest: str
    office: str
    moment: datetime
    carrier: str
    transport: Transport
    packages: int | None = None
    other_port: str = ""
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> ConveyanceReport:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TalliedBox:
    """EQD of a tally: ``bills``: RFF+BM; ``gross_weight`` in kilograms."""

    container: str
    size: str
    bills: tuple[str, ...]
    moment: datetime
    gross_weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """COARRI: ``discharge``: BGM 119, else loading 122; ``port``: LOC+11 or 9; ``operator``: NAD+CF."""

    TYPE: ClassVar[str] = "COARRI"

    number: str
    discharge: bool
    transport: Transport
    port: str
    operator: str
    boxes: tuple[TalliedBox, ...]
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> Tally:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class GatedBox:
    """EQD of a gate report: ``declaration``: RFF+ABT, ``bills``: RFF+BM, ``seals``: SEL."""

    container: str
    size: str
    moment: datetime
    declaration: str = ""
    bills: tuple[str, ...] = ()
    office: str = ""
    seals: tuple[str, ...] = ()
    destination: str = ""


@dataclass(frozen=True, slots=True)
class GateReport:
    """CODECO: ``gate_in``: BGM 109, else gate-out 111."""

    TYPE: ClassVar[str] = "CODECO"

    number: str
    gate_in: bool
    operator: str
    boxes: tuple[GatedBox, ...]
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> GateReport:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
