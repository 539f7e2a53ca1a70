"""The hub without its gateways: home, settings, store, directories, authority and the registry snapshot.

The daemon and the command line work on the same ``Core``; the daemon adds the reactor, the gateways and the admin socket around
it. Methods may be called from any thread unless they say otherwise; ``registry`` is replaced whole, never changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from vanhub.directory.guides.load import GuideSet
from vanhub.directory.model import Directories
from vanhub.edifact.report import Party
from vanhub.errors import Conflict, OperatorError
from vanhub.service.authority import Authority
from vanhub.service.home import Home
from vanhub.service.judge import Judge
from vanhub.service.metrics import Metrics
from vanhub.service.noise import Noise
from vanhub.settings import Settings
from vanhub.store import journal
from vanhub.store.journal import Act
from vanhub.store.principals import sync_agencies
from vanhub.store.registry import load_registry
from vanhub.store.store import Store
from vanhub.values.mailbox import Mailbox
from vanhub.values.principal import Address, Credential
from vanhub.values.registry import Registry

_log = structlog.get_logger("vanhub.core")

Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]


class Core:
    """One open hub. Whoever opened it holds the home's lock and closes it."""

    def __init__(self, home: Home, store: Store, directories: Directories, authority: Authority, *, clock: Clock, entropy: Entropy) -> None:
        self.home, self.store, self.authority = home, store, authority
        self.clock, self.entropy = clock, entropy
        self.metrics, self.noise = Metrics(), Noise()
        self.signing = threading.Lock()
        """Held by whoever writes into the CA's folder, until the store knows of it."""
        self._refreshing = threading.Lock()
        self.changed: Callable[[], None] = lambda: None
        """Called, in the thread that made the change, after the registry was replaced."""
        self.renewed: Callable[[], None] = lambda: None
        """Called, in the thread that made the change, after one of the hub's own certificates was renewed."""
        self.live: Callable[[], dict[str, Any]] = lambda: {"running": False}
        """What the daemon can tell about itself, JSON-ready; called in any thread."""
        self.reloaded: Callable[[], None] = lambda: None
        """Called, in the thread that did it, after directories, guides and mailboxes were read again."""
        self._rules: tuple[Directories, GuideSet | None] = directories, None
        self.use_renewed()
        self._mailboxes: tuple[Mailbox, ...] = ()
        self.registry = Registry()
        self.reload_mailboxes()

    @classmethod
    def open(cls, home: Home, environ: Mapping[str, str], *, clock: Clock, entropy: Entropy) -> Core:
        """Open everything that ``vanhub init`` made in ``home``.

        Raises:
            OperatorError: something is missing, wrong or cannot be read; the text names the cure.
        """
        authority = Authority.open(home.certs, home.find_passphrase(environ) or home.read_passphrase(environ))
        if not home.settings.store.url and not home.store_file.exists() and not _is_unused(home.content):
            # An empty one in its place would have forgotten what was accepted, and would take every repeat as new.
            raise OperatorError(f"there is no store {home.store_file}: mount its disk, or restore it from a backup")
        store = Store.open(home.store_url, home.content, clock=clock, queue_limit=home.settings.limits.store_queue)
        try:
            return cls(home, store, home.open_directories(), authority, clock=clock, entropy=entropy)
        except BaseException:
            store.close()
            raise

    @property
    def settings(self) -> Settings:
        return self.home.settings

    @property
    def address(self) -> Address:
        """The hub's own EDI address."""
        return Address.parse(self.settings.hub.address)

    @property
    def party(self) -> Party:
        """The hub as S002 of what it sends."""
        return Party(self.address.identification, self.address.qualifier)

    def use_renewed(self) -> None:
        """Sign with the acknowledgement key that is in use now, and tell the listeners."""
        self.judge = Judge(self.address, self.authority.acknowledgement_signer(), self.entropy, faults_listed=self.settings.check.faults_listed)
        self.renewed()

    def reload(self) -> None:
        """Read directories, guides and mailboxes again, and sign with the key that is in use now.

        Raises:
            OperatorError: a file is wrong; nothing was changed then.
        """
        directories = self.home.open_directories()
        guides = self._read_guides(directories)
        self.reload_mailboxes()
        self._rules = directories, guides
        self.use_renewed()
        self.reloaded()

    @property
    def directories(self) -> Directories:
        """The directories as they were read last."""
        return self._rules[0]

    @property
    def rules(self) -> tuple[Directories, GuideSet]:
        """What messages are checked by and held against, as read last: guides are good for the directories that they were read with only.

        Raises:
            OperatorError: the guides are read now, and one of the home's own is not in order.
        """
        directories, guides = self._rules
        if guides is None:
            guides = self._read_guides(directories)
            self._rules = directories, guides
        return directories, guides

    def _read_guides(self, directories: Directories) -> GuideSet:
        """Those of the home are read at once, so that a mistake in them is told now."""
        guides = self.home.open_guides(directories)
        guides.require_readable(self.home.schemas)
        return guides

    def reload_mailboxes(self) -> None:
        """Read ``mailboxes/*.toml`` again, enter new agencies in the store and take a new registry snapshot.

        Raises:
            OperatorError: a file is wrong, or claims what a partner has; nothing was changed then.
        """
        mailboxes = self.home.read_mailboxes()
        try:
            self.store.call(sync_agencies, mailboxes, now=self.clock(), actor="hub")
        except Conflict as error:
            raise OperatorError(f"the mailboxes in {self.home.mailboxes} cannot be taken: {error}") from error
        self._mailboxes = mailboxes
        self.refresh(force=True)

    def refresh(self, *, force: bool = False) -> bool:
        """Take a new snapshot if the store's principals or credentials changed; returns whether they did."""
        with self._refreshing:  # or of two at once the one that looked first might have the last word
            rows = self.store.look(load_registry)
            if not force and rows.version == self.registry.version:
                return False
            self.registry = Registry(rows.principals, rows.credentials, self._mailboxes, version=rows.version)
        self.changed()
        return True

    def why_not(self, credential: Credential) -> str:
        """Why ``credential`` may not be used now; empty when it may."""
        now = self.clock()
        principal = self.registry.principal(credential.principal)
        if principal is None:
            return "the principal was removed"
        if not principal.enabled:
            return "the principal is disabled"
        if credential.revoked_at is not None:
            return "the credential was withdrawn"
        if now < credential.not_before:
            return "the credential is not valid yet; is one of the clocks wrong?"
        if credential.not_after is not None and now >= credential.not_after:
            return "the credential has expired"
        return ""

    def record_login(self, principal: str, gateway: str, peer: str, credential: str) -> None:
        """Journal a session's opening; does not wait for the store."""
        facts = {"gateway": gateway, "peer": peer, "credential": credential}
        self.store.submit(journal.append, [Act("login", principal, facts)], at=self.clock(), actor=principal)

    def close(self) -> None:
        self.store.close()


def _is_unused(content: Path) -> bool:
    """Whether ``content`` is as ``vanhub init`` made it: there, and empty."""
    return content.is_dir() and not any(content.iterdir())
