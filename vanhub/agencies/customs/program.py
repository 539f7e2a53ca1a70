"""Customs as an agency: which message goes where, what an officer says, what is reminded of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from vanhub.agencies.answering import not_taken, refusal
from vanhub.agencies.customs.after import After
from vanhub.agencies.customs.audit import violations
from vanhub.agencies.customs.bills import OVERDUE, Bill, take_payment
from vanhub.agencies.customs.cargo import take_manifest
from vanhub.agencies.customs.copies import take_form, take_licence, take_note
from vanhub.agencies.customs.declarations import take_cancellation, take_change, take_original
from vanhub.agencies.customs.lodgement import Lodgement, State, day
from vanhub.agencies.customs.movements import concerned, goods_moved, take_conveyance, take_gate, take_tally
from vanhub.agencies.customs.officer import instructed
from vanhub.agencies.customs.proceeding import OFFICER, Proceeding
from vanhub.agencies.enterprises import load_enterprise, take_registration
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Put, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.declaration import Cancellation, Declaration, Function
from vanhub.agencies.messages.fx_form import FxForm
from vanhub.agencies.messages.licence import Licence
from vanhub.agencies.messages.manifest import Manifest
from vanhub.agencies.messages.movement import ConveyanceReport, GateReport, Tally
from vanhub.agencies.messages.payment import Payment
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration
from vanhub.agencies.tariff import Tariff, shipped_tariff


@dataclass(frozen=True, slots=True)
class Objection:
    """An agency could not take what customs sent it: an officer has to look. ``key``: who and its APERAK's number."""

    KIND: ClassVar[str] = "objection"

    sender: str
    refusal: Refusal

    @property
    def key(self) -> str:
        return f"{self.sender}/{self.refusal.number}"


class Customs:
    """The agency's program, with the ``tariff`` that it levies."""

    name = "customs"

    def __init__(self, tariff: Tariff | None = None) -> None:
        self.tariff = tariff or shipped_tariff()

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        _require_trusted(message, occasion, view)
        match message.type:
            case "CUSDEC":
                return self._take_declaration(message, occasion, view)
            case "CUSCAR":
                return take_manifest(Manifest.parse(message), occasion, view)
            case "CUSREP":
                return take_conveyance(ConveyanceReport.parse(message), occasion, view)
            case "COARRI":
                return self._closing(take_tally(Tally.parse(message), occasion, view), occasion, view)
            case "CODECO":
                return self._closing(take_gate(GateReport.parse(message), occasion, view), occasion, view)
            case "PAYORD":
                if message.function != "9":
                    raise not_taken(message, "PAYORD 450 function 9: goods that were released on a payment are gone")
                return self._take_payment(Payment.parse(message), occasion, view)
            case "SANCRT":
                return _take_paper(message, occasion, view)
            case "REGENT":
                return take_registration(Registration.parse(message), occasion, view)
            case "APERAK":
                objection = Objection(occasion.sender, Refusal.parse(message))
                return [Put(objection)] if occasion.sender in view.addresses.values() else []
            case _:
                raise Unreadable(Complaint("E102", f"customs takes no {message.type}", f"海关不接收 {message.type} 报文"))

    def _take_declaration(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        if message.function == "1":
            return take_cancellation(Cancellation.parse(message), self.tariff, occasion, view)
        declaration = Declaration.parse(message)
        if declaration.function is Function.PROOF:
            raise Unreadable(Complaint("S901", "only customs makes proof pages (function 31)", "证明联（功能码 31）只由海关签发"))
        _require_declarant(declaration, occasion, view)
        take = take_original if declaration.function is Function.ORIGINAL else take_change
        return take(declaration, self.tariff, occasion, view)

    def _take_payment(self, payment: Payment, occasion: Occasion, view: View) -> Iterable[Effect]:
        bill, effects = take_payment(payment, occasion, view)
        if bill is None:
            return effects
        lodgement = view.get(Lodgement, bill.declaration)
        if lodgement is None:
            raise LookupError(f"bill {bill.number} is of declaration {bill.declaration}, which is not on record")
        proceeding = Proceeding(lodgement, self.tariff, occasion, view)
        proceeding.release()
        return [*effects, *proceeding.done()]

    def _closing(self, moved: Iterable[Effect], occasion: Occasion, view: View) -> Iterable[Effect]:
        """The report's effects, and the closing of the declarations whose goods have moved by it."""
        effects = list(moved)
        for number in concerned(effects, view):
            after = After(view, effects)
            lodgement = after.get(Lodgement, number)
            if lodgement is not None and lodgement.state is State.RELEASED and goods_moved(lodgement.declaration, number, after):
                proceeding = Proceeding(lodgement, self.tariff, occasion, after)
                proceeding.goods_moved()
                effects.extend(proceeding.done())
        return effects

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        """CUSRES to a declaration that says which office it is for, APERAK to everything else; none to an APERAK."""
        if message.type == "APERAK":
            return
        office = next((segment.at(2) for segment in message.segments if segment.tag == "LOC" and segment.at(1) == "22"), "")
        if message.type == "CUSDEC" and message.number and len(office) == 4 and office.isdecimal():
            yield Send(occasion.sender, Answer(AnswerKind.REJECTION, message.number, "E", "2", office, occasion.moment, errors=complaints))
        else:
            yield refusal(message, complaints, occasion, view, self.name)

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:
        """``officer``: an automatic one finds nothing wrong; ``overdue bill``: it is sent once more."""
        if subject == OVERDUE:
            bill = view.get(Bill, key)
            lodgement = view.get(Lodgement, bill.declaration) if bill is not None else None
            if bill is None or lodgement is None or lodgement.state is not State.TAX_DUE:
                return []
            proceeding = Proceeding(lodgement, self.tariff, occasion, view)
            proceeding.bill_again(bill, f"overdue since {bill.due}: a late fee is added for each day 已逾期，按日加收滞纳金")
            return proceeding.done()
        lodgement = view.get(Lodgement, key) if subject == OFFICER else None
        if lodgement is None or lodgement.state not in {State.MANUAL, State.EXAM}:
            return []
        proceeding = Proceeding(lodgement, self.tariff, occasion, view)
        proceeding.review()
        return proceeding.done()

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        """The file of enterprises (``enterprises.COLUMNS``)."""
        return load_enterprise(row, view)

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        """What ``officer.VERBS`` lists."""
        return instructed(verb, words, self.tariff, occasion, view)

    def invariants(self, view: View) -> Iterator[str]:
        return violations(view)


def _take_paper(message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
    """A licence, note or form, from whoever issues such."""
    issuer = _ISSUERS.get(message.document)
    if issuer is None or message.function not in {"9", "4", "1"}:
        raise Unreadable(
            Complaint(
                "E102",
                f"customs takes no SANCRT {message.document} with function {message.function}",
                f"海关不接收 SANCRT {message.document}（功能码 {message.function}）",
            )
        )
    _require_sender(issuer, message, occasion, view)
    if issuer == "licensing":
        return take_licence(Licence.parse(message), view)
    if issuer == "inspection":
        return take_note(ClearanceNote.parse(message), view)
    return take_form(FxForm.parse(message), view)


_TRUSTED = {"PAYORD": "senders.banks", "CUSCAR": "senders.carriers", "CUSREP": "senders.carriers", "COARRI": "senders.terminals", "CODECO": "senders.terminals"}
"""The rules with the addresses of those whose word on money and cargo is taken."""


def _require_trusted(message: Message, occasion: Occasion, view: View) -> None:
    rule = _TRUSTED.get(message.type)
    if rule is not None and occasion.sender not in view.rules.texts(rule, day(occasion.moment)):
        en = f"{occasion.sender} is not of those whose {message.type} customs takes (rule {rule})"
        raise Unreadable(Complaint("S901", en, f"海关不接收 {occasion.sender} 发送的 {message.type}（规则 {rule}）"))


def _require_declarant(declaration: Declaration, occasion: Occasion, view: View) -> None:
    """Who sends a declaration stands in it: as the trader, its broker or the declarant."""
    rule = "senders.declarants"
    spoken_for = {entry.partition("=")[0]: entry.partition("=")[2].split() for entry in view.rules.texts(rule, day(occasion.moment))}
    codes = spoken_for.get(occasion.sender, ())
    if not {declaration.trader.customs_code, declaration.broker, declaration.declarant}.intersection(codes):
        en = f"{occasion.sender} speaks for none of trader, broker and declarant of this declaration (rule {rule} has for it: {' '.join(codes) or 'nothing'})"
        raise Unreadable(Complaint("S901", en, f"{occasion.sender} 无权代表本报关单的经营单位、报关企业或申报单位（规则 {rule}：{' '.join(codes) or '无'}）"))


_ISSUERS = {"811": "licensing", "911": "licensing", "841": "inspection", "812": "foreign-exchange"}


def _require_sender(agency: str, message: Message, occasion: Occasion, view: View) -> None:
    if occasion.sender != view.addresses[agency]:
        raise Unreadable(
            Complaint(
                "S901",
                f"{message.type} {message.document} comes from {view.addresses[agency]} only, not from {occasion.sender}",
                f"{message.type} {message.document} 只能由 {view.addresses[agency]} 发送",
            )
        )
