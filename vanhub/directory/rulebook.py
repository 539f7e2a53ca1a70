"""What the check goes by, compiled from the directories and kept: one ``Rulebook`` for all interchanges.

A ``Rules`` judges the segments of one directory as written in one syntax version with one set of service characters; a ``Profile`` adds the
segment table of one message type. Both are compiled at first use and kept within bounds, so that a stream of odd service
characters or message types costs time, not memory.

Readings that this module decides:

- Which service elements have a closed list: 0025, 0031, 0035, 0073, 0081, 0083. The lists of all others grow with each edition or are the
  parties' own affair (partner qualifiers, agencies, versions, message types, error codes, algorithms).
- 0031 and 0035 may also be 0: it is in no list, but many write it for "no acknowledgement asked", "no test", and all understand it.
- In D.23A and D.24A element 6411 has one stray code and no list.
- Syntax versions 1 and 2 give 0052 and 0054 three digits; everybody sends ``D`` and ``96B`` in them, which version 3 made right.
- CONTRL, AUTACK and KEYMAN are of the service directories: of version 4 where their own version or the interchange's says so, else of version 3.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vanhub.directory.elements import ElementCheck, ElementFinding, hint
from vanhub.directory.model import CompositeUse, Directories, Directory, ElementUse, Representation, SegmentDefinition
from vanhub.directory.patterns import SegmentPattern, segment_pattern
from vanhub.directory.table import SegmentTable
from vanhub.edifact.charset import Repertoire
from vanhub.edifact.envelope import ENVELOPE_TAGS
from vanhub.edifact.scanner import Marks

_CLOSED_SERVICE_LISTS = frozenset({"0025", "0031", "0035", "0073", "0081", "0083"})
_ZERO_IS_NO = frozenset({"0031", "0035"})
_OPEN_LISTS = frozenset({"6411"})
_ALPHANUMERIC_SINCE_3 = frozenset({"0052", "0054"})

_MOST_RULES = 64
_MOST_PROFILES = 512
_MOST_SHAPES = 2_000
_MOST_FINDINGS = 256
_SHORT = 128
_MOST_ACCEPTED = 8_192
_BRIEF = 24


class _UserVocabulary:
    """A directory's own lists."""

    def __init__(self, directory: Directory) -> None:
        self.element_name = directory.element_name
        self.dependencies = directory.dependencies
        self._codes = directory.codes

    def codes(self, element: str) -> Mapping[str, str] | None:
        return None if element in _OPEN_LISTS else self._codes(element)


class _ServiceVocabulary(_UserVocabulary):
    """The lists of a service directory that are closed."""

    def __init__(self, directory: Directory) -> None:
        super().__init__(directory)
        self._closed: dict[str, Mapping[str, str]] = {}

    def codes(self, element: str) -> Mapping[str, str] | None:
        if element not in _CLOSED_SERVICE_LISTS:
            return None
        codes = self._closed.get(element)
        if codes is None:
            codes = {**(self._codes(element) or {}), **({"0": "no"} if element in _ZERO_IS_NO else {})}
            self._closed[element] = codes
        return codes


def _vocabulary(directory: Directory) -> type[_UserVocabulary]:
    return _ServiceVocabulary if directory.name.startswith("service-") else _UserVocabulary


class Rules:
    """Judges segments. ``directory`` None: only the service segments are known."""

    def __init__(self, directory: Directory | None, service: Directory, version_4: Directory, marks: Marks, syntax_version: int) -> None:
        self._sources = [(source, _vocabulary(source)) for source in (directory, service, version_4) if source is not None]
        self._envelope = [(service, _vocabulary(service))]
        self._marks = marks
        self._syntax_version = syntax_version
        self._checks = {source.name: ElementCheck(vocabulary(source), marks, syntax_version) for source, vocabulary in self._sources}
        self._definitions: dict[str, tuple[SegmentDefinition, Directory, type[_UserVocabulary]] | None] = {}
        self._patterns: dict[str, SegmentPattern] = {}
        # Brief segments without fault, of which a good part come again and again.
        self._accepted: set[str] = set()
        self._accepted_once: set[str] = set()
        self._hints: dict[tuple[str, str, str], str] = {}
        self._findings: dict[tuple[str, str, str], tuple[ElementFinding, ...]] = {}

    def knows(self, tag: str) -> bool:
        return self._find(tag) is not None

    def findings(self, tag: str, text: str, repertoire: Repertoire) -> tuple[ElementFinding, ...]:
        """All that is wrong with the elements of ``text``, a segment of a known ``tag``. Of short texts it is remembered."""
        key = (repertoire.name, tag, text)
        findings = self._findings.get(key)
        if findings is None:
            found = self._find(tag)
            findings = tuple(self._checks[found[1].name].check(found[0], text, repertoire)) if found else ()
            if len(text) <= _SHORT:
                if len(self._findings) >= _MOST_FINDINGS:
                    self._findings.clear()
                self._findings[key] = findings
        return findings

    def hint(self, tag: str, finding: ElementFinding) -> str:
        """``elements.hint`` for a coded value of a segment, remembered: partners make the same mistake again and again."""
        key = (self.list_of(tag), finding.params["name"], finding.value or "")
        found = self._hints.get(key)
        if found is None:
            if len(self._hints) >= _MOST_FINDINGS:
                self._hints.clear()
            found = self._hints[key] = hint(finding.value or "", finding.codes or {})
        return found

    def list_of(self, tag: str) -> str:
        """The name of the directory that a segment's code lists are of."""
        found = self._find(tag)
        return found[1].name if found else ""

    def accept(self, tags: Sequence[str], texts: Sequence[str]) -> bool:
        """Whether nothing is wrong with any of these segments; arguments as for ``doubtful``. False may also mean that it takes ``findings`` to tell."""
        return not self.doubtful(tags, texts)

    def doubtful(self, tags: Sequence[str], texts: Sequence[str], *, compiling: bool = True) -> list[int]:
        """Which of these segments, by index, are not shown to be without fault: it takes ``findings`` to tell.

        ``tags`` are the first three characters of each text. The texts are within their repertoire. Without ``compiling`` what no pattern was compiled
        for is doubtful: compiling takes some milliseconds for each.
        """
        patterns, release, accepted = self._patterns, self._marks.release, self._accepted
        doubtful: list[int] = []
        for at, text in enumerate(texts):
            if text in accepted:
                continue
            tag = tags[at]
            try:
                pattern = patterns[tag]
            except KeyError:
                found = self._compile(tag) if compiling else None
                if found is None:
                    doubtful.append(at)
                    continue
                pattern = found
            match = pattern.plain(text)
            if match is None:
                if release and release in text and (compiling or pattern.is_whole):
                    match = pattern.released(text)
                if match is None:
                    doubtful.append(at)
                    continue
            captured = match.groups()
            if (captured not in pattern.known and not pattern.codes_hold(captured)) or (pattern.rules is not None and not pattern.rules(text)):
                doubtful.append(at)
            elif len(text) <= _BRIEF:
                # Most texts come once: only those that come again push others out.
                (accepted if text in self._accepted_once else self._accepted_once).add(text)
        if len(accepted) > _MOST_ACCEPTED:
            accepted.clear()
        if len(self._accepted_once) > _MOST_ACCEPTED:
            self._accepted_once.clear()
        return doubtful

    def _compile(self, tag: str) -> SegmentPattern | None:
        found = self._find(tag)
        if found is None:
            return None  # not kept: tags that nobody knows are without number
        definition, source, vocabulary = found
        pattern = self._patterns[tag] = segment_pattern(definition, vocabulary(source), self._marks, self._syntax_version)
        return pattern

    def _find(self, tag: str) -> tuple[SegmentDefinition, Directory, type[_UserVocabulary]] | None:
        found = self._definitions.get(tag)
        if found is None:
            for source, vocabulary in self._envelope if tag in ENVELOPE_TAGS else self._sources:
                definition = source.segment(tag)
                if definition is not None:
                    found = self._definitions[tag] = (self._as_sent(definition), source, vocabulary)
                    break
        return found

    def _as_sent(self, definition: SegmentDefinition) -> SegmentDefinition:
        if self._syntax_version > 2 or definition.tag not in {"UNG", "UNH"}:
            return definition
        return dataclasses.replace(definition, elements=tuple(_alphanumeric(use) for use in definition.elements))


def _alphanumeric(use: ElementUse | CompositeUse) -> ElementUse | CompositeUse:
    if isinstance(use, CompositeUse):
        return dataclasses.replace(use, components=tuple(_alphanumeric_element(member) for member in use.components))
    return use


def _alphanumeric_element(use: ElementUse) -> ElementUse:
    if use.id not in _ALPHANUMERIC_SINCE_3:
        return use
    return dataclasses.replace(use, representation=Representation("an", use.representation.least, use.representation.most))


class Profile:
    """A message type of one directory: its segment table and the rules of its segments."""

    def __init__(self, table: SegmentTable, rules: Rules) -> None:
        self.table = table
        self.rules = rules
        self.is_secured = "USH" in table.tags
        self._shapes: set[str] = set()

    def conforms(self, tags: list[str]) -> bool:
        """``SegmentTable.conforms``, remembered: partners send the same shapes again and again."""
        shape = "".join(tags)
        if shape in self._shapes and len(shape) == 3 * len(tags):
            return True  # all tags of a table have three characters: no others make this shape
        if not self.table.conforms(tags):
            return False
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        if len(shape) <= 1024:
            self._shapes.add(shape)
        return True


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why there is no profile: the directory is not known (``directory`` False), or the directory does not have the type."""

    directory: bool


class Rulebook:
    """Everything compiled from one set of directories."""

    def __init__(self, directories: Directories) -> None:
        self._directories = directories
        self._rules: dict[tuple[str, Marks, int], Rules] = {}
        self._tables: dict[tuple[str, str], SegmentTable] = {}
        self._profiles: dict[tuple[str, str, str, str, Marks, int, bool], Profile | Unknown] = {}

    def service_rules(self, marks: Marks, syntax_version: int) -> Rules:
        """For UNB, UNG, UNE, UNZ, and for messages of an unknown directory."""
        return self._rules_of(None, marks, syntax_version)

    def profile(self, type: str, version: str, release: str, agency: str, marks: Marks, syntax_version: int, *, interactive: bool = False) -> Profile | Unknown:
        """By S009 or S306 0065, 0052, 0054, 0051."""
        key = (type, version, release, agency, marks, syntax_version, interactive)
        profile = self._profiles.get(key)
        if profile is None:
            if len(self._profiles) >= _MOST_PROFILES:
                self._profiles.clear()
            directory = self._directory(type, version, release, agency, syntax_version, interactive=interactive)
            profile = self._profiles[key] = self._find(type, directory, marks, syntax_version, interactive=interactive)
        return profile

    def profile_in_use(self, type: str, version: str, release: str, agency: str, marks: Marks, syntax_version: int) -> Profile | Unknown | None:
        """As ``profile``, None where it was not asked for before: loading takes dozens of milliseconds."""
        return self._profiles.get((type, version, release, agency, marks, syntax_version, False))

    def _directory(self, type: str, version: str, release: str, agency: str, syntax_version: int, *, interactive: bool) -> Directory | None:
        # Types of the service directories come first: no other directory has them.
        number = 4 if version == "4" or syntax_version >= 4 else 3
        for service in () if interactive else (self._directories.service(number), self._directories.service(4)):
            if agency in {"UN", ""} and service.message(type) is not None:
                return service
        return self._directories.find(version, release, agency)

    def _find(self, type: str, directory: Directory | None, marks: Marks, syntax_version: int, *, interactive: bool) -> Profile | Unknown:
        if directory is None:
            return Unknown(directory=False)
        if interactive:
            directory = directory.interactive
        definition = directory.message(type) if directory is not None else None
        if directory is None or definition is None:
            return Unknown(directory=True)
        name = (directory.name, type)
        table = self._tables.get(name)
        if table is None:
            if len(self._tables) >= _MOST_PROFILES:
                self._tables.clear()
            table = self._tables[name] = SegmentTable(definition)
        return Profile(table, self._rules_of(directory, marks, syntax_version))

    def _rules_of(self, directory: Directory | None, marks: Marks, syntax_version: int) -> Rules:
        key = (directory.name if directory is not None else "", marks, syntax_version)
        rules = self._rules.get(key)
        if rules is None:
            if len(self._rules) >= _MOST_RULES:
                self._rules.clear()
            service = self._directories.service(syntax_version)
            rules = self._rules[key] = Rules(directory, service, self._directories.service(4), marks, syntax_version)
        return rules


_books: list[tuple[Directories, Rulebook]] = []
_MOST_BOOKS = 4


def rulebook(directories: Directories) -> Rulebook:
    """The one rulebook of these directories; those used last are kept."""
    for known, book in _books:
        if known is directories:
            return book
    book = Rulebook(directories)
    _books.insert(0, (directories, book))
    del _books[_MOST_BOOKS:]
    return book
