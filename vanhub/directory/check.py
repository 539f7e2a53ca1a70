"""Checking one interchange: everything that is wrong with it, each at its place, in one pass.

Octets in, ``Report`` out. The octets come in pieces; what is held is at most one unfinished message of bounded length, one
unfinished segment, and the report. The same octets in any pieces give the same report.

Two ways through a message. The fast way takes UNH to UNT at once (``vanhub.directory.whole``). Any other message goes the slow way, segment by segment
(``vanhub.directory.messages``), which decides and explains everything. Messages too long to be held go the slow way from the start.

Where syntax or encoding are unknown or UNA cannot serve, nothing but UNB or UIB can be read and nothing else is judged.
"""

from __future__ import annotations

from vanhub.directory.body import SHOWN, Body, CheckLimits, TakesExplainingError
from vanhub.directory.findings import Reading
from vanhub.directory.messages import Guides
from vanhub.directory.model import Directories
from vanhub.directory.rulebook import rulebook
from vanhub.edifact.charset import LEGIBLE, printable
from vanhub.edifact.envelope import Envelope, Where
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.frame import FRAMES
from vanhub.edifact.opening import blank_before, read_opening
from vanhub.edifact.reader import Reader
from vanhub.edifact.report import InterchangeHeader, Report
from vanhub.edifact.scanner import Marks

__all__ = ["CheckLimits", "InterchangeCheck", "check_if_faultless", "check_interchange"]

# Octets are taken in pieces of this size, so that the text and the segments of one piece stay small.
_PIECE = 1 << 18


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
    """The report on an interchange that is shown to be without fault, of guides too, the fast way, in some microseconds a segment, by what earlier checks have loaded,
    compiled and learnt.
    None where ``check_interchange`` has to tell, which may take a hundred times as long.
    """
    check = InterchangeCheck(directories, guides=guides, encoding=encoding, limits=limits, explaining=False)
    try:
        check.feed(data)
        report = check.close()
    except TakesExplainingError:
        return None
    return report if not report.faults_total else None


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
        self._body: Body | None = None
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
            if len(data) < SHOWN and not whole:
                return
            self._is_nothing = True
            value = printable(data[:SHOWN].decode(LEGIBLE.codec))
            self._envelope.fault(FaultKind.NOT_AN_INTERCHANGE, Level.INTERCHANGE, "", Where(1, self._start), value=value)
            return
        if opening is None:
            return
        separators, version = opening.separators, opening.syntax_version
        self._envelope.frame = FRAMES[opening.tag]
        self._envelope.header = InterchangeHeader(separators, opening.identifier, version)
        for fault in opening.faults:
            where = Where(1, self._start + (opening.start if fault.segment == opening.tag else 0))
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
        self._body = Body(
            self._book,
            self._guides,
            self._envelope,
            reading,
            Reader(separators, version, opening.repertoire, self._limits.max_segment_octets),
            self._limits,
            self._start + opening.start,
            judging=not opening.faults,
            explaining=self._explaining,
        )
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
