"""A UN/EDIFACT directory as immutable values: messages, segments, composites, elements, code lists.

These are what the packed files under ``schemas/`` unfold to and what the check compiles from. They carry facts
only (tags, order, status, repeats, representations, code values and names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Representation:
    """``an..35``: ``kind`` is ``"a"``, ``"n"`` or ``"an"``; lengths in characters, ``least`` == ``most`` where fixed (``n3``), else ``least`` is 0."""

    kind: str
    least: int
    most: int

    @classmethod
    def parse(cls, text: str) -> Representation:
        """From ``a3``, ``n..6``, ``an..35`` ...

        Raises:
            ValueError: not a representation.
        """
        kind = text.rstrip("0123456789.")
        digits = text[len(kind) :]
        if kind not in {"a", "n", "an"} or not digits.strip(".").isdigit():
            raise ValueError(f"not a representation: {text!r}")
        most = int(digits.strip("."))
        return cls(kind, 0 if digits.startswith("..") else most, most)

    def __str__(self) -> str:
        return f"{self.kind}{self.most}" if self.least else f"{self.kind}..{self.most}"


@dataclass(frozen=True, slots=True)
class ElementUse:
    """A simple data element at its place in a segment or composite: id (``"1001"``), status, repeats, representation."""

    id: str
    mandatory: bool
    most: int
    representation: Representation


@dataclass(frozen=True, slots=True)
class CompositeUse:
    """A composite data element (``"C002"``, ``"S009"``) at its place in a segment, with its components in order."""

    id: str
    mandatory: bool
    most: int
    components: tuple[ElementUse, ...]


@dataclass(frozen=True, slots=True)
class SegmentDefinition:
    """A segment: tag, name, and what stands at each place.

    ``elements`` has one entry a place as it is separated on the wire. Directories to D.99A repeat a place by listing it
    again (PIA: C212 five times): five entries of ``most`` 1. From D.99B an entry may have ``most`` > 1: such an entry repeats at one place with
    the repetition separator in syntax version 4, and at ``most`` places in versions 1-3.
    """

    tag: str
    name: str
    elements: tuple[ElementUse | CompositeUse, ...]


@dataclass(frozen=True, slots=True)
class SegmentUse:
    """A segment at its place in a message's segment table."""

    tag: str
    mandatory: bool
    most: int


@dataclass(frozen=True, slots=True)
class GroupUse:
    """A segment group at its place in a message: number, status, repeats, children; the first child is its trigger segment."""

    number: int
    mandatory: bool
    most: int
    children: tuple[SegmentUse | GroupUse, ...]

    @property
    def trigger(self) -> str:
        """The tag that opens the group."""
        first = self.children[0]
        return first.tag if isinstance(first, SegmentUse) else first.trigger


@dataclass(frozen=True, slots=True)
class MessageDefinition:
    """A message type in one directory: its segment table from UNH to UNT (UIH to UIT)."""

    type: str
    name: str
    directory: str
    children: tuple[SegmentUse | GroupUse, ...]


class Directory(Protocol):
    """One directory (``"D.96B"``, or the service directory ``"service-4"``), unfolded lazily.

    Every lookup returns None where the directory has no such thing. Implementations cache; values are immutable.
    """

    @property
    def name(self) -> str: ...
    @property
    def quality(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def interactive(self) -> Directory | None:
        """The interactive directory of the same edition: messages, segments and composites of its own, the same elements and code lists. None where there is none."""
        ...

    def message_types(self) -> tuple[str, ...]: ...
    def message(self, type: str) -> MessageDefinition | None: ...
    def segment(self, tag: str) -> SegmentDefinition | None: ...
    def element_name(self, id: str) -> str | None:
        """Name of a simple element or composite."""
        ...

    def codes(self, element: str) -> Mapping[str, str] | None:
        """Code value -> name; None where the element has no UN code list here (free or user codes)."""
        ...

    def dependencies(self, tag: str) -> tuple[str, ...]:
        """Coded dependency notes of a segment, as printed: ``D5(040,030) If first, then all``."""
        ...


class Directories(Protocol):
    """All directories of a home: the packed set and the home's own imports."""

    def names(self) -> tuple[str, ...]:
        """``D.93A`` .. ``D.24A`` and own imports, oldest first; service directories are not listed."""
        ...

    def get(self, name: str) -> Directory | None:
        """``"D.96B"``; None where there is none."""
        ...

    def service(self, syntax_version: int) -> Directory:
        """The service directory of syntax version 1-4."""
        ...

    def find(self, version: str, release: str, agency: str) -> Directory | None:
        """By S009 0052, 0054, 0051: ``("D", "96B", "UN")``; None for another agency or an unknown release."""
        ...
