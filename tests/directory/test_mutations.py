"""Every fault is found, once, with the right code, at the right place: the short form of ``make mutations``, over every directory."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from tests.directory.mutations import MUTATIONS, Mutant
from tests.directory.mutations.campaign import Campaign, all_directories, check, samples
from tests.directory.samples import DIRECTORIES, SERVICE
from tests.directory.test_check_properties import slow_way_only
from vanhub.directory.check import InterchangeCheck
from vanhub.edifact.faults import Fault
from vanhub.edifact.report import Report

# What one change does to the octets that the standard calls more than one fault: the values shift, or segments are no longer what UNT counts.
SEVERAL = {
    "release character lost before a terminator",
    "terminator lost",
    "element separator doubled after the tag",
    "UNG left out",
}
# Changes of the order of segments, which may have several readings.
ORDER = {name for name, function in MUTATIONS.items() if function.__module__.endswith("structure")}


def told(fault: Fault) -> tuple[object, ...]:
    return (fault.kind.name, fault.segment_position, fault.element, fault.component, fault.offset)


def check_in_pieces(rng: Random, mutant: Mutant) -> Report:
    checking = InterchangeCheck(DIRECTORIES, limits=mutant.limits)
    places = sorted(rng.randrange(len(mutant.data) + 1) for _ in range(8))
    for start, end in itertools.pairwise([0, *places, len(mutant.data)]):
        checking.feed(mutant.data[start:end])
    return checking.close()


def test_there_are_enough_kinds_of_fault() -> None:
    assert len(MUTATIONS) >= 90


@pytest.mark.parametrize("quarter", range(4))
def test_every_single_fault_is_found(quarter: int) -> None:
    rng, campaign = Random(quarter), Campaign()
    order = itertools.cycle(rng.sample(sorted(MUTATIONS), len(MUTATIONS)))
    wrong: list[tuple[object, ...]] = []

    def note(name: str, mutant: Mutant, faults: tuple[Fault, ...]) -> None:
        wrong.append(
            (name, [kind.name for kind in mutant.kinds][:3], mutant.positions, mutant.element, mutant.component, [told(fault) for fault in faults[:5]])
        )

    names = [*all_directories()[quarter::4], *SERVICE]
    for number, sample in enumerate(samples(rng, names, most_types=1)):
        for name, mutant, report, tally in campaign.run(rng, sample, [next(order) for _ in range(10)]):
            exact = tally.found and tally.code and tally.place and (tally.findings == 1 or name in SEVERAL)
            if not exact and (name not in ORDER or not tally.found):
                note(name, mutant, report.faults)
            if number % 4 == 0:
                with slow_way_only():
                    assert check(mutant) == report
            elif number % 4 == 1:
                assert check_in_pieces(rng, mutant) == report
    total = campaign.total()
    assert wrong == []
    assert campaign.refused == 0
    assert total.tried > 120
    assert total.code / total.tried > 0.98
    assert total.place / total.tried > 0.97
    assert total.findings / total.tried < 1.2
