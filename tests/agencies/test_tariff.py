"""The demonstration tariff: every known code has a line, the longest prefix of the day decides, and a file that is not in order says where."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from vanhub.agencies.tariff import read_tariff, shipped_tariff
from vanhub.errors import OperatorError
from vanhub.packed import packed

DAY = date(2006, 3, 20)


def test_every_code_of_the_list_has_a_line() -> None:
    with (packed("schemas") / "codes" / "hs.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    tariff = shipped_tariff()
    chapters = {line.prefix[:2] for line in (tariff.line(code, DAY) for code in codes) if line is not None}
    assert [code for code in codes if tariff.line(code, DAY) is None] == []
    assert chapters == {code[:2] for code in codes}


@pytest.mark.parametrize("hs", ["770101", "99", "8445203", "84452032x", "", "84452032011"])
def test_what_is_no_code_has_no_line(hs: str) -> None:
    found = shipped_tariff().line(hs, DAY)
    assert found is None if hs != "8445203" else found is not None


def test_a_line_as_a_whole() -> None:
    line = shipped_tariff().line("2204210000", DAY)
    assert line is not None
    shown = (line.prefix, line.duty, line.vat, line.excise, line.first_unit, line.second_unit, line.documents, line.quota_documents, line.risk, line.source)
    assert shown == ("2204", Decimal(14), Decimal(17), Decimal(10), "LTR", "KGM", ("A", "B"), (), 0, "demonstration")


@pytest.mark.parametrize(("on", "duty"), [(date(2006, 6, 30), 28), (date(2006, 7, 1), 25)])
def test_a_rate_changes_on_its_day(on: date, duty: int) -> None:
    line = shipped_tariff().line("87032314", on)
    assert line is not None
    assert line.duty == duty


@pytest.mark.parametrize(
    ("hs", "export", "country", "on", "documents"),
    [
        ("61091000", True, "USA", DAY, ("4",)),
        ("61091000", True, "JPN", DAY, ()),
        ("61091000", False, "USA", DAY, ()),
        ("61091000", True, "HUN", date(2004, 4, 30), ()),
        ("61091000", True, "HUN", date(2004, 5, 1), ("4",)),
        ("07032010", True, "KOR", DAY, ("B", "4")),
        ("07032010", True, "JPN", DAY, ("B",)),
        ("02023000", False, "AUS", DAY, ("A",)),
        ("27090000", False, "SAU", DAY, ("7",)),
        ("97061000", True, "GBR", DAY, ("8",)),
        ("770101", True, "GBR", DAY, ()),
    ],
)
def test_documents_by_goods_direction_country_and_day(hs: str, export: bool, country: str, on: date, documents: tuple[str, ...]) -> None:
    assert shipped_tariff().documents(hs, on, export=export, country=country) == documents


ROW = "8445,5,17,0,H87,,,,,0,,,demonstration"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("844,5,17,0,H87,,,,,0,,,d", "line 2: prefix takes an even number of digits, at most 8, not '844'"),
        ("8445,5%,17,0,H87,,,,,0,,,d", "line 2: duty takes a percentage like 17 or 6.5, not '5%'"),
        ("8445,5,17,0,PIECE,,,,,0,,,d", "line 2: first_unit takes a code of its list, not 'PIECE'"),
        ("8445,5,17,0,H87,,AB,,,0,,,d", "line 2: documents takes codes of the list supervision_documents, not 'AB'"),
        ("8445,5,17,0,H87,,,4,UK,0,,,d", "line 2: quota_countries takes countries and groups of country_groups.csv, not 'UK'"),
        ("8445,5,17,0,H87,,,4,,0,,,d", "line 2: quota_countries takes countries where quota_documents has documents, else nothing, not ''"),
        ("8445,5,17,0,H87,,,,,high,,,d", "line 2: risk takes 0 to 99, not 'high'"),
        ("8445,5,17,0,H87,,,,,0,2006-13-01,,d", "line 2: valid_from takes a day like 2006-01-01, or nothing, not '2006-13-01'"),
        (f"{ROW}\n{ROW}", "line 3: prefix takes a prefix that no other row of the same days has, not '8445'"),
        (ROW, "there is no row with an empty prefix that always holds; it decides for all goods that have none of their own"),
        ("8445,5", "line 2: 2 cells, the header has 13"),
    ],
)
def test_a_tariff_that_is_not_in_order(tmp_path: Path, row: str, told: str) -> None:
    shutil.copytree(packed("schemas") / "codes", tmp_path / "codes")
    shutil.copytree(packed("schemas") / "tariff", tmp_path / "tariff")
    file = tmp_path / "tariff" / "demonstration.csv"
    header = next(line for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    file.write_text(f"{header}\n{row}\n", "utf-8")
    with pytest.raises(OperatorError) as error:
        read_tariff(tmp_path)
    separator = ": " if told.startswith("there") else ", "
    assert str(error.value) == f"{file}{separator}{told}"


def test_a_header_that_lacks_columns(tmp_path: Path) -> None:
    shutil.copytree(packed("schemas") / "codes", tmp_path / "codes")
    (tmp_path / "tariff").mkdir()
    file = tmp_path / "tariff" / "country_groups.csv"
    file.write_text("# groups\ngroup,country,valid_from\n", "utf-8")
    with pytest.raises(OperatorError) as error:
        read_tariff(tmp_path)
    assert str(error.value) == f"{file}, line 2: the header lacks valid_to"
