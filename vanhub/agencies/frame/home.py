"""The home of an agency: the folder with its settings, rules, credentials and, unless it is elsewhere, its store.

agency.toml  rules.toml  client.pem  client.key  ca.pem        what the operator keeps
agency.db  lock  ready.json                                    what the agency keeps
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vanhub.agencies.frame.outbox import party_of
from vanhub.errors import OperatorError
from vanhub.packed import packed
from vanhub.toml import Shape, choice, matching, parse_toml, read_value, require_known, require_table, text, whole

SETTINGS = "agency.toml"
RULES = "rules.toml"
_HUB_ADDRESS = "VANHUB:ZZZ"
_NO_RULES = """# Rules of this agency that are not as vanhub brings them along (docs/rules.md), by their names:
#
# [licence.uses]
# values = [{ from = 2004-01-01, value = 12 }]
"""


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or not parts.port or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError
    return f"https://{parts.netloc}"


def _address(value: str) -> str:
    try:
        party_of(value)
    except ValueError:
        raise ValueError from None
    return value


_KEYS: Mapping[str, tuple[Any, Shape[Any], str]] = {
    "agency": ("", text(1, 64), "Whose home this is, as in mailboxes/."),
    "hub": ("", matching("https://HOST:PORT", _url), "The hub's mailbox API."),
    "store": ("", text(), "SQLAlchemy URL of SQLite or PostgreSQL, without a password. Empty: agency.db in this folder."),
    "slot": ("production", choice("production", "test"), "Which traffic it takes and sends. Each slot needs a home and a store of its own."),
    "claim": (50, whole(1, 1_000), "Most deliveries taken at once: they are worked off in one transaction."),
    "lease_s": (120, whole(1, 86_400), "Seconds for which a delivery is claimed. One that is not collected by then comes again."),
    "poll_s": (5, whole(1, 60), "Seconds for which a claim waits at the hub while there is nothing."),
    "timeout_s": (60, whole(1, 3_600), "Seconds after which an answer of the hub is given up. The request is repeated."),
}
"""Default, what it takes, what it is for. ``agency`` and ``hub`` have none and must be given."""


@dataclass(frozen=True, slots=True)
class AgencyHome:
    """A home as its agency.toml says; the keys as there. ``addresses``: EDI addresses by ids, the agency's own and the hub's among them."""

    path: Path
    agency: str
    hub: str
    store: str
    slot: str
    claim: int
    lease_s: int
    poll_s: int
    timeout_s: int
    addresses: Mapping[str, str]

    @classmethod
    def open(cls, path: Path) -> AgencyHome:
        """Raises ``OperatorError`` where there is none, or its settings are wrong."""
        file = path / SETTINGS
        try:
            content = file.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise OperatorError(
                f"{path} is no agency's home: there is no {SETTINGS}; `vanhub agency init NAME {path} --hub https://HOST:PORT` makes one"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise OperatorError(f"cannot read {file}: {error}") from None
        document = parse_toml(content, str(file))
        require_known(document, (*_KEYS, "addresses"), file=str(file))
        if missing := [key for key in ("agency", "hub") if key not in document]:
            raise OperatorError(f"{file}: {missing[0]} is missing: {_KEYS[missing[0]][2]}")
        values = {key: read_value(shape, document[key], file=str(file), at=key) if key in document else default for key, (default, shape, _) in _KEYS.items()}
        given = require_table(document.get("addresses", {}), file=str(file), at="addresses")
        shape = matching('an EDI address like "GACC:ZZZ"', _address)
        own = {id: read_value(shape, value, file=str(file), at=f"addresses.{id}") for id, value in given.items()}
        addresses = shipped_addresses() | own
        if values["agency"] not in addresses:
            raise OperatorError(f"{file}: addresses has none of {values['agency']} itself")
        return cls(path, **values, addresses=addresses)

    @property
    def store_url(self) -> str:
        return self.store or f"sqlite:///{self.path.absolute() / 'agency.db'}"

    @property
    def rules(self) -> Path:
        return self.path / RULES

    def write_ready(self) -> None:
        """Tell scripts that the agency runs: ready.json with its process id. It goes when the agency ends."""
        content = json.dumps({"agency": self.agency, "pid": os.getpid(), "hub": self.hub})
        partial = self.path / f".ready.{os.getpid()}"
        partial.write_text(content + "\n", encoding="utf-8")
        partial.replace(self.path / "ready.json")

    def remove_ready(self) -> None:
        (self.path / "ready.json").unlink(missing_ok=True)


def shipped_addresses() -> dict[str, str]:
    """The first EDI address of each agency in the mailboxes that vanhub brings along, and the hub's."""
    found = {"hub": _HUB_ADDRESS}
    for file in sorted(packed("mailboxes").glob("*.toml")):
        mailbox = parse_toml(file.read_text(encoding="utf-8"), str(file))
        found[mailbox["id"]] = mailbox["addresses"][0]
    return found


def init_home(path: Path, agency: str, hub: str) -> None:
    """Make ``path`` the home of ``agency``: its settings, all with their defaults, and a file for its rules.

    Raises:
        OperatorError: there is one already, or it cannot be written.
    """
    given = {"agency": agency, "hub": read_value(_KEYS["hub"][1], hub, file="--hub", at="hub")}
    lines = ["# Settings of this agency. What is left out has its default. An unknown key is an error."]
    for key, (default, _, comment) in _KEYS.items():
        # JSON's numbers and strings are TOML's too.
        lines += ["", f"# {comment}", f"{key} = {json.dumps(given.get(key, default))}"]
    lines += ["", "# EDI addresses by ids, the first of each mailbox.", "[addresses]"]
    lines += [f"{id} = {json.dumps(address)}" for id, address in shipped_addresses().items()]
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in ((SETTINGS, "\n".join(lines) + "\n"), (RULES, _NO_RULES)):
            with (path / name).open("x", encoding="utf-8") as file:
                file.write(content)
    except FileExistsError as error:
        raise OperatorError(f"{error.filename} is there already: nothing is overwritten") from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from error


class AgencyRuns(OperatorError):
    """Another process works on the home. ``pid``: the program that runs, which SIGUSR1 wakes; 0: a command, which would die of it."""

    def __init__(self, home: AgencyHome, pid: int) -> None:
        at = f"{home.agency} in {home.path}"
        super().__init__(f"{at} runs already: process {pid}" if pid else f"another command is at work on {at}: again when it is done")
        self.pid = pid


class AgencyLock:
    """Holds a home for this process, so that one writes its store. A context manager; the kernel drops the lock when the process ends, however it ends.

    ``wakeable``: this process takes SIGUSR1 already, and its id is told to the others.
    """

    def __init__(self, home: AgencyHome, *, wakeable: bool = False) -> None:
        self._home = home
        self._wakeable = wakeable
        self._descriptor = -1

    def __enter__(self) -> AgencyLock:
        """Raises ``AgencyRuns`` where another process holds it."""
        try:
            descriptor = os.open(self._home.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OperatorError(f"{self._home.path / 'lock'} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).strip()
            os.close(descriptor)
            raise AgencyRuns(self._home, int(holder) if holder.isdigit() else 0) from None
        os.ftruncate(descriptor, 0)
        if self._wakeable:
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
