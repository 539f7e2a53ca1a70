"""Code lists, forms and dates."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from vanhub.directory.guides.dates import read_date
from vanhub.directory.guides.forms import Forms, compile_pattern
from vanhub.directory.guides.lists import CodeList, CodeLists, Period
from vanhub.errors import OperatorError

UNITS = '[units]\ntitle_en = "units"\ntitle_zh = "计量单位"\nsource = "a test"\npartial = true\ncolumn = "code"\nname = "name_zh"\n'


def lists(folder: Path, csv: str, index: str = UNITS) -> CodeLists:
    folder.mkdir(exist_ok=True)
    (folder / "lists.toml").write_text(index, "utf-8")
    (folder / "units.csv").write_text(csv, "utf-8")
    return CodeLists(folder)


def test_a_list_by_its_own_column_and_by_another(tmp_path: Path) -> None:
    known = lists(tmp_path, "\ufeffcode,name_zh,rec20,valid_to\n001,台,H87,\n002,座,H87,2006-12-31\n035,千克,KGM,\n003,辆,,\n")
    assert known.names() == ("units",)
    assert known.get("units") == CodeList(
        "units",
        "units",
        "计量单位",
        True,
        {"001": "台", "002": "座", "035": "千克", "003": "辆"},
        {"001": "台", "002": "座", "035": "千克", "003": "辆"},
        {"002": (Period(None, date(2006, 12, 31)),)},
    )
    # H87 is good for ever by its first row.
    assert known.get("units", "rec20").names == {"H87": "台", "KGM": "千克"}
    assert known.get("units", "rec20").periods == {}
    assert known.get("units") is known.get("units")


def test_a_later_folder_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    lists(tmp_path / "one", "code,name_zh\n1,a\n")
    lists(tmp_path / "two", "code,name_zh\n2,b\n")
    assert CodeLists(tmp_path / "one", tmp_path / "two", tmp_path / "none").get("units").names == {"2": "b"}


@pytest.mark.parametrize(
    ("csv", "text"),
    [
        ("", "DIR/units.csv: there is no column code"),
        ("kode,name_zh\n", "DIR/units.csv: there is no column code; the nearest is kode"),
        ("code;name_zh\n1;a\n", "DIR/units.csv, line 1: 'code;name_zh' is one cell; separate the columns with commas"),
        ("code\tname_zh\n1\ta\n", "DIR/units.csv, line 1: 'code\\tname_zh' is one cell; separate the columns with commas"),
        ("code,name_zh\n1\n", "DIR/units.csv, line 2: 1 cells, the header has 2"),
        (
            "code,valid_from,valid_to\n1,2006-12-31,2006-12-31\n2,2006-12-31,2006-12-30\n",
            "DIR/units.csv, line 3: 2 ends on 2006-12-30, before it begins on 2006-12-31",
        ),
        ("code,name_zh,valid_from\n1,a,2006\n", "DIR/units.csv, line 2: '2006' is not a date; write it as 2006-12-31"),
        ('code,name_zh\n"1"2,a\n', "the code list DIR/units.csv cannot be read: ',' expected after '\"'"),
    ],
)
def test_mistakes_in_a_list(tmp_path: Path, csv: str, text: str) -> None:
    with pytest.raises(OperatorError) as error:
        lists(tmp_path, csv).get("units")
    assert str(error.value).replace(str(tmp_path), "DIR") == text


def test_a_list_in_another_encoding(tmp_path: Path) -> None:
    lists(tmp_path, "code,name_zh\n1,a\n")
    (tmp_path / "units.csv").write_bytes("code,name_zh\n1,配额\n".encode("gb18030"))
    with pytest.raises(OperatorError, match=r"units\.csv cannot be read: 'utf-8' codec can't decode byte 0xc5 in position 15: .*; save it as UTF-8"):
        CodeLists(tmp_path).get("units")


def test_mistakes_in_the_index(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"lists\.toml: unknown key units\.sauce; the nearest known key is units\.source"):
        lists(tmp_path, "", '[units]\nsauce = "x"\n')
    with pytest.raises(OperatorError, match=r"lists\.toml: units\.partial takes true or false, not 'no'"):
        lists(tmp_path, "", '[units]\npartial = "no"\n')


@pytest.mark.parametrize(
    ("value", "near"),
    [("1", ["001"]), ("0001", ["001"]), ("02", ["002"]), (" kgm ", ["KGM"]), ("KGN", ["KGM"]), ("09A", ["09B"]), ("XYZ", []), ("", [])],
)
def test_codes_that_may_have_been_meant(value: str, near: list[str]) -> None:
    codes = dict.fromkeys(["001", "002", "KGM", "H87", "09B", *(f"Q{number:04d}" for number in range(20))], "")
    assert CodeList("units", "", "", False, codes, codes, {}).near(value) == near


def test_a_hint_costs_the_length_of_the_value() -> None:
    few, many = (CodeList("l", "", "", False, (codes := {f"{number:06d}": "" for number in range(count)}), codes, {}) for count in (1_000, 100_000))
    for each in (few, many):
        each.near("x")  # what is made once

    def cost(codes: CodeList) -> float:
        best = 1.0
        for _ in range(5):
            started = time.process_time()
            for _ in range(200):
                codes.near("99999x")
            best = min(best, time.process_time() - started)
        return best

    assert cost(many) < 20 * cost(few)


@pytest.mark.parametrize(
    "pattern", ["[0-9]{8}[012][0-9]{9}", "[A-Z]+-?[0-9]*", "(?:AB|CD)[0-9]{4}", r"\d{2}-(?:[A-Z]{2})?", "[)(+*]+", r"\(a+\)+", "(ab){3}", "(?P<a>x)y"]
)
def test_patterns_that_are_taken(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+", "(a|aa)+b", "(?:x*){2,}", "([a-z]+[0-9]?)*", "((a+)b)*", r"(a)\1", "(?P<a>x)(?P=a)", "[a", "(?:(?:a{1,3}))+"),
        *("a{99999999999999999999}", "(" * 5000 + ")" * 5000),
    ],
)
def test_patterns_that_may_take_very_long_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"may take very long|no regular expression"):
        compile_pattern(pattern)


def test_forms(tmp_path: Path) -> None:
    path = tmp_path / "forms.toml"
    path.write_text('[licence]\npattern = "[0-9]{2}-[A-Z]{2}"\nen = "two digits, two letters"\nzh = "两位数字两位字母"\n', "utf-8")
    form = Forms(tmp_path).get("licence")
    assert (form.expression.pattern, form.text.en, form.text.zh) == ("[0-9]{2}-[A-Z]{2}", "two digits, two letters", "两位数字两位字母")
    with pytest.raises(OperatorError, match="there is no form licens; the nearest is licence"):
        Forms(tmp_path).get("licens")
    for content, text in (
        ('[licence]\npattern = "a"\nen = "a"\n', "licence.zh is missing"),
        ('[licence]\npatern = "a"\n', "unknown key licence.patern; the nearest known key is licence.pattern"),
        (
            '[licence]\npattern = "(a+)+"\nen = "a"\nzh = "a"\n',
            "licence.pattern takes a regular expression, not '(a+)+': a group that varies in length is repeated (+)",
        ),
    ):
        path.write_text(content, "utf-8")
        with pytest.raises(OperatorError) as error:
            Forms(tmp_path)
        assert str(error.value).startswith(f"{path}: {text}")


@pytest.mark.parametrize(
    ("value", "format", "day"),
    [
        ("20061008", "102", date(2006, 10, 8)),
        ("20061008", "", date(2006, 10, 8)),
        ("061008", "101", date(2006, 10, 8)),
        ("991008", "101", date(1999, 10, 8)),
        ("200610081030", "203", date(2006, 10, 8)),
        ("0610081030", "201", date(2006, 10, 8)),
        ("200610", "610", date(2006, 10, 1)),
        ("2006", "602", date(2006, 1, 1)),
        ("20061308", "102", None),
        ("2006100", "102", None),
        ("2006", "102", None),
        ("20061008", "805", None),
        ("２００６1008", "102", None),
        ("", "102", None),
    ],
)
def test_dates(value: str, format: str, day: date | None) -> None:
    assert read_date(value, format) == day
