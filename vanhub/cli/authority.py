"""``vanhub ca``: the certification authority."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from vanhub.cli.bundle import issue_bundle
from vanhub.cli.operations import Operations, now
from vanhub.cli.output import as_json, emit, table
from vanhub.errors import OperatorError

_COLUMNS = {"serial": "serial", "profile": "profile", "principal": "principal", "not_before": "from", "not_after": "until", "state": "state"}
_REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation")


@click.group()
def ca() -> None:
    """The certification authority: certificates of partners, agencies, operators and the hub."""


@ca.command("init")
@click.pass_obj
def init(hub: Operations) -> None:
    """Make the CA of a home that has none, for example after an interrupted `vanhub init`."""
    from vanhub.service.initialise import initialise_authority

    for line in initialise_authority(hub.home(), os.environ, clock=now, entropy=secrets.token_bytes):
        click.echo(line)


@ca.command("issue")
@click.argument("kind", type=click.Choice(["partner", "agency", "operator"]))
@click.argument("id")
@click.option("--out", "directory", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for client.pem, client.key, ca.pem.")
@as_json
@click.pass_obj
def issue(hub: Operations, kind: str, id: str, directory: Path, as_json: bool) -> None:
    """Issue a certificate for a new key. Earlier certificates of ID stay valid beside it. An operator is entered if new."""
    emit(issue_bundle(hub, kind, id, directory), as_json, lambda made: click.echo("\n".join(made["files"])))


@ca.command("sign-csr")
@click.argument("file", type=click.File("rb"))
@click.option("--for", "id", required=True, metavar="ID", help="The principal. Its names come from its record; the request's are not looked at.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File for the certificate and the issuing CA's; else standard output.")
@click.pass_obj
def sign_csr(hub: Operations, file: Any, id: str, out: Path | None) -> None:
    """Issue a certificate for the key in a certificate signing request (PEM or DER; - reads standard input)."""
    issued = hub.ask("ca.issue", id=id, csr=file.read(1 << 20).decode("latin-1"))
    if out is None:
        click.echo(issued["chain"], nl=False)
        return
    try:
        with out.open("x", encoding="ascii") as target:
            target.write(issued["chain"])
    except OSError as error:
        raise OperatorError(
            f"{out} cannot be written: {error.strerror}; the certificate {issued['serial']} was issued and can be printed again by `ca list --json`"
        ) from error
    click.echo(f"{out}: serial {issued['serial']}, valid until {issued['not_after']}")


@ca.command("renew")
@click.argument("what", type=click.Choice(["hub-tls", "acknowledgement", "issuing"]))
@click.pass_obj
def renew(hub: Operations, what: str) -> None:
    """Renew one of the hub's own certificates. New connections and acknowledgements use it at once; the old one stays valid."""
    issued = hub.ask("ca.renew", what=what)
    click.echo(f"{what}: serial {issued['serial']}, valid until {issued['not_after']}")


@ca.command("revoke")
@click.argument("serial")
@click.option("--reason", type=click.Choice(_REASONS), default="unspecified", show_default=True)
@click.pass_obj
def revoke(hub: Operations, serial: str, reason: str) -> None:
    """Revoke a certificate by its SERIAL (hexadecimal) and issue a new CRL. Its sessions are ended."""
    revoked = hub.ask("ca.revoke", serial=serial, reason=reason)
    click.echo(f"{revoked['serial']} of {revoked['principal'] or 'the hub'} is revoked; CRL number {revoked['crl_number']}")


@ca.command("list")
@click.option("--for", "id", default="", metavar="ID", help="Only this principal's.")
@as_json
@click.pass_obj
def list_(hub: Operations, id: str, as_json: bool) -> None:
    """Every certificate that the CA issued."""
    emit(hub.ask("ca.list", id=id), as_json, lambda rows: table(rows, _COLUMNS))


@ca.command("expiring")
@click.option("--days", type=click.IntRange(1, 3650), default=60, show_default=True)
@as_json
@click.pass_obj
def expiring(hub: Operations, days: int, as_json: bool) -> None:
    """Certificates in use and CRLs that end within so many days. Exit 1 when there are any."""
    rows = hub.ask("ca.expiring", days=days)
    emit(rows, as_json, lambda rows: table(rows, {**_COLUMNS, "days": "days left"}, empty=f"nothing ends within {days} days"))
    if rows:
        raise click.exceptions.Exit(1)


@ca.command("crl")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else standard output.")
@click.option("--der", is_flag=True, help="DER instead of PEM.")
@click.option("--root", is_flag=True, help="The root's list, of issuing CAs revoked. Needs certs/root.key: bring it back for this.")
@click.pass_obj
def crl(hub: Operations, out: Path | None, der: bool, root: bool) -> None:
    """Issue a new CRL and write it. The hub renews the issuing CA's by itself; the root's is due once a year."""
    issued = hub.ask("ca.crl", root=root)
    content = bytes.fromhex(issued["der"]) if der else issued["pem"].encode()
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        click.echo(f"{out}: CRL number {issued['number']}, next update {issued['next_update']}")
