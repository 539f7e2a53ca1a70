"""PAYORD: the bank pays duties to the treasury (税款缴款)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import Field, Fields, dtm, moa, nad, rff
from vanhub.agencies.messages.parts import Money


@dataclass(frozen=True, slots=True)
class Payment:
    """BGM 450; ``function``: 9, or 1 cancelled. ``bill``: the tax bill that is paid (RFF+ACY, as customs gave it in its CUSRES 965); ``amount`` MOA+9; ``account``, ``bank``: of the payer (FII+OR); ``payer``: customs code (NAD+OY);
    ``beneficiary`` NAD+BE, ``beneficiary_bank`` FII+BF.
    """

    TYPE: ClassVar[str] = "PAYORD"

    number: str
    made_at: datetime
    bill: str
    amount: Money
    account: str
    bank: str
    payer: str
    beneficiary: str
    beneficiary_bank: str = "TREASURY"
    function: str = "9"

    @classmethod
    def parse(cls, message: Message) -> Payment:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        return cls(
            number=fields.number(),
            made_at=fields.one("DTM", "137", Field.moment),
            bill=fields.one("RFF", "ACY", Field.reference),
            amount=fields.one("MOA", ("9", "12"), Field.money),
            account=fields.one("FII", "OR", lambda fii: fii.text(2)),
            bank=fields.one("FII", "OR", lambda fii: fii.text(3)),
            payer=fields.one("NAD", "OY", Field.party),
            beneficiary=fields.one("NAD", "BE", Field.party),
            beneficiary_bank=fields.one("FII", "BF", lambda fii: fii.text(3)),
            function=fields.function("9", "1"),
        )

    def render(self) -> Sequence[Segment]:
        return [
            Segment("BGM", "450", self.number, self.function),
            *dtm("137", self.made_at),
            *rff("ACY", self.bill),
            *moa("9", self.amount),
            Segment("FII", "OR", self.account, self.bank),
            Segment("FII", "BF", "", self.beneficiary_bank),
            *nad("OY", self.payer, "ZZZ", "ZZZ"),
            *nad("BE", self.beneficiary, "ZZZ", "ZZZ"),
        ]
