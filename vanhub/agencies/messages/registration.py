"""REGENT: an enterprise applies, changes, renews (annual check), closes, and is answered (企业备案登记)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.frame.message import Message
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


@dataclass(frozen=True, slots=True)
class Registration:
    """``number``: BGM 1004; ``answers``: of an answer, what was asked for (OPEN, CHANGE, CLOSE, RENEW) or happened (LAPSE), else None. ``registrar`` PNA+WW, ``sender`` PNA+MS. ``enterprise_code`` 13 characters, ``customs_code`` 10 (in a positive answer always), ``tax_number``
    AHP, ``business_licence`` AHO, ``region`` LOC+181, 4 digits; ``ownership`` ATT; ``on`` DTM+597, ``valid_from`` DTM+157; ``remarks``: an answer's reasons."""

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
    remarks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> Registration:
        """Raises ``Unreadable``."""
        raise NotImplementedError

    def render(self) -> Sequence[Segment]:
        raise NotImplementedError
