"""Foreign customs: what they keep of licences, and what they find out about visas."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import permutations

import pytest

from tests.agencies.licensing.cases import NOON, TODAY, application, codes, desk, licence_of, usage
from tests.agencies.memory import Desk
from vanhub.agencies.errors import Unreadable
from vanhub.agencies.foreign_customs.program import Check, Finding, ForeignCustoms, Visa
from vanhub.agencies.messages.licence import Licence, LicenceBalance, LicenceQuery, LicenceStatus
from vanhub.agencies.rules import open_rules

LICENSING = "MOFTEC:ZZZ"
US = "USCUSTOMS:ZZZ"
LICENCE: Licence = licence_of(desk().receive(application()))
CHANGED = dataclasses.replace(LICENCE, function="4", uses=3)
LATER = dataclasses.replace(LICENCE, function="4", uses=4, issued_on=TODAY + timedelta(days=1))
WITHDRAWN = dataclasses.replace(LICENCE, function="1", status=LicenceStatus.WITHDRAWN)


def border() -> Desk:
    return Desk(ForeignCustoms("foreign-customs-us"), open_rules("foreign-customs-us"), NOON)


def check(opened: Desk) -> Check:
    (found,) = opened.book.list(Check)
    return found


@pytest.mark.parametrize(("messages", "last"), [([LICENCE, CHANGED], CHANGED), ([LICENCE, CHANGED, LATER], LATER), ([LICENCE, LATER, WITHDRAWN], WITHDRAWN)])
def test_the_copy_of_a_licence_is_the_latest_in_any_order(messages: list[Licence], last: Licence) -> None:
    for order in permutations([*messages, messages[0]]):
        opened = border()
        assert [opened.receive(message, LICENSING) for message in order] == [[]] * len(order)
        assert list(opened.book.list(Visa)) == [Visa(last)]


def asked(opened: Desk, **words: str) -> LicenceQuery:
    ((to, query),) = opened.instruct("query", licence=LICENCE.number, **words)
    assert to == LICENSING
    assert isinstance(query, LicenceQuery)
    return query


@pytest.mark.parametrize(
    ("words", "finding", "differences"),
    [
        ({}, Finding.MATCH, ()),
        ({"quota": "US-338/339-2006", "quantity": "12000.0", "unit": "H87"}, Finding.MATCH, ()),
        ({"quantity": "15000"}, Finding.DIFFERS, ("quantity: 15000 H87 / 12000 H87",)),
        ({"quota": "US-340-2006"}, Finding.DIFFERS, ("quota: US-340-2006 / US-338/339-2006",)),
    ],
)
def test_a_visa_is_compared_with_what_licensing_says(words: dict[str, str], finding: Finding, differences: tuple[str, ...]) -> None:
    authority, opened = desk(), border()
    authority.receive(application())
    opened.receive(LICENCE, LICENSING)
    query = asked(opened, **words)
    assert query == LicenceQuery(True, LICENCE.number, query.reference, TODAY)
    ((to, answer),) = authority.receive(query, US)
    assert (to, opened.receive(answer, LICENSING)) == (US, [])
    found = check(opened)
    assert (found.finding, found.differences) == (finding, differences)
    assert opened.book.reminders == {}
    assert list(opened.agency.invariants(opened.book)) == []


def answered(opened: Desk, authority: Desk, **words: str) -> Check:
    for _, answer in authority.receive(asked(opened, **words), US):
        opened.receive(answer, LICENSING)
    return check(opened)


def test_a_licence_that_was_withdrawn_differs() -> None:
    authority, opened = desk(), border()
    authority.receive(application())
    authority.receive(application("A2", function="1", licence=LICENCE.number))
    opened.receive(LICENCE, LICENSING)
    assert answered(opened, authority).differences == ("status: presented / withdrawn",)


def test_a_forged_visa_is_unknown() -> None:
    assert answered(border(), desk(), quota="US-340-2006", quantity="10", unit="H87").finding is Finding.UNKNOWN


def test_an_answer_that_does_not_come_is_noted_and_taken_when_it_comes() -> None:
    authority, opened = desk(), border()
    authority.receive(application())
    opened.receive(LICENCE, LICENSING)
    query = asked(opened)
    opened.wait_until(NOON + timedelta(hours=23))
    assert check(opened).finding is Finding.ASKED
    opened.wait_until(NOON + timedelta(days=1))
    assert check(opened).finding is Finding.UNANSWERED
    ((_, answer),) = authority.receive(query, US)
    opened.receive(answer, LICENSING)
    opened.receive(dataclasses.replace(answer, known=False) if isinstance(answer, LicenceBalance) else answer, LICENSING)
    assert check(opened).finding is Finding.MATCH


def test_what_is_not_licensings_word_is_refused() -> None:
    opened = border()
    assert codes(opened.receive(LICENCE, "SKBROKER:ZZZ")) == [("SKBROKER:ZZZ", ["S901"])]
    assert codes(opened.receive(usage(LICENCE, "U1", "1"), LICENSING)) == [(LICENSING, ["S901"])]
    nobody = LicenceBalance(True, LICENCE.number, "Q99", TODAY, known=False)
    assert opened.receive(nobody, LICENSING) == []
    assert opened.book.records == {}


@pytest.mark.parametrize(
    ("verb", "words", "match"),
    [
        ("look", {}, "is not query"),
        ("query", {}, "licence=NUMBER is missing"),
        ("query", {"licence": "06-BS-000099"}, "not on record here"),
        ("query", {"licence": "06-BS-000099", "quota": "", "quantity": "many", "unit": "H87"}, "quantity=many is no number"),
    ],
)
def test_instructions_that_make_no_sense(verb: str, words: dict[str, str], match: str) -> None:
    with pytest.raises(Unreadable, match=match):
        border().instruct(verb, **words)


def test_no_files_are_loaded() -> None:
    with pytest.raises(Unreadable, match="loads no files"):
        border().load(code="1")
