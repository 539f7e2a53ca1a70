"""Write docs/samples.md: what the check says of interchanges from the field. ``python docs/samples.py FOLDER``, or ``make samples``.

FOLDER has files with interchanges, ``*.edi``. Nothing of them comes into the page but numbers: the examples are made up, and what is said of them is what
the check says.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vanhub.directory.check import CheckLimits, check_interchange
from vanhub.directory.load import open_directories
from vanhub.directory.model import Directories
from vanhub.directory.stream import check_stream
from vanhub.edifact.faults import Fault, FaultKind
from vanhub.edifact.report import Report, Verdict
from vanhub.packed import packed

PAGE = Path(__file__).resolve().parent / "samples.md"
FILES = "*.edi"
ALL = CheckLimits(max_faults=1 << 20)


@dataclass(frozen=True)
class Cause:
    """Why interchanges are refused: the kinds of fault that show it, and ``also`` what else holds of such a fault. ``example`` has one."""

    name: str
    kinds: frozenset[FaultKind]
    example: bytes
    remark: str = ""
    also: Callable[[Fault], bool] = field(default=lambda _: True)

    def shows_in(self, fault: Fault) -> bool:
        return fault.kind in self.kinds and self.also(fault)


def _kinds(*names: str) -> frozenset[FaultKind]:
    return frozenset(FaultKind[name] for name in names)


def _interchange(*segments: str) -> bytes:
    return "".join(f"{segment}'" for segment in segments).encode()


def _message(*body: str, type: str = "CUSRES:D:96B:UN", header: str = "UNB+UNOC:3+A+B+240229:1200+7") -> bytes:
    return _interchange(header, f"UNH+1+{type}", *body, f"UNT+{len(body) + 2}+1", "UNZ+1+7")


CAUSES = (
    Cause("syntax of others", _kinds("SYNTAX_UNSUPPORTED", "ENCODING_UNSUPPORTED"), _message(header="UNB+IATA:1+A+B+240229:1200+7"), "airlines have theirs"),
    Cause(
        "no interchange",
        _kinds("NOT_AN_INTERCHANGE"),
        _interchange("UNH+1+ORDERS:D:96A:UN"),
        "a message without its envelope, or notes of people after the last one",
    ),
    Cause(
        "date or time of preparation",
        _kinds("TOO_LONG", "TOO_SHORT"),
        _message("BGM+962", header="UNB+UNOC:4+A+B+240229:1200+7"),
        "`YYMMDD` in syntax version 4, `CCYYMMDD` in earlier ones, day of the year",
        lambda fault: fault.segment in {"UNB", "UNG"} and fault.element == 5,
    ),
    Cause(
        "service segment incomplete",
        _kinds("ELEMENT_MISSING", "COMPOSITE_MISSING", "COMPONENT_MISSING"),
        _interchange("UNB+UNOC:3+A+B+240229:1200"),
        "",
        lambda fault: fault.segment.startswith("UN"),
    ),
    Cause(
        "cut off, or segments of the envelope forgotten",
        _kinds("TRAILER_MISSING"),
        _interchange("UNB+UNOC:3+A+B+240229:1200+7", "UNH+1+CUSRES:D:96B:UN", "BGM+962"),
    ),
    Cause(
        "counts",
        _kinds("COUNT_IN_UNT", "COUNT_IN_UNE", "COUNT_IN_UNZ"),
        _message("BGM+962").replace(b"UNT+3", b"UNT+2"),
        "edited by hand after the count was made",
    ),
    Cause(
        "references of header and trailer",
        _kinds("REFERENCE_IN_UNT", "REFERENCE_IN_UNE", "REFERENCE_IN_UNZ"),
        _message("BGM+962").replace(b"UNZ+1+7", b"UNZ+1+8"),
    ),
    Cause(
        "references used twice, groups mixed, nothing inside",
        _kinds(
            "DUPLICATE_MESSAGE", "DUPLICATE_GROUP", "GROUPS_AND_MESSAGES_MIXED", "TYPES_MIXED_IN_GROUP", "GROUP_EMPTY", "INTERCHANGE_EMPTY", "OUTSIDE_MESSAGE"
        ),
        _interchange("UNB+UNOC:3+A+B+240229:1200+7", *("UNH+1+CUSRES:D:96B:UN", "BGM+962", "UNT+3+1") * 2, "UNZ+2+7"),
    ),
    Cause(
        "directory that does not exist here", _kinds("DIRECTORY_UNKNOWN"), _message(type="PAXLST:93:1:IA"), "of another agency, earlier than D.93A, or misspelt"
    ),
    Cause(
        "message type of others",
        _kinds("MESSAGE_TYPE_UNKNOWN"),
        _message(type="MEDRPT:D:93A:UN"),
        "national messages that name the United Nations as their agency",
    ),
    Cause(
        "characters",
        _kinds("CHARACTER_INVALID", "UNDECODABLE"),
        _message("BGM+962+a", header="UNB+UNOA:2+A+B+240229:1200+7"),
        "small letters in `UNOA`, UTF-8 in `UNOC`, line ends within a segment",
    ),
    Cause("codes that are in no list", _kinds("CODE_UNKNOWN"), _message("BGM+50E"), "of a subset, which has to name its list (1131, 3055)"),
    Cause(
        "segments missing, unknown, out of place or too many",
        _kinds("SEGMENT_MISSING", "GROUP_MISSING", "SEGMENT_UNKNOWN", "SEGMENT_NOT_IN_MESSAGE", "SEGMENT_OUT_OF_PLACE", "SEGMENT_REPEATED", "GROUP_REPEATED"),
        _message("BGM+962", "UNS+S"),
    ),
)
REST = "elements of messages"


@dataclass
class Tally:
    """What was counted. ``causes``: files by the cause that some fault of theirs shows; ``alone``: those whose faults all show that one."""

    files: int = 0
    good_files: int = 0
    interchanges: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    messages: int = 0
    good_messages: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)

    def add(self, reports: list[Report]) -> None:
        """One file."""
        self.files += 1
        self.interchanges += len(reports)
        self.verdicts.update(report.verdict for report in reports)
        self.messages += sum(len(report.messages) for report in reports)
        self.good_messages += sum(message.verdict is Verdict.ACCEPTED for report in reports for message in report.messages)
        found = {cause_of(fault) for report in reports for fault in report.faults}
        self.causes.update(found)
        if len(found) == 1:
            self.alone.update(found)
        self.good_files += not found


def cause_of(fault: Fault) -> str:
    return next((cause.name for cause in CAUSES if cause.shows_in(fault)), REST)


def tally(folder: Path, directories: Directories) -> Tally:
    result = Tally()
    for path in sorted(folder.glob(FILES)):
        result.add(list(check_stream([path.read_bytes()], directories, limits=ALL)))
    return result


def said_of(cause: Cause, directories: Directories) -> tuple[str, str]:
    """The segment at fault in the example, and what the check says of it."""
    fault = next(filter(cause.shows_in, check_interchange(cause.example, directories).faults))
    start = cause.example.rfind(b"'", 0, fault.offset) + 1
    return cause.example[start : cause.example.index(b"'", fault.offset) + 1].decode(), fault.text("en")


HEAD = """# Interchanges from the field

<!-- Written by docs/samples.py: `make samples`, where the samples are. -->

{files} files with UN/EDIFACT from public repositories, as `vanhub check` sees them. They are examples from implementation guides, test data of EDI programs, and what partners sent with the names changed; many were edited by hand, some
are wrong on purpose. They show what to expect of a partner who connects for the first time. None of them is in this repository.

| | of | without fault |
|---|---|---|
"""
TABLE = """
## Why the others have faults

A file may have several causes; the third column counts files that have no other. The examples are made up.

| cause | files | alone | for example | the check says |
|---|---|---|---|---|
"""

LESSONS = """
## What they taught

- **Who sends codes of a subset has to say so.** Nearly a third of the files have codes that are in no list of the United Nations, most of them those of a subset, such as `50E`. `BGM+50E::9` is good: 3055 names the agency, and the list is then its own.
- **The date in `UNB` shows who has syntax version 4 in name only.** Most interchanges that say version 4 have the year in two digits. It stays a fault, because the
  recipient gets the octets as they came and may take the asterisk for what version 4 makes of it; the cure is one digit in S001 or two in S004.
- **Small letters in `UNOA` and UTF-8 in `UNOC`** are what is wrong with characters. A letter in UTF-8 is two characters of `UNOC`, of which one may be a control character: that is where the fault is shown. What such a partner needs is `UNOC`, or `UNOW`,
  in `UNB`, or an [agreement](agreement.md) on the encoding.
- **Counts are wrong by one or two where a person changed a message,** so that a wrong count is a reason to ask what else was changed.
- **A message without its envelope is no interchange.** Some files begin with `UNH`. It is one fault, not one for each segment.
- **White space is everywhere:** line ends after segments, a space before each tag, blank lines, a byte order mark. Between segments it is dropped; inside a value it is a fault.
"""


def render(result: Tally, directories: Directories) -> str:
    rows = [
        ("files", result.files, result.good_files),
        ("interchanges", result.interchanges, result.verdicts[Verdict.ACCEPTED]),
        ("messages", result.messages, result.good_messages),
    ]
    text = HEAD.format(files=result.files) + "".join(f"| {name} | {of} | {good} |\n" for name, of, good in rows) + TABLE
    causes = {cause.name: cause for cause in CAUSES}
    for name, files in sorted(result.causes.items(), key=lambda item: (-item[1], item[0])):
        segment, said = said_of(causes[name], directories) if name in causes else ("", "")
        remark = causes[name].remark if name in causes else ""
        shown = f"`{segment}`" if segment else ""
        text += f"| {name}{': ' if remark else ''}{remark} | {files} | {result.alone[name]} | {shown} | {said} |\n"
    return text + LESSONS


def main(folder: str) -> None:
    directories = open_directories(packed("schemas"))
    PAGE.write_text(render(tally(Path(folder), directories), directories), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
