"""The HTTPS gateway's assembly: what a TLS listener is given to serve ``/v1``.

``http_routes`` says what may be asked, ``http_channel`` how it comes in, ``http_api`` what is done, ``http_answer`` and ``http_values`` what
goes out, ``problem`` what went wrong, ``openapi`` describes it all. ``http_est`` has the paths of the CA beside it.
"""

# mypy: disable-error-code="no-untyped-call"
# (twisted.web is not annotated)

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.logger import Logger
from twisted.web import http

from vanhub.gateways.http_api import Api
from vanhub.gateways.http_channel import HttpChannel, HttpLimits, Judge
from vanhub.gateways.http_est import CaPages
from vanhub.gateways.seam import Doorkeeper, Enrolment, Intake, Mailboxes, Records, Session
from vanhub.gateways.tls import peer_certificate

_DEFAULTS = HttpLimits()


def http_site(
    doorkeeper: Doorkeeper,
    intake: Intake,
    mailboxes: Mailboxes,
    records: Records,
    enrolment: Enrolment,
    *,
    clock: IReactorTime,
    ca_pem: Callable[[], bytes],
    crl: Callable[[], bytes],
    published: Callable[[], Mapping[str, bytes]],
    limits: HttpLimits = _DEFAULTS,
    identify: Callable[[Any], bytes | None] = peer_certificate,
) -> HttpSite:
    """The factory to wrap in ``tls.TlsFactory`` with ``ClientCertificate.OPTIONAL``.

    ``ca_pem()`` is the PEM of the hub's root (and issuing CAs), ``crl()`` the current CRL in DER, ``published()`` what the CA's
    certificates point to, in DER by path. ``identify(transport)`` is the DER of the client's
    certificate, whose chain was verified, or None.
    """
    api = Api(doorkeeper, intake, mailboxes, records, clock=clock, ca_pem=ca_pem, crl=crl, limits=limits, identify=identify)
    pages = CaPages(api, enrolment, published, request_octets=limits.json_octets)
    return HttpSite(pages, doorkeeper.close, clock=clock, limits=limits)


class HttpSite(http.HTTPFactory):
    """Builds a channel per connection and logs every request. ``close_session(session, reason)`` is told of sessions whose connection ended."""

    _log = Logger()
    noisy = False

    def __init__(self, judge: Judge, close_session: Callable[[Session, str], None], *, clock: IReactorTime, limits: HttpLimits = _DEFAULTS) -> None:
        super().__init__(reactor=clock)
        self._judge = judge
        self._close_session = close_session
        self._clock = clock
        self._limits = limits
        self._faults = itertools.count(1)

    def buildProtocol(self, addr: IAddress | None) -> HttpChannel:  # type: ignore[override]  # noqa: ARG002 - no HTTP/2, hence no proxy around the channel
        channel = HttpChannel(self._judge, clock=self._clock, limits=self._limits, close_session=self._close_session)
        channel.factory = self
        return channel

    def next_fault(self) -> str:
        """A number for a fault of the hub's own, shown to the client and logged."""
        return f"F{next(self._faults):06d}"

    def startFactory(self) -> None:
        """Nothing to start: there is no log file of the factory's own."""

    def stopFactory(self) -> None:
        """Nothing was started."""

    def log(self, request: http.Request) -> None:
        self._log.debug("{method} {path}: {status}, {octets} octets", method=request.method, path=request.path, status=request.code, octets=request.sentLength)
