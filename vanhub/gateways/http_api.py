"""The operations of ``/v1``: what each asks of the hub, and what it answers.

Who asks is decided per request, by bearer token if one is given, else by the client certificate of the connection; the session that the
hub sees is one per connection and credential. An operation is a coroutine that returns an ``Answer`` or raises; the errors' statuses are
in ``problem``. The claims of a claim whose client went away before the answer are released at once.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from vanhub.edifact.framing import Framer, Octets
from vanhub.errors import HubError, NotFound, Untrusted
from vanhub.gateways.bell import Bell
from vanhub.gateways.http_answer import EDIFACT, Answer, Pieces, content_answer, json_answer
from vanhub.gateways.http_channel import HttpLimits, HttpRequest, Reception
from vanhub.gateways.http_routes import Body, Route, find_route, read_members, read_query
from vanhub.gateways.http_values import claims_json, delivery_json, interchange_path, listing_json, receipt_json, receipt_status
from vanhub.gateways.openapi import DOCUMENT
from vanhub.gateways.problem import Problem
from vanhub.gateways.seam import Content, Doorkeeper, Intake, Mailboxes, Records, Session, Upload
from vanhub.gateways.tls import peer_certificate
from vanhub.values.delivery import Claimed, Delivery, Receipt, Slot

_T = TypeVar("_T")
_TOKEN = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,200}=*)\Z", re.IGNORECASE)
_LOOK_AGAIN_S = 15.0  # a watch is a hint that may be lost


@dataclass(slots=True, eq=False)
class Call:
    """One request to one operation. ``fields`` are its checked query keys or JSON members."""

    route: Route
    session: Session
    parameters: dict[str, str]
    fields: dict[str, Any]
    request: HttpRequest
    gone: bool = False
    on_leave: list[Callable[[], None]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.parameters["id"]

    def leave(self) -> None:
        self.gone = True
        for act in self.on_leave:
            act()


class Api:
    """Every operation by its name in ``http_routes.ROUTES``. ``ca_pem()`` and ``crl()`` give what is served without authentication."""

    _log = Logger()

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        intake: Intake,
        mailboxes: Mailboxes,
        records: Records,
        *,
        clock: IReactorTime,
        ca_pem: Callable[[], bytes],
        crl: Callable[[], bytes],
        limits: HttpLimits,
        identify: Callable[[Any], bytes | None] = peer_certificate,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._intake = intake
        self._mailboxes = mailboxes
        self._records = records
        self._clock = clock
        self._ca_pem = ca_pem
        self._crl = crl
        self._limits = limits
        self._identify = identify

    # -- a request's headers

    def judge(self, request: HttpRequest, length: int | None) -> Reception:
        route, parameters = find_route(request.method.decode("ascii", "replace"), request.path)
        fields = read_query(route, request.query)
        self._require_own_origin(request)
        if route.public:
            return PublicReception(self._public(route))
        session = self._session(request)
        call = Call(route, session, parameters, fields, request)
        if route.body is Body.INTERCHANGE:
            if (request.header("Content-Type") or "").lower().startswith("multipart/"):
                raise Problem("media-type", "send the interchange itself as the body (curl: --data-binary @FILE), not a form")
            most = session.principal.agreement.max_interchange_octets
            if length is not None and length > most:
                raise Problem("too-large", f"the interchange has {length} octets, the agreement allows {most}")
            request.owner.expect_within(self._limits.interchange_timeout_s)
            return InterchangeReception(self._intake.begin(session), lambda receipt: self._received(call, receipt))
        return FieldsReception(call, getattr(self, route.name), self._limits.json_octets)

    def _session(self, request: HttpRequest) -> Session:
        """The session of the request's credential on its connection, opened if it is the first request with it."""
        channel = request.owner
        authorization = request.header("Authorization")
        if authorization is not None:
            token = _TOKEN.match(authorization)
            if token is None:
                raise Untrusted("Authorization is not of the form: Bearer TOKEN")
            principal, credential = self._doorkeeper.by_token(token.group(1), channel.peer)
        else:
            der = self._identify(channel.transport)
            if der is None:
                raise Untrusted("give a client certificate or a bearer token")
            principal, credential = self._doorkeeper.by_certificate(der, channel.peer)
        session = channel.sessions.get(credential)
        if session is None:
            session = Session(principal, "https", channel.peer, credential, channel.end)
            self._doorkeeper.open(session)
            channel.sessions[credential] = session
        session.principal = principal
        return session

    @staticmethod
    def _require_own_origin(request: HttpRequest) -> None:
        """A browser shows a user's certificate to whatever page asks it to; pages of others have no business here."""
        origin = request.header("Origin")
        if origin is not None and origin != f"https://{request.header('Host')}":
            raise Problem("refused", "requests from other sites' pages are not taken")

    # -- sending

    async def _received(self, call: Call, receipt: Receipt) -> Answer:
        status = receipt_status(receipt)
        location = {"Location": interchange_path(quote(receipt.interchange))}
        if EDIFACT in (call.request.header("Accept") or ""):
            return Answer(status, receipt.acknowledgement or b"", EDIFACT, location)
        return json_answer(receipt_json(receipt), status, **location)

    async def trace(self, call: Call) -> Answer:
        return json_answer(await self._records.trace(call.session, call.id))

    async def acknowledgement(self, call: Call) -> Answer:
        receipt = await self._records.acknowledgement(call.session, call.id)
        if receipt.acknowledgement is None:
            raise NotFound(f"no acknowledgement was owed for interchange {call.id}")
        return Answer(200, receipt.acknowledgement, EDIFACT)

    async def signature(self, call: Call) -> Answer:
        receipt = await self._records.acknowledgement(call.session, call.id)
        if receipt.signature is None:
            raise NotFound(f"no acknowledgement was owed for interchange {call.id}")
        return Answer(200, receipt.signature, "application/pkcs7-signature")

    async def evidence(self, call: Call) -> Answer:
        next_piece = await self._records.evidence(call.session, call.id)
        name = {"Content-Disposition": f'attachment; filename="{quote(call.id)}.zip"'}
        return Answer(200, Pieces(None, next_piece), "application/zip", name)

    # -- collecting

    async def mailbox(self, call: Call) -> Answer:
        asked = call.fields

        def look() -> Deferred[list[Delivery]]:
            return self._mailboxes.waiting(call.session, state=asked["state"], slot=Slot(asked["slot"]), limit=asked["limit"], after=asked["after"])

        return json_answer(listing_json(await self._wait_for(call, look), asked["limit"]))

    async def claim(self, call: Call) -> Answer:
        asked = call.fields

        def look() -> Deferred[list[Claimed]]:
            return self._mailboxes.claim(call.session, most=asked["max"], lease_s=asked["lease_s"], slot=Slot(asked["slot"]))

        claims = await self._wait_for(call, look)
        if call.gone:
            for one in claims:
                try:
                    await self._mailboxes.release(call.session, one.delivery.id, one.claim)
                except HubError as error:  # the lease runs out by itself
                    self._log.warn("{delivery}: not released: {error}", delivery=one.delivery.id, error=str(error))
        return json_answer(claims_json(claims))

    async def delivery(self, call: Call) -> Answer:
        return json_answer(delivery_json(await self._mailboxes.get(call.session, call.id)))

    async def content(self, call: Call) -> Answer:
        delivery = await self._mailboxes.get(call.session, call.id)
        content = await self._mailboxes.content(call.session, call.id)
        return self._file(call, content, delivery.sha256, call.id)

    async def original(self, call: Call) -> Answer:
        content = await self._mailboxes.original(call.session, call.id)
        return self._file(call, content, "", f"{call.id}-original")

    def _file(self, call: Call, content: Content, sha256: str, name: str) -> Answer:
        ranges = {"wanted": call.request.header("Range"), "if_range": call.request.header("If-Range")}
        return content_answer(content, sha256=sha256, file_name=f"{quote(name)}.edi", **ranges)

    async def commit(self, call: Call) -> Answer:
        return json_answer(delivery_json(await self._mailboxes.commit(call.session, call.id, call.fields["claim"])))

    async def release(self, call: Call) -> Answer:
        return json_answer(delivery_json(await self._mailboxes.release(call.session, call.id, call.fields["claim"])))

    async def extend(self, call: Call) -> Answer:
        asked = call.fields
        return json_answer(delivery_json(await self._mailboxes.extend(call.session, call.id, asked["claim"], lease_s=asked["lease_s"])))

    async def _wait_for(self, call: Call, look: Callable[[], Awaitable[Sequence[_T]]]) -> Sequence[_T]:
        """What ``look`` finds, waiting for it as long as the call's ``wait`` says and its client is there."""
        until = self._clock.seconds() + call.fields["wait"]
        bell = Bell(self._clock)
        stop_watching = self._mailboxes.watch(call.session, bell.ring)
        call.on_leave.append(bell.ring)
        try:
            while True:
                found = await look()
                left = until - self._clock.seconds()
                if found or left <= 0:
                    return found
                await bell.wait(min(left, _LOOK_AGAIN_S))
                if call.gone:
                    return ()
        finally:
            stop_watching()

    # -- for everybody

    def _public(self, route: Route) -> Answer:
        match route.name:
            case "openapi":
                return json_answer(DOCUMENT)
            case "authority":
                return Answer(200, self._ca_pem(), "application/x-pem-file")
            case _:
                return Answer(200, self._crl(), "application/pkix-crl")


class FieldsReception:
    """Takes a small body (JSON, or none) and then calls the operation."""

    backlogged = None

    def __init__(self, call: Call, operation: Callable[[Call], Awaitable[Answer]], most: int) -> None:
        self._call = call
        self._operation = operation
        self._most = most
        self._body = bytearray()

    def write(self, data: bytes) -> None:
        if self._call.route.body is Body.NONE:
            raise Problem("bad-request", "this operation takes no body")
        self._body += data
        if len(self._body) > self._most:
            raise Problem("too-large", f"the body may have {self._most} octets")

    def finish(self) -> Deferred[Answer]:
        if self._call.route.body is Body.JSON:
            self._call.fields = read_members(self._call.route, bytes(self._body))
        return Deferred.fromCoroutine(self._operate())

    async def _operate(self) -> Answer:
        return await self._operation(self._call)

    def leave(self, reason: str) -> None:  # noqa: ARG002 - the interface's
        self._call.leave()


class InterchangeReception:
    """Hands the octets of the body to the hub. White space and a byte order mark around the interchange are dropped, as at every gateway,
    so that the same interchange is the same octets however it comes. What follows the interchange goes along: the check says what is wrong with it.
    """

    def __init__(self, upload: Upload, answer: Callable[[Receipt], Awaitable[Answer]]) -> None:
        self._upload = upload
        self._answer = answer
        self._framer = Framer()
        self._empty = True
        self._finished = False

    def write(self, data: bytes) -> None:
        self._pass(self._framer.feed(data))

    def _pass(self, events: Sequence[object]) -> None:
        for event in events:
            if isinstance(event, Octets):
                self._empty = False
                self._upload.write(event.data)

    @property
    def backlogged(self) -> Deferred[None] | None:
        return self._upload.backlogged

    def finish(self) -> Deferred[Answer]:
        self._pass(self._framer.close())
        if self._empty:
            self.leave("the body is empty")
            raise Problem("bad-request", "the body is empty; it is to be the interchange")
        self._finished = True
        return Deferred.fromCoroutine(self._decide())

    async def _decide(self) -> Answer:
        return await self._answer(await self._upload.finish())

    def leave(self, reason: str) -> None:
        if not self._finished:
            self._finished = True
            self._upload.abort(reason)


class PublicReception:
    """Answers what everybody may have."""

    backlogged = None

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def write(self, data: bytes) -> None:  # noqa: ARG002 - the interface's
        raise Problem("bad-request", "this operation takes no body")

    async def _give(self) -> Answer:
        return self._answer

    def finish(self) -> Deferred[Answer]:
        return Deferred.fromCoroutine(self._give())

    def leave(self, reason: str) -> None:
        """There is nothing to undo."""
