"""The running hub: the only place where core, gateways, upkeep and reactor are wired together.

``Hub.start`` listens; ``Hub.stop`` ends in order: no new connections, sessions told to end, the store drained and closed. The lock on the home
is held by whoever runs it.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import structlog
from twisted.conch.ssh.keys import Key
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.threads import deferToThreadPool

from vanhub.errors import OperatorError
from vanhub.gateways.http import http_site
from vanhub.gateways.http_channel import HttpLimits
from vanhub.gateways.sftp import sftp_factory
from vanhub.gateways.tcp import TcpFactory, TcpLimits
from vanhub.gateways.tls import ClientCertificate, ContextSource, TlsFactory, TlsFiles
from vanhub.service.admin import AdminFactory
from vanhub.service.asking import short_name
from vanhub.service.core import Core
from vanhub.service.deferring import Futures, background
from vanhub.service.doorkeeper import FrontDoor
from vanhub.service.enrolment import HubEnrolment
from vanhub.service.intake import HubIntake
from vanhub.service.mailboxes import HubMailboxes
from vanhub.service.metrics import metrics_site
from vanhub.service.records import HubRecords
from vanhub.service.upkeep import Upkeep
from vanhub.service.verbs import perform
from vanhub.service.workers import CheckWorkers
from vanhub.settings import Listener

_log = structlog.get_logger("vanhub.hub")

STOP_S = 10.0
"""Seconds that sessions have to end by themselves when the hub stops."""


class Hub:
    """One hub on one reactor. ``passphrase`` is asked for whenever the TLS key is loaded."""

    def __init__(self, core: Core, reactor: Any, *, passphrase: Callable[[], bytes | None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self.core, self._reactor, self._monotonic = core, reactor, monotonic
        settings = core.settings
        futures = Futures(reactor)
        _log.debug("hub.guides", guides=len(core.rules[1].heads()))  # read now: a mistake in one stops the start
        self.door = FrontDoor(core, reactor, monotonic, core.entropy)
        self.workers = CheckWorkers(settings.check.workers, core.home, futures)
        self.intake = HubIntake(core, self.workers, reactor, futures, monotonic)
        self.mailboxes = HubMailboxes(core, reactor, futures)
        self.records = HubRecords(core, reactor, futures)
        self.enrolment = HubEnrolment(core, self.door, reactor)
        self.upkeep = Upkeep(core, self.door, self.mailboxes, reactor)
        self._tls = {client: ContextSource(self._tls_files(), passphrase, client=client) for client in (ClientCertificate.REQUIRED, ClientCertificate.OPTIONAL)}
        self._ports: dict[str, Any] = {}
        self._admin: Any = None
        self._held = ExitStack()
        self._stopping = False
        self._warming: Deferred[None] = succeed(None)
        self.intake.arrived = self.mailboxes.announce
        core.changed = lambda: reactor.callFromThread(self._registry_changed)
        core.renewed = lambda: reactor.callFromThread(self._renewed)
        core.reloaded = lambda: reactor.callFromThread(self.workers.renew)
        core.live = self._live

    def start(self) -> None:
        """Listen on every gateway and write ``endpoints.json``; from then on the hub accepts.

        Raises:
            OperatorError: an address cannot be listened on.
        """
        settings, core, reactor = self.core.settings, self.core, self._reactor
        times = settings.timeouts
        tcp = TcpFactory(
            self.door,
            self.intake,
            self.mailboxes,
            clock=reactor,
            limits=TcpLimits(idle_timeout_s=times.idle_s, interchange_timeout_s=times.interchange_s, lease_s=settings.deliveries.lease_s),
        )
        https = http_site(
            self.door,
            self.intake,
            self.mailboxes,
            self.records,
            self.enrolment,
            clock=reactor,
            ca_pem=core.authority.root_pem,
            crl=lambda: core.authority.crls()["issuing"].der,
            published=core.authority.published,
            limits=HttpLimits(interchange_timeout_s=times.interchange_s),
        )
        sftp = sftp_factory(
            self.door,
            self.intake,
            self.mailboxes,
            self.records,
            host_keys=[Key.fromString(core.authority.ssh_host_key())],  # type: ignore[no-untyped-call]
            reactor=reactor,
            now=core.clock,
            login_s=times.login_s,
            upload_s=times.interchange_s,
            idle_s=times.idle_s,
            lease_s=settings.deliveries.lease_s,
            archive_days=settings.deliveries.archive_days,
        )
        self._listen("tcp", settings.tcp, self._over_tls(tcp, ClientCertificate.REQUIRED))
        self._listen("sftp", settings.sftp, sftp)
        self._listen("https", settings.https, self._over_tls(https, ClientCertificate.OPTIONAL))
        self._listen("metrics", settings.metrics, metrics_site(core.metrics, self.troubles, reactor))
        self._listen_admin()
        for name, text in (("queue_length", "Jobs that wait for the store's writer"), ("queue_age_s", "Age of the oldest of them in seconds")):
            core.metrics.gauge(f"vanhub_store_{name}", text, lambda name=name: core.store.statistics()[name])  # type: ignore[misc]
        core.metrics.gauge("vanhub_intake_in_flight", "Interchanges being received, checked or stored", lambda: self.intake.in_flight)
        self.upkeep.start()
        self._warming = background("warm-up", self.intake.warm_up())
        endpoints = {name: (port.getHost().host, port.getHost().port) for name, port in self._ports.items()}
        core.home.write_endpoints(endpoints)
        _log.info("hub.ready", **{name: f"{host}:{port}" for name, (host, port) in endpoints.items()})

    async def stop(self) -> None:
        """Stop in order; idempotent."""
        if self._stopping:
            return
        self._stopping = True
        _log.info("hub.stopping")
        self.core.home.remove_endpoints()
        closing = [port.stopListening() for port in (*self._ports.values(), *([self._admin] if self._admin else []))]
        await DeferredList([each for each in closing if isinstance(each, Deferred)])
        self._held.close()
        self.upkeep.stop()
        self.door.end_all("the hub is stopping")
        deadline = self._monotonic() + STOP_S
        while (self.door.sessions() or self.intake.in_flight) and self._monotonic() < deadline:
            await self._pause(0.02)
        await self._warming
        for close in (self.workers.close, self.core.close):
            await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), close)
        _log.info("hub.stopped")

    def reload(self) -> None:
        """Read mailboxes, directories, guides, principals and TLS files again. Raises ``OperatorError``; what was in use stays then."""
        self.core.reload()
        _log.info("hub.reloaded", mailboxes=len(self.core.registry.mailboxes))

    def troubles(self) -> list[str]:
        """Why the hub cannot accept now; empty when it can."""
        found = ["the hub is stopping"] if self._stopping else []
        statistics = self.core.store.statistics()
        if statistics["queue_length"] >= self.core.settings.limits.store_queue:
            found.append("the store's queue is full")
        if statistics["queue_age_s"] > 30:
            found.append("the store does not commit")
        return found

    def _tls_files(self) -> TlsFiles:
        path = self.core.authority.path
        return TlsFiles(certificate=path("hub-tls.pem"), key=path("hub-tls.key"), authorities=(path("root.pem"), path("issuing.pem")))

    def _over_tls(self, factory: Any, client: ClientCertificate) -> TlsFactory:
        return TlsFactory(self._tls[client], factory, clock=self._reactor, handshake_timeout_s=self.core.settings.timeouts.handshake_s)

    def _listen(self, name: str, listener: Listener, factory: Any) -> None:
        try:
            self._ports[name] = self._reactor.listenTCP(listener.port, factory, interface=listener.host, backlog=1024)
        except CannotListenError as error:
            raise OperatorError(f"{name} cannot listen on {listener.host}:{listener.port}: {error.socketError}; see [{name}] in hub.toml") from error

    def _listen_admin(self) -> None:
        path = self.core.home.admin_socket
        path.unlink(missing_ok=True)  # the lock on the home is ours: whoever left it there is gone
        factory = AdminFactory(lambda verb, arguments, actor: perform(self.core, verb, arguments, actor), self._reactor)
        name = self._held.enter_context(short_name(path))
        self._admin = self._reactor.listenUNIX(name, factory, mode=stat.S_IRUSR | stat.S_IWUSR)

    def _registry_changed(self) -> None:
        ended = self.door.reconcile()
        if ended:
            _log.info("sessions.ended", count=ended, reason="principals or credentials changed")

    def _renewed(self) -> None:
        for source in self._tls.values():
            source.reload()

    def _live(self) -> dict[str, Any]:
        return {
            "running": True,
            "pid": os.getpid(),
            "sessions": self.door.sessions(),
            "in_flight": self.intake.in_flight,
            "endpoints": self.core.home.read_endpoints(),
            "troubles": self.troubles(),
        }

    def _pause(self, seconds: float) -> Deferred[None]:
        waiting: Deferred[None] = Deferred()
        self._reactor.callLater(seconds, waiting.callback, None)
        return waiting
