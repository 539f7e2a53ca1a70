"""``vanhub schema``: the UN/EDIFACT directories that a hub checks by."""

from __future__ import annotations

import click

from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, emit
from vanhub.directory import show
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.packed import packed
from vanhub.settings import FILE


@click.group("schema")
def schema() -> None:
    """The UN/EDIFACT directories: what is there, and what it says."""


@schema.command("list")
@as_json
@click.pass_obj
def list_(operations: Operations, as_json: bool) -> None:
    """The directories with counts, quality and source."""
    directories = _directories(operations)
    _print(show.list_json(directories) if as_json else show.list_lines(directories), as_json)


@schema.command("show")
@click.argument("directory")
@click.argument("name", metavar="[TYPE|TAG|ELEMENT]", required=False)
@as_json
@click.pass_obj
def show_(operations: Operations, directory: str, name: str | None, as_json: bool) -> None:
    """The message types of DIRECTORY; or a message's segment table, a segment with its elements, an element with its codes.

    \b
    vanhub schema show D.96B
    vanhub schema show D.96B CUSDEC
    vanhub schema show D.96B NAD
    vanhub schema show D.96B 3035
    """
    directories = _directories(operations)
    shown = show.find_directory(directories, directory)
    if name is None:
        _print(show.types_json(shown) if as_json else show.types_lines(shown), as_json)
    else:
        # UNH, UNT and UNS are defined in the service directories alone; the latest has them all.
        service = directories.service(shown.syntax_version or 4)
        _print(show.thing_json(shown, service, name) if as_json else show.thing_lines(shown, service, name), as_json)


def _directories(operations: Operations) -> SchemaDirectories:
    """What vanhub brings along and, where there is a home, what it has imported: this command needs no home."""
    own = [operations.home().schemas] if (operations.path / FILE).is_file() else []
    return open_directories(packed("schemas"), *(folder for folder in own if folder.is_dir()))


def _print(shown: object, as_json: bool) -> None:
    emit(shown, as_json, lambda lines: click.echo("\n".join(lines)))
