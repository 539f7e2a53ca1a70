"""What a use of a licence may take."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.agencies.memory import FixedRules
from vanhub.agencies.licence_rules import tolerated

RULES = FixedRules({"licence.tolerance": "0.05", "licence.tolerance-oil": "0.03", "licence.bulk": ["1001", "2601"], "licence.oil": ["2709", "2710"]})


@pytest.mark.parametrize(
    ("left", "uses_left", "hs", "quota", "most"),
    [
        ("1000", 1, "10019900", "", "1050"),
        ("1000", 2, "10019900", "", "1000"),
        ("1000", 1, "27090000", "", "1030"),
        ("1000", 1, "61091000", "", "1000"),
        ("1000", 1, "10019900", "KOR-1-2006", "1000"),
        ("0.000001", 1, "26011100", "", "0.000001"),
        ("0", 1, "26011100", "", "0"),
        ("-3", 1, "26011100", "", "0"),
    ],
)
def test_bulk_goods_may_exceed_what_is_left_at_the_last_use(left: str, uses_left: int, hs: str, quota: str, most: str) -> None:
    assert tolerated(Decimal(left), uses_left, hs, quota, date(2006, 4, 1), RULES) == Decimal(most)
