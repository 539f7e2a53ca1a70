"""Rules by their days of effect, as the files have them; and what a wrong file is told."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vanhub.agencies
from vanhub.agencies.rules import DatedRules, Rule, RuleKind, open_rules, read_rules, replaced, shipped_rules
from vanhub.errors import OperatorError

AGENCIES = Path(vanhub.agencies.__file__).parent
SHIPPED = sorted(file.parent.name for file in AGENCIES.glob("*/rules.toml"))
ASKED = re.compile(r"rules\s*\.(number|count|duration|text|truth|texts)\(\s*\"([^\"]+)\"")

FILE = """
[licence.uses]
kind = "count"
en = "most uses"
zh = "最多使用次数"
source = "Measures"
assumed = false
values = [{ from = 1992-01-01, value = 12 }, { from = 2006-07-01, value = 6 }]

[licence.tolerance]
kind = "number"
en = "by how much"
zh = "比例"
source = "assumed"
assumed = true
values = [{ from = 1992-01-01, value = "0.05" }]
"""

DAY = date(2006, 3, 20)


def one(kind: str, value: str) -> DatedRules:
    """A rule ``a.b``."""
    head = f'[a.b]\nkind = "{kind}"\nen = "e"\nzh = "z"\nsource = "s"\nassumed = false\n'
    return DatedRules(read_rules(f"{head}values = [{{ from = 1992-01-01, value = {value} }}]", "rules.toml"))


def test_a_file_is_read_whole() -> None:
    uses = ((date(1992, 1, 1), 12), (date(2006, 7, 1), 6))
    assert list(DatedRules(read_rules(FILE, "rules.toml"))) == [
        Rule("licence.uses", RuleKind.COUNT, "most uses", "最多使用次数", "Measures", False, uses),
        Rule("licence.tolerance", RuleKind.NUMBER, "by how much", "比例", "assumed", True, ((date(1992, 1, 1), Decimal("0.05")),)),
    ]


def test_every_kind_has_its_value() -> None:
    assert one("number", '"-0.10"').number("a.b", DAY) == Decimal("-0.1")
    assert one("count", "12").count("a.b", DAY) == 12
    assert one("duration", '"14d"').duration("a.b", DAY) == timedelta(days=14)
    assert one("text", '"0110"').text("a.b", DAY) == "0110"
    assert one("truth", "true").truth("a.b", DAY) is True
    assert one("texts", '["0110", "0214"]').texts("a.b", DAY) == ("0110", "0214")


@given(st.lists(st.dates(), min_size=1, max_size=5, unique=True).map(sorted), st.dates())
def test_the_latest_value_on_or_before_the_day_holds(days: list[date], on: date) -> None:
    rule = Rule("a.b", RuleKind.COUNT, "e", "z", "s", False, tuple((day, number) for number, day in enumerate(days)))
    assert rule.value(on) == max((number for number, day in enumerate(days) if day <= on), default=0)


@pytest.mark.parametrize("name", ["licence.use", "licence.tolerance"])
def test_a_rule_that_is_not_declared_or_of_another_kind_is_a_fault_of_the_program(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        DatedRules(read_rules(FILE, "rules.toml")).count(name, DAY)


def test_a_home_replaces_what_it_names_and_leaves_the_rest() -> None:
    shipped = read_rules(FILE, "rules.toml")
    home = '[licence.tolerance]\nvalues = [{ from = 2000-01-01, value = "0.1" }]\n[licence.uses]\nsource = "Notice"\n'
    after = replaced(shipped, home, "home.toml")
    assert list(after) == list(shipped)
    assert after["licence.uses"].source == "Notice"
    assert after["licence.uses"].values == shipped["licence.uses"].values
    assert DatedRules(after).number("licence.tolerance", DAY) == Decimal("0.1")
    assert after["licence.tolerance"].en == "by how much"


def test_a_home_without_a_file_has_the_shipped_rules(tmp_path: Path) -> None:
    assert list(open_rules("licensing", tmp_path / "rules.toml")) == list(open_rules("licensing"))
    (tmp_path / "rules.toml").write_text("[licence.uses]\nvalues = [{ from = 1992-01-01, value = 3 }]\n", encoding="utf-8")
    assert open_rules("licensing").count("licence.uses", DAY) == 12
    assert open_rules("licensing", tmp_path / "rules.toml").count("licence.uses", DAY) == 3


@pytest.mark.parametrize(
    ("home", "says"),
    [
        ("[licence.usse]\nvalues = []", "home.toml: unknown rule licence.usse; the nearest known rule is licence.uses"),
        ("[licence.uses]\nvalue = 3", "home.toml: unknown key licence.uses.value; the nearest known key is licence.uses.values"),
        ('[licence.uses]\nkind = "number"', "home.toml: licence.uses.kind is count and cannot become number"),
        ('[licence.uses]\nkind = "times"', "home.toml: licence.uses.kind takes one of 'number', 'count', 'duration', 'text', 'truth', 'texts', not 'times'"),
        ("[licence.uses]\nassumed = 1", "home.toml: licence.uses.assumed takes true or false, not 1"),
        ("[licence.uses]\nvalues = []", "home.toml: licence.uses.values is a list of at least one { from = DAY, value = VALUE }"),
        ("[licence.uses]\nvalues = [3]", "home.toml: licence.uses.values[1] is a table, not 3"),
        ("[licence.uses]\nvalues = [{ value = 3 }]", "home.toml: licence.uses.values[1] has to have from and value"),
        (
            "[licence.uses]\nvalues = [{ form = 2006-01-01, value = 3 }]",
            "home.toml: unknown key licence.uses.values[1].form; the nearest known key is licence.uses.values[1].from",
        ),
        (
            '[licence.uses]\nvalues = [{ from = "2006-01-01", value = 3 }]',
            "home.toml: licence.uses.values[1].from takes a day like 2004-05-01, not '2006-01-01'",
        ),
        (
            '[licence.uses]\nvalues = [{ from = 2006-01-01, value = "3" }]',
            "home.toml: licence.uses.values[1].value takes a whole number from 0 to 1000000000000, not '3'",
        ),
        (
            "[licence.tolerance]\nvalues = [{ from = 2006-01-01, value = 0.05 }]",
            'home.toml: licence.tolerance.values[1].value takes a number as a text like "0.05", not 0.05',
        ),
        (
            '[licence.tolerance]\nvalues = [{ from = 2006-01-01, value = "5%" }]',
            "home.toml: licence.tolerance.values[1].value takes a number as a text like \"0.05\", not '5%'",
        ),
        (
            "[licence.uses]\nvalues = [{ from = 2006-01-01, value = 3 }, { from = 2006-01-01, value = 4 }]",
            "home.toml: licence.uses.values[2].from is 2006-01-01, not after 2006-01-01, which stands before it",
        ),
        ("licence = 3", "home.toml: licence is a table, not 3"),
        ("[licence]\nuses = 3", "home.toml: licence.uses is a table, not 3"),
    ],
)
def test_a_wrong_home_is_told_what_and_where(home: str, says: str) -> None:
    with pytest.raises(OperatorError) as told:
        replaced(read_rules(FILE, "rules.toml"), home, "home.toml")
    assert str(told.value) == says


@pytest.mark.parametrize(
    ("home", "says"),
    [
        (
            '[exchange.rates]\nvalues = [{ from = 2006-01-01, value = ["USD=8.03", "EUR 9.7"] }]',
            "home.toml: exchange.rates.values[1].value takes a list, each a text of the form [A-Z]{3}=[0-9]+([.][0-9]+)?, not ['USD=8.03', 'EUR 9.7']: "
            "'EUR 9.7' is not of this form",
        ),
        (
            '[senders.declarants]\nvalues = [{ from = 2006-01-01, value = ["BROKER:ZZZ"] }]',
            "home.toml: senders.declarants.values[1].value takes a list, each a text of the form [^=]+=[0-9A-Z]{10}( [0-9A-Z]{10})*, not ['BROKER:ZZZ']: "
            "'BROKER:ZZZ' is not of this form",
        ),
        ('[senders.declarants]\nform = ".*"', "home.toml: unknown key senders.declarants.form; the nearest known key is senders.declarants.source"),
    ],
)
def test_a_text_that_a_program_could_not_take_apart_is_told_when_the_file_is_opened(home: str, says: str) -> None:
    shipped = read_rules(shipped_rules("customs").read_text(encoding="utf-8"), "rules.toml")
    with pytest.raises(OperatorError) as told:
        replaced(shipped, home, "home.toml")
    assert str(told.value) == says


def test_a_shipped_rule_lacks_nothing() -> None:
    with pytest.raises(OperatorError, match=r"^rules\.toml: a\.b has no zh, source, assumed, values$"):
        read_rules('[a.b]\nkind = "count"\nen = "e"', "rules.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_bytes(b"\xff")
    with pytest.raises(OperatorError, match=r"rules\.toml cannot be read"):
        open_rules("licensing", tmp_path / "rules.toml")


def test_the_foreign_customs_share_their_rules() -> None:
    assert shipped_rules("foreign-customs-us") == shipped_rules("foreign-customs") == AGENCIES / "foreign_customs" / "rules.toml"


@pytest.mark.parametrize("agency", SHIPPED)
def test_what_an_agency_asks_for_is_declared(agency: str) -> None:
    kinds = {rule.name: rule.kind for rule in open_rules(agency)}
    asked = {(name, kind) for file in (AGENCIES / agency).glob("*.py") for kind, name in ASKED.findall(file.read_text(encoding="utf-8"))}
    assert {(name, kind) for name, kind in asked if kinds.get(name) != kind} == set()


def test_a_rule_that_two_agencies_know_is_the_same_in_both() -> None:
    seen: dict[str, Rule] = {}
    for agency in SHIPPED:
        for rule in open_rules(agency):
            assert seen.setdefault(rule.name, rule) == rule, agency
    assert len(seen) > 50
