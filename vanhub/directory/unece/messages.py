"""The messages: one text file each, with a title page and, after pages of prose, the segment table.

::

    0160       ----- Segment group 4  ------------------ C   9----------+|
    0170   RFF Reference                                 M   1          ||
    0180 + FTX Free text                                 C   9----------++
    0190   UNT Message trailer                           M   1

Positions have four or five digits or, in D.93A, are missing. The first complete table counts: D.94B prints one twice
and D.95A has annexes with a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vanhub.directory.unece.boxes import Group, Part, Row, nested
from vanhub.directory.unece.text import DRAWN, MARKS, Line, Remarks, Text

_FIELD = re.compile(r"\s++(Message Type|Version|Release|Contr\. Agency|Revision|Date)\s*+:\s*+(.*)")
_SEGMENT = re.compile(rf"(?:\d{{4,5}}\s)?\s*+({MARKS}(?=\s))?\s*+([A-Z][A-Z0-9]{{2}})\s.*?\s([MCmc])\s++(\d{{1,9}})(?![\dA-Za-z])(.*)")
_POSITION = re.compile(r"\d{4,5}\s")
_BEGUN = re.compile(rf"\d{{4,5}}\s++(?:{MARKS}\s++)?[A-Z][A-Z0-9]{{2}}(?=\s)")
_GROUP = re.compile(rf"(?:\d{{4,5}}\s)?\s*+({MARKS}(?=\s))?\s*+-*+\s*+[Ss]egment [Gg]roup\s++(\d{{1,4}})[- ]*+([MCmc])\s++(\d{{1,9}})(?![\dA-Za-z])(.*)")
_TYPE = re.compile(r"[A-Z][A-Z0-9]{5}")
_FIRST, _LAST = {"UNH", "UIH"}, {"UNT", "UIT"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message: what its title page says (``release`` is ``96B``; ``revision`` and ``date`` as printed, empty where they are not) and its segment table."""

    type: str
    name: str
    version: str
    release: str
    revision: str
    date: str
    parts: tuple[Part, ...]
    text: Text
    line: Line

    @property
    def interactive(self) -> bool:
        """Whether it begins with UIH."""
        return self.parts[0].row.tag == "UIH"


def message(text: Text, remarks: Remarks) -> Message | None:
    """The message that a text describes, or None where it has no title page or no segment table, as introductions and indexes have none.

    Raises:
        OperatorError: the segment table has no beginning or no end, or a row of it cannot be read.
    """
    fields: dict[str, tuple[str, Line]] = {}
    at = 0
    rows: list[Row] = []
    begun: Line | None = None
    for index, line in enumerate(text.lines):
        if not rows:
            field = _FIELD.fullmatch(line.text)
            if field is not None:
                at = at or index
                fields.setdefault(field[1], (field[2].strip(), line))
        row = _row(line, line.text, rows) if "Message Type" in fields else None  # guides have tables too, but no title page
        if begun is not None:
            row = _row(begun, _joined(begun, line), rows) if row is None else None
            if row is None:
                raise text.fault(
                    begun, "this row of the segment table does not end as the others do (M or C, repeats): put it right and pack the archive again"
                )
            begun = None
        elif row is None and rows and _POSITION.match(line.text):
            begun = line
        if row is not None:
            if rows and row.tag in _FIRST:
                remarks.add(text, line, "the segment table begins anew here; what stands above is disregarded")
                rows = []
            rows.append(row)
            if row.tag in _LAST:
                break
    if not rows:
        return None
    type, line = fields["Message Type"]
    if not _TYPE.fullmatch(type):
        raise text.fault(line, f"{type or 'nothing'} is no message type: six capital letters are due")
    if rows[-1].tag not in _LAST:
        raise text.fault(rows[-1].line, "the segment table ends without UNT or UIT: is the file whole?")
    parts = nested(text, rows, remarks)
    if not parts or parts[0].row.tag not in _FIRST:
        raise text.fault(rows[0].line, "the segment table does not begin with UNH or UIH")
    values = {name: value for name, (value, _) in fields.items()}
    name = _title(text, at)
    if not name:
        remarks.add(text, None, "the title page has no title: the message is named by its type")
    return Message(
        type=type,
        name=name or type,
        version=values.get("Version", ""),
        release=values.get("Release", ""),
        revision=values.get("Revision", ""),
        date=values.get("Date", ""),
        parts=parts,
        text=text,
        line=line,
    )


def _row(line: Line, words: str, rows: list[Row]) -> Row | None:
    """The row that ``words``, from this line, are; the first of a table is its header segment."""
    if not rows and not any(tag in words for tag in _FIRST):
        return None  # most lines of a file stand above its table
    drawn = words.translate(DRAWN)
    match = _GROUP.fullmatch(drawn)
    if match is not None:
        return Row("", int(match[2]), match[3].upper(), int(match[4]), "-" in (match[1] or ""), match.start(5), match[5], line)
    match = _SEGMENT.fullmatch(drawn)
    if match is None or not (rows or match[2] in _FIRST):
        return None
    return Row(match[2], 0, match[3].upper(), int(match[4]), "-" in (match[1] or ""), match.start(5), match[5], line)


def _joined(begun: Line, line: Line) -> str:
    """A row whose name goes on in the next line, with status and repeats there: its tag from the first, the columns after it from the second."""
    match = _BEGUN.match(begun.text)
    return "" if match is None else begun.text[: match.end()] + " " + line.text[match.end() + 1 :]


def _title(text: Text, end: int) -> str:
    """The message's name: what stands on the title page after ``UN/EDIFACT`` and the message's standing."""
    paragraphs: list[list[str]] = [[]]
    for line in text.lines[:end]:
        if not line.text.strip("- "):
            paragraphs.append([])
        else:
            paragraphs[-1].append(line.text.strip())
    filled = [" ".join(paragraph) for paragraph in paragraphs if paragraph]
    words = filled[2].split() if len(filled) > 2 else []
    if len(words) > 1 and words[-2] == words[-1]:  # "INFORMATION MESSAGE MESSAGE" (D.93A)
        words.pop()
    return " ".join(words)


def table(parts: Iterable[Part]) -> list[list[object]]:
    """A segment table as the packed files have it: ``["BGM", "M", 1]``, ``[7, "C", 999, [...]]``."""
    return [
        [part.row.group, part.row.status, part.row.repeats, table(part.parts)] if isinstance(part, Group) else [part.row.tag, part.row.status, part.row.repeats]
        for part in parts
    ]
