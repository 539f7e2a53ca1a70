"""An SFTP gateway before the hub in memory, as a process of its own: ``python -m tests.gateways.sftp_server FOLDER``.

It prints its port, then answers JSON lines on standard input, one object each:
``{"do": "deliver", "to", "reference", "size", "slot"}`` -> id;  ``{"do": "look"}`` -> what the hub holds;  ``{"do": "disable", "name"}``;
``{"do": "backlog", "on"}`` holds uploads or lets them go; ``{"do": "forget"}`` makes the hub as it was at first.
``FOLDER`` has public keys ``NAME.pub`` of the principals; ``settings.json`` may lower the limits.
"""

# twisted.conch and twisted.internet.stdio have no annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.keys import Key
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.stdio import StandardIO
from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted.protocols.basic import LineReceiver

from tests.gateways.hub import MemoryHub, interchange, principal
from vanhub.gateways.sftp import sftp_factory
from vanhub.values.delivery import Slot
from vanhub.values.principal import Principal


class Console(LineReceiver):
    """The test's way to the hub."""

    delimiter = b"\n"

    def __init__(self, hub: TodaysHub) -> None:
        self._hub = hub

    def lineReceived(self, line: bytes) -> None:
        self.sendLine(json.dumps(self._do(json.loads(line))).encode())

    def connectionLost(self, reason: object = None) -> None:
        _reactor.stop()

    def _do(self, command: dict[str, Any]) -> Any:
        hub = self._hub
        match command["do"]:
            case "deliver":
                id = hub.deliver(command["to"], interchange(command["reference"], size=command["size"]))
                box = hub.boxes[id]
                box.delivery = dataclasses.replace(box.delivery, slot=Slot(command["slot"]))
                return id
            case "forget":
                hub.forget()
                return None
            case "disable":
                hub.disable(command["name"])
                return None
            case "backlog" if command["on"]:
                hub.backlog = Deferred()
                return None
            case "backlog":
                backlog, hub.backlog = hub.backlog, None
                if backlog is not None:
                    backlog.callback(None)
                return None
            case _:
                return {
                    "kept": [[kept.principal, kept.receipt.reference, kept.receipt.verdict, kept.file_name, len(kept.octets)] for kept in hub.kept.values()],
                    "boxes": {id: box.delivery.state.value for id, box in hub.boxes.items()},
                    "open": sum(upload.open for upload in hub.uploads),
                    "received": sum(len(upload.octets) for upload in hub.uploads),
                    "aborted": hub.aborted,
                    "sessions": [session.principal.id for session in hub.sessions],
                    "closed": hub.closed,
                }


class TodaysHub(MemoryHub):
    """Its time is the machine's, as that of the gateway."""

    def __init__(self, clock: Any, late_s: float, members: list[tuple[Principal, bytes, str]]) -> None:
        super().__init__(clock, late_s=late_s)
        self._members = members
        self.forget()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def forget(self) -> None:
        for kept in (self.kept, self.boxes, self.uploads, self.aborted, self.closed):
            kept.clear()
        self._numbers = itertools.count(1)
        for who, blob, password in self._members:
            self.add(who, ssh_key=blob, password=password)


_reactor: Any = reactor


def main(folder: Path) -> None:
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    settings = json.loads((folder / "settings.json").read_text()) if (folder / "settings.json").exists() else {}
    terms = settings.pop("terms", {})
    names = ("alpha", "beta")
    members = [(principal(name, **terms), Key.fromFile(str(folder / f"{name}.pub")).blob(), f"password of {name}") for name in names]
    hub = TodaysHub(_reactor, settings.pop("late_s", 0.3), members)
    host_key = Key(Ed25519PrivateKey.generate())
    factory = sftp_factory(hub, hub, hub, hub, host_keys=[host_key], reactor=_reactor, now=lambda: datetime.now(UTC), **settings)
    port = _reactor.listenTCP(0, factory, interface="127.0.0.1")
    console = Console(hub)
    StandardIO(console)
    console.sendLine(b"%d" % port.getHost().port)
    _reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
