"""What may be asked over HTTPS: every operation of ``/v1`` with its query keys and body members, in one table.

The request's path, query and JSON body are checked against this table before anything else happens; ``openapi`` describes the same table.
Pure: no Twisted, no hub.
"""

from __future__ import annotations

import difflib
import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from vanhub.gateways.problem import Problem
from vanhub.values.delivery import DeliveryState, Slot

_ID_OCTETS = 128  # no id of the hub is longer


@dataclass(frozen=True, slots=True)
class Field:
    """A query key or member of a JSON body: ``kind`` is ``"integer"``, ``"number"`` or ``"string"``; without a ``default`` it must be given."""

    name: str
    kind: str
    text: str
    default: Any = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def read(self, value: object) -> Any:
        """The value if it fits.

        Raises:
            Problem: it does not; the text says what the field takes.
        """
        if self.kind == "string":
            if isinstance(value, str) and len(value) <= 200 and value.isprintable() and (not self.choices or value in self.choices):
                return value
            raise Problem("bad-request", f"{self.name} is {'one of ' + ', '.join(self.choices) if self.choices else 'a text of at most 200 characters'}")
        whole = self.kind == "integer"
        if isinstance(value, int if whole else int | float) and not isinstance(value, bool):
            number = value
            if (self.least is None or number >= self.least) and (self.most is None or number <= self.most):
                return number
        raise Problem("bad-request", f"{self.name} is a{' whole' if whole else ''} number from {self.least:g} to {self.most:g}")

    def read_text(self, text: str) -> Any:
        """As ``read``, from a query."""
        if self.kind == "string":
            return self.read(text)
        try:
            return self.read(int(text) if self.kind == "integer" else float(text))
        except ValueError:
            return self.read(None)


class Body(enum.Enum):
    """What a request carries."""

    NONE = "none"
    JSON = "json"
    INTERCHANGE = "interchange"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``fields`` are its query keys, or its JSON members where ``body`` is JSON. ``public``: needs no authentication."""

    name: str
    method: str
    template: str
    fields: tuple[Field, ...] = ()
    body: Body = Body.NONE
    public: bool = False


_SLOT = Field("slot", "string", "compartment of the mailbox", default=Slot.PRODUCTION.value, choices=tuple(Slot))
_WAIT = Field("wait", "number", "seconds to wait while there is nothing (long poll)", default=0, least=0, most=60)
_CLAIM = Field("claim", "string", "the token that the claim returned", required=True)
_LEASE = Field("lease_s", "number", "seconds until the claim runs out", default=300, least=1, most=86_400)

ROUTES = (
    Route("submit", "POST", "/v1/interchanges", body=Body.INTERCHANGE),
    Route("trace", "GET", "/v1/interchanges/{id}"),
    Route("acknowledgement", "GET", "/v1/interchanges/{id}/acknowledgement"),
    Route("signature", "GET", "/v1/interchanges/{id}/acknowledgement.p7s"),
    Route("evidence", "GET", "/v1/interchanges/{id}/evidence"),
    Route(
        "mailbox",
        "GET",
        "/v1/mailbox",
        fields=(
            Field("state", "string", "state of the deliveries listed", default=DeliveryState.AVAILABLE.value, choices=tuple(DeliveryState)),
            _SLOT,
            Field("limit", "integer", "most deliveries to list", default=100, least=1, most=1_000),
            Field("after", "string", "list what arrived after this delivery (`next` of the page before)", default=""),
            _WAIT,
        ),
    ),
    Route(
        "claim",
        "POST",
        "/v1/mailbox/claim",
        fields=(Field("max", "integer", "most deliveries to claim", default=1, least=1, most=1_000), _LEASE, _SLOT, _WAIT),
        body=Body.JSON,
    ),
    Route("delivery", "GET", "/v1/deliveries/{id}"),
    Route("content", "GET", "/v1/deliveries/{id}/content"),
    Route("original", "GET", "/v1/deliveries/{id}/original"),
    Route("commit", "POST", "/v1/deliveries/{id}/commit", fields=(_CLAIM,), body=Body.JSON),
    Route("release", "POST", "/v1/deliveries/{id}/release", fields=(_CLAIM,), body=Body.JSON),
    Route("extend", "POST", "/v1/deliveries/{id}/extend", fields=(_CLAIM, _LEASE), body=Body.JSON),
    Route("openapi", "GET", "/v1/openapi.json", public=True),
    Route("authority", "GET", "/ca.pem", public=True),
    Route("revocations", "GET", "/crl", public=True),
)


def find_route(method: str, path: bytes) -> tuple[Route, dict[str, str]]:
    """The operation asked for and the values in its path. HEAD is answered wherever GET is.

    Raises:
        Problem: not-found, or method-not-allowed with the methods that are.
    """
    segments = path.split(b"/")
    allowed: list[str] = []
    for route in ROUTES:
        values = _match(route.template, segments)
        if values is not None:
            if route.method == ("GET" if method == "HEAD" else method):
                return route, values
            allowed.extend(("GET", "HEAD") if route.method == "GET" else (route.method,))
    if allowed:
        raise Problem("method-not-allowed", f"this path takes {', '.join(allowed)}", headers={"Allow": ", ".join(allowed)})
    raise Problem("not-found", "there is nothing at this path; /v1/openapi.json describes what there is")


def _match(template: str, segments: list[bytes]) -> dict[str, str] | None:
    expected = template.split("/")
    if len(expected) != len(segments):
        return None
    values = {}
    for wanted, segment in zip(expected, segments, strict=True):
        if wanted.startswith("{"):
            text = unquote_to_bytes(segment).decode("ascii", "replace")
            if not 0 < len(text) <= _ID_OCTETS or not text.isprintable() or "/" in text or not text.isascii():
                return None
            values[wanted[1:-1]] = text
        elif wanted.encode() != segment:
            return None
    return values


def read_query(route: Route, query: bytes) -> dict[str, Any]:
    """The query keys of ``route``, absent ones with their defaults.

    Raises:
        Problem: a key is unknown (the nearest known one is named), comes twice, or has a value that it does not take.
    """
    known = {} if route.body is Body.JSON else {field.name: field for field in route.fields}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict", max_num_fields=20)
    except ValueError:
        raise Problem("bad-request", "the query is not of the form key=value&key=value") from None
    given: dict[str, Any] = {}
    for key, text in pairs:
        if key in given:
            raise Problem("bad-request", f"query key {key!r} is given twice")
        given[key] = _known(key, known, "query key").read_text(text)
    return _complete(given, known.values())


def read_members(route: Route, body: bytes) -> dict[str, Any]:
    """The members of a JSON body, absent ones with their defaults. An empty body is an empty object.

    Raises:
        Problem: it is no JSON object, or as ``read_query``.
    """
    known = {field.name: field for field in route.fields}
    try:
        members = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise Problem("bad-request", "the body is not a JSON object")
    return _complete({name: _known(name, known, "member").read(value) for name, value in members.items()}, known.values())


def _known(name: str, known: Mapping[str, Field], what: str) -> Field:
    if name in known:
        return known[name]
    if not known:
        raise Problem("bad-request", f"there is no {what} {name[:40]!r}; this operation takes none")
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    raise Problem("bad-request", f"there is no {what} {name[:40]!r}; the nearest is {nearest[0]!r}")


def _complete(given: dict[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    for field in fields:
        if field.required and field.name not in given:
            raise Problem("bad-request", f"{field.name} is missing")
    return {field.name: field.default for field in fields} | given
