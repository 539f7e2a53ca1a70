"""The OpenAPI 3.1 description of ``/v1``, served at ``/v1/openapi.json``.

Parameters and request bodies come from ``http_routes.ROUTES`` and problems from ``problem.KINDS``; what is answered is written here by hand. A test
drives every operation and holds statuses and bodies against this document.
"""

from __future__ import annotations

from typing import Any

from vanhub.gateways.http_routes import ROUTES, Body, Field, Route
from vanhub.gateways.problem import KINDS, MEDIA_TYPE
from vanhub.values.delivery import DeliveryState, Slot

_Json = dict[str, Any]

_TEXT: _Json = {"type": "string"}
_TIME: _Json = {"type": "string", "format": "date-time"}
_NO_TIME: _Json = {"type": ["string", "null"], "format": "date-time"}
_COUNT: _Json = {"type": "integer", "minimum": 0}
_OCTETS: _Json = {"type": "string", "format": "binary"}


def _object(properties: _Json, *, optional: tuple[str, ...] = (), closed: bool = True) -> _Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": not closed}


_DELIVERY: _Json = {
    "id": _TEXT,
    "interchange": _TEXT | {"description": "id of the interchange received"},
    "mailbox": _TEXT,
    "slot": {"enum": [slot.value for slot in Slot]},
    "state": {"enum": [state.value for state in DeliveryState]},
    "sender": _TEXT | {"description": "address and qualifier, ID:QUALIFIER"},
    "recipient": _TEXT,
    "reference": _TEXT | {"description": "interchange control reference (0020) of the octets to collect"},
    "types": {"type": "array", "items": _TEXT},
    "messages": _COUNT,
    "size": _COUNT | {"description": "octets"},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "created_at": _TIME,
    "lease_until": _NO_TIME,
    "claimed_by": _TEXT,
    "claims": _COUNT,
    "lost": _COUNT | {"description": "claims whose lease ran out"},
    "delivered_at": _NO_TIME,
    "answered_at": _NO_TIME,
    "expires_at": _NO_TIME,
    "guide_faults": _COUNT | {"description": "faults of guides in its messages, warnings left out; the trace has them"},
    "links": _object({"self": _TEXT, "content": _TEXT, "original": _TEXT, "trace": _TEXT}),
}

_SCHEMAS: _Json = {
    "Receipt": _object(
        {
            "id": _TEXT | {"description": "id of the interchange at the hub"},
            "outcome": {"enum": ["new", "repeat", "conflict"]},
            "verdict": {"enum": ["accepted", "partly", "rejected"]},
            "sender": _TEXT,
            "recipient": _TEXT,
            "reference": _TEXT | {"description": "0020"},
            "is_interchange": {"type": "boolean", "description": "false: the octets began no interchange"},
            "answers": {"type": "array", "items": _TEXT, "description": "deliveries that the CONTRLs in it have answered"},
            "acknowledgement": {"type": ["string", "null"], "description": "the CONTRL interchange; null when none is owed"},
            "acknowledgement_encoding": {"enum": ["utf-8", "base64", None]},
            "explanation": _TEXT | {"description": "plain words, English and Chinese"},
            "guide_faults": _COUNT | {"description": "faults found by guides, warnings included; the trace has them"},
            "links": _object({"self": _TEXT, "evidence": _TEXT, "acknowledgement": _TEXT, "signature": _TEXT}, optional=("acknowledgement", "signature")),
        }
    ),
    "Delivery": _object(_DELIVERY),
    "Claimed": _object(_DELIVERY | {"claim": _TEXT | {"description": "token that commits, releases or extends this claim"}}),
    "Listing": _object(
        {
            "deliveries": {"type": "array", "items": {"$ref": "#/components/schemas/Delivery"}},
            "next": {"type": ["string", "null"], "description": "`after` of the next page; null: this is the last"},
        }
    ),
    "Claims": _object({"deliveries": {"type": "array", "items": {"$ref": "#/components/schemas/Claimed"}}}),
    "Trace": {"type": "object", "description": "the interchange, its messages, faults, deliveries and events in order of time"},
    "Problem": _object(
        {
            "type": _TEXT | {"format": "uri-reference"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "reference": _TEXT | {"description": "of a fault of the hub's own; its operator finds the reason under it"},
        },
        optional=("reference",),
    ),
}


def _json(schema: str, text: str) -> _Json:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _octets(media_type: str, text: str) -> _Json:
    return {"description": text, "content": {media_type: {"schema": _OCTETS}}}


def _receipt(text: str) -> _Json:
    content = _json("Receipt", "")["content"] | {"application/edifact": {"schema": _OCTETS}}
    return {"description": text, "headers": {"Location": {"schema": _TEXT}}, "content": content}


_EDIFACT = "application/edifact"
_CONTENT = {
    "200": _octets(_EDIFACT, "the octets, with ETag (their SHA-256, for the content) and Content-Length"),
    "206": _octets(_EDIFACT, "the range of octets asked for"),
}
_MAILBOX_ACT = ("not-found", "conflict")

# operation: summary, answers, problems besides those that every operation can have
_OPERATIONS: dict[str, tuple[str, _Json, tuple[str, ...]]] = {
    "submit": (
        "Send an interchange; it is answered when it is decided and durable",
        {
            "201": _receipt("new: accepted, or partly accepted (`verdict`)"),
            "200": _receipt("a repeat: the stored acknowledgement, nothing was delivered again"),
            "422": _receipt("rejected; the acknowledgement and the explanation say why"),
            "409": _receipt("the same reference was used before with other content, which stays accepted"),
        },
        ("too-large", "media-type", "disk-full"),
    ),
    "trace": ("What became of an interchange sent or received", {"200": _json("Trace", "the trace")}, ("not-found",)),
    "acknowledgement": ("The acknowledgement of an interchange sent", {"200": _octets(_EDIFACT, "a CONTRL interchange")}, ("not-found",)),
    "signature": (
        "The acknowledgement's detached signature",
        {"200": _octets("application/pkcs7-signature", "CMS SignedData in DER")},
        ("not-found",),
    ),
    "evidence": ("Everything that proves an interchange", {"200": _octets("application/zip", "a ZIP archive")}, ("not-found",)),
    "mailbox": ("List deliveries in order of arrival", {"200": _json("Listing", "one page")}, ()),
    "claim": ("Claim the oldest available deliveries", {"200": _json("Claims", "none, one or more")}, ("too-large",)),
    "delivery": ("One delivery", {"200": _json("Delivery", "the delivery")}, ("not-found",)),
    "content": ("The octets to collect", _CONTENT, ("not-found", "range")),
    "original": ("The whole interchange as the hub received it, for the mailbox that it was addressed to alone", _CONTENT, ("not-found", "range")),
    "commit": ("End a pickup; the same claim again is answered alike", {"200": _json("Delivery", "delivered")}, (*_MAILBOX_ACT, "too-large")),
    "release": ("Give a claim back", {"200": _json("Delivery", "available again")}, (*_MAILBOX_ACT, "too-large")),
    "extend": ("Lengthen a claim's lease", {"200": _json("Delivery", "still claimed")}, (*_MAILBOX_ACT, "too-large")),
    "openapi": ("This document", {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}}, ()),
    "authority": ("The certificates of the hub's CA", {"200": _octets("application/x-pem-file", "PEM")}, ()),
    "revocations": ("The certificate revocation list", {"200": _octets("application/pkix-crl", "DER")}, ()),
}
_ALWAYS = ("bad-request", "refused", "method-not-allowed", "timeout", "internal", "unavailable")


def _schema(field: Field) -> _Json:
    schema: _Json = {"type": field.kind, "description": field.text}
    if field.choices:
        schema["enum"] = [str(choice) for choice in field.choices]
    for key, value in (("minimum", field.least), ("maximum", field.most)):
        if value is not None:
            schema[key] = value
    return schema if field.required else schema | {"default": field.default}


def _operation(route: Route) -> _Json:
    summary, answers, problems = _OPERATIONS[route.name]
    kinds = (*_ALWAYS, *problems, *(() if route.public else ("untrusted",)))
    responses = answers | {str(KINDS[kind].status): {"$ref": f"#/components/responses/{kind}"} for kind in kinds if str(KINDS[kind].status) not in answers}
    parameters = [{"name": "id", "in": "path", "required": True, "schema": _TEXT}] if "{id}" in route.template else []
    operation: _Json = {"operationId": route.name, "summary": summary, "responses": dict(sorted(responses.items()))}
    if route.body is Body.JSON:
        members = {field.name: _schema(field) for field in route.fields}
        schema = _object(members, optional=tuple(field.name for field in route.fields if not field.required))
        operation["requestBody"] = {"required": bool(schema["required"]), "content": {"application/json": {"schema": schema}}}
    elif route.body is Body.INTERCHANGE:
        operation["requestBody"] = {"required": True, "content": {_EDIFACT: {"schema": _OCTETS}}}
    else:
        parameters += [{"name": field.name, "in": "query", "required": field.required, "schema": _schema(field)} for field in route.fields]
    if parameters:
        operation["parameters"] = parameters
    if route.public:
        operation["security"] = []
    return operation


def _paths() -> _Json:
    paths: _Json = {}
    for route in ROUTES:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route)
    return paths


DOCUMENT: _Json = {
    "openapi": "3.1.0",
    "info": {
        "title": "vanhub",
        "version": "1",
        "summary": "Send and collect UN/EDIFACT interchanges",
        "description": "Authenticate with a client certificate of the hub's CA or with a bearer token. HEAD is answered wherever GET is.",
    },
    "security": [{"certificate": []}, {"token": []}],
    "paths": _paths(),
    "components": {
        "securitySchemes": {"certificate": {"type": "mutualTLS"}, "token": {"type": "http", "scheme": "bearer"}},
        "schemas": _SCHEMAS,
        "responses": {
            name: {"description": f"{kind.title}. {kind.meaning}", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            for name, kind in KINDS.items()
        },
    },
}
