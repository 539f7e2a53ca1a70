"""``vanhub serve``: one process, one reactor, one hub, from the lock on the home to its release.

SIGTERM and SIGINT stop cleanly, SIGHUP reloads mailboxes, schemas, principals and TLS files. Exit code 0 after a clean stop.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

from vanhub.errors import HubError, OperatorError
from vanhub.service.core import Core
from vanhub.service.deferring import background
from vanhub.service.entropy import Entropy
from vanhub.service.home import Home, HomeLock
from vanhub.service.logs import begin_logging

_log = structlog.get_logger("vanhub.daemon")


def serve(home: Home) -> None:
    """Run the hub at ``home`` until it is told to stop.

    Raises:
        OperatorError: it cannot start; the text says why and what to do.
    """
    with HomeLock(home):
        begin_logging(home.settings.log.level, home.settings.log.format)
        core = Core.open(home, os.environ, clock=lambda: datetime.now(UTC), entropy=Entropy())
        from twisted.internet import error
        from twisted.internet import reactor as process_reactor  # chosen here and nowhere else; importing it installs it

        from vanhub.service.hub import Hub

        reactor: Any = process_reactor
        reactor.seconds = time.monotonic  # Twisted's timers run on the wall clock; ours must not jump with it

        try:
            hub = Hub(core, reactor, passphrase=lambda: home.find_passphrase(os.environ))
            failure: list[BaseException] = []

            def begin() -> None:
                try:
                    hub.start()
                except Exception as hindrance:  # noqa: BLE001 - the edge of the process: whatever it is, no hub stays behind that does not listen
                    failure.append(OperatorError(f"the hub cannot start: {hindrance}") if isinstance(hindrance, OSError) else hindrance)
                    reactor.stop()

            def end() -> None:
                with suppress(error.ReactorNotRunning):  # told twice: it is stopping
                    reactor.stop()

            def listen_to_signals() -> None:
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, lambda *_: reactor.callFromThread(end))
                signal.signal(signal.SIGHUP, hang_up)

            def hang_up(*_: object) -> None:
                reactor.callFromThread(_reload, hub)

            reactor.callWhenRunning(listen_to_signals)  # before anybody can see that it runs
            reactor.callWhenRunning(begin)
            reactor.addSystemEventTrigger("before", "shutdown", lambda: background("stop", hub.stop()))
            reactor.run()
        finally:
            core.close()
        if failure:
            raise failure[0]


def _reload(hub: object) -> None:
    from vanhub.service.hub import Hub

    assert isinstance(hub, Hub)  # noqa: S101 - a narrowing for the type checker
    try:
        hub.reload()
    except HubError as error:
        _log.error("hub.reload-failed", error=str(error))
