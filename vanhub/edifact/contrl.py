"""CONTRL, the syntax and service report message: a report to bytes, and bytes to what somebody reported.

How a report becomes a CONTRL:

- The answer is in the syntax version received. Versions 1-3 answer with ``CONTRL:D:3:UN``, the only one in their service
  directories, version 4 with ``CONTRL:4:1:UN``. Each has its own 0085 codes (``Fault.code``).
- UCI 0083 is 4 for a rejected interchange, else 7; it is 8 where nothing is rejected and the sender asked for no more than
  an indication of receipt (0031 = 2, syntax version 4).
- Under a 7 whatever is not named is acknowledged, so every rejected message has its UCM 4, and every group that is rejected
  (4) or holds a rejected message (7) its UCF. Under a 4 all below is rejected already: only what has faults of its own to tell is named.
- UCI, UCF and UCM have room for one 0085 each: the first fault of that level. Segments come in their order, each UCS with
  one 0085 and the UCDs of that segment; a further segment fault at the same place gets a UCS of its own.
  What exceeds the message's own limits (999 UCS a message, 99 UCD a segment) is left out.
- What cannot be read is filled: 0020, 0062 and 0048 with ``UNKNOWN``, S009 with ``NONE:0:0:ZZ``, S002 and S003 from the session.
- What is echoed is cut to the length that it may have; the answer is in UNOA, or in the least repertoire that has the characters
  echoed (UNOB, UNOC, that of the interchange answered, UNOW). A control character is echoed as a full stop.
- What guides found stands in an APERAK for each message, after the CONTRL in the same interchange.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from pydifact.segments import Segment

from vanhub.edifact.aperak import APERAK, aperak_bodies
from vanhub.edifact.echo import echoed, least_repertoire, values_of
from vanhub.edifact.faults import Fault, Level
from vanhub.edifact.report import Disposition, InterchangeHeader, Kind, MessageReport, Party, Report, Verdict, verdicts_of
from vanhub.edifact.separators import Separators
from vanhub.edifact.tolerant import ReadSegment, blocks, free_texts, read_messages
from vanhub.edifact.writer import render_interchange, wrap_message

_UNKNOWN = "UNKNOWN"
_MOST_UCS = 999
_MOST_UCD = 99
_SERVICE_TAGS = frozenset({"UNB", "UNZ", "UNG", "UNE", "UNH", "UNT"})
_SERVICE_TAGS_4 = _SERVICE_TAGS | {"UIB", "UIZ", "UIH", "UIT", "UNO", "UNP", "USH", "USA", "USC", "USR", "UST", "USD", "USU"}

_NONE: Mapping[int, Disposition] = MappingProxyType({})
_REJECTED, _ACKNOWLEDGED, _RECEIVED = "4", "7", "8"


def render_contrl(
    report: Report,
    *,
    hub: Party,
    reference: str,
    prepared: datetime,
    fallback_sender: Party,
    test: bool = False,
    dispositions: Mapping[int, Disposition] = _NONE,
    encoding: str = "",
) -> bytes:
    """A whole interchange from the hub to the sender with one CONTRL about ``report``.

    ``reference`` is the answer's own 0020; ``fallback_sender`` (of the session) stands in for an S002 that could not be read;
    ``test`` marks the answer as a test, as the interchange was. ``dispositions``, by index of the message, says what became of messages that a guide has
    something to say about: one APERAK for each follows the CONTRL. A message refused for its guide alone is good EDIFACT, and to CONTRL acknowledged.
    ``encoding`` is the codec agreed with the partner, if any.
    """
    version = report.header.syntax_version
    sender = _party(report.header.sender, fallback_sender, version)
    identified = ("CONTRL", "4", "1", "UN") if version >= 4 else ("CONTRL", "D", "3", "UN")
    messages = [wrap_message("1", identified, _body(_syntactic(report, dispositions), sender, _party(report.header.recipient, hub, version)))]
    bodies = aperak_bodies(report, dispositions, number=reference, hub=hub, sender=sender, prepared=prepared, encoding=encoding)
    messages += [wrap_message(str(number), APERAK, body) for number, body in enumerate(bodies, start=2)]
    values = [value for message in messages for value in values_of(message)]
    identifier, details, codec = least_repertoire([*values, *_address(sender), *_address(hub), reference], report.header, encoding)
    header = InterchangeHeader(
        separators=Separators.default(version),
        syntax_identifier=identifier,
        syntax_version=version,
        sender=hub,
        recipient=sender,
        reference=reference,
        test="1" if test else "",
        syntax_details=details,
    )
    # Level B's service characters were once unprintable: UNA says which ones are meant.
    una = identifier == "UNOB" and version < 4
    return render_interchange(header, messages, prepared=prepared, una=una, encoding=codec)


def _syntactic(report: Report, dispositions: Mapping[int, Disposition]) -> Report:
    """The report as it is without guides: what was refused for its guide alone is accepted."""
    refused = {index for index, disposition in dispositions.items() if disposition is Disposition.REFUSED}
    if not refused:
        return report
    messages = tuple(dataclasses.replace(message, verdict=Verdict.ACCEPTED) if index in refused else message for index, message in enumerate(report.messages))
    groups, verdict = verdicts_of(report.groups, messages)
    return dataclasses.replace(report, messages=messages, groups=groups, verdict=verdict)


def _body(report: Report, sender: Party, recipient: Party) -> list[Segment]:
    """UCI to the last UCD."""
    version = report.header.syntax_version
    faults = _Faults(report)
    rejected = report.verdict is Verdict.REJECTED
    members: dict[int | None, list[int]] = {}
    for index, message in enumerate(report.messages):
        members.setdefault(message.group, []).append(index)
    below: list[Segment] = []
    for index in members.get(None, ()):
        below += _message(index, report, faults, named=not rejected)
    for number in range(len(report.groups)):
        below += _group(number, members.get(number, ()), report, faults, named=not rejected)
    receipt_only = report.verdict is Verdict.ACCEPTED and report.header.acknowledgement_request == "2"
    action = _REJECTED if rejected else _RECEIVED if receipt_only else _ACKNOWLEDGED
    code = _code(faults.of(Level.INTERCHANGE), version, needed=rejected and not below)
    return [Segment("UCI", echoed(report.header.reference, 14), _address(sender), _address(recipient), action, *code), *below]


def _group(number: int, members: Iterable[int], report: Report, faults: _Faults, *, named: bool) -> list[Segment]:
    """UCF with what is below it; without ``named`` only where there are faults to tell."""
    group, version = report.groups[number], report.header.syntax_version
    rejected = group.verdict is Verdict.REJECTED
    below: list[Segment] = []
    for index in members:
        below += _message(index, report, faults, named=named and not rejected)
    own = faults.of(Level.GROUP, number)
    if not own and not below and not (named and rejected):
        return []
    addresses = [_group_address(group.sender, version), _group_address(group.recipient, version)]
    code = _code(own, version, needed=rejected and not below)
    return [Segment("UCF", echoed(group.reference, 14), *addresses, _REJECTED if rejected else _ACKNOWLEDGED, *code), *below]


def _message(index: int, report: Report, faults: _Faults, *, named: bool) -> list[Segment]:
    """UCM with what is below it, for a rejected message; without ``named`` only where there are faults to tell."""
    message, version = report.messages[index], report.header.syntax_version
    below = list(_segments(faults.of(Level.SEGMENT, index), version))
    own = faults.of(Level.MESSAGE, index)
    if not own and not below and not (named and message.verdict is Verdict.REJECTED):
        return []
    code = _code(own, version, needed=not below)
    if message.kind is Kind.PACKAGE:
        return [Segment("UCM", "", "", _REJECTED, *code, *[""] * (3 - len(code)), echoed(message.reference, 35))]
    if message.kind is Kind.ENCRYPTED:
        return []  # UCI or UCF says it: there is nothing beside them
    return [Segment("UCM", echoed(message.reference, 14), _identifier(message, version), _REJECTED, *code), *below]


def _segments(faults: Sequence[Fault], version: int) -> Iterator[Segment]:
    """UCS and UCD of one message, in the order of the segments."""
    places: dict[int, tuple[list[str], list[Segment]]] = {}
    for fault in sorted(faults, key=lambda fault: fault.segment_position):
        codes, elements = places.setdefault(fault.segment_position, ([], []))
        if fault.level is Level.SEGMENT:
            codes.append(fault.code(version))
        else:
            elements.append(Segment("UCD", fault.code(version), _place(fault, version)))
    count = 0
    for position, (codes, elements) in places.items():
        for number, code in enumerate(codes or [""]):
            if count == _MOST_UCS:
                return
            count += 1
            yield Segment("UCS", str(min(position, 999_999)), code)
            if number == 0:
                yield from elements[:_MOST_UCD]


class _Faults:
    """The faults of a report by where they are told: of the interchange, a group, a message, or the segments of a message."""

    def __init__(self, report: Report) -> None:
        self._told: dict[tuple[Level, int | None], list[Fault]] = {}
        for fault in report.faults:
            place: tuple[Level, int | None] = (Level.INTERCHANGE, None)
            if fault.level in {Level.SEGMENT, Level.ELEMENT} and fault.message is not None:
                place = (Level.SEGMENT, fault.message)
            elif fault.level is Level.MESSAGE and fault.message is not None:
                place = (Level.MESSAGE, fault.message)
            elif fault.level is not Level.INTERCHANGE and fault.group is not None:
                place = (Level.GROUP, fault.group)
            self._told.setdefault(place, []).append(fault)

    def of(self, level: Level, index: int | None = None) -> Sequence[Fault]:
        """Of level INTERCHANGE, of the group or message with this index, or of level SEGMENT: inside that message."""
        return self._told.get((level, index), ())


def _code(faults: Sequence[Fault], version: int, *, needed: bool) -> list[str | list[str]]:
    """0085, service segment tag and S011 of the first fault, for UCI, UCF and UCM.

    A rejection that has nothing below it either (its faults are beyond what was listed) says 18 where a code is ``needed``.
    """
    if not faults:
        return ["18"] if needed else []
    fault = faults[0]
    # UNA is in the list of 0013 (versions 1-3), not in that of 0135.
    if fault.segment not in (_SERVICE_TAGS_4 if version >= 4 else _SERVICE_TAGS) and not (fault.segment == "UNA" and version < 4):
        return [fault.code(version)]
    return [fault.code(version), fault.segment, *([_place(fault, version)] if fault.element else [])]


def _place(fault: Fault, version: int) -> list[str]:
    """S011: 0098, 0104 and, from version 4 on, 0136."""
    numbers = [fault.element or 1, fault.component, fault.repetition if version >= 4 else None]
    return ["" if number is None else str(min(number, most)) for number, most in zip(numbers, (999, 999, 999_999), strict=True)]


def _identifier(message: MessageReport, version: int) -> list[str]:
    """S009 as received, with each mandatory component that was not there filled."""
    return [
        echoed(message.type, 6, "NONE"),
        echoed(message.version, 3, "0"),
        echoed(message.release, 3, "0"),
        echoed(message.agency, 3 if version >= 4 else 2, "ZZ"),
        echoed(message.association, 6, ""),
    ]


def _party(party: Party, fallback: Party, version: int) -> Party:
    """As received, within its lengths; ``fallback`` where it could not be read."""
    if not party.identification:
        return fallback
    return Party(echoed(party.identification, 35), echoed(party.qualifier, 4, ""), echoed(party.internal, 35 if version >= 4 else 14, ""))


def _address(party: Party) -> list[str]:
    return [party.identification, party.qualifier, party.internal]


def _group_address(party: Party, version: int) -> list[str]:
    """S006 or S007: mandatory to syntax version 3."""
    return [echoed(party.identification, 35, "" if version >= 4 else _UNKNOWN), echoed(party.qualifier, 4, "")]


@dataclass(frozen=True, slots=True)
class ControlElement:
    """UCD: a fault in a data element. ``element``, ``component``, ``repetition`` are 0098, 0104, 0136; None where not given."""

    code: str
    element: int | None
    component: int | None
    repetition: int | None


@dataclass(frozen=True, slots=True)
class ControlSegment:
    """UCS: a segment by its position from UNH = 1 (None where unreadable); ``code`` may be empty where only elements are at fault."""

    position: int | None
    code: str
    elements: tuple[ControlElement, ...]


@dataclass(frozen=True, slots=True)
class ControlAction:
    """What UCI, UCF and UCM say alike: 0083, 0085, service segment tag, and the place in it (S011). ``""`` and None where not given."""

    action: str
    code: str
    segment: str
    element: int | None
    component: int | None

    @property
    def rejected(self) -> bool:
        """Whether this level is refused: 4, and 6 (UNB and UNZ rejected), which old partners send."""
        return self.action in {"4", "6"}


@dataclass(frozen=True, slots=True)
class ControlMessage:
    """UCM: what is said about one message, S009 as echoed, or about a package, by its ``package`` (0800)."""

    reference: str
    type: str
    version: str
    release: str
    agency: str
    association: str
    said: ControlAction
    segments: tuple[ControlSegment, ...]
    package: str = ""


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """UCF: what is said about one functional group."""

    reference: str
    sender: Party
    recipient: Party
    said: ControlAction
    messages: tuple[ControlMessage, ...]


@dataclass(frozen=True, slots=True)
class ControlReport:
    """One CONTRL, the message ``message`` (0062): what is said about the interchange ``reference`` (0020) from ``sender`` to ``recipient``.

    ``messages`` are those outside groups. What is not named follows from ``said``: acknowledged under 7, rejected under 4.
    ``texts`` are of FTX, which CONTRL does not have and some partners write.
    """

    reference: str
    sender: Party
    recipient: Party
    said: ControlAction
    messages: tuple[ControlMessage, ...]
    groups: tuple[ControlGroup, ...]
    message: str = ""
    texts: tuple[str, ...] = ()


def parse_contrl(data: bytes) -> tuple[ControlReport, ...]:
    """What the CONTRL messages of one interchange say, in their order; other messages are passed over.

    A tolerant reader: it takes any version and any partner's dialect, skips segments that it does not know, and checks nothing
    (the check does). A CONTRL without UCI says nothing.

    Raises:
        ValueError: ``data`` does not begin with UNA or UNB.
    """
    reports = []
    for message in read_messages(data, "CONTRL"):
        loose, *grouped = blocks(message, "UCF")
        uci = next((segment for segment in loose if segment.tag == "UCI"), None)
        if uci is not None:
            texts = tuple(text.text for text in free_texts(message) if text.text)
            said, groups = _action(uci, 4), tuple(map(_control_group, grouped))
            reports.append(ControlReport(uci.at(1), uci.party(2), uci.party(3), said, _control_messages(loose), groups, message[0].at(1), texts))
    return tuple(reports)


def _action(segment: ReadSegment, element: int) -> ControlAction:
    """0083 at ``element``; 0085, 0013 or 0135, and S011 after it."""
    return ControlAction(segment.at(element), segment.at(element + 1), segment.at(element + 2), segment.number(element + 3, 0), segment.number(element + 3, 1))


def _control_group(segments: list[ReadSegment]) -> ControlGroup:
    ucf = segments[0]
    return ControlGroup(ucf.at(1), ucf.party(2), ucf.party(3), _action(ucf, 4), _control_messages(segments))


def _control_messages(segments: list[ReadSegment]) -> tuple[ControlMessage, ...]:
    return tuple(
        ControlMessage(
            reference=ucm.at(1),
            type=ucm.at(2),
            version=ucm.at(2, 1),
            release=ucm.at(2, 2),
            agency=ucm.at(2, 3),
            association=ucm.at(2, 4),
            said=_action(ucm, 3),
            segments=tuple(map(_control_segment, blocks(below, "UCS")[1:])),
            package=ucm.at(7),
        )
        for ucm, *below in blocks(segments, "UCM")[1:]
    )


def _control_segment(segments: list[ReadSegment]) -> ControlSegment:
    ucs, *below = segments
    return ControlSegment(ucs.number(1, 0), ucs.at(2), tuple(_control_element(segment) for segment in below if segment.tag == "UCD"))


def _control_element(ucd: ReadSegment) -> ControlElement:
    return ControlElement(ucd.at(1), ucd.number(2, 0), ucd.number(2, 1), ucd.number(2, 2))
