"""A guide as immutable values, resolved against its message's segment table: what the judge goes by.

Places are named by their ``index`` in the ``SegmentTable`` of the guide's message (0: the message itself), data elements by their ``Spot`` in a segment.
"""

from __future__ import annotations

import enum
from collections.abc import Container, Mapping
from dataclasses import dataclass

from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.lists import CodeList
from vanhub.directory.guides.text import Text
from vanhub.directory.model import Representation
from vanhub.directory.table import SegmentTable


class Status(enum.StrEnum):
    """Whether something has to be there, may be there, or must not be there."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one occurrence of a data element stands in a segment as it is sent.

    ``spread`` is the element in syntax versions 1-3, ``place`` and ``repetition`` in version 4 (the tag is element 0, the first repetition 0; ``repeats``: whether
    the place can have more). ``component`` counts from 0; -1 is a simple element, or a composite as a whole. ``representation`` is None for a composite.
    """

    id: str
    spread: int
    place: int
    repetition: int
    repeats: bool
    component: int
    representation: Representation | None


@dataclass(frozen=True, slots=True)
class Match:
    """One of ``values`` stands at ``spot``, whose element is called ``name``."""

    spot: Spot
    name: Text
    values: frozenset[str]


Where = tuple[Match, ...]
"""Values that tell uses of one place apart: all of them have to match."""


@dataclass(frozen=True, slots=True)
class ListUse:
    """A code list that a value, or its first ``prefix`` characters (0: all), stands in; ``codes`` is one of the list's columns."""

    codes: CodeList
    prefix: int


@dataclass(frozen=True, slots=True)
class ElementRule:
    """What a guide says of one data element. ``codes`` are allowed values with their names, None for any; ``error`` is 9321 where it is not the kind's own."""

    spot: Spot
    name: Text
    status: Status
    codes: Mapping[str, str] | None
    list: ListUse | None
    form: Representation | Form | None
    error: str


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a segment or of a segment group.

    - ``places``: the segment's or the group's; ``parent``: the group that it is in, 0 for the message, and its ``depth``; ``order`` and ``last``: where the first and the
      last of the places stand among the parent's children.
    - ``where`` tells it apart from other uses of its place; ``within`` are values of the trigger of the parent group: in other instances there is no such use.
    - ``most``: so often in an instance of the parent, 0 for as often as the directory says. ``label`` is as it is sent: ``LOC+22``.
    """

    number: int
    at: str
    label: str
    name: Text
    places: tuple[int, ...]
    parent: int
    depth: int
    order: int
    last: int
    where: Where
    within: Where
    status: Status
    most: int
    error: str
    elements: tuple[ElementRule, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A segment at one of ``places`` with these values, and anything at ``filled``. What met it is remembered
    with the group around it that has the ``depth`` (0: the message): the innermost that also holds the rule's scope.
    """

    number: int
    label: str
    places: tuple[int, ...]
    where: Where
    filled: tuple[Spot, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Rule:
    """If all of ``conditions`` are met: all of ``then``, at least one of ``any``, none of ``never``. For each instance of the group ``scope`` (0: once)."""

    name: str
    scope: int
    conditions: tuple[Condition, ...]
    then: tuple[Condition, ...]
    any: tuple[Condition, ...]
    never: tuple[Condition, ...]
    error: str
    text: Text
    repair: Text

    def is_broken(self, met: Container[int]) -> bool:
        """Whether it is, where the conditions with these numbers are met."""
        if not all(condition.number in met for condition in self.conditions):
            return False
        return (
            any(condition.number in met for condition in self.never)
            or not all(condition.number in met for condition in self.then)
            or (bool(self.any) and not any(condition.number in met for condition in self.any))
        )


@dataclass(frozen=True, slots=True)
class DateSpot:
    """Where a message's own date stands: at ``places``, with these values; ``format`` is the element that says how it is written (2379), None for CCYYMMDD."""

    places: tuple[int, ...]
    where: Where
    value: Spot
    format: Spot | None


@dataclass(frozen=True, slots=True)
class Head:
    """By what a guide is chosen. ``documents`` (BGM 1001) and ``functions`` (BGM 1225) empty: any. ``association`` (UNH 0057) empty: any."""

    name: str
    title: Text
    message: str
    directory: str
    association: str
    documents: tuple[str, ...]
    functions: tuple[str, ...]
    source: str

    def suits(self, association: str, document: str, function: str) -> bool:
        return (
            (not self.association or self.association == association)
            and (not self.documents or document in self.documents)
            and (not self.functions or function in self.functions)
        )

    def overlaps(self, other: Head) -> bool:
        """Whether there are messages that both suit, and nothing says which is taken."""
        return (
            (self.message, self.directory) == (other.message, other.directory)
            and (not self.association or not other.association or self.association == other.association)
            and _meet(self.documents, other.documents)
            # One that says for which functions it is stands before one that is for any.
            and bool(self.functions) == bool(other.functions)
            and _meet(self.functions, other.functions)
        )


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide. ``closed``: segments and groups that no use lists are not used; ``listed`` are then the places that are."""

    head: Head
    table: SegmentTable
    closed: bool
    listed: frozenset[int]
    uses: tuple[Use, ...]
    rules: tuple[Rule, ...]
    date: DateSpot | None
