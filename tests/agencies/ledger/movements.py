"""Ledgers to test with: a database in memory, and moves of all kinds on a few balances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from vanhub.agencies.ledger.posting import Part, Transfer, from_millionths
from vanhub.agencies.ledger.tables import metadata

BALANCES = [("licence", "06-AB-300123/1", "KGM"), ("licence", "06-AB-300123", "USE"), ("licence", "06-AB-300124/1", "KGM"), ("tax", "B5301", "CNY")]

amounts = st.one_of(st.integers(1, 3).map(Decimal), st.integers(1, 3_000_000).map(from_millionths))
"""Small, so that balances are often spent, or with all six decimals."""


@st.composite
def _transfers(draw: st.DrawFn) -> Transfer:
    book, owner, unit = draw(st.sampled_from(BALANCES))
    # Half of them put something in, or nothing would ever be there to move.
    source, target = draw(st.one_of(st.just((Part.ISSUED, Part.AVAILABLE)), st.permutations(list(Part)).map(lambda parts: (parts[0], parts[1]))))
    return Transfer(book, owner, unit, draw(amounts), source, target)


transfers = _transfers()

documents = st.sampled_from(["declaration 1", "declaration 2", "licence 06-AB-300123"])


@contextmanager
def ledger(url: str = "sqlite://") -> Iterator[Connection]:
    """A connection to an empty ledger, in a transaction."""
    engine = create_engine(url)
    with engine.begin() as conn:
        metadata.create_all(conn)
        yield conn
    engine.dispose()
