"""Foreign exchange: forms asked for, filed, withdrawn, declared."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.memory import Desk
from tests.agencies.messages.checked import arrived
from vanhub.agencies.enterprises import EnterpriseRecord, row_of
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.foreign_exchange.forms import FormFile, ProofPage, Series
from vanhub.agencies.foreign_exchange.program import ForeignExchange
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.declaration import Cancellation, Declaration, Direction, Document, Function, Item, Transport
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.rules import open_rules

CODE, BROKER, CUSTOMS = "4403715253183", "SKBROKER:ZZZ", "GACC:ZZZ"
TODAY = date(2006, 3, 20)
NOW = datetime(2006, 3, 20, 1, tzinfo=UTC)
RULES = open_rules("foreign-exchange")
TRADER = EnterpriseRecord(
    CODE, "4403160381", "深圳纺织品进出口有限公司", "440301715253183", "4403011098765", Money(Decimal(8_000_000), "CNY"), "", date(2001, 1, 10)
)
REQUEST = FxForm(FormAct.REQUEST, "F-1", CODE, "SAFE", TODAY, contract="C-1")
FORM = FxForm(FormAct.ISSUE, "44A0000001", CODE, "SAFE", TODAY, reference="F-1", contract="C-1")
FILING = FxForm(FormAct.FILING, FORM.number, CODE, "SAFE", TODAY, customs_office="5304")
WITHDRAWAL = FxForm(FormAct.WITHDRAWAL, FORM.number, CODE, "SAFE", date(2006, 6, 20))
FILE = FormFile(FORM.number, CODE, BROKER, "F-1", "C-1", TODAY)


def desk(*received: Outgoing, enterprises: Iterable[EnterpriseRecord] = (TRADER,)) -> Desk:
    opened = Desk(ForeignExchange(), RULES, NOW)
    for each in enterprises:
        opened.load(**row_of(each))
    for message in received:
        opened.receive(message)
    return opened


def refused(sent: Iterable[tuple[str, Outgoing]], to: str = BROKER) -> list[str]:
    """The codes of the one refusal that was sent."""
    ((address, refusal),) = sent
    assert address == to
    assert isinstance(refusal, Refusal)
    return [each.code for each in refusal.complaints]


def test_a_request() -> None:
    exchange = desk()
    assert exchange.receive(REQUEST) == [(BROKER, FORM)]
    assert exchange.book.get(FormFile, FORM.number) == FILE
    assert FxForm.parse(arrived(FORM, "sancrt-fx-form")) == FORM
    assert exchange.receive(REQUEST) == []
    assert refused(exchange.receive(dataclasses.replace(REQUEST, contract="C-2"))) == ["E104"]
    ((_, second),) = exchange.receive(dataclasses.replace(REQUEST, number="F-2"))
    assert second == dataclasses.replace(FORM, number="44A0000002", reference="F-2")
    assert list(ForeignExchange().invariants(exchange.book)) == []


def test_a_form_is_filed_at_one_customs_office() -> None:
    exchange = desk(REQUEST)
    told = dataclasses.replace(FILING, reference="F-1", contract="C-1")
    assert exchange.receive(FILING) == [(CUSTOMS, told)]
    assert FxForm.parse(arrived(told, "sancrt-fx-form")) == told
    assert exchange.book.get(FormFile, FORM.number) == dataclasses.replace(FILE, customs_office="5304", filed_on=TODAY)
    assert exchange.receive(FILING) == []
    ((_, refusal),) = exchange.receive(dataclasses.replace(FILING, customs_office="5301"))
    complaint = Complaint(
        "F303",
        "form 44A0000001 is filed at customs office 5304 since 2006-03-20; a form is filed once",
        "核销单 44A0000001 已于 2006-03-20 在 5304 备案，只能备案一次",
    )
    assert refusal == Refusal("R5", NOW, "I5", "1", FORM.number, (complaint,), "SAFE")


def test_a_form_is_withdrawn_within_three_months() -> None:
    exchange = desk(REQUEST, FILING)
    assert refused(exchange.receive(dataclasses.replace(WITHDRAWAL, on=date(2006, 6, 21)))) == ["E110"]
    told = dataclasses.replace(WITHDRAWAL, reference="F-1", customs_office="5304", contract="C-1")
    assert exchange.receive(WITHDRAWAL) == [(CUSTOMS, told)]
    assert FxForm.parse(arrived(told, "sancrt-fx-form")) == told
    assert exchange.receive(WITHDRAWAL) == []
    assert refused(exchange.receive(dataclasses.replace(FILING, customs_office="5301"))) == ["F301", "F303"]


@pytest.mark.parametrize(
    ("day", "last"), [(date(2006, 3, 20), date(2006, 6, 20)), (date(2006, 11, 30), date(2007, 2, 28)), (date(2006, 10, 31), date(2007, 1, 31))]
)
def test_months_are_those_of_the_calendar(day: date, last: date) -> None:
    exchange = desk()
    exchange.now = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    exchange.receive(REQUEST)
    assert refused(exchange.receive(dataclasses.replace(WITHDRAWAL, on=last + timedelta(days=1)))) == ["E110"]
    ((to, _),) = exchange.receive(dataclasses.replace(WITHDRAWAL, on=last))
    assert to == CUSTOMS


@pytest.mark.parametrize(
    ("asked", "changed", "codes"),
    [
        (FILING, {"number": "44A0000009"}, ["F301"]),
        (FILING, {"exporter": "3101123456788"}, ["F301"]),
        (FILING, {"on": date(2006, 3, 19)}, ["E110"]),
        (WITHDRAWAL, {"exporter": "3101123456788"}, ["F301"]),
    ],
)
def test_what_is_refused(asked: FxForm, changed: Mapping[str, Any], codes: list[str]) -> None:
    exchange = desk(REQUEST)
    assert refused(exchange.receive(dataclasses.replace(asked, **changed))) == codes
    assert exchange.book.get(FormFile, FORM.number) == FILE


def test_only_its_holder_speaks_for_a_form() -> None:
    exchange = desk(REQUEST)
    for asked in (FILING, WITHDRAWAL):
        assert refused(exchange.receive(asked, sender="OTHER:ZZZ"), to="OTHER:ZZZ") == ["S901"]
    assert exchange.book.get(FormFile, FORM.number) == FILE


def test_the_exporter_has_to_be_one_that_may_trade() -> None:
    assert refused(desk(enterprises=[dataclasses.replace(TRADER, closed_on=TODAY)]).receive(REQUEST)) == ["E101"]
    exchange = desk(enterprises=[])
    assert exchange.receive(REQUEST) == []
    exchange.load(**row_of(TRADER))
    assert [message for _, message in exchange.book.sent] == [FORM]
    exchange = desk(enterprises=[])
    exchange.receive(REQUEST)
    assert exchange.wait_until(NOW + timedelta(days=7) - timedelta(seconds=1)) == []
    assert refused(exchange.wait_until(NOW + timedelta(days=7))) == ["E101"]


def proof(*forms: str, number: str = "530420060000000001", direction: Direction = Direction.EXPORT) -> Declaration:
    """The page of a closed declaration."""
    shirts = Quantity(Decimal(100), "H87")
    return Declaration(
        direction=direction,
        function=Function.PROOF,
        reference="E-1",
        number=number,
        mode="0110",
        levy="101",
        entry_kind="0",
        office="5304",
        border="5304",
        country="USA",
        region="44039",
        port_of_loading="CNSHK",
        declared_on=TODAY,
        gross_weight=Decimal(11),
        net_weight=Decimal(10),
        transport=Transport("0501E", "2"),
        trader=Enterprise("4403160381", CODE, TRADER.name),
        owner=Enterprise("4403160381"),
        terms="FOB",
        total=Money(Decimal(220), "USD"),
        items=(Item(1, "61091000", "1", "棉制T恤衫", "CHN", shirts, shirts, Money(Decimal(220), "USD"), final_country="USA"),),
        documents=(*(Document("812", form) for form in forms), Document("811", "06-AB-300123")),
    )


PAGE = ProofPage("530420060000000001", TODAY, Money(Decimal(220), "USD"))


def test_proof_pages_are_noted_on_their_forms() -> None:
    exchange = desk(REQUEST, FILING)
    for _ in range(2):
        assert exchange.receive(proof(FORM.number), sender=CUSTOMS) == []
        file = exchange.book.get(FormFile, FORM.number)
        assert file == dataclasses.replace(FILE, customs_office="5304", filed_on=TODAY, proofs=(PAGE,))
    assert list(ForeignExchange().invariants(exchange.book)) == []
    # A form that was used is neither withdrawn nor filed again.
    assert refused(exchange.receive(WITHDRAWAL)) == ["F302"]
    with pytest.raises(Unreadable, match=r"^F302 form 44A0000001 was used for declaration 530420060000000001$"):
        exchange.instruct("withdraw", form=FORM.number)
    # Forms of elsewhere, pages of imports: nothing to note.
    before = dict(exchange.book.records)
    assert exchange.receive(proof("31A0000001", number="530420060000000002"), sender=CUSTOMS) == []
    assert exchange.receive(proof(FORM.number, number="530420060100000002", direction=Direction.IMPORT), sender=CUSTOMS) == []
    assert refused(exchange.receive(proof(FORM.number, number="530420060000000003"))) == ["S901"]
    assert exchange.book.records == before


def test_a_page_that_customs_revokes_frees_its_form_whichever_comes_first() -> None:
    first, second = (proof(FORM.number, number=f"53042006000000000{serial}") for serial in (1, 2))
    revoked = Cancellation(Direction.EXPORT, "E-1", first.number, "5304", NOW, "declared twice", trader=TRADER.customs_code)
    other = dataclasses.replace(revoked, direction=Direction.IMPORT, number="530420061000000001")
    for messages in ((first, revoked, other, second), (revoked, first, revoked, second, second)):
        exchange = desk(REQUEST, FILING)
        for message in messages:
            assert exchange.receive(message, sender=CUSTOMS) == []
        file = exchange.book.get(FormFile, FORM.number)
        assert file is not None
        assert file.proofs == (dataclasses.replace(PAGE, declaration=second.number),)
        assert list(ForeignExchange().invariants(exchange.book)) == []
    assert refused(exchange.receive(dataclasses.replace(revoked, number=second.number))) == ["S901"]


def test_a_form_is_not_withdrawn_or_filed_on_a_day_that_is_over() -> None:
    exchange = desk(REQUEST)
    exchange.receive(dataclasses.replace(REQUEST, number="F-2"))
    exchange.now += timedelta(days=93)
    assert refused(exchange.receive(dataclasses.replace(WITHDRAWAL, on=TODAY))) == ["E110"]
    exchange.load(**row_of(dataclasses.replace(TRADER, closed_on=date(2006, 6, 1))))
    assert refused(exchange.receive(FILING)) == ["E101"]


def test_an_officer_withdraws_a_form() -> None:
    exchange = desk(REQUEST, FILING)
    told = dataclasses.replace(WITHDRAWAL, on=TODAY, reference="F-1", customs_office="5304", contract="C-1")
    assert exchange.instruct("withdraw", form=FORM.number) == [(CUSTOMS, told), (BROKER, told)]
    for verb, form in (("withdraw", FORM.number), ("withdraw", "44A0000009"), ("issue", FORM.number)):
        with pytest.raises(Unreadable):
            exchange.instruct(verb, form=form)


def test_what_it_takes() -> None:
    exchange = desk()
    assert refused(exchange.receive(FORM)) == ["E106"]
    assert exchange.receive(Refusal("R1", NOW, "I1", "1", FORM.number, (Complaint("E101", "en", "zh"),), "GACC"), sender=CUSTOMS) == []


@pytest.mark.parametrize(
    ("record", "complaints"),
    [
        (Series("44", 9), ["the last form of province 44 is not number 9"]),
        (dataclasses.replace(FILE, number="31A0000001"), ["series 31 of forms is not on record"]),
        (dataclasses.replace(FILE, filed_on=TODAY), ["form 44A0000001 is filed at '' on 2006-03-20"]),
        (dataclasses.replace(FILE, proofs=(PAGE,)), ["form 44A0000001 is on the proof page of declaration 530420060000000001 and was never filed"]),
        (
            dataclasses.replace(FILE, customs_office="5304", filed_on=TODAY, proofs=(PAGE, dataclasses.replace(PAGE, declaration="530420060000000002"))),
            ["form 44A0000001 is on several proof pages: 530420060000000001, 530420060000000002"],
        ),
    ],
)
def test_what_does_not_agree_is_found(record: Any, complaints: list[str]) -> None:
    exchange = desk(REQUEST)
    exchange.book.put(record, 9)
    assert list(ForeignExchange().invariants(exchange.book)) == complaints


@settings(max_examples=40)
@given(data=st.data())
def test_any_order_and_repeats_give_the_same_forms(data: st.DataObject) -> None:
    """Exporters of three provinces; what is done to a form comes after its issue, as nobody knows its number before."""
    traders = [dataclasses.replace(TRADER, code=f"{region}715253183", customs_code=f"{region}160381") for region in ("4403", "3101", "1101")]
    requests = [dataclasses.replace(REQUEST, number=f"F-{trader.code}", exporter=trader.code) for trader in traders]
    later: list[tuple[str, Outgoing]] = []
    for trader in traders:
        form = f"{trader.code[:2]}A0000001"
        later += [(BROKER, dataclasses.replace(FILING, number=form, exporter=trader.code)), (CUSTOMS, proof(form, number=f"5304200600000000{form[:2]}"))]

    def played(first: list[FxForm], second: list[tuple[str, Outgoing]]) -> Mapping[tuple[str, str], Any]:
        exchange = desk(*first, enterprises=traders)
        for sender, message in second:
            exchange.receive(message, sender=sender)
        return exchange.book.records

    again = data.draw(st.lists(st.sampled_from(later), max_size=3))
    # A filing that comes after the proof page of its form is a second use; customs closes nothing before it.
    filings, proofs = [each for each in later if each[0] == BROKER], [each for each in later if each[0] == CUSTOMS]
    shuffled = [*data.draw(st.permutations(filings)), *data.draw(st.permutations(proofs)), *again]
    assert played(data.draw(st.permutations([*requests, *requests])), shuffled) == played(requests, later)
