"""The commands at an agency's home, the agency not running."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from tests.agencies.frame.shop import START, interchange
from tests.agencies.frame.tiny import Tiny
from vanhub.agencies.frame.batch import Batch
from vanhub.agencies.frame.home import AgencyHome
from vanhub.agencies.frame.inbox import Inbox, add_delivery
from vanhub.agencies.frame.store import open_store
from vanhub.agencies.programs import PROGRAMS
from vanhub.agencies.running import open_office
from vanhub.cli.main import vanhub
from vanhub.errors import HubError, NotFound, OperatorError

Ask = Callable[..., str]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """``vanhub agency VERB tiny ... --dir HOME``; its output. ``code``: the exit code that it must have."""
    monkeypatch.setitem(PROGRAMS, "tiny", Tiny)
    home = tmp_path / "tiny"

    def ask(verb: str, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(vanhub, ["agency", verb, "tiny", *arguments, *(() if verb == "init" else ("--dir", str(home)))])
        if isinstance(result.exception, HubError):
            raise result.exception
        assert result.exit_code == code, (result.output, result.exception)
        return result.stdout

    assert ask("init", str(home), "--hub", "https://localhost:8443") == (
        f"{home} is the home of tiny; at the hub, write its credentials with: vanhub ca issue agency tiny --out {home}\n"
        f"then run it with: vanhub agency run tiny --dir {home}\n"
    )
    with (home / "agency.toml").open("a") as file:
        file.write('tiny = "TINY:ZZZ"\n')
    (tmp_path / "clock").write_text(START.isoformat())
    return ask


@pytest.fixture
def loaded(ask: Ask, tmp_path: Path) -> Iterator[Ask]:
    """After a file, an instruction, and a delivery with a message that fails and one that is parked."""
    (tmp_path / "sums.csv").write_text("name,amount\nA,1\n国,2\n")
    assert ask("load", str(tmp_path / "sums.csv"), "--clock", str(tmp_path / "clock")) == "2 rows are loaded\n"
    home = AgencyHome.open(tmp_path / "tiny")
    engine = open_store(home.store_url)
    octets = interchange("1", "FAIL-X", "ADD-X-1")
    with engine.begin() as conn:
        add_delivery(conn, "D1", octets, hashlib.sha256(octets).hexdigest(), "token")
        batch = Batch(conn, open_office(home), START)
        for event in Inbox(conn).events("D1", {}):
            batch.take(event)
        batch.close()
    yield ask
    engine.dispose()


def test_records(loaded: Ask) -> None:
    assert loaded("records") == "sum: 2\n"
    assert loaded("records", "sum", "国") == '国  {"name": "国", "amount": "2", "times": 0, "notes": []}\n'
    assert [each["key"] for each in json.loads(loaded("records", "sum", "--json"))] == ["A", "国"]
    with pytest.raises(NotFound, match="tiny has no record sums; kinds of records: sum"):
        loaded("records", "sums")


def test_instruct(loaded: Ask) -> None:
    assert loaded("instruct", "note", "name=A", "text=\x1b[2J") == "sum A\nsent: CUSRES to NOTED:ZZZ\n"
    refused = {"complaints": [{"code": "E101", "line": None, "en": "note {'name': 'B'} makes no sense", "zh": "note {'name': 'B'} 无意义"}]}
    assert json.loads(loaded("instruct", "note", "name=B", "--json", code=1)) == refused
    assert loaded("instruct", "note", "name=A", code=1) == "the program failed, nothing was done: KeyError: 'text'\n"
    with pytest.raises(OperatorError, match="'name' is not KEY=VALUE"):
        loaded("instruct", "note", "name")
    assert all(line.isprintable() for line in loaded("records", "sum", "A").splitlines())


def test_a_file_that_cannot_be_taken(loaded: Ask, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("name,amount\nB,1\n,2\n")
    assert loaded("load", str(tmp_path / "more.csv"), code=1) == "nothing was done:\n  line 3: E108 name is empty: fill it in name 为空：请填写\n"
    assert loaded("records") == "sum: 2\n"


def test_work_and_retry(loaded: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = json.loads(loaded("work", "--json", code=1))
    assert (state["agency"], state["deliveries"], state["parked"], len(state["failed"])) == ("tiny", 1, 1, 1)
    shown = loaded("work", code=1)
    assert "events:           message 2, row 2\n" in shown
    assert "failed, until `vanhub agency retry`:" in shown
    assert loaded("retry", code=1) == "1 taken up again, 1 failed again\n"
    monkeypatch.setitem(PROGRAMS, "tiny", lambda: Tiny(mended=True))
    assert loaded("retry") == "1 taken up again, 0 failed again\n"
    assert json.loads(loaded("work", "--json"))["failed"] == []


def test_rebuild(loaded: Ask, tmp_path: Path) -> None:
    out = tmp_path / "again.db"
    assert loaded("rebuild", "--out", str(out)) == "records, ledgers, parked messages, reminders and interchanges sent are the same\n"
    with pytest.raises(OperatorError, match="is there already"):
        loaded("rebuild", "--out", str(out))
    # It can take the place of the other.
    out.replace(tmp_path / "tiny" / "agency.db")
    assert json.loads(loaded("rebuild", "--json")) == {"difference": None}
    engine = open_store(AgencyHome.open(tmp_path / "tiny").store_url)
    with engine.begin() as conn:
        conn.execute(text("UPDATE record SET event = 9 WHERE key = '国'"))
    engine.dispose()
    assert loaded("rebuild", code=1) == "record: kind 'sum', key '国', event 9 in the store; kind 'sum', key '国', event 2 rebuilt\n"


def test_a_home_is_of_one_agency(loaded: Ask, tmp_path: Path) -> None:
    result = CliRunner().invoke(vanhub, ["agency", "work", "customs", "--dir", str(tmp_path / "tiny")])
    assert str(result.exception) == f"{tmp_path / 'tiny'} is the home of tiny, not of customs"
    result = CliRunner().invoke(vanhub, ["agency", "init", "custms", str(tmp_path / "x"), "--hub", "https://localhost:8443"])
    assert str(result.exception) == "there is no program for an agency 'custms'; the nearest is customs"
