"""Measuring the check by its answers to mutants: of each kind how many were found, with the right code, at the right place, in how many findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from tests.directory.generator import random_sample, random_style
from tests.directory.mutations import MUTATIONS, Mutant, elements, envelope, security, structure
from tests.directory.samples import DIRECTORIES, INTERACTIVE, SERVICE, Sample, directory
from vanhub.directory.check import check_interchange
from vanhub.edifact.report import Report

__all__ = ["elements", "envelope", "security"]  # imported because they enter their mutations


@dataclass
class Tally:
    """The answers to one mutation. ``otherwise``: those with one finding that is not the fault as made but as good a reading of it; they count as right."""

    tried: int = 0
    found: int = 0
    code: int = 0
    place: int = 0
    otherwise: int = 0
    findings: int = 0

    def add(self, other: Tally) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def judge(mutant: Mutant, report: Report) -> Tally:
    version = report.header.syntax_version
    right = [fault for fault in report.faults if mutant.is_code(fault, version)]
    exact = any(mutant.is_place(fault) for fault in right)
    otherwise = not exact and report.faults_total == 1 and structure.cures(mutant, report.faults[0])
    return Tally(1, report.faults_total > 0, bool(right) or otherwise, exact or otherwise, otherwise, report.faults_total)


def check(mutant: Mutant) -> Report:
    return check_interchange(mutant.data, DIRECTORIES, limits=mutant.limits)


@dataclass
class Campaign:
    """All the answers so far. ``refused``: valid samples with faults."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in MUTATIONS})
    samples: int = 0
    refused: int = 0

    def run(self, rng: Random, sample: Sample, names: Iterable[str]) -> Iterator[tuple[str, Mutant, Report, Tally]]:
        """One sample as it is and spoilt in each of these ways; gives every mutant with its answer."""
        self.samples += 1
        if check_interchange(sample.render(), DIRECTORIES).faults_total:
            self.refused += 1
            return
        for name in names:
            if sample.is_interactive and MUTATIONS[name].__module__ not in {elements.__name__, structure.__name__}:
                continue  # what is around messages is of batch interchanges there
            mutant = MUTATIONS[name](rng, sample)
            if mutant is not None:
                report = check(mutant)
                tally = judge(mutant, report)
                self.tallies[name].add(tally)
                yield name, mutant, report, tally

    def add(self, other: Campaign) -> None:
        self.samples += other.samples
        self.refused += other.refused
        for name, tally in other.tallies.items():
            self.tallies[name].add(tally)

    def total(self) -> Tally:
        total = Tally()
        for tally in self.tallies.values():
            total.add(tally)
        return total


def samples(rng: Random, names: Iterable[str], most_types: int | None = None) -> Iterator[Sample]:
    """One of every type of these directories, or of ``most_types`` of each, in a few styles a directory."""
    for name in names:
        types = list(directory(name).message_types())
        if most_types is not None:
            types = rng.sample(types, min(most_types, len(types)))
        styles = [random_style(rng, name) for _ in range(4)]
        for type in types:
            yield random_sample(rng, rng.choice(styles), name, type)


def all_directories() -> list[str]:
    """The batch directories, the interactive ones and those of the service messages."""
    interactive = [name + INTERACTIVE for name in DIRECTORIES.names() if (found := directory(name).interactive) is not None and found.message_types()]
    return [*DIRECTORIES.names(), *interactive, *SERVICE]
