"""``vanhub ledger``: balances, postings with what was behind them, and what is out of order, at the home of an agency."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner

from tests.agencies.frame.shop import Shop, interchange
from tests.agencies.frame.tiny import Tiny
from vanhub.agencies.programs import PROGRAMS
from vanhub.cli.main import vanhub
from vanhub.errors import HubError, NotFound


@dataclass(frozen=True)
class Books:
    """The small agency's home."""

    path: Path

    def __call__(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(vanhub, ["ledger", *arguments, "--dir", str(self.path)])
        if isinstance(result.exception, HubError):
            raise result.exception
        assert result.exit_code == code, (result.output, result.exception)
        return result.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code))

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path / "agency.db")) as conn, conn:
            conn.execute(statement)


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Two sums were opened; one was added to twice, and one addition was taken back."""
    monkeypatch.setitem(PROGRAMS, "tiny", Tiny)
    (tmp_path / "agency.toml").write_text('agency = "tiny"\nhub = "https://localhost:1"\n[addresses]\ntiny = "TINY:ZZZ"\n', encoding="utf-8")
    shop = Shop.open(tmp_path)
    with structlog.testing.capture_logs():
        shop.receive(interchange("I1", "OPEN-A", "OPEN-A/1", "OPEN-B"))
        shop.receive(interchange("I2", "ADD-A-5.5", "ADD-A/1-7", "TAKE-A-5.5", "FAIL-X"))
    shop.engine.dispose()
    return Books(tmp_path)


def balance(owner: str, available: str, used: str) -> dict[str, str]:
    return {"book": "sum", "owner": owner, "unit": "KGM", "issued": "-1000", "available": available, "reserved": "0", "used": used, "lapsed": "0"}


def test_balances_by_their_parts(books: Books) -> None:
    every = [balance("A", "1000", "0"), balance("A/1", "993", "7"), balance("B", "1000", "0")]
    assert books.json("show") == {"balances": every}
    assert books.json("show", "sum") == {"balances": every}
    with pytest.raises(NotFound, match="there is no book licence; books: sum"):
        books("show", "licence")
    with pytest.raises(NotFound, match="there is no balance of Z in the book sum; books: sum"):
        books("show", "sum", "Z")
    assert books("show").splitlines() == [
        "book  owner  unit  issued  available  reserved  used  lapsed",
        "sum   A      KGM   -1000   1000       0         0     0",
        "sum   A/1    KGM   -1000   993        0         7     0",
        "sum   B      KGM   -1000   1000       0         0     0",
    ]


def test_an_owners_postings_with_the_messages_behind_them(books: Books) -> None:
    shown = books.json("show", "sum", "A")
    assert shown["balances"] == [balance("A", "1000", "0"), balance("A/1", "993", "7")]
    assert [(each["number"], each["document"], each["purpose"], each["reverses"], each["reversed_by"]) for each in shown["postings"]] == [
        (1, "open A", "opened", None, None),
        (2, "open A/1", "opened", None, None),
        (4, "add A-5.5", "added", None, 6),
        (5, "add A/1-7", "added", None, None),
        (6, "add A-5.5", "taken back", 4, None),
    ]
    assert shown["postings"][2]["entries"] == [
        {"owner": "A", "unit": "KGM", "part": "available", "amount": "-5.5"},
        {"owner": "A", "unit": "KGM", "part": "used", "amount": "5.5"},
    ]
    assert shown["postings"][2]["behind"] == {
        "event": 4,
        "kind": "message",
        "at": "2006-03-20T01:00:00Z",
        "delivery": "D2",
        "interchange": "I2",
        "sender": "TRADER:ZZZ",
        "message": "1",
        "type": "CUSRES",
        "number": "ADD-A-5.5",
    }
    assert [" ".join(line.split()) for line in books("show", "sum", "A").splitlines()[4:]] == [
        "posting at purpose document moves behind",
        "1 2006-03-20T01:00:00Z opened open A A KGM: issued -1000, available +1000 CUSRES OPEN-A, message 1 of interchange I1 from TRADER:ZZZ, delivery D1",
        "2 2006-03-20T01:00:00Z opened open A/1 A/1 KGM: issued -1000, available +1000 CUSRES OPEN-A/1, message 2 of interchange I1 from TRADER:ZZZ, delivery D1",
        "4 2006-03-20T01:00:00Z added add A-5.5 A KGM: available -5.5, used +5.5 CUSRES ADD-A-5.5, message 1 of interchange I2 from TRADER:ZZZ, delivery D2",
        "5 2006-03-20T01:00:00Z added add A/1-7 A/1 KGM: available -7, used +7 CUSRES ADD-A/1-7, message 2 of interchange I2 from TRADER:ZZZ, delivery D2",
        "6 2006-03-20T01:00:00Z taken back, undoes 4 add A-5.5 A KGM: used -5.5, available +5.5 "
        "CUSRES TAKE-A-5.5, message 3 of interchange I2 from TRADER:ZZZ, delivery D2",
    ]


def test_what_is_in_order(books: Books) -> None:
    assert books("verify") == "tiny: ledgers and records are in order\n"
    assert books.json("verify") == {"agency": "tiny", "violations": []}


@pytest.mark.parametrize(
    ("change", "violations"),
    [
        (
            "UPDATE account SET balance = balance - 1 WHERE owner = 'B' AND part = 'available'",
            ["sum B available KGM has 999.999999, its entries add up to 1000"],
        ),
        # The message that opened B.
        ("UPDATE event SET failure = 'lost' WHERE number = 3", ["posting 3 has nothing behind it: no event 3 was worked off"]),
        ("UPDATE posting SET event = 7 WHERE number = 6", ["posting 6 is not as it was written", "posting 6 has nothing behind it: no event 7 was worked off"]),
        (
            "UPDATE posting SET document = 'add B' WHERE number = 6",
            ["posting 6 is not as it was written", "posting 6 reverses posting 4 of another document: add B and add A-5.5"],
        ),
        ("""UPDATE record SET value = replace(value, '"7"', '"-7"') WHERE key = 'A/1'""", ["A/1 is negative"]),
    ],
)
def test_what_is_out_of_order_is_told(books: Books, change: str, violations: list[str]) -> None:
    books.change(change)
    assert books.json("verify", code=1) == {"agency": "tiny", "violations": violations}
    count = len(violations)
    assert books("verify", code=1).splitlines() == [*violations, f"tiny: {count} violation{'s' if count > 1 else ''}"]


def test_a_file_that_is_damaged_or_no_store_is_told(books: Books) -> None:
    store = books.path / "agency.db"
    octets = store.read_bytes()
    for extra in ("-wal", "-shm"):
        (books.path / f"agency.db{extra}").unlink(missing_ok=True)
    store.write_bytes(octets[:4096] + bytes(len(octets) - 4096))
    first, *_ = books.json("verify", code=1)["violations"]
    assert first.startswith(("the file is damaged: ", "the store "))
    store.write_bytes(b"this is no database, but a text of some length" * 100)
    assert books.json("verify", code=1)["violations"] == [f"the store sqlite:///{store} cannot be read: file is not a database"]
