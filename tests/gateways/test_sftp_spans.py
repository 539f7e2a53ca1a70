"""Writes put in order, reads added up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.errors import Refused
from vanhub.gateways.sftp_spans import RANGES, Coverage, InOrder


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=12), st.randoms(use_true_random=False))
def test_writes_in_any_order_give_the_file(pieces: list[bytes], random: object) -> None:
    writes = [(sum(map(len, pieces[:n])), piece) for n, piece in enumerate(pieces)]
    random.shuffle(writes)  # type: ignore[attr-defined]
    order = InOrder()
    assert b"".join([order.add(offset, data) for offset, data in writes]) == b"".join(pieces)
    assert order.end() == len(b"".join(pieces))


@pytest.mark.parametrize(
    ("writes", "text"),
    [
        ([(0, b"abc"), (0, b"abc")], "octet 0 was written already"),
        ([(0, b"abc"), (2, b"x")], "octet 2 was written already"),
        ([(5, b"abc"), (5, b"abc")], "octet 5 was written already"),
        ([(1, b"abc"), (0, b"ab")], "octet 1 was written twice"),
        ([(0, b"abc"), (100, b"x")], "octets 3 to 99 are missing: appending and resuming are not possible"),
        ([(6, b"12345678"), (5, b"12345678"), (4, b"12345678")], "octets 0 to 3 are missing"),
    ],
)
def test_what_is_no_upload_in_one_pass_is_refused(writes: list[tuple[int, bytes]], text: str) -> None:
    order = InOrder(window=16)
    for offset, data in writes[:-1]:
        order.add(offset, data)
    with pytest.raises(Refused) as refusal:
        order.add(*writes[-1])
    assert str(refusal.value).startswith(text)


def test_a_hole_is_found_at_the_end() -> None:
    order = InOrder()
    assert (order.add(0, b"abc"), order.add(5, b"f"), order.add(4, b"")) == (b"abc", b"", b"")
    with pytest.raises(Refused, match="octets 3 to 4 were never written"):
        order.end()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=20), st.integers(0, 40))
def test_coverage_is_that_of_a_set(reads: list[tuple[int, int]], size: int) -> None:
    coverage = Coverage()
    seen: set[int] = set()
    for start, length in reads:
        coverage.add(start, start + length)
        seen.update(range(start, start + length))
    assert coverage.covers(size) is seen.issuperset(range(size))


def test_a_scattered_reader_is_refused() -> None:
    coverage = Coverage()
    for n in range(RANGES):
        coverage.add(2 * n, 2 * n + 1)
    with pytest.raises(Refused):
        coverage.add(2 * RANGES, 2 * RANGES + 1)
    coverage.add(0, 2 * RANGES)
    assert coverage.covers(2 * RANGES)
