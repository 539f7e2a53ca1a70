"""Applications, enterprises and usage reports for the tests of licensing."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.agencies.memory import Desk
from vanhub.agencies.enterprises import EnterpriseRecord, row_of
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.ledger.posting import Part
from vanhub.agencies.licensing.program import Licensing
from vanhub.agencies.messages.licence import Licence, LicenceApplication, LicenceLine, LicenceUsage, UsedLine
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.rules import DatedRules, open_rules

TRADER, OTHER = "4403715253183", "3101123456788"
BROKER, CUSTOMS, US, EU = "SKBROKER:ZZZ", "GACC:ZZZ", "USCUSTOMS:ZZZ", "EUCUSTOMS:ZZZ"
TODAY = date(2006, 3, 20)
NOON = datetime(2006, 3, 20, 4, tzinfo=UTC)
OFFICER = """
[application.officer]
values = [ { from = 1992-01-01, value = true } ]
"""


def rules(*, home: str = "", folder: Path | None = None) -> DatedRules:
    """The shipped rules, with what ``home`` says instead, written into ``folder``."""
    if folder is None:
        return open_rules("licensing")
    file = folder / "rules.toml"
    file.write_text(home, encoding="utf-8")
    return open_rules("licensing", file)


def desk(of: DatedRules | None = None) -> Desk:
    """Licensing at noon, China's time, with one enterprise on record."""
    opened = Desk(Licensing(), of or rules(), NOON.replace(hour=4))
    opened.load(**row_of(enterprise(TRADER)))
    return opened


def enterprise(code: str) -> EnterpriseRecord:
    return EnterpriseRecord(
        code,
        f"{code[:4]}160381",
        "贸易公司",
        "440301715253183",
        "4403011098765",
        Money(Decimal(8000000), "CNY"),
        "",
        date(2001, 1, 10),
        checked_on=date(2006, 1, 10),
    )


def registration(code: str) -> Registration:
    """The register's answer that opens an enterprise."""
    return Registration(
        RegistrationAct.GRANTED,
        f"REG-{code}",
        "SAIC",
        code,
        date(2006, 1, 10),
        code,
        "贸易公司",
        "440301715253183",
        "4403011098765",
        date(2006, 1, 10),
        code[:4],
        "6",
        Money(Decimal(8000000), "CNY"),
        customs_code=f"{code[:4]}160381",
        answers=RegistrationAct.OPEN,
    )


def line(hs: str = "61091000", amount: str = "12000", unit: str = "H87", *, number: int = 1, price: str = "2.2") -> LicenceLine:
    return LicenceLine(number, hs, "针织T恤衫", Quantity(Decimal(amount), unit), Money(Decimal(price), "USD"))


WHEAT = line("10019900", "1000", "KGM", price="1")
OIL = line("27090000", "1000", "KGM", price="1")


def application(reference: str = "A1", *lines: LicenceLine, **changes: Any) -> LicenceApplication:
    """Of cotton shirts for the United States, 12 uses; total and value add up."""
    goods = lines or (line(),)
    total = sum((each.quantity.amount for each in goods), Decimal(0))
    value = sum((each.quantity.amount * each.price.amount for each in goods if each.price is not None), Decimal(0))
    made = LicenceApplication(
        export=True,
        reference=reference,
        function="9",
        applied_on=TODAY,
        office="44",
        customs_office="5304",
        country="USA",
        uses=12,
        total=Quantity(total, goods[0].quantity.unit),
        value=Money(value, "USD"),
        mode="0110",
        holder=TRADER,
        lines=goods,
        quota="US-338/339-2006",
        contract="C1",
    )
    return dataclasses.replace(made, **changes)


def usage(licence: Licence, number: str, *amounts: str, **changes: Any) -> LicenceUsage:
    """One use, an amount for each line of the licence."""
    lines = tuple(UsedLine(each.number, each.hs, Quantity(Decimal(amount), each.quantity.unit)) for each, amount in zip(licence.lines, amounts, strict=True))
    made = LicenceUsage(number, False, licence.export, licence.number, "530420060000012346", TODAY, licence.customs_office, lines)
    return dataclasses.replace(made, **changes)


def licence_of(sent: list[tuple[str, Outgoing]]) -> Licence:
    """The licence that was sent, the same to all."""
    found = {message for _, message in sent if isinstance(message, Licence)}
    assert len(found) == 1, sent
    return found.pop()


def codes(sent: list[tuple[str, Outgoing]]) -> list[tuple[str, list[str]]]:
    """Who was refused, with which codes."""
    return [(to, [complaint.code for complaint in message.complaints]) for to, message in sent if isinstance(message, Refusal)]


def parts(opened: Desk, book: str, owner: str, unit: str) -> dict[str, str]:
    """The parts of a balance that are not nothing."""
    return {str(part): f"{amount:f}" for part, amount in opened.book.parts(book, owner, unit).items() if amount and part is not Part.ISSUED}


def all_well(opened: Desk) -> bool:
    return list(opened.agency.invariants(opened.book)) == []
