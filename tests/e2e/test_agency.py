"""An agency's program on a real hub: killed at any moment it repeats nothing and loses nothing, and its state can be made again from its messages."""

from __future__ import annotations

import dataclasses
import json
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, select

from tests.agencies.frame.shop import interchange
from tests.agencies.frame.tiny import PATIENCE, Tiny
from tests.agencies.memory import FixedRules
from tests.e2e.hub import Partner, RunningHub, wait_until
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.batch import Office
from vanhub.agencies.frame.bell import Bell
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.frame.events import list_failed
from vanhub.agencies.frame.home import AgencyHome, init_home
from vanhub.agencies.frame.loop import Loop, Manner
from vanhub.agencies.frame.mailbox import Claim, HttpsMailbox, HubAway, Mailbox, Receipt
from vanhub.agencies.frame.message import Message, read_interchange
from vanhub.agencies.frame.moments import to_microseconds
from vanhub.agencies.frame.rebuild import rebuild
from vanhub.agencies.frame.state import describe, list_records
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.frame.tables import delivery, outgoing, store
from vanhub.agencies.ledger.tables import metadata
from vanhub.agencies.programs import PROGRAMS
from vanhub.agencies.running import reading, rebuilt
from vanhub.errors import OperatorError

pytestmark = pytest.mark.e2e

PROGRAM = [sys.executable, "-m", "tests.agencies.frame.program"]
START = datetime(2006, 3, 20, 1, tzinfo=UTC)
KILLS = 3

_HUBS = (delivery.c.sha256, outgoing.c.explanation)


@dataclasses.dataclass(frozen=True)
class Place:
    """A hub with the small agency and a trader, neither running."""

    hub: RunningHub
    tiny: Partner
    trader: Partner

    def send(self, *interchanges: bytes) -> None:
        with self.hub.api(self.trader) as api:
            for octets in interchanges:
                status, receipt = api.submit(octets)
                assert status == 201, receipt

    def collected(self) -> list[bytes]:
        """What waits for the trader, which has it then."""
        contents = []
        with self.hub.api(self.trader) as api:
            while claimed := api.post("/v1/mailbox/claim", {"max": 100})[1]["deliveries"]:
                for each in claimed:
                    contents.append(api.request("GET", f"/v1/deliveries/{each['id']}/content")[1])
                    assert api.post(f"/v1/deliveries/{each['id']}/commit", {"claim": each["claim"]})[0] == 200
        return contents

    def is_done(self) -> bool:
        """Whether all that was sent to the agency is committed."""
        with self.hub.api(self.tiny) as api:
            return not any(api.get(f"/v1/mailbox?state={state}")[1]["deliveries"] for state in ("available", "claimed"))

    def mailbox(self, bell: Bell) -> HttpsMailbox:
        return HttpsMailbox(f"https://localhost:{self.hub.port('https')}", self.tiny.folder, "tiny", timeout_s=30, bell=bell.descriptor)


@pytest.fixture(scope="module")
def place(new_hub: Callable[..., RunningHub]) -> Place:
    hub = new_hub({"lost_leases": "100"}).start()
    return Place(hub, hub.add_partner("tiny", "TINY:ZZZ"), hub.add_partner("trader", "TRADER:ZZZ"))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What the frame logs stays out of the tests' output."""
    with structlog.testing.capture_logs():
        yield


class Crash(BaseException):
    """The process ends here."""


class CrashingMailbox:
    """Passes everything on, and crashes at step ``at``: before a request, or after it, when the answer is lost."""

    def __init__(self, mailbox: Mailbox, at: int) -> None:
        self._mailbox = mailbox
        self._at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            raise Crash

    def _ask(self, name: str, *arguments: Any) -> Any:
        self.step()
        answer = getattr(self._mailbox, name)(*arguments)
        self.step()
        return answer

    def claim(self, most: int, lease_s: int, slot: str, wait_s: float) -> Sequence[Claim]:
        # Without anything to claim there is nothing that a crash could lose.
        claims = self._mailbox.claim(most, lease_s, slot, wait_s)
        if claims:
            self.step()
        return claims

    def content(self, claim: Claim) -> bytes:
        content: bytes = self._ask("content", claim)
        return content

    def commit(self, id: str, token: str) -> bool:
        done: bool = self._ask("commit", id, token)
        return done

    def release(self, id: str, token: str) -> None:
        self._ask("release", id, token)

    def post(self, octets: bytes) -> Receipt:
        receipt: Receipt = self._ask("post", octets)
        return receipt


class CrashingAgency(Tiny):
    """Crashes in the middle of a transaction, where its mailbox is told to."""

    step: Callable[[], None]

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        if message.number == "ADD-A-7":
            self.step()
        return super().decide(message, occasion, view)


def scenario(run: int) -> tuple[bytes, bytes]:
    """Messages that are parked, woken, refused, answered; one fails."""
    return (
        interchange(f"RUN{run}A", "ADD-A-5", "WHAT", "FAIL-X", "CHECK-A"),
        interchange(f"RUN{run}B", "OPEN-A", "ADD-A-7", "ADD-A-2000"),
    )


def office_of(agency: Tiny) -> Office:
    return Office(agency, FixedRules({}), {"tiny": "TINY:ZZZ", "hub": "VANHUB:ZZZ"})


def work(place: Place, engine: Engine, run: int, crash_at: int) -> int:
    """Let the agency work off all that there is, crashing once; how many steps there were."""
    bell = Bell()
    https = place.mailbox(bell)
    mailbox = CrashingMailbox(https, crash_at)
    agency = CrashingAgency()
    agency.step = mailbox.step
    try:
        for start in count():
            # Another process: nothing is kept but the store.
            loop = Loop(engine, office_of(agency), mailbox, lambda: START + timedelta(seconds=run), bell, Manner(lease_s=1, poll_s=0.2))
            try:
                while loop.round() or not place.is_done():
                    pass
                return mailbox.steps
            except Crash:
                assert start == 0
    finally:
        https.close()
        bell.close()
    raise AssertionError


@contextmanager
def open_store_of(path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def neutral(text: str, engine: Engine, run: int) -> str:
    """What differs from run to run has one name."""
    with engine.connect() as conn:
        series = conn.execute(select(store.c.series)).scalar_one()
        deliveries = conn.execute(select(delivery.c.id).order_by(delivery.c.id)).scalars().all()
    moments = {str(to_microseconds(START + timedelta(seconds=run) + later)): f"MOMENT+{later}" for later in (timedelta(), PATIENCE)}
    names = {series: "SERIES", f"RUN{run}": "RUN", **{id: f"D{number}" for number, id in enumerate(deliveries)}, **moments}
    for name, neutral_name in names.items():
        text = text.replace(name, neutral_name)
    return text


def everything(engine: Engine, run: int) -> dict[str, list[str]]:
    """All rows of all tables, but what the hub said in its own words."""
    with engine.connect() as conn:
        rows = {table.name: conn.execute(select(*(each for each in table.c if each not in _HUBS))).all() for table in metadata.sorted_tables}
    return {name: sorted(neutral(repr(tuple(row)), engine, run) for row in found) for name, found in rows.items()}


def test_a_crash_anywhere_changes_nothing(place: Place, tmp_path: Path) -> None:
    outcomes = []
    steps = 0
    for run in count():
        engine = open_store(f"sqlite:///{tmp_path / f'{run}.db'}")
        require_store(engine, "tiny", "production", START + timedelta(seconds=run))
        place.send(*scenario(run))
        # The first run does not crash.
        taken = work(place, engine, run, crash_at=run)
        steps = steps or taken
        outcomes.append((everything(engine, run), sorted(neutral(content.decode(), engine, run) for content in place.collected())))
        with open_store_of(tmp_path / f"{run}-rebuilt.db") as fresh, engine.connect() as live, fresh.begin() as made:
            assert rebuild(live, made, office_of(Tiny())) is None
            assert [happened.place for _, happened in list_failed(live)] == [3]
        engine.dispose()
        if run == steps:
            break
    assert len(outcomes) > 10
    for (tables, answers), run in zip(outcomes[1:], count(1), strict=False):
        assert answers == outcomes[0][1], run
        for table, rows in tables.items():
            assert rows == outcomes[0][0][table], (run, table)


class Trader:
    """Sends without an end; ``sent``: how many interchanges the hub has acknowledged."""

    def __init__(self, place: Place, stop: threading.Event) -> None:
        self._place = place
        self._stop = stop
        self.sent = 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self._place.send(interchange("K", "OPEN-T"))
        while not self._stop.wait(0.2):
            self._place.send(interchange(f"K{self.sent}", f"ADD-S{self.sent}-1", "ADD-T-1", f"OPEN-S{self.sent}"))
            self.sent += 1


class Program:
    """``vanhub agency ... tiny`` at a home of its own."""

    def __init__(self, place: Place) -> None:
        self.folder = place.tiny.folder
        init_home(self.folder, "tiny", f"https://localhost:{place.hub.port('https')}")
        settings = (self.folder / "agency.toml").read_text() + 'tiny = "TINY:ZZZ"\n'
        (self.folder / "agency.toml").write_text(settings.replace("lease_s = 120", "lease_s = 1").replace("poll_s = 5", "poll_s = 1"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*PROGRAM, "agency", "run", "tiny", "--dir", str(self.folder)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self._is_ready, 30, (self.folder / "log").read_text)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        file = self.folder / "ready.json"
        return file.exists() and json.loads(file.read_text())["pid"] == self.process.pid

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def ask(self, verb: str, *arguments: str, code: int = 0) -> str:
        command = [*PROGRAM, "agency", verb, "tiny", *arguments, "--dir", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


def test_kill(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(place)
    stop = threading.Event()
    trader = Trader(place, stop)
    chance = random.Random(20060320)
    trader.thread.start()
    try:
        for _ in range(KILLS):
            program.start()
            stop.wait(chance.uniform(0, 0.6))
            program.end(signal.SIGKILL)
    finally:
        stop.set()
        trader.thread.join(30)
    place.send(interchange("LAST", "FAIL-X", "ADD-X-1"))
    program.start()

    # It is one: another is refused, and what is asked of it the running one does.
    pid = program.process and program.process.pid
    assert program.ask("run", code=2) == f"vanhub: tiny in {program.folder} runs already: process {pid}\n"
    wait_until(place.is_done, 120, lambda: (program.folder / "log").read_text())
    assert program.ask("instruct", "note", "name=T", "text=好") == "sum T\nsent: CUSRES to NOTED:ZZZ\n"
    assert program.end(signal.SIGTERM) == 0
    assert not (program.folder / "ready.json").exists()

    # Every message was decided once, and every answer sent once.
    home = AgencyHome.open(program.folder)
    with reading(home) as conn:
        times = {each["key"]: each["value"]["times"] for each in list_records(conn, "sum")}
        state = describe(conn, 10)
    assert times == {"T": trader.sent, **{f"S{number}": 1 for number in range(trader.sent)}}
    answers = [message.number for content in place.collected() for message in read_interchange(content).messages]
    assert sorted(answers) == sorted([*(f"ADD-S{number}-1" for number in range(trader.sent)), *(["ADD-T-1"] * trader.sent)])
    assert [(each["place"], each["failure"]) for each in state["failed"]] == [(1, "RuntimeError: no idea what to do about X")]
    assert [each["until"] for each in state["parked_next"]] == [["sum X"]]
    assert (state["unsent"], state["requests_waiting"]) == (0, 0)
    # Nobody has the address that notes go to: the hub says so, and the agency went on.
    assert [(each["recipient"], each["answer"]) for each in state["refused"]] == [("NOTED:ZZZ", "rejected")]
    monkeypatch.setitem(PROGRAMS, "tiny", Tiny)
    assert rebuilt(home, None) is None


def test_the_hub_is_not_there(place: Place) -> None:
    bell = Bell()
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    mailbox = HttpsMailbox(f"https://localhost:{port}", place.tiny.folder, "tiny", timeout_s=5, bell=bell.descriptor)
    with pytest.raises(HubAway, match=f"localhost:{port}"):
        mailbox.claim(1, 1, "production", 1)
    bell.close()


def test_credentials(place: Place, tmp_path: Path) -> None:
    """Another's would take its mail; while they are renewed the hub is as good as away."""
    url = f"https://localhost:{place.hub.port('https')}"
    with pytest.raises(OperatorError, match=r"client\.pem is the certificate of tiny, not of customs: put customs's own there"):
        HttpsMailbox(url, place.tiny.folder, "customs", timeout_s=5, bell=0)
    bell = Bell()
    for name in ("client.pem", "client.key", "ca.pem"):
        (tmp_path / name).write_bytes((place.tiny.folder / name).read_bytes())
    mailbox = HttpsMailbox(url, tmp_path, "tiny", timeout_s=5, bell=bell.descriptor)
    (tmp_path / "client.pem").write_bytes(b"")
    with pytest.raises(HubAway, match=r"client\.pem, client\.key and ca\.pem cannot be read"):
        mailbox.claim(1, 1, "test", 0)
    (tmp_path / "client.pem").write_bytes((place.tiny.folder / "client.pem").read_bytes())
    assert mailbox.claim(1, 1, "test", 0) == []
    mailbox.close()
    bell.close()


def test_a_waiting_claim_is_woken(place: Place) -> None:
    """By a signal, and the connection serves again afterwards."""
    bell = Bell()
    mailbox = place.mailbox(bell)
    assert mailbox.claim(1, 1, "test", 0) == []
    bell.ring()
    assert mailbox.claim(1, 1, "test", 60) == ()
    bell.quiet()
    assert mailbox.claim(1, 1, "test", 0) == []
    mailbox.close()
    bell.close()
