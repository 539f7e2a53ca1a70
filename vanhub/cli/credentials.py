"""``vanhub key``, ``token``, ``password`` and ``enrol``: the credentials of any principal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from vanhub.cli.operations import Operations
from vanhub.cli.output import as_json, emit, table
from vanhub.errors import OperatorError


@click.group()
def key() -> None:
    """SSH public keys, for SFTP."""


@key.command("add")
@click.argument("id")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--label", default="", help="A name for people; else the key's comment.")
@as_json
@click.pass_obj
def key_add(hub: Operations, id: str, file: Path, label: str, as_json: bool) -> None:
    """Enter an OpenSSH public key of the principal ID."""
    result = hub.ask("key.add", id=id, line=file.read_text(encoding="utf-8", errors="replace"), label=label)
    emit(result, as_json, lambda key: click.echo(f"{id} may log in with {key['name']}"))


@key.command("list")
@click.argument("id")
@as_json
@click.pass_obj
def key_list(hub: Operations, id: str, as_json: bool) -> None:
    """The SSH keys of the principal ID."""
    emit(hub.ask("credential.list", id=id, kind="ssh-key"), as_json, _show)


@key.command("remove")
@click.argument("id")
@click.argument("fingerprint")
@click.pass_obj
def key_remove(hub: Operations, id: str, fingerprint: str) -> None:
    """Withdraw an SSH key: FINGERPRINT as `key list` or ssh-keygen -l prints it, or its first digits."""
    hub.ask("credential.withdraw", id=id, kind="ssh-key", fingerprint=fingerprint, reason="removed by an operator")
    click.echo("withdrawn; open sessions with it are ended")


@click.group()
def token() -> None:
    """Bearer tokens, for HTTPS."""


@token.command("issue")
@click.argument("id")
@click.option("--label", default="", help="A name for people.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it is valid.")
@as_json
@click.pass_obj
def token_issue(hub: Operations, id: str, label: str, days: int, as_json: bool) -> None:
    """Issue a token for the principal ID. It is shown this once."""
    emit(hub.ask("token.issue", id=id, label=label, days=days), as_json, _show_token)


@token.command("list")
@click.argument("id")
@as_json
@click.pass_obj
def token_list(hub: Operations, id: str, as_json: bool) -> None:
    """The tokens of the principal ID, by the first digits of their fingerprints."""
    emit(hub.ask("credential.list", id=id, kind="token"), as_json, _show)


@token.command("revoke")
@click.argument("id")
@click.argument("fingerprint")
@click.pass_obj
def token_revoke(hub: Operations, id: str, fingerprint: str) -> None:
    """Withdraw a token: the first digits of its FINGERPRINT, as `token list` prints it."""
    hub.ask("credential.withdraw", id=id, kind="token", fingerprint=fingerprint, reason="revoked by an operator")
    click.echo("withdrawn")


@click.group()
def password() -> None:
    """Passwords, for SFTP where a partner cannot use keys."""


@password.command("set")
@click.argument("id")
@click.pass_obj
def password_set(hub: Operations, id: str) -> None:
    """Set the password of the principal ID: asked for on a terminal, else read as the first line of standard input."""
    text = click.prompt("password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not text:
        raise OperatorError("an empty password is none")
    hub.ask("password.set", id=id, password=text)
    click.echo(f"the password of {id} is set; an earlier one is withdrawn")


@password.command("remove")
@click.argument("id")
@click.pass_obj
def password_remove(hub: Operations, id: str) -> None:
    """Withdraw the password of the principal ID."""
    hub.ask("credential.withdraw", id=id, kind="password", fingerprint="", reason="removed by an operator")
    click.echo("withdrawn")


@click.command()
@click.argument("id")
@click.option("--hours", type=click.IntRange(1, 720), default=72, show_default=True, help="How long the code is valid.")
@as_json
@click.pass_obj
def enrol(hub: Operations, id: str, hours: int, as_json: bool) -> None:
    """Issue a one-time code, shown this once, with which the principal ID fetches a certificate for a key of its own over HTTPS (RFC 7030):

    \b
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -subj / -out client.csr
    curl --cacert ca.pem --user ID:CODE -H 'Content-Type: application/pkcs10' --data-binary @client.csr \\
      https://HUB:8443/.well-known/est/simpleenroll | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out client.pem
    """
    emit(hub.ask("enrolment.issue", id=id, hours=hours), as_json, lambda result: click.echo(result["code"]))


def _show(rows: list[dict[str, Any]]) -> None:
    table(rows, {"fingerprint": "fingerprint", "label": "label", "not_before": "from", "not_after": "until", "state": "state"}, empty="none")


def _show_token(issued: dict[str, Any]) -> None:
    click.echo(issued["token"])
    # Beside the token, so that a script that reads standard output has the token alone.
    click.echo(f"to withdraw it: vanhub token revoke {issued['principal']} {issued['fingerprint'][:16]}", err=True)
