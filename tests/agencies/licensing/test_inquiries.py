"""Queries of licences, and reports of how quotas are executed; what licensing does not take."""

from __future__ import annotations

import csv
import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.agencies.licensing.cases import BROKER, CUSTOMS, EU, OTHER, TODAY, TRADER, US, application, codes, desk, licence_of, line, registration, usage
from tests.agencies.memory import as_read
from vanhub.agencies.codes import LicenceNumber
from vanhub.agencies.enterprises import EnterpriseRecord
from vanhub.agencies.frame.message import Message
from vanhub.agencies.licensing import quotas
from vanhub.agencies.licensing.records import LicenceFile, QuotaMonth
from vanhub.agencies.messages.licence import LicenceBalance, LicenceQuery, LicenceStatus
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.statistics import Figures, FiguresRequest
from vanhub.packed import packed


def query(number: str, *, export: bool = True) -> LicenceQuery:
    return LicenceQuery(export, number, "Q1", TODAY)


def test_a_licence_is_told_to_those_whose_business_it_is() -> None:
    opened = desk()
    licence = licence_of(opened.receive(application()))
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    balance = LicenceBalance(
        export=True,
        licence=licence.number,
        reference="Q1",
        answered_on=TODAY,
        known=True,
        status=LicenceStatus.APPROVED,
        valid_to=date(2006, 9, 20),
        holder=TRADER,
        country="USA",
        quota="US-338/339-2006",
        uses_left=11,
        left=((1, Quantity(Decimal(7000), "H87")),),
        granted=Quantity(Decimal(12000), "H87"),
    )
    unknown = LicenceBalance(True, licence.number, "Q1", TODAY, known=False)
    answers = {asker: opened.receive(query(licence.number), asker) for asker in (BROKER, CUSTOMS, US, EU, "OTHER:ZZZ")}
    assert answers == {
        BROKER: [(BROKER, balance)],
        CUSTOMS: [(CUSTOMS, balance)],
        US: [(US, balance)],
        EU: [(EU, unknown)],
        "OTHER:ZZZ": [("OTHER:ZZZ", unknown)],
    }
    assert opened.receive(query("06-BS-000002")) == [(BROKER, LicenceBalance(True, "06-BS-000002", "Q1", TODAY, known=False))]
    assert opened.receive(query(licence.number, export=False)) == [(BROKER, LicenceBalance(False, licence.number, "Q1", TODAY, known=False))]


def request(dataset: str, period: str) -> FiguresRequest:
    return FiguresRequest("RQ1", dataset, period, "MOFTRADE", "MOFTEC")


def test_quota_execution_by_category_country_office_and_month() -> None:
    opened = desk()
    first = licence_of(opened.receive(application("A1")))
    opened.receive(application("A2", line("07032010", "20000", "KGM"), country="KOR", quota="GARLIC-KOR-2006", office="31"))
    opened.receive(usage(first, "U1", "5000"), CUSTOMS)
    opened.now = datetime(2006, 4, 10, 4, tzinfo=UTC)
    opened.receive(application("A3", line(amount="600"), office="05"))
    opened.receive(usage(first, "U2", "1000", declared_on=date(2006, 4, 9)), CUSTOMS)
    opened.receive(application("A4", function="1", licence=first.number))
    shirts = ("US-338/339-2006", "338/339", "US")
    garlic = ("GARLIC-KOR-2006", "GARLIC", "KOR")
    tables = {}
    for dataset, period in (("F14EM", "200604"), ("F14EC", "200604"), ("F14EC", "200603"), ("F14EC", "200602")):
        ((to, figures),) = opened.receive(request(dataset, period))
        assert to == BROKER
        assert isinstance(figures, Figures)
        assert (figures.dataset, figures.period, figures.structure, figures.sender, figures.recipient) == (
            dataset,
            period,
            "QUOTA_EXECUTION",
            "MOFTEC",
            "MOFTRADE",
        )
        assert len({row[0] for row in figures.rows}) == len(quotas.lots(2006, TODAY, opened.book.rules))
        tables[dataset, period] = [row for row in figures.rows if row[3] != "ALL" or row[6:] != ("0", "0")]
    assert tables == {
        ("F14EM", "200604"): [
            (*shirts, "ALL", "H87", "240000000", "-5400", "1000"),
            (*shirts, "05", "H87", "240000000", "600", "0"),
            (*shirts, "44", "H87", "240000000", "-6000", "1000"),
        ],
        ("F14EC", "200604"): [
            (*shirts, "ALL", "H87", "240000000", "6600", "6000"),
            (*shirts, "05", "H87", "240000000", "600", "0"),
            (*shirts, "44", "H87", "240000000", "6000", "6000"),
            (*garlic, "ALL", "KGM", "30000000", "20000", "0"),
            (*garlic, "31", "KGM", "30000000", "20000", "0"),
        ],
        ("F14EC", "200603"): [
            (*shirts, "ALL", "H87", "240000000", "12000", "5000"),
            (*shirts, "44", "H87", "240000000", "12000", "5000"),
            (*garlic, "ALL", "KGM", "30000000", "20000", "0"),
            (*garlic, "31", "KGM", "30000000", "20000", "0"),
        ],
        ("F14EC", "200602"): [],
    }


@pytest.mark.parametrize(("dataset", "period"), [("F01EM", "200603"), ("F14EM", "200604")])
def test_reports_that_licensing_does_not_have(dataset: str, period: str) -> None:
    assert codes(desk().receive(request(dataset, period))) == [(BROKER, ["E102"])]


@pytest.mark.parametrize(
    ("type", "document", "refused"),
    [("SANCRT", "990", True), ("QUOTES", "310", True), ("SANCRT", "811", True), ("GESMES", "74", False), ("PARTIN", "10", False)],
)
def test_what_licensing_does_not_take_is_said(type: str, document: str, refused: bool) -> None:
    opened = desk()
    sent = opened.receive_read(Message(type, "D.01B", "CNGC01", "1", document, "X1", "9", ()))
    assert codes(sent) == ([(BROKER, ["E106"])] if refused else [])


def test_a_refusal_is_never_refused() -> None:
    opened = desk()
    ((_, answer),) = opened.receive(application(office="62"))
    assert isinstance(answer, Refusal)
    assert opened.receive(answer) == []
    assert list(opened.agency.refuse(as_read(answer), answer.complaints, opened._occasion(BROKER), opened.book)) == []


def test_only_the_register_registers() -> None:
    opened = desk()
    assert codes(opened.receive(registration(OTHER), BROKER)) == [(BROKER, ["S901"])]
    assert opened.book.get(EnterpriseRecord, OTHER) is None


@pytest.mark.parametrize("office", ["00", "25", "26", "61"])
def test_the_letters_of_an_office_are_its_own(office: str) -> None:
    opened = desk()
    number = LicenceNumber.parse(licence_of(opened.receive(application(office=office))).number)
    assert (number.year, number.letters, number.serial) == (6, {"00": "AA", "25": "AZ", "26": "BA", "61": "CJ"}[office], 1)


def test_the_shipped_quotas_are_of_categories_that_the_code_list_has() -> None:
    with (packed("schemas") / "codes" / "textile_categories.csv").open(encoding="utf-8") as file:
        categories = [row["code"] for row in csv.DictReader(file)]
    lots = quotas.lots(2006, TODAY, desk().book.rules)
    assert {lot.category for lot in lots} - set(categories) == {"GARLIC"}
    assert len({lot.number for lot in lots}) == len(lots)
    # No goods are under two quotas for one country.
    pairs = [(one, other) for one in lots for other in lots if one.number < other.number and set(one.countries) & set(other.countries)]
    assert [
        (one.number, other.number)
        for one, other in pairs
        for goods in one.goods
        if goods.startswith(other.goods) or any(each.startswith(goods) for each in other.goods)
    ] == []


def test_records_that_do_not_agree_with_the_books_are_found() -> None:
    opened = desk()
    licence = licence_of(opened.receive(application()))
    opened.receive(usage(licence, "U1", "5000"), CUSTOMS)
    file = opened.book.get(LicenceFile, licence.number)
    (month,) = opened.book.list(QuotaMonth)
    assert file is not None
    opened.book.put(dataclasses.replace(month, used=Decimal(1)), 99)
    opened.book.put(dataclasses.replace(file, usages=()), 99)
    assert list(opened.agency.invariants(opened.book)) == [
        f"licence {licence.number}: used 1 times of 12, 0 usage reports",
        f"licence {licence.number} line 1: used 5000, usage reports say 0",
        "quota US-338/339-2006: licensed 12000 and used 1 by months, 12000 and 5000 in the book",
    ]
