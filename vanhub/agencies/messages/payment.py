"""PAYORD: the bank pays duties to the treasury (税款缴款)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.parts import Money


@dataclass(frozen=True, slots=True)
class Payment:
    """BGM 450. ``bill``: the tax bill that is paid (RFF+ACY, as customs gave it in its CUSRES 965); ``amount`` MOA+9; ``account``, ``bank``: of the payer (FII+OR); ``payer``: customs code (NAD+OY)."""

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
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
