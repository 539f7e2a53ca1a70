"""Requests that were granted, by their numbers: the same one again moves nothing, another one under its number is refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.message import Message


@dataclass(frozen=True, slots=True)
class Request:
    """``sender``: the EDI address that it came from; ``document``: 1001; ``number``: 1004, the sender's; ``digest``: of what it says. A decision puts it on record with what it grants."""

    KIND: ClassVar[str] = "request"

    sender: str
    document: str
    number: str
    digest: str

    @staticmethod
    def of(message: Message, asked: object, occasion: Occasion) -> Request:
        """``asked``: the typed message, a frozen dataclass."""
        return Request(occasion.sender, message.document, message.number, hashlib.sha256(repr(asked).encode()).hexdigest())

    @property
    def key(self) -> str:
        return f"{self.sender}/{self.document}/{self.number}"

    def granted_before(self, view: View) -> bool:
        """Raises ``Unreadable`` (E104): another one with this number was."""
        before = view.get(Request, self.key)
        if before is not None and before != self:
            en = f"{self.document} number {self.number} was granted with other content; use a new number"
            raise Unreadable(Complaint("E104", en, f"{self.document} 编号 {self.number} 已用于其他内容，请使用新编号"))
        return before is not None
