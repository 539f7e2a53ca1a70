"""Values that many documents share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """``currency``: ISO 4217."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """``unit``: UN/ECE Recommendation 20, such as ``KGM``, ``H87``."""

    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Who trades, as documents name it: ``customs_code`` 10 characters, ``enterprise_code`` 13, ``tax_number``; ``""`` where the document has none."""

    customs_code: str = ""
    enterprise_code: str = ""
    name: str = ""
    tax_number: str = ""
