"""Queries that run while the hub works use an index: none walks a table that grows for ever. SQLite tells its plans; the indexes are PostgreSQL's too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from tests.store.builders import NOW, accept, acceptance, rejection
from tests.store.conftest import Clock
from vanhub.store import Store, deliveries, interchanges, journal
from vanhub.values.acceptance import Answer
from vanhub.values.delivery import ContentRef, DeliveryState, Slot
from vanhub.values.records import InterchangeFilter

LEASE = {"lease_until": NOW + timedelta(minutes=1), "now": NOW, "actor": "customs"}


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("plans")
    with closing(Store.open(f"sqlite:///{folder}/vanhub.db", folder / "content", clock=Clock())) as store:
        for number in range(3):
            accept(store, number)
        yield store


class _Explained(Exception):
    def __init__(self, steps: list[str]) -> None:
        self.steps = steps


def plan_of(store: Store, job: Callable[..., Any], *arguments: Any, **more: Any) -> list[str]:
    """What SQLite says that it does for every SELECT, UPDATE and DELETE of the job."""

    def explained(conn: Connection) -> None:
        steps: list[str] = []

        @event.listens_for(conn, "before_cursor_execute")
        def explain(_conn: Connection, cursor: Any, statement: str, parameters: Any, _context: object, executemany: bool) -> None:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                each = parameters[0] if executemany else parameters
                rows = cursor.connection.cursor().execute("EXPLAIN QUERY PLAN " + statement, each)
                steps.extend(row[3] for row in rows)

        job(conn, *arguments, **more)
        # Undo it: the store is shared.
        raise _Explained(steps)

    with pytest.raises(_Explained) as explanation:
        store.call(explained)
    return explanation.value.steps


def found(**terms: Any) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    return interchanges.find_interchanges, (InterchangeFilter(**terms),), {}


REF = ContentRef("20261121", "00000001", 0, 10)
JOBS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = {
    "repeat": (interchanges.accept, (acceptance(1, id="again"),), {"refs": (REF,)}),
    "window": (interchanges.accept, (acceptance(1, b"x", id="later", deliveries=(), duplicate_since=NOW + timedelta(days=1)),), {"refs": (REF,)}),
    "rejection": (interchanges.accept, (rejection(9),), {"refs": (REF,)}),
    "owns_large": (interchanges.owns_large, ("20261121", "large-00000001"), {}),
    "newest": found(),
    "page": found(after="i1"),
    "of a principal": found(principal="trader"),
    "of a sender": found(sender="TRADER:ZZ"),
    "to a recipient": found(recipient="CUSTOMS"),
    "by reference": found(reference="R1"),
    "by message reference": found(message_reference="M1"),
    "by message type": found(message_type="CUSDEC"),
    "by document number": found(number="DOC1"),
    "by mailbox": found(mailbox="customs"),
    "visible": found(visible_to="customs", since=NOW, until=NOW),
    "may_see": (interchanges.may_see, ("customs", "i1"), {}),
    "trace": (interchanges.trace, ("i1",), {}),
    "acknowledgement": (interchanges.get_acknowledgement, ("i1",), {}),
    "acknowledgements": (interchanges.list_acknowledgements, ("trader",), {"since": NOW, "after": "i2"}),
    "waiting": (deliveries.list_deliveries, ("customs",), {"state": DeliveryState.AVAILABLE}),
    "all": (deliveries.list_deliveries, ("customs",), {}),
    "claim": (deliveries.claim, ("customs", Slot.PRODUCTION, ["a", "b"]), LEASE),
    "claim_one": (deliveries.claim_one, ("d1-customs-production", "a"), LEASE),
    "lose_leases": (deliveries.lose_leases, (NOW,), {}),
    "expire": (deliveries.expire, (NOW,), {}),
    "collected": (deliveries.collected, ("customs",), {"since": NOW}),
    "content": (deliveries.get_content, ("d1-customs-production",), {}),
    "answer": (deliveries.answer, ("customs", [Answer("R1", True)]), {"by": "i9", "now": NOW, "actor": "customs"}),
    "journal": (journal.list_leaves, (), {"after": 5}),
    "journal of one": (journal.list_leaves, (), {"subject": "i1"}),
}


@pytest.mark.parametrize("name", JOBS)
def test_no_growing_table_is_walked(sqlite_store: Store, name: str) -> None:
    job, arguments, more = JOBS[name]
    steps = plan_of(sqlite_store, job, *arguments, **more)
    assert steps
    # Interchanges newest first are a walk along an index that ends at the limit, not a walk of the table.
    # anon_*: the rows of a subquery, which has a limit of its own.
    assert [step for step in steps if step.startswith("SCAN") and "ix_interchange_received_at_id" not in step and "anon_" not in step] == []
