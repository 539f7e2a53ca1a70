"""What goes wrong with an HTTP request, as ``application/problem+json`` (RFC 9457).

``KINDS`` is the only table of problems: the status, title and meaning of each; errors of ``vanhub.errors`` are tied to it in ``problem_of``.
A problem's ``type`` is a reference into the served OpenAPI document, where its meaning stands. The detail is text that was written
for whoever asks; an unexpected exception never shows its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from vanhub.errors import Busy, Conflict, DiskFull, HubError, NotFound, PartnerError, Refused, TemporaryError, TooLarge, Untrusted

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; ``meaning`` is its documentation."""

    status: int
    title: str
    meaning: str


KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(400, "The request is malformed", "A query key, a member of the JSON body or the HTTP message itself is wrong; the detail names it."),
    "untrusted": Kind(401, "Not authenticated", "No client certificate or bearer token was given, or the one given is unknown, expired, revoked or disabled."),
    "refused": Kind(403, "Not admitted", "What was asked for is not agreed with, or not allowed to, the principal."),
    "not-found": Kind(404, "Not found", "There is no such thing, or it is not visible to the principal; the two are not told apart."),
    "method-not-allowed": Kind(405, "Method not allowed", "The path exists; `Allow` lists the methods that it takes."),
    "timeout": Kind(408, "The request took too long", "The request was not sent whole in time. Nothing was taken; send it again."),
    "conflict": Kind(409, "Overtaken", "The claim is stale, or the state of the delivery does not allow this any more."),
    "too-large": Kind(413, "Too large", "The interchange or the request body is over the agreed limit. Nothing was taken."),
    "media-type": Kind(415, "Unsupported media type", "The body is neither the plain octets of an interchange nor JSON, as the operation needs."),
    "range": Kind(416, "Range not satisfiable", "The range of octets lies outside the content; `Content-Range` gives its size."),
    "internal": Kind(500, "Internal error", "A fault of the hub's own, logged there under the `reference` given here."),
    "unavailable": Kind(503, "Try again later", "Nothing was taken or changed; the same request may succeed after `Retry-After` seconds."),
    "disk-full": Kind(507, "Storage is full", "Nothing was taken; the same request may succeed later."),
}


class Problem(Exception):
    """A request cannot be answered as asked: one of ``KINDS``, with what to say about this case."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, reference: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.reference = reference

    @property
    def status(self) -> int:
        return KINDS[self.kind].status

    def render(self) -> bytes:
        """The body of the answer."""
        members: dict[str, object] = {
            "type": f"/v1/openapi.json#/components/responses/{self.kind}",
            "title": KINDS[self.kind].title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.reference:
            members["reference"] = self.reference
        return json.dumps(members, ensure_ascii=False).encode()


def problem_of(error: BaseException | None) -> Problem | None:
    """What to answer for an error raised on purpose; None for anything else (a bug, or a fault of the hub's own)."""
    match error:
        case Problem():
            return error
        case Untrusted():
            return Problem("untrusted", str(error), headers={"WWW-Authenticate": 'Bearer realm="vanhub"'})
        case NotFound():
            return Problem("not-found", str(error))
        case Conflict():
            return Problem("conflict", str(error))
        case TooLarge():
            return Problem("too-large", str(error))
        case Refused():
            return Problem("refused", str(error))
        case PartnerError():
            return Problem("bad-request", str(error))
        case DiskFull():
            return Problem("disk-full", str(error), headers=_retry_after(error))
        case Busy() | TemporaryError():
            return Problem("unavailable", str(error), headers=_retry_after(error))
        case HubError() | _:
            return None


def _retry_after(error: TemporaryError) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(error.retry_after_s))}
