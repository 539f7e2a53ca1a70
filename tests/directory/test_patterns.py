"""A pattern never accepts what the check of elements faults, and accepts what people send."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.generator import Writer
from tests.directory.samples import DIRECTORIES, Style, directory
from vanhub.directory.elements import dependency_holds, hint, numbers
from vanhub.directory.rulebook import Profile, Unknown, rulebook
from vanhub.edifact.charset import LEGIBLE
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.scanner import Marks
from vanhub.edifact.separators import Separators

KNOWN = LEGIBLE


def profile(name: str, type: str, version: int) -> Profile:
    marks = Marks.of(Separators.default(version), version)
    of_version, release = name.split(".")
    found = rulebook(DIRECTORIES).profile(type, of_version, release, "UN", marks, version)
    assert isinstance(found, Profile)
    return found


@given(
    st.integers(0, 2**32),
    st.sampled_from([("D.93A", "INVOIC"), ("D.96B", "CUSDEC"), ("D.99B", "IFTMIN"), ("D.24A", "COARRI"), ("D.24A", "GOVCBR")]),
    st.sampled_from([1, 3, 4]),
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from([*"+:?*'.,-0A", "++", "::", ""])), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_a_pattern_accepts_nothing_that_has_findings(seed: int, of: tuple[str, str], version: int, changes: list[tuple[int, str]]) -> None:
    rules = profile(*of, version).rules
    name, type = of
    style = Style(version, "UNOB", Separators.default(version))
    for segment in Writer(Random(seed), style, name).message(type, "1")[1:31]:
        text = segment.text(style)
        for place, change in changes:
            at = place % (len(text) + 1)
            text = text[:at] + change + text[at + 1 :]
        if text and rules.accept([text[:3]], [text]):
            assert list(rules.findings(text[:3], text, KNOWN)) == [], text


@pytest.mark.parametrize(
    ("version", "text", "good"),
    [
        (3, "DTM+137:20060101:102", True),
        (3, "DTM+137", True),
        (3, "DTM", False),
        (3, "DTM+:1", False),
        (3, "DTM+137:?+?:??:102", True),
        (3, "DTM+137:" + "A" * 35, True),
        (3, "DTM+137:" + "A" * 36, False),
        (3, "DTM+137:" + "?+" * 35, True),
        (3, "DTM+137:" + "?+" * 36, False),
        (3, "DTM+XXX", False),
        (3, "MOA+39:1234567890.12345678", True),
        (3, "MOA+39:-1,5", True),
        (3, "MOA+39:1.", False),
        (3, "MOA+39:.1", False),
        (3, "MOA+39:1.2.3", False),
        (3, "MOA+39:1234567890123456789", False),
        (3, "BGM", True),
        (3, "BGM+XXX", False),
        (3, "BGM+XXX:A", True),
        (3, "BGM+XXX::ZZZ", True),
        (3, "BGM+XXX::ABC", False),
        (3, "BGM+++9", True),
        (4, "BGM+++9", True),
        (4, "BGM+", False),
        (4, "BGM+929:", False),
        (4, "BGM+929++", False),
        (4, "LOC+9*9", False),
        (3, "UNS+D", True),
        (3, "UNS+X", False),
        (3, "NAD+CZ+1::ZZZ++NAME+STREET+CITY++100000+CN", True),
        (3, "NAD+CZ+::ZZZ", False),
        (3, "QQQ+1", False),
    ],
)
def test_what_a_pattern_accepts(version: int, text: str, good: bool) -> None:
    rules = profile("D.96B", "CUSDEC", version).rules
    assert rules.accept([text[:3]], [text]) == good
    if rules.knows(text[:3]) and text != "LOC+9*9":
        assert (list(rules.findings(text[:3], text, KNOWN)) == []) == good


@given(st.text("0123456789.,-A ", max_size=8))
def test_numbers(value: str) -> None:
    fault = numbers(Marks.of(Separators.default(3), 3))(value)
    digits = value.removeprefix("-").replace(",", ".")
    whole, mark, rest = digits.partition(".")
    if whole.isdigit() and (rest.isdigit() if mark else True):
        assert fault is None
    elif not whole and rest.isdigit():
        assert fault is FaultKind.NO_DIGIT_BEFORE_MARK
    elif digits.replace(".", "").isdigit():
        assert fault is FaultKind.DECIMAL_NOTATION
    else:
        assert fault is FaultKind.LETTER_IN_NUMERIC


@pytest.mark.parametrize(
    ("note", "held", "broken"),
    [
        ("D1(010,020) One and only one", [[True, False], [False, True]], [[True, True], [False, False]]),
        ("D2(010,020) All or none", [[True, True], [False, False]], [[True, False]]),
        ("D3(010,020) One or more", [[True, False], [True, True]], [[False, False]]),
        ("D4(010,020) One or none", [[True, False], [False, False]], [[True, True]]),
        ("D5(020,010) If first, then all", [[True, True], [True, False], [False, False]], [[False, True]]),
        ("D6(010,020,030) If first, then at least one", [[True, False, True], [False]], [[True], [True, False, False]]),
        ("D7(010,020) If first, then none", [[True, False], [False, True]], [[True, True]]),
        ("a note in words", [[], [True]], []),
    ],
)
def test_dependency_notes(note: str, held: list[list[bool]], broken: list[list[bool]]) -> None:
    assert [dependency_holds(note, present) for present in held] == [True] * len(held)
    assert [dependency_holds(note, present) for present in broken] == [False] * len(broken)


def test_hints() -> None:
    codes = directory("D.96B").codes("1225")
    assert codes is not None
    assert hint("09", codes) == "9 (Original)"
    assert hint("xyz", codes) == ""
    assert hint("X", {"A": "Alpha", "B": ""}) == "A (Alpha), B"


def test_what_is_not_known() -> None:
    marks = Marks.of(Separators.default(3), 3)
    book = rulebook(DIRECTORIES)
    assert book.profile("CUSDEC", "D", "77Z", "UN", marks, 3) == Unknown(directory=False)
    assert book.profile("CUSDEK", "D", "96B", "UN", marks, 3) == Unknown(directory=True)
    assert rulebook(DIRECTORIES) is book
