"""What a CONTRL or an APERAK that somebody sent says of the interchange that it answers: each fate and each fault, as values.

0083 speaks of its own level and of what is below it, and is silent about what it does not name. What follows from silence: under an interchange or group that
is acknowledged (1, 2, 7) a message that is not named is acknowledged, under one rejected (4, 6) rejected; 3, 5 and 8 leave open what is not named.

With the interchange that is answered at hand (``Original``) the messages that are not named are found, and each place is shown in it.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vanhub.edifact.aperak import ApplicationError, ApplicationReport
from vanhub.edifact.contrl import ControlAction, ControlGroup, ControlMessage, ControlReport, ControlSegment
from vanhub.edifact.echo import echoed
from vanhub.edifact.excerpt import Excerpts, Peek, segment_end, segment_offsets
from vanhub.edifact.report import GroupReport, InterchangeHeader, Kind, MessageReport, Report
from vanhub.edifact.syntax_errors import ACTIONS


class Outcome(enum.StrEnum):
    """What became of an interchange, group or message. OPEN: the answer leaves it open, or says it in words that only people understand."""

    ACKNOWLEDGED = "acknowledged"
    RECEIVED = "received"
    HELD = "held"
    OPEN = "open"
    REJECTED = "rejected"


class Doubt(enum.StrEnum):
    """What does not fit: the answer's own faults, and where it is not about the interchange given."""

    FAULTY = "the answer itself has faults"
    OTHER_REFERENCE = "it answers another interchange"
    OTHER_SENDER = "it names another sender"
    OTHER_RECIPIENT = "it names another recipient"
    NO_SUCH_MESSAGE = "the interchange has no such message"
    NO_SUCH_PACKAGE = "the interchange has no such package"
    NO_SUCH_SEGMENT = "the message has no such segment"
    UNKNOWN_ACTION = "unknown action"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the whole interchange (``reference`` is 0020), a group (0048), a message (0062) or a package (0800). ``identifier`` is ``CUSDEC D.96B`` of a
    message.

    ``action`` is 0083, ``""`` for what is not named. ``number`` is that of the document (BGM 1004), where known.
    """

    level: str
    reference: str
    outcome: Outcome
    action: str = ""
    identifier: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A fault that is told of what the last fate before it is about.

    ``code`` is 0085 or 9321. Place as in ``Fault``: tag, position of the segment, element, component, repetition; None and ``""`` where not given.
    ``texts`` are what an APERAK says in words, ``received`` the value that it says it got, ``cures`` what it says is to be done; ``shown`` is the segment of the original with a mark under the place.
    """

    code: str
    segment: str = ""
    position: int | None = None
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    texts: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    warning: bool = False
    shown: tuple[str, ...] = ()


Point = Fate | Flaw


@dataclass(frozen=True, slots=True)
class Answer:
    """One CONTRL or APERAK. ``message`` is its own reference; ``reference``, ``sender`` and ``recipient`` are of the interchange that it answers;
    of an APERAK, which does not name that recipient, who answers.

    ``about_original`` is None where no original was given. ``texts`` are what it says in words as a whole, ``references`` what it refers to
    by other names than these.
    """

    type: str
    message: str
    reference: str
    sender: str
    recipient: str
    points: tuple[Point, ...]
    doubts: tuple[tuple[Doubt, str], ...]
    about_original: bool | None
    texts: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of what is told."""
        outcomes = [point.outcome for point in self.points if isinstance(point, Fate)]
        return max(outcomes, key=list(Outcome).index, default=Outcome.OPEN)


class Original:
    """Interchanges that may be what is answered: what the check says of each, and the octets."""

    def __init__(self, reports: Sequence[Report], peek: Peek, encoding: str = "") -> None:
        self._reports = reports
        self._peek = peek
        self._excerpts = {report.offset: Excerpts(report, peek, encoding) for report in reports}

    def find(self, reference: str) -> Report | None:
        """The interchange with this reference; the only one, whatever its reference is."""
        found = next((report for report in self._reports if report.header.reference == reference), None)
        return found or (self._reports[0] if len(self._reports) == 1 else None)

    def find_named(self, names: Sequence[str]) -> tuple[Report, int | None] | None:
        """The interchange, and the message in it, that one of these names is about: 0020 with or without 0062, or else a document number."""
        for report in self._reports:
            indexes = range(len(report.messages))
            if report.header.reference in names:
                named = [index for index in indexes if report.messages[index].reference in names or (report.messages[index].number or None) in names]
                return report, named[0] if named else None
            for index in indexes:
                if report.messages[index].number and report.messages[index].number in names:
                    return report, index
        return None

    def segments_of(self, report: Report, *spans: tuple[int, int]) -> list[tuple[int, str]]:
        """Offset and tag of each segment that begins in these spans of octets."""
        return [segment for start, end in spans for segment in segment_offsets(report.header.separators, self._peek, start, end)]

    def first_end(self, report: Report, offset: int) -> int:
        """One past the terminator of the segment at ``offset``, which is not long."""
        return segment_end(report.header.separators, self._peek, offset)

    def show(self, report: Report, flaw: Flaw, offset: int, tag: str) -> Flaw:
        """``flaw`` with the segment at ``offset``, whose tag is ``tag``."""
        return replace(flaw, segment=tag, shown=tuple(self._excerpts[report.offset].at(offset, flaw.element, flaw.component)))


class _Place:
    """Where flaws are: segments of the original, looked for when first asked for. ``counted``: they are a message's, and have positions from UNH = 1."""

    def __init__(self, original: Original, report: Report, *spans: tuple[int, int], counted: bool = False) -> None:
        self._original = original
        self._report = report
        self._spans = spans
        self._counted = counted

    @cached_property
    def _segments(self) -> list[tuple[int, str]]:
        return self._original.segments_of(self._report, *self._spans)

    def show(self, flaw: Flaw) -> Flaw | None:
        """``flaw`` with the segment that it means, by its position or else the first with its tag; None where that is not there."""
        if flaw.position is None:
            found = next((segment for segment in self._segments if segment[1] == flaw.segment), None)
        else:
            found = self._segments[flaw.position - 1] if self._counted and 1 <= flaw.position <= len(self._segments) else None
        return None if found is None else self._original.show(self._report, flaw, *found)


_OUTCOMES = {
    "1": Outcome.ACKNOWLEDGED,
    "2": Outcome.ACKNOWLEDGED,
    "3": Outcome.OPEN,
    "4": Outcome.REJECTED,
    "5": Outcome.OPEN,
    "6": Outcome.REJECTED,
    "7": Outcome.ACKNOWLEDGED,
    "8": Outcome.RECEIVED,
}


def read_control(control: ControlReport, original: Original | None = None) -> Answer:
    """What a CONTRL says."""
    report = original.find(control.reference) if original is not None else None
    doubts = list(_strangers(control, report)) if report is not None else []
    about = None if original is None else report is not None and not doubts
    if original is not None and report is None:
        doubts.append((Doubt.OTHER_REFERENCE, ""))
    reading = _Reading(original if about else None, report if about else None)
    points = list(reading.interchange(control))
    return Answer(
        "CONTRL",
        control.message,
        control.reference,
        str(control.sender),
        str(control.recipient),
        tuple(points),
        (*doubts, *reading.doubts),
        about_original=about,
        texts=control.texts,
    )


def _strangers(control: ControlReport, report: Report) -> Iterator[tuple[Doubt, str]]:
    header = report.header
    if control.reference != echoed(header.reference, 14):
        yield Doubt.OTHER_REFERENCE, header.reference
    for doubt, said, own in ((Doubt.OTHER_SENDER, control.sender, header.sender), (Doubt.OTHER_RECIPIENT, control.recipient, header.recipient)):
        # What could not be read of the interchange was filled in by who answered.
        if own.identification and (said.identification, said.qualifier) != (own.identification, own.qualifier):
            yield doubt, str(own)


class _Reading:
    """One CONTRL read against its original, if there is one."""

    def __init__(self, original: Original | None, report: Report | None) -> None:
        self._original = original
        self._report = report
        self._messages: dict[tuple[int | None, Kind, str], deque[int]] = {}
        self._members: dict[int | None, list[MessageReport]] = {}
        for index, message in enumerate(report.messages if report is not None else ()):
            self._messages.setdefault((message.group, message.kind, message.reference), deque()).append(index)
            self._members.setdefault(message.group, []).append(message)
        self._groups: dict[str, int] = {}
        for index, each in enumerate(report.groups if report is not None else ()):
            self._groups.setdefault(each.reference, index)
        self._named: set[int] = set()
        self.doubts: list[tuple[Doubt, str]] = []

    def interchange(self, control: ControlReport) -> Iterator[Point]:
        report = self._report
        yield self._fate("interchange", control.reference, control.said)
        yield from self._flaws(control.said, self._around(report, report.messages) if report is not None else None)
        for message in control.messages:
            yield from self._message(message, None)
        actions: dict[int | None, str] = {None: control.said.action}
        for group in control.groups:
            index = self._groups.get(group.reference, -1)
            actions[index] = group.said.action
            yield from self._group(group, index)
        yield from self._unnamed(control.said.action, actions)

    def _group(self, group: ControlGroup, index: int) -> Iterator[Point]:
        yield self._fate("group", group.reference, group.said)
        place = self._around(self._report.groups[index], self._members.get(index, ())) if self._report is not None and index >= 0 else None
        yield from self._flaws(group.said, place)
        for message in group.messages:
            yield from self._message(message, index)

    def _message(self, said: ControlMessage, group: int | None) -> Iterator[Point]:
        identifier = f"{said.type} {said.version}.{said.release}" if said.type else ""
        kind, reference = (Kind.PACKAGE, said.package) if said.package and not said.reference else (Kind.MESSAGE, said.reference)
        fate = replace(self._fate(kind.value, reference, said.said), identifier=identifier)
        place = None
        if self._original is not None and self._report is not None:
            indexes = self._messages.get((group, kind, reference))
            if indexes:
                # Under a reference that is used twice the first is meant, until it has been named.
                index = indexes.popleft() if len(indexes) > 1 else indexes[0]
                self._named.add(index)
                message = self._report.messages[index]
                fate = replace(fate, number=message.number)
                # What follows the header of a package is no segment, whatever it looks like.
                end = message.end if kind is Kind.MESSAGE else self._original.first_end(self._report, message.offset)
                place = _Place(self._original, self._report, (message.offset, end), counted=kind is Kind.MESSAGE)
            else:
                self.doubts.append((Doubt.NO_SUCH_MESSAGE if kind is Kind.MESSAGE else Doubt.NO_SUCH_PACKAGE, reference))
        yield fate
        yield from self._flaws(said.said, place, said.segments)

    def _around(self, whole: Report | GroupReport, messages: Sequence[MessageReport]) -> _Place | None:
        """The header and the trailer of what holds these messages."""
        if self._original is None or self._report is None:
            return None
        last = messages[-1].end if messages else whole.header_end
        return _Place(self._original, self._report, (whole.offset, whole.header_end), (last, whole.end))

    def _fate(self, level: str, reference: str, said: ControlAction) -> Fate:
        if said.action not in ACTIONS:
            self.doubts.append((Doubt.UNKNOWN_ACTION, said.action))
        return Fate(level, reference, _OUTCOMES.get(said.action, Outcome.OPEN), said.action)

    def _flaws(self, said: ControlAction, place: _Place | None, segments: Iterable[ControlSegment] = ()) -> Iterator[Flaw]:
        if said.code:
            yield self._shown(Flaw(said.code, said.segment, None, said.element, said.component), place)
        for segment in segments:
            if segment.code or not segment.elements:
                yield self._shown(Flaw(segment.code, "", segment.position), place)
            for element in segment.elements:
                yield self._shown(Flaw(element.code, "", segment.position, element.element, element.component, element.repetition), place)

    def _shown(self, flaw: Flaw, place: _Place | None) -> Flaw:
        if place is None or not (flaw.segment or flaw.position):
            return flaw
        found = place.show(flaw)
        if found is None and flaw.position is not None:
            self.doubts.append((Doubt.NO_SUCH_SEGMENT, str(flaw.position)))
        return found or flaw

    def _unnamed(self, action: str, actions: dict[int | None, str]) -> Iterator[Fate]:
        """The messages of the original that are not named."""
        for index, message in enumerate(self._report.messages if self._report is not None else ()):
            if index in self._named:
                continue
            outcome = _OUTCOMES.get(action, Outcome.OPEN)
            if outcome is Outcome.ACKNOWLEDGED:
                outcome = _OUTCOMES.get(actions.get(message.group, action), Outcome.OPEN)
            identifier = f"{message.type} {message.directory}" if message.kind is Kind.MESSAGE else ""
            yield Fate(message.kind.value, message.reference, outcome, identifier=identifier, number=message.number)


_AWL = "AWL"
# 4451 of texts that are no description of the fault.
_RECEIVED, _INSTRUCTIONS = "AED", "AEI"
# What names the interchange, and what the message, that an APERAK answers; partners use others too.
_OF_MESSAGE, _OF_INTERCHANGE = ("ACW", "AGO", "ACE"), ("INO",)
_REFUSED = {("1225", "27"), ("1225", "12"), ("1225", "63"), ("4343", "RE")}
_HELD = {("4343", "AJ"), ("1225", "23")}
_TAKEN = {("4343", "AB"), ("4343", "AP"), ("4343", "AC"), ("4343", "AD"), *(("1225", code) for code in ("28", "29", "30", "34", "44", "45"))}


def read_application(said: ApplicationReport, header: InterchangeHeader, original: Original | None = None) -> Answer:
    """What an APERAK in the interchange of ``header`` says. It names what it answers by references that each community chooses: any of them may be the interchange's, the message's or the document's."""
    names = [reference.identifier for reference in said.references] + [number for _, number in said.documents]
    found = original.find_named(names) if original is not None else None
    report, index = found or (None, None)
    message = report.messages[index] if report is not None and index is not None else None
    reference = report.header.reference if report is not None else said.reference(*_OF_INTERCHANGE)
    fate = Fate(
        "message",
        message.reference if message is not None else said.reference(*_OF_MESSAGE),
        _outcome(said),
        identifier=f"{message.type} {message.directory}" if message is not None else "",
        number=message.number if message is not None else said.reference("DM") or next((number for _, number in said.documents), ""),
    )
    flaws = [_flaw(error) for error in said.errors]
    doubts = [(Doubt.OTHER_REFERENCE, "")] if original is not None and found is None else []
    if original is not None and report is not None and message is not None:
        place = _Place(original, report, (message.offset, message.end), counted=True)
        flaws = [(place.show(flaw) if flaw.position is not None else None) or flaw for flaw in flaws]
    return Answer(
        "APERAK",
        said.message,
        reference,
        str(header.recipient),
        str(header.sender),
        (fate, *flaws),
        tuple(doubts),
        about_original=None if original is None else found is not None,
        texts=tuple(text.text for text in said.texts if text.text),
        references=tuple(f"{each.qualifier} {each.identifier}" for each in said.references if each.identifier not in {reference, fate.reference, fate.number}),
    )


def _outcome(said: ApplicationReport) -> Outcome:
    told = {("1225", said.function), ("4343", said.response)}
    if told & _REFUSED:
        return Outcome.REJECTED
    if told & _HELD:
        return Outcome.HELD
    if told & _TAKEN or all(error.warning for error in said.errors):
        return Outcome.ACKNOWLEDGED
    return Outcome.REJECTED if said.document == "313" else Outcome.OPEN


def _flaw(error: ApplicationError) -> Flaw:
    texts = list(error.texts)
    place: list[str] = []
    references = []
    for reference in error.references:
        texts += reference.texts
        if reference.qualifier == _AWL:
            place = reference.identifier.split("/")
        else:
            references.append(f"{reference.qualifier} {reference.identifier}".strip())
    position, element, component, repetition = (_number(place, index) for index in (0, 2, 3, 4))
    return Flaw(
        error.code,
        place[1] if position is not None and len(place) > 1 else "",
        position,
        element,
        component,
        repetition,
        tuple(text.text for text in texts if text.text and text.subject not in {_RECEIVED, _INSTRUCTIONS}),
        tuple(text.text for text in texts if text.text and text.subject == _RECEIVED),
        tuple(text.text for text in texts if text.text and text.subject == _INSTRUCTIONS),
        tuple(references),
        error.warning,
    )


def _number(place: Sequence[str], index: int) -> int | None:
    text = place[index] if index < len(place) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
