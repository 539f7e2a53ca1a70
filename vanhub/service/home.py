"""The hub's home: the folder with its settings, mailboxes, keys and everything that it writes.

    hub.toml  mailboxes/  schemas/  certs/        what the operator keeps
    var/    store, content, admin.sock, endpoints.json, lock, passphrase        what the hub keeps

Every path of the running hub comes from here. Nothing in ``var`` or ``certs`` can be read by other users (0700, 0600).
Initialising fills in what is missing and changes no file that is there, so that a checkout is a home as it stands.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from vanhub.directory.guides.load import GuideSet, open_guides
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.directory.model import Directories
from vanhub.errors import OperatorError
from vanhub.exchange.mailboxes import parse_mailboxes
from vanhub.packed import packed
from vanhub.settings import FILE, Settings, parse_settings, render_default
from vanhub.values.mailbox import Mailbox

CREDENTIAL = "vanhub-passphrase"
"""Name of the systemd credential that holds the passphrase."""

_SCHEMAS_README = """# Directories of this hub

vanhub brings the UN/EDIFACT directories along; they are not repeated here. A schema file of your own (`D.24B.schema`) that lies here is read
too, and its directories come before those of the same name that vanhub brings along. `vanhub schema import FILE` makes one from the archive that
UNECE distributes; `vanhub schema list` shows them all.
"""

_CERTS_README = """# Keys and certificates of this hub

`vanhub init` makes the certification authority here. The keys are encrypted, and readable for the hub's user alone. Keep a copy of this folder
and, elsewhere, of the passphrase: without them the hub cannot sign.
"""


class HomeInUse(OperatorError):
    """Another process holds the home; ``pid`` is its id, or 0 where it could not be read."""

    def __init__(self, path: Path, pid: int) -> None:
        super().__init__(f"the home {path} is in use by process {pid or 'unknown'}")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Home:
    """A home and its settings."""

    path: Path
    settings: Settings

    @classmethod
    def open(cls, path: Path) -> Home:
        """The home at ``path`` with the settings of its hub.toml.

        Raises:
            OperatorError: there is none, or its settings are wrong.
        """
        file = path / FILE
        try:
            content = file.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise OperatorError(f"{path} is no hub's home: there is no {FILE}; `vanhub init {path}` makes one") from None
        except (OSError, UnicodeDecodeError) as error:
            raise OperatorError(f"cannot read {file}: {error}") from None
        return cls(path, parse_settings(content, str(file)))

    def _folder(self, setting: str) -> Path:
        return self.path / Path(setting).expanduser()

    @property
    def mailboxes(self) -> Path:
        return self._folder(self.settings.folders.mailboxes)

    @property
    def schemas(self) -> Path:
        return self._folder(self.settings.folders.schemas)

    @property
    def certs(self) -> Path:
        return self._folder(self.settings.folders.certs)

    @property
    def var(self) -> Path:
        return self._folder(self.settings.folders.var)

    @property
    def store_file(self) -> Path:
        """The SQLite store, where ``store.url`` names no other."""
        return self.var / "vanhub.db"

    @property
    def store_url(self) -> str:
        return self.settings.store.url or f"sqlite:///{self.store_file}"

    @property
    def content(self) -> Path:
        return self.var / "content"

    @property
    def admin_socket(self) -> Path:
        return self.var / "admin.sock"

    @property
    def endpoints(self) -> Path:
        return self.var / "endpoints.json"

    @property
    def lock(self) -> Path:
        return self.var / "lock"

    @property
    def passphrase_file(self) -> Path:
        return self._folder(self.settings.ca.passphrase_file)

    def read_mailboxes(self) -> tuple[Mailbox, ...]:
        """The agencies' mailboxes, as ``mailboxes/*.toml`` define them, by id.

        Raises:
            OperatorError: a file is wrong, or two contradict one another.
        """
        if not self.mailboxes.is_dir():
            raise OperatorError(f"there is no folder {self.mailboxes}: restore it, or correct folders.mailboxes in {self.path / FILE}")
        try:
            texts = {str(file): file.read_text(encoding="utf-8") for file in sorted(self.mailboxes.glob("*.toml"))}
        except (OSError, UnicodeDecodeError) as error:
            raise OperatorError(f"cannot read the mailboxes in {self.mailboxes}: {error}") from None
        return parse_mailboxes(texts, hub=self.settings.hub.address)

    def open_directories(self) -> SchemaDirectories:
        """The directories that vanhub brings along and the hub's own, which come before those of the same name.

        Raises:
            OperatorError: a schema file cannot be read.
        """
        return open_directories(packed("schemas"), self.schemas)

    def open_guides(self, directories: Directories) -> GuideSet:
        """The guides that vanhub brings along and the hub's own, which come before those of the same name; each is read when it is needed.

        Raises:
            OperatorError: the head of a guide is not in order.
        """
        return open_guides(packed("schemas"), self.schemas, directories=directories)

    def find_passphrase(self, environ: Mapping[str, str]) -> bytes | None:
        """The passphrase of the keys: from systemd's credential, else from the file of ``ca.passphrase_file``, else from ``VANHUB_PASSPHRASE``.

        Raises:
            OperatorError: a file of it is empty, or can be read by other users.
        """
        credential = Path(environ.get("CREDENTIALS_DIRECTORY", os.devnull)) / CREDENTIAL
        if credential.exists():
            return _read_line(credential)
        if self.passphrase_file.exists():
            if self.passphrase_file.stat().st_mode & 0o077:
                raise OperatorError(f"{self.passphrase_file} can be read by other users: `chmod 600 {self.passphrase_file}`")
            return _read_line(self.passphrase_file)
        return environ.get("VANHUB_PASSPHRASE", "").encode() or None

    def read_passphrase(self, environ: Mapping[str, str]) -> bytes:
        """As ``find_passphrase``, where there must be one.

        Raises:
            OperatorError: it stands nowhere, its file is empty or can be read by other users.
        """
        passphrase = self.find_passphrase(environ)
        if passphrase is None:
            raise OperatorError(
                f"no passphrase for the keys in {self.certs}: put it into {self.passphrase_file} (mode 0600), "
                f"into VANHUB_PASSPHRASE or into the systemd credential {CREDENTIAL}"
            )
        return passphrase

    def write_endpoints(self, endpoints: Mapping[str, tuple[str, int]]) -> None:
        """endpoints.json: ``{"tcp": {"host", "port"}, ...}`` as bound. Readers see the old file or the new one, never a part."""
        listed = {name: {"host": host, "port": port} for name, (host, port) in endpoints.items()}
        write_whole(self.endpoints, json.dumps(listed, indent=2).encode() + b"\n")

    def read_endpoints(self) -> dict[str, dict[str, Any]]:
        """What ``write_endpoints`` wrote; empty where the hub does not run."""
        try:
            listed: dict[str, dict[str, Any]] = json.loads(self.endpoints.read_bytes())
        except FileNotFoundError:
            return {}
        return listed

    def remove_endpoints(self) -> None:
        """The hub stops: nothing listens any more."""
        self.endpoints.unlink(missing_ok=True)


def find_home(option: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """``--home``, else ``VANHUB_HOME``, else the current folder; absolute. It need not exist."""
    return (cwd / Path(option or environ.get("VANHUB_HOME") or ".").expanduser()).resolve()


@dataclass(frozen=True, slots=True)
class Initialised:
    """What ``init_home`` did: the files that it wrote, the passphrase of the keys to be made, and where that was written, None where it was given."""

    home: Home
    written: tuple[Path, ...]
    passphrase: bytes = field(repr=False)
    passphrase_written: Path | None


def init_home(path: Path, environ: Mapping[str, str], *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> Initialised:
    """Make ``path`` a home: hub.toml, mailboxes, folders and, where none is given, a random passphrase. Keys and store are made by the caller afterwards.

    Raises:
        OperatorError: keys or a store exist there already, the settings are wrong, or a file cannot be written. Nothing was changed in the first two cases.
    """
    file = path / FILE
    home = Home.open(path) if file.exists() else Home(path, Settings())
    _refuse_existing(home)
    written: list[Path] = []
    try:
        path.mkdir(parents=True, exist_ok=True)
        for folder, mode in ((home.mailboxes, 0o755), (home.schemas, 0o755), (home.certs, 0o700), (home.var, 0o700), (home.content, 0o700)):
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
        for folder in (home.certs, home.var):
            folder.chmod(0o700)
        contents = {
            file: render_default().encode(),
            home.schemas / "README.md": _SCHEMAS_README.encode(),
            home.certs / "README.md": _CERTS_README.encode(),
            home.var / ".gitignore": b"*\n",
        }
        contents |= {
            home.mailboxes / shipped.name: shipped.read_bytes() for shipped in sorted(packed("mailboxes").iterdir()) if shipped.suffix in {".toml", ".md"}
        }
        for target, content in contents.items():
            if not target.exists():
                target.write_bytes(content)
                written.append(target)
        passphrase, passphrase_written = _passphrase(home, environ, entropy)
    except OSError as error:
        raise OperatorError(f"cannot make {path} a home: {error}") from None
    return Initialised(home, tuple(written), passphrase, passphrase_written)


class HomeLock:
    """Holds a home for this process, so that one hub or one verb at a time works on its store. A context manager.

    The kernel drops the lock when the process ends, however it ends; the file stays.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._descriptor = -1

    def acquire(self) -> HomeLock:
        """Take it.

        Raises:
            HomeInUse: another process holds it.
            OperatorError: there is no ``var`` folder.
        """
        try:
            descriptor = os.open(self._home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            made = (self._home.certs / "issuing.pem").exists()
            cure = "mount its disk, or restore it from a backup" if made else "`vanhub init` makes what is missing"
            raise OperatorError(f"there is no folder {self._home.var}: {cure}") from None
        except OSError as error:
            raise OperatorError(f"{self._home.lock} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).strip()
            os.close(descriptor)
            raise HomeInUse(self._home.path, int(holder) if holder.isdigit() else 0) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Give it back. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> HomeLock:
        return self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def _refuse_existing(home: Home) -> None:
    keys = sorted(home.certs.glob("*.key")) if home.certs.is_dir() else []
    if keys:
        raise OperatorError(
            f"{home.path} has keys already ({keys[0]}): nothing was changed; `vanhub serve` starts a hub that is there, and a new one wants another folder"
        )
    if not home.settings.store.url and home.store_file.exists():
        raise OperatorError(
            f"{home.path} has a store already ({home.store_file}): nothing was changed; restore {home.certs} from a backup, or make a new CA with `vanhub ca init`"
        )


def _passphrase(home: Home, environ: Mapping[str, str], entropy: Callable[[int], bytes]) -> tuple[bytes, Path | None]:
    """The passphrase that is given, or else a random one of 192 bits, written to its file."""
    given = home.find_passphrase(environ)
    if given is not None:
        return given, None
    passphrase = base64.urlsafe_b64encode(entropy(24))
    home.passphrase_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(home.passphrase_file, passphrase + b"\n")
    return passphrase, home.passphrase_file


def _read_line(file: Path) -> bytes:
    """The file's first line, which must not be empty."""
    try:
        line = file.read_bytes().split(b"\n", 1)[0].strip()
    except OSError as error:
        raise OperatorError(f"cannot read the passphrase from {file}: {error}") from None
    if not line:
        raise OperatorError(f"{file} is empty: it should hold the passphrase")
    return line


def write_whole(file: Path, content: bytes, mode: int = 0o600) -> None:
    """Write ``content`` durably with ``mode``; whoever reads meets the old file or the whole new one. Raises ``OSError``."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.fsync(folder)
    os.close(folder)
