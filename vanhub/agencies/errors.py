"""What is wrong with a message or a request in the eyes of an agency: a national error code (ERC 9321) and the reason in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from vanhub.errors import PartnerError


@dataclass(frozen=True, slots=True)
class Complaint:
    """``code``: of the list ``error_codes``, such as ``L204``; ``text_en``, ``text_zh``: what is wrong, with the values that show it; ``item``: the goods item or
    line that it is about, None where it is about the whole.
    """

    code: str
    text_en: str
    text_zh: str
    item: int | None = None


class Unreadable(PartnerError):
    """A message or row that cannot be taken as what it says it is."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("; ".join(f"{each.code} {each.text_en}" for each in complaints))
        self.complaints = complaints
