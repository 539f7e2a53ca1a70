"""Interchanges as values that can be changed and written: what the tests of the check are made from.

Nothing here uses the hub's own writing or reading, and nothing is put right on the way: a sample is written exactly as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.model import Directory, GroupUse, MessageDefinition, SegmentUse
from vanhub.edifact.charset import Repertoire, repertoire
from vanhub.edifact.separators import Separators
from vanhub.packed import packed

DIRECTORIES: SchemaDirectories = open_directories(packed("schemas"))
SERVICE = ("service-3", "service-4")
"""The service directories that have messages of their own."""


INTERACTIVE = " interactive"


def directory(name: str) -> Directory:
    """``"D.96B"``, ``"D.96B interactive"`` or ``"service-4"``."""
    found = DIRECTORIES.service(int(name[-1])) if name in SERVICE else DIRECTORIES.get(name.removesuffix(INTERACTIVE))
    if found is not None and name.endswith(INTERACTIVE):
        found = found.interactive
    assert found is not None, name
    return found


def definition(name: str, type: str) -> MessageDefinition:
    found = directory(name).message(type)
    assert found is not None, type
    return found


_HEADERS, _TRAILERS = frozenset({"UNH", "UIH"}), frozenset({"UNT", "UIT"})


@dataclass(frozen=True)
class Style:
    """How an interchange is written. ``between`` follows each terminator; with ``groups`` 0 the messages stand alone."""

    version: int = 3
    identifier: str = "UNOC"
    separators: Separators = field(default_factory=Separators)
    una: bool = False
    between: str = ""
    groups: int = 0

    @property
    def repertoire(self) -> Repertoire:
        found = repertoire(self.identifier)
        assert found is not None, self.identifier
        return found

    @property
    def release(self) -> str:
        """Empty where there is none."""
        return self.separators.release.decode("latin-1").strip(" ")

    @property
    def repetition(self) -> str:
        """Empty where there is none."""
        return self.separators.repetition.decode("latin-1").strip(" ") if self.version >= 4 else ""

    @property
    def special(self) -> str:
        """The characters that a value may have only released."""
        marks = self.separators
        return (marks.component + marks.element + marks.terminator).decode("latin-1") + self.release + self.repetition


@dataclass(frozen=True)
class Part:
    """Where a segment stands in its message's table: its use, and the groups around it, outermost first, each with a number of its own for every repetition."""

    use: SegmentUse
    groups: tuple[tuple[GroupUse, int], ...] = ()

    @property
    def is_trigger(self) -> bool:
        return bool(self.groups) and self.groups[-1][0].children[0] is self.use


@dataclass
class Segment:
    """A segment: ``elements[place][repetition][component]``, places and components as on the wire. ``part`` where it was made for a message's table."""

    tag: str
    elements: list[list[list[str]]] = field(default_factory=list)
    part: Part | None = None

    @classmethod
    def of(cls, tag: str, *elements: str | list[str]) -> Segment:
        """From simple elements and composites' components, none repeated."""
        return cls(tag, [[[element] if isinstance(element, str) else element] for element in elements])

    def copy(self) -> Segment:
        return Segment(self.tag, [[list(components) for components in repetitions] for repetitions in self.elements], self.part)

    def value(self, place: int, component: int = 0) -> str:
        """``""`` where there is none; ``place`` 0 is the first element."""
        if place >= len(self.elements) or component >= len(self.elements[place][0]):
            return ""
        return self.elements[place][0][component]

    def cut(self) -> Segment:
        """Itself, without what is empty at its end, at the end of its composites and of its repetitions."""
        for repetitions in self.elements:
            for components in repetitions:
                while len(components) > 1 and not components[-1]:
                    components.pop()
            while len(repetitions) > 1 and repetitions[-1] == [""]:
                repetitions.pop()
        while self.elements and self.elements[-1] == [[""]]:
            self.elements.pop()
        return self

    def text(self, style: Style) -> str:
        """As it is written, without its terminator."""
        special = {ord(character): style.release + character for character in style.special}
        element, component = style.separators.element.decode("latin-1"), style.separators.component.decode("latin-1")
        return element.join(
            [
                self.tag,
                *(
                    style.repetition.join(component.join(value.translate(special) for value in components) for components in repetitions)
                    for repetitions in self.elements
                ),
            ]
        )


@dataclass
class Sample:
    """An interchange: its segments from UNB to UNZ, or from UIB to UIZ. ``directory`` and ``type`` are those of its messages."""

    style: Style
    directory: str
    type: str
    segments: list[Segment]

    def copy(self) -> Sample:
        return Sample(self.style, self.directory, self.type, [segment.copy() for segment in self.segments])

    @property
    def is_interactive(self) -> bool:
        return self.directory.endswith(INTERACTIVE)

    @property
    def una(self) -> bytes:
        return self.style.separators.una + self.style.between.encode() if self.style.una else b""

    def octets(self, text: str) -> bytes:
        return text.encode(self.style.repertoire.codec, "surrogateescape")

    def written(self, index: int) -> bytes:
        """One segment with its terminator and what follows it."""
        return self.octets(self.segments[index].text(self.style)) + self.style.separators.terminator + self.style.between.encode()

    def render(self) -> bytes:
        return self.una + b"".join(self.written(index) for index in range(len(self.segments)))

    def offset(self, index: int, place: int | None = None, repetition: int = 0, component: int = 0) -> int:
        """The octet where a segment, or a component within it, begins."""
        start = len(self.una) + sum(len(self.written(before)) for before in range(index))
        if place is None:
            return start
        segment = self.segments[index].copy()
        del segment.elements[place + 1 :]
        del segment.elements[place][repetition + 1 :]
        del segment.elements[place][repetition][component + 1 :]
        segment.elements[place][repetition][component] = ""
        return start + len(self.octets(segment.text(self.style)))

    def position(self, index: int) -> int:
        """From UNH = 1 within a message, from UNB = 1 outside."""
        for before in range(index, -1, -1):
            if self.segments[before].tag in _HEADERS:
                return index - before + 1
            if self.segments[before].tag in _TRAILERS and before < index:
                break
        return index + 1

    def messages(self) -> Iterator[tuple[int, int]]:
        """The indexes of each UNH and of the UNT that follows it."""
        start = None
        for index, segment in enumerate(self.segments):
            if segment.tag in _HEADERS:
                start = index
            elif segment.tag in _TRAILERS and start is not None:
                yield start, index
                start = None

    def tags(self, start: int, end: int) -> list[str]:
        return [segment.tag for segment in self.segments[start : end + 1]]

    def counted(self) -> Sample:
        """Itself, with the counts in UNT, UNE and UNZ, or UIT and UIZ, as they are to be."""
        segments = messages = groups = members = 0
        for segment in self.segments:
            segments += 1
            if segment.tag in _HEADERS:
                segments, messages, members = 1, messages + 1, members + 1
            elif segment.tag == "UNG":
                members, groups = 0, groups + 1
            if segment.tag in {"UNT", "UNE", "UNZ"}:
                count = {"UNT": segments, "UNE": members, "UNZ": groups or messages}[segment.tag]
                segment.elements[0] = [[str(count)]]
            elif segment.tag in {"UIT", "UIZ"}:
                segment.elements[1] = [[str(segments if segment.tag == "UIT" else messages)]]
        return self
