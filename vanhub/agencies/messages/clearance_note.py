"""SANCRT 841: the application for a goods clearance note (通关单), and the note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.parts import Quantity


@dataclass(frozen=True, slots=True)
class NoteLine:
    """LIN: the goods that the note is for."""

    number: int
    hs: str
    name: str
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class NoteApplication:
    """SANCRT 841 with function 13 (request). ``reference``: the applicant's (BGM 1004); ``entry``: for goods that come in (A), else go out (B); ``holder``: 13-character enterprise code; ``customs_office``: where it will be declared; ``country``: of
    origin or destination; ``bill_of_lading``: of what comes in."""

    TYPE: ClassVar[str] = "SANCRT"

    reference: str
    entry: bool
    applied_on: date
    holder: str
    customs_office: str
    country: str
    lines: tuple[NoteLine, ...]
    bill_of_lading: str = ""

    @classmethod
    def parse(cls, message: Message) -> NoteApplication:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ClearanceNote:
    """SANCRT 841 with function 9 (issued) or 1 (withdrawn). ``number``: 15 digits; ``reference``: the application's (RFF+ABE). Used once."""

    TYPE: ClassVar[str] = "SANCRT"

    number: str
    withdrawn: bool
    reference: str
    entry: bool
    issued_on: date
    valid_to: date
    holder: str
    customs_office: str
    country: str
    lines: tuple[NoteLine, ...]
    bill_of_lading: str = ""

    @classmethod
    def parse(cls, message: Message) -> ClearanceNote:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
