"""Records go into the database as JSON and come back as they were."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.records import read, write


class Colour(enum.StrEnum):
    RED = "r"
    BLUE = "b"


@dataclass(frozen=True)
class Inner:
    amount: Decimal
    moment: datetime | None = None


@dataclass(frozen=True)
class Outer:
    name: str
    count: int
    good: bool
    colour: Colour
    day: date
    inner: Inner | None
    several: tuple[Inner, ...]
    pair: tuple[str, Decimal]
    days: tuple[tuple[date, Colour | None], ...]


# The first hours of year 1 are in no year in UTC.
_moments = st.datetimes(datetime(2, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))  # noqa: DTZ001 - Hypothesis adds the zone
_inners = st.builds(Inner, st.decimals(allow_nan=False), st.none() | _moments)
_outers = st.builds(
    Outer,
    st.text(),
    st.integers(),
    st.booleans(),
    st.sampled_from(Colour),
    st.dates(),
    st.none() | _inners,
    st.lists(_inners, max_size=3).map(tuple),
    st.tuples(st.text(), st.decimals(allow_nan=False)),
    st.lists(st.tuples(st.dates(), st.none() | st.sampled_from(Colour)), max_size=3).map(tuple),
)


@settings(max_examples=100)
@given(_outers)
def test_round_trip(value: Outer) -> None:
    back = read(Outer, write(Outer, value))
    assert back == value
    # Decimals and dates that are equal may still be written otherwise.
    assert write(Outer, back) == write(Outer, value)
    assert [type(each) for each in (back.colour, back.count, back.good, back.day)] == [Colour, int, bool, date]


def test_text() -> None:
    moment = datetime(2006, 3, 20, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    assert write(Inner, Inner(Decimal("1.50"), moment)) == '{"amount":"1.50","moment":"2006-03-20T01:00:00+00:00"}'
    assert write(tuple[Complaint, ...], (Complaint("E101", "who?", "谁？"),)) == '[{"code":"E101","text_en":"who?","text_zh":"谁？","item":null}]'


def test_a_field_that_is_not_there_has_its_default() -> None:
    assert read(Inner, '{"amount":"1"}') == Inner(Decimal(1))
    with pytest.raises(TypeError):
        read(Inner, '{"moment":null}')


def test_what_a_record_cannot_have() -> None:
    @dataclass(frozen=True)
    class Odd:
        share: float

    with pytest.raises(TypeError, match="float"):
        write(Odd, Odd(0.5))
