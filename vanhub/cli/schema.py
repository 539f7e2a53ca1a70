"""``vanhub schema``: the UN/EDIFACT directories that a hub checks by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vanhub.cli.files import schema_folders
from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, emit, safe
from vanhub.directory import show
from vanhub.directory.guides import show as show_guides
from vanhub.directory.guides.load import open_guides
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.pack import SUFFIX, pack_schema
from vanhub.directory.unece.archive import LIMITS
from vanhub.directory.unece.distribution import Distribution, read_distribution
from vanhub.errors import OperatorError
from vanhub.packed import packed
from vanhub.service.home import write_whole


@click.group("schema")
def schema() -> None:
    """The UN/EDIFACT directories: what is there, what it says, and more from UNECE."""


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


@schema.command("import")
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--name", metavar="D.24B", help="The directory's name, where it should not be the one that its messages print.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write the schema file there, not into the home.")
@click.option("--dry-run", is_flag=True, help="Read everything and write nothing.")
@as_json
@click.pass_obj
def import_(operations: Operations, archive: Path, name: str | None, out: Path | None, dry_run: bool, as_json: bool) -> None:
    """Read ARCHIVE, a directory as UNECE distributes it, and make a schema file of it.

    \b
    vanhub schema import d24b.zip
    vanhub schema import d24b.zip --out D.24B.schema
    """
    folder = operations.home().schemas if out is None and not dry_run else None
    distribution = read_distribution(_octets(archive), safe(archive.name), name)
    target = out if folder is None else folder / f"{distribution.name}{SUFFIX}"
    if target is not None and not dry_run:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, pack_schema([distribution.directory]), 0o644)
        except OSError as error:
            raise OperatorError(f"cannot write {target}: {error.strerror}") from None
    emit(_imported(distribution, None if dry_run else target), as_json, lambda imported: _say(imported, in_home=folder is not None))


def _octets(archive: Path) -> bytes:
    """The file, but no more of it than an archive may have and one octet."""
    try:
        with archive.open("rb") as stream:
            return stream.read(LIMITS.archive + 1)
    except OSError as error:
        raise OperatorError(f"cannot read {archive}: {error.strerror}") from None


def _imported(distribution: Distribution, target: Path | None) -> dict[str, Any]:
    return {
        "directory": distribution.name,
        "file": None if target is None else str(target),
        "counts": distribution.counts(),
        "warnings": [{"file": remark.file, "line": remark.line, "text": remark.text} for remark in distribution.remarks],
        "warnings_total": distribution.remarks_total,
        "ignored": list(distribution.ignored),
    }


def _say(imported: dict[str, Any], *, in_home: bool) -> None:
    counts = ", ".join(f"{count} {noun.replace('_', ' ')}" for noun, count in imported["counts"].items())
    click.echo(f"{imported['directory']}: {counts}")
    for warning in imported["warnings"]:
        place = f"{warning['file']}:{warning['line']}" if warning["line"] else warning["file"]
        click.echo(f"warning: {place}: {warning['text']}", err=True)
    if imported["warnings_total"] > len(imported["warnings"]):
        click.echo(f"warning: and {imported['warnings_total'] - len(imported['warnings'])} more", err=True)
    if imported["ignored"]:
        names = [name.rpartition("/")[2] for name in imported["ignored"]]
        click.echo(f"{len(names)} files are no part of a directory and were passed over: {', '.join(names[:10])}{' ...' if names[10:] else ''}")
    if imported["file"] is None:
        click.echo("nothing was written")
    else:
        click.echo(f"written to {safe(imported['file'])}")
    if in_home:
        if open_directories(packed("schemas")).get(imported["directory"]) is not None:
            click.echo(f"vanhub brings {imported['directory']} along too: this one comes before it; remove the file to have that one again")
        click.echo("`vanhub check` and `vanhub schema` use it from now on; a hub that runs uses it after `vanhub reload`")


@schema.command("guide")
@click.argument("name", required=False)
@as_json
@click.pass_obj
def guide(operations: Operations, name: str | None, as_json: bool) -> None:
    """The guides, an agency's narrower rules for messages; or what the guide NAME asks for.

    \b
    vanhub schema guide
    vanhub schema guide cusdec-export
    """
    folders = schema_folders(operations)
    guides = open_guides(*folders, directories=open_directories(*folders))
    if name is None:
        _print(show_guides.list_json(guides) if as_json else show_guides.list_lines(guides), as_json)
    else:
        shown = guides.get(name)
        _print(show_guides.guide_json(shown) if as_json else show_guides.guide_lines(shown), as_json)


def _directories(operations: Operations) -> SchemaDirectories:
    """All directories: this command needs no home."""
    return open_directories(*schema_folders(operations))


def _print(shown: object, as_json: bool) -> None:
    emit(shown, as_json, lambda lines: click.echo("\n".join(lines)))
