"""A directory as text for a terminal and as JSON: the list of all, a message's segment table, a segment, an element with its codes.

Text and JSON say the same facts. Functions return lines or plain values; nothing is printed here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vanhub.directory.load import SchemaDirectories, SchemaDirectory
from vanhub.directory.model import CompositeUse, ElementUse, GroupUse, MessageDefinition, SegmentDefinition, SegmentUse
from vanhub.errors import OperatorError

_COUNTS = ("messages", "segments", "composites", "elements", "codelists", "codes")


def find_directory(directories: SchemaDirectories, name: str) -> SchemaDirectory:
    """``D.96B``, also written ``d96b`` or ``D:96B``; ``service-1`` to ``service-4``.

    Raises:
        OperatorError: there is none; the text names the nearest.
    """
    every = {directory.name: directory for directory in _all(directories)}
    plain = {_plain(known): directory for known, directory in every.items()}
    directory = plain.get(_plain(name))
    if directory is None:
        raise OperatorError(f"there is no directory {name}{_nearest(name, every)}")
    return directory


def list_lines(directories: SchemaDirectories) -> list[str]:
    """A table: name, counts, quality, source; a source that many share is given once, below."""
    sources = list(dict.fromkeys(directory.source for directory in _all(directories)))
    rows = [["directory", *_COUNTS, "quality", "source"]]
    for directory in _all(directories):
        counts = [str(directory.counts[count]) for count in _COUNTS]
        rows.append([directory.name, *counts, directory.quality, f"[{sources.index(directory.source) + 1}]"])
    return [*_table(rows, numeric=range(1, 1 + len(_COUNTS))), "", *(f"[{number}] {source}" for number, source in enumerate(sources, start=1))]


def list_json(directories: SchemaDirectories) -> list[dict[str, Any]]:
    """One object a directory: ``name``, ``quality``, ``source``, ``counts``."""
    return [
        {"name": directory.name, "quality": directory.quality, "source": directory.source, "counts": dict(directory.counts)} for directory in _all(directories)
    ]


def types_lines(directory: SchemaDirectory) -> list[str]:
    """The message types of a directory, one a line."""
    head = f"{directory.name}: {len(directory.message_types())} message types ({directory.quality})"
    return [head, "", *_table([[type, _message(directory, type).name] for type in directory.message_types()])]


def types_json(directory: SchemaDirectory) -> dict[str, Any]:
    """``{"directory", "quality", "messages": {type: name}}``."""
    return {"directory": directory.name, "quality": directory.quality, "messages": {type: _message(directory, type).name for type in directory.message_types()}}


def thing_lines(directory: SchemaDirectory, service: SchemaDirectory, name: str) -> list[str]:
    """A message type, segment, composite or element by its name, any case. ``service`` knows the segments UNH, UNT, UNS ... .

    Raises:
        OperatorError: the directory has nothing of that name; the text names the nearest.
    """
    name = name.upper()
    message = directory.message(name)
    if message is not None:
        return _message_lines(directory, service, message)
    for home in (directory, service):
        segment = home.segment(name)
        if segment is not None:
            return _segment_lines(home, segment)
        components = home.components(name)
        if components is not None:
            uses = [[str(number), *_element_row(home, use, "")] for number, use in enumerate(components, start=1)]
            return [f"{name} {home.name}  {home.element_name(name)}", "", *_table(uses, numeric=[0])]
        if home.representation(name) is not None:
            return _element_lines(home, name)
    raise OperatorError(f"{directory.name} has no message type, segment, composite or data element {name}{_nearest(name, _names(directory, service))}")


def thing_json(directory: SchemaDirectory, service: SchemaDirectory, name: str) -> dict[str, Any]:
    """As ``thing_lines``; ``kind`` is ``message``, ``segment``, ``composite`` or ``element``.

    Raises:
        OperatorError: as ``thing_lines``.
    """
    name = name.upper()
    message = directory.message(name)
    if message is not None:
        table = [_row_json(directory, service, row) for row in message.children]
        return {"kind": "message", "directory": directory.name, "type": name, "name": message.name, "revision": directory.revision(name), "table": table}
    for home in (directory, service):
        segment = home.segment(name)
        if segment is not None:
            elements = [_use_json(home, use) for use in segment.elements]
            return {
                "kind": "segment",
                "directory": home.name,
                "tag": name,
                "name": segment.name,
                "elements": elements,
                "dependencies": list(home.dependencies(name)),
            }
        components = home.components(name)
        if components is not None:
            uses = [_use_json(home, use) for use in components]
            return {"kind": "composite", "directory": home.name, "id": name, "name": home.element_name(name), "components": uses}
        representation = home.representation(name)
        if representation is not None:
            codes = home.codes(name)
            return {
                "kind": "element",
                "directory": home.name,
                "id": name,
                "name": home.element_name(name),
                "representation": str(representation),
                "codes": None if codes is None else {code: codes[code] for code in sorted(codes, key=_natural)},
            }
    raise OperatorError(f"{directory.name} has no message type, segment, composite or data element {name}{_nearest(name, _names(directory, service))}")


def _all(directories: SchemaDirectories) -> Iterator[SchemaDirectory]:
    for name in directories.names():
        directory = directories.get(name)
        if directory is not None:
            yield directory
    yield from (directories.service(version) for version in (1, 2, 3, 4))


def _message(directory: SchemaDirectory, type: str) -> MessageDefinition:
    message = directory.message(type)
    if message is None:
        raise OperatorError(f"{directory.name} has no message type {type}")
    return message


def _message_lines(directory: SchemaDirectory, service: SchemaDirectory, message: MessageDefinition) -> list[str]:
    revision = directory.revision(message.type)
    head = f"{message.type} {message.directory}  {message.name}" + (f", revision {revision}" if revision else "")
    rows = [[branch, _status(row.mandatory), str(row.most), _row_name(directory, service, row)] for branch, row in _tree(message.children)]
    return [head, "", *_table(rows, numeric=[2])]


def _tree(rows: Sequence[SegmentUse | GroupUse], indent: str | None = None) -> Iterator[tuple[str, SegmentUse | GroupUse]]:
    """Every row below, each with its branch of the tree; the outermost rows hang from nothing."""
    for index, row in enumerate(rows):
        last = index == len(rows) - 1
        branch, below = ("", "") if indent is None else (indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "))
        if isinstance(row, SegmentUse):
            yield branch + row.tag, row
        else:
            yield f"{branch}group {row.number}", row
            yield from _tree(row.children, below)


def _row_name(directory: SchemaDirectory, service: SchemaDirectory, row: SegmentUse | GroupUse) -> str:
    if isinstance(row, GroupUse):
        return ""
    segment = directory.segment(row.tag) or service.segment(row.tag)
    return segment.name if segment is not None else ""


def _row_json(directory: SchemaDirectory, service: SchemaDirectory, row: SegmentUse | GroupUse) -> dict[str, Any]:
    common = {"mandatory": row.mandatory, "most": row.most}
    if isinstance(row, SegmentUse):
        return {"tag": row.tag, "name": _row_name(directory, service, row), **common}
    return {"group": row.number, **common, "table": [_row_json(directory, service, child) for child in row.children]}


def _segment_lines(directory: SchemaDirectory, segment: SegmentDefinition) -> list[str]:
    rows = []
    for number, use in enumerate(segment.elements, start=1):
        place = f"{number:02d}0"
        rows.append([place, *_element_row(directory, use, "")])
        if isinstance(use, CompositeUse):
            rows.extend(["", *_element_row(directory, component, "  ")] for component in use.components)
    lines = [f"{segment.tag} {directory.name}  {segment.name}", "", *_table(rows, numeric=[3])]
    notes = directory.dependencies(segment.tag)
    return [*lines, "", *notes] if notes else lines


def _element_row(directory: SchemaDirectory, use: ElementUse | CompositeUse, indent: str) -> list[str]:
    """Id, status, repeats, representation, name; a coded element is marked with the number of its codes."""
    name = directory.element_name(use.id) or ""
    if isinstance(use, CompositeUse):
        return [indent + use.id, _status(use.mandatory), str(use.most), "", name]
    codes = directory.codes(use.id)
    return [indent + use.id, _status(use.mandatory), str(use.most), str(use.representation), f"{name} ({_counted(codes)})" if codes else name]


def _use_json(directory: SchemaDirectory, use: ElementUse | CompositeUse) -> dict[str, Any]:
    common = {"id": use.id, "name": directory.element_name(use.id), "mandatory": use.mandatory, "most": use.most}
    if isinstance(use, CompositeUse):
        return {**common, "components": [_use_json(directory, component) for component in use.components]}
    return {**common, "representation": str(use.representation), "coded": directory.codes(use.id) is not None}


def _element_lines(directory: SchemaDirectory, id: str) -> list[str]:
    codes = directory.codes(id)
    head = f"{id} {directory.name}  {directory.element_name(id)}  {directory.representation(id)}"
    if codes is None:
        return [head, "", "No UN code list here: free text, or codes of its users."]
    return [f"{head}, {_counted(codes)}", "", *_table([[code, codes[code]] for code in sorted(codes, key=_natural)])]


def _counted(codes: Mapping[str, str]) -> str:
    return f"{len(codes)} codes" if len(codes) != 1 else "1 code"


def _status(mandatory: bool) -> str:
    return "M" if mandatory else "C"


def _names(directory: SchemaDirectory, service: SchemaDirectory) -> Iterator[str]:
    yield from directory.message_types()
    for home in (directory, service):
        yield from home.segment_tags()
        yield from home.composite_ids()
        yield from home.element_ids()


def _nearest(name: str, known: Iterable[str]) -> str:
    """``; nearest: D.96A, D.96B``, or nothing where nothing is near."""
    spelled = {each.upper(): each for each in known}
    near = difflib.get_close_matches(name.upper(), spelled, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(spelled[each] for each in near)}" if near else ""


def _plain(name: str) -> str:
    """A directory's name without case and punctuation."""
    return re.sub("[^a-z0-9]", "", name.lower())


def _natural(code: str) -> tuple[bool, int, str]:
    """Sort key: numbers by value, then words."""
    return (not code.isdigit(), int(code) if code.isdigit() else 0, code)


def _table(rows: Sequence[Sequence[str]], numeric: Iterable[int] = ()) -> list[str]:
    """Rows in columns two spaces apart; numeric columns to the right, the last one as it is."""
    right = frozenset(numeric)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) if index in right else cell.ljust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
