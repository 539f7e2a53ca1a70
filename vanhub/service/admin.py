"""The admin socket ``var/admin.sock``: how the command line speaks to a running hub.

One request a connection, one line of JSON each way:

    {"verb": "partner.add", "arguments": {...}}
    {"result": ...}   or   {"error": {"code": "not-found", "text": "..."}}

The socket's mode is 0600 and the peer's uid, which the kernel states, is the actor that the journal names. A verb runs in a
thread, since verbs wait for the store. Whoever may open the socket may do everything: there are no passwords here.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from typing import Any

import structlog
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThreadPool
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from vanhub.errors import HubError, OperatorError
from vanhub.service.asking import REQUEST_LIMIT, actor_of

_log = structlog.get_logger("vanhub.admin")

Perform = Callable[[str, dict[str, Any], str], Any]
"""``perform(verb, arguments, actor)`` -> JSON-ready result; raises ``HubError``."""


class AdminProtocol(LineReceiver):
    """One connection: one request line, one answer line, closed."""

    transport: Any
    delimiter = b"\n"
    MAX_LENGTH = REQUEST_LIMIT

    def __init__(self, perform: Perform, reactor: Any) -> None:
        self._perform, self._reactor = perform, reactor
        self._asked = False

    def lineReceived(self, line: bytes) -> None:
        if self._asked:
            return
        self._asked = True
        actor = actor_of(_peer_uid(self.transport.getHandle()))
        try:
            request = json.loads(line)
            verb, arguments = str(request["verb"]), dict(request["arguments"])
        except (ValueError, KeyError, TypeError, RecursionError):
            self._answer(error_answer(OperatorError("the request is no JSON object with verb and arguments")))
            return
        running = deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._perform, verb, arguments, actor)
        running.addCallbacks(lambda result: self._answer({"result": result}), self._failed)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002 - Twisted's signature
        self._answer(error_answer(OperatorError(f"the request is longer than {REQUEST_LIMIT} octets")))

    def _failed(self, failure: Failure) -> None:
        if not isinstance(failure.value, HubError):
            _log.error("verb.failed", error=repr(failure.value), traceback=failure.getTraceback())
        self._answer(error_answer(failure.value))

    def _answer(self, answer: dict[str, Any]) -> None:
        if self.connected:
            self.transport.write(json.dumps(answer).encode() + b"\n")
            self.transport.loseConnection()


class AdminFactory(Factory):
    def __init__(self, perform: Perform, reactor: Any) -> None:
        self._perform, self._reactor = perform, reactor

    def buildProtocol(self, addr: IAddress | None) -> AdminProtocol:  # noqa: ARG002 - Twisted's signature
        return AdminProtocol(self._perform, self._reactor)


def error_answer(error: BaseException | None) -> dict[str, Any]:
    """What the other side reads of ``error``; a bug shows only that there was one."""
    if isinstance(error, HubError):
        return {"error": {"code": error.code, "text": str(error)}}
    return {"error": {"code": "error", "text": "an internal error; the hub's log has the details"}}


def _peer_uid(handle: socket.socket) -> int:
    credentials = handle.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)
