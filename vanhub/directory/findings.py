"""From what is wrong with segments and their order to faults in the envelope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vanhub.directory.rulebook import Rules
from vanhub.directory.walk import Finding, Misfit
from vanhub.edifact.charset import Repertoire, is_undecodable, name_of
from vanhub.edifact.envelope import Envelope, Where
from vanhub.edifact.faults import FaultKind, Level
from vanhub.edifact.scanner import Cut, Marks, split, without_releases


@dataclass(frozen=True, slots=True)
class Reading:
    """How the segments of one interchange are read and how much one may hold."""

    marks: Marks
    repertoire: Repertoire
    syntax_version: int
    max_elements: int
    max_segment_octets: int


def report_segment(envelope: Envelope, reading: Reading, rules: Rules, level: Level, tag: str, text: str, where: Where) -> None:
    """Reports all that is wrong with the elements of one segment. Above messages and in UNH and UNT all faults are of ``level``."""
    if report_size(envelope, reading, level, tag, text, where):
        return
    if reading.repertoire.admits(text) and rules.accept((text[:3],), (text,)):
        return
    octets = reading.repertoire.octets
    findings = rules.findings(tag, text, reading.repertoire)
    if findings and not envelope.listing:
        envelope.count(level, sum(envelope.is_fault(finding.kind) for finding in findings))
        return
    for finding in findings:
        params = finding.params
        if finding.codes is not None:
            params = {**params, "of": f" ({rules.list_of(tag)})", "hint": rules.hint(tag, finding) if envelope.listing else ""}
        envelope.fault(
            finding.kind,
            Level.SEGMENT if level is Level.ELEMENT and finding.element is None else level,
            tag,
            where,
            offset=where.offset + octets(text[: finding.index]),
            element=finding.element,
            component=finding.component,
            repetition=finding.repetition,
            value=finding.value,
            params=params,
        )


def report_size(envelope: Envelope, reading: Reading, level: Level, tag: str, text: str, where: Where) -> bool:
    """Reports a segment that is too long or has too many elements to be looked at; whether it was so."""
    level = Level.SEGMENT if level is Level.ELEMENT else level
    if isinstance(text, Cut):
        envelope.fault(FaultKind.OVER_LIMIT, level, tag, where, params={"name": "segment length", "most": str(reading.max_segment_octets)})
        return True
    marks = reading.marks
    if text.count(marks.element) + text.count(marks.component) > reading.max_elements:
        envelope.fault(FaultKind.OVER_LIMIT, level, tag, where, params={"name": "number of elements", "most": str(reading.max_elements)})
        return True
    return False


def report_characters(envelope: Envelope, reading: Reading, tag: str, text: str, where: Where) -> None:
    """Reports the first bad character of each data element of a segment without definition. Service characters need not be in the repertoire."""
    repertoire, marks = reading.repertoire, reading.marks
    if repertoire.admits(text):
        return
    at = 0
    for element, piece in enumerate(split(text, marks.element, marks.release), 1):
        index = _outside(piece, reading)
        if index >= 0:
            character = piece[index]
            envelope.fault(
                FaultKind.UNDECODABLE if is_undecodable(character) else FaultKind.CHARACTER_INVALID,
                Level.ELEMENT,
                tag,
                where,
                offset=where.offset + repertoire.octets(text[: at + index]),
                element=element,
                value=name_of(character),
                params={"repertoire": repertoire.name},
            )
        at += len(piece) + 1


def _outside(element: str, reading: Reading) -> int:
    """Index of the first character of a data element's values that is not in the repertoire, or -1."""
    marks, at = reading.marks, 0
    for occurrence in split(element, marks.repetition, marks.release) if marks.repetition else [element]:
        for value in split(occurrence, marks.component, marks.release):
            index = reading.repertoire.outside(without_releases(value, marks.release))
            if index >= 0:
                return at + index
            at += len(value) + 1
    return -1


def report_structure(envelope: Envelope, level: Level, findings: Iterable[Finding[Where]]) -> None:
    """Reports what a walk found in the order of segments."""
    for finding in findings:
        place, params = finding.place, {}
        if finding.misfit is Misfit.NOT_IN_TABLE:
            continue  # reported when it came
        if finding.misfit is Misfit.OUT_OF_PLACE or place is None:
            kind = FaultKind.SEGMENT_OUT_OF_PLACE
        elif finding.misfit is Misfit.REPEATED:
            kind = FaultKind.GROUP_REPEATED if place.children else FaultKind.SEGMENT_REPEATED
            params = {"most": str(place.most), "group": str(place.group)}
        elif place.children:
            kind, params = FaultKind.GROUP_MISSING, {"group": str(place.group)}
        else:
            kind = FaultKind.SEGMENT_MISSING
            if place.is_trigger and place.parent is not None:
                params = {"where": f" (SG{place.parent.group})"}
        envelope.fault(kind, level, finding.tag, finding.where, params=params)
