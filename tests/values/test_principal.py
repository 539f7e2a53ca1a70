"""Addresses and ids of principals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.errors import OperatorError
from vanhub.values.principal import Address, require_principal_id

printable = st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters=":").filter(str.isprintable)


@given(st.text(printable, min_size=1, max_size=35), st.text(printable, max_size=4))
def test_an_address_survives_its_text(identification: str, qualifier: str) -> None:
    address = Address(identification, qualifier)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", ":ZZZ", "A" * 36, "A:ZZZZZ", "A\n", "A:Z\x00"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(OperatorError, match="is no EDI address"):
        Address.parse(text)


@pytest.mark.parametrize("id", ["a", "9", "shenzhen-textiles", "a-1", "x" * 40])
def test_ids(id: str) -> None:
    assert require_principal_id(id) == id


@pytest.mark.parametrize("id", ["", "-a", "a-", "A", "a_b", "a.b", "a/b", "..", "a b", "a\n", "深圳", "x" * 41])
def test_what_cannot_be_an_id(id: str) -> None:
    with pytest.raises(OperatorError, match="cannot name a principal"):
        require_principal_id(id)
