"""HTTP/1.1 on one TLS connection: limits before buffering, bodies streamed as they arrive, refusals before a body is sent.

Twisted's ``HTTPChannel`` reads the whole body into a file before a request is looked at. Here a request is judged when its headers are there
(``Reception``): what is refused is answered without waiting for a body, and ``100 Continue`` is sent only when the body is wanted. Kept here:

- Every request has a deadline for its headers and body, longer for an interchange; a body that moves a byte a minute does not hold a place.
- A refusal is sent at once where the body that follows is large, of unknown length, or not sent yet (Expect); the connection closes after it, and
  what the client goes on sending is dropped. After a small body the connection stays.
- The sessions opened on the connection, one per credential, end with it, and it with them.

``_command``, ``_path``, ``_version`` and ``_waitingForTransport`` of ``HTTPChannel`` are used although they are private; the tests hold them.
"""

# mypy: disable-error-code="no-untyped-call"
# (twisted.web is not annotated)

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http

from vanhub.gateways.http_answer import Answer, Download, Pieces, problem_answer
from vanhub.gateways.problem import Problem, problem_of
from vanhub.gateways.seam import Session

_ABSOLUTE = re.compile(rb"\Ahttps?://[^/?]*", re.IGNORECASE)  # RFC 9112, 3.2.2: a target that names the host is taken too
_DRAINED_OCTETS = 65_536  # a body up to this is read to its end after a refusal, to keep the connection


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """``request_timeout_s``: from a request's first octet to the last of its headers or JSON body; ``interchange_timeout_s``: to the last octet of
    an interchange. ``idle_timeout_s``: silence between or within requests. ``stall_timeout_s``: a client that does not read its answer.
    ``close_timeout_s``: from the hub's wish to close to the end of the connection. ``json_octets``: largest JSON body.
    """

    request_timeout_s: float = 30.0
    interchange_timeout_s: float = 600.0
    idle_timeout_s: float = 75.0
    stall_timeout_s: float = 60.0
    close_timeout_s: float = 5.0
    json_octets: int = 65_536


class Reception(Protocol):
    """Takes one request's body and answers it."""

    def write(self, data: bytes) -> None:
        """More of the body. Raises ``Problem`` or a ``HubError`` to refuse the rest."""
        ...

    @property
    def backlogged(self) -> Deferred[None] | None:
        """As of ``vanhub.gateways.seam.Upload``."""
        ...

    def finish(self) -> Deferred[Answer]:
        """The body is whole."""
        ...

    def leave(self, reason: str) -> None:
        """The client is gone, or the request was refused; nobody waits for the answer. Idempotent."""
        ...


class Judge(Protocol):
    """Looks at a request's headers (``vanhub.gateways.http_api.Api``)."""

    def judge(self, request: HttpRequest, length: int | None) -> Reception:
        """How to take the body of ``length`` octets (None: not announced). Raises ``Problem`` or a ``HubError`` to refuse it."""
        ...


class HttpRequest(http.Request):
    """One request. The body goes to its reception piece by piece and is nowhere kept here."""

    channel: Any
    _log = Logger()
    _reception: Reception | None = None
    _refusal: Answer | None = None
    _deaf = False

    @property
    def owner(self) -> HttpChannel:
        """The connection, for the sessions on it."""
        return self.channel  # type: ignore[no-any-return]

    def header(self, name: str) -> str | None:
        """A header that may come once. Raises ``Problem`` when it comes more often or is no ASCII."""
        values = self.requestHeaders.getRawHeaders(name.encode())
        if values is None:
            return None
        if len(values) > 1 or not values[0].isascii():
            raise Problem("bad-request", f"header {name} is given twice or is no ASCII")
        return values[0].decode("ascii")

    # -- from the channel

    def opened(self, command: bytes, uri: bytes, version: bytes, length: int | None) -> None:
        """The headers are there."""
        self.method, self.uri, self.clientproto = command, uri, version
        self.path, _, self.query = _ABSOLUTE.sub(b"", uri).partition(b"?")
        expects = version == b"HTTP/1.1" and b"100-continue" in [value.lower() for value in self.requestHeaders.getRawHeaders(b"Expect", [])]
        try:
            if version == b"HTTP/1.1" and self.header("Host") is None:
                raise Problem("bad-request", "header Host is missing")  # RFC 9112, 3.2
            self._reception = self.channel.judge.judge(self, length)
        except Exception as error:  # noqa: BLE001 - the edge of a request: one client's request may not end the hub
            self._refuse(error, at_once=expects or length is None or length > _DRAINED_OCTETS)
        else:
            if expects and length != 0:
                self.channel.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def gotLength(self, length: int | None) -> None:
        """The base class opens a file for the body here."""

    def handleContentChunk(self, data: bytes) -> None:
        if self._deaf or self._refusal is not None or self._reception is None:
            return
        try:
            self._reception.write(data)
            backlog = self._reception.backlogged
        except Exception as error:  # noqa: BLE001 - as above
            self._refuse(error, at_once=True)
            return
        if backlog is not None:
            self.channel.hold(backlog)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: ARG002 - known since the headers
        if self._refusal is not None:
            self._write(self._refusal)
        elif self._reception is not None:
            deferred = maybeDeferred(self._reception.finish)
            deferred.addErrback(self._failed).addCallback(self._answer)
            deferred.addErrback(self._broken)

    def connectionLost(self, reason: Failure) -> None:
        super().connectionLost(reason)
        if self._reception is not None:
            self._reception.leave("the client is gone")

    # -- answering

    def _refuse(self, error: Exception, *, at_once: bool) -> None:
        if self._reception is not None:
            self._reception.leave(str(error))
        answer = self._problem(error, None)
        if at_once:
            self._write(Answer(answer.status, answer.body, answer.media_type, answer.headers, close=True))
        else:
            self._refusal = answer

    def _problem(self, error: BaseException | None, failure: Failure | None) -> Answer:
        """A problem as an answer; what is no problem of the client's is logged under a number that the client is told."""
        problem = problem_of(error)
        if problem is None:
            reference = self.channel.factory.next_fault() if self.channel is not None else "-"
            self._log.failure("{method} {path}: fault {reference}", failure or Failure(error), method=self.method, path=self.path, reference=reference)
            problem = Problem("internal", "the hub could not answer; its operator finds the reason under this reference", reference=reference)
        return problem_answer(problem)

    def _failed(self, failure: Failure) -> Answer:
        return self._problem(failure.value, failure)

    def _answer(self, answer: Answer) -> None:
        if not self._disconnected:
            self._write(answer)

    def _write(self, answer: Answer) -> None:
        self._deaf = True
        self.setResponseCode(answer.status)
        self.setHeader(b"Content-Type", answer.media_type.encode())
        self.setHeader(b"Cache-Control", b"no-store")
        self.setHeader(b"X-Content-Type-Options", b"nosniff")
        for name, text in answer.headers.items():
            self.setHeader(name.encode(), text.encode())
        if answer.close or self.channel.leaving:
            self.channel.close_after_answer()
            self.setHeader(b"Connection", b"close")
        body = answer.body
        size = body.size if isinstance(body, Pieces) else len(body)
        if size is not None:
            self.setHeader(b"Content-Length", b"%d" % size)
        if isinstance(body, bytes):
            self.write(body)
            self.finish()
        elif self.method == b"HEAD":
            self.finish()
        else:
            Download(self, body, self.channel.abort, clock=self.channel.clock, stall_s=self.channel.limits.stall_timeout_s).start()

    def _broken(self, failure: Failure) -> None:
        self._log.failure("{method} {path}: the answer could not be written", failure, method=self.method, path=self.path)
        if self.channel is not None:
            self.channel.abort()


class HttpChannel(http.HTTPChannel):
    """One connection. ``sessions`` are those opened on it, by credential."""

    _log = Logger()
    transport: Any
    maxHeaders = 64
    requestFactory = HttpRequest

    def __init__(self, judge: Judge, *, clock: IReactorTime, limits: HttpLimits, close_session: Callable[[Session, str], None]) -> None:
        super().__init__()
        self.judge = judge
        self.clock = clock
        self.limits = limits
        self.callLater = clock.callLater  # type: ignore[method-assign,assignment]  # so that TimeoutMixin's timers are of this clock
        self.timeOut = limits.idle_timeout_s  # type: ignore[assignment]  # declared an int, used as seconds
        self.sessions: dict[str, Session] = {}
        self.leaving = False
        self._reason = ""
        self._close_session = close_session
        self._deaf = False
        self._deadline: IDelayedCall | None = None
        self._cut: IDelayedCall | None = None

    @property
    def peer(self) -> str:
        address = self.transport.getPeer()
        return f"{address.host}:{address.port}"

    # -- reading

    def dataReceived(self, data: bytes) -> None:
        if self._deaf:
            return  # the idle timeout ends a client that never stops
        if self._deadline is None and not self._handlingRequest:
            self.expect_within(self.limits.request_timeout_s)
        super().dataReceived(data)

    def expect_within(self, seconds: float) -> None:
        """The request now arriving must be whole in this time."""
        self._end_deadline()
        self._deadline = self.clock.callLater(seconds, self._too_late)

    def allHeadersReceived(self) -> None:
        request = self.requests[-1]
        self.persistent = self.checkPersistence(request, self._version)
        request.opened(self._command, self._path, self._version, self.length)

    def allContentReceived(self) -> None:
        self._end_deadline()
        if not self._deaf:
            super().allContentReceived()

    def hold(self, backlog: Deferred[None]) -> None:
        """Read no more until the hub can take more."""
        self.transport.pauseProducing()
        backlog.addBoth(self._go_on)

    def _go_on(self, _: object) -> None:
        if self.transport is not None and not self._waitingForTransport:
            self.transport.resumeProducing()

    # -- writing

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        super().registerProducer(producer, streaming)
        if self._waitingForTransport:  # the base class tells a producer only of what happens after its registration
            producer.pauseProducing()

    def close_after_answer(self) -> None:
        """The answer being written is the last, and what arrives from now on is dropped."""
        self.persistent = False
        if not self._handlingRequest:  # the body, or more of it, is still to come
            self._deaf = True
            self.clearLineBuffer()
        self._end_deadline()
        self._cut_later(self.limits.close_timeout_s)

    # -- ending

    def end(self, reason: str) -> None:
        """End from outside: the request being answered is answered, then the connection closes; it is cut after ``close_timeout_s``."""
        self.leaving = True
        self._reason = reason
        self._cut_later(self.limits.close_timeout_s)
        if not self.requests:
            self.loseConnection()

    def loseConnection(self) -> None:
        self._cut_later(self.limits.stall_timeout_s)
        super().loseConnection()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()

    def _too_late(self) -> None:
        self._deadline = None
        if self.requests and not self.requests[-1].startedWriting:
            self._respond_and_close(Problem("timeout", "the request was not sent whole in time"))
        else:
            self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        self._respond_and_close(Problem("bad-request", "this is no HTTP/1.1 request within the limits of the hub"))

    def _respond_and_close(self, problem: Problem) -> None:
        """For what went wrong before there was a request to answer."""
        if self._deaf:
            return
        body = problem.render()
        head = f"HTTP/1.1 {problem.status} {http.RESPONSES[problem.status].decode()}\r\nContent-Type: application/problem+json\r\n"
        self.transport.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        self._deaf = True
        self._cut_later(self.limits.close_timeout_s)
        self.loseConnection()

    def _cut_later(self, seconds: float) -> None:
        if self._cut is None:
            self._cut = self.clock.callLater(seconds, self.abort)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end_deadline()
        if self._cut is not None and self._cut.active():
            self._cut.cancel()
        super().connectionLost(reason)
        for session in self.sessions.values():
            self._close_session(session, self._reason or f"connection ended: {reason.getErrorMessage()}")
        self.sessions.clear()
