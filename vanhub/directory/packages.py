"""One package (ISO 9735-8), from its UNO to its UNP: an object that is no EDIFACT, under a header that says what it is and how long."""

from __future__ import annotations

from vanhub.directory.findings import Reading, report_segment
from vanhub.directory.rulebook import Rules
from vanhub.directory.security import SECURITY_TAGS, SecurityCheck
from vanhub.edifact.charset import printable
from vanhub.edifact.envelope import Envelope, Where
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.scanner import Fields, Marks, split, unreleased

_MOST_RELATED = 99


class PackageCheck:
    """``take`` the segments between UNO and UNP, say where the object was with ``take_object``, and ``end`` at UNP."""

    def __init__(self, envelope: Envelope, reading: Reading, rules: Rules, text: str, fields: Fields, where: Where) -> None:
        self._envelope = envelope
        self._reading = reading
        self._rules = rules
        self._header = where
        self._length = fields.value(4)
        self._security: SecurityCheck | None = None
        self._has_content = False
        self._in_run = False  # of segments that do not belong here
        envelope.begin_package(fields, where, related_of(text, reading.marks))
        report_segment(envelope, reading, rules, Level.MESSAGE, "UNO", text, where)

    def take(self, tag: str, text: str, where: Where) -> None:
        """A segment that is neither UNO nor UNP."""
        if tag in SECURITY_TAGS:
            self._in_run = False
            if self._security is None:
                self._security = SecurityCheck(self._envelope, self._reading, self._rules, Level.MESSAGE, self._header, begun=self._has_content)
            self._security.take(tag, text, where)
        elif not self._in_run:
            self._in_run = True
            self._envelope.fault(FaultKind.SEGMENT_OUT_OF_PLACE, Level.MESSAGE, printable(tag, 12), where)

    def take_object(self) -> None:
        """The object came."""
        self._has_content = True
        if self._security is not None:
            self._security.content("UNO", self._header)

    def end(self, text: str, fields: Fields, where: Where, before: Where, end: int) -> None:
        """UNP came; ``before`` is the segment before it, ``end`` one past it."""
        if self._security is not None:
            self._security.end(before, whole=True)
        report_segment(self._envelope, self._reading, self._rules, Level.MESSAGE, "UNP", text, where)
        self._envelope.end_package(where, end, fields, self._length)


def related_of(text: str, marks: Marks) -> tuple[tuple[str, str], ...]:
    """What a UNO belongs to: 0813 and 0802 of each S020."""
    _, _, place, *_ = (*split(text, marks.element, marks.release), "", "")
    related = []
    for composite in split(place, marks.repetition, marks.release)[:_MOST_RELATED] if marks.repetition else [place]:
        qualifier, number, *_ = (*(unreleased(part, marks.release) for part in split(composite, marks.component, marks.release)[:2]), "", "")
        if number:
            related.append((qualifier[:3], number[:35]))
    return tuple(related)
