"""Messages on their way: written, checked with the shipped guides, read again."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.directory.samples import DIRECTORIES
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.message import Message, read_interchange
from vanhub.directory.check import check_interchange
from vanhub.directory.guides.load import open_guides
from vanhub.edifact.report import InterchangeHeader, Party
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import render_interchange, wrap_message
from vanhub.packed import packed

GUIDES = open_guides(packed("schemas"), directories=DIRECTORIES)
HEADER = InterchangeHeader(Separators.default(4), "UNOY", 4, Party("GACC", "ZZZ"), Party("SZTEXTILES", "ZZZ"), reference="1")


def octets(*messages: Outgoing) -> bytes:
    """An interchange in UNOY, as an agency sends it."""
    wrapped = [wrap_message(str(number), [each.TYPE, "D", "01B", "UN", "CNGC01"], each.render()) for number, each in enumerate(messages, start=1)]
    return render_interchange(HEADER, wrapped, prepared=datetime(2006, 3, 20, 1, tzinfo=UTC))


def arrived(message: Outgoing, guide: str) -> Message:
    """As its recipient reads it, which our own check has no fault of, warnings included, held against this guide."""
    data = octets(message)
    report = check_interchange(data, DIRECTORIES, guides=GUIDES)
    assert ([fault.text("en") for fault in report.faults], [fault.text("en") for fault in report.guide_faults]) == ([], [])
    assert [each.guide for each in report.messages] == [guide]
    return read_interchange(data).messages[0]


def sample(data: bytes) -> tuple[Message, ...]:
    """The messages of a file that has an envelope or none."""
    if not data.lstrip().startswith((b"UNA", b"UNB")):
        data = b"UNB+UNOC:3+A+B+060101:0101+1'" + data + b"UNZ+1+1'"
    return read_interchange(data).messages
