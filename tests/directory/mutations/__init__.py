"""Single faults: ways to spoil a valid interchange so that exactly one thing is wrong with it, and what the check has to say to each.

A mutation is a function of a source of randomness and a sample; it gives the spoilt octets and what is expected, or None where the sample
has no place for it or what came out is as good as before. The expectation comes from the change that was made, never from the check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.directory.samples import Sample
from vanhub.directory.check import CheckLimits
from vanhub.edifact.faults import Fault, FaultKind


@dataclass(frozen=True)
class Mutant:
    """What was made and what is to be found: one of ``kinds`` at one of ``positions`` (as ``Fault.segment_position``).

    ``element``, ``component`` and ``offset`` as in ``Fault``; with ``in_segment`` only the segment is certain. ``offset`` None: the segment's is not
    compared. ``tags`` are those of the message where its structure was changed, UNH first, for ``cures``.
    """

    data: bytes
    kinds: tuple[FaultKind, ...]
    positions: tuple[int, ...]
    element: int | None = None
    component: int | None = None
    offset: int | None = None
    in_segment: bool = False
    limits: CheckLimits | None = None
    tags: tuple[str, ...] = ()
    of: tuple[str, str] = ("", "")

    def is_code(self, fault: Fault, version: int) -> bool:
        return fault.code(version) in {kind.code(version) for kind in self.kinds}

    def is_place(self, fault: Fault) -> bool:
        if fault.segment_position not in self.positions:
            return False
        return self.in_segment or ((fault.element, fault.component) == (self.element, self.component) and self.offset in {None, fault.offset})


Mutation = Callable[[Random, Sample], Mutant | None]
MUTATIONS: dict[str, Mutation] = {}
"""By what is done to the interchange, in the order of the table that the campaign prints."""


def mutation(name: str) -> Callable[[Mutation], Mutation]:
    def enter(function: Mutation) -> Mutation:
        assert name not in MUTATIONS, name
        MUTATIONS[name] = function
        return function

    return enter
