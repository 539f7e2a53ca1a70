"""GESMES 74 and 75: figures, and the request for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message


@dataclass(frozen=True, slots=True)
class FiguresRequest:
    """GESMES 75: ``dataset`` DSI, ``period`` DTM+320 as CCYYMM."""

    TYPE: ClassVar[str] = "GESMES"

    number: str
    dataset: str
    period: str
    sender: str
    recipient: str

    @classmethod
    def parse(cls, message: Message) -> FiguresRequest:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Figures:
    """GESMES 74: ``structure`` IDE, ``rows``: the cells of each ARR, all texts, without the period that ARR begins with."""

    TYPE: ClassVar[str] = "GESMES"

    number: str
    dataset: str
    period: str
    structure: str
    rows: tuple[tuple[str, ...], ...]
    sender: str
    recipient: str

    @classmethod
    def parse(cls, message: Message) -> Figures:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
