"""The few statements that run for every record and every row of a file, given to the database's driver itself: SQLAlchemy's part of them takes ten times as long as SQLite's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


class Driver:
    """The driver below a connection, in its transaction. Parameters stand as ``?``. Raises ``DBAPIError`` as SQLAlchemy does."""

    def __init__(self, conn: Connection) -> None:
        if not conn.in_transaction():
            conn.begin()
        self._dbapi = conn.dialect.loaded_dbapi
        self._cursor = conn.connection.cursor()
        self._placeholder = "?" if conn.dialect.paramstyle == "qmark" else "%s"

    def scalar(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        try:
            self._cursor.execute(statement.replace("?", self._placeholder), values)
            row = self._cursor.fetchone()
        except self._dbapi.Error as error:
            raise DBAPIError.instance(statement, values, error, self._dbapi.Error) from error
        return None if row is None else row[0]

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """The statement once for each row."""
        try:
            self._cursor.executemany(statement.replace("?", self._placeholder), rows)
        except self._dbapi.Error as error:
            raise DBAPIError.instance(statement, None, error, self._dbapi.Error) from error
