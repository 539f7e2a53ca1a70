"""The code lists: UNCL of the directory, UNSL of the service elements printed with it.

Sections between rules, one a data element, with its codes after the ``Repr:`` line::

    *    1225  Message function code                                   [C]

         Desc: ...

         Repr: an..3

    +    46    Provisional
                  Document content is provisional.

A code stands left of the column where names begin, 10 in older files (numbers there are set to the right), 11 in later
ones; what stands in that column under a name belongs to it, what is set deeper describes the code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from vanhub.directory.unece.specifications import Heading, element_headings
from vanhub.directory.unece.text import MARKS, Line, Remarks, Text, deleting

_CODE = re.compile(rf"({MARKS})?+\s++(?P<code>[^\s:]{{1,35}})\s++(?P<name>.+)")
_REPR = re.compile(rf"\s*+(?:{MARKS})?\s*+Repr\s*+:")
_PROSE = re.compile(rf"\s*+(?:{MARKS})?\s*+(?:Desc|Note)\s*+:")


def codelists(texts: Iterable[Text], remarks: Remarks) -> dict[str, dict[str, str]]:
    """Element -> code -> name. Elements without a code (``Use ISO 3166`` and the like) are not there: any value goes."""
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        column = _column(text)
        for heading in element_headings(text):
            codes = found.setdefault(heading.id, {})
            for line, code, name in _codes(text, heading, column):
                if codes.setdefault(code, name) != name:
                    remarks.add(text, line, f"code {code} of {heading.id} is listed twice; the first name is taken")
    return {element: codes for element, codes in found.items() if codes}


def _codes(text: Text, heading: Heading, column: int) -> Iterator[tuple[Line, str, str]]:
    """Code by code: the line, the code, its name."""
    dropped = deleting(text)
    begun: tuple[Line, str, list[str]] | None = None
    open_name = False
    for line in _after_representation(heading):
        indent = len(line.text) - len(line.text.lstrip())
        match = _CODE.fullmatch(line.text)
        if match is not None and match.start("code") < column <= match.start("name"):
            if begun is not None:
                yield begun[0], begun[1], " ".join(" ".join(begun[2]).split())
            open_name = not (dropped and "-" in (match[1] or ""))
            begun = (line, match["code"], [match["name"]]) if open_name else None
        elif begun is not None and open_name and line.text and indent == column:
            begun[2].append(line.text.strip())
        else:
            open_name = False
    if begun is not None:
        yield begun[0], begun[1], " ".join(" ".join(begun[2]).split())


def _after_representation(heading: Heading) -> Iterator[Line]:
    """The lines after ``Repr:``, those of a note there aside."""
    begun, prose = False, False
    for line in heading.body:
        if _REPR.match(line.text):
            begun = True
        elif begun:
            prose = bool(line.text) and (prose or _PROSE.match(line.text) is not None)
            if not prose:
                yield line


def _column(text: Text) -> int:
    """Where names begin in this file: where the first code of most sections has it."""
    columns: Counter[int] = Counter()
    for heading in element_headings(text):
        for line in _after_representation(heading):
            match = _CODE.fullmatch(line.text)
            if match is not None:
                columns[match.start("name")] += 1
                break
    return columns.most_common(1)[0][0] if columns else 0
