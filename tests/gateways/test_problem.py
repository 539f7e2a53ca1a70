"""Errors and their problems."""

from __future__ import annotations

import inspect
import json

import pytest

from vanhub import errors
from vanhub.gateways.problem import KINDS, Problem, problem_of

EXPECTED = {
    "HubError": None,
    "PartnerError": "bad-request",
    "Refused": "refused",
    "TooLarge": "too-large",
    "Untrusted": "untrusted",
    "NotFound": "not-found",
    "Conflict": "conflict",
    "OperatorError": None,
    "TemporaryError": "unavailable",
    "StoreUnavailable": "unavailable",
    "DiskFull": "disk-full",
    "Busy": "unavailable",
}


def test_every_error_has_its_problem() -> None:
    kinds = {}
    for name, one in inspect.getmembers(errors, inspect.isclass):
        if issubclass(one, errors.HubError):
            problem = problem_of(one("as told"))
            kinds[name] = problem and problem.kind
            assert problem is None or problem.detail == "as told"
    assert kinds == EXPECTED


@pytest.mark.parametrize("error", [ValueError("secret"), KeyError("secret"), None])
def test_a_bug_is_no_problem_of_the_clients(error: Exception | None) -> None:
    assert problem_of(error) is None


def test_what_clients_are_told_to_do_about_it() -> None:
    assert [problem.headers if problem else None for problem in map(problem_of, (errors.Busy("full", retry_after_s=2.2), errors.Untrusted("who?")))] == [
        {"Retry-After": "3"},
        {"WWW-Authenticate": 'Bearer realm="vanhub"'},
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_is_rendered_as_rfc_9457_says(kind: str) -> None:
    assert json.loads(Problem(kind, "die Zahl 7 · 七").render()) == {
        "type": f"/v1/openapi.json#/components/responses/{kind}",
        "title": KINDS[kind].title,
        "status": KINDS[kind].status,
        "detail": "die Zahl 7 · 七",
    }
    assert json.loads(Problem(kind, "", reference="F1").render())["reference"] == "F1"
