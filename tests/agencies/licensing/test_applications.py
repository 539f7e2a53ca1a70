"""Applications: what is granted, what is refused and why, and what the books have then."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.agencies.licensing.cases import (
    BROKER,
    CUSTOMS,
    EU,
    NOON,
    OFFICER,
    OIL,
    OTHER,
    TODAY,
    TRADER,
    US,
    all_well,
    application,
    codes,
    desk,
    licence_of,
    line,
    parts,
    registration,
    rules,
    usage,
)
from vanhub.agencies.errors import Unreadable
from vanhub.agencies.licensing.checks import working_days_later
from vanhub.agencies.licensing.records import Alert, Application, ApplicationState, LicenceFile
from vanhub.agencies.messages.licence import Licence, LicenceLine, LicenceStatus
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.messages.refusal import Refusal

GARLIC = line("07032010", "20000", "KGM", price="0.52")


def test_a_licence_goes_to_the_applicant_customs_and_the_customs_of_its_country() -> None:
    opened = desk()
    sent = opened.receive(application())
    licence = Licence(
        export=True,
        number="06-BS-000001",
        function="9",
        status=LicenceStatus.APPROVED,
        issued_on=TODAY,
        valid_from=TODAY,
        valid_to=date(2006, 9, 20),
        office="44",
        customs_office="5304",
        country="USA",
        uses=12,
        total=Quantity(Decimal(12000), "H87"),
        value=Money(Decimal(26400), "USD"),
        mode="0110",
        holder=TRADER,
        issuer="MOFTEC",
        lines=(line(),),
        reference="A1",
        quota="US-338/339-2006",
        contract="C1",
    )
    assert sent == [(to, licence) for to in (BROKER, CUSTOMS, US)]
    assert parts(opened, "licence", "06-BS-000001/1", "H87") == {"available": "12000"}
    assert parts(opened, "licence", "06-BS-000001", "USE") == {"available": "12"}
    # 20 million dozens in pieces.
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "239988000", "reserved": "12000"}
    assert opened.book.reminders == {("lapse", "06-BS-000001"): datetime(2006, 10, 20, 15, 59, 59, tzinfo=UTC)}
    assert all_well(opened)


@pytest.mark.parametrize(
    ("changes", "foreign"),
    [
        ({"country": "DEU", "quota": "EU-4-2006"}, [EU]),
        ({"country": "CAN", "quota": ""}, ["CACUSTOMS:ZZZ"]),
        ({"country": "TUR", "quota": ""}, ["TRCUSTOMS:ZZZ"]),
        ({"country": "JPN", "quota": ""}, []),
        ({"country": "USA", "quota": "", "export": False}, []),
    ],
)
def test_foreign_customs_get_export_licences_for_their_country(changes: dict[str, Any], foreign: list[str]) -> None:
    assert [to for to, _ in desk().receive(application(**changes))] == [BROKER, CUSTOMS, *foreign]


@pytest.mark.parametrize(
    ("on", "changes", "valid_to"),
    [
        (date(2006, 3, 20), {}, date(2006, 9, 20)),
        (date(2006, 8, 31), {}, date(2006, 12, 31)),
        (date(2006, 3, 20), {"valid_to": date(2006, 4, 1)}, date(2006, 4, 1)),
        (date(2006, 3, 20), {"export": False, "quota": ""}, date(2006, 12, 31)),
        (date(2006, 3, 20), {"export": False, "quota": "", "valid_to": date(2007, 3, 31)}, date(2007, 3, 31)),
        (date(2006, 8, 31), {"export": False, "quota": "", "lines": (OIL,), "uses": 6}, date(2007, 2, 28)),
    ],
)
def test_validity(on: date, changes: dict[str, Any], valid_to: date) -> None:
    opened = desk()
    opened.now = datetime(on.year, on.month, on.day, 4, tzinfo=UTC)
    lines = changes.pop("lines", ())
    assert licence_of(opened.receive(application("A1", *lines, **changes))).valid_to == valid_to


@pytest.mark.parametrize(
    ("lines", "changes", "refused", "words"),
    [
        ((), {"office": "62"}, ["L203"], "there is no licence office 62"),
        ((OIL,), {"export": False, "quota": "", "uses": 7}, ["L205"], "1 to 6 uses, asked for 7"),
        ((), {"valid_to": date(2006, 9, 21)}, ["L202"], "until 2006-09-20 at the latest, asked for 2006-09-21"),
        ((), {"valid_to": date(2006, 3, 19)}, ["L202"], "2006-03-19, which is before 2006-03-20"),
        ((), {"valid_to": date(2007, 4, 1), "export": False, "quota": ""}, ["L202"], "until 2007-03-31 at the latest"),
        ((), {"total": Quantity(Decimal(12001), "H87")}, ["E103"], "add up to 12000 H87, the total says 12001"),
        ((), {"total": Quantity(Decimal(12000), "KGM")}, ["E103"], "the total is in KGM, the lines are in H87"),
        ((), {"value": Money(Decimal("26400.02"), "USD")}, ["E103"], "make 26400.0, the total value says 26400.02 USD"),
        ((), {"value": Money(Decimal(26400), "EUR")}, ["E103"], "the total value is in EUR, the prices are in USD"),
        ((line(amount="0"),), {}, ["E112"], "a quantity of 0"),
        ((), {"quota": ""}, ["L206"], "count against quota US-338/339-2006; the application names none"),
        ((), {"country": "JPN"}, ["L206"], "goods to JPN are under no quota, but the application names US-338/339-2006"),
        ((line(), line("64039900", number=2)), {}, ["L206"], "these lines are not all of one: US-338/339-2006"),
        ((line(), line("62034290", number=2)), {}, ["L206"], "US-338/339-2006, US-347/348-2006"),
        ((line(unit="KGM"),), {}, ["L206"], "counted in H87, line 1 is in KGM"),
        ((line(amount="240000001"),), {}, ["L204"], "has 240000000 H87 left, asked for 240000001"),
        ((line(amount="20000001", unit="DZN"),), {}, ["L204"], "has 240000000 H87 left, asked for 240000012"),
        ((GARLIC,), {"country": "KOR", "quota": ""}, ["L206"], "count against quota GARLIC-KOR-2006"),
        ((), {"office": "99", "quota": ""}, ["L203", "L206"], ""),
    ],
)
def test_what_is_refused(lines: tuple[LicenceLine, ...], changes: dict[str, Any], refused: list[str], words: str) -> None:
    opened = desk()
    sent = opened.receive(application("A1", *lines, **changes))
    assert codes(sent) == [(BROKER, refused)]
    answer = sent[0][1]
    assert isinstance(answer, Refusal)
    assert answer.document == "A1"
    assert words in " ".join(complaint.text_en for complaint in answer.complaints)
    assert opened.book.postings == []
    assert [record.state for record in opened.book.list(Application)] == [ApplicationState.REFUSED]


def test_garlic_to_korea_is_approved_against_the_special_quota() -> None:
    opened = desk()
    licence = licence_of(opened.receive(application("A1", GARLIC, country="KOR", quota="GARLIC-KOR-2006")))
    assert licence.quota == "GARLIC-KOR-2006"
    assert parts(opened, "quota", "GARLIC-KOR-2006", "KGM") == {"available": "29980000", "reserved": "20000"}


def test_numbers_run_for_each_office_and_year() -> None:
    opened = desk()
    numbers = [licence_of(opened.receive(application(f"A{index}", office=office))).number for index, office in enumerate(("44", "44", "00", "61"))]
    opened.now = datetime(2007, 1, 15, 4, tzinfo=UTC)
    numbers.append(licence_of(opened.receive(application("A9", quota="US-338/339-2007"))).number)
    assert numbers == ["06-BS-000001", "06-BS-000002", "06-AA-000001", "06-CJ-000001", "07-BS-000001"]


def test_of_two_that_want_the_rest_of_a_quota_the_second_is_refused() -> None:
    opened = desk()
    rest = [application(f"A{number}", line(amount="120000001")) for number in (1, 2)]
    assert codes([sent for each in rest for sent in opened.receive(each)]) == [(BROKER, ["L204"])]
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "119999999", "reserved": "120000001"}
    assert all_well(opened)


def test_a_repeat_moves_nothing_and_other_content_is_refused() -> None:
    opened = desk()
    opened.receive(application())
    before = dict(opened.book.balances)
    assert opened.receive(application()) == []
    assert codes(opened.receive(application(uses=3))) == [(BROKER, ["E104"])]
    assert opened.book.balances == before
    assert licence_of(opened.receive(application(), "OTHER:ZZZ")).number == "06-BS-000002"
    assert codes(opened.receive(application("A2", office="62"))) == [(BROKER, ["L203"])]
    assert opened.receive(application("A2", office="62")) == []
    assert licence_of(opened.receive(application("A2"))).number == "06-BS-000003"
    assert all_well(opened)


def test_an_application_waits_for_its_enterprise() -> None:
    opened = desk()
    assert opened.receive(application(holder=OTHER)) == []
    assert licence_of(opened.receive(registration(OTHER), "SAIC:ZZZ")).holder == OTHER


def test_an_enterprise_that_does_not_come_or_is_closed_gets_no_licence() -> None:
    opened = desk()
    opened.receive(application(holder=OTHER))
    assert codes(opened.wait_until(NOON + timedelta(days=14))) == [(BROKER, ["E101"])]
    closing = dataclasses.replace(registration(TRADER), answers=type(registration(TRADER).act).CLOSE, on=date(2006, 3, 1), number="REG-2")
    opened.receive(closing, "SAIC:ZZZ")
    assert codes(opened.receive(application("A2"))) == [(BROKER, ["E101"])]
    assert opened.book.postings == []


def test_an_officer_decides_where_the_rules_say_so(tmp_path: Path) -> None:
    opened = desk(rules(home=OFFICER, folder=tmp_path))
    assert [opened.receive(application(f"A{number}")) for number in (1, 2, 3)] == [[], [], []]
    assert licence_of(opened.instruct("approve", application=f"{BROKER}/A1")).number == "06-BS-000001"
    assert codes(opened.instruct("refuse", application=f"{BROKER}/A2", code="L206", en="not these goods", zh="商品不符")) == [(BROKER, ["L206"])]
    with pytest.raises(Unreadable, match="is granted, not pending"):
        opened.instruct("approve", application=f"{BROKER}/A1")
    with pytest.raises(Unreadable, match=r"application=\.\.\. is missing"):
        opened.instruct("approve")
    with pytest.raises(Unreadable, match="none of approve, refuse, withdraw"):
        opened.instruct("lose")
    # Ten working days after Monday 20 March.
    opened.wait_until(datetime(2006, 4, 3, 15, tzinfo=UTC))
    assert list(opened.book.list(Alert)) == []
    opened.wait_until(datetime(2006, 4, 3, 16, tzinfo=UTC))
    assert [alert.key for alert in opened.book.list(Alert)] == [f"answer {BROKER}/A3"]


def test_an_approval_looks_at_the_quota_again(tmp_path: Path) -> None:
    opened = desk(rules(home=OFFICER, folder=tmp_path))
    for number in (1, 2):
        opened.receive(application(f"A{number}", line(amount="120000001")))
    opened.instruct("approve", application=f"{BROKER}/A2")
    assert codes(opened.instruct("approve", application=f"{BROKER}/A1")) == [(BROKER, ["L204"])]
    assert all_well(opened)


@pytest.mark.parametrize(
    ("day", "count", "last"),
    [
        (date(2006, 3, 20), 10, date(2006, 4, 3)),
        (date(2006, 4, 28), 1, date(2006, 5, 4)),
        (date(2006, 1, 27), 1, date(2006, 2, 2)),
        (date(2006, 12, 29), 1, date(2007, 1, 2)),
    ],
)
def test_working_days_pass_over_weekends_and_holidays(day: date, count: int, last: date) -> None:
    assert working_days_later(day, count, rules()) == last


# Changes and withdrawals


def test_a_change_moves_what_is_granted_and_goes_to_all_who_had_the_licence() -> None:
    opened = desk()
    licence = licence_of(opened.receive(application()))
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    smaller = application("A2", line(amount="6000"), function="4", licence=licence.number, uses=2, customs_office="5301")
    sent = opened.receive(smaller)
    changed = licence_of(sent)
    assert [to for to, _ in sent] == [BROKER, CUSTOMS, US]
    assert changed == dataclasses.replace(
        licence,
        function="4",
        reference="A2",
        uses=2,
        customs_office="5301",
        lines=(line(amount="6000"),),
        total=Quantity(Decimal(6000), "H87"),
        value=smaller.value,
    )
    assert parts(opened, "licence", f"{licence.number}/1", "H87") == {"available": "1000", "used": "5000"}
    assert parts(opened, "licence", licence.number, "USE") == {"available": "1", "used": "1"}
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "239994000", "reserved": "1000", "used": "5000"}
    opened.now += timedelta(days=1)
    larger = application("A3", line(amount="7000"), function="4", licence=licence.number, uses=2)
    assert licence_of(opened.receive(larger)).issued_on == TODAY + timedelta(days=1)
    assert parts(opened, "licence", f"{licence.number}/1", "H87") == {"available": "2000", "used": "5000"}
    assert all_well(opened)


@pytest.mark.parametrize(
    ("lines", "changes", "sender", "refused"),
    [
        ((line(amount="4999"),), {}, BROKER, ["L204"]),
        ((line(amount="240000001"),), {}, BROKER, ["L204"]),
        ((line("61099000"),), {"quota": ""}, BROKER, ["L206", "L206"]),
        ((), {"office": "05"}, BROKER, ["L203"]),
        ((), {"country": "JPN", "quota": ""}, BROKER, ["L206"]),
        ((), {"valid_to": date(2006, 9, 21)}, BROKER, ["L202"]),
        ((), {}, "OTHER:ZZZ", ["S901"]),
    ],
)
def test_changes_that_a_licence_does_not_allow(lines: tuple[LicenceLine, ...], changes: dict[str, Any], sender: str, refused: list[str]) -> None:
    opened = desk()
    licence = licence_of(opened.receive(application()))
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    balances, file = opened.book.balances, opened.book.get(LicenceFile, licence.number)
    assert codes(opened.receive(application("A2", *lines, function="4", licence=licence.number, **changes), sender)) == [(sender, refused)]
    assert (opened.book.balances, opened.book.get(LicenceFile, licence.number)) == (balances, file)


def test_a_licence_is_changed_once_a_day_so_that_copies_know_the_later_change() -> None:
    opened = desk()
    number = licence_of(opened.receive(application())).number
    assert codes(opened.receive(application("A2", function="4", licence=number, uses=3))) == []
    assert codes(opened.receive(application("A3", function="4", licence=number, uses=4))) == [(BROKER, ["E110"])]


def test_a_withdrawal_gives_the_rest_back_to_the_quota() -> None:
    opened = desk()
    licence = licence_of(opened.receive(application()))
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    withdrawal = application("A2", function="1", licence=licence.number)
    sent = opened.receive(withdrawal)
    assert [to for to, _ in sent] == [BROKER, CUSTOMS, US]
    assert licence_of(sent) == dataclasses.replace(licence, function="1", status=LicenceStatus.WITHDRAWN, reference="A2")
    assert parts(opened, "licence", f"{licence.number}/1", "H87") == {"lapsed": "7000", "used": "5000"}
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "239995000", "used": "5000"}
    assert opened.book.reminders == {}
    assert codes(opened.receive(application("A3", function="1", licence=licence.number))) == [(BROKER, ["L202"])]
    assert codes(opened.receive(application("A4", function="1", licence="06-BS-000099"))) == []
    assert codes(opened.wait_until(NOON + timedelta(days=14))) == [(BROKER, ["L201"])]
    assert all_well(opened)


def test_a_licence_that_is_used_cannot_be_withdrawn_but_an_officer_can_withdraw_what_is_not() -> None:
    opened = desk()
    one = licence_of(opened.receive(application(uses=1)))
    opened.receive(usage(one, "U1", "5000"), CUSTOMS)
    assert codes(opened.receive(application("A2", function="1", licence=one.number))) == [(BROKER, ["L205"])]
    other = licence_of(opened.receive(application("A3")))
    withdrawn = licence_of(opened.instruct("withdraw", licence=other.number, reason="贸易制裁"))
    assert withdrawn == dataclasses.replace(other, function="1", status=LicenceStatus.WITHDRAWN, remarks=("贸易制裁",))
    with pytest.raises(Unreadable, match="has ended"):
        opened.instruct("withdraw", licence=other.number, reason="-")
    assert all_well(opened)


def test_a_quota_that_is_raised_by_the_rules_is_raised_in_the_book(tmp_path: Path) -> None:
    home = """
    [quota.lots]
    values = [
        { from = 2006-01-01, value = ["US-338/339 us 338/339 1000 DZN 61091000"] },
        { from = 2006-04-01, value = ["US-338/339 us 338/339 1500 DZN 61091000"] },
    ]
    """
    opened = desk(rules(home=home, folder=tmp_path))
    assert codes(opened.receive(application("A1"))) == []
    assert codes(opened.receive(application("A2", line(amount="1")))) == [(BROKER, ["L204"])]
    opened.now = datetime(2006, 4, 1, 4, tzinfo=UTC)
    assert codes(opened.receive(application("A3", line(amount="1")))) == []
    assert parts(opened, "quota", "US-338/339-2006", "H87") == {"available": "5999", "reserved": "12001"}
    assert all_well(opened)
