"""The trade before customs in these tests: one enterprise, its papers, one export and one import in order."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.agencies.memory import ADDRESSES, Desk, FixedRules
from vanhub.agencies.customs.program import Customs
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.clearance_note import ClearanceNote, NoteLine
from vanhub.agencies.messages.declaration import Declaration, Direction, Document, Function, Item, Transport
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.licence import Licence, LicenceLine, LicenceStatus
from vanhub.agencies.messages.manifest import Consignment, Goods, Manifest, Placement
from vanhub.agencies.messages.movement import GatedBox, GateReport, TalliedBox, Tally
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.messages.payment import Payment
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.rules import Rules, open_rules

BROKER, CARRIER, TERMINAL, BANK = "SKBROKER:ZZZ", "NHLINE:ZZZ", "NHTERMINAL:ZZZ", "PRBANK:ZZZ"
DAY = date(2006, 3, 20)
NOON = datetime(2006, 3, 20, 4, tzinfo=UTC)
TRADER = Enterprise("4403160381", "4403715253183", "SHENZHEN TEXTILES TRADING CO LTD", "440301715253183")
OFFICE, BOX = "5304", "NHLU2046173"


class Overridden:
    """The shipped rules with some of them fixed."""

    def __init__(self, fixed: Mapping[str, Any]) -> None:
        self._shipped: Rules = open_rules("customs")
        self._fixed = fixed

    def __getattr__(self, kind: str) -> Any:
        def ask(name: str, on: date) -> Any:
            rules = FixedRules(self._fixed) if name in self._fixed else self._shipped
            return getattr(rules, kind)(name, on)

        return ask


def open_desk(**fixed: Any) -> Desk:
    """Customs with nothing on record, where nothing is drawn for an examination. ``fixed``: rules by name, ``.`` written as ``__``."""
    quiet = {"risk.yellow": 1000, "risk.red": 1000, "risk.exam-rates": ("B=0",)}
    return Desk(Customs(), Overridden({**quiet, **{name.replace("__", "."): value for name, value in fixed.items()}}), NOON)


def registration(act: RegistrationAct = RegistrationAct.OPEN, on: date = date(2006, 1, 4), number: str = "R1") -> Registration:
    return Registration(
        RegistrationAct.GRANTED,
        number,
        "SAIC",
        "SAIC",
        on,
        TRADER.enterprise_code,
        TRADER.name,
        TRADER.tax_number,
        "4403011087654",
        date(2006, 1, 4),
        "4403",
        "1",
        Money(Decimal(8000000), "CNY"),
        customs_code=TRADER.customs_code,
        answers=act,
    )


def licence(number: str = "06-AB-300123", *, quantity: int = 12000, uses: int = 12, **changes: Any) -> Licence:
    made = Licence(
        True,
        number,
        "9",
        LicenceStatus.APPROVED,
        date(2006, 3, 1),
        date(2006, 3, 1),
        date(2006, 8, 31),
        "44",
        OFFICE,
        "USA",
        uses,
        Quantity(Decimal(quantity), "H87"),
        Money(Decimal(quantity) * 2, "USD"),
        "0110",
        TRADER.enterprise_code,
        "MOFTEC",
        (LicenceLine(1, "61091000", "T-SHIRTS", Quantity(Decimal(quantity), "H87")),),
    )
    return dataclasses.replace(made, **changes)


def form(number: str = "44B0318901", act: FormAct = FormAct.FILING, **changes: Any) -> FxForm:
    return dataclasses.replace(FxForm(act, number, TRADER.enterprise_code, "SAFE", date(2006, 3, 10), customs_office=OFFICE), **changes)


def note(number: str = "440300106000001", **changes: Any) -> ClearanceNote:
    lines = (NoteLine(1, "02023000", "BEEF", Quantity(Decimal(5000), "KGM")),)
    made = ClearanceNote(number, False, "N1", True, date(2006, 3, 15), date(2006, 5, 14), TRADER.enterprise_code, OFFICE, "AUS", lines)
    return dataclasses.replace(made, **changes)


def export(reference: str = "E1", *, form: str = "44B0318901", licence: str = "06-AB-300123", quantity: int = 1000, **changes: Any) -> Declaration:
    """T-shirts to the USA under a licence."""
    papers = tuple(Document(kind, number, office=office) for kind, number, office in (("811", licence, "44"), ("812", form, "")) if number)
    amount = Decimal(quantity) * 2
    item = Item(
        1,
        "61091000",
        "1",
        "T恤衫",
        "CHN",
        Quantity(Decimal(quantity), "H87"),
        Quantity(Decimal(quantity), "H87"),
        Money(amount, "USD"),
        second=Quantity(Decimal(quantity) / 10, "KGM"),
        price=Money(Decimal(2), "USD"),
        final_country="USA",
        documents=(Document("811", licence),) if licence else (),
    )
    made = Declaration(
        direction=Direction.EXPORT,
        function=Function.ORIGINAL,
        reference=reference,
        mode="0110",
        levy="101",
        entry_kind="0",
        office=OFFICE,
        border=OFFICE,
        country="USA",
        region="44039",
        port_of_loading="CNSHK",
        destination="USLAX",
        declared_on=DAY,
        gross_weight=Decimal(quantity) / 10 + 20,
        net_weight=Decimal(quantity) / 10,
        transport=Transport("0614E", "1", "9123453", "NAN HAI STAR"),
        trader=TRADER,
        owner=Enterprise(TRADER.customs_code),
        terms="FOB",
        total=Money(amount, "USD"),
        items=(item,),
        bill_of_lading=f"BL{reference}",
        containers=(BOX,),
        packages=20,
        package_kind="CT",
        documents=papers,
        broker="4403980127",
    )
    return dataclasses.replace(made, **changes)


def entry(reference: str = "I1", *, note: str = "440300106000001", **changes: Any) -> Declaration:
    """Beef from Australia with a clearance note."""
    item = Item(
        1,
        "02023000",
        "1",
        "冻去骨牛肉",
        "AUS",
        Quantity(Decimal(5000), "KGM"),
        Quantity(Decimal(5000), "KGM"),
        Money(Decimal(13750), "USD"),
        price=Money(Decimal("2.75"), "USD"),
    )
    made = Declaration(
        direction=Direction.IMPORT,
        function=Function.ORIGINAL,
        reference=reference,
        mode="0110",
        levy="101",
        entry_kind="0",
        office=OFFICE,
        border=OFFICE,
        country="AUS",
        region="44039",
        port_of_loading="AUBNE",
        port_of_discharge="CNSHK",
        declared_on=DAY,
        moved_on=date(2006, 3, 18),
        gross_weight=Decimal(5200),
        net_weight=Decimal(5000),
        transport=Transport("0608E", "1", "9123453", "NAN HAI STAR"),
        trader=TRADER,
        owner=Enterprise(TRADER.customs_code),
        terms="CIF",
        total=Money(Decimal(13750), "USD"),
        items=(item,),
        manifest=f"M{reference}",
        bill_of_lading=f"BL{reference}",
        containers=(BOX,),
        packages=200,
        package_kind="CT",
        documents=(Document("841", note),) if note else (),
        broker="4403980127",
    )
    return dataclasses.replace(made, **changes)


def manifest(declaration: Declaration, **changes: Any) -> Manifest:
    goods = Goods(declaration.packages, "CT", "BEEF", declaration.gross_weight, (Placement(BOX, declaration.packages),))
    line = Consignment(declaration.bill_of_lading, "AUBNE", "CNSHK", "23", "SHIPPER", "CONSIGNEE", (goods,))
    made = Manifest(declaration.manifest, "9", NOON, True, OFFICE, "4403900001", declaration.transport, "AUBNE", "CNSHK", NOON, (line,))
    return dataclasses.replace(made, **changes)


def tally(declaration: Declaration, *, discharge: bool) -> Tally:
    box = TalliedBox(BOX, "22G1", (declaration.bill_of_lading,), NOON)
    return Tally(f"T{declaration.reference}", discharge, declaration.transport, "CNSHK", "NHTERMINAL", (box,))


def gate_out(declaration: Declaration) -> GateReport:
    return GateReport(f"G{declaration.reference}", False, "NHTERMINAL", (GatedBox(BOX, "22G1", NOON, bills=(declaration.bill_of_lading,)),))


def payment(bill: Answer, amount: Decimal | None = None, number: str = "P1") -> Payment:
    owed = sum((tax for _, tax in bill.taxes), Decimal(0))
    return Payment(number, NOON, bill.bill, Money(owed if amount is None else amount, "CNY"), "44203318", "PRBKCNBS", TRADER.customs_code, "TREASURY")


def senders(message: Outgoing) -> str:
    """Who sends a message of this kind."""
    match message:
        case Registration():
            return ADDRESSES["registry"]
        case Licence():
            return ADDRESSES["licensing"]
        case ClearanceNote():
            return ADDRESSES["inspection"]
        case FxForm():
            return ADDRESSES["foreign-exchange"]
        case Manifest():
            return CARRIER
        case Tally() | GateReport():
            return TERMINAL
        case Payment():
            return BANK
        case _:
            return BROKER


def receive(desk: Desk, *messages: Outgoing) -> list[Outgoing]:
    """Take them in this order; what is sent because of them."""
    return [sent for message in messages for _, sent in desk.receive(message, senders(message))]


def receipts(sent: list[Outgoing]) -> str:
    """The letters of the answers among what was sent, in order."""
    return "".join(answer.receipt for answer in sent if isinstance(answer, Answer) and len(answer.receipt) == 1)


def codes(sent: list[Outgoing]) -> list[str]:
    """The codes of the errors in the last answer."""
    answers = [answer for answer in sent if isinstance(answer, Answer)]
    return [error.code for error in answers[-1].errors]
