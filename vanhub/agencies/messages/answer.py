"""CUSRES: what customs answers: receipt, decision, rejection with its errors, tax bill (海关回执)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.fields import CUSTOMS_OFFICE, Field, Fields, dtm, ftx, loc, moa, rff
from vanhub.agencies.messages.parts import Money


class AnswerKind(enum.StrEnum):
    """BGM 1001."""

    GENERAL = "961"
    DECISION = "962"
    REJECTION = "963"
    CARGO = "964"
    TAX_BILL = "965"


# 1049: the heading, and the items of a CUSDEC; the consignments of a CUSCAR are its detail section.
_HEADING, _ITEM, _CONSIGNMENT = "1", "10", "2"
# Group 4 comes so often.
_MOST_ERRORS = 99


@dataclass(frozen=True, slots=True)
class Answer:
    """``reference``: the declarant's (RFF+ABE); ``number``: customs' (RFF+ABT), ``""`` where none was given; ``receipt``: one letter of customs_receipt_codes (FTX+AAH); ``indicator``: GIS 7365; ``office``: LOC+22.

    ``released_at`` DTM+204, ``accepted_at`` DTM+148; ``due``: last day to pay (DTM+140); ``bill``: RFF+ACY; ``guarantee``: RFF+ABL; ``taxes``: (kind, amount in CNY) of TAX+3 and MOA+161; ``errors``: one ERP section
    each, with the reason in both languages and the goods item; a refusal (BGM function 27) has some. Of more than 99 the first are sent, and how many there are. ``remarks``: FTX+AAI. ``document``: DOC 1001 of what was
    decided upon, whose number is ``number``, or ``reference`` where it has none.

    What customs says of cargo (964) has the manifest's number as ``reference`` (RFF+AFB), a code of manifest_receipt_codes as ``receipt``, the bills of lading that it is about (RFF+BM), the places of consignments
    in the manifest as items, and in ``document`` and ``number`` what is answered where that is another message (185, 186: conveyance report).
    """

    TYPE: ClassVar[str] = "CUSRES"

    kind: AnswerKind
    reference: str
    receipt: str
    indicator: str
    office: str
    answered_at: datetime
    number: str = ""
    accepted_at: datetime | None = None
    released_at: datetime | None = None
    due: date | None = None
    bill: str = ""
    guarantee: str = ""
    taxes: tuple[tuple[str, Decimal], ...] = ()
    errors: tuple[Complaint, ...] = ()
    remarks: tuple[str, ...] = ()
    document: str = ""
    bills_of_lading: tuple[str, ...] = ()

    @classmethod
    def parse(cls, message: Message) -> Answer:
        """Raises ``Unreadable``."""
        fields = Fields.of(message)
        head, groups = fields.groups("ERP", "TAX", "DOC")
        kind = head.one("BGM", "", lambda bgm: bgm.code(1, of=AnswerKind))
        cargo = kind is AnswerKind.CARGO
        document, number = fields.maybe("DOC", "", lambda doc: (doc.text(1), doc.text(2))) or ("", "")
        return cls(
            kind=kind,
            reference=head.one("RFF", "AFB" if cargo else "ABE", Field.reference),
            receipt=head.one("FTX", "AAH", Field.prose),
            indicator=head.one("GIS", "", lambda gis: gis.text(1)),
            office=head.one("LOC", "22", Field.location),
            answered_at=head.maybe("DTM", "137", Field.moment) or head.maybe("DTM", "204", Field.moment) or head.one("DTM", "148", Field.moment),
            number=number if cargo else head.maybe("RFF", "ABT", Field.reference) or "",
            accepted_at=head.maybe("DTM", "148", Field.moment),
            released_at=head.maybe("DTM", "204", Field.moment),
            due=head.maybe("DTM", "140", Field.date),
            bill=head.maybe("RFF", "ACY", Field.reference) or "",
            guarantee=head.maybe("RFF", "ABL", Field.reference) or "",
            taxes=tuple(_tax(group) for group in groups if group.trigger == "TAX"),
            errors=tuple(error for group in groups if group.trigger == "ERP" for error in _errors(group)),
            remarks=head.all("FTX", "AAI", Field.prose),
            document=document,
            bills_of_lading=head.all("RFF", "BM", Field.reference),
        )

    def render(self) -> Sequence[Segment]:
        cargo = self.kind is AnswerKind.CARGO
        remarks = list(self.remarks)
        if len(self.errors) > _MOST_ERRORS:
            remarks.append(f"{len(self.errors)} errors, of which {_MOST_ERRORS} are listed 共{len(self.errors)}项错误，列出{_MOST_ERRORS}项")
        segments = [
            Segment("BGM", self.kind.value, self.bill or self.number or self.reference, "27" if self.errors else "11"),
            *dtm("137", self.answered_at),
            *dtm("148", self.accepted_at),
            *dtm("204", self.released_at),
            *dtm("140", self.due),
            *ftx("AAH", self.receipt),
            *(segment for remark in remarks for segment in ftx("AAI", remark)),
            *loc("22", self.office, *CUSTOMS_OFFICE),
            Segment("GIS", self.indicator),
            *(rff("AFB", self.reference) if cargo else (*rff("ABE", self.reference), *rff("ABT", self.number))),
            *rff("ACY", self.bill),
            *rff("ABL", self.guarantee),
            *(segment for bill in self.bills_of_lading for segment in rff("BM", bill)),
        ]
        for error in self.errors[:_MOST_ERRORS]:
            place = [_HEADING] if error.item is None else [_CONSIGNMENT if cargo else _ITEM, str(error.item)]
            segments += [Segment("ERP", place), Segment("ERC", [error.code, "ZZZ", "ZZZ"]), *ftx("AAO", error.text_en, "EN"), *ftx("AAO", error.text_zh, "ZH")]
        for kind, amount in self.taxes:
            segments += [Segment("TAX", "3", kind), *moa("161", Money(amount, "CNY"))]
        if self.document:
            segments.append(Segment("DOC", self.document, self.number or self.reference))
        return segments


def _tax(group: Fields) -> tuple[str, Decimal]:
    return group.one("TAX", "3", lambda tax: tax.text(2)), group.one("MOA", "161", Field.money).amount


def _errors(group: Fields) -> tuple[Complaint, ...]:
    """A text without a language is taken for English."""
    item = group.one("ERP", "", lambda erp: None if erp.optional(1) == _HEADING or not erp.optional(1, 1) else erp.count(1, 1))
    texts = group.all("FTX", "AAO", lambda ftx: (ftx.optional(5), ftx.prose()))
    english, chinese = (" ".join(text for language, text in texts if (language == "ZH") is wanted) for wanted in (False, True))
    return group.all("ERC", "", lambda erc: Complaint(erc.text(1), english, chinese, item))
