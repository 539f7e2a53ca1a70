"""Security segments (ISO 9735-5) and encryption (ISO 9735-7) of one structure: a message, a package, a group or an interchange, in syntax version 4.

Right after the structure's header stand security header groups (USH, its USA, and USC with USA and USR), right before its trailer as many trailer groups
(UST, USR), each with the 0534 of its header. In between is the structure's own content, or USD and USU around what is encrypted.
Security references pair within one structure. USD needs a header of confidentiality: without one nobody could tell what is in it, and a message would be
empty in all but name. UST counts the segments of both its groups, and USD and USU where the header is of confidentiality.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vanhub.directory.findings import Reading, report_segment, report_structure
from vanhub.directory.model import GroupUse, MessageDefinition, SegmentUse
from vanhub.directory.rulebook import Rules
from vanhub.directory.table import SegmentTable
from vanhub.directory.walk import Finding, Walk
from vanhub.edifact.envelope import Envelope, Where
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.frame import ENCRYPTION_TRAILER
from vanhub.edifact.scanner import read_fields

SECURITY_TAGS = frozenset({"USH", "USA", "USC", "USR", "UST", "USD", "USU"})

_IN_HEADER = frozenset({"USA", "USC", "USR"})
_MOST_HEADERS = 99
_CONFIDENTIALITY = "4"
# These stand in the table for the structure's own header, content and trailer.
_HEAD, _CONTENT, _TAIL = "UNH", "UNS", "UNT"
_TABLE = SegmentTable(
    MessageDefinition(
        "",
        "",
        "",
        (
            SegmentUse(_HEAD, True, 1),
            GroupUse(
                1,
                False,
                _MOST_HEADERS,
                (
                    SegmentUse("USH", True, 1),
                    SegmentUse("USA", False, 3),
                    GroupUse(2, False, 2, (SegmentUse("USC", True, 1), SegmentUse("USA", False, 3), SegmentUse("USR", False, 1))),
                ),
            ),
            GroupUse(3, False, 1, (SegmentUse("USD", True, 1), SegmentUse("USU", True, 1))),
            SegmentUse(_CONTENT, False, 1),
            GroupUse(4, False, _MOST_HEADERS, (SegmentUse("UST", True, 1), SegmentUse("USR", False, 1))),
            SegmentUse(_TAIL, True, 1),
        ),
    )
)


@dataclass(slots=True)
class _Header:
    """A USH that waits for its UST. ``segments`` of its group."""

    reference: str
    where: Where
    encrypts: bool
    segments: int = 1


@dataclass(slots=True)
class _Trailer:
    """The UST taken last, whose USR may yet come. ``header`` None: it answers none."""

    where: Where
    count: str
    count_offset: int
    header: _Header | None
    segments: int = 1


class SecurityCheck:
    """``take`` each security segment, say what else comes with ``content``, and ``end`` at the structure's trailer.

    ``level`` is where faults are told; ``begun``: the structure's own content has begun already. ``judges_order`` False: a table of the message's own
    has these segments.
    """

    def __init__(self, envelope: Envelope, reading: Reading, rules: Rules, level: Level, where: Where, *, begun: bool, judges_order: bool = True) -> None:
        self._envelope = envelope
        self._reading = reading
        self._rules = rules
        self._level = level
        self._walk: Walk[tuple[str, Where]] | None = Walk(_TABLE) if judges_order else None
        self._waiting: dict[str, _Header] = {}
        self._nameless = 0  # USH without a reference of their own
        self._overflow = False  # there were more USH than are followed
        self._unanswered: list[tuple[Where, int, str]] = []  # UST that answer nothing: where, the offset of the reference, the reference
        self._header: _Header | None = None  # the one whose group is open
        self._trailer: _Trailer | None = None
        self._seen: set[str] = set()
        self._last = where  # the segment before, as far as security goes
        self._encrypts = False  # there is a USH of confidentiality
        self._encryption = 0  # USD and USU
        self._encrypted: tuple[str, str] | None = None  # 0556 and 0518 of USD
        self._in_content = False
        self._content_seen = False
        self._first_trailer: Where | None = None  # the first UST since there was content
        self._astray = False  # in a header group that stands after content
        self._step(_HEAD, where)
        if begun:
            self.content("", where)

    @property
    def is_encrypted(self) -> bool:
        """Whether the structure's content is encrypted."""
        return self._encrypted is not None

    @property
    def is_open(self) -> bool:
        """Whether a header or trailer group may go on."""
        return not self._in_content and (self._header is not None or self._trailer is not None)

    def take(self, tag: str, text: str, where: Where) -> None:
        """A security segment."""
        report_segment(self._envelope, self._reading, self._rules, self._level, tag, text, where)
        if tag == "USH" and self._content_seen:
            self._astray = True
            self._envelope.fault(FaultKind.SEGMENT_OUT_OF_PLACE, self._level, tag, where)
        elif not (self._astray and tag in _IN_HEADER):
            self._astray = False
            self._step(tag, where)
        if tag == "UST":
            self._first_trailer = self._first_trailer or where
        self._in_content = False
        self.pair(tag, text, where)

    def pair(self, tag: str, text: str, where: Where) -> None:
        """A security segment whose elements and place are judged elsewhere."""
        fields = read_fields(text, self._reading.marks, self._reading.repertoire.octets, where.offset)
        before, self._last = self._last, where
        if tag == "USR" and self._trailer is not None:
            self._trailer.segments += 1
            return
        self._close_trailer()
        if tag == "USH":
            self._open(fields.value(2), fields.value(1) == _CONFIDENTIALITY, where, fields.offset(2))
        elif tag == "UST":
            self._answer(fields.value(1), where, fields.offset(1), fields.value(2), fields.offset(2))
        elif tag == "USD":
            if not (self._encrypts or self._encryption or self._content_seen):
                self._envelope.fault(FaultKind.SEGMENT_MISSING, self._level, "USH", before, params={"where": " (0501 = 4)"})
            self._encryption += 1
            self._encrypted = (fields.value(1), fields.value(2))
        elif tag == "USU":
            self._encryption += 1
            if self._encrypted is not None:
                length, reference = self._encrypted
                self._envelope.compare_length(FaultKind.LENGTH_IN_USU, self._level, ENCRYPTION_TRAILER, where, fields, length, "USD")
                self._envelope.compare_reference(FaultKind.REFERENCE_IN_USU, self._level, ENCRYPTION_TRAILER, where, fields, reference, "USD")
        elif self._header is not None:
            self._header.segments += 1

    def content(self, tag: str, where: Where) -> None:
        """Something of the structure's own."""
        if self._in_content:
            return
        self._in_content = True
        self._close_trailer()
        self._header = None
        self._astray = False
        if self._encrypted is not None:
            # What is encrypted is all the content that there is.
            self._envelope.fault(FaultKind.SEGMENT_OUT_OF_PLACE, self._level, tag, where)
        elif self._first_trailer is not None:
            self._envelope.fault(FaultKind.SEGMENT_OUT_OF_PLACE, self._level, "UST", self._first_trailer)
            self._first_trailer = None
        elif not self._content_seen:
            self._step(_CONTENT, where, tag)
        self._content_seen = True

    def end(self, where: Where, *, whole: bool) -> None:
        """The structure is over, with its trailer (``whole``) or without it. ``where``: the segment before."""
        self._close_trailer()
        if whole:
            self._step(_TAIL, where)
        if self._walk is not None:
            self._report(self._walk.close())
        waiting = list(self._waiting.values())
        for at, offset, reference in self._unanswered:
            # A wrong reference is one fault: the UST stands for a USH that would have none.
            if waiting:
                waiting.pop()
            self._envelope.fault(FaultKind.REFERENCE_IN_UST, self._level, "UST", at, offset=offset, element=2, value=reference)
        if whole and not self._overflow:
            for header in waiting:
                self._envelope.fault(FaultKind.SECURITY_TRAILER_MISSING, self._level, "UST", where, value=header.reference)

    def _open(self, reference: str, encrypts: bool, where: Where, offset: int) -> None:
        self._header = _Header(reference, where, encrypts)
        self._encrypts = self._encrypts or encrypts
        if not reference:
            self._nameless += 1
        elif reference in self._seen:
            self._nameless += 1  # its UST answers nothing
            self._envelope.fault(FaultKind.DUPLICATE_SECURITY, self._level, "USH", where, offset=offset, element=3, value=reference)
        elif len(self._seen) < _MOST_HEADERS:
            self._seen.add(reference)
            self._waiting[reference] = self._header
        else:
            self._overflow = True

    def _answer(self, reference: str, where: Where, offset: int, count: str, count_offset: int) -> None:
        header = self._waiting.pop(reference, None)
        self._header, self._trailer = None, _Trailer(where, count, count_offset, header)
        if header is None and reference and not self._overflow:
            if self._nameless:
                self._nameless -= 1
            elif len(self._unanswered) < _MOST_HEADERS:
                self._unanswered.append((where, offset, reference))

    def _close_trailer(self) -> None:
        trailer, self._trailer = self._trailer, None
        if trailer is None or trailer.header is None or not (trailer.count.isdigit() and len(trailer.count) <= 18):
            return
        found = trailer.header.segments + trailer.segments + (self._encryption if trailer.header.encrypts else 0)
        if int(trailer.count) != found:
            self._envelope.fault(
                FaultKind.COUNT_IN_UST,
                self._level,
                "UST",
                trailer.where,
                offset=trailer.count_offset,
                element=3,
                value=trailer.count,
                params={"found": str(found)},
            )

    def _step(self, tag: str, where: Where, shown: str = "") -> None:
        if self._walk is not None:
            self._report(self._walk.take(tag, (shown or tag, where)))

    def _report(self, findings: Iterable[Finding[tuple[str, Where]]]) -> None:
        told = (Finding(finding.misfit, finding.where[1], self._shown(finding), finding.place) for finding in findings)
        report_structure(self._envelope, self._level, told)

    @staticmethod
    def _shown(finding: Finding[tuple[str, Where]]) -> str:
        """The tag to be told: of the structure's own content the segment's own."""
        return finding.where[0] if finding.tag == _CONTENT else finding.tag
