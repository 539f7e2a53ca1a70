"""What an operation answers, and how large answers are written: in pieces, as fast as the client reads."""

# mypy: disable-error-code="no-untyped-call"
# (twisted.web is not annotated)

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http
from zope.interface import implementer

from vanhub.gateways.bell import Bell
from vanhub.gateways.problem import MEDIA_TYPE, Problem
from vanhub.gateways.seam import Content

JSON = "application/json"
EDIFACT = "application/edifact"
_PIECE_OCTETS = 65_536
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A large body: ``next_piece()`` fires with octets, with ``b""`` at the end. ``size`` None: not known beforehand (sent chunked)."""

    size: int | None
    next_piece: Callable[[], Deferred[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers of a response. ``close``: the connection is of no more use after it."""

    status: int
    body: bytes | Pieces = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    close: bool = False


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers={name.replace("_", "-"): text for name, text in headers.items()})


def problem_answer(problem: Problem, *, close: bool = False) -> Answer:
    return Answer(problem.status, problem.render(), MEDIA_TYPE, problem.headers, close)


def content_answer(content: Content, *, sha256: str, file_name: str, wanted: str | None, if_range: str | None) -> Answer:
    """Content, or the one range of it that ``wanted`` (the Range header) asks for. ``sha256`` ``""``: not known, no ETag. Several ranges at once are answered with the whole (RFC 9110, 14.2).

    Raises:
        Problem: range, where it lies outside.
    """
    etag = f'"{sha256}"' if sha256 else None
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f'attachment; filename="{file_name}"'}
    if etag is not None:
        headers["ETag"] = etag
    first, end = 0, content.size
    status = http.OK
    given = _RANGE.match(wanted) if wanted and if_range in (None, etag) else None
    if given is not None and given.group() != "bytes=-":
        lower, upper = given.groups()
        if lower:
            first, end = int(lower), min(int(upper) + 1, content.size) if upper else content.size
        else:
            first = max(content.size - int(upper), 0)
        if first >= end:
            raise Problem("range", f"the content has {content.size} octets", headers={"Content-Range": f"bytes */{content.size}"})
        status = http.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{content.size}"
    return Answer(status, _content_pieces(content, first, end), EDIFACT, headers)


def _content_pieces(content: Content, first: int, end: int) -> Pieces:
    offset = first

    def advance(piece: bytes) -> bytes:
        nonlocal offset
        offset += len(piece)
        return piece

    def next_piece() -> Deferred[bytes]:
        return content.read(offset, min(_PIECE_OCTETS, end - offset)).addCallback(advance) if offset < end else succeed(b"")

    return Pieces(end - first, next_piece)


@implementer(IPushProducer)
class Download:
    """Writes ``Pieces`` to a request whose headers are set. A client that reads nothing for ``stall_s`` is cut off by ``cut``.

    A download that is cut, by either side, changes nothing in the mailbox.
    """

    _log = Logger()

    def __init__(self, request: http.Request, pieces: Pieces, cut: Callable[[], None], *, clock: IReactorTime, stall_s: float) -> None:
        self._request = request
        self._pieces = pieces
        self._cut_off = cut
        self._clock = clock
        self._stall_s = stall_s
        self._bell = Bell(clock)
        self._paused = False
        self._stopped = False

    def start(self) -> None:
        self._request.registerProducer(self, True)
        Deferred.fromCoroutine(self._run()).addErrback(self._broken)

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        self._bell.ring()

    def stopProducing(self) -> None:
        self._stopped = True
        self._bell.ring()

    async def _run(self) -> None:
        written = 0
        while not self._stopped:
            piece = await self._pieces.next_piece()
            if self._stopped:
                return
            if not piece:
                break
            self._request.write(piece)
            written += len(piece)
            deadline = self._clock.seconds() + self._stall_s
            while self._paused and not self._stopped:
                if self._clock.seconds() >= deadline:
                    self._cut("the client reads nothing")
                    return
                await self._bell.wait(deadline - self._clock.seconds())
        if self._stopped:
            return
        if self._pieces.size not in (None, written):
            self._cut(f"content ended after {written} of {self._pieces.size} octets")
            return
        self._request.unregisterProducer()
        self._request.finish()

    def _cut(self, reason: str) -> None:
        """End the connection before the announced end, so that the client cannot take the part for the whole."""
        self._log.warn("{uri}: download cut: {reason}", uri=self._request.uri, reason=reason)
        self._stopped = True
        self._cut_off()

    def _broken(self, failure: Failure) -> None:
        self._log.failure("{uri}: a download failed", failure, uri=self._request.uri)
        if not self._stopped:
            self._cut("its content could not be read")
