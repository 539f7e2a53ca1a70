"""Jobs on credentials: how principals prove who they are. Every change grows the registry's version and leaves a leaf record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from vanhub.errors import Conflict, NotFound
from vanhub.store import counters, journal
from vanhub.store.journal import Act
from vanhub.store.tables import credential, principal
from vanhub.values.principal import Credential, CredentialKind


def add_credential(conn: Connection, new: Credential, *, now: datetime, actor: str) -> Credential:
    """Enter a credential; a principal may hold several of each kind but one password: a new one revokes the old.

    Raises:
        NotFound: there is no such principal.
        Conflict: the same certificate, key or token is valid for somebody already (itself included).
    """
    if conn.execute(select(principal.c.id).where(principal.c.id == new.principal)).first() is None:
        raise NotFound(f"there is no principal {new.principal}")
    same = (credential.c.kind == new.kind, credential.c.fingerprint == new.fingerprint, credential.c.revoked_at.is_(None))
    holder = conn.execute(select(credential.c.id, credential.c.principal).where(*same)).first()
    if holder is not None:
        if new.kind is not CredentialKind.PASSWORD:
            raise Conflict(f"this {new.kind.value} is {holder.principal}'s already")
        revoke_credential(conn, holder.id, reason="superseded", now=now, actor=actor)
    row = {
        "id": new.id,
        "principal": new.principal,
        "kind": new.kind,
        "fingerprint": new.fingerprint,
        "secret": new.secret,
        "label": new.label,
        "not_before": new.not_before,
        "not_after": new.not_after,
        "revoked_at": new.revoked_at,
        "revocation_reason": new.revocation_reason,
    }
    conn.execute(insert(credential), [row])
    counters.step(conn, counters.REGISTRY)
    journal.append(conn, [Act("credential.added", new.principal, _facts(new.id, new.kind, new.fingerprint, new.label))], at=now, actor=actor)
    return get_credential(conn, new.id)


def revoke_credential(conn: Connection, credential_id: str, *, reason: str, now: datetime, actor: str) -> Credential:
    """End a credential at ``now``; one that is revoked stays as it is. Raises ``NotFound``."""
    old = get_credential(conn, credential_id)
    if old.revoked_at is not None:
        return old
    conn.execute(update(credential).where(credential.c.id == credential_id).values(revoked_at=now, revocation_reason=reason))
    counters.step(conn, counters.REGISTRY)
    facts = {**_facts(old.id, old.kind, old.fingerprint, old.label), "reason": reason}
    journal.append(conn, [Act("credential.revoked", old.principal, facts)], at=now, actor=actor)
    return get_credential(conn, credential_id)


def use_up(conn: Connection, credential_id: str, *, now: datetime, actor: str) -> Credential:
    """End a one-time code because it was used. Of two that use it at once, on any node, one gets ``Conflict``; so does who comes later."""
    unused = (credential.c.id == credential_id, credential.c.revoked_at.is_(None))
    if conn.execute(update(credential).where(*unused).values(revoked_at=now, revocation_reason="used")).rowcount == 0:
        raise Conflict("this one-time code was used already")
    used = get_credential(conn, credential_id)
    counters.step(conn, counters.REGISTRY)
    facts = {**_facts(used.id, used.kind, used.fingerprint, used.label), "reason": "used"}
    journal.append(conn, [Act("credential.revoked", used.principal, facts)], at=now, actor=actor)
    return used


def get_credential(conn: Connection, credential_id: str) -> Credential:
    """One credential. Raises ``NotFound``."""
    row = conn.execute(select(credential).where(credential.c.id == credential_id)).first()
    if row is None:
        raise NotFound(f"there is no credential {credential_id}")
    return _credential(row)


def list_credentials(conn: Connection, *, principal_id: str = "", kind: CredentialKind | None = None) -> list[Credential]:
    """All credentials (of one principal, of one kind), revoked ones too, in order of their beginning."""
    query = select(credential).order_by(credential.c.principal, credential.c.not_before, credential.c.id)
    if principal_id:
        query = query.where(credential.c.principal == principal_id)
    if kind is not None:
        query = query.where(credential.c.kind == kind)
    return [_credential(row) for row in conn.execute(query)]


def list_valid(conn: Connection) -> list[Credential]:
    """All credentials that were not revoked; whether their time has come or gone is for the caller's clock."""
    return [_credential(row) for row in conn.execute(select(credential).where(credential.c.revoked_at.is_(None)).order_by(credential.c.id))]


def _facts(credential_id: str, kind: CredentialKind, fingerprint: str, label: str) -> dict[str, Any]:
    return {"credential": credential_id, "kind": kind.value, "fingerprint": fingerprint, "label": label}


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        row.id,
        row.principal,
        row.kind,
        row.fingerprint,
        row.secret,
        row.label,
        row.not_before,
        row.not_after,
        row.revoked_at,
        row.revocation_reason,
    )
