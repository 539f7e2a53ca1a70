"""Health and metrics as a probe and a scraper get them."""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import json
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.defer import Deferred
from twisted.internet.testing import StringTransport

from tests.service.parts import Loop, interchange, send, session
from vanhub.service.core import Core
from vanhub.service.hub import Hub
from vanhub.service.metrics import metrics_site


class Line(StringTransport):
    """Knows whether it was closed or cut."""

    ended = ""

    def loseConnection(self) -> None:
        self.ended = self.ended or "closed"

    def abortConnection(self) -> None:
        self.ended = "cut"


def connected(loop: Loop, hub: Hub) -> tuple[Any, Line]:
    """A connection to the metrics listener, and what it says."""
    site = metrics_site(hub.core.metrics, hub.troubles, loop)
    channel: Any = site.buildProtocol(None)
    line = Line()
    channel.makeConnection(line)
    return channel, line


def get(loop: Loop, hub: Hub, path: str, *, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a GET at the metrics listener."""
    channel, line = connected(loop, hub)
    channel.dataReceived(f"{method} {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n".encode())
    head, _, body = line.value().decode().partition("\r\n\r\n")
    status, *fields = head.split("\r\n")
    return int(status.split()[1]), {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}, body


def samples(loop: Loop, hub: Hub) -> dict[str, float]:
    """What Prometheus reads, ``name{label="value"}`` -> value, without timestamps."""
    status, headers, body = get(loop, hub, "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return {
        sample.name + (json.dumps(dict(sorted(sample.labels.items()))) if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_health_is_200_while_the_hub_can_accept(hub: Hub, loop: Loop) -> None:
    status, headers, body = get(loop, hub, "/health")
    assert (status, headers["content-type"], json.loads(body)) == (200, "application/json", {"status": "ok", "troubles": []})


@pytest.mark.parametrize(
    ("statistics", "reason"),
    [
        ({"queue_length": 10_000, "queue_age_s": 0}, "the store's queue is full"),
        ({"queue_length": 1, "queue_age_s": 31}, "the store does not commit"),
    ],
)
def test_health_is_503_with_the_reason_while_it_cannot(
    hub: Hub, loop: Loop, statistics: dict[str, float], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.core.store, "statistics", lambda: statistics)
    status, _, body = get(loop, hub, "/health")
    assert (status, json.loads(body)) == (503, {"status": "unable", "troubles": [reason]})


def test_health_says_that_the_hub_is_stopping(hub: Hub, loop: Loop) -> None:
    loop.wait(Deferred.fromCoroutine(hub.stop()))
    status, _, body = get(loop, hub, "/health")
    assert (status, json.loads(body)["troubles"][0]) == (503, "the hub is stopping")


def test_what_happens_is_counted(hub: Hub, loop: Loop, core: Core) -> None:
    trader, customs = session(core, "trader"), session(core, "customs")
    hub.door.open(trader)
    data = interchange("R1")
    for octets in (data, data, data.replace(b"ANSWER1", b"ANSWER2"), interchange("R2").replace(b"UNZ+1", b"UNZ+2")):
        send(loop, hub.intake, trader, octets)
    (claimed,) = loop.wait(hub.mailboxes.claim(customs, most=1, lease_s=60))
    loop.wait(hub.mailboxes.commit(customs, claimed.delivery.id, claimed.claim))
    core.metrics.refused("login refused", 3)
    found = samples(loop, hub)
    assert {name: value for name, value in found.items() if "intake_seconds_bucket" not in name and "intake_seconds_sum" not in name} == {
        'vanhub_interchanges_total{"gateway": "tcp", "outcome": "new", "verdict": "accepted"}': 1,
        'vanhub_interchanges_total{"gateway": "tcp", "outcome": "repeat", "verdict": "accepted"}': 1,
        'vanhub_interchanges_total{"gateway": "tcp", "outcome": "conflict", "verdict": "rejected"}': 1,
        'vanhub_interchanges_total{"gateway": "tcp", "outcome": "new", "verdict": "rejected"}': 1,
        'vanhub_received_octets_total{"gateway": "tcp"}': 4 * len(data),
        'vanhub_intake_seconds_count{"gateway": "tcp"}': 4,
        'vanhub_pickups_total{"event": "claimed"}': 1,
        'vanhub_pickups_total{"event": "committed"}': 1,
        'vanhub_sessions{"gateway": "tcp"}': 1,
        'vanhub_refusals_total{"reason": "login refused"}': 3,
    }


def test_nothing_else_is_there(hub: Hub, loop: Loop) -> None:
    assert [get(loop, hub, path)[0] for path in ("/", "/v1/mailbox", "/health/x", "/metrics?name[]=x")] == [404, 404, 404, 200]
    status, headers, _ = get(loop, hub, "/metrics", method="POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert get(loop, hub, "/health", method="HEAD")[::2] == (200, "")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /metrics HTTP/1.1\r\nHost: hub\r\nContent-Length: 100000000\r\n\r\n" + bytes(100_000),
        b"GET /metrics HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n" + bytes(65536),
        b"GET /metrics HTTP/1.1\r\nHost: hub\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(60)),
        b"GET /metrics HTTP/1.1\r\nHost: hub\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(600)),
    ],
)
def test_what_a_request_may_hold_is_bounded(hub: Hub, loop: Loop, sent: bytes) -> None:
    channel, line = connected(loop, hub)
    for start in range(0, len(sent), 4096):
        channel.dataReceived(sent[start : start + 4096])
    assert line.value().split(b" ")[:2] == [b"HTTP/1.1", b"400"]
    loop.advance(30)
    assert line.ended


def test_a_request_line_without_end_is_closed(hub: Hub, loop: Loop) -> None:
    channel, line = connected(loop, hub)
    for _ in range(10):
        channel.dataReceived(b"GET /" + b"x" * 4096)
    assert (line.value(), line.ended) == (b"", "closed")


def test_a_request_that_trickles_in_has_its_time(hub: Hub, loop: Loop) -> None:
    channel, line = connected(loop, hub)
    channel.dataReceived(b"GET /metrics HTTP/1.1\r\n")
    for _ in range(29):
        loop.advance(1)
        channel.dataReceived(b"X")
    assert line.value() == b""
    loop.advance(1)
    assert line.value().split(b" ")[:2] == [b"HTTP/1.1", b"408"]
    assert line.ended == "closed"


def test_a_connection_that_says_nothing_is_closed(hub: Hub, loop: Loop) -> None:
    _, line = connected(loop, hub)
    loop.advance(76)
    assert line.ended
