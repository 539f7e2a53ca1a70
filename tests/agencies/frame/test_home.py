"""An agency's home: its settings with their mistakes, its lock, its clock, its store."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.agencies.memory import ADDRESSES
from vanhub.agencies.frame.clock import FileClock, system_clock
from vanhub.agencies.frame.home import AgencyHome, AgencyLock, AgencyRuns, init_home
from vanhub.agencies.frame.mailbox import HttpsMailbox
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.programs import PROGRAMS, open_program
from vanhub.agencies.rules import open_rules
from vanhub.errors import OperatorError, TemporaryError

NOW = datetime(2006, 3, 20, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> AgencyHome:
    init_home(tmp_path / "home", "licensing", "https://localhost:8443")
    return AgencyHome.open(tmp_path / "home")


def test_as_it_is_made(home: AgencyHome) -> None:
    assert dataclasses.asdict(home) == {
        "path": home.path,
        "agency": "licensing",
        "hub": "https://localhost:8443",
        "store": "",
        "slot": "production",
        "claim": 50,
        "lease_s": 120,
        "poll_s": 5,
        "timeout_s": 60,
        "addresses": ADDRESSES,
    }
    assert home.store_url == f"sqlite:///{home.path}/agency.db"
    # What the file leaves out is the same.
    (home.path / "agency.toml").write_text('agency = "licensing"\nhub = "https://localhost:8443/"\n')
    assert AgencyHome.open(home.path) == home
    assert [rule.name for rule in open_rules("licensing", home.rules)] == [rule.name for rule in open_rules("licensing")]


def test_nothing_is_overwritten(home: AgencyHome) -> None:
    with pytest.raises(OperatorError, match=r"agency\.toml is there already"):
        init_home(home.path, "customs", "https://localhost:8443")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pol_s = 5", "unknown key pol_s; the nearest known key is poll_s"),
        ('hub = "localhost:8443"', "hub takes https://HOST:PORT, not 'localhost:8443'"),
        ('hub = "https://localhost"', "hub takes https://HOST:PORT, not 'https://localhost'"),
        ('slot = "tests"', "slot takes one of 'production', 'test', not 'tests'"),
        ("claim = 0", "claim takes a whole number from 1 to 1000, not 0"),
        ('[addresses]\ncustoms = "A:B:C"', "addresses.customs takes an EDI address like \"GACC:ZZZ\", not 'A:B:C'"),
    ],
)
def test_mistakes(home: AgencyHome, line: str, said: str) -> None:
    kept = {"agency": '"licensing"', "hub": '"https://localhost:8443"'}
    kept.pop(line.split()[0], None)
    (home.path / "agency.toml").write_text("\n".join([*(f"{key} = {value}" for key, value in kept.items()), line]))
    with pytest.raises(OperatorError) as raised:
        AgencyHome.open(home.path)
    assert str(raised.value) == f"{home.path / 'agency.toml'}: {said}"


def test_what_is_missing(home: AgencyHome, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"is no agency's home: there is no agency\.toml; `vanhub agency init"):
        AgencyHome.open(tmp_path)
    (home.path / "agency.toml").write_text('agency = "licensing"')
    with pytest.raises(OperatorError, match="hub is missing"):
        AgencyHome.open(home.path)
    (home.path / "agency.toml").write_text('agency = "nobody"\nhub = "https://localhost:8443"')
    with pytest.raises(OperatorError, match="addresses has none of nobody itself"):
        AgencyHome.open(home.path)
    with pytest.raises(OperatorError, match="`vanhub ca issue agency NAME --out DIR` writes them"):
        HttpsMailbox(home.hub, home.path, "licensing", timeout_s=1, bell=0)


def test_one_at_a_time(home: AgencyHome) -> None:
    for wakeable, pid, said in (
        (True, os.getpid(), f"licensing in {home.path} runs already: process {os.getpid()}"),
        # A signal would end it.
        (False, 0, f"another command is at work on licensing in {home.path}: again when it is done"),
    ):
        with AgencyLock(home, wakeable=wakeable):
            with pytest.raises(AgencyRuns) as raised, AgencyLock(home):
                pass
            assert (raised.value.pid, str(raised.value)) == (pid, said)


def test_ready(home: AgencyHome) -> None:
    home.write_ready()
    assert (home.path / "ready.json").read_text() == f'{{"agency": "licensing", "pid": {os.getpid()}, "hub": "https://localhost:8443"}}\n'
    home.remove_ready()
    home.remove_ready()
    assert not (home.path / "ready.json").exists()


def test_clocks(tmp_path: Path) -> None:
    assert system_clock().tzinfo is UTC
    file = tmp_path / "clock"
    with pytest.raises(OperatorError, match="cannot be read"):
        FileClock(file)
    file.write_text("2006-03-20T09:00:00+08:00\n")
    clock = FileClock(file)
    assert clock() == NOW
    file.write_text("2006-03-20T01:00:01.5Z")
    assert clock() == datetime(2006, 3, 20, 1, 0, 1, 500_000, tzinfo=UTC)
    # While somebody writes it there may be nothing in it.
    for text, said in (("", "cannot be read"), ("2006-03-20T01:00:00", "without an offset; write 2006-03-20T01:00:00Z")):
        file.write_text(text)
        with pytest.raises(TemporaryError, match=said):
            clock()


def test_a_store_is_of_one_agency_and_one_slot(home: AgencyHome) -> None:
    with pytest.raises(OperatorError, match="there is no store"):
        open_store(home.store_url, reading=True)
    engine = open_store(home.store_url)
    require_store(engine, "licensing", "production", NOW)
    require_store(engine, "licensing", "production", NOW)
    for agency, slot in (("customs", "production"), ("licensing", "test")):
        with pytest.raises(OperatorError, match=f"is the store of licensing for production traffic, not of {agency} for {slot}"):
            require_store(engine, agency, slot, NOW)
    assert (home.path / "agency.db").stat().st_mode & 0o777 == 0o600
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "sqlite://"])
def test_stores_that_cannot_be(url: str) -> None:
    with pytest.raises(OperatorError, match="write sqlite:////PATH or postgresql"):
        open_store(url)


def test_programs() -> None:
    assert [open_program(name).name for name in PROGRAMS] == list(PROGRAMS)
    assert set(PROGRAMS) <= set(ADDRESSES)
    with pytest.raises(OperatorError, match="there is no program for an agency 'custom'; the nearest is customs"):
        open_program("custom")
    with pytest.raises(
        OperatorError, match="there is no program for an agency 'e-port'; there are customs, foreign-exchange, inspection, licensing, registry, foreign-"
    ):
        open_program("e-port")
