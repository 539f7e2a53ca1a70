"""Holds a response against the OpenAPI document: its status must be described, its body must fit the schema.

The validator knows the JSON Schema keywords that the document uses, and fails on one that it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from vanhub.gateways.http_routes import ROUTES, Route, find_route
from vanhub.gateways.openapi import DOCUMENT
from vanhub.gateways.problem import Problem

TYPES: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict, "null": type(None)}


def resolve(reference: str) -> Any:
    """What ``#/a/b`` points to in the document."""
    assert reference.startswith("#/"), reference
    found: Any = DOCUMENT
    for part in reference[2:].split("/"):
        found = found[part]
    return found


def wrongs(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Everything about ``value`` that does not fit."""
    if "$ref" in schema:
        yield from wrongs(value, resolve(schema["$ref"]), at)
        return
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    fits = [isinstance(value, TYPES[kind]) and not (isinstance(value, bool) and kind != "boolean") for kind in kinds]
    if kinds and not any(fits):
        yield f"{at}: {value!r} is no {' or '.join(kinds)}"
        return
    for keyword, rule in schema.items():
        match keyword:
            case "type" | "description" | "default":
                pass
            case "enum":
                if value not in rule:
                    yield f"{at}: {value!r} is none of {rule}"
            case "minimum" | "maximum":
                if (value < rule) if keyword == "minimum" else (value > rule):
                    yield f"{at}: {value!r} is out of bounds"
            case "pattern":
                if not re.search(rule, value):
                    yield f"{at}: {value!r} does not match {rule}"
            case "format":
                if rule == "date-time" and value is not None and datetime.fromisoformat(value).tzinfo is None:
                    yield f"{at}: {value!r} has no zone"
            case "required":
                yield from (f"{at}: {name} is missing" for name in rule if name not in value)
            case "properties":
                for name, inner in rule.items():
                    if name in value:
                        yield from wrongs(value[name], inner, f"{at}/{name}")
            case "additionalProperties":
                if not rule:
                    yield from (f"{at}: {name} is not described" for name in value.keys() - schema["properties"].keys())
            case "items":
                for number, item in enumerate(value):
                    yield from wrongs(item, rule, f"{at}/{number}")
            case _:
                raise AssertionError(f"unknown keyword {keyword}")


def operation_of(method: str, path: str) -> tuple[Route, dict[str, Any]] | None:
    """The operation that a request asked for and its description; None where there is none."""
    try:
        route, _ = find_route(method, path.partition("?")[0].encode())
    except Problem:
        return None
    return route, DOCUMENT["paths"][route.template][route.method.lower()]


def require_described(method: str, path: str, status: int, media_type: str, body: bytes) -> None:
    """Fails unless the document describes this response to this request."""
    found = operation_of(method, path)
    if found is None:
        assert status in {404, 405}, status
        described = resolve(f"#/components/responses/{'not-found' if status == 404 else 'method-not-allowed'}")
    else:
        described = found[1]["responses"][str(status)]
        if media_type == "application/problem+json" and "$ref" not in described:
            described = {"content": {media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            assert json.loads(body)["type"].rpartition("/")[2] == "conflict", "only a conflict shares its status with an answer"
    described = resolve(described["$ref"]) if "$ref" in described else described
    schema = described["content"][media_type]["schema"]
    if method != "HEAD" and media_type.endswith("json"):
        assert list(wrongs(json.loads(body), schema)) == []


def references(value: Any) -> Iterator[str]:
    """Every ``$ref`` in ``value``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


ALL_OPERATIONS = {(route.template, route.method.lower()) for route in ROUTES}
