"""What stands behind an event is told by its kind; an event whose source is gone has nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.agencies.frame.shop import Shop, interchange
from vanhub.agencies.frame.behind import describe_event, with_something_behind
from vanhub.agencies.frame.inbox import Inbox

AT = {"at": "2006-03-20T01:00:00Z"}
LATER = {"at": "2006-03-20T03:00:00Z"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """With an event of each kind: three messages (one is parked, one asks for a reminder), two rows, an instruction, the deadline, the reminder, and a message that fails."""
    shop = Shop.open(tmp_path)
    shop.receive(interchange("I1", "OPEN-A", "ADD-B-1", "CHECK-A"))
    shop.ask("load", b"name,amount\nC,1\nD,2\n", {"file": "sums.csv"})
    shop.instruct("note", name="A", text="hello")
    shop.wait(hours=2)
    shop.receive(interchange("I2", "FAIL-A"))
    yield shop
    shop.engine.dispose()


def behind(shop: Shop) -> list[dict[str, Any]]:
    with shop.engine.connect() as conn:
        inbox = Inbox(conn)
        return [describe_event(conn, inbox, number) for number in range(1, len(shop.events) + 2)]


def backed(shop: Shop, *changes: str) -> list[int]:
    with shop.engine.begin() as conn:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for change in changes:
            conn.execute(text(change))
        found = sorted(number for (number,) in conn.execute(with_something_behind()))
        conn.rollback()
    return found


def test_each_kind_is_told(shop: Shop) -> None:
    came = {"kind": "message", "delivery": "D1", "interchange": "I1", "sender": "TRADER:ZZZ", "type": "CUSRES"}
    assert behind(shop) == [
        {"event": 1, **AT, **came, "message": "1", "number": "OPEN-A"},
        {"event": 2, **AT, **came, "message": "2", "number": "ADD-B-1"},
        {"event": 3, **AT, **came, "message": "3", "number": "CHECK-A"},
        {"event": 4, **AT, "kind": "row", "file": "sums.csv", "line": 2},
        {"event": 5, **AT, "kind": "row", "file": "sums.csv", "line": 3},
        {"event": 6, **AT, "kind": "instruction", "verb": "note", "words": {"name": "A", "text": "hello"}},
        {"event": 7, **LATER, "kind": "reminder", "subject": "check", "key": "A"},
        {"event": 8, **LATER, "kind": "deadline", "parked": 2},
        {"event": 9, **LATER, **came, "delivery": "D2", "interchange": "I2", "message": "1", "number": "FAIL-A"},
        {"event": 10},
    ]


def test_what_failed_or_lost_its_source_has_nothing_behind_it(shop: Shop) -> None:
    assert backed(shop) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert backed(shop, "DELETE FROM delivery WHERE id = 'D1'") == [4, 5, 6, 7, 8]
    assert backed(shop, "DELETE FROM request WHERE verb = 'load'") == [1, 2, 3, 6, 7, 8]
    assert backed(shop, "DELETE FROM request WHERE verb = 'instruct'") == [1, 2, 3, 4, 5, 7, 8]
    assert backed(shop, "DELETE FROM event WHERE number = 2") == [1, 3, 4, 5, 6, 7]
