"""Customs' copies of what other agencies issue: licences, foreign exchange forms, clearance notes, each with its balances.

Whatever the order in which issue, change and withdrawal come, the copy is the latest of them and its balances are the same: a change gives or takes the difference to what was
granted, as far as that is still available; a withdrawal is final and lets lapse what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from vanhub.agencies.frame.agency import View
from vanhub.agencies.frame.effects import Effect, Post, Put
from vanhub.agencies.ledger.posting import Account, Part, Transfer, issue, lapse
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.licence import Licence, LicenceLine, LicenceStatus

LICENCES, FORMS, NOTES = "licence", "fx-form", "note"
"""The ledgers' books. A licence's uses and a form's or note's one use are owned by its number, the quantity of a licence line by ``NUMBER/LINE``."""
USE = "USE"

_Grant = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class LicenceCopy:
    """``licence``: as licensing issued or changed it last."""

    KIND: ClassVar[str] = "licence"

    licence: Licence

    @property
    def key(self) -> str:
        return self.licence.number

    @property
    def withdrawn(self) -> bool:
        return self.licence.status is not LicenceStatus.APPROVED or self.licence.function == "1"


@dataclass(frozen=True, slots=True)
class FormCopy:
    """``form``: as it was filed at a customs office last, or withdrawn."""

    KIND: ClassVar[str] = "fx-form"

    form: FxForm

    @property
    def key(self) -> str:
        return self.form.number

    @property
    def withdrawn(self) -> bool:
        return self.form.act is FormAct.WITHDRAWAL


@dataclass(frozen=True, slots=True)
class NoteCopy:
    """``note``: as inspection issued or withdrew it."""

    KIND: ClassVar[str] = "note"

    note: ClearanceNote

    @property
    def key(self) -> str:
        return self.note.number

    @property
    def withdrawn(self) -> bool:
        return self.note.withdrawn


def take_licence(licence: Licence, view: View) -> Iterator[Effect]:
    before, after = view.get(LicenceCopy, licence.number), LicenceCopy(licence)
    if before is not None and _version(before) >= _version(after):
        return
    granted = _granted(before.licence) if before else {}
    yield from _balanced(LICENCES, licence.number, granted, _granted(licence), after.withdrawn, view)
    yield Put(after)


def _version(copy: LicenceCopy) -> tuple[bool, str, bool]:
    # An issue and its change may have one date.
    return (copy.withdrawn, copy.licence.issued_on.isoformat(), copy.licence.function == "4")


def take_form(form: FxForm, view: View) -> Iterator[Effect]:
    """Filings and withdrawals; what else is done to a form is none of customs' business."""
    if form.act not in {FormAct.FILING, FormAct.WITHDRAWAL}:
        return
    before, after = view.get(FormCopy, form.number), FormCopy(form)
    if before is not None and (before.withdrawn, before.form.on) >= (after.withdrawn, form.on):
        return
    yield from _balanced(FORMS, form.number, _once(form.number) if before else {}, _once(form.number), after.withdrawn, view)
    yield Put(after)


def take_note(note: ClearanceNote, view: View) -> Iterator[Effect]:
    before = view.get(NoteCopy, note.number)
    if before is not None and before.withdrawn >= note.withdrawn:
        return
    yield from _balanced(NOTES, note.number, _once(note.number) if before else {}, _once(note.number), note.withdrawn, view)
    yield Put(NoteCopy(note))


def line_owner(licence: str, line: LicenceLine) -> str:
    return f"{licence}/{line.number}"


def left(view: View, book: str, owner: str, unit: str, granted: Decimal) -> Decimal:
    """What is left of ``granted``: more may be available, where a use that ran over its licence was reserved, less never."""
    parts = view.parts(book, owner, unit)
    return max(granted - parts[Part.RESERVED] - parts[Part.USED], Decimal(0))


def _granted(licence: Licence) -> _Grant:
    lines = {(line_owner(licence.number, line), line.quantity.unit): line.quantity.amount for line in licence.lines}
    return {(licence.number, USE): Decimal(licence.uses), **lines}


def _once(number: str) -> _Grant:
    return {(number, USE): Decimal(1)}


def _balanced(book: str, number: str, before: _Grant, after: _Grant, withdrawn: bool, view: View) -> Iterable[Effect]:
    """The posting that makes a balance of ``before`` one of ``after``."""
    transfers = tuple(_differences(book, before, after, withdrawn, view))
    if transfers:
        yield Post(f"{book} {number}", "withdrawn" if withdrawn else "changed" if before else "issued", transfers)


def _differences(book: str, before: _Grant, after: _Grant, withdrawn: bool, view: View) -> Iterator[Transfer]:
    for owner, unit in sorted({*before, *after}):
        more = after.get((owner, unit), Decimal(0)) - before.get((owner, unit), Decimal(0))
        available = view.balance(Account(book, owner, unit, Part.AVAILABLE))
        if more > 0:
            yield issue(book, owner, unit, more)
        elif more < 0 < available:
            more = -min(-more, available)
            yield issue(book, owner, unit, -more).reversed()
        else:
            more = Decimal(0)
        if withdrawn and available + more > 0:
            yield lapse(book, owner, unit, available + more)
