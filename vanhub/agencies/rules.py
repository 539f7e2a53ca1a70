"""Rules and limits of an agency with their dates of effect: numbers that regulations change, so that no decision has them in its code."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol


class Rules(Protocol):
    """The rules of one agency. ``name`` is dotted, as in the file: ``licence.uses``; ``on`` is the day on which the rule is asked for.

    Each raises ``KeyError`` for a rule that the agency has not declared: a fault of the program, not of the file.
    """

    def number(self, name: str, on: date) -> Decimal: ...

    def count(self, name: str, on: date) -> int: ...

    def duration(self, name: str, on: date) -> timedelta: ...

    def text(self, name: str, on: date) -> str: ...

    def truth(self, name: str, on: date) -> bool: ...

    def texts(self, name: str, on: date) -> tuple[str, ...]: ...
