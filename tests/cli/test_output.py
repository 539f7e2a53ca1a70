from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.cli.output import emit, facts, json_text, safe, table, width

TEXTS = st.text(max_size=12)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("海关总署", 8), ("ＡＢ", 4), ("é", 1), ("e\u0301", 1), ("ｱ", 1), ("…", 1), ("한글", 4)],
)
def test_wide_characters_take_two_columns_and_marks_none(text: str, columns: int) -> None:
    assert width(text) == columns


def test_columns_stand_under_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "customs", "name": "海关总署", "waiting": 12, "enabled": True, "types": ["CUSDEC", "CUSCAR"]},
        {"id": "tax", "name": "e\u0301tat", "waiting": None, "enabled": False, "types": []},
        {"id": "x", "waiting": "last"},
    ]
    table(rows, {"id": "id", "name": "名称", "waiting": "waiting", "enabled": "enabled", "types": "types"})
    assert capsys.readouterr().out.splitlines() == [
        "id       名称      waiting  enabled  types",
        "customs  海关总署  12       yes      CUSDEC, CUSCAR",
        "tax      e\u0301tat      -        no       -",
        "x        -         last     -        -",
    ]


@given(st.lists(st.fixed_dictionaries({"a": TEXTS, "b": TEXTS}), min_size=1, max_size=5))
def test_whatever_the_cells_hold_a_row_is_one_printable_line_and_columns_align(rows: list[dict[str, Any]]) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        table(rows, {"a": "first", "b": "second"})
    lines = out.getvalue().removesuffix("\n").split("\n")
    assert len(lines) == len(rows) + 1
    assert all(line.isprintable() for line in lines)
    start = max(width(safe(text)) for text in ("first", *(row["a"] for row in rows))) + 2
    for line, row in zip(lines[1:], rows, strict=True):
        cells = safe(row["a"]) + " " * (start - width(safe(row["a"]))) + safe(row["b"])
        assert line == cells.rstrip()


def test_no_rows_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    table([], {"id": "id"}, empty="nobody is here")
    assert capsys.readouterr().out == "nobody is here\n"


def test_facts_are_those_asked_for_and_there_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    facts({"id": "R1", "size": 10, "evil": "\x1b[2J", "none": None}, ["size", "id", "absent", "evil", "none"])
    assert capsys.readouterr().out == "size: 10\nid:   R1\nevil: \\x1b[2J\nnone: -\n"


@given(st.text())
def test_safe_text_is_printable_and_readable_text_stays(text: str) -> None:
    assert safe(text).isprintable()
    if text.isprintable():
        assert safe(text) == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_is_one_printable_line_that_says_the_same(value: Any) -> None:
    text = json_text(value)
    assert text.isprintable()
    assert json.loads(text) == value


def test_json_leaves_chinese_readable_and_escapes_what_would_steer_a_terminal() -> None:
    assert json_text({"名称": "海关\x9b2J\u202e\ud800\U000e0001"}) == '{"名称": "海关\\u009b2J\\u202e\\ud800\\udb40\\udc01"}'


def test_people_or_programs(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[Any] = []
    emit({"a": "海"}, False, shown.append)
    assert (shown, capsys.readouterr().out) == ([{"a": "海"}], "")
    emit({"a": "海"}, True, shown.append)
    assert (len(shown), capsys.readouterr().out) == (1, '{"a": "海"}\n')
