"""Strict reading of TOML: what each shape takes, and what an error says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.errors import OperatorError
from vanhub.toml import Shape, choice, duration, matching, parse_toml, read_value, require_known, require_table, require_tables, several, text, truth, whole


@pytest.mark.parametrize(
    ("shape", "value", "read"),
    [
        (text(1, 3), "关关关", "关关关"),
        (choice("a", "b"), "b", "b"),
        (whole(0, 9), 9, 9),
        (truth(), False, False),
        (several(whole(0, 9)), [], ()),
        (several(whole(0, 9), least=1), [3, 1], (3, 1)),
        (matching("a number", int), "7", 7),
        (duration(), "90s", timedelta(seconds=90)),
        (duration(), "30m", timedelta(minutes=30)),
        (duration(), "4h", timedelta(hours=4)),
        (duration(), "14d", timedelta(days=14)),
    ],
)
def test_a_value_of_the_right_shape_is_read(shape: Shape[Any], value: object, read: object) -> None:
    assert read_value(shape, value, file="f", at="k") == read


@pytest.mark.parametrize(
    ("shape", "value", "says"),
    [
        (text(1, 3), "", "takes a text of 1 to 3 characters, not ''"),
        (text(1, 3), "long", "takes a text of 1 to 3 characters, not 'long'"),
        (text(1, 3), "\x1b", "takes a text of 1 to 3 characters, not '\\x1b'"),
        (text(1, 3), 7, "takes a text of 1 to 3 characters, not 7"),
        (choice("a", "b"), "c", "takes one of 'a', 'b', not 'c'"),
        (choice("a", "b"), ["a"], "takes one of 'a', 'b', not ['a']"),
        (whole(0, 9), 10, "takes a whole number from 0 to 9, not 10"),
        (whole(0, 9), 1.0, "takes a whole number from 0 to 9, not 1.0"),
        (whole(0, 9), True, "takes a whole number from 0 to 9, not true"),
        (truth(), 1, "takes true or false, not 1"),
        (several(whole(0, 9)), 3, "takes a list, each a whole number from 0 to 9, not 3"),
        (several(whole(0, 9), least=1), [], "takes a list of at least 1, each a whole number from 0 to 9, not []"),
        (several(whole(0, 9)), [1, 1], "takes a list, each a whole number from 0 to 9, not [1, 1]: a value stands there twice"),
        (several(whole(0, 9)), [1, "1"], "takes a list, each a whole number from 0 to 9, not [1, '1']"),
        (matching("digits", str), 5, "takes digits, not 5"),
        (duration(), "4", 'takes a duration like "90s", "30m", "4h" or "14d", not \'4\''),
        (duration(), "0h", 'takes a duration like "90s", "30m", "4h" or "14d", not \'0h\''),
        (duration(), "1h30m", 'takes a duration like "90s", "30m", "4h" or "14d", not \'1h30m\''),
        (text(0, 3), "x" * 100, f"takes a text of 0 to 3 characters, not '{'x' * 76}..."),
    ],
)
def test_any_other_is_refused_with_what_the_key_takes(shape: Shape[Any], value: object, says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read_value(shape, value, file="x.toml", at="a.b")
    assert str(refused.value) == f"x.toml: a.b {says}"


@given(st.integers(1, 999_999), st.sampled_from("smhd"))
def test_durations_are_their_number_of_units(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit]
    assert duration().read(f"{number}{unit}") == timedelta(seconds=number * seconds)


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    with pytest.raises(OperatorError, match=r"^x\.toml: unknown key limits\.sesions; the nearest known key is limits\.sessions$"):
        require_known(["sesions"], ["octets", "sessions"], file="x.toml", at="limits")
    with pytest.raises(OperatorError, match=r"^x\.toml: unknown key zzz; the nearest known key is (a|b)$"):
        require_known(["zzz"], ["a", "b"], file="x.toml")
    require_known(["a"], ["a", "b"], file="x.toml")


def test_what_is_no_toml_names_the_line() -> None:
    with pytest.raises(OperatorError, match=r"^x\.toml: .*line 2"):
        parse_toml("a = 1\nb = \n", "x.toml")


def test_tables_are_tables() -> None:
    assert require_table({"a": 1}, file="x.toml", at="t") == {"a": 1}
    assert require_tables([{"a": 1}], file="x.toml", at="t") == [{"a": 1}]
    with pytest.raises(OperatorError, match=r"^x\.toml: t is a table, not 3$"):
        require_table(3, file="x.toml", at="t")
    with pytest.raises(OperatorError, match=r"^x\.toml: t is an array of tables \[\[t\]\], not \{'a': 1\}$"):
        require_tables({"a": 1}, file="x.toml", at="t")
    with pytest.raises(OperatorError, match=r"^x\.toml: t\[2\] is a table, not 5$"):
        require_tables([{}, 5], file="x.toml", at="t")
