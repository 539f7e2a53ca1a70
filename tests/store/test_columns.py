"""Values survive the columns, and prepared statements write what Core writes."""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from vanhub.store import Store
from vanhub.store.columns import Choice, Json, Moment, Number, RecipeText, canonical, from_microseconds, to_microseconds
from vanhub.store.prepared import Prepared, run
from vanhub.values.delivery import Slice


class Colour(enum.StrEnum):
    RED = "red"
    GREEN = "green"


sample = Table(
    "sample",
    MetaData(),
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Moment),
    Column("data", Json),
    Column("colour", Choice(Colour)),
    Column("recipe", RecipeText),
    Column("octets", LargeBinary),
    Column("words", Text, nullable=False),
    prefixes=["TEMPORARY"],
)
NAMES = ["at", "data", "colour", "recipe", "octets", "words"]
PREPARED = Prepared(insert(sample).inline(), NAMES)

moments = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8
)
pieces = st.one_of(st.binary(max_size=20), st.builds(Slice, st.integers(0, 2**40), st.integers(0, 2**40)))
rows = st.fixed_dictionaries(
    {
        "at": st.none() | moments,
        "data": st.lists(json_values, max_size=3),
        "colour": st.none() | st.sampled_from(Colour),
        "recipe": st.none() | st.lists(pieces, max_size=4).map(tuple),
        "octets": st.none() | st.binary(max_size=20),
        "words": texts,
    }
)


@given(moments)
def test_a_moment_is_exact(moment: datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment
    assert to_microseconds(moment.astimezone(timezone(timedelta(hours=8)))) == to_microseconds(moment)


@given(json_values)
def test_equal_values_have_one_text(value: Any) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())) if isinstance(value, dict) else value)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=4))
def test_prepared_statements_write_what_core_writes(store: Store, wanted: list[dict[str, Any]]) -> None:
    def job(conn: Connection) -> list[list[dict[str, Any]]]:
        conn.exec_driver_sql("DROP TABLE IF EXISTS sample")
        sample.create(conn)
        read = select(*[sample.c[name] for name in NAMES]).order_by(sample.c.number)
        conn.execute(insert(sample), wanted)
        by_core = [dict(row._mapping) for row in conn.execute(read)]
        run(conn, "DELETE FROM sample")
        PREPARED.many(conn, wanted)
        prepared = [dict(row._mapping) for row in conn.execute(read)]
        return [by_core, prepared]

    assert store.call(job) == [wanted, wanted]


def test_prepared_statements_fail_as_core_does(store: Store) -> None:
    def job(conn: Connection, row: dict[str, Any]) -> int:
        sample.create(conn)
        return PREPARED.one(conn, row)

    row = dict.fromkeys(NAMES)
    with pytest.raises(IntegrityError):
        store.call(job, row)
    with pytest.raises((OperationalError, ProgrammingError)) as missing:
        store.call(run, "INSERT INTO nowhere VALUES (1)")
    assert "INSERT INTO nowhere" in str(missing.value)
    assert store.call(job, row | {"words": "x"}) == 1
