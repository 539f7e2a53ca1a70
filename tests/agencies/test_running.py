"""What is asked of an agency while another process is at its home, and what one that was killed has left."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.agencies.frame.shop import START
from tests.agencies.frame.tiny import Tiny
from vanhub.agencies import running
from vanhub.agencies.frame.bell import Bell
from vanhub.agencies.frame.home import AgencyHome, AgencyLock
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.frame.tables import request
from vanhub.agencies.programs import PROGRAMS
from vanhub.errors import OperatorError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AgencyHome:
    monkeypatch.setitem(PROGRAMS, "tiny", Tiny)
    (tmp_path / "agency.toml").write_text('agency = "tiny"\nhub = "https://localhost:1"\n[addresses]\ntiny = "TINY:ZZZ"\n', encoding="utf-8")
    return AgencyHome.open(tmp_path)


def requests(home: AgencyHome) -> int:
    engine = open_store(home.store_url)
    require_store(engine, "tiny", "production", START)
    with engine.connect() as conn:
        count = conn.execute(select(func.count()).select_from(request)).scalar_one()
    engine.dispose()
    return count


def test_what_the_other_process_leaves_undone_is_done_here(home: AgencyHome) -> None:
    """The other is a command, which a signal would end, and ends without an answer."""
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(running.ask(home, lambda: START, "load", {"file": "f"}, b"name,amount\nA,1\n")))
    with AgencyLock(home):
        thread.start()
        while not requests(home):
            assert thread.is_alive()
    thread.join(30)
    assert answers == [{"events": 1}]
    assert requests(home) == 1


def test_one_that_does_not_start_is_not_ready(home: AgencyHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bell, "listen", lambda _bell: None)
    (home.path / "ready.json").write_text("left by one that was killed")
    with pytest.raises(OperatorError, match=r"client\.pem, client\.key and ca\.pem cannot be read"):
        running.run(home, lambda: START, lambda: pytest.fail("it cannot take deliveries"))
    assert not (home.path / "ready.json").exists()


def test_another_agencys_store_is_not_read(home: AgencyHome) -> None:
    engine = open_store(home.store_url)
    require_store(engine, "other", "production", START)
    engine.dispose()
    with pytest.raises(OperatorError, match="is the store of other for production traffic, not of tiny"), running.reading(home):
        pass
    with pytest.raises(OperatorError, match="is the store of other for production traffic, not of tiny"):
        running.ask(home, lambda: START, "retry", {})


def test_a_store_that_is_none_is_told(home: AgencyHome) -> None:
    (home.path / "agency.db").touch()
    with pytest.raises(OperatorError, match=r"agency\.db cannot be read: no such table: store"), running.reading(home):
        pass
    (home.path / "agency.db").write_bytes(b"no database" * 1000)
    for use in (lambda: running.reading(home).__enter__(), lambda: running.ask(home, lambda: START, "retry", {})):
        with pytest.raises(OperatorError, match=r"agency\.db cannot be read: file is not a database"):
            use()
