"""Usage reports: what is written off, taken back, refused; and what lapses."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.agencies.licensing.cases import (
    BROKER,
    CUSTOMS,
    NOON,
    OIL,
    TODAY,
    WHEAT,
    all_well,
    application,
    codes,
    desk,
    licence_of,
    line,
    parts,
    usage,
)
from tests.agencies.memory import Desk
from vanhub.agencies.licensing.records import Alert, LicenceFile, WriteOff
from vanhub.agencies.messages.licence import Licence, UsedLine
from vanhub.agencies.messages.parts import Quantity

IMPORTED = {"export": False, "quota": "", "country": "AUS"}


def issued(opened: Desk, *lines: Any, **changes: Any) -> Licence:
    return licence_of(opened.receive(application("A1", *lines, **changes)))


def test_a_use_is_written_off_to_the_issuing_office_the_same_day() -> None:
    opened = desk()
    licence = issued(opened)
    assert opened.receive(usage(licence, "U1", "5000"), CUSTOMS) == []
    assert parts(opened, "licence", f"{licence.number}/1", "H87") == {"available": "7000", "used": "5000"}
    assert parts(opened, "licence", licence.number, "USE") == {"available": "11", "used": "1"}
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "239988000", "reserved": "7000", "used": "5000"}
    assert list(opened.book.list(WriteOff, "44/2006-03-20/")) == [WriteOff("44", TODAY, "U1", licence.number, "530420060000012346", False)]
    assert all_well(opened)


def test_a_repeat_moves_nothing_and_other_content_is_refused() -> None:
    opened = desk()
    licence = issued(opened)
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    before = (opened.book.balances, dict(opened.book.records))
    assert opened.receive(usage(licence, "U1", "5000"), CUSTOMS) == []
    assert (opened.book.balances, opened.book.records) == before
    assert codes(opened.receive(usage(licence, "U1", "5001"), CUSTOMS)) == [(CUSTOMS, ["E104"])]
    assert opened.book.balances == before[0]


def test_taking_back_reverses_exactly_and_only_once() -> None:
    opened = desk()
    licence = issued(opened)
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    before = opened.book.balances
    opened.receive(usage(licence, "U2", "6000"), CUSTOMS)
    back = usage(licence, "U2", "6000", cancelled=True)
    assert [opened.receive(back, CUSTOMS), opened.receive(back, CUSTOMS)] == [[], []]
    assert opened.book.balances == before
    assert [entry.key for entry in opened.book.list(WriteOff, "44/2006-03-20/U2")] == ["44/2006-03-20/U2/back", "44/2006-03-20/U2/used"]
    assert codes(opened.receive(usage(licence, "U1", "4999", cancelled=True), CUSTOMS)) == [(CUSTOMS, ["E104"])]
    assert opened.receive(usage(licence, "U2", "6000"), CUSTOMS) == []
    assert opened.book.balances == before
    assert all_well(opened)


def test_early_reports_wait_and_are_refused_in_the_end() -> None:
    opened = desk()
    number = "06-BS-000001"
    early = dataclasses.replace(issued(desk()), number=number)
    assert opened.receive(usage(early, "U1", "5000", cancelled=True), CUSTOMS) == []
    assert opened.receive(usage(early, "U1", "5000"), CUSTOMS) == []
    assert opened.receive(usage(early, "U2", "6000"), CUSTOMS) == []
    assert issued(opened).number == number
    assert parts(opened, "licence", f"{number}/1", "H87") == {"available": "6000", "used": "6000"}
    assert opened.receive(usage(dataclasses.replace(early, number="06-BS-000009"), "U3", "1"), CUSTOMS) == []
    assert opened.receive(usage(early, "U4", "1", cancelled=True), CUSTOMS) == []
    assert codes(opened.wait_until(NOON + timedelta(days=14))) == [(CUSTOMS, ["L201"]), (CUSTOMS, ["E104"])]
    assert all_well(opened)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"declared_on": date(2006, 3, 19)}, ["L202"]),
        ({"declared_on": date(2006, 9, 21)}, ["L202"]),
        ({"office": "5301"}, ["L203"]),
        ({"lines": (UsedLine(1, "61091000", Quantity(Decimal(12001), "H87")),)}, ["L204"]),
        ({"lines": (UsedLine(1, "61091000", Quantity(Decimal(0), "H87")),)}, ["E112"]),
        ({"lines": (UsedLine(2, "61091000", Quantity(Decimal(1), "H87")),)}, ["L206"]),
        ({"lines": (UsedLine(1, "62034290", Quantity(Decimal(1), "H87")),)}, ["L206"]),
        ({"lines": (UsedLine(1, "61091000", Quantity(Decimal(1), "DZN")),)}, ["L206"]),
        ({"export": False}, ["L201"]),
    ],
)
def test_what_cannot_be_written_off_is_refused_and_an_alert(changes: dict[str, Any], refused: list[str]) -> None:
    opened = desk()
    licence = issued(opened)
    before = opened.book.balances
    assert codes(opened.receive(usage(licence, "U1", "5000", **changes), CUSTOMS)) == [(CUSTOMS, refused)]
    assert opened.book.balances == before
    assert [(alert.key, [each.code for each in alert.complaints]) for alert in opened.book.list(Alert)] == [("usage U1", refused)]


def test_usage_is_customs_to_report() -> None:
    opened = desk()
    assert codes(opened.receive(usage(issued(opened), "U1", "5000"), BROKER)) == [(BROKER, ["S901"])]


def test_a_licence_is_not_used_more_often_than_it_says() -> None:
    opened = desk()
    licence = issued(opened)
    reports = [opened.receive(usage(licence, f"U{number:02}", "1"), CUSTOMS) for number in range(1, 14)]
    assert [codes(sent) for sent in reports] == [[]] * 12 + [[(CUSTOMS, ["L205"])]]
    assert all_well(opened)


@pytest.mark.parametrize(
    ("goods", "terms", "uses", "amounts", "refused"),
    [
        (WHEAT, IMPORTED, 1, ["1050"], False),
        (WHEAT, IMPORTED, 1, ["1050.000001"], True),
        (OIL, IMPORTED, 1, ["1030"], False),
        (OIL, IMPORTED, 1, ["1031"], True),
        (WHEAT, IMPORTED, 2, ["100", "945"], False),
        (WHEAT, IMPORTED, 2, ["100", "946"], True),
        (line(amount="1000"), {}, 1, ["1001"], True),
    ],
)
def test_what_bulk_goods_may_exceed_in_whatever_order_customs_releases(goods: Any, terms: dict[str, Any], uses: int, amounts: list[str], refused: bool) -> None:
    for order in permutations(amounts):
        opened = desk()
        licence = issued(opened, goods, uses=uses, **terms)
        before = opened.book.balances
        sent = [opened.receive(usage(licence, f"U{amount}", amount), CUSTOMS) for amount in order]
        assert [found for each in sent for found in codes(each)] == ([(CUSTOMS, ["L204"])] if refused else [])
        assert all_well(opened)
        if not refused:
            total = sum(map(Decimal, amounts))
            assert parts(opened, "licence", f"{licence.number}/1", goods.quantity.unit) == {"used": f"{total:f}"}
        for amount in order:
            opened.receive(usage(licence, f"U{amount}", amount, cancelled=True), CUSTOMS)
        assert {account: amount for account, amount in opened.book.balances.items() if amount} == before


# What lapses


def test_what_is_left_lapses_after_the_settlement_and_goes_back_to_the_quota() -> None:
    opened = desk()
    licence = issued(opened)
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    opened.wait_until(datetime(2006, 10, 20, 15, tzinfo=UTC))
    # Declared on the last day, reported late.
    assert opened.receive(usage(licence, "U2", "1000", declared_on=date(2006, 9, 20)), CUSTOMS) == []
    opened.wait_until(datetime(2006, 10, 20, 16, tzinfo=UTC))
    assert parts(opened, "licence", f"{licence.number}/1", "H87") == {"lapsed": "6000", "used": "6000"}
    assert parts(opened, "licence", licence.number, "USE") == {"lapsed": "10", "used": "2"}
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "239994000", "used": "6000"}
    assert codes(opened.receive(usage(licence, "U3", "1", declared_on=date(2006, 9, 20)), CUSTOMS)) == [(CUSTOMS, ["L202"])]
    assert all_well(opened)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_what_is_taken_back_after_the_end_lapses_too(withdrawn: bool) -> None:
    opened = desk()
    licence = issued(opened)
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    if withdrawn:
        opened.receive(application("A2", function="1", licence=licence.number))
    opened.wait_until(datetime(2006, 11, 1, tzinfo=UTC))
    opened.receive(usage(licence, "U1", "5000", cancelled=True), CUSTOMS)
    opened.wait_until(opened.now)
    assert parts(opened, "licence", f"{licence.number}/1", "H87") == {"lapsed": "12000"}
    assert parts(opened, "licence", licence.number, "USE") == {"lapsed": "12"}
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "240000000"}
    file = opened.book.get(LicenceFile, licence.number)
    assert file is not None
    assert (file.lapsed, file.usages) == (True, ())
    assert all_well(opened)
