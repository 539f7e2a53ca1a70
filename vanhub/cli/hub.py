"""``vanhub init``, ``serve``, ``status``, ``doctor``, ``reload`` and ``alerts``."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import click

from vanhub.cli.operations import Operations, now
from vanhub.cli.output import as_json, emit, facts, table
from vanhub.service.home import Home


@click.command()
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--upgrade", is_flag=True, help="Bring the store of a home made by an earlier version to this version's schema; make a backup first.")
@click.pass_obj
def init(hub: Operations, directory: Path | None, upgrade: bool) -> None:
    """Make DIRECTORY (default: the home) a hub's home: settings, mailboxes, a new CA, an empty store."""
    from vanhub.service.initialise import initialise, upgrade_store

    path = (Path.cwd() / directory).resolve() if directory is not None else hub.path
    if upgrade:
        click.echo(upgrade_store(Home.open(path)))
        return
    for line in initialise(path, os.environ, clock=now, entropy=secrets.token_bytes):
        click.echo(line)
    click.echo(f"{path} is a hub's home; start it with: vanhub --home {path} serve")


@click.command()
@click.pass_obj
def serve(hub: Operations) -> None:
    """Run the hub until SIGTERM. SIGHUP or `vanhub reload` reads mailboxes, schemas and certificates again."""
    from vanhub.service.daemon import serve as run

    run(hub.home())


@click.command()
@as_json
@click.pass_obj
def status(hub: Operations, as_json: bool) -> None:
    """Does it run, where does it listen, what is in it? Exit 1 when it does not run or cannot accept."""
    result = hub.ask("hub.status")
    emit(result, as_json, _show_status)
    if not result["running"] or result["troubles"]:
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--no-content", is_flag=True, help="Do not read the stored octets (fast).")
@as_json
@click.pass_obj
def doctor(hub: Operations, no_content: bool, as_json: bool) -> None:
    """Prove that nothing is lost, doubled or altered. Exit 1 with the findings otherwise."""
    result = hub.ask("hub.doctor", content=not no_content)
    emit(result, as_json, _show_doctor)
    if not result["healthy"]:
        raise click.exceptions.Exit(1)


@click.command("reload")
@click.pass_obj
def reload_command(hub: Operations) -> None:
    """Read mailboxes/*.toml, what is in schemas/ (directories, guides, code lists) and the TLS files again, without a restart."""
    click.echo(f"{len(hub.ask('hub.reload')['agencies'])} agencies have mailboxes")


@click.group()
def alerts() -> None:
    """What operators must see."""


@alerts.command("list")
@click.option("--cleared", is_flag=True, help="Those that were cleared too.")
@as_json
@click.pass_obj
def alerts_list(hub: Operations, cleared: bool, as_json: bool) -> None:
    """Open alerts, newest first, with the command that cures each."""
    columns = {"number": "no", "raised_at": "raised", "cleared_at": "cleared", "kind": "kind", "text": "what", "cure": "cure"}
    emit(hub.ask("alerts.list", cleared=cleared), as_json, lambda rows: table(rows, columns, empty="no alert is open"))


@alerts.command("clear")
@click.argument("number", type=int)
@click.pass_obj
def alerts_clear(hub: Operations, number: int) -> None:
    """Clear an alert by its number."""
    hub.ask("alerts.clear", number=number)
    click.echo(f"alert {number} is cleared")


def _show_status(result: dict[str, Any]) -> None:
    facts(result, ["version", "home", "address", "running", "pid", "in_flight", "troubles", "alerts"])
    for name, endpoint in result.get("endpoints", {}).items():
        click.echo(f"{name + ':':<12}{endpoint['host']}:{endpoint['port']}")
    click.echo("sessions:")
    table(result.get("sessions", []), {"principal": "principal", "gateway": "gateway", "peer": "peer"}, empty="  none")
    click.echo("store:")
    facts({name: value for name, value in result["store"].items() if not isinstance(value, dict)})
    for verdict, count in result["store"]["interchanges"].items():
        click.echo(f"interchanges {verdict}: {count}")


def _show_doctor(result: dict[str, Any]) -> None:
    for finding in result["findings"]:
        click.echo(finding)
    counts = result["store"]
    click.echo(
        f"{sum(counts['interchanges'].values())} interchanges, {counts['messages']} messages, {counts['leaves']} journal leaves; {result['interchanges_read']} originals read"
    )
    click.echo("healthy: nothing lost, doubled or altered" if result["healthy"] else f"NOT healthy: {len(result['findings'])} findings")
