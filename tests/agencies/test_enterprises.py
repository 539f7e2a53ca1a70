"""Enterprises on record: what is known of one, in whatever order it came; the file that all load; why one may not trade."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agencies.memory import FixedRules, MemoryBook
from vanhub.agencies.enterprises import (
    CustomsCodeEntry,
    EnterpriseRecord,
    complaint_about,
    find_by_customs_code,
    kept,
    load_enterprise,
    read_row,
    row_of,
    take_registration,
)
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.registration import Registration, RegistrationAct

CODE, CUSTOMS_CODE = "4403715253183", "4403160381"
TRADER = EnterpriseRecord(
    CODE, CUSTOMS_CODE, "深圳纺织品进出口有限公司", "440301715253183", "4403011098765", Money(Decimal(8_000_000), "CNY"), "", date(2001, 1, 10)
)
DAYS = st.dates(date(2001, 1, 1), date(2008, 12, 31))
RECORDS = st.builds(
    dataclasses.replace,
    st.just(TRADER),
    name=st.sampled_from(["甲", "乙"]),
    version=st.sampled_from(["", f"{CODE}-00001", f"{CODE}-00002"]),
    opened_on=DAYS,
    checked_on=st.none() | DAYS,
    lapsed_on=st.none() | DAYS,
    closed_on=st.none() | DAYS,
)


@given(records=st.lists(RECORDS, min_size=1, max_size=4), data=st.data())
def test_order_and_repetition_do_not_matter(records: list[EnterpriseRecord], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*records, *records]))
    assert functools.reduce(EnterpriseRecord.joined, again) == functools.reduce(EnterpriseRecord.joined, records)


@given(record=RECORDS.map(lambda record: dataclasses.replace(record, version="")))
def test_rows_are_read_as_they_are_written(record: EnterpriseRecord) -> None:
    assert read_row(row_of(record)) == record


def test_a_row() -> None:
    assert row_of(dataclasses.replace(TRADER, checked_on=date(2006, 3, 1))) == {
        "enterprise_code": "4403715253183",
        "customs_code": "4403160381",
        "name": "深圳纺织品进出口有限公司",
        "tax_number": "440301715253183",
        "business_licence": "4403011098765",
        "capital": "8000000",
        "currency": "CNY",
        "opened_on": "2001-01-10",
        "checked_on": "2006-03-01",
        "lapsed_on": "",
        "closed_on": "",
    }


COLUMNS = "enterprise_code, customs_code, name, tax_number, business_licence, capital, currency, opened_on, checked_on, lapsed_on, closed_on"


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        (
            {"enterprise_code": "4403715253184"},
            "E112",
            "enterprise code '4403715253184': check digit 4 should be 3 (GB 11714); look for a digit that was misread",
        ),
        ({"enterprise_code": "9903715253183"}, "E102", "region 9903: 99 is no province of the list"),
        ({"customs_code": "3101160381"}, "E110", "enterprise code 4403715253183 is of region 4403, customs code 3101160381 of 3101"),
        ({"name": ""}, "E105", f"column name is missing or empty; the columns are {COLUMNS}"),
        ({"opened_on": ""}, "E105", f"column opened_on is missing or empty; the columns are {COLUMNS}"),
        ({"checked_on": "2006-02-30"}, "E112", "column checked_on: '2006-02-30' is no date like 2006-01-31"),
        ({"capital": "8e-"}, "E112", "capital '8e-' is no amount, such as 8000000"),
        ({"capital": "-1"}, "E112", "capital '-1' is no amount, such as 8000000"),
        ({"capital": "NaN"}, "E112", "capital 'NaN' is no amount, such as 8000000"),
    ],
)
def test_rows_that_cannot_be_taken(changed: Mapping[str, str], code: str, text: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_row({**row_of(TRADER), **changed})
    assert [(each.code, each.text_en) for each in raised.value.complaints] == [(code, text)]


CLOSED = dataclasses.replace(TRADER, closed_on=date(2006, 3, 20))
LAPSED = dataclasses.replace(TRADER, checked_on=date(2005, 5, 1), lapsed_on=date(2006, 7, 1))
RENEWED = dataclasses.replace(LAPSED, checked_on=date(2006, 8, 1))


@pytest.mark.parametrize(
    ("record", "on", "why"),
    [
        (TRADER, date(2001, 1, 10), None),
        (TRADER, date(2001, 1, 9), "enterprise 4403715253183 is registered from 2001-01-10 on, not on 2001-01-09"),
        (CLOSED, date(2006, 3, 19), None),
        (CLOSED, date(2006, 3, 20), "enterprise 4403715253183 closed on 2006-03-20"),
        (LAPSED, date(2006, 6, 30), None),
        (LAPSED, date(2006, 7, 1), "the registration of enterprise 4403715253183 lapsed on 2006-07-01 for want of the annual check; renew it first"),
        (RENEWED, date(2006, 7, 31), "the registration of enterprise 4403715253183 lapsed on 2006-07-01 for want of the annual check; renew it first"),
        (RENEWED, date(2006, 8, 1), None),
        # A check in time that the register heard of too late.
        (dataclasses.replace(LAPSED, checked_on=date(2006, 6, 30)), date(2006, 7, 1), None),
        (None, date(2006, 3, 20), "enterprise 4403715253183 is not on the register"),
    ],
)
def test_who_may_trade(record: EnterpriseRecord | None, on: date, why: str | None) -> None:
    book = book_with(*([record] if record else []))
    found = complaint_about(book, CODE, on)
    assert (found and (found.code, found.text_en)) == (why and ("E101", why))


def test_enterprises_are_found_by_their_customs_codes() -> None:
    book = book_with(TRADER)
    assert find_by_customs_code(book, CUSTOMS_CODE) == TRADER
    assert find_by_customs_code(book, "4403160382") is None


def answer(event: RegistrationAct, number: int, on: date, name: str = TRADER.name, act: RegistrationAct = RegistrationAct.GRANTED) -> Registration:
    return Registration(
        act=act,
        answers=event,
        number=f"{CODE}-{number:05}",
        reference="SZ-1",
        registrar="SAIC",
        sender=CODE,
        on=on,
        enterprise_code=CODE,
        customs_code=CUSTOMS_CODE,
        name=name,
        tax_number=TRADER.tax_number,
        business_licence=TRADER.business_licence,
        valid_from=TRADER.opened_on,
        region="4403",
        ownership="6",
        capital=TRADER.capital,
    )


LIFE = (
    answer(RegistrationAct.OPEN, 1, date(2001, 1, 10)),
    answer(RegistrationAct.LAPSE, 2, date(2006, 7, 1)),
    answer(RegistrationAct.CHANGE, 3, date(2006, 7, 5), "深圳新纺织品进出口有限公司"),
    answer(RegistrationAct.RENEW, 4, date(2006, 7, 6), "深圳新纺织品进出口有限公司"),
    answer(RegistrationAct.CLOSE, 5, date(2006, 9, 1), "深圳新纺织品进出口有限公司"),
)
LIVED = dataclasses.replace(
    TRADER,
    name="深圳新纺织品进出口有限公司",
    version=f"{CODE}-00005",
    checked_on=date(2006, 7, 6),
    lapsed_on=date(2006, 7, 1),
    closed_on=date(2006, 9, 1),
)


def test_the_registers_answers_lead_to_one_record() -> None:
    for order in itertools.permutations(LIFE):
        book = MemoryBook(FixedRules({}))
        for each in order:
            take(book, each)
        assert book.records == {("enterprise", CODE): LIVED, ("customs-code", CUSTOMS_CODE): CustomsCodeEntry(CUSTOMS_CODE, CODE)}
        # The file that is loaded is older than any answer.
        assert list(load_enterprise(row_of(TRADER), book)) == []


def test_what_the_register_refused_changes_nothing() -> None:
    book = book_with(TRADER)
    take(book, answer(RegistrationAct.CLOSE, 1, date(2006, 3, 20), act=RegistrationAct.REFUSED))
    assert book.get(EnterpriseRecord, CODE) == TRADER


def test_only_the_registers_word_is_taken() -> None:
    book = book_with(TRADER)
    with pytest.raises(Unreadable) as raised:
        take(book, answer(RegistrationAct.CLOSE, 1, date(2006, 3, 20)), sender="SKBROKER:ZZZ")
    complaint = Complaint("S901", "SKBROKER:ZZZ is not the register: its word is not taken", "SKBROKER:ZZZ 不是登记机关，其答复不予采信")
    assert raised.value.complaints == (complaint,)
    assert book.get(EnterpriseRecord, CODE) == TRADER


def book_with(*records: EnterpriseRecord) -> MemoryBook:
    book = MemoryBook(FixedRules({}))
    for record in records:
        for effect in kept(record, book):
            book.put(effect.record, 1)
    return book


def take(book: MemoryBook, registration: Registration, sender: str = "SAIC:ZZZ") -> None:
    for effect in take_registration(registration, Occasion(datetime(2006, 3, 20, tzinfo=UTC), sender, "I1", 1), book):
        book.put(effect.record, 1)
