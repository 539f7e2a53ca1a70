"""What only the register keeps of an enterprise, beside the record that all agencies have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vanhub.agencies.codes import CustomsCode


@dataclass(frozen=True, slots=True)
class Dossier:
    """``address``: the EDI address that speaks for the enterprise, ``""``: none yet; ``answers``: how many positive answers and notices about it were sent."""

    KIND: ClassVar[str] = "dossier"

    code: str
    address: str = ""
    answers: int = 0

    @property
    def key(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Series:
    """The customs codes of one region, zone and ownership (``group``, six characters): ``last`` is the highest serial number given. Their annual checks are due together."""

    KIND: ClassVar[str] = "series"

    group: str
    last: str

    @property
    def key(self) -> str:
        return self.group


def group_of(customs_code: CustomsCode) -> str:
    return customs_code.region + customs_code.zone + customs_code.ownership
