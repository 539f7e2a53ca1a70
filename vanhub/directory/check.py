"""Checking one interchange: everything that is wrong with it, each at its place, in one pass.

Octets in, ``Report`` out. The octets come in pieces; what is held is at most one unfinished message of bounded length, one
unfinished segment, and the report. The same octets in any pieces give the same report.

Two ways through a message. The fast way takes UNH to UNT at once, where frame and structure are in order (``Profile.conforms``), and explains
the segments that are not accepted at once (``Rules.doubtful``). Any other message goes the slow way, segment by segment (``MessageCheck``),
which decides and explains everything. Messages too long to be held go the slow way from the start.

Where syntax or encoding are unknown or UNA cannot serve, nothing but UNB can be read and nothing else is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from typing import ClassVar

from vanhub.directory.messages import GuideRun, Guides, MessageCheck, Reading, document_of, report_guide, report_segment
from vanhub.directory.model import Directories
from vanhub.directory.rulebook import Profile, Rulebook, Unknown, rulebook
from vanhub.directory.walk import SETTLING
from vanhub.edifact.charset import LEGIBLE, legible, printable
from vanhub.edifact.envelope import Envelope, OpenMessage, Where, header_of
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.opening import blank_before, read_opening
from vanhub.edifact.report import InterchangeHeader, Report
from vanhub.edifact.scanner import BLANK, Cut, Fields, Marks, Scanner, read_fields, tag_of


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """What one interchange may ask of the check.

    ``max_faults`` are listed, all are counted; ``max_messages`` counts functional groups too; ``max_elements`` are data
    elements and components of one segment.
    """

    max_faults: int = 1000
    max_segment_octets: int = 1 << 20
    max_messages: int = 200_000
    max_elements: int = 20_000


# A message is held up to this many octets in order to take the fast way.
_LONGEST_HELD = 1 << 20
# Octets are taken in pieces of this size, so that the text and the segments of one piece stay small.
_PIECE = 1 << 18
# Message types of one interchange are remembered, up to so many.
_IDENTIFIED = 64
# So much is shown of what is no interchange.
_SHOWN = 40
_beginning: Callable[[str], str] = itemgetter(slice(3))
_MESSAGE_FRAME = frozenset({"UNH", "UNT"})
_FRAMING_TAGS = frozenset({"UNB", "UNG", "UNE", "UNZ"})
_SECURITY_TAGS = frozenset({"USH", "USA", "USC", "USR", "UST"})


def check_interchange(
    data: bytes, directories: Directories, *, guides: Guides | None = None, encoding: str = "", limits: CheckLimits | None = None, offset: int = 0
) -> Report:
    """The report on one interchange that is whole in memory. Arguments as for ``InterchangeCheck``."""
    check = InterchangeCheck(directories, guides=guides, encoding=encoding, limits=limits, offset=offset)
    check.feed(data)
    return check.close()


def check_if_faultless(
    data: bytes, directories: Directories, *, guides: Guides | None = None, encoding: str = "", limits: CheckLimits | None = None
) -> Report | None:
    """The report on an interchange that is shown to be without fault the fast way, in some microseconds a segment, by what earlier checks have loaded and compiled.
    None where ``check_interchange`` has to tell, which may take a hundred times as long.
    """
    check = InterchangeCheck(directories, guides=guides, encoding=encoding, limits=limits, explaining=False)
    try:
        check.feed(data)
        report = check.close()
    except _TakesExplainingError:
        return None
    return report if not report.faults_total else None


class _TakesExplainingError(Exception):
    """Something has to go the slow way, in a check that was not to explain."""


class InterchangeCheck:
    """The check of one interchange. ``feed`` its octets in any pieces, then ``close`` once.

    Args:
        directories: what to check against; they are compiled once for all checks.
        guides: what messages of an agency's subset are held against besides; None for no guide.
        encoding: how the text is encoded by agreement with the partner (``"gb18030"``); empty: as UNB S001 says.
        limits: None for the defaults.
        offset: where these octets begin in the data that the report's offsets count in.
        explaining: False for ``check_if_faultless``.
    """

    def __init__(
        self,
        directories: Directories,
        *,
        guides: Guides | None = None,
        encoding: str = "",
        limits: CheckLimits | None = None,
        offset: int = 0,
        explaining: bool = True,
    ) -> None:
        self._book = rulebook(directories)
        self._guides = guides
        self._explaining = explaining
        self._encoding = encoding
        self._limits = limits or CheckLimits()
        self._envelope = Envelope(self._limits.max_faults)
        self._head = b""
        self._start = offset
        self._end = offset
        self._body: _Body | None = None
        self._is_nothing = False

    def feed(self, data: bytes) -> None:
        """More octets."""
        for at in range(0, len(data), _PIECE):
            self._feed(data[at : at + _PIECE])

    def _feed(self, data: bytes) -> None:
        self._end += len(data)
        if self._body is not None:
            self._body.feed(data)
        elif not self._is_nothing:
            self._open(data, whole=False)

    def _open(self, data: bytes, *, whole: bool) -> None:
        data = self._head + data
        blank = blank_before(data)
        self._start += blank
        self._head = data = data[blank:]
        if not data and not whole:
            return
        try:
            opening = read_opening(data, whole=whole, encoding=self._encoding)
        except ValueError:
            if len(data) < _SHOWN and not whole:
                return
            self._is_nothing = True
            value = printable(data[:_SHOWN].decode(LEGIBLE.codec))
            self._envelope.fault(FaultKind.NOT_AN_INTERCHANGE, Level.INTERCHANGE, "", Where(1, self._start), value=value)
            return
        if opening is None:
            return
        separators, version = opening.separators, opening.syntax_version
        self._envelope.header = InterchangeHeader(separators, opening.identifier, version)
        for fault in opening.faults:
            where = Where(1, self._start + (opening.start if fault.segment == "UNB" else 0))
            offset = self._start + fault.offset
            params = {"repertoire": opening.repertoire.name}
            self._envelope.fault(
                fault.kind,
                Level.INTERCHANGE,
                fault.segment,
                where,
                offset=offset,
                element=fault.element,
                component=fault.component,
                value=fault.value,
                params=params,
            )
        marks = Marks.of(separators, version)
        reading = Reading(marks, opening.repertoire, version, self._limits.max_elements, self._limits.max_segment_octets)
        self._body = _Body(self._book, self._guides, self._envelope, reading, self._limits, self._start + opening.start, not opening.faults, self._explaining)
        self._body.feed(data[opening.start :])
        self._head = b""

    def close(self) -> Report:
        """Nothing more will come: the report."""
        if self._body is None and not self._is_nothing:
            self._open(b"", whole=True)
        if self._body is None:
            return self._envelope.report(self._start, self._start, self._end)
        self._body.close()
        return self._envelope.report(self._start, self._body.header_end or self._end, self._body.end or self._end)


class _Body:
    """The segments of one interchange, UNB first.

    ``header_end`` and ``end`` are one past the terminators of UNB and UNZ, 0 while these have not come.
    """

    def __init__(
        self,
        book: Rulebook,
        guides: Guides | None,
        envelope: Envelope,
        reading: Reading,
        limits: CheckLimits,
        offset: int,
        judging: bool,
        explaining: bool,
    ) -> None:
        self._book = book
        self._guides = guides
        self._explaining = explaining
        self._envelope = envelope
        self._reading = reading
        self._marks = reading.marks
        self._limits = limits
        self._judging = judging  # else nothing but UNB is looked at
        self._service = book.service_rules(reading.marks, reading.syntax_version)
        self._scanner = Scanner(reading.marks, reading.repertoire, limits.max_segment_octets)
        self._offset = offset  # one past the terminator of the segment taken last
        self._last = Where(1, offset)  # the segment taken last, outside messages
        self._message: MessageCheck | None = None
        self._in_run = False  # of segments outside messages, which is reported already
        self.header_end = 0
        self.end = 0
        # Segments that wait for the end of their message: as sent; without the white space before them; their tags.
        self._raws: list[str] = []
        self._texts: list[str] = []
        self._tags: list[str] = []
        self._identified: dict[str, tuple[tuple[str, ...], Profile] | None] = {}
        self._trailer = -1  # index of the next UNT, where it is known
        self._searched = 0  # there is no UNT from the one that waits up to this index
        self._waiting = 0  # octets that came while a message waits for its end

    def feed(self, data: bytes) -> None:
        if self._judging or not self.header_end:
            self._take(self._scanner.feed(data), len(data), whole=False)

    def close(self) -> None:
        if self._judging or not self.header_end:
            self._take(self._scanner.feed(b"", last=True), 0, whole=True)
        rest = self._scanner.rest
        if not self.header_end:
            self._read_header(rest, self._offset)
        if not self._judging:
            return
        if not self.end:
            if self._message is not None:
                self._message.end()
            self._envelope.break_off(self._last, self._offset)
        elif rest.strip(BLANK):
            self._report_trailing(rest.strip(BLANK), self._offset + len(rest) - len(rest.lstrip(BLANK)))

    def _take(self, raws: list[str], octets: int, *, whole: bool) -> None:
        """Takes segments, each message the fast way where that will do. ``whole``: no more will come."""
        texts = list(map(str.lstrip, raws, repeat(BLANK)))
        self._raws += raws
        self._texts += texts
        self._tags += map(_beginning, texts)
        self._waiting += octets
        at, count = 0, len(self._raws)
        while at < count and (self._judging or not self.header_end):
            if self._tags[at] == "UNH" and self._message is None and self.header_end and not self.end:
                last = self._find_trailer(at)
                if last < 0 and not whole and self._waiting < _LONGEST_HELD:
                    break
                if last >= 0 and self._pass_message(at, last + 1):
                    at = last + 1
                    continue
            if not self._explaining and (self._tags[at] not in _FRAMING_TAGS or not self._envelope.is_faultless):
                raise _TakesExplainingError
            if self._message is not None and self._message.can_repeat():
                at += self._pass_repeats(at)
            self._take_segment(self._raws[at], self._texts[at])
            at += 1
        if at:
            del self._raws[:at], self._texts[:at], self._tags[:at]
            self._trailer -= at
            self._searched = max(self._searched - at, 0)
            self._waiting = 0

    def _find_trailer(self, at: int) -> int:
        """Index of the next UNT, -1 where there is none yet. No tag is looked at twice."""
        if self._trailer < at:
            try:
                self._trailer = self._tags.index("UNT", max(at, self._searched))
            except ValueError:
                self._trailer, self._searched = -1, len(self._tags)
        return self._trailer

    # --- the fast way ---

    def _pass_message(self, start: int, end: int) -> bool:
        """Takes these segments where they are a message in which at most elements are at fault; whether they were."""
        marks, envelope, repertoire = self._marks, self._envelope, self._reading.repertoire
        header = self._texts[start].split(marks.element, 3)
        if len(header) < 3:
            return False
        reference, identifier = header[1], self._identify(header[2])
        if identifier is None or not self._is_plain(reference) or self._texts[end - 1] != f"UNT{marks.element}{end - start}{marks.element}{reference}":
            return False
        if not envelope.is_new(reference) or self._is_full():
            return False
        (type, version, release, agency, association), profile = identifier
        tags, texts, raws = self._tags[start:end], self._texts[start:end], self._raws[start:end]
        if not profile.conforms(tags):
            return False
        joined = "".join(raws)
        octets = repertoire.octets(joined) + len(raws)
        if raws != texts:
            joined = "".join(texts)
        doubtful = profile.rules.doubtful(tags, texts, compiling=self._explaining) if repertoire.admits(joined) else range(len(texts))
        if doubtful and not (self._explaining and all(self._is_whole(raws[at], tags[at]) for at in doubtful)):
            return False
        offset = self._offset + len(raws[0]) - len(texts[0])
        message = OpenMessage(reference, type, version, release, agency, association, offset, envelope.current_group, len(texts))
        at = 0
        while not message.number and "BGM" in tags[at:]:
            at = tags.index("BGM", at) + 1
            message.document, message.number = document_of(texts[at - 1], marks)
        envelope.enter_message(message, offset + 5 + repertoire.octets(reference))
        at_fault = self._report_elements(profile, tags, texts, raws, doubtful) if doubtful else set()
        guide = self._begin_guide(message, profile)
        if guide is not None:
            self._run_guide(guide, tags, texts, raws, at_fault)
        self._offset += octets
        envelope.leave_message(self._offset)
        envelope.segments += len(raws)
        self._last = Where(envelope.segments, self._offset - repertoire.octets(texts[-1]) - 1)
        self._in_run = False
        return True

    def _begin_guide(self, message: OpenMessage, profile: Profile) -> GuideRun | None:
        return self._guides.begin(message, len(self._envelope.messages), profile, self._reading) if self._guides is not None else None

    def _run_guide(self, guide: GuideRun, tags: list[str], texts: list[str], raws: list[str], at_fault: set[int]) -> None:
        octets, offset = self._reading.repertoire.octets, self._offset
        for position, (tag, text, raw) in enumerate(zip(tags, texts, raws, strict=True), 1):
            guide.take(tag, text, Where(position, offset + len(raw) - len(text)))
            offset += octets(raw) + 1
        report_guide(self._envelope, guide, at_fault)

    def _pass_repeats(self, at: int) -> int:
        """Counts segments that repeat the one taken last and of which nothing more is to be said: how many. Some of them are always left."""
        raw, end = self._raws[at], at
        if at == 0 or self._raws[at - 1] != raw or isinstance(raw, Cut):
            return 0
        while end < len(self._raws) and self._raws[end] == raw:
            end += 1
        times = max(end - at - SETTLING, 0)
        if times and self._message is not None:
            self._message.repeat(times)
            self._envelope.segments += times
            self._offset += (self._reading.repertoire.octets(raw) + 1) * times
        return times

    def _report_elements(self, profile: Profile, tags: list[str], texts: list[str], raws: list[str], doubtful: Sequence[int]) -> set[int]:
        """What is wrong within the ``doubtful`` ones among the segments of the message that is open; the positions of those at fault."""
        at_fault = set()
        octets = self._reading.repertoire.octets
        offset, done = self._offset, 0
        for at in doubtful:
            before = raws[done:at]
            offset += octets("".join(before)) + len(before)
            done = at
            where = Where(at + 1, offset + len(raws[at]) - len(texts[at]))
            level = Level.MESSAGE if tags[at] in _MESSAGE_FRAME else Level.ELEMENT
            faults = self._envelope.faults_total
            report_segment(self._envelope, self._reading, profile.rules, level, tags[at], texts[at], where)
            if self._envelope.faults_total > faults:
                at_fault.add(where.position)
        return at_fault

    def _is_plain(self, text: str) -> bool:
        """Whether this is a value, and one that reads as it was sent."""
        marks = self._marks
        return bool(text) and legible(text) == text and marks.component not in text and not (marks.release and marks.release in text)

    def _is_whole(self, raw: str, tag: str) -> bool:
        """Whether a segment was not cut, and its tag has no more than three characters."""
        return not isinstance(raw, Cut) and tag_of(raw.lstrip(BLANK), self._marks) == tag

    def _identify(self, s009: str) -> tuple[tuple[str, ...], Profile] | None:
        """The first five components of S009 as it stands in UNH, and the profile that they name; None where it takes the slow way to tell."""
        if s009 not in self._identified:
            marks = self._marks
            type, version, release, agency, association, *_ = (*s009.split(marks.component), "", "", "", "", "")
            find = self._book.profile if self._explaining else self._book.profile_in_use
            profile = find(type, version, release, agency, marks, self._reading.syntax_version)
            plain = legible(s009) == s009 and not (marks.release and marks.release in s009)
            if len(self._identified) >= _IDENTIFIED:
                self._identified.clear()
            self._identified[s009] = ((type, version, release, agency, association), profile) if plain and isinstance(profile, Profile) else None
        return self._identified[s009]

    def _is_full(self) -> bool:
        return len(self._envelope.messages) + len(self._envelope.groups) >= self._limits.max_messages

    # --- the slow way ---

    def _take_segment(self, raw: str, text: str) -> None:
        """One segment: as sent, and without the white space before it."""
        before, offset = self._offset, self._offset + len(raw) - len(text)
        if isinstance(raw, Cut):
            self._offset += raw.octets + 1
            text = Cut(text)
        else:
            self._offset += self._reading.repertoire.octets(raw) + 1
        if not text and self._marks.terminator in BLANK:
            return  # a blank line
        if not self.header_end:
            self.header_end = self._offset
            self._read_header(text, offset)
            return
        if self.end:
            self._report_trailing(text, offset)
            return
        self._envelope.segments += 1
        where = Where(self._envelope.segments, offset)
        tag = tag_of(text, self._marks)
        take = self._TAKE.get(tag)
        if take is None or (tag == "UNT" and self._message is None):
            self._take_other(tag, text, where)
        else:
            self._in_run = False
            take(self, text, where, before)
        self._last = where

    def _read_header(self, text: str, offset: int) -> None:
        header = self._envelope.header
        self._envelope.header = header_of(self._fields(text, offset), header.separators, header.syntax_identifier, header.syntax_version)
        self._envelope.segments = 1
        self._last = Where(1, offset)
        if self._judging:
            self._report(Level.INTERCHANGE, "UNB", text, self._last)

    def _unb(self, text: str, where: Where, before: int) -> None:
        self._break_off(before)
        self._take_other("UNB", text, where)

    def _ung(self, text: str, where: Where, before: int) -> None:
        self._break_off(before, group=True)
        if self._is_full():
            self._stop(where)
            return
        self._envelope.begin_group(self._fields(text, where.offset), where, self._offset)
        self._report(Level.GROUP, "UNG", text, where)

    def _unh(self, text: str, where: Where, before: int) -> None:
        self._break_off(before)
        if self._is_full():
            self._stop(where)
            return
        first = Where(1, where.offset)
        fields = self._fields(text, where.offset)
        message = self._envelope.begin_message(fields, first)
        self._report(Level.MESSAGE, "UNH", text, first)
        profile = self._book.profile(message.type, message.version, message.release, message.agency, self._marks, self._reading.syntax_version)
        if isinstance(profile, Unknown):
            self._report_unknown(message, profile, first, fields)
            known, guide = None, None
        else:
            known, guide = profile, self._begin_guide(message, profile)
        self._message = MessageCheck(self._envelope, message, self._reading, known, self._service, text, first, guide)

    def _unt(self, text: str, where: Where, _before: int) -> None:
        if self._message is None:
            return
        last = self._message.take("UNT", text, where.offset)
        self._report(Level.MESSAGE, "UNT", text, last)
        self._message.end()
        self._message.end_guide()
        self._message = None
        self._envelope.end_message(last, self._offset, self._fields(text, where.offset))

    def _une(self, text: str, where: Where, before: int) -> None:
        self._break_off(before)
        if self._envelope.group is None:
            self._take_other("UNE", text, where)
            return
        self._report(Level.GROUP, "UNE", text, where)
        self._envelope.end_group(where, self._offset, self._fields(text, where.offset))

    def _unz(self, text: str, where: Where, before: int) -> None:
        self._break_off(before, group=True)
        self._report(Level.INTERCHANGE, "UNZ", text, where)
        self._envelope.end_interchange(where, self._fields(text, where.offset))
        self.end = self._offset

    _TAKE: ClassVar = {"UNB": _unb, "UNG": _ung, "UNH": _unh, "UNT": _unt, "UNE": _une, "UNZ": _unz}

    def _take_other(self, tag: str, text: str, where: Where) -> None:
        if self._message is not None:
            self._message.take(tag, text, where.offset)
        elif tag in _SECURITY_TAGS and self._reading.syntax_version >= 4:
            # ISO 9735-5 secures groups and interchanges too; its segments then stand next to their headers and trailers.
            self._report(Level.INTERCHANGE if self._envelope.group is None else Level.GROUP, tag, text, where)
        elif not self._in_run:
            self._in_run = True
            self._envelope.fault(FaultKind.OUTSIDE_MESSAGE, Level.INTERCHANGE, printable(tag, 12), where)
        elif tag == "UNT":
            self._in_run = False
            self._envelope.pass_headless()

    def _break_off(self, end: int, *, group: bool = False) -> None:
        """Ends the message that is open, its UNT missing, and with ``group`` the group that is open, its UNE missing."""
        if self._message is not None:
            self._message.end()
            self._envelope.end_message(self._message.last, end, None)
            self._message = None
        if group:
            self._envelope.end_group(self._last, end, None)

    def _stop(self, where: Where) -> None:
        """Too many messages: the rest is not looked at."""
        params = {"name": "number of messages", "most": str(self._limits.max_messages)}
        self._envelope.fault(FaultKind.OVER_LIMIT, Level.INTERCHANGE, "UNB", where, params=params)
        self._judging = False

    def _report(self, level: Level, tag: str, text: str, where: Where) -> None:
        report_segment(self._envelope, self._reading, self._service, level, tag, text, where)

    def _report_unknown(self, message: OpenMessage, unknown: Unknown, where: Where, fields: Fields) -> None:
        if not message.type or not message.version or not message.release:
            return  # which is reported already
        directory = f"{message.version}.{message.release}"
        if unknown.directory:
            kind, component, value = FaultKind.MESSAGE_TYPE_UNKNOWN, 1, message.type
        elif message.agency not in {"UN", ""}:
            kind, component, value = FaultKind.DIRECTORY_UNKNOWN, 4, f"{directory} {message.agency}"
        else:
            kind, component, value = FaultKind.DIRECTORY_UNKNOWN, 3 if message.version in {"D", "S"} else 2, directory
        offset = fields.offset(2, component - 1)
        self._envelope.fault(kind, Level.MESSAGE, "UNH", where, offset=offset, element=3, component=component, value=value, params={"directory": directory})

    def _fields(self, text: str, offset: int) -> Fields:
        return read_fields(text, self._marks, self._reading.repertoire.octets, offset)

    def _report_trailing(self, text: str, offset: int) -> None:
        if not self._in_run:
            self._in_run = True
            value = printable(text, _SHOWN)
            self._envelope.fault(FaultKind.NOT_AN_INTERCHANGE, Level.INTERCHANGE, "", Where(self._envelope.segments + 1, offset), value=value)
