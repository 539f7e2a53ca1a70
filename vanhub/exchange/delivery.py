"""The life of a delivery: everything about its states is in this table.

The state is a column of the store; a change is ``UPDATE ... WHERE state = ?`` with a look at the row count. The jobs of the store follow the table, which
their tests compare pair by pair, and the drawing in the documentation is made from it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

from vanhub.values.delivery import DeliveryState


class Verb(enum.StrEnum):
    """What can happen to a delivery. By its owner: claim, commit, release, extend, answer. By time: lose, quarantine, expire. By an operator: free, refuse, redeliver."""

    CLAIM = "claim"
    COMMIT = "commit"
    RELEASE = "release"
    EXTEND = "extend"
    ANSWER = "answer"
    LOSE = "lose"
    QUARANTINE = "quarantine"
    EXPIRE = "expire"
    FREE = "free"
    REFUSE = "refuse"
    REDELIVER = "redeliver"


_H, _A, _C, _D, _N, _Q, _R, _X = (
    DeliveryState.HELD,
    DeliveryState.AVAILABLE,
    DeliveryState.CLAIMED,
    DeliveryState.DELIVERED,
    DeliveryState.ANSWERED,
    DeliveryState.QUARANTINED,
    DeliveryState.REFUSED,
    DeliveryState.EXPIRED,
)

TRANSITIONS: Mapping[tuple[DeliveryState, Verb], DeliveryState] = MappingProxyType(
    {
        # Messages that break their recipient's guide, where its route says that an operator is to look at them first.
        (_H, Verb.FREE): _A,
        (_H, Verb.REFUSE): _R,
        (_H, Verb.EXPIRE): _X,
        (_A, Verb.CLAIM): _C,
        (_A, Verb.EXPIRE): _X,
        # A claim ends by its token: commit, release and extend with another are refused before this table is asked.
        (_C, Verb.COMMIT): _D,
        (_C, Verb.RELEASE): _A,
        (_C, Verb.EXTEND): _C,
        # The owner's CONTRL ends the claim too: it proves the pickup.
        (_C, Verb.ANSWER): _N,
        # The lease ran out; once too often, and the delivery steps aside so that it holds up no other.
        (_C, Verb.LOSE): _A,
        (_C, Verb.QUARANTINE): _Q,
        # The same commit again is answered alike: its first answer may have been lost on the way.
        (_D, Verb.COMMIT): _D,
        (_D, Verb.ANSWER): _N,
        (_D, Verb.REDELIVER): _A,
        (_N, Verb.COMMIT): _N,
        (_N, Verb.ANSWER): _N,
        (_N, Verb.REDELIVER): _A,
        (_Q, Verb.FREE): _A,
        (_Q, Verb.EXPIRE): _X,
        (_X, Verb.REDELIVER): _A,
    }
)
"""State and verb -> next state. A pair that is not here is refused with ``Conflict`` and changes nothing."""

FIRST = (DeliveryState.AVAILABLE, DeliveryState.HELD)


def render_drawing() -> str:
    """The table as a Mermaid state diagram, one arrow for each pair of states."""
    arrows: dict[tuple[DeliveryState, DeliveryState], list[str]] = {}
    for (state, verb), after in TRANSITIONS.items():
        arrows.setdefault((state, after), []).append(verb)
    lines = [
        "stateDiagram-v2",
        *(f"    [*] --> {state}" for state in FIRST),
        *(f"    {state} --> {after}: {', '.join(verbs)}" for (state, after), verbs in arrows.items()),
    ]
    return "\n".join(lines)
