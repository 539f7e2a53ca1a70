"""A client in memory for the HTTPS gateway: octets in, responses out, time by hand."""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.gateways.hub import MemoryHub
from tests.gateways.schema import require_described
from vanhub.gateways.http import http_site
from vanhub.gateways.http_channel import HttpLimits

LIMITS = HttpLimits(request_timeout_s=30, interchange_timeout_s=600, idle_timeout_s=75, stall_timeout_s=60, close_timeout_s=10)


@dataclass(frozen=True)
class Response:
    """A whole response. ``headers`` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line(StringTransport):
    """A transport in memory that can be cut."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True


class Browser:
    """One connection to the gateway over ``hub``; ``certificate`` is what TLS would have verified."""

    def __init__(self, hub: MemoryHub, clock: Clock, certificate: bytes | None = None, limits: HttpLimits = LIMITS) -> None:
        site = http_site(
            hub,
            hub,
            hub,
            hub,
            hub,
            clock=clock,
            ca_pem=lambda: b"PEM",
            crl=lambda: b"DER",
            published=lambda: {"/pki/root.cer": b"a CER"},
            limits=limits,
            identify=lambda _: certificate,
        )
        self.channel = site.buildProtocol(None)
        self.line = Line(peerAddress=IPv4Address("TCP", "192.0.2.1", 1234), hostAddress=IPv4Address("TCP", "192.0.2.2", 8443))
        self.channel.makeConnection(self.line)
        self._lost = False

    def feed(self, octets: bytes) -> None:
        self.channel.dataReceived(octets)

    def lose(self, *, clean: bool = False) -> None:
        if not self._lost:
            self._lost = True
            if self.line.producer is not None:
                self.line.producer.stopProducing()
            self.channel.connectionLost(Failure(ConnectionDone() if clean else ConnectionLost()))

    def start(
        self, method: str, path: str, body: bytes = b"", *, token: str = "", length: int | None = -1, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Send a request. ``length`` None: chunked; -1: as long as ``body``."""
        lines = [f"{method} {path} HTTP/1.1", "Host: hub.vanhub.example"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if length is None:
            lines.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%b\r\n" % (len(body[i : i + 50]), body[i : i + 50]) for i in range(0, len(body), 50)) + b"0\r\n\r\n"
        elif length >= 0 or body:
            lines.append(f"Content-Length: {length if length >= 0 else len(body)}")
        lines += [f"{name}: {text}" for name, text in headers.items()]
        self.feed("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def ask(
        self, method: str, path: str, body: bytes = b"", *, token: str = "", length: int | None = -1, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """Send a request and take its response, which must be as the OpenAPI document says."""
        self.start(method, path, body, token=token, length=length, headers=headers)
        response = self.response(head=method == "HEAD")
        require_described(method, path, response.status, response.headers["content-type"], response.body)
        return response

    def response(self, *, head: bool = False) -> Response:
        """The next response that has arrived whole."""
        octets: bytes = self.line.value()
        if octets.startswith(b"HTTP/1.1 100 "):
            octets = octets.partition(b"\r\n\r\n")[2]
        top, blank, rest = octets.partition(b"\r\n\r\n")
        assert blank, octets
        first, *others = top.decode().split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in others)}
        if head:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body, rest = _unchunk(rest)
        else:
            length = int(headers["content-length"])
            assert len(rest) >= length, octets
            body, rest = rest[:length], rest[length:]
        self.line.clear()
        self.line.write(rest)
        return Response(int(first.split()[1]), headers, body)

    @property
    def waiting(self) -> bool:
        """Nothing was answered yet."""
        return not self.line.value()

    @property
    def closed(self) -> str:
        return "cut" if self.line.aborted else "closed" if self.line.disconnecting else "open"


def _unchunk(octets: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, octets = octets.partition(b"\r\n")
        length = int(size, 16)
        body, octets = body + octets[:length], octets[length + 2 :]
        if length == 0:
            return body, octets
