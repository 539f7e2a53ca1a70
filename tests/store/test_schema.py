"""The schema that the migrations make is the one that the tables say, and other schemas are refused."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Engine, Integer, MetaData, create_engine, insert, text

import vanhub.store
from tests.store.conftest import Clock
from vanhub.errors import OperatorError
from vanhub.store import Store, deliveries, interchanges
from vanhub.store.engine import open_engine
from vanhub.store.schema import HEAD, require_schema, schema_version, upgrade
from vanhub.store.tables import content_metadata, metadata
from vanhub.values.delivery import Slot


@contextmanager
def disposing(url: str, *, reading: bool) -> Iterator[Engine]:
    engine = open_engine(url, reading=reading)
    yield engine
    engine.dispose()


def test_head_is_the_last_migration() -> None:
    scripts = ScriptDirectory(str(Path(vanhub.store.__file__).with_name("migrations")))
    assert scripts.get_heads() == [HEAD]
    assert sorted(step.revision for step in scripts.walk_revisions()) == [f"{number:04}" for number in range(1, int(HEAD) + 1)]


def test_migrations_make_the_tables(empty_url: str) -> None:
    with disposing(empty_url, reading=False) as engine:
        require_schema(engine)
        both: Any = [metadata, content_metadata] if engine.dialect.name == "postgresql" else metadata
        with engine.connect() as conn:
            assert compare_metadata(MigrationContext.configure(conn, opts={"compare_server_default": True}), both) == []


def test_on_sqlite_every_word_of_the_schema_is_the_same(tmp_path: Path) -> None:
    """Partial indexes and WITHOUT ROWID too, which alembic does not compare."""
    query = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version' ORDER BY name")
    migrated, made = (create_engine(f"sqlite:///{tmp_path}/{name}.db") for name in ("migrated", "made"))
    require_schema(migrated)
    metadata.create_all(made)
    with migrated.connect() as one, made.connect() as two:
        assert [(name, " ".join(sql.split())) for name, sql in one.execute(query)] == [(name, " ".join(sql.split())) for name, sql in two.execute(query)]
    migrated.dispose()
    made.dispose()


@pytest.mark.postgresql
@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_on_postgresql_every_index_and_comment_is_the_same(empty_url: str) -> None:
    indexes = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1")
    comments = text(
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 "
        "AND c.relname <> 'alembic_version' ORDER BY 1, 2"
    )
    with disposing(empty_url, reading=False) as engine:
        require_schema(engine)
        with engine.begin() as conn:
            migrated = [conn.execute(query).all() for query in (indexes, comments)]
            conn.execute(text("DROP SCHEMA public CASCADE"))
            conn.execute(text("CREATE SCHEMA public"))
            metadata.create_all(conn)
            content_metadata.create_all(conn)
            assert [conn.execute(query).all() for query in (indexes, comments)] == migrated


def test_an_empty_database_gets_the_schema_once(empty_url: str, tmp_path: Path, clock: Clock) -> None:
    for _ in range(2):
        with closing(Store.open(empty_url, tmp_path / "content", clock=clock)) as store:
            assert store.look(schema_version) == HEAD


@pytest.mark.parametrize(("version", "cure"), [("0000", "vanhub init --upgrade"), ("9999", "made by a newer vanhub")])
def test_another_schema_is_refused_with_the_cure(empty_url: str, tmp_path: Path, clock: Clock, version: str, cure: str) -> None:
    with closing(Store.open(empty_url, tmp_path / "content", clock=clock)) as store:
        store.call(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version}).rowcount)
    with pytest.raises(OperatorError, match=cure):
        Store.open(empty_url, tmp_path / "content", clock=clock)


def test_somebody_elses_database_is_refused(empty_url: str, tmp_path: Path, clock: Clock) -> None:
    with disposing(empty_url, reading=False) as engine, engine.begin() as conn:
        conn.execute(text("CREATE TABLE accounts (id integer)"))
    with pytest.raises(OperatorError, match="not the hub's"):
        Store.open(empty_url, tmp_path / "content", clock=clock)


def test_a_store_from_before_guides_is_brought_up_to_date(empty_url: str, tmp_path: Path, clock: Clock) -> None:
    """What lies there stays as it was, breaks no guide and can be collected."""
    texts = {"faults": "[]", "types": '["CUSDEC"]', "recipe": "[[0,4]]", "verdict": "accepted", "slot": "production", "state": "available"}
    with disposing(empty_url, reading=False) as engine:
        with engine.begin() as conn:
            config = Config(attributes={"connection": conn})
            config.set_main_option("script_location", str(Path(vanhub.store.__file__).with_name("migrations")))
            command.upgrade(config, "0001")
            old = MetaData()
            old.reflect(conn, only=["interchange", "delivery"])
            for table in (old.tables["interchange"], old.tables["delivery"]):
                row: dict[str, Any] = {column.name: texts.get(column.name, "x") for column in table.c if not column.nullable}
                row |= {column.name: 1 for column in table.c if not column.nullable and isinstance(column.type, Integer)}
                row |= {column.name: True for column in table.c if isinstance(column.type, Boolean)}
                conn.execute(insert(table), [row])
        with pytest.raises(OperatorError, match="vanhub init --upgrade"):
            require_schema(engine)
        upgrade(engine)
    with closing(Store.open(empty_url, tmp_path / "content", clock=clock)) as store:
        assert store.look(interchanges.get_interchange, "x").guide_faults_total == 0
        assert store.look(interchanges.trace, "x")["interchange"]["guide_faults"] == []
        (claimed,) = store.call(deliveries.claim, "x", Slot.PRODUCTION, ["t"], lease_until=clock.now, now=clock.now, actor="x")
        assert (claimed.delivery.guide_faults, claimed.delivery.held_with) == (0, "")


def test_upgrading_what_is_up_to_date_changes_nothing(empty_url: str) -> None:
    with disposing(empty_url, reading=False) as engine:
        require_schema(engine)
        upgrade(engine)
        with engine.connect() as conn:
            assert schema_version(conn) == HEAD


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("no url", "cannot be read"),
        ("mysql://localhost/hub", "cannot be kept"),
        ("sqlite://", "cannot be kept"),
        ("sqlite:////no/such/folder/vanhub.db", "cannot be opened"),
        ("postgresql+psycopg://vanhub:secret@/hub?host=/no/such/folder", "cannot be opened"),
    ],
)
def test_a_url_that_cannot_be_opened_is_the_operators(tmp_path: Path, clock: Clock, url: str, why: str) -> None:
    with pytest.raises(OperatorError, match=why) as refused:
        Store.open(url, tmp_path / "content", clock=clock)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_the_operators(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "vanhub.db").write_bytes(b"x" * 5000)
    with pytest.raises(OperatorError, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock)


def test_nobody_else_may_read_the_database(tmp_path: Path, clock: Clock) -> None:
    with closing(Store.open(f"sqlite:///{tmp_path}/vanhub.db", tmp_path / "content", clock=clock)):
        assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("vanhub.db*")} == {
            "vanhub.db": 0o600,
            "vanhub.db-shm": 0o600,
            "vanhub.db-wal": 0o600,
        }
