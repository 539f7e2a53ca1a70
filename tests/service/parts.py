"""What the service's tests are made of: a clock, a reactor, a home made once, one interchange chosen by its number."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from twisted.internet import task
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from vanhub.gateways.seam import Session
from vanhub.service.core import Clock, Core
from vanhub.service.home import Home
from vanhub.service.initialise import initialise
from vanhub.service.verbs import perform
from vanhub.values.delivery import Receipt
from vanhub.values.principal import CredentialKind

T = TypeVar("T")

NOW = datetime(2026, 11, 21, 8, 30, 15, 123456, tzinfo=UTC)
PEER = "192.0.2.7:40001"
PATIENCE_S = 60.0


class Time:
    """The wall clock. It moves when the test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


class Loop(task.Clock):
    """A reactor with real threads whose time moves when told to: what threads call back is run by ``wait`` and ``settle``."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._pool = ThreadPool(0, 4)
        self._pool.start()

    def callFromThread(self, call: Callable[..., object], *args: object, **kw: object) -> None:
        self._calls.put(partial(call, *args, **kw))

    def getThreadPool(self) -> ThreadPool:
        return self._pool

    def wait(self, deferred: Deferred[T]) -> T:
        """What ``deferred`` comes to."""
        results: list[Any] = []
        deferred.addBoth(results.append)
        while not results:
            self._calls.get(timeout=PATIENCE_S)()
        if isinstance(results[0], Failure):
            results[0].raiseException()
        result: T = results[0]
        return result

    def until(self, happened: Callable[[], object]) -> None:
        """Run what threads call back until ``happened()``."""
        while not happened():
            self._calls.get(timeout=PATIENCE_S)()

    def settle(self) -> None:
        """Run what was called back already."""
        with suppress(Empty):
            while True:
                self._calls.get_nowait()()

    def close(self) -> None:
        self._pool.stop()


def make_home(path: Path, clock: Clock) -> Path:
    """A home as ``vanhub init`` makes it, with the partners ``trader`` and ``carrier``."""
    initialise(path, {}, clock=clock, entropy=os.urandom)
    with closing(open_core(path, clock)) as core:
        add_partner(core, "trader")
        add_partner(core, "carrier")
    return path


def open_core(path: Path, clock: Clock) -> Core:
    return Core.open(Home.open(path), {}, clock=clock, entropy=os.urandom)


def do(core: Core, verb: str, **arguments: Any) -> Any:
    """Run a verb as the user ``tester``."""
    return perform(core, verb, arguments, "tester")


def add_partner(core: Core, id: str, address: str = "", **terms: str) -> None:
    do(core, "principal.add", kind="partner", id=id, addresses=[address or id.upper()], terms=terms)


def session(core: Core, id: str, *, gateway: str = "tcp", peer: str = PEER, end: Callable[[str], None] = lambda _: None) -> Session:
    """A session of ``id`` with the first credential that it has, not registered at the door."""
    principal = core.registry.principal(id)
    assert principal is not None
    found = [credential for kind in CredentialKind for credential in core.registry.credentials_of(id, kind)]
    return Session(principal, gateway, peer, found[0].id if found else "", end)


def cusres(reference: str = "1", number: str = "ANSWER1") -> bytes:
    """A correct message of three segments."""
    return f"UNH+{reference}+CUSRES:D:01B:UN'BGM+961+{number}+11'UNT+3+{reference}'".encode()


def interchange(reference: str, *messages: bytes, sender: str = "TRADER", recipient: str = "GACC:ZZZ", test: bool = False) -> bytes:
    """UNB..UNZ of syntax version 3; one ``cusres`` unless others are given."""
    body = messages or (cusres(),)
    head = f"UNB+UNOC:3+{sender}+{recipient}+261121:0830+{reference}{'++++++1' if test else ''}'"
    return head.encode() + b"".join(body) + f"UNZ+{len(body)}+{reference}'".encode()


def send(loop: Loop, intake: Any, who: Session, data: bytes, *, piece: int = 65536, file_name: str = "") -> Receipt:
    """Upload ``data`` in pieces, as a gateway does, waiting where the hub is backlogged."""
    upload = intake.begin(who, file_name)
    for start in range(0, len(data), piece):
        upload.write(data[start : start + piece])
        if (room := upload.backlogged) is not None:
            loop.wait(room)
    receipt: Receipt = loop.wait(upload.finish())
    return receipt
