"""``vanhub message``: find an interchange, show what became of it, write its evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vanhub.cli.mailbox import write_file
from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, emit, facts, safe, table

_COLUMNS = {
    "id": "interchange",
    "received_at": "received",
    "sender": "sender",
    "recipient": "recipient",
    "reference": "reference",
    "messages": "messages",
    "verdict": "verdict",
    "repeats": "repeats",
}


@click.group()
def message() -> None:
    """Interchanges and the messages in them."""


@message.command("find")
@click.option("--sender", default="", metavar="ADDRESS[:QUALIFIER]")
@click.option("--recipient", default="", metavar="ADDRESS[:QUALIFIER]")
@click.option("--reference", default="", help="Interchange control reference (0020).")
@click.option("--message-reference", default="", help="Message reference number (0062).")
@click.option("--type", "message_type", default="", help="Message type, such as CUSDEC.")
@click.option("--number", default="", help="Document number (BGM 1004), such as a declaration's.")
@click.option("--principal", default="", help="Who sent it.")
@click.option("--verdict", type=click.Choice(["accepted", "partly", "rejected"]))
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
@click.pass_obj
def find(hub: Operations, /, as_json: bool, verdict: str | None, **terms: Any) -> None:
    """Interchanges that match every term given, newest first. Exit 1 when there is none."""
    rows = hub.ask("message.find", verdict=verdict or "", **terms)
    emit(rows, as_json, lambda rows: table(rows, _COLUMNS, empty="none found"))
    if not rows:
        raise click.exceptions.Exit(1)


@message.command("show")
@click.argument("id")
@as_json
@click.pass_obj
def show(hub: Operations, id: str, as_json: bool) -> None:
    """One interchange: what was received, its verdict and explanation."""
    emit(hub.ask("message.show", id=id), as_json, _show)


@message.command("trace")
@click.argument("id")
@as_json
@click.pass_obj
def trace(hub: Operations, id: str, as_json: bool) -> None:
    """Everything that happened to an interchange, in order of time."""
    emit(hub.ask("message.trace", id=id), as_json, _show_trace)


@message.command("evidence")
@click.argument("id")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="ZIP file to write.")
@click.pass_obj
def evidence(hub: Operations, id: str, out: Path) -> None:
    """Write a ZIP with the original, the acknowledgement, its signature, the certificates and the CRL."""
    size = write_file(hub, out, "message.evidence", id=id)
    click.echo(f"{out}: {size} octets")


def _show(result: dict[str, Any]) -> None:
    names = [
        "id",
        "principal",
        "gateway",
        "received_at",
        "sender",
        "recipient",
        "reference",
        "test",
        "size",
        "sha256",
        "verdict",
        "messages",
        "faults_total",
        "guide_faults_total",
        "repeats",
    ]
    facts(result, names)
    click.echo()
    click.echo("\n".join(safe(line) for line in result["explanation"].splitlines()))


def _show_trace(result: dict[str, Any]) -> None:
    facts(result["interchange"], ["id", "sender", "recipient", "reference", "verdict", "received_at"])
    click.echo()
    if result["interchange"]["guide_faults"]:
        columns = {"code": "code", "guide": "guide", "message": "message", "segment": "segment", "segment_position": "position", "text": "what the guide finds"}
        table(result["interchange"]["guide_faults"], columns)
        click.echo()
    table(
        result["deliveries"],
        {
            "id": "delivery",
            "mailbox": "mailbox",
            "slot": "slot",
            "state": "state",
            "guide_faults": "guide faults",
            "delivered_at": "delivered",
            "answered_at": "answered",
        },
        empty="no delivery",
    )
    click.echo()
    # Of what people decided, why.
    events = [{**event, "reason": event["data"].get("reason", "")} for event in result["events"]]
    table(events, {"at": "time", "kind": "event", "subject": "subject", "actor": "actor", "reason": "reason"})
