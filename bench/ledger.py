"""Postings and look-ups a second in an agency's ledgers, in one process, on a SQLite file.

A licence of one line is issued, a declaration under it reserves a quantity and a use, is released, and every tenth is deleted again; each posting moves in two balances. One transaction for
every 50 postings, about what an agency works off in a round. Yardsticks of the same run: bare SQLite writing as many rows in as many transactions, and finding one by its key.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy import Connection, select

from bench import Figure
from vanhub.agencies.frame.store import open_store
from vanhub.agencies.ledger import accounts
from vanhub.agencies.ledger.posting import Account, Part, commit, issue, reserve
from vanhub.agencies.ledger.tables import metadata, posting
from vanhub.agencies.ledger.verify import find_violations

LICENCES = 4_000
IN_A_TRANSACTION = 50
LOOK_UPS = 5_000
# A posting of two balances: its own row, four entries and four accounts.
ROWS_A_POSTING = 9


def work(conn: Connection, number: int) -> int:
    """All that happens to one licence; how many postings that are."""
    owner, document = f"06-AB-{number:06d}", f"declaration {number}"
    line, uses = ("licence", f"{owner}/1", "KGM"), ("licence", owner, "USE")
    taken = Decimal(number % 900 + 1) / 8
    accounts.post(conn, f"licence {owner}", "issued", (issue(*line, Decimal(1000)), issue(*uses, Decimal(12))), number)
    accounts.post(conn, document, "reserved", (reserve(*line, taken), reserve(*uses, Decimal(1))), number)
    accounts.post(conn, document, "released", (commit(*line, taken), commit(*uses, Decimal(1))), number)
    if number % 10:
        return 3
    accounts.reverse(conn, document, "deleted", number)
    return 5


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{folder}/agency.db")
        metadata.create_all(engine)
        numbers = iter(range(1, LICENCES + 1))
        postings, begun = 0, time.perf_counter()
        while batch := list(islice(numbers, IN_A_TRANSACTION // 3)):
            with engine.begin() as conn:
                postings += sum(work(conn, number) for number in batch)
        yield Figure(
            "postings", postings / (time.perf_counter() - begun), "/s", goal=2_000, detail=f"{postings:,} postings, {IN_A_TRANSACTION} in a transaction"
        )
        yield Figure("rows as many, bare SQLite", _rows(Path(folder) / "bare.db", postings), "/s", detail="yardstick: postings' worth of rows")
        rng = Random(0)
        with engine.connect() as conn:
            begun = time.perf_counter()
            for _ in range(LOOK_UPS):
                accounts.balance(conn, Account("licence", f"06-AB-{rng.randint(1, LICENCES):06d}", "USE", Part.AVAILABLE))
            yield Figure("balance look-up", (time.perf_counter() - begun) / LOOK_UPS * 1e6, "us")
        yield Figure("one row by its key, bare SQLite", _look_up(Path(folder) / "bare.db", postings), "us", detail="yardstick")
        with engine.connect() as conn:
            begun = time.perf_counter()
            violations = list(find_violations(conn, select(posting.c.event)))
            seconds = time.perf_counter() - begun
        if violations:
            raise AssertionError(violations[:3])
        yield Figure("verify", postings / seconds, "/s", detail="postings with their entries, digests and balances")
        engine.dispose()


def _rows(path: Path, postings: int) -> float:
    """Postings' worth of rows a second."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("CREATE TABLE row (owner TEXT PRIMARY KEY, amount INTEGER)")
        begun = time.perf_counter()
        for first in range(0, postings, IN_A_TRANSACTION):
            conn.execute("BEGIN IMMEDIATE")
            for number in range(first * ROWS_A_POSTING, min(first + IN_A_TRANSACTION, postings) * ROWS_A_POSTING):
                conn.execute("INSERT INTO row VALUES (?, ?)", (f"06-AB-{number:06d}", number))
            conn.execute("COMMIT")
        return postings / (time.perf_counter() - begun)


def _look_up(path: Path, postings: int) -> float:
    """Microseconds."""
    rng = Random(0)
    with closing(sqlite3.connect(path)) as conn:
        begun = time.perf_counter()
        for _ in range(LOOK_UPS):
            conn.execute("SELECT amount FROM row WHERE owner = ?", (f"06-AB-{rng.randrange(postings * ROWS_A_POSTING):06d}",)).fetchone()
        return (time.perf_counter() - begun) / LOOK_UPS * 1e6
