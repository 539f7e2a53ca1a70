"""``check_if_faultless``: it tells the same as the check or nothing, and never what needs explaining, loading or compiling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.samples import DIRECTORIES
from vanhub.directory import messages, patterns
from vanhub.directory.check import check_if_faultless, check_interchange
from vanhub.directory.load import open_directories
from vanhub.directory.model import SegmentDefinition
from vanhub.directory.patterns import SegmentPattern
from vanhub.packed import packed

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.edi"))
GOOD = [path for path in EXAMPLES if path.name != "cusdec-three-faults.edi"]


@pytest.fixture(scope="module", autouse=True)
def _checked_before() -> None:
    """What was checked before is told."""
    for path in EXAMPLES:
        check_interchange(path.read_bytes(), DIRECTORIES)


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


def test_what_was_never_checked_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile = patterns.segment_pattern

    def noted(definition: SegmentDefinition, *arguments: Any) -> SegmentPattern:
        if definition.tag not in {"UNB", "UNZ"}:  # these are few and small
            compiled.append(definition.tag)
        return compile(definition, *arguments)

    monkeypatch.setattr("vanhub.directory.rulebook.segment_pattern", noted)
    directories = open_directories(packed("schemas"))

    def interchange(*segments: str, advice: str = "", type: str = "CUSRES") -> bytes:
        body = "".join(f"{segment}'" for segment in (f"UNH+1+{type}:D:01B:UN", *segments, f"UNT+{len(segments) + 2}+1"))
        text = f"UNB+UNOC:3+A+B+260101:1200+R'{body}UNZ+1+R'"
        return (advice + (text.replace("+", "*") if advice else text)).encode()

    first, number = interchange("BGM+961+N1+11"), interchange("BGM+961+N2+9")
    for data, tags in (
        (first, ["UNH", "BGM", "UNT"]),
        (interchange("BGM+961+N1+11", "RFF+ABE:N2"), ["RFF"]),  # a segment that was not there before
        (interchange("BGM+961+N1+11", advice="UNA:*.? '"), ["UNH", "BGM", "UNT"]),  # other service characters
        (interchange("BGM+961+N1+11", type="CUSREP"), []),  # another type of the same directory
    ):
        compiled.clear()
        assert check_if_faultless(data, directories) is None
        assert compiled == []
        report = check_interchange(data, directories)
        assert compiled == tags
        assert (check_if_faultless(data, directories) or report) == report
    assert check_if_faultless(first, directories) == check_interchange(first, directories)
    assert check_if_faultless(number, directories) == check_interchange(number, directories)
    # Text with a release character has a pattern of its own.
    released = interchange("BGM+961+N?+1+11")
    assert check_if_faultless(released, directories) is None
    report = check_interchange(released, directories)
    assert check_if_faultless(released, directories) == report
    assert report.faults_total == 0


def test_no_message_is_taken_segment_by_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    monkeypatch.setattr(messages.MessageCheck, "take", lambda *arguments: taken.append(arguments))
    head = b"UNB+UNOC:3+A+B+260101:1200+R'"
    for body in (b"UNH+1+CUSDEC:D:96B:UN'" + b"BGM+999+'" * 100, b"UNH+1'" * 100, b"UNG'" * 100, b"'" * 100, b"BGM'" * 100):
        assert check_if_faultless(head + body + b"UNT+1+1'UNZ+1+R'", DIRECTORIES) is None
    assert taken == []
