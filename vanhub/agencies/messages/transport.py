"""TDT: by what goods are carried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydifact.segments import Segment

from vanhub.agencies.messages.fields import Field


@dataclass(frozen=True, slots=True)
class Transport:
    """TDT: ``mode`` is 8067, ``conveyance`` 8213 (IMO number), ``name`` 8212."""

    voyage: str
    mode: str
    conveyance: str = ""
    name: str = ""

    @classmethod
    def parse(cls, field: Field) -> Transport:
        return cls(field.optional(2), field.text(3), field.optional(8), field.optional(8, 3))

    def render(self, stage: str) -> Iterator[Segment]:
        """``stage``: 8051, 11 at the border, 20 main carriage."""
        yield Segment("TDT", stage, self.voyage, self.mode, "", "", "", "", [self.conveyance, "103" if self.conveyance else "", "", self.name])
