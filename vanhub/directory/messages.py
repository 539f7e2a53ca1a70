"""The slow way through one message: segment by segment, explaining every fault.

Without a profile (unknown directory or type) only what needs none is judged: characters, limits, the trailer.

Security segments (ISO 9735-5) are no part of a message's table. In version 4 they are taken where that part puts them: headers
right after UNH, trailers right before UNT.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from vanhub.directory.rulebook import Profile, Rules
from vanhub.directory.walk import Finding, Misfit, Walk
from vanhub.edifact.charset import Repertoire, is_undecodable, legible, printable
from vanhub.edifact.envelope import Envelope, OpenMessage, Where
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.scanner import Cut, Marks, split, unreleased, without_releases

_SECURITY_HEADER = frozenset({"USH", "USA", "USC", "USR"})
_SECURITY_TRAILER = frozenset({"UST", "USR"})
# A message with more segments at fault than this is not held against a guide.
_MOST_AT_FAULT = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """How the segments of one interchange are read and how much one may hold."""

    marks: Marks
    repertoire: Repertoire
    syntax_version: int
    max_elements: int
    max_segment_octets: int


def report_segment(envelope: Envelope, reading: Reading, rules: Rules, level: Level, tag: str, text: str, where: Where) -> None:
    """Reports all that is wrong with the elements of one segment. Above messages and in UNH and UNT all faults are of ``level``."""
    if report_size(envelope, reading, level, tag, text, where):
        return
    if reading.repertoire.admits(text) and rules.accept((text[:3],), (text,)):
        return
    octets = reading.repertoire.octets
    findings = rules.findings(tag, text, reading.repertoire)
    if findings and not envelope.listing:
        envelope.count(level, sum(envelope.is_fault(finding.kind) for finding in findings))
        return
    for finding in findings:
        params = finding.params
        if finding.codes is not None:
            params = {**params, "of": f" ({rules.list_of(tag)})", "hint": rules.hint(tag, finding) if envelope.listing else ""}
        envelope.fault(
            finding.kind,
            Level.SEGMENT if level is Level.ELEMENT and finding.element is None else level,
            tag,
            where,
            offset=where.offset + octets(text[: finding.index]),
            element=finding.element,
            component=finding.component,
            repetition=finding.repetition,
            value=finding.value,
            params=params,
        )


def report_guide(envelope: Envelope, guide: GuideRun, at_fault: Container[int]) -> None:
    """Reports what a guide found in the message that is open, except in the elements of segments ``at_fault``: those are wrong already."""
    name, findings = guide.end()
    envelope.guide_faults(name, [finding for finding in findings if finding.element is None or finding.segment_position not in at_fault])


def report_size(envelope: Envelope, reading: Reading, level: Level, tag: str, text: str, where: Where) -> bool:
    """Reports a segment that is too long or has too many elements to be looked at; whether it was so."""
    level = Level.SEGMENT if level is Level.ELEMENT else level
    if isinstance(text, Cut):
        envelope.fault(FaultKind.OVER_LIMIT, level, tag, where, params={"name": "segment length", "most": str(reading.max_segment_octets)})
        return True
    marks = reading.marks
    if text.count(marks.element) + text.count(marks.component) > reading.max_elements:
        envelope.fault(FaultKind.OVER_LIMIT, level, tag, where, params={"name": "number of elements", "most": str(reading.max_elements)})
        return True
    return False


def report_characters(envelope: Envelope, reading: Reading, tag: str, text: str, where: Where) -> None:
    """Reports the first bad character of each data element of a segment without definition. Service characters need not be in the repertoire."""
    repertoire, marks = reading.repertoire, reading.marks
    if repertoire.admits(text):
        return
    at = 0
    for element, piece in enumerate(split(text, marks.element, marks.release), 1):
        index = _outside(piece, reading)
        if index >= 0:
            character = piece[index]
            bad = is_undecodable(character)
            envelope.fault(
                FaultKind.UNDECODABLE if bad else FaultKind.CHARACTER_INVALID,
                Level.ELEMENT,
                tag,
                where,
                offset=where.offset + repertoire.octets(text[: at + index]),
                element=element,
                value=f"0x{ord(character) - 0xDC00:02X}" if bad else printable(character),
                params={"repertoire": repertoire.name},
            )
        at += len(piece) + 1


def _outside(element: str, reading: Reading) -> int:
    """Index of the first character of a data element's values that is not in the repertoire, or -1."""
    marks, at = reading.marks, 0
    for occurrence in split(element, marks.repetition, marks.release) if marks.repetition else [element]:
        for value in split(occurrence, marks.component, marks.release):
            index = reading.repertoire.outside(without_releases(value, marks.release))
            if index >= 0:
                return at + index
            at += len(value) + 1
    return -1


class GuideRun(Protocol):
    """One message being held against a guide. A message whose structure has a fault is not judged."""

    def take(self, tag: str, text: str, where: Where) -> None:
        """The next segment, UNH first, without white space before it; release characters are in ``text``."""
        ...

    def end(self) -> tuple[str, Sequence[GuideFault]]:
        """After UNT: the guide's name and what it found in the order of the segments; ``""`` where none applied in the end."""
        ...


class Guides(Protocol):
    """The guides that a check goes by."""

    def begin(self, message: OpenMessage, index: int, profile: Profile, reading: Reading) -> GuideRun | None:
        """Of the message number ``index`` of the report; None where no guide can apply to it."""
        ...


class MessageCheck:
    """One message from its UNH on. ``take`` what follows UNH, UNT too; ``end`` when it is over, with or without UNT.

    ``text`` is UNH's; ``guide`` is told every segment.
    """

    def __init__(
        self,
        envelope: Envelope,
        message: OpenMessage,
        reading: Reading,
        profile: Profile | None,
        service: Rules,
        text: str,
        where: Where,
        guide: GuideRun | None,
    ) -> None:
        self._envelope = envelope
        self._message = message
        self._reading = reading
        self._profile = profile
        self._rules = profile.rules if profile is not None else service
        self._walk: Walk[Where] | None = Walk(profile.table) if profile is not None else None
        self._in_security_header = reading.syntax_version >= 4
        self._security_trailer: Where | None = None
        self._text = ""  # of the segment taken last
        self._again = False  # it was as the one before
        self._faults = 0  # in it
        self._guide = guide
        self._at_fault: set[int] = set()  # positions of segments, while there is a guide
        self._take_in_table("UNH", where)
        if guide is not None:
            guide.take("UNH", text, where)
        self.last = where

    def take(self, tag: str, text: str, offset: int) -> Where:
        """A segment of the message; where it is."""
        message = self._message
        faults = self._envelope.faults_total
        self._again, self._text = text == self._text, text
        message.segments += 1
        where = self.last = Where(message.segments, offset)
        if self._guide is not None:
            self._guide.take(tag, text, where)
        if tag == "UNT":  # the envelope judges its elements
            self._take_in_table(tag, where)
        elif self._profile is None:
            if not report_size(self._envelope, self._reading, Level.ELEMENT, tag, text, where):
                report_characters(self._envelope, self._reading, tag, text, where)
        elif tag in self._profile.table.tags:
            self._in_security_header = False
            self._report_early_trailer()
            report_segment(self._envelope, self._reading, self._rules, Level.ELEMENT, tag, text, where)
            self._take_in_table(tag, where)
        elif self._is_security(tag, where):
            report_segment(self._envelope, self._reading, self._rules, Level.ELEMENT, tag, text, where)
        else:
            self._report_stranger(tag, where)
        if tag == "BGM" and not message.number:
            message.document, message.number = document_of(text, self._reading.marks)
        self._faults = self._envelope.faults_total - faults
        if self._faults and self._guide is not None:
            self._at_fault.add(where.position)
            if len(self._at_fault) > _MOST_AT_FAULT:
                self._guide = None
        return where

    def can_repeat(self) -> bool:
        """Whether more of the segment taken last need only be counted, but for the last ``SETTLING`` of them."""
        return self._again and self._walk is not None and self._walk.is_idle and not (self._faults and self._envelope.listing)

    def repeat(self, times: int) -> None:
        """The segment taken last came so many times more."""
        self._message.segments += times
        if self._faults:
            self._envelope.count(Level.SEGMENT, self._faults * times)

    def end(self) -> None:
        """The message is over: what the walk still held back. Nothing is missing from a message without UNT but that."""
        if self._walk is not None:
            self._report_structure(self._walk.close())

    def end_guide(self) -> None:
        """After UNT: what the guide says."""
        if self._guide is not None:
            report_guide(self._envelope, self._guide, self._at_fault)

    def _take_in_table(self, tag: str, where: Where) -> None:
        if self._walk is not None:
            self._report_structure(self._walk.take(tag, where))

    def _is_security(self, tag: str, where: Where) -> bool:
        if self._reading.syntax_version < 4:
            return False
        if self._in_security_header and tag in _SECURITY_HEADER:
            return True
        if tag == "UST" or (tag in _SECURITY_TRAILER and self._security_trailer is not None):
            self._security_trailer = self._security_trailer or where
            return True
        return False

    def _report_early_trailer(self) -> None:
        if self._security_trailer is not None:
            self._envelope.fault(FaultKind.SEGMENT_OUT_OF_PLACE, Level.SEGMENT, "UST", self._security_trailer)
            self._security_trailer = None

    def _report_stranger(self, tag: str, where: Where) -> None:
        """A segment that the message's table does not have."""
        if self._envelope.listing:
            kind = FaultKind.SEGMENT_NOT_IN_MESSAGE if self._rules.knows(tag) else FaultKind.SEGMENT_UNKNOWN
            self._envelope.fault(kind, Level.SEGMENT, printable(tag, 12), where, params={"type": self._message.type})
        else:
            self._envelope.count(Level.SEGMENT)
        self._take_in_table(tag, where)

    def _report_structure(self, findings: Iterable[Finding[Where]]) -> None:
        for finding in findings:
            place, params = finding.place, {}
            if finding.misfit is Misfit.NOT_IN_TABLE:
                continue  # reported when it came
            if finding.misfit is Misfit.OUT_OF_PLACE or place is None:
                kind = FaultKind.SEGMENT_OUT_OF_PLACE
            elif finding.misfit is Misfit.REPEATED:
                kind = FaultKind.GROUP_REPEATED if place.children else FaultKind.SEGMENT_REPEATED
                params = {"most": str(place.most), "group": str(place.group)}
            elif place.children:
                kind, params = FaultKind.GROUP_MISSING, {"group": str(place.group)}
            else:
                kind = FaultKind.SEGMENT_MISSING
                if place.is_trigger and place.parent is not None:
                    params = {"where": f" (SG{place.parent.group})"}
            self._envelope.fault(kind, Level.SEGMENT, finding.tag, finding.where, params=params)


def document_of(text: str, marks: Marks) -> tuple[str, str]:
    """BGM's document name code (1001) and document number (1004)."""
    _, document, number, *_ = (*split(text, marks.element, marks.release), "", "")
    if not marks.release or marks.release not in text:
        return legible(document.partition(marks.component)[0]), legible(number.partition(marks.component)[0])
    document, number = (unreleased(split(element, marks.component, marks.release)[0], marks.release) for element in (document, number))
    return legible(document), legible(number)
