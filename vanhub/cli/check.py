"""``vanhub check``: what the hub would say to these files, without a hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import click

from vanhub.cli.files import peek, pieces, schema_folders, seekable
from vanhub.cli.operations import Operations, now
from vanhub.cli.output import as_json, emit_pieces
from vanhub.directory.check import CheckLimits
from vanhub.directory.guides.load import GuideSet, open_guides
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.messages import Guides
from vanhub.directory.stream import check_stream
from vanhub.edifact.charset import repertoire
from vanhub.edifact.contrl import render_contrl
from vanhub.edifact.explain import explain_report
from vanhub.edifact.report import Party, Report, Verdict
from vanhub.errors import OperatorError


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@as_json
@click.option("--language", type=click.Choice(["en", "zh", "both"]), default="both", show_default=True, help="Of the explanations.")
@click.option("--encoding", default="", metavar="NAME", help="As agreed with the partner, such as gb18030; else as UNB says.")
@click.option("--max-faults", type=click.IntRange(0), default=CheckLimits().max_faults, show_default=True, help="List so many an interchange; all are counted.")
@click.option("--guide", default="", metavar="NAME", help="Hold messages of its type against this guide, and say no to what breaks it.")
@click.pass_obj
def check(hub: Operations | None, files: tuple[str, ...], as_json: bool, language: str, encoding: str, max_faults: int, guide: str) -> None:
    """Check interchanges in files (- is standard input) as the hub would: structure, elements, code lists, counts, and what guides say of messages.

    Exit code 0 when every interchange is accepted whole, 1 otherwise. What guides found changes nothing of that, but where --guide asks for one: then 1 where it
    found anything but warnings, or nothing to look at.
    """
    _require_encoding(encoding)
    directories, guides = _schemas(hub)
    used: Guides = guides.only(guide) if guide else guides
    limits = CheckLimits(max_faults=max_faults)
    good = True
    for name in files:
        with seekable(name) as file:
            reports = check_stream(pieces(file), directories, guides=used, encoding=encoding, limits=limits)
            verdicts: set[Verdict] = set()
            guided: set[bool] = set()
            if as_json:
                emit_pieces({"file": name, "interchanges": (_json(report) for report in _noted(reports, verdicts, guided))})
            else:
                for report in _noted(reports, verdicts, guided):
                    at = file.tell()
                    click.echo(f"{name}: {explain_report(report, partial(peek, file), language=language, encoding=encoding)}")
                    file.seek(at)
                if not verdicts:
                    click.echo(f"{name}: no interchange, {'nothing but white space' if file.tell() else 'the file is empty'}")
                elif guide and not guided:
                    click.echo(f"{name}: no message of the type and directory of {guide}, or none whose structure is in order")
        good = good and verdicts == {Verdict.ACCEPTED} and (not guide or guided == {True})
    if not good:
        raise click.exceptions.Exit(1)


def _noted(reports: Iterable[Report], verdicts: set[Verdict], guided: set[bool]) -> Iterator[Report]:
    """The reports; their verdicts, and whether their messages are as a guide has them, are added to the sets."""
    for report in reports:
        verdicts.add(report.verdict)
        guided.update(not message.guide_faults for message in report.messages if message.guide)
        yield report


def _require_encoding(name: str) -> None:
    """Raises ``OperatorError`` where no partner could have agreed on ``name``: an interchange is not blamed for it."""
    try:
        repertoire("UNOY", name)
    except LookupError as error:
        raise OperatorError(f"--encoding: {error}; it takes utf-8, gb18030, iso8859-1 or another that contains ASCII") from None


def _schemas(hub: Operations | None) -> tuple[SchemaDirectories, GuideSet]:
    """The directories and guides that vanhub brings along and, where there is a home, its own: this command needs no home."""
    folders = schema_folders(hub)
    directories = open_directories(*folders)
    return directories, open_guides(*folders, directories=directories)


def _json(report: Report) -> dict[str, Any]:
    """The report as ``emit_pieces`` prints it."""
    header = report.header
    return {
        "sender": str(header.sender),
        "recipient": str(header.recipient),
        "reference": header.reference,
        "syntax": f"{header.syntax_identifier}:{header.syntax_version}" if header.syntax_identifier else "",
        "verdict": report.verdict.value,
        "messages": (
            {"reference": message.reference, "type": message.type, "directory": message.directory, "verdict": message.verdict.value, "guide": message.guide}
            for message in report.messages
        ),
        "faults": map(report.fault_json, report.faults),
        "faults_total": report.faults_total,
        "guide_faults": map(report.guide_fault_json, report.guide_faults),
        "guide_faults_total": report.guide_faults_total,
        "contrl": _contrl(report),
    }


def _contrl(report: Report) -> str | None:
    """The acknowledgement that the hub would send, signature and reference apart; None for what is not acknowledged."""
    if report.only_control:
        return None
    hub = report.header.recipient if report.header.recipient.identification else Party("VANHUB")
    rendered = render_contrl(report, hub=hub, reference="1", prepared=now(), fallback_sender=Party("UNKNOWN"))
    return rendered.decode("utf-8", "replace")
