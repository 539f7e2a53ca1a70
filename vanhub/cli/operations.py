"""How a command reaches the hub: over the admin socket of a running one, else in this process under the home's lock."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vanhub.service.asking import actor_of, ask
from vanhub.service.home import Home, HomeInUse, HomeLock, find_home


class Operations:
    """The verbs of the hub at one home."""

    def __init__(self, option: str | None) -> None:
        self.path: Path = find_home(option, os.environ, Path.cwd())

    def home(self) -> Home:
        """The home. Raises ``OperatorError`` where there is none."""
        return Home.open(self.path)

    def ask(self, verb: str, **arguments: Any) -> Any:
        """The verb's result; see ``vanhub.service.verbs``. Raises ``HubError``."""
        home = self.home()
        try:
            with HomeLock(home):
                # A command that only asks a running hub is spared loading the hub itself.
                from vanhub.service.core import Core
                from vanhub.service.verbs import perform

                core = Core.open(home, os.environ, clock=now, entropy=secrets.token_bytes)
                try:
                    return perform(core, verb, arguments, actor_of(os.getuid()))
                finally:
                    core.close()
        except HomeInUse:
            return ask(home.admin_socket, verb, arguments)


def now() -> datetime:
    """The wall clock, aware, UTC."""
    return datetime.now(UTC)
