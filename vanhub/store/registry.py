"""Jobs on the registry: everything that is needed to say who somebody is, loaded at once, and a version that tells when to load it again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from vanhub.store import counters, credentials, principals
from vanhub.values.principal import Credential, Principal


@dataclass(frozen=True, slots=True)
class RegistryRows:
    """All principals, and all credentials that were not revoked, as of ``version``."""

    version: int
    principals: tuple[Principal, ...]
    credentials: tuple[Credential, ...]


def load_registry(conn: Connection) -> RegistryRows:
    """The registry, in one snapshot."""
    return RegistryRows(registry_version(conn), tuple(principals.list_principals(conn)), tuple(credentials.list_valid(conn)))


def registry_version(conn: Connection) -> int:
    """A number that grows with every change of principals or credentials, by any hub node."""
    return counters.current(conn, counters.REGISTRY)
