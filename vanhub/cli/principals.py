"""``vanhub partner`` and ``vanhub agency``: who may use the hub, and on which terms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vanhub.cli.bundle import issue_bundle, require_room
from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, emit, facts, table
from vanhub.errors import HubError, OperatorError
from vanhub.pki.ssh import parse_public_key

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def partner() -> None:
    """Trading partners: brokers, carriers, banks, traders."""


@click.group()
def agency() -> None:
    """Agencies, as mailboxes/*.toml define them."""


@partner.command("add")
@click.argument("id")
@click.option("--edi", "addresses", multiple=True, required=True, metavar="ADDRESS[:QUALIFIER]", help="An EDI address; may be repeated.")
@click.option("--name", "name_en", default="", help="Name in English; the id where absent.")
@click.option("--name-zh", default="", help="Name in Chinese.")
@click.option("--sftp-key", "keys", multiple=True, type=_FILE, help="An OpenSSH public key file; may be repeated.")
@click.option("--certificate", type=click.Path(file_okay=False, path_type=Path), help="Issue a certificate into this folder: client.pem, client.key, ca.pem.")
@click.option("--set", "terms", multiple=True, metavar="KEY=VALUE", help="A term of the agreement; may be repeated.")
@as_json
@click.pass_obj
def add(
    hub: Operations,
    id: str,
    addresses: tuple[str, ...],
    name_en: str,
    name_zh: str,
    keys: tuple[Path, ...],
    certificate: Path | None,
    terms: tuple[str, ...],
    as_json: bool,
) -> None:
    """Enter a trading partner."""
    # What can be wrong with the files is found before the partner is there and in the way of the next attempt.
    lines = [path.read_text(encoding="utf-8", errors="replace") for path in keys]
    for line in lines:
        parse_public_key(line.encode())
    if certificate is not None:
        require_room(certificate)
    result = hub.ask("principal.add", kind="partner", id=id, addresses=list(addresses), name_en=name_en, name_zh=name_zh, terms=parse_terms(terms))
    try:
        result["keys"] = [hub.ask("key.add", id=id, line=line, label="")["fingerprint"] for line in lines]
        if certificate is not None:
            result["certificate"] = issue_bundle(hub, "partner", id, certificate)
    except HubError:
        click.echo(f"{id} is entered, but not with all of this:", err=True)
        raise
    emit(result, as_json, _show)


def _common(group: click.Group, kind: str) -> None:
    """The commands that partners and agencies share."""

    @group.command("list")
    @as_json
    @click.pass_obj
    def list_(hub: Operations, as_json: bool) -> None:
        """All of them, one line each."""
        columns = {
            "id": "id",
            "name_en": "name",
            "name_zh": "名称",
            "addresses": "addresses",
            "enabled": "enabled",
            "credentials": "credentials",
            "waiting": "waiting",
        }
        emit(hub.ask("principal.list", kind=kind), as_json, lambda rows: table(rows, columns, empty=f"no {kind} is entered"))

    @group.command("show")
    @click.argument("id")
    @as_json
    @click.pass_obj
    def show(hub: Operations, id: str, as_json: bool) -> None:
        """One of them: addresses, agreement, credentials."""
        emit(hub.ask("principal.show", kind=kind, id=id), as_json, _show)

    @group.command("set")
    @click.argument("id")
    @click.argument("settings", nargs=-1, required=True, metavar="KEY=VALUE...")
    @as_json
    @click.pass_obj
    def set_(hub: Operations, id: str, settings: tuple[str, ...], as_json: bool) -> None:
        """Change terms of the agreement (see docs/agreement.md), or name_en, name_zh, edi, carries."""
        emit(hub.ask("principal.set", kind=kind, id=id, terms=parse_terms(settings)), as_json, _show)

    @group.command("disable")
    @click.argument("id")
    @click.option("--reason", default="", help="Goes into the journal.")
    @click.pass_obj
    def disable(hub: Operations, id: str, reason: str) -> None:
        """Refuse every credential of ID within seconds and end its sessions; its mailbox keeps what it has."""
        hub.ask("principal.enable", kind=kind, id=id, enabled=False, reason=reason)
        click.echo(f"{id} is disabled")

    @group.command("enable")
    @click.argument("id")
    @click.pass_obj
    def enable(hub: Operations, id: str) -> None:
        """Let ID in again."""
        hub.ask("principal.enable", kind=kind, id=id, enabled=True, reason="")
        click.echo(f"{id} is enabled")

    @group.command("test")
    @click.argument("id")
    @click.option("--file", type=_FILE, help="An interchange: judged as if ID had sent it, nothing is stored.")
    @as_json
    @click.pass_obj
    def test(hub: Operations, id: str, file: Path | None, as_json: bool) -> None:
        """Can ID work? Looks at state, addresses, credentials and, given a file, at what would become of it. Exit 1 when not."""
        content = file.read_bytes().decode("latin-1") if file is not None else None
        result = hub.ask("principal.test", kind=kind, id=id, interchange=content)
        emit(result, as_json, _show_test)
        if not result["able"]:
            raise click.exceptions.Exit(1)


_common(partner, "partner")
_common(agency, "agency")


def parse_terms(settings: tuple[str, ...]) -> dict[str, str]:
    """``KEY=VALUE`` texts as a dict. Raises ``OperatorError`` where there is no ``=``."""
    terms = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise OperatorError(f"{setting!r} is not KEY=VALUE")
        terms[name.strip()] = value.strip()
    return terms


def _show(result: dict[str, Any]) -> None:
    facts(result, ["id", "kind", "name_en", "name_zh", "enabled", "addresses", "carries"])
    if "agreement" in result:
        click.echo("agreement:")
        for name, value in result["agreement"].items():
            click.echo(f"  {name} = {value or ('(as UNB says)' if name == 'encoding' else '(all)')}")
    if result.get("credentials"):
        click.echo("credentials:")
        table(result["credentials"], {"kind": "kind", "fingerprint": "fingerprint", "label": "label", "not_after": "until", "state": "state"})
    if "certificate" in result:
        click.echo("certificate: " + ", ".join(result["certificate"]["files"]))


def _show_test(result: dict[str, Any]) -> None:
    for finding in result["findings"]:
        click.echo(f"{'ok  ' if finding['good'] else 'NO  '}{finding['text']}")
    if result.get("explanation"):
        click.echo()
        click.echo(result["explanation"])
