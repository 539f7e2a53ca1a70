"""An agency's database: connections, and whose it is.

SQLite: WAL with ``synchronous=FULL`` (what the hub is told to be safe survives a power cut), one writer. PostgreSQL: as it comes; the home's lock keeps a second writer away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from vanhub.agencies.frame.tables import store
from vanhub.agencies.ledger.tables import metadata
from vanhub.errors import OperatorError

_BUSY_TIMEOUT_MS = 60_000
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def open_store(url: str, *, reading: bool = False) -> Engine:
    """An engine for the store at ``url``; a new SQLite file is readable for its owner only.

    Raises:
        OperatorError: the URL is of no database that an agency can use, or there is none to read.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise OperatorError(f"the store URL {url!r} cannot be read; write sqlite:////PATH or postgresql+psycopg://USER@HOST/NAME") from None
    if parsed.drivername == "sqlite" and parsed.database:
        path = Path(parsed.database)
        if reading and not path.exists():
            raise OperatorError(f"there is no store {path} yet: `vanhub agency run` or `load` makes it")
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise OperatorError(f"the store {path} cannot be opened: {error.strerror}") from error
        engine = create_engine(parsed)
        _take_over_transactions(engine, reading=reading)
        return engine
    if parsed.drivername == "postgresql+psycopg":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if reading else {}
        try:
            return create_engine(parsed, pool_pre_ping=True, execution_options=options)
        except (ImportError, NoSuchModuleError):
            raise OperatorError("the store URL names PostgreSQL, but psycopg is not installed: pip install 'vanhub[postgresql]'") from None
    raise OperatorError(f"the store cannot be kept in {parsed.drivername!r}; write sqlite:////PATH or postgresql+psycopg://USER@HOST/NAME")


def _take_over_transactions(engine: Engine, *, reading: bool) -> None:
    """Begin transactions ourselves: the driver would begin at the first write only."""

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def require_store(engine: Engine, agency: str, slot: str, now: datetime) -> None:
    """Make the tables where there are none, and see that they are this agency's.

    The series of references is made of the moment: a store that is made anew does not use the references of the one before.

    Raises:
        OperatorError: the store is another agency's, has other traffic, or cannot be read.
    """
    with understandable(engine), engine.begin() as conn:
        metadata.create_all(conn)
        if conn.execute(select(store)).one_or_none() is None:
            conn.execute(insert(store), {"agency": agency, "slot": slot, "series": _series(now)})
        require_own(conn, agency, slot)


def require_own(conn: Connection, agency: str, slot: str) -> None:
    """Raises ``OperatorError`` where the store is another agency's, or has other traffic."""
    found = conn.execute(select(store)).one_or_none()
    if found is None:
        raise OperatorError(f"{conn.engine.url} is the store of nobody yet: `vanhub agency run` or `load` makes it that of {agency}")
    if (found.agency, found.slot) != (agency, slot):
        raise OperatorError(
            f"{conn.engine.url} is the store of {found.agency} for {found.slot} traffic, not of {agency} for {slot}: name another with `store` in agency.toml"
        )


class UnreadableStore(OperatorError):
    """The database cannot be reached, is damaged, or has none of an agency's tables."""


@contextmanager
def understandable(engine: Engine) -> Iterator[None]:
    """What the database finds is told in one sentence: ``UnreadableStore``."""
    try:
        yield
    except DatabaseError as error:
        raise UnreadableStore(f"the store {engine.url} cannot be read: {error.orig}") from error


def _series(now: datetime) -> str:
    """Six characters that grow with the seconds."""
    number, text = int(now.timestamp()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
