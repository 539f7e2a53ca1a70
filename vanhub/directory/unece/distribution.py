"""A UN/EDIFACT directory from the archive that UNECE distributes: which file is what, the reading of all, what is missing.

Lists are known by the beginning of their names, which have been the same since 1993 but for one change:

======================  =====================================================================
EDSD, EDCD, EDED        segments, composites, data elements; TRSD, TRCD, TRED to D.96B
IDSD, IDCD              segments and composites of interactive messages; TISD, TICD to D.96B
UNCL, UNSL              code list, service code list
======================  =====================================================================

Messages are known by their content, a title page and a segment table, and the directory's name is the version and
release that their title pages have.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vanhub.directory.unece import agreement, codes, specifications
from vanhub.directory.unece.archive import LIMITS, Limits, Member, unpack
from vanhub.directory.unece.messages import Message, message, table
from vanhub.directory.unece.text import Remark, Remarks, Text
from vanhub.errors import OperatorError

_PART = re.compile(r"(TR|ED|TI|ID)(SD|CD|ED)(?![A-Z])|(UNCL|UNSL)(?![A-Z])", re.IGNORECASE)
_NAMES = {
    "SD": "segment directory (EDSD, in older releases TRSD)",
    "CD": "composite directory (EDCD, in older releases TRCD)",
    "ED": "data element directory (EDED, in older releases TRED)",
    "ISD": "segment directory of the interactive messages (IDSD)",
    "ICD": "composite directory of the interactive messages (IDCD)",
}
_NAME = re.compile(r"[A-Z]\.\d{2}[A-Z]")
_RELEASE = re.compile(r"[._](\d\d[A-Z])(?![A-Z0-9])", re.IGNORECASE)
_BINARY = (b"MZ", b"%PDF", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"GIF8", b"\x89PNG", b"\xff\xd8")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What was read: the directory as plain JSON (see ``schemas/README.md``), what is to be said about it, and the files that were no part of it."""

    directory: dict[str, Any]
    remarks: tuple[Remark, ...]
    remarks_total: int
    ignored: tuple[str, ...]

    @property
    def name(self) -> str:
        """``"D.24B"``."""
        return str(self.directory["directory"])

    def counts(self) -> dict[str, int]:
        """How many there are of each thing."""
        interactive = self.directory.get("interactive", {})
        lists = self.directory["codes"]
        counts = {section: len(self.directory[section]) for section in ("messages", "segments", "composites", "elements")}
        counts |= {"codelists": len(lists), "codes": sum(map(len, lists.values()))}
        return counts | {f"interactive_{section}": len(mapping) for section, mapping in interactive.items()}


def read_distribution(octets: bytes, file: str, name: str | None = None, limits: Limits = LIMITS) -> Distribution:
    """The directory in the archive ``octets`` of the file called ``file``; ``name`` where it should not be the one on the title pages.

    Raises:
        OperatorError: the archive cannot be unpacked, a part is missing, a row cannot be read, or parts contradict one
            another so that no check could be made of them.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise OperatorError(f"{name} is no name of a directory: it should look like D.24B")
    remarks = Remarks()
    parts, messages, ignored = _sorted(unpack(octets, file, limits), remarks)
    batch = {type: message for type, message in messages.items() if not message.interactive}
    interactive = {type: message for type, message in messages.items() if message.interactive}
    missing = [_NAMES[part] for part in ("SD", "CD", "ED", *(("ISD", "ICD") if interactive else ())) if part not in parts]
    if not batch:
        missing.insert(0, "message descriptions (EDMD, in older releases TRMD)")
    if missing:
        raise OperatorError(f"{file} holds no {', no '.join(missing)}: is it the whole distribution of a directory, as UNECE offers it?")
    named = _named(list(messages.values()), parts, file, name, remarks)
    elements = specifications.elements(parts["ED"], remarks)
    segments, composites = specifications.segments(parts["SD"], remarks), specifications.composites(parts["CD"], remarks)
    lists = codes.codelists(parts.get("UNCL", []), remarks)
    if not lists:
        remarks.add_file(file, "there is no code list (UNCL): coded elements of this directory will not be compared with one")
    agreement.check(batch, segments, composites, elements, remarks)
    agreement.check_codes(lists, elements, parts.get("UNCL", []), remarks)
    directory: dict[str, Any] = {
        "format": 1,
        "directory": named,
        "quality": "original",
        "source": f"imported from {file}, SHA-256 {hashlib.sha256(octets).hexdigest()}",
        **_plain(batch, segments, composites),
        "elements": {id: [element.name, element.representation, *([element.use] if element.use else [])] for id, element in elements.items()},
        "codes": lists,
    }
    if service := codes.codelists(parts.get("UNSL", []), remarks):
        directory["servicecodes"] = service
    if notes := {tag: list(segment.notes) for tag, segment in segments.items() if segment.notes}:
        directory["dependencies"] = notes
    if interactive or ("ISD" in parts and "ICD" in parts):
        own_segments, own_composites = specifications.segments(parts["ISD"], remarks), specifications.composites(parts["ICD"], remarks)
        agreement.check(interactive, own_segments, composites | own_composites, elements, remarks)
        directory["interactive"] = _plain(interactive, own_segments, own_composites)
    if remarks.kept:
        directory["parsewarnings"] = [str(remark) for remark in remarks.kept]
    return Distribution(directory, tuple(remarks.kept), remarks.total, tuple(ignored))


def _plain(
    messages: dict[str, Message], segments: dict[str, specifications.Segment], composites: dict[str, specifications.Composite]
) -> dict[str, dict[str, Any]]:
    return {
        "messages": {type: {"name": found.name, "rev": found.revision, "date": found.date, "tree": table(found.parts)} for type, found in messages.items()},
        "segments": {tag: [segment.name, [place.plain() for place in segment.places]] for tag, segment in segments.items()},
        "composites": {id: [composite.name, [member.plain() for member in composite.members]] for id, composite in composites.items()},
    }


def _sorted(members: Sequence[Member], remarks: Remarks) -> tuple[dict[str, list[Text]], dict[str, Message], list[str]]:
    """The texts of each list, the messages by type, and the paths of all other files."""
    parts: dict[str, list[Text]] = {}
    messages: dict[str, Message] = {}
    ignored: list[str] = []
    seen: dict[str, Member] = {}
    for member in members:
        match = _PART.match(member.name)
        if member.octets.startswith(_BINARY):
            ignored.append(member.path)
            continue
        found = None if match else message(Text.read(member.path, member.octets), remarks)
        if match is None and found is None:
            ignored.append(member.path)
            continue
        first = seen.setdefault(found.type if found else member.name.upper(), member)
        if first is not member:
            if first.octets != member.octets:
                raise OperatorError(f"{member.path} and {first.path} differ and are the same part of a directory: leave one of them in the archive")
            remarks.add_file(member.path, f"the same file as {first.path}")
        elif found is not None:
            messages[found.type] = found
        elif match is not None:
            parts.setdefault(_part(match), []).append(Text.read(member.path, member.octets))
    for texts in parts.values():
        texts.sort(key=lambda text: text.path)  # UNCL-1 before UNCL-2
    return parts, messages, ignored


def _part(match: re.Match[str]) -> str:
    if match[3]:
        return match[3].upper()
    return f"{'I' if match[1].upper() in {'TI', 'ID'} else ''}{match[2].upper()}"


def _named(messages: Sequence[Message], parts: dict[str, list[Text]], file: str, name: str | None, remarks: Remarks) -> str:
    """The directory's name: ``name`` or what most title pages say. Title pages and file names that say otherwise are remarked on."""
    printed = Counter(f"{found.version}.{found.release}".upper() for found in messages)
    likely = [printed_name for printed_name, _ in printed.most_common() if _NAME.fullmatch(printed_name)]
    if name is None and not likely:
        raise OperatorError(f"no message of {file} says of which version and release it is: give the directory's name with --name, such as --name D.24B")
    named = name or likely[0]
    if likely and likely[0] != named:
        remarks.add_file(file, f"most messages are of {likely[0]}, not of {named}")
    for found in messages:
        if f"{found.version}.{found.release}".upper() not in {named, *likely[:1]}:
            remarks.add(found.text, found.line, f"the title page says version {found.version or '-'}, release {found.release or '-'}; taken as {named}")
    for text in (text for texts in parts.values() for text in texts):
        release = _RELEASE.search(text.path.rsplit("/", 1)[-1])
        if release is not None and release[1].upper() != (likely or [named])[0][2:]:
            remarks.add(text, None, f"by its name this file is of release {release[1].upper()}; taken as {named}")
    return named
