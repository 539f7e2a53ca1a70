"""CUSRES: what customs answers: receipt, decision, rejection with its errors, tax bill (海关回执)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.message import Message


class AnswerKind(enum.StrEnum):
    """BGM 1001."""

    GENERAL = "961"
    DECISION = "962"
    REJECTION = "963"
    CARGO = "964"
    TAX_BILL = "965"


@dataclass(frozen=True, slots=True)
class Answer:
    """``reference``: the declarant's (RFF+ABE); ``number``: customs' (RFF+ABT), ``""`` where none was given; ``receipt``: one letter of customs_receipt_codes (FTX+AAH); ``indicator``: GIS 7365; ``office``: LOC+22.

    ``released_at`` DTM+204, ``accepted_at`` DTM+148; ``due``: last day to pay (DTM+140); ``bill``: RFF+ACY; ``taxes``: (kind, amount in CNY) of TAX+3 and MOA+161; ``errors``: one ERP section each, with the reason in both
    languages (a rejection's, BGM function 27); ``remarks``: FTX+AAI. ``document``: DOC 1001 of what was decided upon, with ``number``. What customs says of a manifest has the manifest's number as ``reference``.
    """

    TYPE: ClassVar[str] = "CUSRES"

    kind: AnswerKind
    reference: str
    receipt: str
    indicator: str
    office: str
    answered_at: datetime
    number: str = ""
    accepted_at: datetime | None = None
    released_at: datetime | None = None
    due: date | None = None
    bill: str = ""
    guarantee: str = ""
    taxes: tuple[tuple[str, Decimal], ...] = ()
    errors: tuple[Complaint, ...] = ()
    remarks: tuple[str, ...] = ()
    document: str = ""
    bills_of_lading: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> Answer:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
