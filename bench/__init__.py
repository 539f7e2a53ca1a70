"""Benchmarks: ``make bench``, or ``python -m bench [NAME...]`` for some of them. They are measured, never tested.

Every module of this package has a function ``measure() -> Iterator[Figure]`` and, as its docstring, what it measures and how.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``goal`` is what the design asks for, as a bound: ``at_most`` says in which direction. ``detail`` is free text."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False
    detail: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def __str__(self) -> str:
        words = [f"{self.name:<48} {self.value:>12,.3f} {self.unit:<8}"]
        if self.goal is not None:
            words.append(f"goal {'at most' if self.at_most else 'at least'} {self.goal:,g}: {'met' if self.met else 'NOT MET'}")
        if self.detail:
            words.append(self.detail)
        return "  ".join(words).rstrip()
