"""``vanhub check``: what the hub would say to these files, without a hub."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any

import click

from vanhub.cli.operations import Operations, now
from vanhub.cli.output import as_json, emit_pieces
from vanhub.directory.check import CheckLimits
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.stream import check_stream
from vanhub.edifact.charset import repertoire
from vanhub.edifact.contrl import render_contrl
from vanhub.edifact.explain import explain_report
from vanhub.edifact.report import Party, Report, Verdict
from vanhub.errors import OperatorError
from vanhub.packed import packed
from vanhub.settings import FILE

_PIECE = 1 << 18


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@as_json
@click.option("--language", type=click.Choice(["en", "zh", "both"]), default="both", show_default=True, help="Of the explanations.")
@click.option("--encoding", default="", metavar="NAME", help="As agreed with the partner, such as gb18030; else as UNB says.")
@click.option("--max-faults", type=click.IntRange(0), default=CheckLimits().max_faults, show_default=True, help="List so many an interchange; all are counted.")
@click.pass_obj
def check(hub: Operations | None, files: tuple[str, ...], as_json: bool, language: str, encoding: str, max_faults: int) -> None:
    """Check interchanges in files (- is standard input) as the hub would: structure, elements, code lists, counts.

    Exit code 0 when every interchange is accepted whole, 1 otherwise.
    """
    _require_encoding(encoding)
    directories = _directories(hub)
    limits = CheckLimits(max_faults=max_faults)
    good = True
    for name in files:
        with _seekable(name) as file:
            reports = check_stream(iter(partial(file.read, _PIECE), b""), directories, encoding=encoding, limits=limits)
            verdicts: set[Verdict] = set()
            if as_json:
                emit_pieces({"file": name, "interchanges": (_json(report) for report in _noted(reports, verdicts))})
            else:
                for report in _noted(reports, verdicts):
                    at = file.tell()
                    click.echo(f"{name}: {explain_report(report, partial(_peek, file), language=language, encoding=_codec(report, encoding))}")
                    file.seek(at)
                if not verdicts:
                    click.echo(f"{name}: no interchange")
        good = good and verdicts == {Verdict.ACCEPTED}
    if not good:
        raise click.exceptions.Exit(1)


def _noted(reports: Iterable[Report], verdicts: set[Verdict]) -> Iterator[Report]:
    for report in reports:
        verdicts.add(report.verdict)
        yield report


def _require_encoding(name: str) -> None:
    """Raises ``OperatorError`` where no partner could have agreed on ``name``: an interchange is not blamed for it."""
    try:
        repertoire("UNOY", name)
    except LookupError as error:
        raise OperatorError(f"--encoding: {error}; it takes utf-8, gb18030, iso8859-1 or another that contains ASCII") from None


def _directories(hub: Operations | None) -> SchemaDirectories:
    """What vanhub brings along and, where there is a home, what it has imported: this command needs no home."""
    own = [hub.home().schemas] if hub is not None and (hub.path / FILE).is_file() else []
    return open_directories(packed("schemas"), *(folder for folder in own if folder.is_dir()))


@contextmanager
def _seekable(name: str) -> Iterator[IO[bytes]]:
    """The file, or a temporary copy of what cannot be read twice (standard input, pipes).

    Raises:
        OperatorError: it cannot be read.
    """
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as source:
            if source.seekable():
                yield source
                return
            with TemporaryFile() as copy:
                copyfileobj(source, copy)
                copy.seek(0)
                yield copy
    except OSError as error:
        raise OperatorError(f"{name} cannot be read: {error.strerror}") from error


def _peek(file: IO[bytes], offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _codec(report: Report, encoding: str) -> str:
    known = repertoire(report.header.syntax_identifier)
    return encoding or (known.codec if known is not None else "ascii")


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
            {"reference": message.reference, "type": message.type, "directory": message.directory, "verdict": message.verdict.value}
            for message in report.messages
        ),
        "faults": map(report.fault_json, report.faults),
        "faults_total": report.faults_total,
        "contrl": _contrl(report),
    }


def _contrl(report: Report) -> str | None:
    """The acknowledgement that the hub would send, signature and reference apart; None for what is not acknowledged."""
    if report.only_control:
        return None
    hub = report.header.recipient if report.header.recipient.identification else Party("VANHUB")
    rendered = render_contrl(report, hub=hub, reference="1", prepared=now(), fallback_sender=Party("UNKNOWN"))
    return rendered.decode("utf-8", "replace")
