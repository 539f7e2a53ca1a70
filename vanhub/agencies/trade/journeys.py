"""How a consignment goes through the agencies, from its papers to its closing, as scripts."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from decimal import Decimal

from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.licence import Licence, LicenceApplication, LicenceStatus
from vanhub.agencies.messages.manifest import Container, Manifest
from vanhub.agencies.messages.movement import ConveyanceReport, GatedBox, GateReport, TalliedBox, Tally
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.payment import Payment
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.trade.consignment import Consignment
from vanhub.agencies.trade.script import Heard, Outcome, Role, Script, Sending, hear

EXCHANGE = "SAFE"
OPERATOR = "NHTERMINAL"
BOX_SIZE = "22G1"
TREASURY = "TREASURY"
BANK, ACCOUNT = "PRBKCNBS", "44203318700052600017"

Steps = Generator[tuple[Sending, ...], Heard, str]


def register(asked: Registration) -> Generator[tuple[Sending, ...], Heard, Registration]:
    """Be registered, changed or closed; the register's answer."""
    return (yield from hear(Registration, Sending(Role.BROKER, "registry", asked), when=lambda heard: heard.act is RegistrationAct.GRANTED))


def obtain_licence(application: LicenceApplication) -> Script:
    """Apply; the outcome's number is the licence's."""
    licence = yield from hear(Licence, Sending(Role.BROKER, "licensing", application), when=lambda heard: heard.status is LicenceStatus.APPROVED)
    return Outcome(licence.number)


def obtain_form(consignment: Consignment) -> Steps:
    """Ask for a foreign exchange form; its number."""
    request = Sending(Role.BROKER, "foreign-exchange", consignment.form_request(EXCHANGE))
    form = yield from hear(FxForm, request, when=lambda heard: heard.act is FormAct.ISSUE)
    return form.number


def obtain_note(consignment: Consignment) -> Steps:
    """Ask for a clearance note; its number."""
    note = yield from hear(ClearanceNote, Sending(Role.BROKER, "inspection", consignment.note_application()))
    return note.number


def obtain_papers(consignment: Consignment) -> Generator[tuple[Sending, ...], Heard, tuple[str, str]]:
    """Form (of an export) and note (where the goods ask for one): their numbers, ``""`` for what is not needed."""
    form = (yield from obtain_form(consignment)) if consignment.export else ""
    note = (yield from obtain_note(consignment)) if any(lot.ware.note for lot in consignment.lots) else ""
    return form, note


def export(consignment: Consignment, moment: datetime, licence: str = "", licence_office: str = "") -> Script:
    """Form and note, filing and declaration, release, loading, closing."""
    form, note = yield from obtain_papers(consignment)
    declaration = consignment.declaration(licence=licence, licence_office=licence_office, form=form, note=note)
    # The filing goes to another agency: the declaration may well overtake it.
    released = yield from declare(declaration, filing(consignment, form))
    return (yield from loaded(consignment, released, moment))


def filing(consignment: Consignment, form: str, office: str = "") -> Sending:
    """The form is filed where it will be used, unless at ``office``."""
    return Sending(Role.BROKER, "foreign-exchange", consignment.form_filing(form, EXCHANGE, office))


def declare(declaration: Declaration, *before: Sending) -> Generator[tuple[Sending, ...], Heard, Answer]:
    """Send it, after ``before``; the answer that releases it or bills it."""
    # An answer about another declaration may come again.
    decided = lambda heard: heard.receipt in {"P", "T"} and heard.reference == declaration.reference  # noqa: E731
    return (yield from hear(Answer, *before, Sending(Role.BROKER, "customs", declaration), when=decided))


def loaded(consignment: Consignment, released: Answer, moment: datetime) -> Script:
    """The released box is loaded; customs closes the declaration."""
    tally = Tally(f"LD{consignment.reference}", False, consignment.transport, consignment.port, OPERATOR, (_tallied(consignment, moment),))
    yield from hear(Answer, Sending(Role.TERMINAL, "customs", tally), when=lambda heard: heard.receipt == "R")
    return Outcome(released.number)


def imported(consignment: Consignment, moment: datetime, licence: str = "", licence_office: str = "") -> Script:
    """Note, declaration, payment, release, gate-out, closing. The carrier's side is ``voyage``."""
    _, note = yield from obtain_papers(consignment)
    answer = yield from declare(consignment.declaration(licence=licence, licence_office=licence_office, note=note))
    taxes = answer.taxes
    if answer.receipt == "T":
        answer = yield from pay(payment(consignment, answer, moment))
    yield from leave(consignment, answer.number, moment)
    return Outcome(answer.number, taxes)


def pay(order: Payment) -> Generator[tuple[Sending, ...], Heard, Answer]:
    """The bank pays a bill; the answer that releases the goods."""
    return (yield from hear(Answer, Sending(Role.BANK, "customs", order), when=lambda heard: heard.receipt == "P"))


def leave(consignment: Consignment, declaration: str, moment: datetime) -> Generator[tuple[Sending, ...], Heard, Answer]:
    """The released box leaves the terminal; the answer that closes the declaration."""
    box = GatedBox(consignment.container, BOX_SIZE, moment, declaration=declaration, bills=(consignment.bill_of_lading,), office=consignment.office)
    gate = Sending(Role.TERMINAL, "customs", GateReport(f"GO{consignment.reference}", False, OPERATOR, (box,)))
    return (yield from hear(Answer, gate, when=lambda heard: heard.receipt == "R"))


def payment(consignment: Consignment, bill: Answer, moment: datetime) -> Payment:
    """What the bank pays: as much as the bill asks for."""
    amount = Money(sum((amount for _, amount in bill.taxes), Decimal(0)), "CNY")
    return Payment(f"PO{consignment.reference}", moment, bill.bill, amount, ACCOUNT, BANK, consignment.trader.customs_code, TREASURY)


def voyage(consignments: tuple[Consignment, ...], carrier: str, moment: datetime) -> Script:
    """The side of ``carrier``, its customs code, in the imports of one ship: manifest, three hours before it arrives, and arrival, then the terminal's discharge tally.

    Nothing is waited for but the manifest's acceptance.
    """
    manifest = _manifest(consignments, carrier, moment)
    arrival = ConveyanceReport(
        f"AR{manifest.number}",
        True,
        manifest.number,
        manifest.office,
        manifest.expected,
        manifest.carrier,
        manifest.transport,
        packages=sum(consignment.packages for consignment in consignments),
        other_port=manifest.port_of_loading,
    )
    boxes = tuple(_tallied(consignment, moment) for consignment in consignments)
    tally = Tally(f"DI{manifest.number}", True, manifest.transport, manifest.port_of_discharge, OPERATOR, boxes)
    yield from hear(Answer, Sending(Role.CARRIER, "customs", manifest), Sending(Role.CARRIER, "customs", arrival), Sending(Role.TERMINAL, "customs", tally))
    return Outcome(manifest.number)


def _manifest(consignments: tuple[Consignment, ...], carrier: str, moment: datetime) -> Manifest:
    first = consignments[0]
    return Manifest(
        number=first.manifest,
        function="9",
        reported_at=moment,
        inbound=True,
        office=first.office,
        carrier=carrier,
        transport=first.transport,
        port_of_loading=first.first.port,
        port_of_discharge=first.port,
        expected=moment + timedelta(hours=3),
        consignments=tuple(each.manifest_line() for each in consignments),
        containers=tuple(Container(each.container, BOX_SIZE) for each in consignments),
    )


def _tallied(consignment: Consignment, moment: datetime) -> TalliedBox:
    return TalliedBox(consignment.container, BOX_SIZE, (consignment.bill_of_lading,), moment, consignment.gross_weight)
