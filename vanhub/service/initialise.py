"""``vanhub init``: make a home with its CA and its empty store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vanhub.service.authority import Authority
from vanhub.service.certificates import record_own
from vanhub.service.core import Clock, Core, Entropy
from vanhub.service.home import Home, HomeLock, init_home
from vanhub.store.engine import open_engine
from vanhub.store.schema import HEAD, upgrade


def initialise(path: Path, environ: Mapping[str, str], *, clock: Clock, entropy: Entropy) -> list[str]:
    """Fill in what is missing in ``path`` and return what was done, a line each, for people.

    Raises:
        OperatorError: keys or a store are there already (nothing was changed), or something cannot be written.
    """
    made = init_home(path, environ, entropy=entropy)
    told = [f"wrote {file}" for file in made.written]
    if made.passphrase_written is not None:
        told.append(f"wrote {made.passphrase_written}: the passphrase of the keys; keep a copy away from {made.home.certs}")
    return told + initialise_authority(made.home, environ, clock=clock, entropy=entropy)


def initialise_authority(home: Home, environ: Mapping[str, str], *, clock: Clock, entropy: Entropy) -> list[str]:
    """Make the CA of a home that has none, and the store if there is none; returns what was done, as ``initialise``.

    Raises:
        OperatorError: there are keys already, no passphrase, or something cannot be written.
    """
    settings = home.settings
    with HomeLock(home):
        home.read_mailboxes()  # a mistake in one is told before there are keys, which would be in the way of the next attempt
        passphrase = home.read_passphrase(environ)
        authority = Authority.create(home.certs, passphrase, domain=settings.hub.domain, tls_names=settings.tls.names, now=clock(), entropy=entropy)
        core = Core.open(home, environ, clock=clock, entropy=entropy)
        try:
            record_own(core, actor="init")
            mailboxes = len(core.registry.mailboxes)
        finally:
            core.close()
    return [
        f"made the CA in {home.certs}: root, issuing CA, TLS for {', '.join(settings.tls.names)}, acknowledgement signer, SSH host key",
        f"made the store {settings.store.url or home.store_file} with {mailboxes} mailboxes",
        f"take {authority.path('root.key')} off this machine and keep it safe: the hub runs without it",
    ]


def upgrade_store(home: Home) -> str:
    """Bring the store to this program's schema and say to which; one that is there already stays as it is.

    Raises:
        OperatorError: the hub runs, or the store is from a later version.
    """
    with HomeLock(home):
        engine = open_engine(home.store_url, reading=False)
        try:
            upgrade(engine)
        finally:
            engine.dispose()
    return f"the store {home.settings.store.url or home.store_file} has schema {HEAD}"
