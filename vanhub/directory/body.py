"""The segments of one interchange, taken one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from typing import ClassVar

from vanhub.directory.around import SecurityAround
from vanhub.directory.findings import Reading, report_segment
from vanhub.directory.messages import Guides, MessageCheck
from vanhub.directory.packages import PackageCheck
from vanhub.directory.rulebook import Rulebook, Unknown
from vanhub.directory.security import SECURITY_TAGS
from vanhub.directory.walk import SETTLING
from vanhub.directory.whole import WholeMessages
from vanhub.edifact.charset import printable
from vanhub.edifact.envelope import Envelope, OpenMessage, Where, header_of
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.frame import BATCH
from vanhub.edifact.reader import Opaque, Reader
from vanhub.edifact.scanner import BLANK, Cut, Fields, read_fields, tag_of


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


class TakesExplainingError(Exception):
    """Something has to go the slow way, in a check that was not to explain."""


# A message is held up to this many octets in order to take the fast way.
_LONGEST_HELD = 1 << 20
# So much is shown of what is no interchange.
SHOWN = 40
_beginning: Callable[[str], str] = itemgetter(slice(3))
_FRAMING_TAGS = frozenset({"UNB", "UNG", "UNE", "UNZ"})


@dataclass(frozen=True, slots=True)
class _Announcement:
    """The UNO or USD before octets that are no text. ``length`` as sent, ``offset`` that of it, ``element`` and ``component`` its place."""

    tag: str
    where: Where
    length: str
    offset: int
    element: int
    component: int | None


class Body:
    """The segments of one interchange, UNB or UIB first.

    ``header_end`` and ``end`` are one past the terminators of the header and the trailer, 0 while these have not come.
    """

    def __init__(
        self,
        book: Rulebook,
        guides: Guides | None,
        envelope: Envelope,
        reading: Reading,
        reader: Reader,
        limits: CheckLimits,
        offset: int,
        *,
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
        self._judging = judging  # else nothing but the header is looked at
        self._service = book.service_rules(reading.marks, reading.syntax_version)
        self._whole = WholeMessages(book, guides, envelope, reading, explaining=explaining)
        self._reader = reader
        self._offset = offset  # one past the terminator of the segment taken last
        self._last = Where(1, offset)  # the segment taken last, outside messages
        self._message: MessageCheck | None = None
        self._package: PackageCheck | None = None
        self._around = SecurityAround(envelope, reading, self._service)
        self._announced: _Announcement | None = None
        self._take_by_tag = self._TAKE[envelope.frame.header]
        self._in_run = False  # of segments outside messages, which is reported already
        self.header_end = 0
        self.end = 0
        # Segments that wait for the end of their message: as sent; without the white space before them; their tags.
        self._raws: list[str] = []
        self._texts: list[str] = []
        self._tags: list[str] = []
        self._trailer = -1  # index of the next UNT, where it is known
        self._searched = 0  # there is no UNT from the one that waits up to this index
        self._waiting = 0  # octets that came while a message waits for its end

    def feed(self, data: bytes) -> None:
        if self._judging or not self.header_end:
            self._take(self._reader.feed(data), len(data), whole=False)

    def close(self) -> None:
        if self._judging or not self.header_end:
            self._take(self._reader.feed(b"", last=True), 0, whole=True)
        rest = self._reader.rest
        if not self.header_end:
            self._read_header(rest, self._offset)
        if not self._judging:
            return
        if not self.end:
            if self._message is not None:
                self._message.end()
            self._around.end_encrypted(self._offset)
            self._envelope.break_off(self._last, self._offset)
        elif rest.strip(BLANK):
            self._report_trailing(rest.strip(BLANK), self._offset + self._reading.repertoire.octets(rest[: len(rest) - len(rest.lstrip(BLANK))]))

    def _take(self, raws: list[str], octets: int, *, whole: bool) -> None:
        """Takes segments, each message the fast way where that will do. ``whole``: no more will come."""
        texts = list(map(str.lstrip, raws, repeat(BLANK)))
        self._raws += raws
        self._texts += texts
        self._tags += map(_beginning, texts)
        self._waiting += octets
        at, count = 0, len(self._raws)
        while at < count and (self._judging or not self.header_end):
            if self._tags[at] == "UNH" and self._is_between():
                last = self._find_trailer(at)
                if last < 0 and not whole and self._waiting < _LONGEST_HELD:
                    break
                if last >= 0 and self._pass_message(at, last + 1):
                    at = last + 1
                    continue
            if not self._explaining and (self._tags[at] not in _FRAMING_TAGS or not self._envelope.is_faultless):
                raise TakesExplainingError
            if self._message is not None and self._message.can_repeat():
                at += self._pass_repeats(at)
            self._take_segment(self._raws[at], self._texts[at])
            at += 1
        if at:
            del self._raws[:at], self._texts[:at], self._tags[:at]
            self._trailer -= at
            self._searched = max(self._searched - at, 0)
            self._waiting = 0

    def _is_between(self) -> bool:
        """Whether a UNH would begin a message, and no other is to be ended before."""
        return self._message is None and self._package is None and bool(self.header_end) and not self.end and self._envelope.frame is BATCH

    def _find_trailer(self, at: int) -> int:
        """Index of the next UNT, -1 where there is none yet. No tag is looked at twice."""
        if self._trailer < at:
            try:
                self._trailer = self._tags.index("UNT", max(at, self._searched))
            except ValueError:
                self._trailer, self._searched = -1, len(self._tags)
        return self._trailer

    def _pass_message(self, start: int, end: int) -> bool:
        """Takes these segments where they are a message that can go the fast way; whether they were."""
        if self._is_full():
            return False
        octets = self._whole.take(self._tags, self._texts, self._raws, start, end, self._offset)
        if octets is None:
            return False
        if self._around.is_begun:
            self._around.content("UNH", Where(self._envelope.segments - (end - start) + 1, self._offset))
        self._offset += octets
        self._last = Where(self._envelope.segments, self._offset - self._reading.repertoire.octets(self._texts[end - 1]) - 1)
        self._in_run = False
        return True

    def _pass_repeats(self, at: int) -> int:
        """Counts segments that repeat the one taken last and of which nothing more is to be said: how many. Some of them are always left."""
        raw, end = self._raws[at], at
        if at == 0 or self._raws[at - 1] != raw or isinstance(raw, Cut | Opaque):
            return 0
        while end < len(self._raws) and self._raws[end] == raw:
            end += 1
        times = max(end - at - SETTLING, 0)
        if times and self._message is not None:
            self._message.repeat(times)
            self._envelope.segments += times
            self._offset += (self._reading.repertoire.octets(raw) + 1) * times
        return times

    def _is_full(self) -> bool:
        return len(self._envelope.messages) + len(self._envelope.groups) >= self._limits.max_messages

    def _take_segment(self, raw: str, text: str) -> None:
        """One segment: as sent, and without the white space before it."""
        before, offset = self._offset, self._offset + self._reading.repertoire.octets(raw[: len(raw) - len(text)])
        if isinstance(raw, Opaque):
            self._offset += raw.octets
            self._take_opaque(raw)
            return
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
        take = self._take_by_tag.get(tag)
        if take is None or (tag == self._envelope.frame.message_trailer.tag and self._message is None):
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
            self._report(Level.INTERCHANGE, self._envelope.frame.header, text, self._last)

    def _unb(self, text: str, where: Where, before: int) -> None:
        self._break_off(before)
        self._take_other(self._envelope.frame.header, text, where)

    def _ung(self, text: str, where: Where, before: int) -> None:
        self._break_off(before, group=True)
        if self._is_full():
            self._stop(where)
            return
        self._around.content("UNG", where)
        self._envelope.begin_group(self._fields(text, where.offset), where, self._offset)
        self._report(Level.GROUP, "UNG", text, where)

    def _unh(self, text: str, where: Where, before: int) -> None:
        self._break_off(before)
        if self._is_full():
            self._stop(where)
            return
        envelope, frame = self._envelope, self._envelope.frame
        self._around.content(frame.message, where)
        first = Where(1, where.offset)
        fields = self._fields(text, where.offset)
        message = envelope.begin_message(fields, first)
        self._report(Level.MESSAGE, frame.message, text, first)
        interactive = frame is not BATCH
        profile = self._book.profile(
            message.type, message.version, message.release, message.agency, self._marks, self._reading.syntax_version, interactive=interactive
        )
        if isinstance(profile, Unknown):
            self._report_unknown(message, profile, first, fields)
            known, guide = None, None
        else:
            known = profile
            guide = self._guides.begin(message, len(envelope.messages), profile, self._reading) if self._guides is not None and not interactive else None
        self._message = MessageCheck(envelope, message, self._reading, known, self._service, text, first, guide)

    def _unt(self, text: str, where: Where, _before: int) -> None:
        if self._message is None:
            return
        tag = self._envelope.frame.message_trailer.tag
        last = self._message.take(tag, text, where.offset)
        self._report(Level.MESSAGE, tag, text, last)
        self._message.end()
        self._message.end_guide()
        self._message = None
        self._envelope.end_message(last, self._offset, self._fields(text, where.offset))

    def _uno(self, text: str, where: Where, before: int) -> None:
        if self._reading.syntax_version < 4:
            self._take_other("UNO", text, where)
            return
        self._break_off(before)
        if self._is_full():
            self._stop(where)
            return
        self._around.content("UNO", where)
        fields = self._fields(text, where.offset)
        self._package = PackageCheck(self._envelope, self._reading, self._service, text, fields, where)
        self._announced = _Announcement("UNO", where, fields.value(4), fields.offset(4), 5, 1)

    def _unp(self, text: str, where: Where, _before: int) -> None:
        if self._package is None:
            self._take_other("UNP", text, where)
            return
        self._package.end(text, self._fields(text, where.offset), where, self._last, self._offset)
        self._package = None

    def _une(self, text: str, where: Where, before: int) -> None:
        self._break_off(before)
        if self._envelope.group is None:
            self._take_other("UNE", text, where)
            return
        self._around.end_group(self._last)
        self._report(Level.GROUP, "UNE", text, where)
        self._envelope.end_group(where, self._offset, self._fields(text, where.offset))

    def _unz(self, text: str, where: Where, before: int) -> None:
        self._break_off(before, group=True)
        self._around.end(self._last)
        self._report(Level.INTERCHANGE, self._envelope.frame.trailer.tag, text, where)
        self._envelope.end_interchange(where, self._fields(text, where.offset))
        self.end = self._offset

    _TAKE: ClassVar = {
        "UNB": {"UNB": _unb, "UNG": _ung, "UNH": _unh, "UNT": _unt, "UNO": _uno, "UNP": _unp, "UNE": _une, "UNZ": _unz},
        "UIB": {"UIB": _unb, "UIH": _unh, "UIT": _unt, "UNO": _uno, "UNP": _unp, "UIZ": _unz},
    }

    def _take_other(self, tag: str, text: str, where: Where) -> None:
        if self._message is not None:
            position = self._message.take(tag, text, where.offset)
            if tag == "USD":
                self._announce_encrypted(text, position)
        elif self._package is not None:
            self._package.take(tag, text, where)
            if tag == "USD":
                self._announce_encrypted(text, where)
        elif tag in SECURITY_TAGS and self._reading.syntax_version >= 4:
            self._around.take(tag, text, where, self._last, self._offset)
            if tag == "USD":
                self._announce_encrypted(text, where)
        elif not self._in_run:
            self._in_run = True
            self._envelope.fault(FaultKind.OUTSIDE_MESSAGE, Level.INTERCHANGE, printable(tag, 12), where)
        elif tag == self._envelope.frame.message_trailer.tag:
            self._in_run = False
            self._envelope.pass_headless()

    def _announce_encrypted(self, text: str, where: Where) -> None:
        fields = self._fields(text, where.offset)
        self._announced = _Announcement("USD", where, fields.value(1), fields.offset(1), 2, None)

    def _take_opaque(self, opaque: Opaque) -> None:
        announced, self._announced = self._announced, None
        if announced is None or self.end:
            return
        if self._package is not None and announced.tag == "UNO":
            self._package.take_object()
        if not opaque.is_cut and not opaque.is_lost:
            return
        if announced.length.isdigit():  # else it was reported already
            self._envelope.fault(
                FaultKind.LENGTH_BEYOND_END if opaque.is_cut else FaultKind.LENGTH_MISLEADS,
                Level.INTERCHANGE,
                announced.tag,
                announced.where,
                offset=announced.offset,
                element=announced.element,
                component=announced.component,
                value=announced.length,
                params={"found": str(opaque.octets)},
            )
            self._envelope.lose()
        elif opaque.octets:
            self._envelope.lose()

    # --- what is not in order ---

    def _break_off(self, end: int, *, group: bool = False) -> None:
        """Ends the message or package that is open, its trailer missing, and with ``group`` the group that is open, its UNE missing."""
        self._around.end_encrypted(end)
        if self._message is not None:
            self._message.end()
            self._envelope.end_message(self._message.last, end, None)
            self._message = None
        if self._package is not None:
            self._envelope.end_package(self._last, end, None, "")
            self._package = None
        if group:
            self._envelope.end_group(self._last, end, None)

    def _stop(self, where: Where) -> None:
        """Too many messages: the rest is not looked at."""
        params = {"name": "number of messages", "most": str(self._limits.max_messages)}
        self._envelope.fault(FaultKind.OVER_LIMIT, Level.INTERCHANGE, self._envelope.frame.header, where, params=params)
        self._judging = False

    def _report(self, level: Level, tag: str, text: str, where: Where) -> None:
        report_segment(self._envelope, self._reading, self._service, level, tag, text, where)

    def _report_unknown(self, message: OpenMessage, unknown: Unknown, where: Where, fields: Fields) -> None:
        if not message.type or not message.version or not message.release:
            return  # which is reported already
        frame = self._envelope.frame
        directory = f"{message.version}.{message.release}"
        if unknown.directory:
            kind, part, value = FaultKind.MESSAGE_TYPE_UNKNOWN, 0, message.type
        elif message.agency not in {"UN", ""}:
            kind, part, value = FaultKind.DIRECTORY_UNKNOWN, 3, f"{directory} {message.agency}"
        else:
            kind, part, value = FaultKind.DIRECTORY_UNKNOWN, 2 if message.version in {"D", "S"} else 1, directory
        component = frame.identity[part]
        self._envelope.fault(
            kind,
            Level.MESSAGE,
            frame.message,
            where,
            offset=fields.offset(frame.identifier, component),
            element=frame.identifier + 1,
            component=component + 1,
            value=value,
            params={"directory": directory},
        )

    def _fields(self, text: str, offset: int) -> Fields:
        return read_fields(text, self._marks, self._reading.repertoire.octets, offset)

    def _report_trailing(self, text: str, offset: int) -> None:
        if not self._in_run:
            self._in_run = True
            value = printable(text, SHOWN)
            self._envelope.fault(FaultKind.NOT_AN_INTERCHANGE, Level.INTERCHANGE, "", Where(self._envelope.segments + 1, offset), value=value)
