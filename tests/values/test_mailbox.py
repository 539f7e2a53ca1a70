"""Selections of messages: what they match, and when two of them contradict one another."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.interchanges import principal
from vanhub.values.mailbox import Mailbox, Selection
from vanhub.values.principal import Address

TYPES, DOCUMENTS, SENDERS = ("CUSDEC", "CUSCAR"), ("830", "929"), ("a", "b")
UNIVERSE = list(itertools.product((*TYPES, "OTHERS"), (*DOCUMENTS, ""), (*SENDERS, "c")))


def some(values: tuple[str, ...], least: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, unique=True).map(tuple)


selections = st.builds(Selection, some(TYPES, 1), some(DOCUMENTS, 0), some(SENDERS, 0))


@given(selections, selections)
def test_two_selections_overlap_exactly_when_some_message_matches_both_with_one_rank(one: Selection, other: Selection) -> None:
    both = any(one.matches(*message) and other.matches(*message) for message in UNIVERSE)
    assert one.overlaps(other) == other.overlaps(one) == (both and one.rank == other.rank)


@given(selections)
def test_what_is_not_named_does_not_narrow(selection: Selection) -> None:
    for type, document, sender in UNIVERSE:
        assert selection.matches(type, document, sender) == all(
            value in named or (not named and named is not selection.types)
            for value, named in ((type, selection.types), (document, selection.documents), (sender, selection.senders))
        )


def test_ranks() -> None:
    types, documents, senders, both = (
        Selection(("CUSDEC",)),
        Selection(("CUSDEC",), ("830",)),
        Selection(("CUSDEC",), (), ("a",)),
        Selection(("CUSDEC",), ("830",), ("a",)),
    )
    assert sorted([both, documents, senders, types], key=lambda selection: selection.rank) == [types, documents, senders, both]


def test_a_partners_mailbox_takes_everything_and_sorts_nothing() -> None:
    mailbox = Mailbox.of_partner(principal("relay", "RELAY:ZZZ", carries=["FAR"]))
    assert mailbox == Mailbox("relay", "Relay", "relay", (Address("RELAY", "ZZZ"), Address("FAR")))
    assert mailbox.takes_type("CUSDEC")
    assert mailbox.takes_directory("D.96B")
    assert not mailbox.wants_rejected
