"""``vanhub mailbox``: look into mailboxes and collect from them, for operators."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import Any

import click

from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, emit, facts, table
from vanhub.errors import OperatorError
from vanhub.values.delivery import DeliveryState

_PIECE = 1 << 20
_COLUMNS = {
    "id": "delivery",
    "state": "state",
    "sender": "sender",
    "reference": "reference",
    "types": "types",
    "messages": "messages",
    "guide_faults": "guide faults",
    "size": "octets",
    "created_at": "since",
}
_SLOT = click.option("--slot", type=click.Choice(["production", "test", "rejected"]), default="production", show_default=True)
_DURATION = re.compile(r"(\d+)(s|m|h|)\Z")


@click.group()
def mailbox() -> None:
    """Mailboxes and the deliveries in them."""


@mailbox.command("list")
@as_json
@click.pass_obj
def list_(hub: Operations, as_json: bool) -> None:
    """Every mailbox, with its deliveries by state."""
    columns = {
        "id": "mailbox",
        "slot": "slot",
        "held": "held",
        "available": "available",
        "claimed": "claimed",
        "delivered": "delivered",
        "answered": "answered",
        "quarantined": "quarantined",
        "refused": "refused",
        "expired": "expired",
    }
    emit(hub.ask("mailbox.list"), as_json, lambda rows: table(rows, columns, empty="all mailboxes are empty"))


@mailbox.command("peek")
@click.argument("mailbox")
@_SLOT
@click.option("--state", type=click.Choice([*(state.value for state in DeliveryState), "all"]), default="available", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--after", default="", metavar="DELIVERY", help="Continue after this delivery.")
@as_json
@click.pass_obj
def peek(hub: Operations, mailbox: str, slot: str, state: str, limit: int, after: str, as_json: bool) -> None:
    """Deliveries of one mailbox, oldest first; nothing is claimed."""
    emit(hub.ask("mailbox.peek", mailbox=mailbox, slot=slot, state=state, limit=limit, after=after), as_json, lambda rows: table(rows, _COLUMNS))


@mailbox.command("claim")
@click.argument("agency")
@click.option("--max", "most", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--lease", default="60s", show_default=True, help="How long the claim holds: 60s, 5m, 1h.")
@_SLOT
@as_json
@click.pass_obj
def claim(hub: Operations, agency: str, most: int, lease: str, slot: str, as_json: bool) -> None:
    """Claim the oldest available deliveries of a mailbox; each comes with the token that commits it."""
    result = hub.ask("mailbox.claim", mailbox=agency, most=most, lease_s=parse_duration(lease), slot=slot)
    emit(
        result,
        as_json,
        lambda found: table(
            found["deliveries"],
            {"id": "delivery", "claim": "claim", "sender": "sender", "reference": "reference", "types": "types", "guide_faults": "guide faults"},
        ),
    )


@mailbox.command("fetch")
@click.argument("delivery")
@click.option("--out", required=True, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), help="File to write, - for standard output.")
@click.pass_obj
def fetch(hub: Operations, delivery: str, out: Path) -> None:
    """Write the octets of a delivery. Its state does not change."""
    if str(out) == "-":
        write_pieces(hub, sys.stdout.buffer, "mailbox.fetch", delivery=delivery)
        return
    size = write_file(hub, out, "mailbox.fetch", delivery=delivery)
    click.echo(f"{out}: {size} octets")


@mailbox.command("commit")
@click.argument("delivery")
@click.option("--claim", required=True, metavar="TOKEN")
@as_json
@click.pass_obj
def commit(hub: Operations, delivery: str, claim: str, as_json: bool) -> None:
    """End the pickup: the delivery is delivered."""
    emit(hub.ask("mailbox.commit", delivery=delivery, claim=claim), as_json, _show)


@mailbox.command("release")
@click.argument("delivery")
@click.option("--claim", required=True, metavar="TOKEN")
@as_json
@click.pass_obj
def release(hub: Operations, delivery: str, claim: str, as_json: bool) -> None:
    """Give the claim back: the delivery is available again."""
    emit(hub.ask("mailbox.release", delivery=delivery, claim=claim), as_json, _show)


@mailbox.command("free")
@click.argument("delivery")
@as_json
@click.pass_obj
def free(hub: Operations, delivery: str, as_json: bool) -> None:
    """Let a quarantined or held delivery out: it is available."""
    emit(hub.ask("mailbox.free", delivery=delivery), as_json, _show)


@mailbox.command("refuse")
@click.argument("delivery")
@click.option("--reason", required=True, help="Why; the trace keeps it.")
@as_json
@click.pass_obj
def refuse(hub: Operations, delivery: str, reason: str, as_json: bool) -> None:
    """Refuse a held delivery: nobody gets it."""
    emit(hub.ask("mailbox.refuse", delivery=delivery, reason=reason), as_json, _show)


@mailbox.command("redeliver")
@click.argument("delivery")
@as_json
@click.pass_obj
def redeliver(hub: Operations, delivery: str, as_json: bool) -> None:
    """Make a delivered delivery available once more, under the same id."""
    emit(hub.ask("mailbox.redeliver", delivery=delivery), as_json, _show)


def parse_duration(text: str) -> int:
    """Seconds of ``60``, ``60s``, ``5m``, ``1h``. Raises ``OperatorError``."""
    match = _DURATION.match(text)
    if match is None:
        raise OperatorError(f"{text!r} is no duration: write 60s, 5m or 1h")
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def write_file(hub: Operations, out: Path, verb: str, **arguments: Any) -> int:
    """Write what ``verb`` returns into a new file, whole or not at all; returns the octets written.

    Raises:
        OperatorError: the file is there already or cannot be written.
        HubError: the hub refuses.
    """
    try:
        with out.open("xb") as file:
            try:
                return write_pieces(hub, file, verb, **arguments)
            except BaseException:
                out.unlink()  # part of an interchange is none, and would be in the way of the next attempt
                raise
    except FileExistsError:
        raise OperatorError(f"{out} exists already; nothing is overwritten") from None
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error.strerror}") from error


def write_pieces(hub: Operations, file: Any, verb: str, **arguments: Any) -> int:
    """Write what ``verb`` returns piece by piece; returns the octets written."""
    offset = 0
    while True:
        answer = hub.ask(verb, **arguments, offset=offset, length=_PIECE)
        piece = base64.b64decode(answer["octets"])
        file.write(piece)
        offset += len(piece)
        if offset >= answer["size"]:
            return offset


def _show(delivery: dict[str, Any]) -> None:
    facts(delivery, ["id", "mailbox", "state", "sender", "reference", "types", "guide_faults"])
