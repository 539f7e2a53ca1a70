"""Agreements: every term is read strictly, written back alike, and described on its page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.errors import OperatorError
from vanhub.values.agreement import TERMS, Agreement

PAGE = Path(__file__).resolve().parents[2] / "docs" / "agreement.md"


def values(term: Any) -> st.SearchStrategy[Any]:
    rule = term.metadata
    if isinstance(term.default, bool):
        return st.booleans()
    if isinstance(term.default, int):
        return st.integers(rule["least"], rule["most"])
    words = st.sampled_from(rule["choices"]) if "choices" in rule else st.text("ABC.019", min_size=1, max_size=6)
    return st.lists(words, max_size=3).map(tuple) if isinstance(term.default, tuple) else words


agreements = st.fixed_dictionaries({term.name: values(term) for term in TERMS}).map(lambda terms: Agreement(**terms))


@given(agreements)
def test_an_agreement_survives_its_texts(agreement: Agreement) -> None:
    texts = agreement.as_texts()
    assert list(texts) == [term.name for term in TERMS]
    assert Agreement.from_texts(texts) == agreement


@given(agreements, st.sampled_from(TERMS), st.data())
def test_one_term_is_set_and_the_others_stay(agreement: Agreement, term: Any, data: st.DataObject) -> None:
    wanted = Agreement(**{term.name: data.draw(values(term))})
    changed = agreement.replaced({term.name: wanted.as_texts()[term.name]})
    assert changed.as_texts() == {**agreement.as_texts(), term.name: wanted.as_texts()[term.name]}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("traffik", "test", "an agreement has no term 'traffik'; the nearest is 'traffic'"),
        ("traffic", "none", "traffic is one of production, test, both, not 'none'"),
        ("encoding", "ebcdic", "encoding is one of (empty), utf-8, gb18030, iso8859-1, not 'ebcdic'"),
        ("syntax_versions", "3, 5", "syntax_versions is one of 1, 2, 3, 4, not '5'"),
        ("max_messages", "many", "max_messages is a whole number, not 'many'"),
        ("max_messages", "0", "max_messages is 1 to 999999, not 0"),
        ("deliver", "yes", "deliver is true or false, not 'yes'"),
        ("types", "CUS\x1bDEC", "types: 'CUS\\x1bDEC' is not a printable value"),
    ],
)
def test_an_error_says_what_the_term_takes(name: str, text: str, says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        Agreement().replaced({name: text})
    assert str(refused.value) == says


def test_lists_are_written_with_commas_and_an_empty_text_means_all() -> None:
    agreement = Agreement().replaced({"types": " CUSDEC , CUSCAR,"})
    assert agreement.types == ("CUSDEC", "CUSCAR")
    assert agreement.replaced({"types": ""}) == Agreement()


def test_the_page_has_every_term_with_default_and_both_languages() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`|nothing) \| .+ \| (.+)<br>(.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    texts = Agreement().as_texts()
    assert rows == [(term.name, texts[term.name], term.metadata["en"], term.metadata["zh"]) for term in TERMS]
