"""``vanhub agency init``, ``run``, ``load``, ``instruct``, ``retry``: the agencies' own programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vanhub.cli.principals import agency
from vanhub.errors import OperatorError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOST_SHOWN = 20

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
    click.echo(f"{directory} is the home of {name}; run it with: vanhub agency run {name} --dir {directory}")


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
