"""A hub as its users have it: a home in a temporary folder, the real daemon as a process, real clients.

Everything goes through the ``vanhub`` command, the sockets and the files that an operator or a partner has.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanhub.settings import render_default

START_S = 30.0
ANSWER_S = 30.0

# sftp -b turns the questions off; ssh takes the first of two options.
PASSWORD_LOGIN = ["-o", "BatchMode=no", "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"]

VANHUB = [sys.executable, "-m", "vanhub.cli"]


class Failed(Exception):
    """A command ended with another exit code than was expected."""


@dataclass(frozen=True)
class Partner:
    """A principal's credentials on disk."""

    id: str
    folder: Path
    ssh_key: Path | None = None

    @property
    def tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.load_cert_chain(self.folder / "client.pem", self.folder / "client.key")
        return context

    @property
    def certificate(self) -> list[str]:
        """How ``openssl s_client`` shows it."""
        return ["-cert", str(self.folder / "client.pem"), "-key", str(self.folder / "client.key"), "-CAfile", str(self.folder / "ca.pem")]

    @property
    def curl(self) -> list[str]:
        return ["curl", "-sS", "--cert", str(self.folder / "client.pem"), "--key", str(self.folder / "client.key"), "--cacert", str(self.folder / "ca.pem")]


class Api:
    """``/v1`` over one connection that stays open between requests."""

    def __init__(self, connection: http.client.HTTPSConnection, token: str) -> None:
        self._connection = connection
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """HTTP status and body. Raises ``OSError`` or ``http.client.HTTPException`` when the connection ends before the answer."""
        self._connection.request(method, path, body, self._headers)
        with self._connection.getresponse() as response:
            return response.status, response.read()

    def get(self, path: str) -> tuple[int, Any]:
        status, body = self.request("GET", path)
        return status, json.loads(body)

    def post(self, path: str, members: dict[str, Any] | None = None) -> tuple[int, Any]:
        status, body = self.request("POST", path, json.dumps(members or {}).encode())
        return status, json.loads(body)

    def submit(self, octets: bytes) -> tuple[int, Any]:
        status, body = self.request("POST", "/v1/interchanges", octets)
        return status, json.loads(body)

    def ended(self, within_s: float) -> bool:
        """Whether the hub ends the connection within ``within_s`` seconds, nothing being asked meanwhile."""
        return is_ended(self._connection.sock, within_s)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RunningHub:
    """One home; ``start``, ``stop``, ``kill`` its daemon as often as wanted."""

    def __init__(self, path: Path, *, settings: dict[str, str] | None = None) -> None:
        """Makes the home, its settings first. ``settings`` replace lines ``key = ...`` of hub.toml; every listener gets a free port."""
        self.path = path
        self.log = path.parent / f"{path.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        text = render_default()
        for key, value in {"port": "0", **(settings or {})}.items():
            text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert count, f"hub.toml has no key {key}"
        path.mkdir()
        (path / "hub.toml").write_text(text, encoding="utf-8")
        self.vanhub("init", str(path), home=False)

    def vanhub(self, *arguments: str, home: bool = True, code: int = 0, input: str | None = None) -> str:
        """Run the command; its standard output. ``code`` is the exit code that it must have."""
        command = [*VANHUB, *(["--home", str(self.path)] if home else []), *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VANHUB_")}
        done = subprocess.run(command, capture_output=True, text=True, input=input, timeout=120, check=False, env=environment)
        if done.returncode != code:
            raise Failed(f"{' '.join(arguments)}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done.stdout + (done.stderr if code else "")

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The command's ``--json`` output."""
        return json.loads(self.vanhub(*arguments, "--json", code=code))

    def start(self) -> RunningHub:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*VANHUB, "--home", str(self.path), "serve"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self._listens, START_S, lambda: f"the hub does not start:\n{self.log.read_text()}")
        return self

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_S)

    def kill(self) -> None:
        """SIGKILL: no chance to say goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(START_S)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def port(self, gateway: str) -> int:
        return int(json.loads((self.path / "var" / "endpoints.json").read_text())[gateway]["port"])

    def add_partner(self, id: str, *addresses: str, sftp: bool = False, terms: tuple[str, ...] = ()) -> Partner:
        """Enter a trading partner with a certificate and, with ``sftp``, an SSH key."""
        folder = self.path.parent / "partners" / id
        key = None
        arguments = ["partner", "add", id, *(part for address in addresses for part in ("--edi", address)), "--certificate", str(folder)]
        if sftp:
            key = self.path.parent / "partners" / f"{id}.ssh"
            key.parent.mkdir(exist_ok=True)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), "-C", id], check=True)
            arguments += ["--sftp-key", f"{key}.pub"]
        self.vanhub(*arguments, *(part for term in terms for part in ("--set", term)))
        return Partner(id, folder, key)

    def agency(self, id: str) -> Partner:
        """An agency of ``mailboxes/`` with a certificate of its own."""
        folder = self.path.parent / "agencies" / id
        self.vanhub("ca", "issue", "agency", id, "--out", str(folder))
        return Partner(id, folder)

    # Clients

    def connect(self, partner: Partner) -> ssl.SSLSocket:
        """A TLS session at the TCP gateway."""
        connection = socket.create_connection(("127.0.0.1", self.port("tcp")), timeout=ANSWER_S)
        return partner.tls_context.wrap_socket(connection, server_hostname="localhost")

    def send(self, partner: Partner, *interchanges: bytes) -> list[bytes]:
        """Send over TCP and read one acknowledgement for each."""
        with self.connect(partner) as session:
            session.sendall(b"".join(interchanges))
            return read_interchanges(session, len(interchanges))

    def curl(self, partner: Partner, path: str, *arguments: str) -> tuple[int, bytes]:
        """HTTP status and body."""
        url = f"https://localhost:{self.port('https')}{path}"
        done = subprocess.run([*partner.curl, "-w", "\n%{http_code}", *arguments, url], capture_output=True, timeout=ANSWER_S, check=True)
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status), body

    def post(self, partner: Partner, octets: bytes) -> tuple[int, Any]:
        """HTTP status and receipt (or problem) for an interchange sent with curl."""
        file = self.scratch(octets)
        status, body = self.curl(partner, "/v1/interchanges", "-H", "Content-Type: application/edifact", "--data-binary", f"@{file}")
        file.unlink()
        return status, json.loads(body)

    def api(self, partner: Partner, *, token: str = "") -> Api:
        """One HTTPS connection that is kept open, with the certificate or, given one, the bearer token."""
        context = ssl.create_default_context(cafile=partner.folder / "ca.pem") if token else partner.tls_context
        return Api(http.client.HTTPSConnection("localhost", self.port("https"), timeout=ANSWER_S, context=context), token)

    def upload(self, partner: Partner, name: str, octets: bytes) -> None:
        """Put a file into the outbox with OpenSSH's sftp."""
        file = self.scratch(octets)
        self.sftp(partner, f"put {file} outbox/{name}\n")
        file.unlink()

    def sftp(self, partner: Partner, batch: str, *, code: int = 0) -> str:
        """Run a batch of OpenSSH's sftp; its output. Lines that begin with ``-`` may fail."""
        done = subprocess.run(self.sftp_command(partner), input=batch, capture_output=True, text=True, timeout=60, check=False, cwd=self.path.parent)
        if done.returncode != code:
            raise Failed(f"sftp: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def sftp_command(self, partner: Partner) -> list[str]:
        """OpenSSH's sftp, reading its commands from standard input."""
        return ["sftp", *self.ssh_options(partner), "-P", str(self.port("sftp")), "-b", "-", f"{partner.id}@127.0.0.1"]

    def ssh_options(self, partner: Partner) -> list[str]:
        known = self.path.parent / "known_hosts"
        host_key = (self.path / "certs" / "ssh_host_ed25519_key.pub").read_text().split()
        known.write_text(f"[127.0.0.1]:{self.port('sftp')} {host_key[0]} {host_key[1]}\n")
        login = ["-i", str(partner.ssh_key), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"] if partner.ssh_key else PASSWORD_LOGIN
        return ["-q", *login, "-o", f"UserKnownHostsFile={known}", "-F", "/dev/null"]

    def scratch(self, octets: bytes) -> Path:
        """A new file with ``octets``."""
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, suffix=".edi")
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
        return Path(name)

    def _listens(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise Failed(f"the hub ended with {self.process.returncode}:\n{self.log.read_text()}")
        try:
            endpoints = json.loads((self.path / "var" / "endpoints.json").read_text())
            # A killed hub leaves its file behind: only one that is answered on is this hub's.
            with socket.create_connection(("127.0.0.1", endpoints["metrics"]["port"]), timeout=5):
                return True
        except (OSError, ValueError):
            return False


def wait_until(happened: Callable[[], Any], limit_s: float, explain: Callable[[], str]) -> Any:
    """Poll until ``happened()`` is true and return it; fail with ``explain()`` after ``limit_s``."""
    deadline = time.monotonic() + limit_s
    while not (result := happened()):
        if time.monotonic() > deadline:
            raise Failed(explain())
        time.sleep(0.02)
    return result


def is_ended(session: socket.socket, within_s: float) -> bool:
    """Whether the other side ends ``session`` within ``within_s`` seconds; what it says before does not matter."""
    session.settimeout(within_s)
    try:
        while session.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def read_interchanges(session: ssl.SSLSocket, count: int) -> list[bytes]:
    """Read ``count`` interchanges; fewer where the hub closes first."""
    data = b""
    while data.count(b"UNZ+") < count or not data.rstrip().endswith(b"'"):
        piece = session.recv(65536)
        if not piece:
            break
        data += piece
    return [part.strip() + b"'" for part in re.findall(rb"(?:UNA.{6})?UNB.*?UNZ\+[^']*(?=')", data, re.DOTALL)]


def interchange(sender: str, recipient: str, reference: str, *messages: bytes, test: bool = False, prepared: str = "261121:1200") -> bytes:
    """UNB..UNZ of syntax version 3 around whole messages."""
    tail = "++++++1" if test else ""
    head = f"UNB+UNOC:3+{sender}+{recipient}+{prepared}+{reference}{tail}'"
    return head.encode() + b"".join(messages) + f"UNZ+{len(messages)}+{reference}'".encode()


def cusres(reference: str, *, number: str = "ANSWER1") -> bytes:
    """A small correct message (D.01B)."""
    body = f"UNH+{reference}+CUSRES:D:01B:UN'BGM+961+{number}+11'UNT+3+{reference}'"
    return body.encode()
