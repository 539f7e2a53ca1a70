"""The register: what it grants and answers, what it refuses, lapses, revokes and loads; any order of arrival."""

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
from vanhub.agencies.enterprises import CustomsCodeEntry, EnterpriseRecord, row_of
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.registry.program import Registry
from vanhub.agencies.registry.records import Dossier, Series
from vanhub.agencies.rules import open_rules

CODE, BROKER, CUSTOMS = "4403715253183", "SKBROKER:ZZZ", "GACC:ZZZ"
OPENED = date(2006, 1, 10)
MARCH = datetime(2006, 3, 20, 1, tzinfo=UTC)
OCTOBER = datetime(2006, 10, 20, 1, tzinfo=UTC)
RULES = open_rules("registry")
OPENING = Registration(
    act=RegistrationAct.OPEN,
    number="SZ-1",
    registrar="SAIC",
    sender=CODE,
    on=OPENED,
    enterprise_code=CODE,
    name="深圳纺织品进出口有限公司",
    tax_number="440301715253183",
    business_licence="4403011098765",
    valid_from=OPENED,
    region="4403",
    ownership="6",
    capital=Money(Decimal(8_000_000), "CNY"),
)
RECORD = EnterpriseRecord(CODE, "4403160001", "深圳纺织品进出口有限公司", "440301715253183", "4403011098765", OPENING.capital, "2006-01-10 SZ-1", OPENED)
GRANTED = dataclasses.replace(
    OPENING, act=RegistrationAct.GRANTED, answers=RegistrationAct.OPEN, number=f"{CODE}-00001", reference="SZ-1", customs_code="4403160001"
)


def event(act: RegistrationAct, number: str, on: date, **changed: Any) -> Registration:
    return dataclasses.replace(OPENING, act=act, number=number, on=on, **changed)


def desk(*messages: Registration, now: datetime = MARCH) -> Desk:
    opened = Desk(Registry(), RULES, now)
    for message in messages:
        opened.receive(message)
    return opened


def codes(sent: Iterable[tuple[str, Outgoing]]) -> list[str]:
    """The codes of an answer that is no: REGENT in words, APERAK with codes, both to the sender."""
    (to, answer), (also, refusal) = sent
    assert to == also == BROKER
    assert isinstance(answer, Registration)
    assert answer.act is RegistrationAct.REFUSED
    assert isinstance(refusal, Refusal)
    assert answer.remarks == tuple(f"{each.code} {each.text_zh} {each.text_en}" for each in refusal.complaints)
    return [each.code for each in refusal.complaints]


def test_an_opening() -> None:
    register = desk()
    assert register.receive(OPENING) == [(BROKER, GRANTED)]
    assert register.book.get(EnterpriseRecord, CODE) == RECORD
    assert register.book.get(CustomsCodeEntry, "4403160001") == CustomsCodeEntry("4403160001", CODE)
    assert register.book.get(Dossier, CODE) == Dossier(CODE, BROKER, 1)
    assert register.book.reminders == {("annual-check", "440316"): datetime(2006, 6, 30, 16, tzinfo=UTC)}
    assert list(Registry().invariants(register.book)) == []


def test_answers_keep_their_guide() -> None:
    register = desk(OPENING)
    register.receive(event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 1), ownership="2", customs_code="4403160002"))
    register.wait_until(datetime(2007, 7, 1, tzinfo=UTC))
    answers = [message for _, message in register.book.sent if isinstance(message, Registration)]
    assert [(each.act, each.answers) for each in answers] == [
        (RegistrationAct.GRANTED, RegistrationAct.OPEN),
        (RegistrationAct.REFUSED, RegistrationAct.CHANGE),
        (RegistrationAct.GRANTED, RegistrationAct.LAPSE),
    ]
    for each in answers:
        assert Registration.parse(arrived(each, "regent-registration")) == each


def test_customs_codes_follow_one_another_in_region_zone_and_ownership() -> None:
    others = [("4403", "6", "00000000"), ("4403", "2", "00000001"), ("3101", "6", "00000002"), ("4403", "6", "00000003")]
    register = desk(*(opening(region, ownership, first) for region, ownership, first in others))
    assert [entry.customs_code for entry in register.book.list(CustomsCodeEntry)] == ["3101960001", "4403120001", "4403160001", "4403160002"]
    assert list(register.book.list(Series)) == [Series("310196", "0001"), Series("440312", "0001"), Series("440316", "0002")]


def opening(region: str, ownership: str, first: str) -> Registration:
    code = region + first + check_digit(first)
    return dataclasses.replace(OPENING, number=f"N-{code}", enterprise_code=code, sender=code, region=region, ownership=ownership)


def test_a_change_a_check_and_a_closure() -> None:
    register = desk(OPENING)
    named = {"name": "深圳新纺织品进出口有限公司", "customs_code": "4403160001"}
    (sent,) = register.receive(event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 1), **named))
    answer = dataclasses.replace(
        GRANTED, answers=RegistrationAct.CHANGE, number=f"{CODE}-00002", reference="SZ-2", on=date(2006, 2, 1), name="深圳新纺织品进出口有限公司"
    )
    assert sent == (BROKER, answer)
    # What is asked for besides a check is not changed by it.
    (sent,) = register.receive(event(RegistrationAct.RENEW, "SZ-3", date(2006, 3, 1)))
    answer = dataclasses.replace(answer, answers=RegistrationAct.RENEW, number=f"{CODE}-00003", reference="SZ-3", on=date(2006, 3, 1))
    assert sent == (BROKER, answer)
    (sent,) = register.receive(event(RegistrationAct.CLOSE, "SZ-4", date(2006, 12, 31)))
    answer = dataclasses.replace(answer, answers=RegistrationAct.CLOSE, number=f"{CODE}-00004", reference="SZ-4", on=date(2006, 12, 31))
    assert sent == (BROKER, answer)
    assert register.book.get(EnterpriseRecord, CODE) == dataclasses.replace(
        RECORD, name="深圳新纺织品进出口有限公司", version="2006-02-01 SZ-2", checked_on=date(2006, 3, 1), closed_on=date(2006, 12, 31)
    )


def test_an_older_change_does_not_undo_a_newer_one() -> None:
    register = desk(OPENING, event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 2), name="新"))
    ((_, answer),) = register.receive(event(RegistrationAct.CHANGE, "SZ-3", date(2006, 2, 1), name="旧"))
    assert isinstance(answer, Registration)
    assert (answer.act, answer.on, answer.name) == (RegistrationAct.GRANTED, date(2006, 2, 1), "新")


@pytest.mark.parametrize(
    ("changed", "complaints"),
    [
        ({"enterprise_code": "4403715253184"}, ["E112"]),
        ({"enterprise_code": "9903715253183", "region": "9903"}, ["E102"]),
        ({"region": "4404"}, ["E110"]),
        ({"customs_code": "4403160009"}, ["E104"]),
        ({"region": "4404", "customs_code": "4403160009"}, ["E110", "E104"]),
    ],
)
def test_openings_that_are_refused(changed: Mapping[str, Any], complaints: list[str]) -> None:
    register = desk()
    assert codes(register.receive(dataclasses.replace(OPENING, **changed))) == complaints
    assert register.book.records == {}
    # What was refused is not in the way of what is right, under the same number.
    assert register.receive(OPENING) == [(BROKER, GRANTED)]


def test_an_enterprise_opens_once() -> None:
    register = desk(OPENING)
    before = dict(register.book.records)
    sent = register.receive(dataclasses.replace(OPENING, number="SZ-9"))
    assert codes(sent) == ["E104"]
    assert sent[1][1] == Refusal(
        "R2",
        MARCH,
        "I2",
        "1",
        "SZ-9",
        (
            Complaint(
                "E104",
                "enterprise 4403715253183 is on the register since 2006-01-10, with customs code 4403160001",
                "企业 4403715253183 已于 2006-01-10 备案，海关注册编码 4403160001",
            ),
        ),
        "SAIC",
    )
    assert register.book.records == before


def test_a_number_is_used_once() -> None:
    register = desk(OPENING, event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 1)))
    before = dict(register.book.records)
    assert register.receive(event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 1))) == []
    ((_, refusal),) = register.receive(event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 2)))
    assert isinstance(refusal, Refusal)
    assert [each.code for each in refusal.complaints] == ["E104"]
    assert register.book.records == before


@pytest.mark.parametrize(
    ("act", "on", "changed", "complaints"),
    [
        (RegistrationAct.CHANGE, date(2006, 2, 1), {"customs_code": "4403160002"}, ["E101"]),
        (RegistrationAct.CHANGE, date(2006, 2, 1), {"ownership": "2"}, ["E110"]),
        (RegistrationAct.CHANGE, date(2006, 2, 1), {"region": "4404"}, ["E110"]),
        (RegistrationAct.RENEW, date(2006, 1, 9), {}, ["E110"]),
        (RegistrationAct.RENEW, date(2006, 3, 21), {}, ["E110", "E101"]),
        (RegistrationAct.RENEW, date(2006, 3, 1), {}, ["E101"]),
        (RegistrationAct.CHANGE, date(2006, 3, 2), {"customs_code": "4403160002"}, ["E101", "E101"]),
    ],
)
def test_events_that_are_refused(act: RegistrationAct, on: date, changed: Mapping[str, Any], complaints: list[str]) -> None:
    register = desk(OPENING, event(RegistrationAct.CLOSE, "SZ-2", date(2006, 3, 1)))
    before = dict(register.book.records)
    assert codes(register.receive(event(act, "SZ-3", on, **changed))) == complaints
    assert register.book.records == before


def test_only_who_opened_it_speaks_for_an_enterprise() -> None:
    register = desk(OPENING)
    sent = register.receive(event(RegistrationAct.CLOSE, "X-1", date(2006, 3, 1)), sender="OTHER:ZZZ")
    assert [to for to, _ in sent] == ["OTHER:ZZZ", "OTHER:ZZZ"]
    assert isinstance(sent[1][1], Refusal)
    assert [each.code for each in sent[1][1].complaints] == ["S901"]
    register.instruct("hand-over", enterprise=CODE, address="OTHER:ZZZ")
    ((to, answer),) = register.receive(event(RegistrationAct.CLOSE, "X-1", date(2006, 3, 1)), sender="OTHER:ZZZ")
    assert isinstance(answer, Registration)
    assert (to, answer.act, answer.number) == ("OTHER:ZZZ", RegistrationAct.GRANTED, f"{CODE}-00002")


def test_nobody_speaks_for_an_enterprise_that_was_loaded_until_somebody_is_named() -> None:
    register = desk()
    row, closure = row_of(dataclasses.replace(RECORD, version="")), event(RegistrationAct.CLOSE, "X-1", date(2006, 3, 1))
    register.load(**row)
    assert codes(register.receive(closure)) == ["S901"]
    register.load(**row, address=BROKER)
    register.load(**row, address="OTHER:ZZZ")
    refused = [answer for _, answer in register.receive(closure, sender="OTHER:ZZZ") if isinstance(answer, Refusal)]
    assert [complaint.code for refusal in refused for complaint in refusal.complaints] == ["S901"]
    assert [answer.act for _, answer in register.receive(closure) if isinstance(answer, Registration)] == [RegistrationAct.GRANTED]


def test_what_comes_before_its_opening_waits_for_it() -> None:
    register = desk()
    assert register.receive(event(RegistrationAct.RENEW, "SZ-3", date(2006, 3, 1))) == []
    sent = register.receive(OPENING)
    assert [(to, answer.number, answer.reference) for to, answer in sent if isinstance(answer, Registration)] == [
        (BROKER, f"{CODE}-00001", "SZ-1"),
        (BROKER, f"{CODE}-00002", "SZ-3"),
    ]
    assert register.book.get(EnterpriseRecord, CODE) == dataclasses.replace(RECORD, checked_on=date(2006, 3, 1))


def test_it_does_not_wait_for_ever() -> None:
    register = desk(event(RegistrationAct.RENEW, "SZ-3", date(2006, 3, 1)))
    assert register.wait_until(MARCH + timedelta(days=7) - timedelta(seconds=1)) == []
    assert codes(register.wait_until(MARCH + timedelta(days=7))) == ["E101"]
    assert register.book.parked == {}


def test_the_year_of_the_opening_asks_for_no_check() -> None:
    register = desk(OPENING)
    assert register.wait_until(datetime(2006, 12, 31, tzinfo=UTC)) == []
    ((_, notice),) = register.wait_until(datetime(2007, 7, 1, tzinfo=UTC))
    assert isinstance(notice, Registration)
    assert (notice.answers, notice.on) == (RegistrationAct.LAPSE, date(2007, 7, 1))


def test_who_misses_the_annual_check_lapses_until_it_is_made() -> None:
    opened, checked = (
        dataclasses.replace(opening("4403", "6", first), on=date(2004, 1, 10), valid_from=date(2004, 1, 10)) for first in ("00000000", "00000005")
    )
    register = desk(opened, checked)
    register.receive(dataclasses.replace(checked, act=RegistrationAct.RENEW, number="C", on=date(2006, 3, 15)))
    assert register.wait_until(datetime(2006, 6, 30, 15, 59, 59, tzinfo=UTC)) == []
    ((to, notice),) = register.wait_until(datetime(2006, 6, 30, 16, tzinfo=UTC))
    assert isinstance(notice, Registration)
    assert (to, notice) == (
        BROKER,
        dataclasses.replace(
            opened,
            act=RegistrationAct.GRANTED,
            answers=RegistrationAct.LAPSE,
            number=f"{opened.enterprise_code}-00002",
            on=date(2006, 7, 1),
            valid_from=date(2004, 1, 10),
            customs_code="4403160001",
            remarks=("未按期办理 2006 年度年检，备案自 2006-07-01 起失效。 The annual check of 2006 was not made: lapsed from 2006-07-01 on.",),
        ),
    )
    # Who has lapsed does not lapse again; the other had its check of 2006, not of 2007.
    (again,) = register.wait_until(datetime(2007, 7, 2, tzinfo=UTC))
    assert isinstance(again[1], Registration)
    assert (again[1].enterprise_code, again[1].on) == (checked.enterprise_code, date(2007, 7, 1))
    register.receive(dataclasses.replace(opened, act=RegistrationAct.RENEW, number="D", on=date(2007, 7, 2)))
    record = register.book.get(EnterpriseRecord, opened.enterprise_code)
    assert record is not None
    assert (record.lapsed(date(2007, 7, 1)), record.lapsed(date(2007, 7, 2))) == (True, False)
    assert register.book.reminders == {("annual-check", "440316"): datetime(2008, 6, 30, 16, tzinfo=UTC)}


def test_the_register_closes_one_by_itself() -> None:
    register = desk()
    register.load(**row_of(dataclasses.replace(RECORD, version="")))
    ((to, notice),) = register.instruct("revoke", enterprise=CODE, reason="吊销营业执照")
    # Nobody speaks for an enterprise that was loaded: customs has the notice, and the hub's copies come from there.
    expected = dataclasses.replace(GRANTED, answers=RegistrationAct.CLOSE, reference="", on=date(2006, 3, 20), remarks=("吊销营业执照",))
    assert (to, notice) == (CUSTOMS, expected)
    for words in ({"enterprise": CODE, "reason": "again"}, {"enterprise": "4403123456788", "reason": "unknown"}, {"enterprise": CODE}):
        with pytest.raises(Unreadable):
            register.instruct("revoke", **words)
    with pytest.raises(Unreadable, match=r"^E110 close is none of revoke, hand-over$"):
        register.instruct("close", enterprise=CODE)


def test_loading() -> None:
    register = desk()
    loaded = dataclasses.replace(RECORD, customs_code="4403160381", version="")
    assert register.load(**row_of(loaded)) == []
    assert register.load(**row_of(loaded)) == []
    assert register.book.get(EnterpriseRecord, CODE) == loaded
    for other, code in ((dataclasses.replace(loaded, code="4403123456788"), "E104"), (dataclasses.replace(loaded, customs_code="4403160382"), "E104")):
        with pytest.raises(Unreadable) as raised:
            register.load(**row_of(other))
        assert [each.code for each in raised.value.complaints] == [code]
    # The next code follows the highest that was loaded.
    ((_, answer),) = register.receive(opening("4403", "6", "00000000"))
    assert isinstance(answer, Registration)
    assert answer.customs_code == "4403160382"
    assert list(Registry().invariants(register.book)) == []


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (CustomsCodeEntry("4403160001", "4403123456788"), "customs code 4403160001 is said to be that of enterprise 4403123456788, which does not have it"),
        (Series("440316", "0002"), "the last customs code of series 440316 is 0001, not 0002"),
        (Dossier("4403123456788"), "there is a dossier of enterprise 4403123456788, which is not on the register"),
        (
            dataclasses.replace(RECORD, code="4403715253184"),
            "customs code 4403160001 of enterprise 4403715253184 is that of 4403715253183",
        ),
    ],
)
def test_what_does_not_agree_is_found(record: Any, complaint: str) -> None:
    register = desk(OPENING)
    register.book.put(record, 9)
    assert complaint in list(Registry().invariants(register.book))


@pytest.mark.parametrize("kind", ["APERAK", "REGENT"])
def test_answers_are_not_answered(kind: str) -> None:
    register = desk()
    answer = GRANTED if kind == "REGENT" else Refusal("R1", MARCH, "I1", "1", "SZ-1", (Complaint("E101", "en", "zh"),), "SAIC")
    assert register.receive(answer, sender=CUSTOMS) == []


LIFE = (
    OPENING,
    event(RegistrationAct.CHANGE, "SZ-2", date(2006, 2, 1), name="二"),
    event(RegistrationAct.CHANGE, "SZ-3", date(2006, 4, 1), name="三"),
    event(RegistrationAct.RENEW, "SZ-4", date(2006, 5, 1)),
    event(RegistrationAct.CLOSE, "SZ-5", date(2006, 10, 1)),
)
OTHER = opening("3101", "2", "12345678")
ANOTHER = opening("1101", "4", "12345678")
OTHERS = (OTHER, dataclasses.replace(OTHER, act=RegistrationAct.RENEW, number="S-1", on=date(2006, 3, 1)), ANOTHER)


@settings(max_examples=60)
@given(order=st.permutations([*LIFE, *OTHERS]), again=st.lists(st.sampled_from([*LIFE, *OTHERS]), max_size=6), data=st.data())
def test_any_order_and_repeats_give_the_same_register(order: list[Registration], again: list[Registration], data: st.DataObject) -> None:
    arrived = list(order)
    for message in again:
        arrived.insert(data.draw(st.integers(0, len(arrived))), message)
    found, expected = desk(*arrived, now=OCTOBER), desk(*LIFE, *OTHERS, now=OCTOBER)
    assert found.book.records == expected.book.records
    assert found.book.reminders == expected.book.reminders
    assert found.book.parked == {}
    assert len(found.book.sent) == len(expected.book.sent) == len(LIFE) + len(OTHERS)
    assert expected.book.get(EnterpriseRecord, CODE) == dataclasses.replace(
        RECORD, name="三", version="2006-04-01 SZ-3", checked_on=date(2006, 5, 1), closed_on=date(2006, 10, 1)
    )
