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


def get(loop: Loop, hub: Hub, path: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a GET at the metrics listener."""
    site = metrics_site(hub.core.metrics, hub.troubles, loop)
    channel: Any = site.buildProtocol(None)
    line = StringTransport()
    channel.makeConnection(line)
    channel.dataReceived(f"GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n".encode())
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
    assert [get(loop, hub, path)[0] for path in ("/", "/v1/mailbox", "/health/x")] == [404, 404, 200]
