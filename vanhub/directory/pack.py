"""Making a schema file: one or more directories in a few hundred kilobytes, any part of which is read without the rest.

``python -m vanhub.directory.pack SOURCE DEST`` makes ``un-edifact.schema`` and ``service.schema`` from one
``*.json.gz`` a directory; ``pack_schema`` makes the file of any list of directories, of a single one too.

A schema file is a zip of JSON members. Consecutive directories are nearly the same, so a member maps each key to
its *history*, a list of ``[since, value]``: from the directory with index ``since`` on the key has ``value``, until
the next entry; ``null`` says that it was dropped.

=============================  =====================================================================================
``schema.json``                ``{"format": 1, "directories": [{"name", "quality", "source", "counts", ...}]}``, oldest
                               first: the index of a directory in this list is what the histories count by
``messages.json``              message type -> name
``messages/TYPE.json``         ``tree`` (the segment table) and the revision or version of the message
``segments.json``              tag -> ``[name, [[id, status, repeats, representation?], ...]]``
``composites.json``            id -> ``[name, [[element, status, repeats, representation], ...]]``
``elements.json``              id -> ``[name, representation, use?]``
``codes/ELEMENT.json``         code value -> name
``dependencies.json``          tag -> coded dependency notes
``servicecodes/ELEMENT.json``  as ``codes``: the service code list that was printed with this directory
``interactive/...``            ``messages``, ``segments``, ``composites`` of the interactive directories
=============================  =====================================================================================

The same directories give the same bytes: members are sorted and carry no times.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

FORMAT = 1
SUFFIX = ".schema"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can say
_RELEASE = re.compile(r"([A-Z])\.(\d\d)([A-Z])")

# What of a source directory is told about it as a whole, besides its name and counts.
_TOLD = ("quality", "source", "codesource", "parsewarnings", "changedmessages", "syntaxversion", "una")

# One code in the list of an element whose codes are users' own (6411, measurement unit): a slip of these derived
# directories. Kept, it would make a closed list of one and refuse every unit.
_STRAY_CODELISTS = frozenset({("D.23A", "6411"), ("D.24A", "6411")})

Source = Mapping[str, Any]
"""A directory as plain JSON: see "One directory as plain JSON" in ``schemas/README.md``."""

_Histories = dict[str, list[list[Any]]]


def directory_order(name: str) -> tuple[int, int, str]:
    """Sort key that puts ``D.93A`` before ``D.00A`` before ``D.24A``; names of another form come after them, by name."""
    release = _RELEASE.fullmatch(name)
    if release is None:
        return (1, 0, name)
    year = int(release[2])
    return (0, year + (1900 if year >= 70 else 2000), release[3] + release[1])


def pack_schema(sources: Sequence[Source]) -> bytes:
    """The schema file of these directories, given in the order of their age.

    Raises:
        ValueError: two directories of the same name.
    """
    names = [str(source["directory"]) for source in sources]
    if len(set(names)) != len(names):
        raise ValueError("a directory is given twice")
    members: dict[str, _Histories] = {}
    for index, source in enumerate(sources):
        mappings = dict(_members(source))
        # All members, not only this directory's: what it does not have at all must not live on in it.
        for member in members.keys() | mappings.keys():
            _record(members.setdefault(member, {}), mappings.get(member, {}), index)
    head = {"format": FORMAT, "directories": [_head(source) for source in sources]}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in [("schema.json", head), *sorted(members.items())]:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            archive.writestr(info, text.encode(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def _members(source: Source) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The members that a directory contributes to, each as its plain mapping."""
    interactive = source.get("interactive", {})
    for prefix, part in (("", source), ("interactive/", interactive)):
        messages = part.get("messages", {})
        if messages:
            yield f"{prefix}messages.json", {type: message["name"] for type, message in messages.items()}
        for type, message in messages.items():
            yield f"{prefix}messages/{type}.json", {key: value for key, value in message.items() if key != "name"}
        for section in ("segments", "composites", "elements", "dependencies"):
            if part.get(section):
                yield f"{prefix}{section}.json", part[section]
    for section, lists in (("codes", _codelists(source)), ("servicecodes", source.get("servicecodes", {}))):
        for element, mapping in lists.items():
            yield f"{section}/{element}.json", mapping


def _codelists(source: Source) -> dict[str, Mapping[str, str]]:
    return {element: codes for element, codes in source["codes"].items() if (source["directory"], element) not in _STRAY_CODELISTS}


def _record(histories: _Histories, mapping: Mapping[str, Any], index: int) -> None:
    """Bring the histories of one member up to the directory with this index."""
    for key in histories.keys() | mapping.keys():
        value = mapping.get(key)
        history = histories.setdefault(key, [])
        if value != (history[-1][1] if history else None):
            history.append([index, value])


def _head(source: Source) -> dict[str, Any]:
    counts = {section: len(source[section]) for section in ("messages", "segments", "composites", "elements")}
    lists = _codelists(source)
    counts |= {"codelists": len(lists), "codes": sum(map(len, lists.values()))}
    return {"name": source["directory"], "counts": counts} | {key: source[key] for key in _TOLD if key in source}


def main(arguments: Sequence[str]) -> int:
    """``SOURCE DEST``: read every ``*.json.gz`` directly in SOURCE, write the two schema files into DEST."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m vanhub.directory.pack SOURCE DEST\n")
        return 2
    source, destination = map(Path, arguments)
    directories = [json.loads(gzip.decompress(path.read_bytes())) for path in sorted(source.glob("*.json.gz"))]
    directories.sort(key=lambda directory: directory_order(directory["directory"]))
    service = [directory for directory in directories if "syntaxversion" in directory]
    exchanged = [directory for directory in directories if "syntaxversion" not in directory]
    for name, chosen in (("un-edifact", exchanged), ("service", service)):
        path = destination / f"{name}{SUFFIX}"
        path.write_bytes(pack_schema(chosen))
        sys.stdout.write(f"{path}: {len(chosen)} directories, {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
