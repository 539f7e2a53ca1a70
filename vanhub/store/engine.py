"""Connections to the database, and what its errors mean to the hub.

SQLite: WAL with ``synchronous=FULL`` (an acknowledged commit survives a power cut), ``BEGIN IMMEDIATE`` for writing (a read snapshot cannot be
upgraded), foreign keys on. PostgreSQL: read committed for writing. Readers see one snapshot per read and cannot write, on both.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from vanhub.errors import DiskFull, OperatorError, StoreUnavailable

_BUSY_TIMEOUT_MS = 10_000
_CHECKPOINT_PAGES = 4_000
_CACHE_KIB = {"writing": 32_768, "reading": 8_192}
_PG_DISK_FULL = "53100"
_PG_AGAIN = {"40001", "40P01"}


def open_engine(url: str, *, reading: bool, connections: int = 1) -> Engine:
    """An engine for ``url`` that keeps up to ``connections`` connections.

    Raises:
        OperatorError: the URL is of no database that the hub can use, or SQLite's file cannot be made.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise OperatorError(f"the store URL {url!r} cannot be read; write sqlite:////PATH or postgresql+psycopg://USER@HOST/NAME") from None
    if parsed.drivername == "sqlite" and parsed.database:
        try:
            Path(parsed.database).touch(mode=0o600)
        except OSError as error:
            raise OperatorError(f"the store {url} cannot be opened: {error.strerror}") from error
        engine = create_engine(parsed, pool_size=connections, max_overflow=0)
        _take_over_transactions(engine, reading=reading)
        return engine
    if parsed.drivername == "postgresql+psycopg":
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if reading else {}
        try:
            return create_engine(parsed, pool_size=connections, max_overflow=0, pool_pre_ping=True, execution_options=options)
        except (ImportError, NoSuchModuleError):
            raise OperatorError("the store URL names PostgreSQL, but psycopg is not installed: pip install 'vanhub[postgresql]'") from None
    raise OperatorError(f"the store cannot be kept in {parsed.drivername!r}; write sqlite:////PATH or postgresql+psycopg://USER@HOST/NAME")


def _take_over_transactions(engine: Engine, *, reading: bool) -> None:
    """Begin transactions ourselves: the driver would begin at the first write only, and a check before it would not be part of the transaction."""

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB['reading' if reading else 'writing']}")
        connection.execute(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def translated(error: Exception) -> Exception:
    """What an error of the database or the disk is to whoever asked: ``DiskFull`` or ``StoreUnavailable``, with the error as cause; any other is itself."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    if isinstance(error, OSError):
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    elif isinstance(error, NoConnection):
        full = False
    elif isinstance(error, OperationalError | InterfaceError | InternalError) and code != sqlite3.SQLITE_ERROR:
        full = code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _PG_DISK_FULL
    else:
        # SQLITE_ERROR is a statement that cannot be run: a bug, like PostgreSQL's ProgrammingError.
        return error
    failure = DiskFull("the disk that holds the store is full") if full else StoreUnavailable("the store's database or disk failed or does not answer")
    failure.__cause__ = error
    return failure


def is_overtaken(error: Exception) -> bool:
    """PostgreSQL undid the job for the sake of another transaction (deadlock, serialisation): run again, it may succeed."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _PG_AGAIN
