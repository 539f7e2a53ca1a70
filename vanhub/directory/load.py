"""Reading schema files (``vanhub.directory.pack`` makes them and describes the format) into the values of ``model``.

A file is read whole when it is opened, some hundred kilobytes; everything else waits until it is asked for: a
message check unfolds its segment table, its segments and their code lists, not the directory. What is unfolded stays
and is immutable. Two threads that ask for the same thing at once may both unfold it and get equal values.

Nothing is shared between processes: a worker opens the folders itself.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from vanhub.directory.model import CompositeUse, ElementUse, GroupUse, MessageDefinition, Representation, SegmentDefinition, SegmentUse
from vanhub.directory.pack import FORMAT, SUFFIX, directory_order
from vanhub.errors import OperatorError

_Value = TypeVar("_Value")
_INTERACTIVE = "interactive/"
# The other members, of elements and codes, are the batch directory's too.
_OWN_OF_INTERACTIVE = ("messages", "segments", "composites", "dependencies")


def open_directories(*folders: Path) -> SchemaDirectories:
    """The directories of every schema file in these folders; of two with one name the later folder's is taken.

    Within a folder files are taken in the order of their names.

    Raises:
        OperatorError: a folder cannot be read, a file is no schema file, or a service directory is missing.
    """
    found: dict[str, SchemaDirectory] = {}
    for folder in folders:
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
        except OSError as error:
            raise OperatorError(f"the schema folder {folder} cannot be read: {error.strerror}") from error
        for path in paths:
            for directory in _SchemaFile(path).directories():
                found[directory.name] = directory
    return SchemaDirectories(found)


class SchemaDirectories:
    """All directories of the opened folders. Implements ``model.Directories``."""

    def __init__(self, directories: Mapping[str, SchemaDirectory]) -> None:
        service = {directory.syntax_version: directory for directory in directories.values() if directory.syntax_version is not None}
        missing = {1, 2, 3, 4} - service.keys()
        if missing:
            raise OperatorError(f"the schema folders hold no service directory of syntax version {min(missing)}")
        exchanged = sorted((name for name, directory in directories.items() if directory.syntax_version is None), key=directory_order)
        self._directories = {name: directories[name] for name in exchanged}
        self._service = service

    def names(self) -> tuple[str, ...]:
        """``D.93A`` .. ``D.24A`` and own imports, oldest first; service directories are not listed."""
        return tuple(self._directories)

    def get(self, name: str) -> SchemaDirectory | None:
        """``"D.96B"``, or None."""
        return self._directories.get(name)

    def service(self, syntax_version: int) -> SchemaDirectory:
        """The service directory of syntax version 1-4."""
        return self._service[syntax_version]

    def find(self, version: str, release: str, agency: str) -> SchemaDirectory | None:
        """By S009 0052, 0054, 0051. An agency left out (it is conditional in syntax version 1) is UN."""
        return self._directories.get(f"{version}.{release}") if agency in {"UN", ""} else None


class SchemaDirectory:
    """One directory of a schema file, or the interactive one in it. Implements ``model.Directory``; the rest is for showing it to people."""

    def __init__(self, file: _SchemaFile, index: int, head: Mapping[str, Any], *, is_interactive: bool = False) -> None:
        self._file = file
        self._index = index
        self._head = head
        self._prefix = _INTERACTIVE if is_interactive else ""
        self._unfolded: dict[tuple[str, str], Any] = {}

    def __repr__(self) -> str:
        return f"<directory {self.name}>"

    @property
    def name(self) -> str:
        """``"D.96B"``, ``"service-4"``, ``"D.96B interactive"``."""
        return f"{self._head['name']} interactive" if self._prefix else str(self._head["name"])

    @property
    def interactive(self) -> SchemaDirectory | None:
        """The interactive directory of this edition, None where there is none."""
        return self._once("interactive", "", self._find_interactive)

    def _find_interactive(self) -> SchemaDirectory | None:
        found = SchemaDirectory(self._file, self._index, self._head, is_interactive=True)
        return found if not self._prefix and found.message_types() else None

    @property
    def quality(self) -> str:
        """``original`` (from the UNECE text files), ``derived``, or a phrase."""
        return str(self._head["quality"])

    @property
    def source(self) -> str:
        """Where the facts were taken from, the code lists' own source included."""
        codes = self._head.get("codesource")
        return f"{self._head['source']}; codes: {codes}" if codes else str(self._head["source"])

    @property
    def syntax_version(self) -> int | None:
        """1-4 of a service directory, else None."""
        version = self._head.get("syntaxversion")
        return None if version is None else int(version)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many ``messages``, ``segments``, ``composites``, ``elements``, ``codelists``, ``codes``."""
        return MappingProxyType(self._head["counts"])

    def message_types(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(self._once("messages", "", lambda: sorted(self._mapping("messages.json"))))

    def message(self, type: str) -> MessageDefinition | None:
        """The segment table of a message type, or None."""
        return self._once("message", type, lambda: self._message(type))

    def revision(self, type: str) -> str:
        """The revision and date of a message type as printed, ``"4 (96-07-04)"``; ``""`` where unknown."""
        facts = self._mapping(f"messages/{type}.json")
        number, date = facts.get("rev", ""), facts.get("date", "")
        return f"{number} ({date})" if number and date else str(number or date)

    def segment_tags(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted(self._mapping("segments.json")))

    def segment(self, tag: str) -> SegmentDefinition | None:
        """The definition of a segment, or None."""
        return self._once("segment", tag, lambda: self._segment(tag))

    def composite_ids(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted(self._mapping("composites.json")))

    def components(self, id: str) -> tuple[ElementUse, ...] | None:
        """What a composite holds, or None."""
        return self._once("components", id, lambda: self._components(id))

    def element_ids(self) -> tuple[str, ...]:
        """Of simple data elements; sorted."""
        return tuple(sorted(self._mapping("elements.json")))

    def element_name(self, id: str) -> str | None:
        """Name of a simple element or composite."""
        entry = self._mapping("elements.json").get(id) or self._mapping("composites.json").get(id)
        return None if entry is None else str(entry[0])

    def representation(self, id: str) -> Representation | None:
        """Of a simple data element, or None."""
        entry = self._mapping("elements.json").get(id)
        return None if entry is None else Representation.parse(entry[1])

    def codes(self, element: str) -> Mapping[str, str] | None:
        """Code value -> name; None where the element has no UN code list here."""
        return self._once("codes", element, lambda: self._codes(element))

    def dependencies(self, tag: str) -> tuple[str, ...]:
        """Coded dependency notes of a segment, as printed."""
        return tuple(self._mapping("dependencies.json").get(tag, ()))

    def _once(self, noun: str, key: str, unfold: Callable[[], _Value]) -> _Value:
        """What ``unfold`` makes, made once. An absent thing is not kept: names come from partners and are without number."""
        try:
            value: _Value = self._unfolded[noun, key]
        except KeyError:
            value = unfold()
            if value is not None:
                self._unfolded[noun, key] = value
        return value

    def _mapping(self, member: str) -> Mapping[str, Any]:
        """A member as of this directory. Those that many questions go to are kept, the others were unfolded for good."""
        place = self._prefix + member if member.startswith(_OWN_OF_INTERACTIVE) else member
        if "/" in member:
            return self._file.as_of(place, self._index)
        return self._once("member", member, lambda: self._file.as_of(place, self._index))

    def _message(self, type: str) -> MessageDefinition | None:
        name = self._mapping("messages.json").get(type)
        if name is None:
            return None
        return MessageDefinition(type, name, self.name, _children(self._mapping(f"messages/{type}.json")["tree"]))

    def _segment(self, tag: str) -> SegmentDefinition | None:
        entry = self._mapping("segments.json").get(tag)
        if entry is None:
            return None
        name, places = entry
        elements: list[ElementUse | CompositeUse] = []
        for id, status, most, *representation in places:
            if representation:
                elements.append(ElementUse(id, status == "M", most, Representation.parse(representation[0])))
            else:
                elements.append(CompositeUse(id, status == "M", most, self.components(id) or ()))
        return SegmentDefinition(tag, name, tuple(elements))

    def _components(self, id: str) -> tuple[ElementUse, ...] | None:
        entry = self._mapping("composites.json").get(id)
        if entry is None:
            return None
        return tuple(ElementUse(element, status == "M", most, Representation.parse(text)) for element, status, most, text in entry[1])

    def _codes(self, element: str) -> Mapping[str, str] | None:
        codes = self._mapping(f"codes/{element}.json")
        return MappingProxyType(dict(codes)) if codes else None


def _children(rows: list[Any]) -> tuple[SegmentUse | GroupUse, ...]:
    """A segment table's rows: ``["BGM", "M", 1]`` is a segment, ``[7, "C", 999, [...]]`` a group."""
    return tuple(
        GroupUse(row[0], row[1] == "M", row[2], _children(row[3])) if isinstance(row[0], int) else SegmentUse(row[0], row[1] == "M", row[2]) for row in rows
    )


class _SchemaFile:
    """A schema file, open: its bytes, so that neither threads nor forked processes share a file position."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
            self._head = json.loads(self._archive.read("schema.json"))
            wrong = self._head["format"] != FORMAT
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise OperatorError(f"{path} is not a schema file: {error}; import the directory again, or remove the file") from error
        if wrong:
            raise OperatorError(f"{path} has format {self._head['format']}, this vanhub reads format {FORMAT}")

    def directories(self) -> list[SchemaDirectory]:
        """Oldest first."""
        return [SchemaDirectory(self, index, head) for index, head in enumerate(self._head["directories"])]

    def as_of(self, member: str, index: int) -> dict[str, Any]:
        """A member's mapping in the directory with this index; empty where there is no such member."""
        try:
            histories = json.loads(self._archive.read(member))
        except KeyError:
            return {}
        except (ValueError, zipfile.BadZipFile) as error:
            raise OperatorError(f"{self._path} is damaged at {member}: {error}") from error
        mapping = {}
        for key, history in histories.items():
            value = None
            for since, changed in history:
                if since > index:
                    break
                value = changed
            if value is not None:
                mapping[key] = value
        return mapping
