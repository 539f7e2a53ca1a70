"""APERAK 313: an agency that has no message of its own to say no with (应用出错回执)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import Field, Fields, dtm, ftx, nad, rff


@dataclass(frozen=True, slots=True)
class Refusal:
    """``number``: BGM 1004; ``interchange``, ``message``, ``document``: what is refused (RFF+INO 0020, ACW 0062, DM 1004); ``complaints``: at least one, an ERC each, with FTX+AAO in both languages and RFF+LI the item; ``issuer``: NAD+MS."""

    TYPE: ClassVar[str] = "APERAK"

    number: str
    made_at: datetime
    interchange: str
    message: str
    document: str
    complaints: tuple[Complaint, ...]
    issuer: str = ""

    @classmethod
    def parse(cls, message: Message) -> Refusal:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        head, errors = fields.groups("ERC")
        fields.one("ERC", "", lambda erc: erc.text(1))
        return cls(
            number=head.number(),
            made_at=head.one("DTM", "137", Field.moment),
            interchange=head.maybe("RFF", "INO", Field.reference) or "",
            message=head.maybe("RFF", "ACW", Field.reference) or "",
            document=head.maybe("RFF", "DM", Field.reference) or "",
            complaints=tuple(map(_complaint, errors)),
            issuer=head.maybe("NAD", "MS", Field.party) or "",
        )

    def render(self) -> Sequence[Segment]:
        return [
            Segment("BGM", "313", self.number, "27", "RE"),
            *dtm("137", self.made_at),
            *rff("INO", self.interchange),
            *rff("ACW", self.message),
            *rff("DM", self.document),
            *nad("MS", self.issuer),
            *(segment for complaint in self.complaints for segment in self._error(complaint)),
        ]

    def _error(self, complaint: Complaint) -> Iterator[Segment]:
        """ERC allows one FTX; what is said more stands under the reference to what it is about."""
        yield Segment("ERC", [complaint.code, "80", "ZZZ"])
        yield from ftx("AAO", complaint.text_en, "EN")
        yield from rff("ACW", self.message) if complaint.item is None else rff("LI", str(complaint.item))
        yield from ftx("AAO", complaint.text_zh, "ZH")


def _complaint(error: Fields) -> Complaint:
    """A text that does not say its language is taken for English."""
    texts = dict(error.all("FTX", "AAO", lambda text: (text.optional(5) or "EN", text.prose())))
    return Complaint(
        error.one("ERC", "", lambda erc: erc.text(1)), texts.get("EN", ""), texts.get("ZH", ""), error.maybe("RFF", "LI", lambda rff: rff.count(1, 1))
    )
