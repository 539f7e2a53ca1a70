"""A hub with agencies and the trade for demonstrations: the agencies' own programs as processes, and the trade's mailboxes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection

from vanhub.agencies.frame.agency import View
from vanhub.agencies.frame.bell import Bell
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.home import AgencyHome, init_home, shipped_addresses
from vanhub.agencies.frame.mailbox import HttpsMailbox
from vanhub.agencies.rules import open_rules
from vanhub.agencies.running import reading, rebuilt
from vanhub.agencies.trade.script import Role
from vanhub.cli.stage import START_S, Stage, environment
from vanhub.errors import OperatorError

AGENCIES = ("registry", "licensing", "inspection", "foreign-exchange", "customs", "foreign-customs-us")
"""Those whose programs run; the mailboxes of the others fill."""

_TIMEOUT_S = 60.0
_COMMANDS_AT_ONCE = 2


class AgenciesStage(Stage):
    """A stage whose hub has agencies at work. They all live by one clock, which only the stage moves."""

    def __init__(self, agencies: Sequence[str] = AGENCIES) -> None:
        super().__init__()
        self.agencies = tuple(agencies)
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._clock = self.folder / "clock"
        self._mailboxes: dict[Role, HttpsMailbox] = {}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave_mailboxes()
        for program in self._programs.values():
            if program.poll() is None:
                program.kill()
                program.wait()
        super().__exit__(kind, error, trace)

    def stop(self) -> int:
        self._leave_mailboxes()
        return super().stop()

    def _leave_mailboxes(self) -> None:
        for mailbox in self._mailboxes.values():
            mailbox.close()
        self._mailboxes = {}

    def agency_home(self, name: str) -> Path:
        return self.folder / "agencies" / name

    def set_clock(self, moment: datetime) -> None:
        """It is ``moment`` for all agencies from now on."""
        partial = self._clock.with_suffix(".new")
        partial.write_text(moment.isoformat(), encoding="ascii")
        partial.replace(self._clock)

    def found_agencies(self) -> None:
        """A home with credentials for each; the hub has to run."""

        def found(name: str) -> None:
            home = self.agency_home(name)
            init_home(home, name, f"https://localhost:{self.port('https')}")
            self.vanhub("ca", "issue", "agency", name, "--out", str(home))

        with ThreadPoolExecutor(_COMMANDS_AT_ONCE) as pool:
            list(pool.map(found, self.agencies))

    def load(self, name: str, file: Path) -> None:
        """Load a file into an agency that does not run."""
        self.vanhub("agency", "load", name, str(file), "--dir", str(self.agency_home(name)), "--clock", str(self._clock))

    def start_agencies(self) -> None:
        """Start all programs, and wait until they take deliveries."""
        for name in self.agencies:
            self.start_agency(name)
        for name in self.agencies:
            self.wait_for_agency(name)

    def start_agency(self, name: str) -> None:
        home = self.agency_home(name)
        command = [sys.executable, "-m", "vanhub.cli", "agency", "run", name, "--dir", str(home), "--clock", str(self._clock)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._programs[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())

    def wait_for_agency(self, name: str) -> None:
        deadline = time.monotonic() + START_S
        while not (self.agency_home(name) / "ready.json").exists():
            if self._programs[name].poll() is not None or time.monotonic() > deadline:
                raise OperatorError(f"{name} did not start:\n{self.agency_log(name)}")
            time.sleep(0.05)

    def stop_agencies(self) -> None:
        """SIGTERM to all; each has to end by itself."""
        for program in self._programs.values():
            program.terminate()
        for name, program in self._programs.items():
            if program.wait(START_S) != 0:
                raise OperatorError(f"{name} did not end as it should:\n{self.agency_log(name)}")

    def process(self, name: str) -> int:
        """The id of the process that an agency's program is."""
        return self._programs[name].pid

    def log(self) -> str:
        """The ends of what the hub and the agencies logged."""
        return super().log() + "".join(f"\n{name}:\n{self.agency_log(name)}" for name in self._programs)

    def agency_log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    @property
    def addresses(self) -> Mapping[str, str]:
        """EDI addresses of the agencies by their ids."""
        return shipped_addresses()

    def verify(self, name: str) -> Sequence[str]:
        """What is wrong with an agency that does not run: on its ledgers and records, and where its store is not what its messages make of it."""
        home = self.agency_home(name)
        _, output = self.ask_vanhub("ledger", "verify", "--dir", str(home), "--json")
        difference = rebuilt(AgencyHome.open(home), None)
        return [*json.loads(output)["violations"], *([difference] if difference is not None else [])]

    def verify_all(self) -> Mapping[str, Sequence[str]]:
        """The same of all, by their ids."""
        with ThreadPoolExecutor(_COMMANDS_AT_ONCE) as pool:
            return dict(zip(self.agencies, pool.map(self.verify, self.agencies), strict=True))

    @contextmanager
    def reading(self, name: str) -> Iterator[tuple[Connection, View]]:
        """An agency's store, and its records, as they are now."""
        home = AgencyHome.open(self.agency_home(name))
        with reading(home) as conn:
            yield conn, SqlBook(conn, open_rules(name, home.rules), home.addresses)

    def enrol_trade(self, roles: Iterable[Role] = Role) -> None:
        """The trade's parties as partners of the hub, each with its certificate."""

        def enrol(role: Role) -> None:
            self.vanhub("partner", "add", role.value, "--edi", f"{role.upper()}:ZZZ", "--name", role.capitalize(), "--certificate", str(self.folder / role))

        with ThreadPoolExecutor(_COMMANDS_AT_ONCE) as pool:
            list(pool.map(enrol, roles))

    def mailbox(self, role: Role) -> HttpsMailbox:
        """The mailbox of a party of the trade, over one connection that stays open."""
        if role not in self._mailboxes:
            url = f"https://localhost:{self.port('https')}"
            self._mailboxes[role] = HttpsMailbox(url, self.folder / role, role.value, timeout_s=_TIMEOUT_S, bell=Bell().descriptor)
        return self._mailboxes[role]
