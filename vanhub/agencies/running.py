"""An agency's program at its home: run it, and ask it for something."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from vanhub.agencies.frame.batch import Office
from vanhub.agencies.frame.bell import Bell
from vanhub.agencies.frame.clock import Clock
from vanhub.agencies.frame.desk import answer
from vanhub.agencies.frame.home import AgencyHome, AgencyLock, AgencyRuns
from vanhub.agencies.frame.loop import Loop, Manner
from vanhub.agencies.frame.mailbox import HttpsMailbox
from vanhub.agencies.frame.rebuild import rebuild
from vanhub.agencies.frame.requests import Request, add_request, find_answer
from vanhub.agencies.frame.store import open_store, require_own, require_store, understandable
from vanhub.agencies.programs import open_program
from vanhub.agencies.rules import open_rules

_LOOK_AGAIN_S = 0.05
# Decisions leave next to nothing that refers to itself. Python's collector, which looks for that after every 700 new objects, took a sixth of the time.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000


def open_office(home: AgencyHome) -> Office:
    """The agency's program with its rules and addresses; this process collects cyclic garbage more seldom from now on. Raises ``OperatorError``."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    return Office(open_program(home.agency), open_rules(home.agency, home.rules), home.addresses)


def run(home: AgencyHome, clock: Clock, ready: Callable[[], None]) -> None:
    """Run the agency until SIGTERM; ``ready`` is called when it takes deliveries.

    Raises:
        OperatorError: it runs already, or settings, rules or credentials are wrong.
    """
    bell = Bell()
    bell.listen()
    with AgencyLock(home, wakeable=True):
        # One that was killed has left it.
        home.remove_ready()
        office = open_office(home)
        engine = open_store(home.store_url)
        require_store(engine, home.agency, home.slot, clock())
        mailbox = HttpsMailbox(home.hub, home.path, home.agency, timeout_s=home.timeout_s, bell=bell.descriptor)
        home.write_ready()
        try:
            ready()
            Loop(engine, office, mailbox, clock, bell, Manner(home.slot, home.claim, home.lease_s, home.poll_s)).run()
        finally:
            home.remove_ready()
            mailbox.close()
            engine.dispose()


def ask(
    home: AgencyHome, clock: Clock, verb: str, words: Mapping[str, str], octets: bytes | None = None, progress: Callable[[int], None] = lambda _rows: None
) -> dict[str, Any]:
    """Let the agency do something: the program that runs, or this process where none does, or none does any more. The answer as ``frame.desk.answer`` has it.

    ``progress`` is told of the rows of a file where this process loads it. What a running agency was asked stays asked where nobody waits for the answer any more.
    """
    engine = open_store(home.store_url)
    asked: int | None = None
    woken = 0
    try:
        require_store(engine, home.agency, home.slot, clock())
        while True:
            try:
                with AgencyLock(home):
                    office = open_office(home)
                    with engine.begin() as conn:
                        if asked is None:
                            asked = add_request(conn, verb, words, octets)
                        return find_answer(conn, asked) or answer(conn, office, Request(asked, verb, words), clock(), progress)
            except AgencyRuns as running:
                if asked is None:
                    with engine.begin() as conn:
                        asked = add_request(conn, verb, words, octets)
                if running.pid != woken:
                    woken = running.pid
                    _wake(woken)
            time.sleep(_LOOK_AGAIN_S)
            if answered := _answered(engine, asked):
                return answered
    finally:
        engine.dispose()


def _wake(pid: int) -> None:
    """Another user's process cannot be woken; it looks by itself before long. One that has just ended need not be."""
    if pid:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGUSR1)


def _answered(engine: Engine, asked: int) -> dict[str, Any] | None:
    with engine.connect() as conn:
        found: dict[str, Any] | None = find_answer(conn, asked)
    return found


@contextmanager
def reading(home: AgencyHome) -> Iterator[Connection]:
    """The store as it is now, whether the agency runs or not.

    Raises:
        OperatorError: there is none yet, or it is another agency's.
        UnreadableStore: it is damaged, or cannot be reached; while it is read, too.
    """
    engine = open_store(home.store_url, reading=True)
    try:
        with understandable(engine), engine.connect() as conn:
            require_own(conn, home.agency, home.slot)
            yield conn
    finally:
        engine.dispose()


def rebuilt(home: AgencyHome, out: Path | None) -> str | None:
    """Rebuild the agency's state into the file ``out``, or one that is thrown away, and compare: the first difference in words, or None."""
    office = open_office(home)
    with reading(home) as live, tempfile.TemporaryDirectory() as scratch:
        engine = open_store(f"sqlite:///{out or Path(scratch) / 'rebuilt.db'}")
        try:
            with engine.begin() as fresh:
                return rebuild(live, fresh, office)
        finally:
            engine.dispose()
