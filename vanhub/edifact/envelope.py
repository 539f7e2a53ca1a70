"""The envelope of one interchange: nesting, counts and references of UNB..UNZ, UNG..UNE, UNH..UNT, UNO..UNP, and what they add up to.

``Envelope`` keeps what is open and what was found; the check tells it which service segments came. It collects the faults, the
listed ones and the count of all, and gives the ``Report``. It knows no directory.

A message or group whose trailer is missing ends where the next header or an outer trailer begins, or with the data.
Memory is bounded by the number of messages that the caller lets in and by the number of faults to list.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vanhub.edifact.faults import Fault, FaultKind, Level
from vanhub.edifact.frame import BATCH, GROUP_TRAILER, INTERACTIVE, PACKAGE_TRAILER, Frame, Trailer
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.report import GroupReport, InterchangeHeader, Kind, MessageReport, Party, Report, Verdict, verdicts_of
from vanhub.edifact.scanner import Fields
from vanhub.edifact.separators import Separators

# Tuples, because they are short and a kind of fault is slow to hash.
_TOLERATED = tuple(kind for kind in FaultKind if kind.code(3) is None)
_TOLERATED_4 = tuple(kind for kind in FaultKind if kind.code(4) is None)
ENVELOPE_TAGS = frozenset({"UNB", "UNZ", "UNG", "UNE", "UNH", "UNT", "UIB", "UIZ", "UIH", "UIT"})


def party(fields: Fields, element: int) -> Party:
    """S002, S003, S006 or S007."""
    return Party(fields.value(element), fields.value(element, 1), fields.value(element, 2))


def header_of(fields: Fields, separators: Separators, identifier: str, syntax_version: int) -> InterchangeHeader:
    """UNB or UIB as values. A 0 in 0031 and 0035 says no, as leaving them out does."""
    details = tuple(fields.values[1][2:5]) if syntax_version >= 4 and len(fields.values) > 1 else ()
    interactive = fields.value(0) == INTERACTIVE.header
    sender, recipient, prepared, reference, test = (6, 7, 8, 2, 10) if interactive else (2, 3, 4, 5, 11)
    date, time = fields.value(prepared), fields.value(prepared, 1)
    header = InterchangeHeader(
        separators=separators,
        syntax_identifier=identifier,
        syntax_version=syntax_version,
        sender=party(fields, sender),
        recipient=party(fields, recipient),
        prepared=f"{date}:{time}" if time else date,
        reference=fields.value(reference),
        test=fields.value(test).replace("0", ""),
        syntax_details=details,
        interactive=interactive,
    )
    if interactive:
        return header
    return dataclasses.replace(
        header,
        password=fields.value(6),
        application_reference=fields.value(7),
        priority=fields.value(8),
        acknowledgement_request=fields.value(9).replace("0", ""),
        agreement=fields.value(10),
    )


class Where(NamedTuple):
    """A segment's position (from UNH = 1 in a message, from UNB = 1 outside) and its first octet."""

    position: int
    offset: int


@dataclass(slots=True)
class OpenMessage:
    """The message between its UNH and its UNT, or the package between its UNO and its UNP."""

    reference: str
    type: str
    version: str
    release: str
    agency: str
    association: str
    offset: int
    group: int | None
    segments: int = 1
    rejected: bool = False
    number: str = ""
    document: str = ""
    guide: str = ""
    guide_faults: int = 0
    guide_warnings: int = 0
    kind: Kind = Kind.MESSAGE
    related: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class OpenGroup:
    """The functional group between its UNG and its UNE."""

    reference: str
    type: str
    sender: Party
    recipient: Party
    offset: int
    header_end: int
    first_message: int
    types_mixed: bool = False
    headless: int = 0
    is_encrypted: bool = False


class Envelope:
    """What is open, what was found. ``frame`` is set when it is known, ``header`` when UNB or UIB was read."""

    def __init__(self, most_faults: int) -> None:
        self.header = InterchangeHeader(Separators.default(3))
        self.frame: Frame = BATCH
        self.segments = 0
        self.message: OpenMessage | None = None
        self.group: OpenGroup | None = None
        self.messages: list[MessageReport] = []
        self.groups: list[GroupReport] = []
        self._most_faults = most_faults
        self._faults: list[Fault] = []
        self.faults_total = 0
        self._guide_faults: list[GuideFault] = []
        self._guide_faults_total = 0
        self._rejected = False
        self._rejected_groups: set[int] = set()
        self._references: set[str] = set()
        self._package_references: set[str] = set()
        self._group_references: set[str] = set()
        self._is_encrypted = False
        self._is_lost = False
        self._outside_groups = 0
        self._headless = 0
        self._mixed = False

    # --- faults ---

    @property
    def is_faultless(self) -> bool:
        """Whether there was no fault so far."""
        return not self.faults_total

    @property
    def listing(self) -> bool:
        """Whether one more fault would be listed; else it is only counted."""
        return len(self._faults) < self._most_faults

    def is_fault(self, kind: FaultKind) -> bool:
        """Whether the syntax version does not tolerate it."""
        return kind not in (_TOLERATED_4 if self.header.syntax_version >= 4 else _TOLERATED)

    def count(self, level: Level, faults: int = 1) -> None:
        """Faults in what is open now, which are not listed."""
        if level is Level.INTERCHANGE:
            self._rejected = True
        elif level is Level.GROUP:
            self._rejected_groups.add(len(self.groups))
        elif self.message is not None:
            self.message.rejected = True
        self.faults_total += faults

    def fault(
        self,
        kind: FaultKind,
        level: Level,
        segment: str,
        where: Where,
        *,
        offset: int | None = None,
        element: int | None = None,
        component: int | None = None,
        repetition: int | None = None,
        value: str | None = None,
        params: dict[str, str] | None = None,
    ) -> None:
        """A fault in what is open now. ``offset`` where it is not the segment's first octet. What the syntax version tolerates is no fault."""
        if not self.is_fault(kind):
            return
        listing = self.listing
        self.count(level)
        if listing:
            group = self.current_group if level is not Level.INTERCHANGE else None
            message = len(self.messages) if self.message is not None and level not in {Level.INTERCHANGE, Level.GROUP} else None
            at = where.offset if offset is None else offset
            shown = value[:80] if value is not None else None
            fault = Fault(kind, level, segment, where.position, at, group, message, element, component, repetition, shown, params or {})
            self._faults.append(fault)

    def guide_faults(self, guide: str, faults: Sequence[GuideFault]) -> None:
        """What ``guide`` says of the message that is open."""
        if self.message is not None:
            self.message.guide = guide
            self.message.guide_warnings = sum(fault.warning for fault in faults)
            self.message.guide_faults = len(faults) - self.message.guide_warnings
        self._guide_faults += faults[: max(self._most_faults - len(self._guide_faults), 0)]
        self._guide_faults_total += len(faults)

    # --- groups ---

    def begin_group(self, fields: Fields, where: Where, end: int) -> None:
        """UNG came; ``end`` is one past its terminator."""
        reference = fields.value(5)
        self.group = OpenGroup(reference, fields.value(1), party(fields, 2), party(fields, 3), where.offset, end, len(self.messages))
        if reference in self._group_references:
            self.fault(FaultKind.DUPLICATE_GROUP, Level.GROUP, "UNG", where, offset=fields.offset(5), element=6, value=reference)
        elif reference:
            self._group_references.add(reference)
        if self._outside_groups:
            self._mix("UNG", where)

    def end_group(self, where: Where, end: int, fields: Fields | None) -> None:
        """UNE came, or (``fields`` None) did not; ``where`` is then the last segment before the gap."""
        group = self.group
        if group is None:
            return
        members = len(self.messages) - group.first_message + group.headless
        if fields is None:
            self._miss(Level.GROUP, "UNE", where)
        else:
            if not group.is_encrypted:
                self._compare_count(FaultKind.COUNT_IN_UNE, Level.GROUP, GROUP_TRAILER, where, fields, members)
            self.compare_reference(FaultKind.REFERENCE_IN_UNE, Level.GROUP, GROUP_TRAILER, where, fields, group.reference, "UNG")
        if not members:
            self.fault(FaultKind.GROUP_EMPTY, Level.GROUP, "UNE" if fields is not None else "UNG", where)
        self._keep_group(group, end)

    def _keep_group(self, group: OpenGroup, end: int) -> None:
        verdict = Verdict.REJECTED if len(self.groups) in self._rejected_groups else Verdict.ACCEPTED
        report = GroupReport(group.reference, group.type, group.sender, group.recipient, group.offset, group.header_end, end, verdict)
        self.group = None
        self.groups.append(report)

    # --- messages ---

    def is_new(self, reference: str) -> bool:
        """Whether no message before has this 0062."""
        return reference not in self._references

    @property
    def current_group(self) -> int | None:
        """Index of the group that is open, None outside groups."""
        return len(self.groups) if self.group is not None else None

    def begin_message(self, fields: Fields, where: Where) -> OpenMessage:
        """UNH or UIH came."""
        frame = self.frame
        reference = fields.value(frame.reference)
        type, version, release, agency, association = (fields.value(frame.identifier, component) for component in frame.identity)
        self.message = OpenMessage(reference, type, version, release, agency, association, where.offset, self.current_group)
        if not self.is_new(reference):
            offset, element = fields.offset(frame.reference), frame.reference + 1
            self.fault(FaultKind.DUPLICATE_MESSAGE, Level.MESSAGE, frame.message, where, offset=offset, element=element, value=reference)
        self._enter(reference, type, where, fields.offset(frame.identifier))
        return self.message

    def begin_package(self, fields: Fields, where: Where, related: tuple[tuple[str, str], ...]) -> None:
        """UNO came; ``related`` is what its S020 say."""
        reference = fields.value(1)
        self.message = OpenMessage(reference, "UNO", "", "", "", "", where.offset, self.current_group, kind=Kind.PACKAGE, related=related)
        if reference in self._package_references:
            self.fault(FaultKind.DUPLICATE_PACKAGE, Level.MESSAGE, "UNO", where, offset=fields.offset(1), element=2, value=reference)
        elif reference:
            self._package_references.add(reference)
        self._stand("UNO", where)

    def end_package(self, where: Where, end: int, fields: Fields | None, octets: str) -> None:
        """UNP came, or (``fields`` None) did not. ``octets`` is the length in UNO."""
        if self.message is None:
            return
        if fields is None:
            self._miss(Level.MESSAGE, "UNP", where)
        else:
            self.compare_length(FaultKind.LENGTH_IN_UNP, Level.MESSAGE, PACKAGE_TRAILER, where, fields, octets, "UNO")
            self.compare_reference(FaultKind.REFERENCE_IN_UNP, Level.MESSAGE, PACKAGE_TRAILER, where, fields, self.message.reference, "UNO")
        self.leave_message(end)

    def add_encrypted(self, reference: str, where: Where, end: int) -> None:
        """Encrypted data came, USD to USU, in the place of the messages of the interchange or of the group that is open. How many they are cannot be seen."""
        if self.group is None:
            self._is_encrypted = True
        else:
            self.group.is_encrypted = True
        self._stand("USD", where)
        self._keep(OpenMessage(reference, "USD", "", "", "", "", where.offset, self.current_group, 0, kind=Kind.ENCRYPTED), end)

    def lose(self) -> None:
        """The end of an object or of encrypted data was not where it should be. What the octets hid cannot be told, so that the interchange is rejected;
        what is missing or miscounted after it is of the same fault.
        """
        self._rejected = self._is_lost = True

    def _enter(self, reference: str, type: str, where: Where, type_offset: int) -> None:
        if reference:
            self._references.add(reference)
        self._stand(self.frame.message, where)
        group = self.group
        if group is None:
            return
        if not group.type:
            group.type = type  # version 4 need not name it
        elif type and type != group.type and not group.types_mixed:
            group.types_mixed = True
            params = {"expected": group.type}
            self.fault(FaultKind.TYPES_MIXED_IN_GROUP, Level.GROUP, "UNH", where, offset=type_offset, element=3, component=1, value=type, params=params)

    def _stand(self, segment: str, where: Where) -> None:
        """A message or what may stand in its place."""
        if self.group is None:
            self._outside_groups += 1
            if self.groups:
                self._mix(segment, where)

    def end_message(self, where: Where, end: int, fields: Fields | None) -> None:
        """UNT or UIT came (``where``: itself), or (``fields`` None) did not; ``where`` is then the last segment before the gap."""
        message = self.message
        if message is None:
            return
        trailer = self.frame.message_trailer
        if fields is None:
            self._miss(Level.MESSAGE, trailer.tag, where)
        else:
            self._compare_count(FaultKind.COUNT_IN_UNT, Level.MESSAGE, trailer, where, fields, message.segments)
            self.compare_reference(FaultKind.REFERENCE_IN_UNT, Level.MESSAGE, trailer, where, fields, message.reference, self.frame.message)
        self.message = None
        self._keep(message, end)

    def pass_headless(self) -> None:
        """A message whose UNH is missing came to its UNT. It is no message, but the sender counted it."""
        if self.group is not None:
            self.group.headless += 1
        else:
            self._headless += 1

    def enter_message(self, message: OpenMessage, type_offset: int) -> None:
        """A whole message, UNH to UNT, in order as far as the envelope goes and with a new reference. ``type_offset`` is that of S009."""
        self.message = message
        self._enter(message.reference, message.type, Where(1, message.offset), type_offset)

    def leave_message(self, end: int) -> None:
        """The end of a message that was entered whole, or of a package."""
        if self.message is not None:
            self._keep(self.message, end)
            self.message = None

    def _keep(self, message: OpenMessage, end: int) -> None:
        self.messages.append(
            MessageReport(
                message.reference,
                message.type,
                message.version,
                message.release,
                message.agency,
                message.association,
                message.offset,
                end,
                message.segments,
                message.group,
                Verdict.REJECTED if message.rejected else Verdict.ACCEPTED,
                message.number,
                message.document,
                message.guide,
                message.guide_faults,
                message.guide_warnings,
                message.kind,
                message.related,
            )
        )

    # --- the interchange ---

    def end_interchange(self, where: Where, fields: Fields) -> None:
        """UNZ or UIZ came."""
        trailer, members = self.frame.trailer, len(self.groups) or len(self.messages) + self._headless
        if not (self._mixed or self._is_encrypted):
            self._compare_count(FaultKind.COUNT_IN_UNZ, Level.INTERCHANGE, trailer, where, fields, members)
        self.compare_reference(FaultKind.REFERENCE_IN_UNZ, Level.INTERCHANGE, trailer, where, fields, self.header.reference, self.frame.header)
        if not members:
            self.fault(FaultKind.INTERCHANGE_EMPTY, Level.INTERCHANGE, trailer.tag, where)

    def break_off(self, where: Where, end: int) -> None:
        """The octets ended before UNZ or UIZ, ``where`` being the last segment: that the trailers within did not come either is the same fault."""
        if self.message is not None:
            self._keep(self.message, end)
            self.message = None
        if self.group is not None:
            self._keep_group(self.group, end)
        self._miss(Level.INTERCHANGE, self.frame.trailer.tag, where)

    def _mix(self, segment: str, where: Where) -> None:
        if not self._mixed:
            self._mixed = True
            self.fault(FaultKind.GROUPS_AND_MESSAGES_MIXED, Level.INTERCHANGE, segment, where)

    # --- trailers ---

    def _miss(self, level: Level, segment: str, where: Where) -> None:
        if not self._is_lost:
            self.fault(FaultKind.TRAILER_MISSING, level, segment, where)

    def _compare_count(self, kind: FaultKind, level: Level, trailer: Trailer, where: Where, fields: Fields, found: int) -> None:
        value = fields.value(trailer.count)
        # What is no number was reported as such.
        if value.isascii() and value.isdigit() and len(value) <= 18 and int(value) != found and not self._is_lost:
            offset, element = fields.offset(trailer.count), trailer.count + 1
            self.fault(kind, level, trailer.tag, where, offset=offset, element=element, value=value, params={"found": str(found)})

    def compare_length(self, kind: FaultKind, level: Level, trailer: Trailer, where: Where, fields: Fields, expected: str, header: str) -> None:
        """A length in octets that a trailer repeats from its ``header``, where both are numbers."""
        value = fields.value(trailer.count)
        if value.isdigit() and expected.isdigit() and value.lstrip("0") != expected.lstrip("0") and not self._is_lost:
            params = {"expected": expected, "header": header}
            self.fault(kind, level, trailer.tag, where, offset=fields.offset(trailer.count), element=trailer.count + 1, value=value, params=params)

    def compare_reference(self, kind: FaultKind, level: Level, trailer: Trailer, where: Where, fields: Fields, expected: str, header: str) -> None:
        """A reference that a trailer repeats from its ``header``."""
        value = fields.value(trailer.reference)
        # A header without its reference was reported as such.
        if value and expected and value != expected:
            params = {"expected": expected, "header": header}
            self.fault(kind, level, trailer.tag, where, offset=fields.offset(trailer.reference), element=trailer.reference + 1, value=value, params=params)

    def report(self, offset: int, header_end: int, end: int) -> Report:
        """What it all adds up to. A fault of the interchange rejects everything, of a group its messages, any other its message."""
        messages = tuple(
            dataclasses.replace(message, verdict=Verdict.REJECTED)
            if message.verdict is Verdict.ACCEPTED and (self._rejected or (message.group is not None and message.group in self._rejected_groups))
            else message
            for message in self.messages
        )
        groups, verdict = verdicts_of(tuple(self.groups), messages)
        return Report(
            header=self.header,
            messages=messages,
            groups=groups,
            faults=tuple(sorted(self._faults, key=lambda fault: fault.offset)),
            faults_total=self.faults_total,
            verdict=verdict,
            offset=offset,
            header_end=header_end,
            end=end,
            guide_faults=tuple(self._guide_faults),
            guide_faults_total=self._guide_faults_total,
        )
