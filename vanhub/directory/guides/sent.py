"""A segment as it was sent, read at the spots of its data elements."""

from __future__ import annotations

from vanhub.directory.guides.model import Spot
from vanhub.edifact.scanner import Marks, split, unreleased


class Sent:
    """A segment's text, read as far as asked."""

    def __init__(self, text: str, marks: Marks, version_4: bool) -> None:
        self.text = text
        self._marks = marks
        self._version_4 = version_4
        self._elements = split(text, marks.element, marks.release)

    def value(self, spot: Spot) -> str:
        """Without release characters; of a composite or a place of a simple element all that stands there."""
        occurrence = self._occurrence(spot)
        if spot.component < 0 or not occurrence:
            return unreleased(occurrence, self._marks.release) if spot.representation is not None else occurrence.strip(self._marks.component)
        components = split(occurrence, self._marks.component, self._marks.release)
        return unreleased(components[spot.component], self._marks.release) if spot.component < len(components) else ""

    def is_blank(self, spot: Spot) -> bool:
        """Whether nothing stands at the element's place, in no component."""
        return not self._occurrence(spot).strip(self._marks.component)

    def _occurrence(self, spot: Spot) -> str:
        element = spot.place if self._version_4 else spot.spread
        if element >= len(self._elements):
            return ""
        text = self._elements[element]
        if not self._version_4 or not self._marks.repetition:
            return text if not self._version_4 or not spot.repetition else ""
        repetitions = split(text, self._marks.repetition, self._marks.release)
        return repetitions[spot.repetition] if spot.repetition < len(repetitions) else ""

    def place(self, spot: Spot, *, whole: bool = False) -> tuple[int, int, int | None, int | None]:
        """Index of the first character, and element, component, repetition as a fault tells them; of what is not there, where it would begin.

        ``whole``: of the element, not of the component.
        """
        element = spot.place if self._version_4 else spot.spread
        repetition = spot.repetition + 1 if self._version_4 and spot.repeats else None
        component = None if whole or spot.component < 0 else spot.component + 1
        if element >= len(self._elements):
            return len(self.text), element + 1, component, repetition
        index = sum(map(len, self._elements[:element])) + element
        text = self._elements[element]
        for mark, number in ((self._marks.repetition if self._version_4 else "", spot.repetition), (self._marks.component, (component or 1) - 1)):
            if mark and number:
                parts = split(text, mark, self._marks.release)
                index += sum(map(len, parts[:number])) + min(number, len(parts) - 1)
                text = parts[number] if number < len(parts) else ""
        return index, element + 1, component, repetition
