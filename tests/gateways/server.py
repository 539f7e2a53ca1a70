"""The TLS-TCP and HTTPS gateways over a hub in memory, as a program: ``python -m tests.gateways.server FOLDER``.

FOLDER holds the certificates of ``tests.gateways.certificates`` and ``principals.json``: a list of ``{"id", "addresses", "token", "certificate" (a file
of one PEM certificate or null), "terms"}``. Prints one JSON line with the ports, then obeys lines on standard input, answering each with a
JSON line: ``reload`` reads the certificates again, ``disable ID``, ``deliver ID REFERENCE SIZE``, ``state`` shows what the hub holds.
It ends with its standard input.
"""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from twisted.internet import reactor as _reactor
from twisted.internet import stdio
from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from tests.gateways.certificates import PASSPHRASE
from tests.gateways.hub import MemoryHub, interchange, principal
from vanhub.gateways.http import http_site
from vanhub.gateways.http_channel import HttpLimits
from vanhub.gateways.tcp import TcpFactory, TcpLimits
from vanhub.gateways.tls import ClientCertificate, ContextSource, TlsFactory, TlsFiles

reactor: Any = _reactor


class Orders(LineReceiver):
    """What the test asks for on standard input."""

    delimiter = b"\n"

    def __init__(self, hub: MemoryHub, contexts: list[ContextSource]) -> None:
        self.hub = hub
        self.contexts = contexts

    def lineReceived(self, line: bytes) -> None:
        match line.decode().split():
            case ["reload"]:
                for contexts in self.contexts:
                    contexts.reload()
                answer: Any = "reloaded"
            case ["disable", name]:
                self.hub.disable(name)
                answer = "disabled"
            case ["deliver", name, reference, size]:
                answer = self.hub.deliver(name, interchange(reference, recipient=name.upper(), size=int(size)))
            case ["state"]:
                answer = state(self.hub)
            case other:
                raise AssertionError(other)
        self.sendLine(json.dumps(answer).encode())

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        reactor.stop()


def state(hub: MemoryHub) -> dict[str, Any]:
    return {
        "kept": {kept.receipt.interchange: [kept.principal, kept.receipt.reference, len(kept.octets)] for kept in hub.kept.values()},
        "deliveries": {box.delivery.id: [box.delivery.state.value, box.delivery.claims] for box in hub.boxes.values()},
        "aborted": hub.aborted,
        "open": sum(upload.open for upload in hub.uploads),
        "sessions": [[session.gateway, session.principal.id] for session in hub.sessions],
        "closed": hub.closed,
    }


def main(folder: Path) -> None:
    reactor.seconds = time.monotonic
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    hub = MemoryHub(reactor)
    for entry in json.loads((folder / "principals.json").read_text()):
        der = b""
        if entry["certificate"]:
            der = x509.load_pem_x509_certificate((folder / entry["certificate"]).read_bytes()).public_bytes(Encoding.DER)
        hub.add(principal(entry["id"], *entry["addresses"], **entry["terms"]), certificate=der, token=entry["token"])
    files = TlsFiles(folder / "hub.pem", folder / "hub.key", (folder / "root.pem", folder / "issuing.pem"))
    required = ContextSource(files, lambda: PASSPHRASE, client=ClientCertificate.REQUIRED)
    optional = ContextSource(files, lambda: PASSPHRASE, client=ClientCertificate.OPTIONAL)
    tcp = TcpFactory(hub, hub, hub, clock=reactor, limits=TcpLimits(in_flight=4, idle_timeout_s=20, interchange_timeout_s=20, close_timeout_s=2, lease_s=30))
    site = http_site(
        hub,
        hub,
        hub,
        hub,
        hub,
        clock=reactor,
        ca_pem=(folder / "root.pem").read_bytes,
        crl=lambda: b"a CRL",
        published=dict,
        limits=HttpLimits(request_timeout_s=3, interchange_timeout_s=20, idle_timeout_s=10, close_timeout_s=2),
    )
    ports = {
        "tcp": reactor.listenTCP(0, TlsFactory(required, tcp, clock=reactor, handshake_timeout_s=3), interface="127.0.0.1").getHost().port,
        "https": reactor.listenTCP(0, TlsFactory(optional, site, clock=reactor, handshake_timeout_s=3), interface="127.0.0.1").getHost().port,
    }
    stdio.StandardIO(Orders(hub, [required, optional]), reactor=reactor)
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
