"""Whatever licensing, registry, inspection and foreign exchange say and are told, our own check and its guides accept, and it is read as it was said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.memory import as_read
from tests.agencies.messages import permits
from tests.agencies.messages.checked import arrived
from tests.agencies.messages.test_customs_round_trip import mutated
from vanhub.agencies.errors import Unreadable

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "sancrt-licence-application": permits.applications(),
    "sancrt-licence": permits.licences(),
    "sancrt-licence-usage": permits.usages(),
    "sancrt-licence-query": permits.queries(),
    "sancrt-licence-balance": permits.balances(),
    "sancrt-clearance-note-application": permits.note_applications(),
    "sancrt-clearance-note": permits.clearance_notes(),
    "sancrt-fx-form-request": permits.form_requests(),
    "sancrt-fx-form": permits.forms(),
    "regent-registration": permits.registrations(),
    "gesmes-request": permits.figures_requests(),
    "gesmes-data": permits.figures(),
    "aperak-answer": permits.refusals(),
}


@pytest.mark.parametrize("guide", KINDS)
def test_what_is_sent_is_in_order_and_read_as_it_was(guide: str) -> None:
    @settings(max_examples=25)
    @given(KINDS[guide])
    def check(value: Any) -> None:
        assert type(value).parse(arrived(value, guide)) == value

    check()


@pytest.mark.parametrize("guide", KINDS)
def test_any_soup_of_segments_is_a_value_or_unreadable(guide: str) -> None:
    @settings(max_examples=25)
    @given(KINDS[guide], st.data())
    def check(value: Any, data: st.DataObject) -> None:
        message = as_read(value)
        soup = replace(message, segments=mutated(message.segments, data))
        try:
            found = type(value).parse(soup)
        except Unreadable as unreadable:
            assert all(each.code and each.text_en and each.text_zh for each in unreadable.complaints)  # noqa: PT017
        else:
            assert type(value).parse(as_read(found)) == found

    check()
