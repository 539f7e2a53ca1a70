"""Statements of the acceptance, compiled once and given straight to the driver.

SQLAlchemy spends some 80 microseconds on each execution, which at seven statements for each acceptance is most of its time. A ``Prepared`` is a Core statement like any
other, with the same column types, errors and transactions; only the way to the driver is shorter. Everything that is not run for each interchange stays with Core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

_Row = Mapping[str, Any]


class Prepared:
    """An INSERT of the columns ``names``."""

    def __init__(self, statement: Insert, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = list(names)
        self._compiled: dict[str, tuple[str, Callable[[_Row], Any]]] = {}

    def one(self, conn: Connection, row: _Row) -> int:
        """Insert ``row``, which has every one of the columns; returns how many rows were written."""
        sql, parameters = self._for(conn.dialect)
        return run(conn, sql, parameters(row))

    def many(self, conn: Connection, rows: Sequence[_Row]) -> None:
        """Insert ``rows``."""
        if len(rows) == 1:
            self.one(conn, rows[0])
        elif rows:
            sql, parameters = self._for(conn.dialect)
            with _Cursor(conn, sql) as cursor:
                cursor.executemany(sql, [parameters(row) for row in rows])

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[_Row], Any]]:
        """The text, and how a row becomes the driver's parameters."""
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._names)
            processors = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
            steps = [(name, processors[name]) for name in compiled.positiontup or self._names]

            def positional(row: _Row) -> tuple[Any, ...]:
                return tuple([row[name] if process is None else process(row[name]) for name, process in steps])

            def named(row: _Row) -> dict[str, Any]:
                return {name: row[name] if process is None else process(row[name]) for name, process in steps}

            found = self._compiled[dialect.name] = (str(compiled), positional if compiled.positional else named)
        return found


def run(conn: Connection, sql: str, parameters: Any = ()) -> int:
    """Run ``sql`` on the connection's driver; returns the number of rows that it wrote. Raises SQLAlchemy's errors as Core does."""
    with _Cursor(conn, sql) as cursor:
        cursor.execute(sql, parameters)
        count: int = cursor.rowcount
        return count


class _Cursor:
    """A cursor of the driver whose errors are SQLAlchemy's."""

    __slots__ = ("_conn", "_cursor", "_sql")

    def __init__(self, conn: Connection, sql: str) -> None:
        self._conn = conn
        self._sql = sql

    def __enter__(self) -> Any:
        self._cursor = self._conn.connection.cursor()
        return self._cursor

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._cursor.close()
        module = self._conn.dialect.loaded_dbapi
        if isinstance(error, module.Error):
            raise DBAPIError.instance(self._sql, None, error, module.Error, hide_parameters=True, dialect=self._conn.dialect) from error
