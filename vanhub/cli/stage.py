"""A hub and its users for a demonstration: a temporary home, the real daemon, real clients (sftp, curl, openssl, TLS sockets).

Nothing here knows what is shown; ``vanhub.cli.demo`` tells the story. Everything is removed at the end, and every process started is ended.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vanhub.errors import OperatorError

START_S = 90.0
_ANSWER_S = 30.0
PROGRAMS = ("openssl", "ssh-keygen", "sftp", "curl")


class Stage:
    """A context manager: a running hub in a temporary home, its command, its partners' credentials, and clients that use them."""

    def __init__(self) -> None:
        if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
            raise OperatorError(f"the demonstration uses {', '.join(missing)}, which is not installed")
        self.folder = Path(tempfile.mkdtemp(prefix="vanhub-demo-"))
        self.home = self.folder / "hub"
        self._hub: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Told to stop, the demonstration takes its hub with it.
        self._before = signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        signal.signal(signal.SIGTERM, self._before)
        if self._hub is not None and self._hub.poll() is None:
            self._hub.kill()
            self._hub.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # The operator

    def vanhub(self, *arguments: str) -> str:
        """Run the ``vanhub`` command on this home; its output."""
        return self.run([sys.executable, "-m", "vanhub.cli", "--home", str(self.home), *arguments])

    def json(self, *arguments: str) -> Any:
        return json.loads(self.vanhub(*arguments, "--json"))

    def init(self) -> None:
        """Make the home; every listener gets a free port."""
        self.vanhub("init")
        file = self.home / "hub.toml"
        file.write_text(re.sub(r"(?m)^port = \d+", "port = 0", file.read_text(encoding="utf-8")), encoding="utf-8")

    def start(self) -> dict[str, int]:
        """Start the daemon; its ports by gateway."""
        with (self.folder / "log").open("wb") as log:
            self._hub = subprocess.Popen(
                [sys.executable, "-m", "vanhub.cli", "--home", str(self.home), "serve"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment()
            )
        endpoints = self.home / "var" / "endpoints.json"
        deadline = time.monotonic() + START_S
        while not endpoints.exists():
            if self._hub.poll() is not None or time.monotonic() > deadline:
                raise OperatorError(f"the hub did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.05)
        self._ports = {name: int(each["port"]) for name, each in json.loads(endpoints.read_bytes()).items()}
        return self._ports

    @property
    def hub_process(self) -> int:
        """The id of the daemon's process; 0 where it was not started."""
        return self._hub.pid if self._hub is not None else 0

    def port(self, gateway: str) -> int:
        """On which the running hub listens."""
        return self._ports[gateway]

    def stop(self) -> int:
        """SIGTERM; the daemon's exit code."""
        if self._hub is None:
            return 0
        self._hub.terminate()
        return self._hub.wait(START_S)

    def log(self) -> str:
        """The end of what the hub logged."""
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def certificate(self, kind: str, id: str) -> Path:
        """The folder with the certificate of a principal that is entered already."""
        self.vanhub("ca", "issue", kind, id, "--out", str(self.folder / id))
        return self.folder / id

    # The partners

    def send_tcp(self, id: str, interchange: bytes) -> bytes:
        """Send over TLS and read one acknowledgement."""
        folder = self.folder / id
        context = ssl.create_default_context(cafile=folder / "ca.pem")
        context.load_cert_chain(folder / "client.pem", folder / "client.key")
        answer = b""
        with (
            socket.create_connection(("127.0.0.1", self._ports["tcp"]), _ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as session,
        ):
            session.sendall(interchange)
            while not re.search(rb"UNZ\+[^']*'", answer):
                piece = session.recv(65536)
                if not piece:
                    raise OperatorError("the hub closed the session without an acknowledgement")
                answer += piece
        return answer

    def sftp(self, id: str, *commands: str) -> str:
        """Run a batch of OpenSSH's sftp with the key ``ID.ssh``; its output."""
        key = (self.home / "certs" / "ssh_host_ed25519_key.pub").read_text().split()
        known = self.folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{self._ports['sftp']} {key[0]} {key[1]}\n")
        options = ("BatchMode=yes", "IdentitiesOnly=yes", f"UserKnownHostsFile={known}", f"Port={self._ports['sftp']}")
        command = ["sftp", "-q", "-F", "/dev/null", "-i", str(self.folder / f"{id}.ssh"), *(part for option in options for part in ("-o", option))]
        return self.run([*command, "-b", "-", f"{id}@127.0.0.1"], input="\n".join(commands) + "\n")

    def curl(self, id: str, path: str, *arguments: str) -> tuple[int, str]:
        """HTTP status and body of a request with the certificate of ``id``."""
        folder = self.folder / id
        own = ["--cert", str(folder / "client.pem"), "--key", str(folder / "client.key"), "--cacert", str(folder / "ca.pem")]
        output = self.run(["curl", "-sS", *own, "-w", "\n%{http_code}", *arguments, f"https://localhost:{self._ports['https']}{path}"])
        body, _, status = output.rpartition("\n")
        return int(status), body

    def ask_vanhub(self, *arguments: str) -> tuple[int, str]:
        """The same where the answer may be no: exit code (0 or 1) and what stands on standard output."""
        command = [sys.executable, "-m", "vanhub.cli", "--home", str(self.home), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=self.folder, env=environment())
        if done.returncode > 1:
            raise OperatorError(f"vanhub {' '.join(arguments)} failed:\n{done.stderr}")
        return done.returncode, done.stdout

    def run(self, command: list[str], *, input: str | None = None) -> str:
        """Run a program in the stage's folder; its output. Raises ``OperatorError`` where it fails."""
        try:
            done = subprocess.run(
                command, input=input, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, cwd=self.folder, env=environment()
            )
        except subprocess.TimeoutExpired:
            raise OperatorError(f"{command[0]} did not end") from None
        if done.returncode != 0:
            raise OperatorError(f"{' '.join(command[:6])} ... failed:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr


def environment() -> dict[str, str]:
    """This process's, less what would point the hub elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VANHUB_")}
