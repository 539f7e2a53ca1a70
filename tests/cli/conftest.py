"""The commands on a stopped hub, called in this process."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.service.parts import Loop, cusres, do, interchange, make_home, open_core, send, session
from vanhub.cli.main import vanhub
from vanhub.cli.operations import now
from vanhub.errors import HubError
from vanhub.service.hub import Hub

# A name as somebody might choose it who wants the operator's terminal to say something else.
EVIL = "Evil\x1b[2J\x1b]0;owned\x07 \x9b31m‮名称"


@dataclass(frozen=True)
class Commands:
    """``vanhub`` on one home."""

    path: Path

    def __call__(self, *arguments: str, code: int = 0, input: str | None = None) -> str:
        """Standard output of a command that must end with ``code``."""
        result = CliRunner().invoke(vanhub, ["--home", str(self.path), *arguments], input=input, env={"VANHUB_HOME": None, "VANHUB_PASSPHRASE": None})
        if isinstance(result.exception, HubError):
            raise result.exception
        assert result.exit_code == code, (arguments, result.output, result.exception)
        return result.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code))


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with something of everything in it, and the id of an interchange; for reading."""
    path = make_home(tmp_path_factory.mktemp("cli") / "home", now)
    with closing(Loop()) as loop, closing(open_core(path, now)) as core:
        hub = Hub(core, loop, passphrase=lambda: core.home.read_passphrase({}), monotonic=loop.seconds)
        do(core, "principal.set", kind="partner", id="carrier", terms={"name_en": EVIL, "name_zh": "远洋运输"})
        do(core, "key.add", id="trader", line="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f 密钥")
        do(core, "token.issue", id="trader", label=EVIL)
        trader = session(core, "trader")
        receipt = send(loop, hub.intake, trader, interchange("R1", cusres(number="单证\x9b1")), file_name=EVIL)
        send(loop, hub.intake, trader, interchange("R2"))
        send(loop, hub.intake, trader, interchange("R2", cusres(number="OTHER")))
        do(core, "mailbox.claim", mailbox="customs", most=1, lease_s=60)
    return path, receipt.interchange


@pytest.fixture
def filled(filled_home: tuple[Path, str]) -> Commands:
    return Commands(filled_home[0])


@pytest.fixture
def copied(filled_home: tuple[Path, str], tmp_path: Path) -> Commands:
    """One to write into."""
    return Commands(Path(shutil.copytree(filled_home[0], tmp_path / "home")))


@pytest.fixture
def interchange_id(filled_home: tuple[Path, str]) -> str:
    return filled_home[1]
