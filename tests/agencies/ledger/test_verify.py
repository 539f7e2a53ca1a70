"""Whatever is changed in a ledger behind its back is found, and named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, column, select, table
from sqlalchemy.exc import IntegrityError

from tests.agencies.ledger.movements import ledger
from vanhub.agencies.ledger import accounts
from vanhub.agencies.ledger.posting import commit, issue, reserve
from vanhub.agencies.ledger.tables import posting
from vanhub.agencies.ledger.verify import find_violations

LINE = ("licence", "06-AB-300123/1", "KGM")
USES = ("licence", "06-AB-300123", "USE")


def fill(conn: Connection) -> None:
    """Six postings: a licence, two declarations under it, one of them released and the other deleted again.

    Accounts: 1 and 2 what is issued and available of the line, 3 and 4 of the uses, 5 and 6 what is reserved of them, 7 and 8 used.
    """
    accounts.post(conn, "licence 06-AB-300123", "issued", (issue(*LINE, Decimal(1000)), issue(*USES, Decimal(12))), 1)
    accounts.post(conn, "declaration 1", "reserved", (reserve(*LINE, Decimal("100.5")), reserve(*USES, Decimal(1))), 2)
    accounts.post(conn, "declaration 2", "reserved", (reserve(*LINE, Decimal(30)), reserve(*USES, Decimal(1))), 3)
    accounts.post(conn, "declaration 1", "released", (commit(*LINE, Decimal("100.5")), commit(*USES, Decimal(1))), 4)
    accounts.reverse(conn, "declaration 2", "deleted", 5)
    accounts.post(conn, "declaration 3", "reserved", (reserve(*LINE, Decimal("0.000001")),), 6)


EVENTS = select(table("worked_off", column("number")).c.number)


@contextmanager
def filled() -> Iterator[Connection]:
    """Events 1 to 7 were worked off. SQLite's own finding of a broken constraint is left out: there are databases without the constraints."""
    with ledger() as conn:
        fill(conn)
        conn.exec_driver_sql("CREATE TABLE worked_off (number INTEGER PRIMARY KEY)")
        conn.exec_driver_sql("INSERT INTO worked_off VALUES (1), (2), (3), (4), (5), (6), (7)")
        conn.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        yield conn


def violations(*changes: str) -> list[str]:
    """What is found after these changes."""
    with filled() as conn:
        for change in changes:
            conn.exec_driver_sql(change)
        return list(find_violations(conn, EVENTS))


def test_all_is_well_with_what_was_posted() -> None:
    assert violations() == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            ["UPDATE account SET balance = balance + 1 WHERE id = 7"],
            ["licence 06-AB-300123/1 used KGM has 100.500001, its entries add up to 100.5"],
        ),
        (
            ["UPDATE account SET balance = -balance WHERE id IN (1, 8)"],
            [
                "licence 06-AB-300123/1 issued KGM is positive: 1000",
                "licence 06-AB-300123/1 issued KGM has 1000, its entries add up to -1000",
                "licence 06-AB-300123 used USE is negative: -1",
                "licence 06-AB-300123 used USE has -1, its entries add up to 1",
            ],
        ),
        (
            ["UPDATE account SET balance = 'x' WHERE id = 8"],
            ["licence 06-AB-300123 used USE: 'x' is no balance"],
        ),
        (
            ["UPDATE account SET part = 'spent' WHERE id = 8"],
            ["posting 4 is not as it was written", "licence 06-AB-300123 spent USE: 'spent' is no part of a balance"],
        ),
        (
            ["UPDATE entry SET amount = amount - 1000000 WHERE posting = 6 AND line = 0"],
            [
                "posting 6 does not add up to nothing: licence 06-AB-300123/1 gets -1 KGM",
                "posting 6 is not as it was written",
                "licence 06-AB-300123/1 available KGM has 899.499999, its entries add up to 898.499999",
            ],
        ),
        (
            ["UPDATE entry SET amount = 0 WHERE posting = 2 AND line = 3"],
            [
                "line 3 of posting 2: 0 is no amount",
                "posting 2 does not add up to nothing: licence 06-AB-300123 gets -1 USE",
                "posting 2 is not as it was written",
                "licence 06-AB-300123 reserved USE has 0, its entries add up to -1",
            ],
        ),
        (
            ["UPDATE entry SET account = 4 WHERE posting = 6 AND line = 0"],
            [
                "posting 6 does not add up to nothing: licence 06-AB-300123 gets -0.000001 USE",
                "posting 6 does not add up to nothing: licence 06-AB-300123/1 gets 0.000001 KGM",
                "posting 6 is not as it was written",
                "licence 06-AB-300123/1 available KGM has 899.499999, its entries add up to 899.5",
                "licence 06-AB-300123 available USE has 11, its entries add up to 10.999999",
            ],
        ),
        (
            ["UPDATE entry SET account = 99 WHERE posting = 6 AND line = 0"],
            [
                "line 0 of posting 6: there is no account 99",
                "posting 6 does not add up to nothing: licence 06-AB-300123/1 gets 0.000001 KGM",
                "posting 6 is not as it was written",
                "licence 06-AB-300123/1 available KGM has 899.499999, its entries add up to 899.5",
            ],
        ),
        (
            ["DELETE FROM entry WHERE posting = 6"],
            [
                "posting 6 has no entries",
                "posting 6 is not as it was written",
                "licence 06-AB-300123/1 available KGM has 899.499999, its entries add up to 899.5",
                "licence 06-AB-300123/1 reserved KGM has 0.000001, its entries add up to 0",
            ],
        ),
        (
            ["UPDATE entry SET line = 7 WHERE posting = 6 AND line = 0"],
            ["posting 6 has the lines 1, 7, not 0 to 1", "posting 6 is not as it was written"],
        ),
        (
            ["DELETE FROM posting WHERE number = 2"],
            ["posting 2 is missing", *(f"line {line} of posting 2: there is no such posting" for line in range(4))],
        ),
        (
            ["UPDATE posting SET number = 9 WHERE number = 6", "UPDATE entry SET posting = 9 WHERE posting = 6"],
            ["postings 6 to 8 are missing"],
        ),
        (
            ["UPDATE posting SET event = 77 WHERE number = 4"],
            ["posting 4 is not as it was written", "posting 4 has nothing behind it: no event 77 was worked off"],
        ),
        (["DELETE FROM worked_off WHERE number = 1"], ["posting 1 has nothing behind it: no event 1 was worked off"]),
        (["UPDATE posting SET reverses = NULL WHERE number = 5"], ["posting 5 is not as it was written"]),
        (["UPDATE posting SET digest = 'x' WHERE number = 3"], ["posting 3 is not as it was written", "posting 4 is not as it was written"]),
        (
            ["UPDATE posting SET reverses = 1 WHERE number = 5"],
            ["posting 5 is not as it was written", "posting 5 reverses posting 1 of another document: declaration 2 and licence 06-AB-300123"],
        ),
        (["UPDATE posting SET reverses = 77 WHERE number = 5"], ["posting 5 is not as it was written", "posting 5 reverses posting 77, which does not exist"]),
        (["UPDATE posting SET reverses = 6 WHERE number = 5"], ["posting 5 is not as it was written", "posting 5 reverses posting 6, which is not before it"]),
        (
            ["UPDATE posting SET reverses = 5 WHERE number = 6"],
            ["posting 6 is not as it was written", "posting 6 reverses posting 5, which is a reversal itself"],
        ),
        (
            ["UPDATE posting SET reverses = 2, document = 'declaration 1' WHERE number = 5"],
            ["posting 5 is not as it was written", "posting 5 reverses posting 2, but its entries are not the opposite"],
        ),
        (
            [
                "DROP INDEX uq_posting_reverses",
                "INSERT INTO posting VALUES (7, 7, 'declaration 2', 'deleted', 3, '')",
                "INSERT INTO entry SELECT 7, line, account, amount FROM entry WHERE posting = 5",
            ],
            [
                "posting 7 is not as it was written",
                "licence 06-AB-300123/1 available KGM has 899.499999, its entries add up to 929.499999",
                "licence 06-AB-300123 available USE has 11, its entries add up to 12",
                "licence 06-AB-300123/1 reserved KGM has 0.000001, its entries add up to -29.999999",
                "licence 06-AB-300123 reserved USE has 0, its entries add up to -1",
                "posting 3 is reversed 2 times",
            ],
        ),
    ],
)
def test_every_change_is_named(changes: list[str], found: list[str]) -> None:
    assert violations(*changes) == found


def test_no_cell_and_no_row_can_be_another_without_being_found() -> None:
    with filled() as conn:
        tried = 0
        for each in ("account", "posting", "entry"):
            columns = [name for _, name, *_ in conn.exec_driver_sql(f"PRAGMA table_info({each})")]
            keys = [name for _, name, _, _, _, key in conn.exec_driver_sql(f"PRAGMA table_info({each})") if key]
            for row in conn.exec_driver_sql(f"SELECT {', '.join(keys)} FROM {each}").all():  # noqa: S608
                where = " AND ".join(f"{key} = {value}" for key, value in zip(keys, row, strict=True))
                values = [f"{column} = {value}" for column in columns for value in (f"coalesce({column}, 0) + 1000000007", "'x'")]
                for change in [f"DELETE FROM {each} WHERE {where}", *(f"UPDATE {each} SET {value} WHERE {where}" for value in values)]:  # noqa: S608
                    undo = conn.begin_nested()
                    try:
                        conn.exec_driver_sql(change)
                    except IntegrityError:
                        # A row number has to be a number: SQLite takes no other.
                        assert "= 'x'" in change
                    else:
                        assert list(find_violations(conn, EVENTS)), change
                        tried += 1
                    undo.rollback()
        assert tried > 250
        assert list(find_violations(conn, EVENTS)) == []


def test_the_file_itself_is_looked_at(tmp_path: Path) -> None:
    with ledger(f"sqlite:///{tmp_path}/x.db") as conn:
        fill(conn)
        conn.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        conn.exec_driver_sql("UPDATE account SET balance = -1 WHERE id = 8")
        conn.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
        first, *_ = find_violations(conn, select(posting.c.event))
        assert first == "the file is damaged: CHECK constraint failed in account"
