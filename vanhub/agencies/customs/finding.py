"""What a check finds: what is wrong, or what is not there yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from vanhub.agencies.errors import Complaint
from vanhub.agencies.ledger.posting import Transfer


@dataclass(frozen=True, slots=True)
class Finding:
    """``awaits``: kind and key of the record without which nothing can be said; None: wrong as it stands."""

    complaint: Complaint
    awaits: tuple[str, str] | None = None


@dataclass
class Findings:
    """What checks found, in their order, and what the declaration will hold on the ledgers if nothing was."""

    found: list[Finding] = field(default_factory=list)
    held: list[Transfer] = field(default_factory=list)

    def wrong(self, code: str, en: str, zh: str, item: int | None = None) -> None:
        self.found.append(Finding(Complaint(code, en, zh, item)))

    def missing(self, awaits: tuple[str, str], code: str, en: str, zh: str, item: int | None = None) -> None:
        self.found.append(Finding(Complaint(code, en, zh, item), awaits))

    @property
    def wrongs(self) -> tuple[Complaint, ...]:
        """What is wrong as it stands."""
        return tuple(finding.complaint for finding in self.found if finding.awaits is None)

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """All, also what may still come."""
        return tuple(finding.complaint for finding in self.found)

    @property
    def awaited(self) -> tuple[tuple[str, str], ...]:
        """Each record that is waited for, once."""
        return tuple(dict.fromkeys(finding.awaits for finding in self.found if finding.awaits is not None))
