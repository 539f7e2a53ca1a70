"""The ``vanhub`` command: parse, call, print. Exit codes: 0 good, 1 the answer is no, 2 the operator's error."""

from __future__ import annotations

import importlib
import sys

import click

from vanhub import __version__
from vanhub.cli.operations import Operations
from vanhub.errors import HubError, OperatorError, TemporaryError

_COMMANDS = {
    "init": "hub:init",
    "serve": "hub:serve",
    "status": "hub:status",
    "doctor": "hub:doctor",
    "reload": "hub:reload_command",
    "alerts": "hub:alerts",
    "demo": "demo:demo",
    "check": "check:check",
    "explain": "explain:explain",
    "schema": "schema:schema",
    "partner": "principals:partner",
    "agency": "agencies:agency",
    "key": "credentials:key",
    "token": "credentials:token",
    "password": "credentials:password",
    "enrol": "credentials:enrol",
    "mailbox": "mailbox:mailbox",
    "message": "message:message",
    "ledger": "ledger:ledger",
    "ca": "authority:ca",
    "sim": "sim:sim",
}
"""Command -> where it is defined: ``module of this package:attribute``."""


class _Commands(click.Group):
    """Imports a command's module when it is called: most commands need only a small part of the program."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(f"vanhub.cli.{module}"), attribute)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option("--home", metavar="DIR", default=None, help="The hub's home; else VANHUB_HOME, else the current folder.")
@click.version_option(__version__, prog_name="vanhub")
@click.pass_context
def vanhub(context: click.Context, home: str | None) -> None:
    """The EDI value-added exchange of the Golden Customs project."""
    context.obj = Operations(home)


def main() -> None:
    """Entry point of the console script."""
    try:
        # Outside its standalone mode click returns the code of an Exit, and None (or what the command returned) otherwise.
        code = vanhub.main(prog_name="vanhub", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
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
