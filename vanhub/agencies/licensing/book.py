"""The book ``licence``: of each line so much of its unit (owner ``06-AB-300123/1``), of each licence so many uses (owner ``06-AB-300123``, unit USE)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from vanhub.agencies.frame.agency import View
from vanhub.agencies.ledger.posting import Account, Part, Transfer, issue, lapse, use
from vanhub.agencies.licensing.records import LicenceFile
from vanhub.agencies.messages.licence import Licence, LicenceLine

BOOK = "licence"
USE = "USE"


def document(number: str) -> str:
    """Under which all postings of a licence's own stand, those of its usage reports aside."""
    return f"licence {number}"


def owner(number: str, line: LicenceLine) -> str:
    return f"{number}/{line.number}"


def left(file: LicenceFile, line: LicenceLine, view: View) -> Decimal:
    """What of a line can still be used."""
    return view.balance(Account(BOOK, owner(file.key, line), line.quantity.unit, Part.AVAILABLE))


def used_of(file: LicenceFile, line: LicenceLine, view: View) -> Decimal:
    return view.balance(Account(BOOK, owner(file.key, line), line.quantity.unit, Part.USED))


def uses_left(file: LicenceFile, view: View) -> int:
    return int(view.balance(Account(BOOK, file.key, USE, Part.AVAILABLE)))


def opened(licence: Licence) -> Iterator[Transfer]:
    yield issue(BOOK, licence.number, USE, Decimal(licence.uses))
    for line in licence.lines:
        yield issue(BOOK, owner(licence.number, line), line.quantity.unit, line.quantity.amount)


def changed(old: Licence, new: Licence) -> Iterator[Transfer]:
    """What is granted rises or falls; lines and units are the same, and what is available is enough."""
    yield from _moved(old.number, USE, Decimal(new.uses - old.uses))
    for before, after in zip(old.lines, new.lines, strict=True):
        yield from _moved(owner(old.number, before), before.quantity.unit, after.quantity.amount - before.quantity.amount)


def _moved(name: str, unit: str, more: Decimal) -> Iterator[Transfer]:
    if more > 0:
        yield issue(BOOK, name, unit, more)
    elif more < 0:
        yield issue(BOOK, name, unit, -more).reversed()


def ended(file: LicenceFile, view: View) -> Iterator[Transfer]:
    """All that is left lapses."""
    uses = uses_left(file, view)
    if uses:
        yield lapse(BOOK, file.key, USE, Decimal(uses))
    for line in file.licence.lines:
        amount = left(file, line, view)
        if amount:
            yield lapse(BOOK, owner(file.key, line), line.quantity.unit, amount)


def used(file: LicenceFile, line: LicenceLine, amount: Decimal, view: View) -> Iterator[Transfer]:
    """What was shipped of a line. What bulk goods exceed it by is issued with it, so that taking the use back takes that back too."""
    name, unit = owner(file.key, line), line.quantity.unit
    beyond = amount - left(file, line, view)
    if beyond > 0:
        yield issue(BOOK, name, unit, beyond)
    yield use(BOOK, name, unit, amount)


def used_once(file: LicenceFile) -> Transfer:
    return use(BOOK, file.key, USE, Decimal(1))
