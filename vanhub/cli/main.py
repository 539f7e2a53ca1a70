"""The ``vanhub`` command: parse, call, print. Exit codes: 0 good, 1 the answer is no, 2 the operator's error."""

from __future__ import annotations

import sys

import click

from vanhub import __version__
from vanhub.cli.authority import ca
from vanhub.cli.check import check
from vanhub.cli.credentials import enrol, key, password, token
from vanhub.cli.demo import demo
from vanhub.cli.hub import alerts, doctor, init, reload_command, serve, status
from vanhub.cli.mailbox import mailbox
from vanhub.cli.message import message
from vanhub.cli.operations import Operations
from vanhub.cli.principals import agency, partner
from vanhub.cli.schema import schema
from vanhub.errors import HubError, OperatorError, TemporaryError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option("--home", metavar="DIR", default=None, help="The hub's home; else VANHUB_HOME, else the current folder.")
@click.version_option(__version__, prog_name="vanhub")
@click.pass_context
def vanhub(context: click.Context, home: str | None) -> None:
    """The EDI value-added exchange of the Golden Customs project."""
    context.obj = Operations(home)


for command in (init, serve, status, doctor, demo, check, partner, agency, key, token, password, enrol, mailbox, message, schema, ca, alerts, reload_command):
    vanhub.add_command(command)


def main() -> None:
    """Entry point of the console script."""
    try:
        vanhub.main(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.Abort:
        click.echo("vanhub: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HubError as error:
        click.echo(f"vanhub: {error}", err=True)
        sys.exit(2 if isinstance(error, OperatorError | TemporaryError) else 1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left; Python would complain when it flushes
        sys.exit(1)
