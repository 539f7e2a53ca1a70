"""What operators can do: one function a verb, by noun, JSON-ready in and out.

The same functions serve a running hub (asked over the admin socket) and a stopped one (called by the command line under
the home's lock). They block on the store, so they never run on the reactor thread. A verb that changes principals, credentials or
mailboxes need not say so: ``perform`` takes a new registry snapshot after every verb that may have written.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from vanhub.errors import OperatorError
from vanhub.service.core import Core

F = TypeVar("F", bound=Callable[..., Any])

_NOUNS = ("principals", "credentials", "authority", "mailboxes", "interchanges", "alerts", "hub")


@dataclass(frozen=True, slots=True)
class Verb:
    """``name`` as asked for; ``writes`` tells whether it can change anything."""

    name: str
    run: Callable[..., Any]
    writes: bool


VERBS: dict[str, Verb] = {}


def verb(name: str, *, writes: bool = False) -> Callable[[F], F]:
    """Enter ``function(core, *, ...)``, one that ``writes`` as ``function(core, actor, *, ...)``, as the verb ``name``; its keyword arguments are the verb's."""

    def enter(function: F) -> F:
        VERBS[name] = Verb(name, function, writes)
        return function

    return enter


def perform(core: Core, name: str, arguments: dict[str, Any], actor: str) -> Any:
    """Run a verb for ``actor`` and return its JSON-ready result.

    Raises:
        OperatorError: no such verb, or arguments that it does not take.
        HubError: whatever the verb raises.
    """
    if not VERBS:
        for noun in _NOUNS:
            importlib.import_module(f"vanhub.service.verbs.{noun}")
    found = VERBS.get(name)
    if found is None:
        nearest = difflib.get_close_matches(name, VERBS, n=1, cutoff=0.0)
        raise OperatorError(f"there is no verb {name!r}; the nearest is {nearest[0]!r}")
    try:
        bound = inspect.signature(found.run).bind(core, *([actor] if found.writes else []), **arguments)
    except TypeError as error:
        raise OperatorError(f"{name}: {error}") from None
    try:
        return found.run(*bound.args, **bound.kwargs)
    finally:
        if found.writes:
            core.refresh()
