"""The table of operations: paths, query keys and members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanhub.gateways.http_routes import ROUTES, Body, Route, find_route, read_members, read_query
from vanhub.gateways.problem import Problem

BY_NAME = {route.name: route for route in ROUTES}


def test_every_operation_is_found_by_its_own_path_and_method() -> None:
    for route in ROUTES:
        path = route.template.replace("{id}", "I-7.x").encode()
        assert find_route(route.method, path) == (route, {"id": "I-7.x"} if "{id}" in route.template else {})


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"/v1",
        b"/v1/",
        b"/v2/mailbox",
        b"/v1/mailbox/",
        b"//v1/mailbox",
        b"/v1/deliveries//content",
        b"/v1/deliveries/a/b/content",
        b"/v1/deliveries/%2e%2e%2f/content",
        b"/v1/deliveries/a%00b",
        b"/v1/deliveries/%ff",
        b"/v1/deliveries/" + b"x" * 129,
    ],
)
def test_other_paths_lead_nowhere(path: bytes) -> None:
    with pytest.raises(Problem) as caught:
        find_route("GET", path)
    assert caught.value.kind == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("GET", b"/v1/interchanges", "POST"), ("DELETE", b"/v1/mailbox", "GET, HEAD"), ("get", b"/crl", "GET, HEAD"), ("POST", b"/v1/deliveries/D1", "GET, HEAD")],
)
def test_other_methods_are_told_which_are_allowed(method: str, path: bytes, allow: str) -> None:
    with pytest.raises(Problem) as caught:
        find_route(method, path)
    assert (caught.value.kind, caught.value.headers) == ("method-not-allowed", {"Allow": allow})


def test_head_goes_where_get_goes() -> None:
    assert find_route("HEAD", b"/v1/mailbox") == (BY_NAME["mailbox"], {})


def test_absent_query_keys_have_their_defaults() -> None:
    assert read_query(BY_NAME["mailbox"], b"") == {"state": "available", "slot": "production", "limit": 100, "after": "", "wait": 0}
    assert read_query(BY_NAME["mailbox"], b"wait=2.5&limit=7&slot=test&after=D%2B1&state=claimed") == {
        "state": "claimed",
        "slot": "test",
        "limit": 7,
        "after": "D+1",
        "wait": 2.5,
    }


def said(route: Route, query: bytes) -> str:
    with pytest.raises(Problem) as caught:
        read_query(route, query)
    assert caught.value.kind == "bad-request"
    return caught.value.detail


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (b"limt=3", "there is no query key 'limt'; the nearest is 'limit'"),
        (b"limit=0", "limit is a whole number from 1 to 1000"),
        (b"limit=1.5", "limit is a whole number from 1 to 1000"),
        (b"limit=x", "limit is a whole number from 1 to 1000"),
        (b"wait=61", "wait is a number from 0 to 60"),
        (b"wait=nan", "wait is a number from 0 to 60"),
        (b"slot=tset", "slot is one of production, test, rejected"),
        (b"limit=1&limit=2", "query key 'limit' is given twice"),
        (b"after=%00", "after is a text of at most 200 characters"),
        (b"limit", "the query is not of the form key=value&key=value"),
        (b"after=%ff", "the query is not of the form key=value&key=value"),
        (b"&".join(b"k%d=1" % number for number in range(30)), "the query is not of the form key=value&key=value"),
    ],
)
def test_a_wrong_query_is_told_what_is_right(query: bytes, text: str) -> None:
    assert said(BY_NAME["mailbox"], query) == text


def test_operations_with_a_json_body_take_no_query() -> None:
    assert said(BY_NAME["claim"], b"max=1") == "there is no query key 'max'; this operation takes none"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("claim", b"", {"max": 1, "lease_s": 300, "slot": "production", "wait": 0}),
        ("claim", b' {"max": 5, "lease_s": 1.5}', {"max": 5, "lease_s": 1.5, "slot": "production", "wait": 0}),
        ("extend", b'{"claim": "T", "lease_s": 60}', {"claim": "T", "lease_s": 60}),
        ("claim", b'{"maximum": 5}', "there is no member 'maximum'; the nearest is 'max'"),
        ("claim", b'{"max": true}', "max is a whole number from 1 to 1000"),
        ("claim", b'{"max": "5"}', "max is a whole number from 1 to 1000"),
        ("claim", b'{"lease_s": NaN}', "lease_s is a number from 1 to 86400"),
        ("commit", b"{}", "claim is missing"),
        ("commit", b'{"claim": 5}', "claim is a text of at most 200 characters"),
        ("commit", b"[]", "the body is not a JSON object"),
        ("commit", b"claim=T", "the body is not a JSON object"),
        ("commit", b"\xff", "the body is not a JSON object"),
        ("commit", b"[" * 60_000, "the body is not a JSON object"),
    ],
)
def test_a_json_body(name: str, body: bytes, expected: Any) -> None:
    assert outcome(lambda: read_members(BY_NAME[name], body)) == (("bad-request", expected) if isinstance(expected, str) else expected)


def outcome(read: Callable[[], Any]) -> Any:
    """What is read, or the kind and detail of the problem."""
    try:
        return read()
    except Problem as problem:
        return problem.kind, problem.detail


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ROUTES), st.binary(max_size=60))
def test_any_octets_are_read_or_refused(route: Route, octets: bytes) -> None:
    named = {field.name for field in route.fields}
    for read, names in ((read_query, set() if route.body is Body.JSON else named), (read_members, named)):
        found = outcome(lambda read=read: read(route, octets))  # type: ignore[misc]
        assert found.keys() == names if isinstance(found, dict) else found[0] == "bad-request"
    found = outcome(lambda: find_route("GET", octets))
    assert found[0] in {*ROUTES, "not-found", "method-not-allowed"}
