"""What the hub counts, for Prometheus, and the health and metrics pages on their own listener.

Names follow Prometheus' rules: ``vanhub_`` first, unit last, ``_total`` for counters. Health answers 200 only while the hub can
accept: 503 names what it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from vanhub.edifact.report import Disposition
from vanhub.errors import NotFound
from vanhub.gateways.http import HttpSite
from vanhub.gateways.http_answer import Answer, json_answer
from vanhub.gateways.http_api import PublicReception
from vanhub.gateways.http_channel import HttpRequest
from vanhub.gateways.problem import Problem

_LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The hub's counters, one registry an instance (tests run several hubs in one process)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._interchanges = Counter("vanhub_interchanges", "Interchanges judged", ["gateway", "verdict", "outcome"], registry=self.registry)
        self._octets = Counter("vanhub_received_octets", "Octets of interchanges judged", ["gateway"], registry=self.registry)
        self._seconds = Histogram(
            "vanhub_intake_seconds", "From an interchange's last octet to its commit", ["gateway"], buckets=_LATENCY_S, registry=self.registry
        )
        self._guided = Counter("vanhub_guided_messages", "Messages that break their guide, by what became of them", ["disposition"], registry=self.registry)
        self._pickups = Counter("vanhub_pickups", "Deliveries by what became of them", ["event"], registry=self.registry)
        self._sessions = Gauge("vanhub_sessions", "Open sessions", ["gateway"], registry=self.registry)
        self._refusals = Counter("vanhub_refusals", "Refused logins and requests", ["reason"], registry=self.registry)

    def judged(self, gateway: str, verdict: str, outcome: str, octets: int, seconds: float) -> None:
        self._interchanges.labels(gateway, verdict, outcome).inc()
        self._octets.labels(gateway).inc(octets)
        self._seconds.labels(gateway).observe(seconds)

    def guided(self, dispositions: Iterable[Disposition]) -> None:
        for disposition in dispositions:
            self._guided.labels(disposition.value).inc()

    def pickup(self, event: str, count: int = 1) -> None:
        """``event``: claimed, committed, released, lost, quarantined, expired."""
        self._pickups.labels(event).inc(count)

    def sessions(self, gateway: str, change: int) -> None:
        self._sessions.labels(gateway).inc(change)

    def refused(self, reason: str, count: int = 1) -> None:
        self._refusals.labels(reason).inc(count)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge whose value is read when it is scraped."""
        Gauge(name, text, registry=self.registry).set_function(read)


class MetricsPages:
    """Answers what everybody who reaches the listener may ask, within the limits of ``HttpChannel``."""

    def __init__(self, metrics: Metrics, troubles: Callable[[], list[str]]) -> None:
        self._metrics, self._troubles = metrics, troubles

    def judge(self, request: HttpRequest, length: int | None) -> PublicReception:  # noqa: ARG002 - a body is refused as it comes
        pages = {b"/health": self._health, b"/metrics": self._scrape}
        page = pages.get(request.path)
        if page is None:
            raise NotFound("there are /health and /metrics here")
        if request.method not in {b"GET", b"HEAD"}:
            raise Problem("method-not-allowed", "this path takes GET, HEAD", headers={"Allow": "GET, HEAD"})
        return PublicReception(page())

    def _health(self) -> Answer:
        troubles = self._troubles()
        return json_answer({"status": "unable" if troubles else "ok", "troubles": troubles}, 503 if troubles else 200)

    def _scrape(self) -> Answer:
        return Answer(200, generate_latest(self._metrics.registry), "text/plain; version=0.0.4; charset=utf-8")


def metrics_site(metrics: Metrics, troubles: Callable[[], list[str]], reactor: Any) -> HttpSite:
    """``/health`` and ``/metrics``, without authentication: it listens on loopback unless told otherwise and tells no names."""
    return HttpSite(MetricsPages(metrics, troubles), lambda *_: None, clock=reactor)
