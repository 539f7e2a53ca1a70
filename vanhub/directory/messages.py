"""The slow way through one message: segment by segment, explaining every fault.

Without a profile (unknown directory or type) only what needs none is judged: characters, limits, the trailer.

Security segments are no part of a message's table: in version 4 they are judged by themselves (``vanhub.directory.security``). What is encrypted
cannot be judged: of such a message the segments that can be seen are, its table is not.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Protocol

from vanhub.directory.findings import Reading, report_characters, report_segment, report_size, report_structure
from vanhub.directory.rulebook import Profile, Rules
from vanhub.directory.security import SECURITY_TAGS, SecurityCheck
from vanhub.directory.walk import Walk
from vanhub.edifact.charset import legible, printable
from vanhub.edifact.envelope import Envelope, OpenMessage, Where
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.scanner import Marks, split, unreleased

# A message with more segments at fault than this is not held against a guide.
_MOST_AT_FAULT = 1000


def report_guide(envelope: Envelope, guide: GuideRun, at_fault: Container[int]) -> None:
    """Reports what a guide found in the message that is open, except in the elements of segments ``at_fault``: those are wrong already."""
    name, findings = guide.end()
    envelope.guide_faults(name, [finding for finding in findings if finding.element is None or finding.segment_position not in at_fault])


class GuideRun(Protocol):
    """One message being held against a guide. A message whose structure has a fault is not judged."""

    def accepts(self, tags: list[str], texts: list[str], *, learning: bool) -> str | None:
        """The fast way, in place of ``take`` and ``end``: of a message that is there from UNH to UNT, and whose structure is in order, the guide's name as ``end`` says it
        where the guide finds nothing. None where that is not shown; nothing was taken then.

        ``tags`` are the first three characters of each text. Without ``learning`` only what earlier messages have shown counts, in some microseconds a segment.
        """
        ...

    def take(self, tag: str, text: str, where: Where) -> None:
        """The next segment, UNH first, without white space before it; release characters are in ``text``."""
        ...

    def end(self) -> tuple[str, Sequence[GuideFault]]:
        """After UNT: the guide's name and what it found in the order of the segments; ``""`` where none applied in the end."""
        ...


class Guides(Protocol):
    """The guides that a check goes by."""

    def are_loaded(self, type: str, directory: str) -> bool:
        """Whether ``begin`` has nothing to read first for messages of this type and directory."""
        ...

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
        self._service = service
        self._rules = profile.rules if profile is not None else service
        self._walk: Walk[Where] | None = Walk(profile.table) if profile is not None else None
        self._header = where
        self._security: SecurityCheck | None = None
        self._has_content = False
        self._text = ""  # of the segment taken last
        self._again = False  # it was as the one before
        self._faults = 0  # in it
        self._guide = guide
        self._at_fault: set[int] = set()  # positions of segments, while there is a guide
        self._take_in_table(envelope.frame.message, where)
        if guide is not None:
            guide.take(envelope.frame.message, text, where)
        self.last = where

    def take(self, tag: str, text: str, offset: int) -> Where:
        """A segment of the message; where it is."""
        message = self._message
        faults = self._envelope.faults_total
        self._again, self._text = text == self._text, text
        message.segments += 1
        before, self.last = self.last, Where(message.segments, offset)
        where = self.last
        secures = tag in SECURITY_TAGS and self._reading.syntax_version >= 4
        if secures and not self._is_own(tag):
            self._secure(tag, text, where)
            self._faults = self._envelope.faults_total - faults
            return where
        if self._guide is not None:
            self._guide.take(tag, text, where)
        if tag == self._envelope.frame.message_trailer.tag:  # the envelope judges its elements
            if self._security is not None:
                self._security.end(before, whole=True)
                self._security = None
            self._take_in_table(tag, where)
            return where
        self._has_content = True
        if secures:
            self._pair(tag, text, where)
        elif self._security is not None:
            self._security.content(tag, where)
        if self._profile is None:
            if not report_size(self._envelope, self._reading, Level.ELEMENT, tag, text, where):
                report_characters(self._envelope, self._reading, tag, text, where)
        elif tag in self._profile.table.tags:
            report_segment(self._envelope, self._reading, self._rules, Level.ELEMENT, tag, text, where)
            self._take_in_table(tag, where)
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
        if self._security is not None:
            self._security.end(self.last, whole=False)
        if self._walk is not None:
            report_structure(self._envelope, Level.SEGMENT, self._walk.close())

    def end_guide(self) -> None:
        """After UNT: what the guide says."""
        if self._guide is not None:
            report_guide(self._envelope, self._guide, self._at_fault)

    def _take_in_table(self, tag: str, where: Where) -> None:
        if self._walk is not None:
            report_structure(self._envelope, Level.SEGMENT, self._walk.take(tag, where))

    def _is_own(self, tag: str) -> bool:
        """Whether a security segment is one of the message's own table: AUTACK and KEYMAN are made of them, and may be secured as any other."""
        if self._profile is None or tag not in self._profile.table.tags:
            return False
        return self._profile.is_secured or self._security is None or not self._security.is_open

    def _secure(self, tag: str, text: str, where: Where) -> None:
        if self._security is None:
            self._security = SecurityCheck(self._envelope, self._reading, self._service, Level.MESSAGE, self._header, begun=self._has_content)
        self._security.take(tag, text, where)
        if self._security.is_encrypted:
            self._walk = self._guide = None

    def _pair(self, tag: str, text: str, where: Where) -> None:
        """A security segment of the message's own table, if that has headers and trailers."""
        if self._profile is not None and self._profile.is_secured:
            if self._security is None:
                self._security = SecurityCheck(self._envelope, self._reading, self._service, Level.MESSAGE, self._header, begun=False, judges_order=False)
            self._security.pair(tag, text, where)

    def _report_stranger(self, tag: str, where: Where) -> None:
        """A segment that the message's table does not have."""
        if self._envelope.listing:
            kind = FaultKind.SEGMENT_NOT_IN_MESSAGE if self._rules.knows(tag) else FaultKind.SEGMENT_UNKNOWN
            self._envelope.fault(kind, Level.SEGMENT, printable(tag, 12), where, params={"type": self._message.type})
        else:
            self._envelope.count(Level.SEGMENT)
        self._take_in_table(tag, where)


def document_of(text: str, marks: Marks) -> tuple[str, str]:
    """BGM's document name code (1001) and document number (1004)."""
    _, document, number, *_ = (*split(text, marks.element, marks.release), "", "")
    if not marks.release or marks.release not in text:
        return legible(document.partition(marks.component)[0]), legible(number.partition(marks.component)[0])
    document, number = (unreleased(split(element, marks.component, marks.release)[0], marks.release) for element in (document, number))
    return legible(document), legible(number)
