"""What customs sends is as the shipped guides want it, and nobody else's word is taken for an agency's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.agencies.customs.trade import (
    NOON,
    codes,
    entry,
    export,
    form,
    gate_out,
    licence,
    manifest,
    note,
    open_desk,
    payment,
    receipts,
    receive,
    registration,
    tally,
)
from tests.agencies.memory import as_read
from tests.agencies.messages.checked import arrived
from vanhub.agencies.customs.lodgement import Lodgement
from vanhub.agencies.customs.program import Customs, Objection
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion
from vanhub.agencies.frame.effects import Outgoing, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.declaration import Function
from vanhub.agencies.messages.movement import ConveyanceReport
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.payment import Payment
from vanhub.agencies.messages.refusal import Refusal
from vanhub.edifact.tolerant import ReadSegment

_GUIDES = {"961": "cusres-general", "962": "cusres-decision", "963": "cusres-error", "964": "cusres-cargo", "965": "cusres-tax"}


def _guide(message: Outgoing) -> str:
    bgm = as_read(message)
    if bgm.type == "CUSDEC":
        return "cusdec-cancellation" if bgm.function == "1" else {"830": "cusdec-export", "929": "cusdec-import"}[bgm.document]
    return {"CUSRES": _GUIDES.get(bgm.document, ""), "SANCRT": "sancrt-licence-usage", "APERAK": "aperak-answer"}[bgm.type]


def _everything() -> Iterator[Outgoing]:
    """One of each that customs sends, and more."""
    desk = open_desk()
    declaration, late = entry(), entry("I2", moved_on=date(2006, 2, 1), note="440300106000002")
    yield from receive(desk, registration(), licence(), form(), note(), note("440300106000002"), manifest(declaration), manifest(late), export())
    yield from receive(desk, tally(export(), discharge=False), export(packages=21), declaration, late)
    for lodgement in list(desk.book.list(Lodgement)):
        if lodgement.bill:
            yield from receive(desk, payment(lodgement.answer, number=lodgement.bill))
    yield from receive(desk, payment(dataclasses.replace(desk.book.get(Lodgement, "530420061000000001").answer, bill="B5304000001"), number="P9"))  # type: ignore[union-attr]
    yield from receive(desk, tally(declaration, discharge=True), gate_out(declaration))
    yield from receive(desk, dataclasses.replace(export(), function=Function.CHANGE, number="530420060000000001", contract="NEW"))
    yield from (message for _, message in desk.instruct("delete", number="530420060000000001", reason="查验后发现重复申报"))
    for rule in ("risk__yellow", "risk__red"):
        desk = open_desk(**{rule: 0})
        yield from receive(desk, registration(), licence(), form(), export())
        yield from (message for _, message in desk.wait_until(NOON + timedelta(days=1)))
    yield from receive(open_desk(), dataclasses.replace(entry(note=""), packages=2), registration(), manifest(entry()))


def test_everything_that_customs_sends_passes_its_guide() -> None:
    sent = list(dict.fromkeys(_everything()))
    assert {_guide(message) for message in sent} == {
        *_GUIDES.values(),
        "cusdec-export",
        "cusdec-import",
        "cusdec-cancellation",
        "sancrt-licence-usage",
        "aperak-answer",
    }
    assert {message.receipt for message in sent if isinstance(message, Answer)} == {*"LEGTPRHCD", "01"}
    for message in sent:
        assert arrived(message, _guide(message)).type == message.TYPE


_TALLY, _GATE, _MANIFEST = tally(export(), discharge=False), gate_out(entry()), manifest(entry())
_PAYMENT = Payment("P1", NOON, "B5304000001", Money(Decimal(1), "CNY"), "44203318", "PRBKCNBS", "4403160381", "TREASURY")
_ARRIVAL = ConveyanceReport("A1", True, "MI1", "5304", NOON, "4403900001", entry().transport)


@pytest.mark.parametrize(
    "paper", [licence(), form(), note(), registration(), _TALLY, _GATE, _MANIFEST, _PAYMENT, _ARRIVAL], ids=lambda paper: type(paper).__name__
)
def test_nobody_else_may_send_an_agencys_papers_pay_or_report_cargo(paper: Outgoing) -> None:
    desk = open_desk()
    ((to, refusal),) = desk.receive(paper, "SKBROKER:ZZZ")
    assert isinstance(refusal, Refusal)
    assert (to, [complaint.code for complaint in refusal.complaints]) == ("SKBROKER:ZZZ", ["S901"])
    assert (desk.book.records, desk.book.balances) == ({}, {})


def test_a_proof_page_of_somebody_else_is_refused() -> None:
    sent = receive(open_desk(), dataclasses.replace(export(), function=Function.PROOF, number="530420060000000001"))
    assert (receipts(sent), codes(sent)) == ("E", ["S901"])


@pytest.mark.parametrize(("sender", "allowed"), [("SKBROKER:ZZZ", True), ("SZTEXTILES:ZZZ", True), ("BROKER:ZZZ", False), ("OTHER:ZZZ", False)])
def test_who_declares_stands_in_the_declaration(sender: str, allowed: bool) -> None:
    """The broker speaks for itself, the trader too; another broker, and somebody whom customs does not know, for neither."""
    desk = open_desk()
    ((to, answer), *_) = desk.receive(export(), sender)
    assert isinstance(answer, Answer)
    assert (to, answer.receipt, [error.code for error in answer.errors]) == (sender, "L" if allowed else "E", [] if allowed else ["S901"])
    assert bool(desk.book.records) is allowed


def test_a_declaration_that_cannot_be_read_is_answered_by_its_reference() -> None:
    good = as_read(export())
    without_trader = tuple(segment for segment in good.segments if segment.tag != "NAD")
    ((_, answer),) = open_desk().receive_read(dataclasses.replace(good, segments=without_trader))
    assert isinstance(answer, Answer)
    assert (answer.reference, answer.office, [error.code for error in answer.errors]) == ("E1", "5304", ["E105"])


def test_a_declaration_that_names_no_office_gets_an_aperak() -> None:
    good = as_read(export())
    without_office = tuple(segment for segment in good.segments if (segment.tag, segment.at(1)) != ("LOC", "22"))
    ((_, refusal),) = open_desk().receive_read(dataclasses.replace(good, segments=without_office))
    assert isinstance(refusal, Refusal)
    assert (refusal.document, [complaint.code for complaint in refusal.complaints]) == ("E1", ["E105"])


def test_a_message_that_breaks_its_guide_is_refused_with_what_the_guide_found() -> None:
    complaint = Complaint("E105", "add it", "请补填")
    (effect,) = Customs().refuse(as_read(export()), (complaint,), Occasion(NOON, "SKBROKER:ZZZ", "I1", 1), open_desk().book)
    assert isinstance(effect, Send)
    assert isinstance(effect.message, Answer)
    assert (effect.to, effect.message.errors) == ("SKBROKER:ZZZ", (complaint,))


def test_an_aperak_is_kept_for_an_officer_and_never_answered() -> None:
    desk = open_desk()
    objection = Refusal("R1", NOON, "I1", "1", "U06-AB-300123-01", (Complaint("L201", "unknown", "不存在"),))
    assert desk.receive(objection, "MOFTEC:ZZZ") == []
    assert desk.receive(objection, "SKBROKER:ZZZ") == []
    assert [record.key for record in desk.book.list(Objection)] == ["MOFTEC:ZZZ/R1"]
    broken = Message("APERAK", "D.01B", "CNGC01", "1", "313", "", "", (ReadSegment([["BGM"], ["313"]]),))
    assert desk.receive_read(broken, "MOFTEC:ZZZ") == []


def test_what_customs_does_not_take_is_refused() -> None:
    unknown = Message("IFTSTA", "D.01B", "CNGC01", "1", "23", "X1", "9", (ReadSegment([["BGM"], ["23"], ["X1"], ["9"]]),))
    ((_, refusal),) = open_desk().receive_read(unknown)
    assert isinstance(refusal, Refusal)
    assert [complaint.code for complaint in refusal.complaints] == ["E102"]
