"""SANCRT 812: the foreign exchange verification form for exports (出口收汇核销单): its request, issue, filing at a port, withdrawal."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages import sancrt
from vanhub.agencies.messages.fields import CUSTOMS_OFFICE, Field, Fields, dtm, loc, pna, rff


class FormAct(enum.StrEnum):
    """BGM 1225: what is done to the form."""

    REQUEST = "13"
    ISSUE = "9"
    FILING = "4"
    WITHDRAWAL = "1"


@dataclass(frozen=True, slots=True)
class FxForm:
    """``number``: the form's (BGM 1004), in a request the trader's own reference; ``reference``: in an issue the request's number (RFF+ABE); ``exporter``: 13-character enterprise code; ``customs_office``: the port where it is filed
    (LOC+22), in a filing; ``issuer``: PNA+VQ; ``on``: DTM+182, of a filing the day it was filed, in a request DTM+137; ``valid_to`` DTM+36."""

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
        fields = Fields.of(message)
        act = fields.one("BGM", "", lambda bgm: bgm.code(3, of=FormAct))
        return cls(
            act=act,
            number=fields.number(),
            exporter=fields.one("PNA", "EX", Field.party),
            issuer=fields.one("PNA", "VQ", Field.party),
            on=fields.one("DTM", _date(act), Field.date),
            reference=fields.maybe("RFF", "ABE", Field.reference) or "",
            # The port is what a filing is for.
            customs_office=(fields.one if act is FormAct.FILING else fields.maybe)("LOC", "22", Field.location) or "",
            valid_to=fields.maybe("DTM", "36", Field.date),
            contract=fields.maybe("RFF", "CT", Field.reference) or "",
        )

    def render(self) -> Sequence[Segment]:
        return [
            sancrt.document("812", self.number, self.act),
            *dtm(_date(self.act), self.on),
            *dtm("36", self.valid_to),
            *(() if self.act is FormAct.REQUEST else (sancrt.status("40" if self.act is FormAct.WITHDRAWAL else "39"),)),
            *loc("22", self.customs_office, *CUSTOMS_OFFICE),
            *rff("ABE", self.reference),
            *rff("CT", self.contract),
            *pna("EX", self.exporter),
            *pna("VQ", self.issuer),
        ]


def _date(act: FormAct) -> str:
    """2005 of the day on which it is done."""
    return "137" if act is FormAct.REQUEST else "182"
