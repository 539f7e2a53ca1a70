"""The OpenAPI document describes every operation as it is. (Every response in ``test_http`` is held against it, too.)"""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import json
import re

import pytest
from twisted.internet.task import Clock

from tests.gateways.http_client import Browser
from tests.gateways.hub import MemoryHub, interchange, principal
from tests.gateways.schema import ALL_OPERATIONS, references, require_described, resolve, wrongs
from vanhub.gateways.http_routes import ROUTES, Body
from vanhub.gateways.openapi import DOCUMENT
from vanhub.gateways.problem import KINDS

CERTIFICATE = b"the DER of a certificate"


def test_every_operation_is_described_and_nothing_else() -> None:
    assert {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods} == ALL_OPERATIONS
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert sorted(names) == sorted(route.name for route in ROUTES)


def test_every_reference_leads_somewhere_and_everything_is_referred_to() -> None:
    used = set(references(DOCUMENT))
    for reference in used:
        resolve(reference)
    components = DOCUMENT["components"]
    assert used == {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in components[kind]}


def test_the_problems_types_lead_to_their_meaning() -> None:
    assert {name: response["description"] for name, response in DOCUMENT["components"]["responses"].items()} == {
        name: f"{kind.title}. {kind.meaning}" for name, kind in KINDS.items()
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_what_an_operation_takes_is_described(route: object) -> None:
    found = next(one for one in ROUTES if one is route)
    operation = DOCUMENT["paths"][found.template][found.method.lower()]
    given = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    if found.body is Body.JSON:
        members = operation["requestBody"]["content"]["application/json"]["schema"]
        assert {name: name in members["required"] for name in members["properties"]} == {field.name: field.required for field in found.fields}
    else:
        assert {name for name, parameter in given.items() if parameter["in"] == "query"} == {field.name for field in found.fields}
    assert [name for name, parameter in given.items() if parameter["in"] == "path"] == re.findall(r"\{(\w+)\}", found.template)
    assert (operation.get("security") == []) is found.public
    assert ("401" in operation["responses"]) is not found.public


def test_every_answer_that_is_no_problem_is_given_as_described() -> None:
    """Drives each operation to each of its answers; what was given must be exactly what is described, problems aside."""
    clock = Clock()
    hub = MemoryHub(clock)
    hub.add(principal("alpha"), certificate=CERTIFICATE)
    browser = Browser(hub, clock, CERTIFICATE)
    given = set()

    def ask(operation: str, path: str, body: bytes = b"", **headers: str) -> str:
        response = browser.ask(next(route.method for route in ROUTES if route.name == operation), path, body, headers=headers)
        given.add((operation, response.status))
        return response.headers.get("location", "") or response.body.decode("latin-1")

    mine = ask("submit", "/v1/interchanges", interchange("R1", recipient="ALPHA"))
    for octets in (interchange("R1", recipient="ALPHA"), interchange("R1"), interchange("BAD1")):
        ask("submit", "/v1/interchanges", octets)
    for operation, part in (("trace", ""), ("acknowledgement", "/acknowledgement"), ("signature", "/acknowledgement.p7s"), ("evidence", "/evidence")):
        ask(operation, mine + part)
    ask("mailbox", "/v1/mailbox")
    [claimed] = json.loads(ask("claim", "/v1/mailbox/claim"))["deliveries"]
    delivery = f"/v1/deliveries/{claimed['id']}"
    claim = json.dumps({"claim": claimed["claim"]}).encode()
    ask("delivery", delivery)
    for part in ("content", "original"):
        ask(part, f"{delivery}/{part}")
        ask(part, f"{delivery}/{part}", Range="bytes=0-4")
    ask("extend", f"{delivery}/extend", claim)
    ask("commit", f"{delivery}/commit", claim)
    hub.deliver("alpha", interchange("R9"))
    [claimed] = json.loads(ask("claim", "/v1/mailbox/claim"))["deliveries"]
    ask("release", f"/v1/deliveries/{claimed['id']}/release", json.dumps({"claim": claimed["claim"]}).encode())
    for operation, path in (("openapi", "/v1/openapi.json"), ("authority", "/ca.pem"), ("revocations", "/crl")):
        ask(operation, path)
    described = {
        (operation["operationId"], int(status))
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if "$ref" not in response
    }
    assert given == described


@pytest.mark.parametrize(
    ("value", "schema", "wrong"),
    [
        ({"a": 1}, {"type": "object", "properties": {"a": {"type": "string"}}}, ["/a: 1 is no string"]),
        ({}, {"type": "object", "properties": {}, "required": ["a"]}, [": a is missing"]),
        ({"b": 1}, {"type": "object", "properties": {}, "additionalProperties": False}, [": b is not described"]),
        ([1, -1], {"type": "array", "items": {"type": "integer", "minimum": 0}}, ["/1: -1 is out of bounds"]),
        (True, {"type": "integer"}, [": True is no integer"]),
        (None, {"type": ["string", "null"], "format": "date-time"}, []),
        ("2026-03-01T08:00:00", {"type": "string", "format": "date-time"}, [": '2026-03-01T08:00:00' has no zone"]),
        ("x", {"enum": ["y"]}, [": 'x' is none of ['y']"]),
        ("x", {"type": "string", "pattern": "^y$"}, [": 'x' does not match ^y$"]),
    ],
)
def test_the_validator_finds_what_is_wrong(value: object, schema: dict[str, object], wrong: list[str]) -> None:
    assert list(wrongs(value, schema)) == wrong


def test_a_response_that_is_not_described_is_found() -> None:
    with pytest.raises(KeyError):
        require_described("GET", "/v1/mailbox", 418, "application/json", b"{}")
    with pytest.raises(AssertionError):
        require_described("GET", "/v1/mailbox", 200, "application/json", b'{"deliveries": []}')
