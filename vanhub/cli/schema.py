"""``vanhub schema``: the UN/EDIFACT directories that a hub checks by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from vanhub.directory import show
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.packed import packed
from vanhub.service.home import Home
from vanhub.settings import FILE


@click.group("schema")
def schema() -> None:
    """The UN/EDIFACT directories: what is there, and what it says."""


@schema.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """The directories with counts, quality and source."""
    directories = _directories(context)
    _print(show.list_json(directories) if as_json else show.list_lines(directories))


@schema.command("show")
@click.argument("directory")
@click.argument("name", metavar="[TYPE|TAG|ELEMENT]", required=False)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@click.pass_context
def show_(context: click.Context, directory: str, name: str | None, as_json: bool) -> None:
    """The message types of DIRECTORY; or a message's segment table, a segment with its elements, an element with its codes.

    \b
    vanhub schema show D.96B
    vanhub schema show D.96B CUSDEC
    vanhub schema show D.96B NAD
    vanhub schema show D.96B 3035
    """
    directories = _directories(context)
    shown = show.find_directory(directories, directory)
    if name is None:
        _print(show.types_json(shown) if as_json else show.types_lines(shown))
    else:
        # UNH, UNT and UNS are defined in the service directories alone; the latest has them all.
        service = directories.service(shown.syntax_version or 4)
        _print(show.thing_json(shown, service, name) if as_json else show.thing_lines(shown, service, name))


def _directories(context: click.Context) -> SchemaDirectories:
    """What vanhub brings along and, where there is a home, what it has imported."""
    home = Path(context.find_root().params.get("home") or ".")
    own = [Home.open(home).schemas] if (home / FILE).is_file() else []
    return open_directories(packed("schemas"), *(folder for folder in own if folder.is_dir()))


def _print(shown: Any) -> None:
    """Lines as they are, anything else as JSON."""
    if isinstance(shown, list) and all(isinstance(line, str) for line in shown):
        click.echo("\n".join(shown))
    else:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
