"""SANCRT 812: the foreign exchange verification form for exports (出口收汇核销单): its request, issue, filing at a port, withdrawal."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message


class FormAct(enum.StrEnum):
    """BGM 1225: what is done to the form."""

    REQUEST = "13"
    ISSUE = "9"
    FILING = "4"
    WITHDRAWAL = "1"


@dataclass(frozen=True, slots=True)
class FxForm:
    """``number``: the form's (BGM 1004), in a request the trader's own reference; ``reference``: in an issue the request's number (RFF+ABE); ``exporter``: 13-character enterprise code; ``customs_office``: the port where it is filed
    (LOC+22), in a filing; ``issuer``: PNA+VQ; ``on``: DTM+182, of a filing the day it was filed; ``valid_to`` DTM+36."""

    TYPE: ClassVar[str] = "SANCRT"

    act: FormAct
    number: str
    exporter: str
    issuer: str
    on: date
    reference: str = ""
    customs_office: str = ""
    valid_to: date | None = None
    contract: str = ""

    @classmethod
    def parse(cls, message: Message) -> FxForm:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
