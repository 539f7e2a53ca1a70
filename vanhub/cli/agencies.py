"""``vanhub agency init``, ``run``, ``load``, ``instruct``, ``retry``, ``rebuild``, ``records``, ``work``: the agencies' own programs."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from typing import Any

import click

from vanhub.cli.output import as_json, emit, emit_pieces, facts, json_text, safe, table
from vanhub.cli.principals import agency, parse_terms
from vanhub.errors import NotFound, OperatorError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOST_SHOWN = 20
_STEP = 1_000

folder = click.option(
    "--dir", "directory", required=True, type=click.Path(file_okay=False, path_type=Path), help="The agency's home, as `vanhub agency init` made it."
)
clock_file = click.option("--clock", "clock", type=_FILE, help="A file with the moment that it is for the agency, for rehearsals; else the system's clock.")


def open_home(name: str, directory: Path) -> Any:
    """The home of the agency ``name``. Raises ``OperatorError`` where it is another's."""
    from vanhub.agencies.frame.home import AgencyHome

    home = AgencyHome.open(directory)
    if home.agency != name:
        raise OperatorError(f"{directory} is the home of {home.agency}, not of {name}")
    return home


def open_clock(file: Path | None) -> Any:
    from vanhub.agencies.frame.clock import FileClock, system_clock

    return system_clock if file is None else FileClock(file)


@agency.command("init")
@click.argument("name")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--hub", required=True, metavar="URL", help="https://HOST:PORT of the hub's mailbox API.")
def init(name: str, directory: Path, hub: str) -> None:
    """Make DIRECTORY a home for the program of the agency NAME. Its credentials come from `vanhub ca issue agency NAME --out DIRECTORY`."""
    from vanhub.agencies.frame.home import init_home
    from vanhub.agencies.programs import open_program

    open_program(name)
    init_home(directory, name, hub)
    click.echo(f"{directory} is the home of {name}; at the hub, write its credentials with: vanhub ca issue agency {name} --out {directory}")
    click.echo(f"then run it with: vanhub agency run {name} --dir {directory}")


@agency.command("run")
@click.argument("name")
@folder
@clock_file
def run(name: str, directory: Path, clock: Path | None) -> None:
    """Run the program of the agency NAME until SIGTERM."""
    from vanhub.agencies.running import run as run_agency
    from vanhub.service.logs import begin_logging

    home = open_home(name, directory)
    begin_logging("info", "text")
    run_agency(home, open_clock(clock), lambda: click.echo(f"{name} takes deliveries from {home.hub}"))


@agency.command("load")
@click.argument("name")
@click.argument("file", type=_FILE)
@folder
@clock_file
@as_json
def load(name: str, file: Path, directory: Path, clock: Path | None, as_json: bool) -> None:
    """Load the rows of a CSV file (UTF-8, columns in the first line) into the books of the agency NAME, all of them or none. Exit 1 where a row cannot be taken."""
    octets = file.read_bytes()
    lines = octets.count(b"\n")
    with click.progressbar(length=lines, label=f"{file.name}: rows", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int) -> None:
            if done % _STEP == 0:
                bar.update(_STEP)

        answer = _ask(name, directory, clock, "load", {"file": file.name}, octets, progress)
    emit(answer, as_json, lambda answer: _show_answer(answer, f"{answer.get('events')} rows are loaded"))
    _require_done(answer)


@agency.command("instruct")
@click.argument("name")
@click.argument("verb")
@click.argument("words", nargs=-1, metavar="KEY=VALUE...")
@folder
@clock_file
@as_json
def instruct(name: str, verb: str, words: tuple[str, ...], directory: Path, clock: Path | None, as_json: bool) -> None:
    """Tell the agency NAME what an officer decided at the desk, and print what came of it. Exit 1 where it makes no sense to the agency."""
    answer = _ask(name, directory, clock, "instruct", {**parse_terms(words), "verb": verb})
    emit(answer, as_json, lambda answer: _show_answer(answer, "\n".join(map(safe, answer.get("effects", []))) or "nothing came of it"))
    _require_done(answer)


@agency.command("retry")
@click.argument("name")
@folder
@clock_file
@as_json
def retry(name: str, directory: Path, clock: Path | None, as_json: bool) -> None:
    """Take up again what the program of the agency NAME had failed at. Exit 1 where it fails again."""
    answer = _ask(name, directory, clock, "retry", {})
    emit(answer, as_json, lambda answer: _show_answer(answer, f"{answer.get('events')} taken up again, {answer.get('failed')} failed again"))
    _require_done(answer)


@agency.command("rebuild")
@click.argument("name")
@folder
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the rebuilt store in this file (SQLite).")
@as_json
def rebuild(name: str, directory: Path, out: Path | None, as_json: bool) -> None:
    """Make the state of the agency NAME again from its messages, files and instructions, and compare. Exit 1 with the first difference."""
    from vanhub.agencies.running import rebuilt
    from vanhub.service.logs import begin_logging

    if out is not None and out.exists():
        raise OperatorError(f"{out} is there already: nothing is overwritten")
    begin_logging("warning", "text")
    difference = rebuilt(open_home(name, directory), out)
    emit({"difference": difference}, as_json, _show_difference)
    if difference is not None:
        raise click.exceptions.Exit(1)


@agency.command("records")
@click.argument("name")
@click.argument("kind", required=False)
@click.argument("key", required=False)
@folder
@as_json
def records(name: str, kind: str | None, key: str | None, directory: Path, as_json: bool) -> None:
    """What the agency NAME has on record: how many of each KIND, those of one KIND, or the one with this KEY (one that ends in / stands for all that begin so). Exit 1 where there is none."""
    from vanhub.agencies.frame.state import count_records, list_records
    from vanhub.agencies.running import reading

    with reading(open_home(name, directory)) as conn:
        if kind is None:
            emit(count_records(conn), as_json, facts)
            return
        found = list_records(conn, kind, key)
        first = next(found, None)
        if first is None:
            known = ", ".join(count_records(conn)) or "none yet"
            raise NotFound(f"{name} has no record {kind} {key or ''}".rstrip() + f"; kinds of records: {known}")
        rows = chain([first], found)
        if as_json:
            emit_pieces(rows)
        else:
            for row in rows:
                click.echo(f"{safe(row['key'])}  {json_text(row['value'])}")


@agency.command("work")
@click.argument("name")
@folder
@as_json
def work(name: str, directory: Path, as_json: bool) -> None:
    """How the program of the agency NAME stands: what came and left, what waits, what went wrong. Exit 1 where something did."""
    from vanhub.agencies.frame.state import describe
    from vanhub.agencies.running import reading

    with reading(open_home(name, directory)) as conn:
        state = describe(conn, _MOST_SHOWN)
    emit(state, as_json, _show_work)
    if state["failed"] or state["refused"]:
        raise click.exceptions.Exit(1)


def _ask(name: str, directory: Path, clock: Path | None, verb: str, words: dict[str, str], *more: Any) -> dict[str, Any]:
    from vanhub.agencies.running import ask
    from vanhub.service.logs import begin_logging

    begin_logging("warning", "text")
    return ask(open_home(name, directory), open_clock(clock), verb, words, *more)


def _show_answer(answer: dict[str, Any], good: str) -> None:
    if "failure" in answer:
        click.echo(safe(f"the program failed, nothing was done: {answer['failure']}"))
    elif "complaints" in answer:
        click.echo("nothing was done:")
        for each in answer["complaints"]:
            line = "" if each["line"] is None else f"line {each['line']}: "
            click.echo(safe(f"  {line}{each['code']} {each['en']} {each['zh']}"))
    else:
        click.echo(good)


def _require_done(answer: dict[str, Any]) -> None:
    if "failure" in answer or "complaints" in answer or answer.get("failed"):
        raise click.exceptions.Exit(1)


def _show_difference(result: dict[str, Any]) -> None:
    click.echo(safe(result["difference"] or "records, ledgers, parked messages, reminders and interchanges sent are the same"))


def _show_work(state: dict[str, Any]) -> None:
    counts = {key: ", ".join(f"{kind} {count}" for kind, count in state[key].items()) or "-" for key in ("events", "records")}
    facts({**state, **counts}, ["agency", "slot", "deliveries", "events", "records", "outgoing", "unsent", "parked", "reminders", "requests_waiting"])
    for title, key, columns in (
        ("failed, until `vanhub agency retry`:", "failed", {"event": "event", "kind": "kind", "source": "of", "place": "place", "failure": "why"}),
        ("not accepted by the hub:", "refused", {"reference": "reference", "recipient": "to", "answer": "answer", "explanation": "why"}),
        ("parked, by deadline:", "parked_next", {"event": "event", "sender": "from", "until": "until", "deadline": "deadline"}),
    ):
        if state[key]:
            click.echo(title)
            table(state[key], columns)
