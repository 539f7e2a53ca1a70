"""``vanhub explain``: what a CONTRL, an APERAK or a CUSRES that somebody sent says, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from typing import IO, Any

import click

from vanhub.cli.explain_customs import CustomsAnswer, explain_customs, read_customs
from vanhub.cli.files import peek, pieces, schema_folders, seekable
from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, json_text
from vanhub.directory.check import CheckLimits
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.stream import check_stream
from vanhub.edifact.answers import Answer, Doubt, Fate, Original, Outcome, read_application, read_control
from vanhub.edifact.aperak import parse_aperak
from vanhub.edifact.contrl import parse_contrl
from vanhub.edifact.excerpt import visible
from vanhub.edifact.explain_answer import explain_answer
from vanhub.edifact.report import Report
from vanhub.errors import OperatorError

_MOST_TYPES = 10
_COUNTED = CheckLimits(max_faults=0)
"""Of faults only their number is told here."""


@click.command()
@click.argument("file")
@click.option("--for", "original", metavar="ORIGINAL", help="The interchange that it answers: its messages are named, and each place is shown in it.")
@as_json
@click.option("--language", type=click.Choice(["en", "zh", "both"]), default="both", show_default=True, help="Of the explanations.")
@click.option("--encoding", default="", metavar="NAME", help="Of ORIGINAL, as agreed with the partner; else as UNB says.")
@click.pass_obj
def explain(hub: Operations | None, file: str, original: str | None, as_json: bool, language: str, encoding: str) -> None:
    """Say what the answers in FILE (- is standard input) mean: CONTRL and APERAK, of any partner, in any syntax version; CUSRES of customs.

    Exit code 0 when all is acknowledged, 1 when something is rejected, held or left open, 2 when there is no answer in FILE, or none to ORIGINAL.
    """
    directories = open_directories(*schema_folders(hub))
    with ExitStack() as files:
        answered = _original(original, files.enter_context(seekable(original)), directories, encoding) if original is not None else None
        opened = files.enter_context(seekable(file))
        reports = list(check_stream(pieces(opened), directories, limits=_COUNTED))
        answers = list(_answers(opened, reports, answered))
        customs = list(_customs(opened, reports, answered))
    if as_json:
        click.echo(json_text({"file": file, "answers": [*(_json(answer) for answer in answers), *(told.as_json() for told in customs)]}))
    else:
        more = {answer.reference for answer in answers if answer.type == "APERAK"}
        texts = [explain_answer(answer, language=language, has_more=answer.type == "CONTRL" and answer.reference in more) for answer in answers]
        texts += [explain_customs(told, language=language) for told in customs]
        click.echo("\n".join(texts) or f"{file}: no CONTRL, APERAK or CUSRES in it; {_holds(reports)}\n", nl=False)
    relevant = [answer.outcome for answer in answers if answer.about_original is not False]
    relevant += [told.outcome for told in customs if told.about_original is not False]
    if not relevant:
        raise click.exceptions.Exit(2)
    if not all(outcome in {Outcome.ACKNOWLEDGED, Outcome.RECEIVED} for outcome in relevant):
        raise click.exceptions.Exit(1)


def _holds(reports: Sequence[Report]) -> str:
    types = sorted({visible(message.type) for report in reports for message in report.messages if message.type})
    if types:
        return f"it has {', '.join(types[:_MOST_TYPES])}, of which `vanhub check` tells"
    return "it has no message" if any(map(_is_interchange, reports)) else "it is no interchange"


def _is_interchange(report: Report) -> bool:
    return bool(report.header.syntax_identifier or report.messages)


def _original(name: str, file: IO[bytes], directories: SchemaDirectories, encoding: str) -> Original:
    reports = list(check_stream(pieces(file), directories, encoding=encoding, limits=_COUNTED))
    if not any(map(_is_interchange, reports)):
        raise OperatorError(f"--for {name}: it is no interchange; give the file that was sent")
    return Original(reports, partial(peek, file), encoding)


def _answers(file: IO[bytes], reports: Iterable[Report], original: Original | None) -> Iterator[Answer]:
    """The answers of each interchange in the file, with what is wrong with it itself; octets that are no interchange hold none."""
    for report in reports:
        data = peek(file, report.offset, report.end - report.offset)
        try:
            read = [
                *(read_control(said, original) for said in parse_contrl(data)),
                *(read_application(said, report.header, original) for said in parse_aperak(data)),
            ]
        except ValueError:
            continue
        yield from (_doubted(answer, report) for answer in read)


def _customs(file: IO[bytes], reports: Iterable[Report], original: Original | None) -> Iterator[CustomsAnswer]:
    for report in reports:
        if any(message.type == "CUSRES" for message in report.messages):
            yield from read_customs(peek(file, report.offset, report.end - report.offset), original)


def _doubted(answer: Answer, report: Report) -> Answer:
    return replace(answer, doubts=((Doubt.FAULTY, str(report.faults_total)), *answer.doubts)) if report.faults_total else answer


def _json(answer: Answer) -> dict[str, Any]:
    return {
        "type": answer.type,
        "message": answer.message,
        "reference": answer.reference,
        "sender": answer.sender,
        "recipient": answer.recipient,
        "outcome": answer.outcome,
        "about_original": answer.about_original,
        "doubts": [{"doubt": doubt.name, "value": what} for doubt, what in answer.doubts],
        "texts": answer.texts,
        "references": answer.references,
        "points": [{"kind": "fate" if isinstance(point, Fate) else "flaw", **asdict(point)} for point in answer.points],
    }
