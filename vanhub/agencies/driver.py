"""The statements that run for every event, record and posting, given to the database's driver itself: SQLAlchemy's part of them takes ten times as long as SQLite's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


class Driver:
    """The driver below a connection, in its transaction. Parameters stand as ``?``. Raises ``DBAPIError`` as SQLAlchemy does.

    ``locking``: what ends a SELECT of rows that nobody else may change meanwhile; nothing on SQLite, which has one writer.
    """

    def __init__(self, conn: Connection) -> None:
        if not conn.in_transaction():
            conn.begin()
        self._dbapi = conn.dialect.loaded_dbapi
        self._cursor = conn.connection.cursor()
        self._placeholder = "?" if conn.dialect.paramstyle == "qmark" else "%s"
        self.locking = "" if conn.dialect.name == "sqlite" else " FOR UPDATE"

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the statement returns, whole."""
        try:
            self._cursor.execute(statement.replace("?", self._placeholder), values)
            found = list(self._cursor.fetchall())
        except self._dbapi.Error as error:
            raise DBAPIError.instance(statement, values, error, self._dbapi.Error) from error
        return found

    def scalar(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.rows(statement, *values)
        return found[0][0] if found else None

    def run(self, statement: str, *values: Any) -> None:
        """A statement that returns nothing."""
        try:
            self._cursor.execute(statement.replace("?", self._placeholder), values)
        except self._dbapi.Error as error:
            raise DBAPIError.instance(statement, values, error, self._dbapi.Error) from error

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """The statement once for each row."""
        try:
            self._cursor.executemany(statement.replace("?", self._placeholder), rows)
        except self._dbapi.Error as error:
            raise DBAPIError.instance(statement, None, error, self._dbapi.Error) from error
