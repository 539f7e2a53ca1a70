"""Enterprises for demonstrations: as the register and all that load the file take them."""

from __future__ import annotations

from datetime import date

from vanhub.agencies.enterprises import read_row, row_of, status_complaint
from vanhub.agencies.trade.enterprises import make_enterprises

TODAY = date(2006, 3, 20)


def test_they_may_trade_and_no_code_comes_twice() -> None:
    made = list(make_enterprises(2_000, 7, TODAY))
    for each in made:
        assert read_row(row_of(each)) == each
        assert status_complaint(each, each.code, TODAY) is None
        assert each.checked_on is not None
        assert date(2006, 1, 1) <= each.checked_on <= TODAY
    assert len({each.code for each in made}) == len({each.customs_code for each in made}) == 2_000
    assert len({each.region[:2] for each in made}) == 31


def test_the_same_for_the_same_arguments() -> None:
    assert list(make_enterprises(50, 7, TODAY)) == list(make_enterprises(60, 7, TODAY))[:50]
    assert list(make_enterprises(50, 8, TODAY)) != list(make_enterprises(50, 7, TODAY))
