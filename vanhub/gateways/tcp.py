"""The TLS-TCP gateway: a thin Twisted protocol around ``tcp_wire.Wire``.

What the peer sees is in the module heads of ``tcp_wire`` (order, pipelining, ends) and ``tcp_courier`` (``deliver = true``). Kept here:

- Acknowledgement octets are written only when the hub's Deferred has fired, that is, after COMMIT.
- The transport is paused while the hub is backlogged, ``in_flight`` answers are owed, or the peer does not read what it is sent.
- Limits end a session, never hang it: the TLS handshake (``tls``), silence, one interchange's time, the time to close. The doorkeeper is told
  the reason of every end, and logs it.
- A connection that ends without close_notify was cut: the interchange that was arriving is aborted. Whole interchanges are decided
  by the hub all the same; the peer repeats them and has the stored answers.

Time limits are checked four times per shortest limit, so that a busy session sets no timers.
"""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's Failure and transports are not annotated)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IHalfCloseableProtocol, IHandshakeListener, IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from vanhub.errors import HubError, Untrusted
from vanhub.gateways.seam import Doorkeeper, Intake, Mailboxes, Session, Upload
from vanhub.gateways.tcp_courier import Courier
from vanhub.gateways.tcp_wire import Abort, Begin, Close, Event, Finish, Send, Take, Wire
from vanhub.gateways.tls import peer_certificate
from vanhub.values.delivery import Receipt


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """``in_flight``: interchanges that may be owed an answer on one session. ``idle_timeout_s``: silence of a peer whose turn it is (a session that
    waits for its mail may be silent). ``interchange_timeout_s``: from the first octet of an interchange to its last. ``close_timeout_s``:
    from the hub's wish to close to the end of the connection. ``lease_s``: of deliveries under way. ``answer_timeout_s``: for the CONTRL to a delivery.
    """

    in_flight: int = 32
    idle_timeout_s: float = 300.0
    interchange_timeout_s: float = 600.0
    close_timeout_s: float = 5.0
    lease_s: float = 300.0
    answer_timeout_s: float = 3_600.0


class TcpFactory(ServerFactory):
    """Builds a protocol per connection. It is wrapped in ``tls.TlsFactory`` with ``ClientCertificate.REQUIRED``."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        intake: Intake,
        mailboxes: Mailboxes,
        *,
        clock: IReactorTime,
        limits: TcpLimits = TcpLimits(),
        identify: Callable[[Any], bytes | None] = peer_certificate,
    ) -> None:
        """``identify(transport)`` is the DER of the client's certificate, whose chain was verified."""
        self.doorkeeper = doorkeeper
        self.intake = intake
        self.mailboxes = mailboxes
        self.clock = clock
        self.limits = limits
        self.identify = identify

    def buildProtocol(self, addr: IAddress | None) -> TcpProtocol:  # noqa: ARG002 - the interface's
        return TcpProtocol(self)


@implementer(IHandshakeListener, IHalfCloseableProtocol, IPushProducer)
class TcpProtocol(Protocol):
    """One session. As a producer it is what its transport pauses when the peer reads slowly."""

    _log = Logger()
    transport: Any

    def __init__(self, factory: TcpFactory) -> None:
        self._hub = factory
        self._clock = factory.clock
        self._limits = factory.limits
        self._wire = Wire(in_flight=factory.limits.in_flight)
        self._uploads: dict[int, Upload] = {}
        self._session: Session | None = None
        self._courier: Courier | None = None
        self._peer = ""
        self._reason = ""
        self._running = False
        self._paused = False
        self._closing = False
        self._connected = False
        self._heard_at = 0.0
        self._arriving_since: float | None = None
        self._tick: IDelayedCall | None = None
        self._cut: IDelayedCall | None = None

    # -- the transport's side

    def connectionMade(self) -> None:
        self._connected = True
        address = self.transport.getPeer()
        self._peer = f"{address.host}:{address.port}"

    def handshakeCompleted(self) -> None:
        try:
            der = self._hub.identify(self.transport)
            if der is None:
                raise Untrusted("the client has shown no certificate")
            principal, credential = self._hub.doorkeeper.by_certificate(der, self._peer)
            session = Session(principal, "tcp", self._peer, credential, self.stop)
            self._hub.doorkeeper.open(session)
        except HubError as error:
            if not isinstance(error, Untrusted):  # the doorkeeper logs whom it does not know
                self._log.warn("{peer}: not admitted: {error}", peer=self._peer, error=str(error))
            self._close(f"not admitted: {error}")
            return
        self._session = session
        self.transport.registerProducer(self, True)
        self._heard_at = self._clock.seconds()
        self._schedule_tick()
        if principal.agreement.deliver:
            self._courier = Courier(
                self._hub.mailboxes, session, self, clock=self._clock, lease_s=self._limits.lease_s, answer_timeout_s=self._limits.answer_timeout_s
            )
            self._courier.start()

    def dataReceived(self, data: bytes) -> None:
        if self._session is None or self._closing:
            return
        self._heard_at = self._clock.seconds()
        self._wire.receive(data)
        self._run()

    def readConnectionLost(self) -> None:
        """The peer's close_notify: it has sent everything and still reads."""
        if self._session is None or self._closing:
            return
        self._wire.end_input()
        self._run()

    def writeConnectionLost(self) -> None:
        """The gateway closes both directions at once."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._connected = False
        self._closing = True
        for timer in (self._tick, self._cut):
            if timer is not None and timer.active():
                timer.cancel()
        if self._session is None:
            return
        why = self._reason or f"connection lost: {reason.getErrorMessage()}"
        self._wire.stop(why)
        self._run()
        if self._courier is not None:
            self._courier.end(lost=True)
        self._hub.doorkeeper.close(self._session, why)

    def pauseProducing(self) -> None:
        self._wire.sending = False

    def resumeProducing(self) -> None:
        self._heard_at = self._clock.seconds()  # the peer has read something
        self._wire.sending = True
        self._run()

    def stopProducing(self) -> None:
        """The connection is going; ``connectionLost`` follows."""

    # -- the hub's and the courier's side

    def stop(self, reason: str) -> None:
        """Take no more, give the answers owed, close; cut after ``close_timeout_s``."""
        if not self._closing and self._cut is None:
            self._reason = reason
            self._cut = self._clock.callLater(self._limits.close_timeout_s, self.abort, reason)
            self._wire.stop(reason)
            self._run()

    def abort(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._connected:
            self._log.info("{peer}: cut: {reason}", peer=self._peer, reason=reason)
            self.transport.abortConnection()

    def begin_delivery(self) -> bool:
        return self._connected and self._wire.begin_delivery()

    def end_delivery(self) -> None:
        self._wire.end_delivery()
        self._run()

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    @property
    def writable(self) -> bool:
        return self._wire.sending

    # -- events of the wire

    def _run(self) -> None:
        """Do what the wire says until it says nothing. What happens meanwhile is seen by the loop that runs already."""
        if self._running:
            return
        self._running = True
        try:
            while (event := self._wire.next_event()) is not None:
                self._do(event)
        finally:
            self._running = False
        if self._connected and self._paused is self._wire.wants_input:
            self._paused = not self._paused
            (self.transport.pauseProducing if self._paused else self.transport.resumeProducing)()
        if self._courier is not None:
            if self._wire.ending:
                self._courier.finish()
            self._courier.wake()

    def _do(self, event: Event) -> None:
        match event:
            case Send(data):
                if self._connected:
                    self.transport.write(data)
            case Close(reason):
                self._close(reason)
            case Abort(ticket, reason):
                self._arriving_since = None
                self._uploads.pop(ticket).abort(reason)
            case Begin(ticket) | Take(ticket) | Finish(ticket):
                try:
                    self._forward(event, ticket)
                except Exception:  # noqa: BLE001 - the edge of a connection: nothing of one peer's interchange may reach the others
                    self._failed(Failure(), ticket)

    def _forward(self, event: Event, ticket: int) -> None:
        """Hand the event to the hub."""
        match event:
            case Begin():
                assert self._session is not None  # noqa: S101 - nothing is received before
                self._uploads[ticket] = self._hub.intake.begin(self._session)
                self._arriving_since = self._clock.seconds()
            case Take(data=data):
                upload = self._uploads[ticket]
                upload.write(data)
                backlog = upload.backlogged
                if backlog is not None and self._wire.taking:
                    self._wire.taking = False
                    backlog.addBoth(self._caught_up)
            case Finish():
                self._arriving_since = None
                deferred = maybeDeferred(self._uploads.pop(ticket).finish)
                deferred.addCallbacks(self._answered, self._failed, callbackArgs=(ticket,), errbackArgs=(ticket,))

    def _caught_up(self, _: object) -> None:
        self._wire.taking = True
        self._run()

    def _answered(self, receipt: Receipt, ticket: int) -> None:
        self._wire.answered(ticket, receipt.acknowledgement)
        if self._courier is not None:
            self._courier.answered(receipt.answers)
        self._run()

    def _failed(self, failure: Failure, ticket: int) -> None:
        """The hub has no answer: what a ``HubError`` says is logged, anything else is a bug and logged as one. The peer sees a clean close."""
        upload = self._uploads.pop(ticket, None)
        if upload is not None:
            self._arriving_since = None
            upload.abort(failure.getErrorMessage())
        if failure.check(HubError):
            reason = failure.getErrorMessage()
        else:
            reason = "an internal error"
            self._log.failure("{peer}: an interchange could not be taken", failure, peer=self._peer)
        self._wire.failed(ticket, reason)
        self._run()

    # -- time and end

    def _schedule_tick(self) -> None:
        self._tick = self._clock.callLater(min(self._limits.idle_timeout_s, self._limits.interchange_timeout_s) / 4, self._check_time)

    def _check_time(self) -> None:
        now = self._clock.seconds()
        self._schedule_tick()
        if self._arriving_since is not None and now - self._arriving_since >= self._limits.interchange_timeout_s:
            self.stop(f"an interchange was not sent within {self._limits.interchange_timeout_s:g} s")
        elif now - self._heard_at >= self._limits.idle_timeout_s:
            if not self._wire.sending:
                self.abort(f"the peer has read nothing for {self._limits.idle_timeout_s:g} s")
            elif (self._arriving_since is not None and self._wire.taking) or (self._wire.idle and self._courier is None):
                self.stop(f"silent for {self._limits.idle_timeout_s:g} s")

    def _close(self, reason: str) -> None:
        self._reason = self._reason or reason
        self._closing = True
        if self._courier is not None:
            self._courier.end()
        if not self._connected:
            return
        self._log.info("{peer}: closing: {reason}", peer=self._peer, reason=reason)
        if self._paused:  # the peer's close_notify must come through
            self._paused = False
            self.transport.resumeProducing()
        if self._session is not None:
            self.transport.unregisterProducer()
        if self._cut is None:
            self._cut = self._clock.callLater(self._limits.close_timeout_s, self.abort, "the peer did not close")
        self.transport.loseConnection()
