"""Stores to test against: the same tests on SQLite and on a PostgreSQL cluster of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.store.builders import NOW
from vanhub.store import Store
from vanhub.store.engine import open_engine
from vanhub.store.schema import require_schema

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_NUMBERS = count(1)


class Clock:
    """A clock that moves when the test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """The socket folder of a running PostgreSQL cluster, superuser ``vanhub``, trust."""
    if not (_PROGRAMS / "initdb").exists():
        pytest.skip("PostgreSQL server programs are absent")
    folder = Path(tempfile.mkdtemp(prefix="vanhub-pg-"))
    # The server refuses to run as root: it runs as the user that its package made.
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        subprocess.run([_PROGRAMS / program, *arguments], user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"})

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "vanhub", "-E", "UTF8", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=60 -c deadlock_timeout=100ms"
    run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_database(cluster: Path) -> str:
    """A database that the tests use one after another: making one for each would take most of their time."""
    with closing(psycopg.connect(f"host={cluster} user=vanhub dbname=postgres", autocommit=True)) as conn:
        conn.execute("CREATE DATABASE hub")
    url = f"postgresql+psycopg://vanhub@/hub?host={cluster}"
    engine = open_engine(url, reading=False)
    require_schema(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema: a copy of it is quicker than making one."""
    path = tmp_path_factory.mktemp("schema") / "vanhub.db"
    engine = open_engine(f"sqlite:///{path}", reading=False)
    require_schema(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the schema and without rows."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_file"), tmp_path / "vanhub.db")
        yield f"sqlite:///{tmp_path}/vanhub.db"
        return
    yield request.getfixturevalue("shared_database")
    with closing(psycopg.connect(f"host={request.getfixturevalue('cluster')} user=vanhub dbname=hub", autocommit=True)) as conn:
        names = {name for (name,) in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        for partition in (name for name in names if name.startswith("chunk_")):
            conn.execute(f"DROP TABLE {partition}")
        kept = ", ".join(name for name in names if not name.startswith("chunk_") and name != "alembic_version")
        conn.execute(f"TRUNCATE {kept} RESTART IDENTITY")
        conn.execute("ALTER SEQUENCE content_segment RESTART")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/vanhub.db"
        return
    cluster = request.getfixturevalue("cluster")
    name = f"empty{next(_NUMBERS)}"
    with closing(psycopg.connect(f"host={cluster} user=vanhub dbname=postgres", autocommit=True)) as conn:
        conn.execute(f"CREATE DATABASE {name}")
        yield f"postgresql+psycopg://vanhub@/{name}?host={cluster}"
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with closing(Store.open(url, tmp_path / "content", clock=clock)) as store:
        yield store
