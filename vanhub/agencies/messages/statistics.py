"""GESMES 74 and 75: figures, and the request for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import Field, Fields, nad


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
        fields = Fields.of(message)
        return cls(
            number=fields.number(),
            dataset=fields.one("DSI", "", lambda dsi: dsi.text(1)),
            period=fields.one("DTM", "320", _period),
            sender=fields.one("NAD", "MS", Field.party),
            recipient=fields.one("NAD", "MR", Field.party),
        )

    def render(self) -> Sequence[Segment]:
        return [Segment("BGM", "75", self.number), *nad("MS", self.sender), *nad("MR", self.recipient), Segment("DSI", self.dataset), _month(self.period)]


@dataclass(frozen=True, slots=True)
class Figures:
    """GESMES 74: ``structure`` IDE, ``rows``: the cells of each ARR, all texts, without the period that ARR begins with, at most 99, of which the last is not empty; at least
    one row."""

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
        fields = Fields.of(message)
        period = fields.one("DTM", "320", _period)
        fields.one("ARR", "", lambda arr: arr.text(2))
        return cls(
            number=fields.number(),
            dataset=fields.one("DSI", "", lambda dsi: dsi.text(1)),
            period=period,
            structure=fields.one("IDE", "5", lambda ide: ide.text(2)),
            rows=fields.all("ARR", "", lambda arr: _cells(arr, period)),
            sender=fields.one("NAD", "MS", Field.party),
            recipient=fields.one("NAD", "MR", Field.party),
        )

    def render(self) -> Sequence[Segment]:
        return [
            Segment("BGM", "74", self.number),
            *nad("MS", self.sender),
            *nad("MR", self.recipient),
            Segment("DSI", self.dataset),
            # 9015 legal category, 4405 fixed: as customs' statistics have it.
            Segment("STS", "3", "7"),
            _month(self.period),
            Segment("IDE", "5", self.structure),
            *(Segment("ARR", "", [self.period, *row]) for row in self.rows),
        ]


def _period(field: Field) -> str:
    value = field.text(1, 1)
    if not (value.isascii() and value.isdigit() and len(value) == 6 and value[:4] != "0000" and "01" <= value[4:] <= "12"):
        raise field.wrong("E112", 1, 1, "is no month CCYYMM", "不是年月 CCYYMM")
    return value


def _month(period: str) -> Segment:
    return Segment("DTM", ["320", period, "610"])


def _cells(arr: Field, period: str) -> tuple[str, ...]:
    if arr.text(2) != period:
        raise arr.wrong("E110", 2, 0, f"is not the period of the report (DTM+320), {period}", f"与报表统计期（DTM+320）{period} 不一致")
    return tuple(arr.segment.components(2)[1:])
