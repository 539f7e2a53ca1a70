"""REGENT: an enterprise applies, changes, renews (annual check), closes, and is answered (企业备案登记)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import Field, Fields, dtm, ftx, loc, moa, pna, rff
from vanhub.agencies.messages.parts import Money


class RegistrationAct(enum.StrEnum):
    """What is asked for, or answered: BGM 1001 with 1225 and EVE 9637."""

    OPEN = "open"
    """101, function 9, event 1."""
    CHANGE = "change"
    """300, function 4, event 2."""
    CLOSE = "close"
    """300, function 1, event 3."""
    RENEW = "renew"
    """299, function 9, event 4: the annual check."""
    GRANTED = "granted"
    """301, function 11, with the event of what was asked."""
    LAPSE = "lapse"
    """Only answered, never asked for: 301, function 11, event 5. The annual check was not made in time."""
    REFUSED = "refused"
    """301, function 27."""


_ASKED = {
    RegistrationAct.OPEN: ("101", "9", "1"),
    RegistrationAct.CHANGE: ("300", "4", "2"),
    RegistrationAct.CLOSE: ("300", "1", "3"),
    RegistrationAct.RENEW: ("299", "9", "4"),
}
_EVENTS = {**{act: codes[2] for act, codes in _ASKED.items()}, RegistrationAct.LAPSE: "5"}
_ANSWERS = {RegistrationAct.GRANTED: ("301", "11"), RegistrationAct.REFUSED: ("301", "27")}
_ACTS: dict[tuple[str, str, str], tuple[RegistrationAct, RegistrationAct | None]] = {
    **{codes: (act, None) for act, codes in _ASKED.items()},
    **{(document, function, event): (answer, asked) for answer, (document, function) in _ANSWERS.items() for asked, event in _EVENTS.items()},
}
"""1001, 1225 and 9637 -> what is done, and of an answer, what was asked for."""


@dataclass(frozen=True, slots=True)
class Registration:
    """``number``: BGM 1004; ``answers``: of an answer, what was asked for (OPEN, CHANGE, CLOSE, RENEW) or happened (LAPSE), else None; ``reference``: the
    number of what was asked for (RFF+ABE after PNA+MS). ``registrar`` PNA+WW, ``sender`` PNA+MS. ``enterprise_code`` 13 characters, ``customs_code`` 10 (in a positive answer always), ``tax_number``
    AHP, ``business_licence`` AHO, ``region`` LOC+181, 4 digits; ``ownership`` ATT; ``on`` DTM+597, ``valid_from`` DTM+157; ``remarks``: an answer's reasons, FTX+AAI, nine at most."""

    TYPE: ClassVar[str] = "REGENT"

    act: RegistrationAct
    number: str
    registrar: str
    sender: str
    on: date
    enterprise_code: str
    name: str
    tax_number: str
    business_licence: str
    valid_from: date
    region: str
    ownership: str
    capital: Money
    customs_code: str = ""
    answers: RegistrationAct | None = None
    reference: str = ""
    remarks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> Registration:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        act, answers = fields.one("EVE", "", lambda eve: _acts(message, eve))
        return cls(
            act=act,
            number=fields.number(),
            registrar=fields.one("PNA", "WW", Field.party),
            sender=fields.one("PNA", "MS", Field.party),
            on=fields.one("DTM", "597", Field.date),
            enterprise_code=_enterprise_code(fields),
            name=fields.one("PNA", "OE", Field.party_name),
            tax_number=fields.one("RFF", "AHP", Field.reference),
            business_licence=fields.one("RFF", "AHO", Field.reference),
            valid_from=fields.one("DTM", "157", Field.date),
            region=fields.one("LOC", "181", Field.location),
            ownership=fields.one("ATT", "2", lambda att: att.text(3)),
            capital=fields.one("MOA", "75", Field.money),
            customs_code=fields.maybe("RFF", "ADZ", Field.reference) or "",
            answers=answers,
            reference=fields.maybe("RFF", "ABE", Field.reference) or "",
            remarks=fields.all("FTX", "AAI", Field.prose),
        )

    def render(self) -> Sequence[Segment]:
        asked = self.answers if self.answers is not None else self.act
        document, function = _ANSWERS.get(self.act) or _ASKED[self.act][:2]
        event = Segment("EVE", "", [_EVENTS[asked], "ZZZ", "ZZZ"])
        return [
            Segment("BGM", document, self.number, function),
            *pna("WW", self.registrar),
            *pna("MS", self.sender),
            *rff("ABE", self.reference),
            *moa("75", self.capital),
            event,
            *dtm("597", self.on),
            *(segment for remark in self.remarks for segment in ftx("AAI", remark)),
            Segment("DSI", "ENT"),
            event,
            Segment("REL", "6"),
            *pna("OE", self.enterprise_code, self.name),
            *rff("XA", self.enterprise_code),
            *rff("ADZ", self.customs_code),
            *rff("AHP", self.tax_number),
            *rff("AHO", self.business_licence),
            *dtm("157", self.valid_from),
            *loc("181", self.region, "163", "ZZZ"),
            Segment("ATT", "2", "", [self.ownership, "ZZZ", "ZZZ"]),
            *moa("75", self.capital),
        ]


def _enterprise_code(fields: Fields) -> str:
    """RFF+XA, with which PNA+OE agrees."""
    found = fields.one("RFF", "XA", Field.reference)

    def same(pna: Field) -> str:
        if pna.party() != found:
            raise pna.wrong("E110", 3, 0, f"is not the enterprise code of RFF+XA, {found}", f"与 RFF+XA 的企业代码 {found} 不一致")
        return found

    return fields.one("PNA", "OE", same)


def _acts(message: Message, eve: Field) -> tuple[RegistrationAct, RegistrationAct | None]:
    """What is done, and of an answer, what was asked for."""
    event = eve.text(2)
    if (message.document, message.function, event) not in _ACTS:
        said = f"{message.document}+{message.function}"
        raise eve.wrong(
            "E110",
            2,
            0,
            f"is not the event of BGM {said}: send 101+9 with event 1, 300+4 with 2, 300+1 with 3 or 299+9 with 4",
            f"与 BGM {said} 不符：101+9 用事项1，300+4 用2，300+1 用3，299+9 用4",
        )
    return _ACTS[message.document, message.function, event]
