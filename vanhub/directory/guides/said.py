"""What a guide says of one segment's text, as values: the uses that it is, the conditions that it meets, its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from vanhub.directory.guides.lists import Period
from vanhub.directory.guides.model import Condition, Status, Use
from vanhub.edifact.guide_faults import GuideFaultKind


@dataclass(frozen=True, slots=True)
class Saying:
    """A fault within a segment's text, before it is told where the segment is. ``index`` is the character of the text; the rest as in ``GuideFault``."""

    kind: GuideFaultKind
    code: str
    index: int = 0
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    value: str | None = None
    warning: bool = False
    params: dict[str, str] = field(default_factory=dict)
    params_zh: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dated:
    """A fault if the message's date is in none of the periods. ``key`` is the same for the same code at the same spot of the same use."""

    key: tuple[int, str, int, str]
    periods: tuple[Period, ...]
    saying: Saying


@dataclass(frozen=True, slots=True)
class Slot:
    """A place with uses, among which its segments are told apart. ``closed``: what fits none of them is not used. ``depth`` is that of the group around it."""

    place: int
    depth: int
    uses: tuple[Use, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The use that a segment is, at one of the places that it stands for; None: none fits."""

    slot: Slot
    use: Use | None

    @property
    def is_stray(self) -> bool:
        """Whether it is none, where the guide is closed."""
        return self.use is None and self.slot.closed

    @property
    def is_used(self) -> bool:
        return not self.is_stray and (self.use is None or self.use.status is not Status.UNUSED)


@dataclass(frozen=True, eq=False)
class Said:
    """All that a segment's text says: its uses, outermost first; the uses that the groups which it opens cannot have, by number, outermost first; the conditions
    that it meets; its own faults; codes whose faults depend on the date; the message's date.
    """

    chosen: tuple[Chosen, ...]
    excluded: tuple[frozenset[int], ...]
    met: tuple[Condition, ...]
    sayings: tuple[Saying, ...] = ()
    dated: tuple[Dated, ...] = ()
    date: date | None = None

    @cached_property
    def is_plain(self) -> bool:
        """Whether nothing is wrong with the segment, and it has nothing to do with the date."""
        return self.is_in_order and not self.dated and self.date is None

    @cached_property
    def is_in_order(self) -> bool:
        """Whether nothing is wrong with the segment, unless a code of it is not valid on the message's date."""
        return not self.sayings and all(each.is_used for each in self.chosen)

    @cached_property
    def counts(self) -> tuple[tuple[int, int, int], ...]:
        """Of the uses that the segment is: the depth of the group around it, its number, how often it may come (0: any number of times)."""
        return tuple((each.slot.depth, each.use.number, each.use.most) for each in self.chosen if each.use is not None)
