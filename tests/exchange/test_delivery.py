"""The delivery's state table: every state with every verb either moves or is refused, and the drawing is the table."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from vanhub.exchange.delivery import FIRST, TRANSITIONS, Verb, render_drawing
from vanhub.values.delivery import DeliveryState

PAGE = Path(__file__).resolve().parents[2] / "docs" / "states.md"

# What each state allows; all the rest is refused.
EXPECTED: dict[str, dict[str, str]] = {
    "held": {"free": "available", "refuse": "refused", "expire": "expired"},
    "available": {"claim": "claimed", "expire": "expired"},
    "claimed": {"commit": "delivered", "release": "available", "extend": "claimed", "answer": "answered", "lose": "available", "quarantine": "quarantined"},
    "delivered": {"commit": "delivered", "answer": "answered", "redeliver": "available"},
    "answered": {"commit": "answered", "answer": "answered", "redeliver": "available"},
    "quarantined": {"free": "available", "expire": "expired"},
    "refused": {},
    "expired": {"redeliver": "available"},
}


@pytest.mark.parametrize(("state", "verb"), list(itertools.product(DeliveryState, Verb)))
def test_every_state_with_every_verb_moves_or_is_refused(state: DeliveryState, verb: Verb) -> None:
    assert TRANSITIONS.get((state, verb)) == EXPECTED[state].get(verb)


def test_no_delivery_is_ever_stuck() -> None:
    """From every state but one a delivery can be collected; nothing but its owner's act delivers it. What an operator refused stays refused."""
    reached = {*FIRST}
    while more := {after for (state, _), after in TRANSITIONS.items() if state in reached} - reached:
        reached |= more
    assert reached == set(DeliveryState)
    for state in set(DeliveryState) - {DeliveryState.REFUSED}:
        ways = {state}
        while more := {after for (of, _), after in TRANSITIONS.items() if of in ways} - ways:
            ways |= more
        assert DeliveryState.DELIVERED in ways
    delivering = {verb for (state, verb), after in TRANSITIONS.items() if after in {"delivered", "answered"} and state not in {"delivered", "answered"}}
    assert delivering == {Verb.COMMIT, Verb.ANSWER}


def test_the_drawing_has_every_transition_and_is_the_one_on_the_page() -> None:
    drawn = {
        (before, verb): after
        for before, after, verbs in re.findall(r"^    (\w+) --> (\w+): (.+)$", render_drawing(), re.MULTILINE)
        for verb in verbs.split(", ")
    }
    assert drawn == {(str(state), str(verb)): str(after) for (state, verb), after in TRANSITIONS.items()}
    assert f"```mermaid\n{render_drawing()}\n```\n" in PAGE.read_text(encoding="utf-8")


def test_the_table_on_the_page_is_the_table() -> None:
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    table = {row[0]: {verb: after for verb, after in zip(header[1:], row[1:], strict=True) if after} for row in rows}
    assert table == EXPECTED
