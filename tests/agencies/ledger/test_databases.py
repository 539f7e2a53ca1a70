"""Both databases keep the same ledgers, and refuse the same behind the program's back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.exc import IntegrityError

from tests.agencies.ledger.movements import ledger
from tests.agencies.ledger.test_verify import LINE, USES, fill
from tests.store.conftest import cluster, empty_url  # noqa: F401 - fixtures
from vanhub.agencies.ledger import accounts
from vanhub.agencies.ledger.errors import Overdrawn
from vanhub.agencies.ledger.posting import MOST, issue, reserve
from vanhub.agencies.ledger.show import Balance, Posting, list_balances, list_postings
from vanhub.agencies.ledger.tables import metadata, posting
from vanhub.agencies.ledger.verify import find_violations


def shown(conn: Connection) -> tuple[list[Balance], list[Posting], list[str]]:
    # Letters, digits and signs in the order of their code points, whatever the database's language.
    for owner in ("b", "B", "a-1", "a1", "海"):
        accounts.post(conn, owner, "issued", (issue("licence", owner, "KGM", MOST),), 7)
    return list(list_balances(conn)), list(list_postings(conn)), list(find_violations(conn, select(posting.c.event)))


def test_both_hold_the_same(empty_url: str) -> None:  # noqa: F811
    with ledger() as conn:
        fill(conn)
        model = shown(conn)
    engine = create_engine(empty_url)
    with engine.begin() as conn:
        metadata.create_all(conn)
        fill(conn)
        with pytest.raises(Overdrawn):
            accounts.post(conn, "declaration 4", "reserved", (reserve(*LINE, Decimal(1)), reserve(*USES, Decimal(12))), 8)
        assert shown(conn) == model
        conn.execute(text("UPDATE entry SET amount = 5 WHERE posting = 6 AND line = 1"))
        assert list(find_violations(conn, select(posting.c.event).where(posting.c.event != 1))) == [
            "posting 6 does not add up to nothing: licence 06-AB-300123/1 gets 0.000004 KGM",
            "posting 6 is not as it was written",
            "licence 06-AB-300123/1 reserved KGM has 0.000001, its entries add up to 0.000005",
            "posting 1 has nothing behind it: no event 1 was worked off",
        ]
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET balance = -1 WHERE part = 'available'",
        "UPDATE account SET balance = 9000000000000000001 WHERE id = 1",
        "UPDATE entry SET amount = 0 WHERE posting = 1",
        "INSERT INTO account SELECT 99, book, owner, unit, part, balance FROM account WHERE id = 1",
        "UPDATE posting SET reverses = 3 WHERE number = 6",
    ],
)
def test_both_refuse_what_cannot_be(empty_url: str, statement: str) -> None:  # noqa: F811
    engine = create_engine(empty_url)
    with engine.begin() as conn:
        metadata.create_all(conn)
        fill(conn)
        with pytest.raises(IntegrityError):
            conn.execute(text(statement))
        conn.rollback()
    engine.dispose()
