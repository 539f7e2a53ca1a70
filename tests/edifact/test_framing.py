"""Framing: what is an interchange in a stream, and that pieces do not matter."""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanhub.edifact.framing import LONGEST_GARBAGE, Ended, Framer, Octets

A = b"UNB+UNOA:2+A+B+260101:1200+1'UNH+1'UNT+2+1'UNZ+1+1'"
UNA = b"UNA:+.? '"

Unit = tuple[bytes, bool, bool]


def units(*pieces: bytes) -> list[Unit]:
    """(octets, complete, is an interchange) of each unit."""
    framer, found, data, stream = Framer(), [], b"", b"".join(pieces)
    for events in (*map(framer.feed, pieces), framer.close()):
        for event in events:
            if isinstance(event, Octets):
                assert stream.startswith(event.data, event.offset)
                data += event.data
            else:
                found.append((data, event.complete, event.is_interchange))
                data = b""
    assert data == b""
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b" \r\n\t", []),
        (A, [(A, True, True)]),
        (UNA + A, [(UNA + A, True, True)]),
        (UNA + b"\r\n" + A, [(UNA + b"\r\n" + A, True, True)]),
        (A + b"\r\n " + A, [(A, True, True), (A, True, True)]),
        (b"\xef\xbb\xbf" + A + b"\xef\xbb\xbf\r\n" + UNA + A, [(A, True, True), (UNA + A, True, True)]),
        (A[:-1], [(A[:-1], False, True)]),
        (A[:40] + b"'\r\n" + A, [(A[:40] + b"'\r\n", False, True), (A, True, True)]),
        (A[:29] + UNA + A, [(A[:29], False, True), (UNA + A, True, True)]),
        # Released terminators end nothing; a released release character releases nothing.
        (b"UNB+1'A+?'UNZ+1'UNZ+?'?''", [(b"UNB+1'A+?'UNZ+1'UNZ+?'?''", True, True)]),
        (b"UNB+1'A+??'UNZ+1'", [(b"UNB+1'A+??'UNZ+1'", True, True)]),
        # Not every segment that begins so is one.
        (b"UNB+1'UNZX+1'UNBX'UNAX+1'UNZ'", [(b"UNB+1'UNZX+1'UNBX'UNAX+1'UNZ'", True, True)]),
        (b"UNA|*,\\ ~UNB*UNOA|1~X*\\~UNZ~UNZ*1~", [(b"UNA|*,\\ ~UNB*UNOA|1~X*\\~UNZ~UNZ*1~", True, True)]),
        (b"UNA:+.? \nUNB+1\nUNZ+1\nUNB+2\nUNZ+1\n", [(b"UNA:+.? \nUNB+1\nUNZ+1\n", True, True), (b"UNB+2\nUNZ+1\n", False, True)]),
        # A UNA that cannot serve counts as none.
        (b"UNA++++++UNB+1'UNZ'", [(b"UNA++++++UNB+1'UNZ'", True, True)]),
        (b"UNB\x1dUNOB\x1f1\x1cUNZ\x1d1\x1c", [(b"UNB\x1dUNOB\x1f1\x1cUNZ\x1d1\x1c", True, True)]),
        # Garbage
        (b"hello", [(b"hello", False, False)]),
        (b"hello\r\n" + A, [(b"hello\r\n", False, False), (A, True, True)]),
        (b"UNBLOCK UNABLE" + UNA + A, [(b"UNBLOCK UNABLE", False, False), (UNA + A, True, True)]),
        (A + b"UIB+UNOA:4'UIZ'" + A, [(A, True, True), (b"UIB+UNOA:4'UIZ'", True, True), (A, True, True)]),
        (b"UNH+1'", [(b"UNH+1'", False, False)]),
        (b"x" * (LONGEST_GARBAGE + 5), [(b"x" * LONGEST_GARBAGE, False, False), (b"x" * 5, False, False)]),
        (b"UN", [(b"UN", False, False)]),
        (b"UNA:+.", [(b"UNA:+.", False, False)]),
    ],
)
def test_units_of_a_stream(data: bytes, expected: list[Unit]) -> None:
    # In the row with UNA and line ends as terminators the second interchange has no UNA, so its terminator is the default one.
    assert units(data) == expected
    assert units(*(data[at : at + 1] for at in range(len(data)))) == expected


SHIFTED = b"UNB+UNOX:3+A+B+260101:1200+1'UNH+1'FTX+\x1b$B!'UNZ+!1!'\x1b(B?\x0e'UNZ+1!'\x0f'UNZ+\x0eUN'A\x0f+1'"


@pytest.mark.parametrize("state", [b"\x1b$B!'UNZ+11\x1b(B", b"\x0e!'UNZ+11\x0f", b"\x1b(I!'UNZ+1\x1b(J", b"\x1b$*B\x1bN'U\x1bNNZ", b"\x1b(B\x1b)A\x1b~"])
def test_shifted_octets_end_nothing(state: bytes) -> None:
    for data in (A.replace(b"UNOA", b"UNOX").replace(b"UNT", state + b"UNT"), A.replace(b"UNOA", b"UNOX").replace(b"UNZ+1", b"UNZ+" + state), SHIFTED):
        assert units(data + A) == [(data, True, True), (A, True, True)]
        assert units(*(data[at : at + 1] for at in range(len(data)))) == [(data, True, True)]
    # Elsewhere they are what they look like.
    data = A.replace(b"UNT", b"\x0e!'UNZ+11\x0f'UNT")
    assert units(data)[0][0] == data[: data.index(b"\x0f'") + 2]


def test_a_change_of_state_may_stand_before_a_tag() -> None:
    data = A.replace(b"UNOA", b"UNOX").replace(b"UNZ", b"\r\n\x1b(B \x0f\x1b$)C\r\nUNZ")
    assert units(data + A) == [(data, True, True), (A, True, True)]
    after_text = data.replace(b"\x0f\x1b$)C", b"\x0e0!\x0f")
    assert units(after_text + A) == [(after_text, False, True), (A, True, True)]


PIECES = st.sampled_from(
    [
        b"'",
        b"?",
        b"+",
        b" ",
        b"\n",
        b"U",
        b"N",
        b"UN",
        b"UNA",
        b"UNB",
        b"UNZ",
        b"Z+",
        b"B+UNOA:1",
        b"\xef\xbb\xbf",
        b"\xef",
        b":+.? '",
        b"x",
        A,
        UNA,
        b"UNB+UNOX:1",
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b",
        b"\x0e",
        b"\x0f",
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join), st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=300, deadline=None)
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    whole = units(data)
    assert units(*(data[start:end] for start, end in pairwise(places))) == whole
    assert units(*(data[at : at + 1] for at in range(len(data)))) == whole


@given(st.lists(PIECES, max_size=30).map(b"".join))
@settings(max_examples=200, deadline=None)
def test_nothing_but_blanks_is_lost(data: bytes) -> None:
    framer, end = Framer(), 0
    for event in (*framer.feed(data), *framer.close()):
        if isinstance(event, Octets):
            assert data[end : event.offset].replace(b"\xef\xbb\xbf", b"").strip() == b""
            end = event.offset + len(event.data)
    assert data[end:].replace(b"\xef\xbb\xbf", b"").strip() == b""


@pytest.mark.parametrize("release", [b" ", b"\r"])
def test_runs_of_terminators_that_are_white_space_are_passed_in_linear_time(release: bytes) -> None:
    head = b"UNA:+." + release + b" \nUNB+UNOA:1"
    run = (b"\n" if release == b" " else b"\r\n") * 400_000
    begun = process_time()
    assert units(head + run + b"X\nUNZ+0+1\n") == [(head + run + b"X\nUNZ+0+1\n", True, True)]
    assert process_time() - begun < 10  # quadratic, it takes minutes


def test_octets_are_passed_on_as_they_come() -> None:
    framer = Framer()
    given_out = sum(len(event.data) for event in framer.feed(A[:-1] * 1) if isinstance(event, Octets))
    assert given_out >= len(A) - 30
    framer = Framer()
    framer.feed(b"UNB+UNOA:1'")
    for _ in range(100):
        passed = framer.feed(b"FTX+" + b"A" * 1000 + b"' \r\n")
        assert sum(len(event.data) for event in passed if isinstance(event, Octets)) == 1008
    assert framer.feed(b"UNZ+0+1'")[-1] == Ended(complete=True, is_interchange=True)
