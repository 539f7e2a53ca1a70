"""``check_if_faultless``: it tells the same as the check or nothing, and never what needs explaining."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.samples import DIRECTORIES
from vanhub.directory import messages
from vanhub.directory.check import check_if_faultless, check_interchange

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.edi"))
GOOD = [path for path in EXAMPLES if path.name != "cusdec-three-faults.edi"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_good_examples_are_told_and_no_other(path: Path) -> None:
    data = path.read_bytes()
    report = check_interchange(data, DIRECTORIES)
    assert check_if_faultless(data, DIRECTORIES) == (None if report.faults_total else report)
    assert bool(report.faults_total) is (path not in GOOD)


@given(st.sampled_from(GOOD), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_comes_it_tells_the_same_as_the_check_or_nothing(path: Path, drawn: st.DataObject) -> None:
    data = bytearray(path.read_bytes())
    at = drawn.draw(st.integers(0, len(data)))
    data[at : at + drawn.draw(st.integers(0, 40))] = drawn.draw(st.sampled_from([b"", b"'", b"+", b":", b"?", b"\0", b"X", b"UNT+1+1'", b"UNH+1'"]))
    told = check_if_faultless(bytes(data), DIRECTORIES)
    assert told is None or (told == check_interchange(bytes(data), DIRECTORIES) and not told.faults_total)


def test_no_message_is_taken_segment_by_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    monkeypatch.setattr(messages.MessageCheck, "take", lambda *arguments: taken.append(arguments))
    head = b"UNB+UNOC:3+A+B+260101:1200+R'"
    for body in (b"UNH+1+CUSDEC:D:96B:UN'" + b"BGM+999+'" * 100, b"UNH+1'" * 100, b"UNG'" * 100, b"'" * 100, b"BGM'" * 100):
        assert check_if_faultless(head + body + b"UNT+1+1'UNZ+1+R'", DIRECTORIES) is None
    assert taken == []
