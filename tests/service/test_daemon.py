"""Starting where it cannot be: said in one sentence, exit code 2, and nothing left behind."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.parts import make_home
from vanhub.cli.operations import now

pytestmark = pytest.mark.e2e


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose listeners take any free port."""
    made = make_home(tmp_path / "home", now)
    file = made / "hub.toml"
    file.write_text(re.sub(r"(?m)^port = \d+$", "port = 0", file.read_text()))
    return made


def serve(home: Path) -> tuple[int, str]:
    """Exit code and last line of a hub that ends by itself."""
    done = subprocess.run([sys.executable, "-m", "vanhub.cli", "--home", str(home), "serve"], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["tcp", "metrics"])
def test_a_port_that_is_taken_is_named(home: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = home / "hub.toml"
        file.write_text(re.sub(rf"(?s)(\[{name}\].*?port = )0", rf"\g<1>{port}", file.read_text(), count=1))
        assert serve(home) == (2, f"vanhub: {name} cannot listen on 127.0.0.1:{port}: [Errno 98] Address already in use; see [{name}] in hub.toml")
    assert not (home / "var" / "endpoints.json").exists()
    assert not (home / "var" / "admin.sock").exists()


def test_without_a_ca_init_is_named(home: Path) -> None:
    (home / "certs" / "issuing.pem").unlink()
    code, told = serve(home)
    assert (code, told) == (2, f"vanhub: {home}/certs holds no CA: `vanhub init` makes one")
