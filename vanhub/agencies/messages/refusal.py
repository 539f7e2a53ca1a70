"""APERAK 313: an agency that has no message of its own to say no with (应用出错回执)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.message import Message


@dataclass(frozen=True, slots=True)
class Refusal:
    """``number``: BGM 1004; ``interchange``, ``message``, ``document``: what is refused (RFF+INO 0020, ACW 0062, DM 1004); ``complaints``: one ERC each, with FTX+AAO in both languages; ``issuer``: NAD+MS."""

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
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
