"""Inspection: notes for goods that need one, for enterprises that may trade; withdrawals."""

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
from vanhub.agencies.codes import check_digit
from vanhub.agencies.enterprises import EnterpriseRecord, row_of
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.inspection.notes import NoteFile, Series
from vanhub.agencies.inspection.program import Inspection
from vanhub.agencies.messages.clearance_note import ClearanceNote, NoteApplication, NoteLine
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.rules import open_rules

CODE, BROKER, CUSTOMS, REGISTER = "4403715253183", "SKBROKER:ZZZ", "GACC:ZZZ", "SAIC:ZZZ"
TODAY = date(2006, 3, 20)
NOW = datetime(2006, 3, 20, 1, tzinfo=UTC)
RULES = open_rules("inspection")
TRADER = EnterpriseRecord(
    CODE, "4403160381", "深圳食品进出口有限公司", "440301715253183", "4403011098765", Money(Decimal(8_000_000), "CNY"), "", date(2001, 1, 10)
)
BEEF = NoteLine(1, "02023000", "冻去骨牛肉", Quantity(Decimal(20_000), "KGM"))
APPLICATION = NoteApplication("N-1", True, TODAY, CODE, "5304", "AUS", (BEEF, dataclasses.replace(BEEF, number=2, hs="08051000", name="鲜橙")), "COSU1")
GARLIC = NoteApplication("N-2", False, TODAY, CODE, "5304", "KOR", (dataclasses.replace(BEEF, hs="07032010", name="鲜大蒜"),))
NOTE = ClearanceNote("530406100000001", False, "N-1", True, TODAY, date(2006, 5, 18), CODE, "5304", "AUS", APPLICATION.lines, "COSU1")


def desk(*enterprises: EnterpriseRecord) -> Desk:
    opened = Desk(Inspection(), RULES, NOW)
    for each in enterprises:
        opened.load(**row_of(each))
    return opened


def refused(sent: Iterable[tuple[str, Outgoing]], to: str = BROKER) -> list[tuple[str, int | None]]:
    """Codes and items of the one refusal that was sent."""
    ((address, refusal),) = sent
    assert address == to
    assert isinstance(refusal, Refusal)
    return [(each.code, each.item) for each in refusal.complaints]


def test_a_note() -> None:
    inspection = desk(TRADER)
    assert inspection.receive(APPLICATION) == [(BROKER, NOTE), (CUSTOMS, NOTE)]
    assert inspection.book.get(NoteFile, NOTE.number) == NoteFile(NOTE, BROKER)
    assert ClearanceNote.parse(arrived(NOTE, "sancrt-clearance-note")) == NOTE
    # The same again moves nothing.
    before = dict(inspection.book.records)
    assert inspection.receive(APPLICATION) == []
    assert refused(inspection.receive(dataclasses.replace(APPLICATION, country="NZL"))) == [("E104", None)]
    assert inspection.book.records == before


def test_numbers_run_by_office_year_and_direction() -> None:
    inspection = desk(TRADER)
    asked = (APPLICATION, GARLIC, dataclasses.replace(GARLIC, reference="N-3"), dataclasses.replace(APPLICATION, reference="N-4", customs_office="5301"))
    numbers = [note.number for each in asked for to, note in inspection.receive(each) if to == CUSTOMS and isinstance(note, ClearanceNote)]
    assert numbers == ["530406100000001", "530406000000001", "530406000000002", "530106100000001"]
    assert list(Inspection().invariants(inspection.book)) == []


@pytest.mark.parametrize(
    ("application", "changed", "complaints"),
    [
        # Yarn needs none; garlic needs one to go out, and beef that goes out needs one too.
        (APPLICATION, {"hs": "52052200", "name": "棉纱"}, [("E106", 1)]),
        (GARLIC, {"hs": "69111010", "name": "瓷餐具"}, [("E106", 1)]),
        (APPLICATION, {"hs": "00000000"}, [("E102", 1)]),
        (APPLICATION, {"quantity": Quantity(Decimal(0), "KGM")}, [("E112", 1)]),
        (APPLICATION, {"quantity": Quantity(Decimal(0), "H87")}, [("E112", 1), ("E102", 1)]),
    ],
)
def test_goods_for_which_there_is_no_note(application: NoteApplication, changed: Mapping[str, Any], complaints: list[tuple[str, int | None]]) -> None:
    inspection = desk(TRADER)
    first, *rest = application.lines
    asked = dataclasses.replace(application, lines=(dataclasses.replace(first, **changed), *rest))
    assert refused(inspection.receive(asked)) == complaints
    assert list(inspection.book.list(NoteFile)) == []


def test_the_refusal() -> None:
    inspection = desk(TRADER)
    asked = dataclasses.replace(GARLIC, lines=(dataclasses.replace(BEEF, hs="69111010", name="瓷餐具"),))
    ((_, refusal),) = inspection.receive(asked)
    complaint = Complaint("E106", "goods 69111010 that go out need no clearance note: leave the line out", "出境商品 69111010 无需通关单，请删除该项", 1)
    assert refusal == Refusal("R2", NOW, "I2", "1", "N-2", (complaint,), "CIQ")


def test_the_holder_has_to_be_one_that_may_trade() -> None:
    closed = dataclasses.replace(TRADER, closed_on=TODAY)
    assert refused(desk(closed).receive(APPLICATION)) == [("E101", None)]


def test_an_application_waits_for_the_registration_of_its_holder() -> None:
    inspection = desk()
    assert inspection.receive(APPLICATION) == []
    registration = Registration(
        RegistrationAct.GRANTED,
        f"{CODE}-00001",
        "SAIC",
        CODE,
        TODAY,
        CODE,
        TRADER.name,
        TRADER.tax_number,
        TRADER.business_licence,
        TODAY,
        "4403",
        "6",
        TRADER.capital,
        "4403160381",
        RegistrationAct.OPEN,
    )
    assert inspection.receive(registration, sender=REGISTER) == [(BROKER, NOTE), (CUSTOMS, NOTE)]


def test_it_does_not_wait_for_ever() -> None:
    inspection = desk()
    inspection.receive(APPLICATION)
    assert inspection.wait_until(NOW + timedelta(days=7) - timedelta(seconds=1)) == []
    assert refused(inspection.wait_until(NOW + timedelta(days=7))) == [("E101", None)]


def test_an_officer_withdraws_a_note() -> None:
    inspection = desk(TRADER)
    inspection.receive(APPLICATION)
    withdrawn = dataclasses.replace(NOTE, withdrawn=True)
    assert inspection.instruct("withdraw", note=NOTE.number, reason="检疫不合格") == [(BROKER, withdrawn), (CUSTOMS, withdrawn)]
    assert inspection.book.get(NoteFile, NOTE.number) == NoteFile(withdrawn, BROKER, "检疫不合格")
    assert ClearanceNote.parse(arrived(withdrawn, "sancrt-clearance-note")) == withdrawn
    for verb, words in (
        ("withdraw", {"note": NOTE.number, "reason": "again"}),
        ("withdraw", {"note": "530406100000009", "reason": "none"}),
        ("withdraw", {"note": NOTE.number}),
        ("issue", {"note": NOTE.number}),
    ):
        with pytest.raises(Unreadable, match=r"^E110 "):
            inspection.instruct(verb, **words)


def test_what_it_takes() -> None:
    inspection = desk(TRADER)
    assert refused(inspection.receive(NOTE)) == [("E106", None)]
    assert inspection.receive(Refusal("R1", NOW, "I1", "1", NOTE.number, (Complaint("E101", "en", "zh"),), "GACC"), sender=CUSTOMS) == []
    # Anybody might say that an enterprise is registered.
    registration = Registration(
        RegistrationAct.GRANTED,
        "1",
        "X",
        CODE,
        TODAY,
        CODE,
        "X",
        "440301715253183",
        "4403011098765",
        TODAY,
        "4403",
        "6",
        TRADER.capital,
        "4403160381",
        RegistrationAct.CLOSE,
    )
    assert refused(inspection.receive(registration)) == [("S901", None)]


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (Series("5304061", 7), "the last clearance note of series 5304061 is not number 7"),
        (NoteFile(dataclasses.replace(NOTE, number="530106100000001"), BROKER), "series 5301061 of clearance notes is not on record"),
        (NoteFile(dataclasses.replace(NOTE, withdrawn=True), BROKER), "clearance note 530406100000001 is withdrawn, and the reason is ''"),
    ],
)
def test_what_does_not_agree_is_found(record: Any, complaint: str) -> None:
    inspection = desk(TRADER)
    inspection.receive(APPLICATION)
    inspection.book.put(record, 9)
    assert list(Inspection().invariants(inspection.book)) == [complaint]


def holder(number: int) -> EnterpriseRecord:
    first = f"{number:08}"
    return dataclasses.replace(TRADER, code=f"4403{first}{check_digit(first)}", customs_code=f"440316{number:04}")


@settings(max_examples=30)
@given(order=st.permutations(range(3)), repeats=st.lists(st.sampled_from(range(3)), max_size=4))
def test_any_order_and_repeats_give_the_same_notes(order: list[int], repeats: list[int]) -> None:
    """Numbers apart, of which the first to come has the first: the offices differ."""
    holders = [holder(number) for number in range(3)]
    asked = [
        dataclasses.replace(APPLICATION, reference=f"N-{number}", holder=each.code, customs_office=f"53{number:02}") for number, each in enumerate(holders)
    ]
    found, expected = desk(*holders), desk(*holders)
    for number in (*order, *repeats):
        found.receive(asked[number])
    for each in asked:
        expected.receive(each)
    assert found.book.records == expected.book.records
