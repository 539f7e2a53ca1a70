"""Serial numbers: each row of numbers counts by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vanhub.agencies.frame.agency import View


@dataclass(frozen=True, slots=True)
class Serial:
    """The last serial number that was given in a row; ``row``: what the numbers of it begin with."""

    KIND: ClassVar[str] = "serial"

    row: str
    last: int

    @property
    def key(self) -> str:
        return self.row


def next_serial(view: View, row: str) -> Serial:
    """The one to put once its number is given; the first is 1."""
    before = view.get(Serial, row)
    return Serial(row, before.last + 1 if before else 1)
