from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vanhub.service.identifiers import new_control_reference, new_id

MOMENTS = st.integers(946_684_800_000_000, 3_471_292_800_000_000).map(
    lambda microseconds: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
)
"""From 2000 to 2079."""


@given(MOMENTS, st.timedeltas(timedelta(milliseconds=1), timedelta(days=9000)), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_ids_grow_with_time_whatever_the_randomness(moment: datetime, later: timedelta, one: bytes, other: bytes) -> None:
    first, second = new_id(moment, lambda size: one[:size]), new_id(moment + later, lambda size: other[:size])
    assert first < second
    assert len(first) == len(second) == 26
    assert (first + second).isascii()
    assert (first + second).isalnum()
    assert (first + second).islower() or (first + second).isdigit()


@given(MOMENTS, st.timedeltas(timedelta(microseconds=10), timedelta(days=9000)), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_control_references_grow_with_time_and_fit_0020(moment: datetime, later: timedelta, one: bytes, other: bytes) -> None:
    first, second = new_control_reference(moment, lambda size: one[:size]), new_control_reference(moment + later, lambda size: other[:size])
    assert first < second
    assert len(first) == len(second) == 14
    assert set(first + second) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_the_same_moment_gives_different_ones() -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    assert len({new_id(moment, os.urandom) for _ in range(1000)}) == 1000
    assert len({new_control_reference(moment, os.urandom) for _ in range(50)}) > 45
