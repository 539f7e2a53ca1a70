"""Jobs on certificates and revocation lists: what the CA issued. The CA signs; these jobs remember."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from vanhub.errors import Conflict, NotFound
from vanhub.store import counters, credentials, journal
from vanhub.store.journal import Act
from vanhub.store.tables import certificate, crl
from vanhub.values.principal import Credential
from vanhub.values.records import CertificateRecord, CrlRecord


def record_certificate(conn: Connection, issued: CertificateRecord, *, now: datetime, actor: str) -> None:
    """Remember a certificate. Raises ``Conflict`` when its serial number is taken."""
    if conn.execute(select(certificate.c.serial).where(certificate.c.serial == issued.serial)).first() is not None:
        raise Conflict(f"there is a certificate {issued.serial} already")
    row = {
        "serial": issued.serial,
        "principal": issued.principal,
        "profile": issued.profile,
        "fingerprint": issued.fingerprint,
        "key_fingerprint": issued.key_fingerprint,
        "der": issued.der,
        "not_before": issued.not_before,
        "not_after": issued.not_after,
        "revoked_at": issued.revoked_at,
        "reason": issued.reason,
    }
    conn.execute(insert(certificate), [row])
    facts = {"principal": issued.principal, "profile": issued.profile, "fingerprint": issued.fingerprint, "not_after": issued.not_after.isoformat()}
    journal.append(conn, [Act("certificate.issued", issued.serial, facts)], at=now, actor=actor)


def record_client_certificate(conn: Connection, issued: CertificateRecord, valid_as: Credential, *, code: str = "", now: datetime, actor: str) -> None:
    """Remember a principal's certificate together with the credential that it is. ``code`` is the id of the one-time code that pays for it, and is used up.

    Raises:
        Conflict: the code was used or withdrawn meanwhile, or the serial number is taken; nothing is written.
    """
    if code:
        credentials.use_up(conn, code, now=now, actor=actor)
    record_certificate(conn, issued, now=now, actor=actor)
    credentials.add_credential(conn, valid_as, now=now, actor=actor)


def key_is_known(conn: Connection, key_fingerprint: str) -> bool:
    """Whether a certificate was ever issued for this key."""
    return conn.execute(select(certificate.c.serial).where(certificate.c.key_fingerprint == key_fingerprint).limit(1)).first() is not None


def revoke_certificate(conn: Connection, serial: str, *, reason: str, now: datetime, actor: str) -> CertificateRecord:
    """Mark it as revoked at ``now``; one that is revoked stays as it is. Raises ``NotFound``."""
    old = get_certificate(conn, serial)
    if old.revoked_at is not None:
        return old
    conn.execute(update(certificate).where(certificate.c.serial == serial).values(revoked_at=now, reason=reason))
    journal.append(conn, [Act("certificate.revoked", serial, {"principal": old.principal, "reason": reason})], at=now, actor=actor)
    return get_certificate(conn, serial)


def get_certificate(conn: Connection, serial: str) -> CertificateRecord:
    """One certificate. Raises ``NotFound``."""
    row = conn.execute(select(certificate).where(certificate.c.serial == serial)).first()
    if row is None:
        raise NotFound(f"there is no certificate {serial}")
    return _certificate(row)


def list_certificates(conn: Connection, *, principal: str = "", revoked: bool | None = None) -> list[CertificateRecord]:
    """Certificates (of one principal; only revoked or only unrevoked ones) in order of their beginning."""
    query = select(certificate).order_by(certificate.c.not_before, certificate.c.serial)
    if principal:
        query = query.where(certificate.c.principal == principal)
    if revoked is not None:
        query = query.where(certificate.c.revoked_at.is_not(None) if revoked else certificate.c.revoked_at.is_(None))
    return [_certificate(row) for row in conn.execute(query)]


def expiring(conn: Connection, *, now: datetime, until: datetime) -> list[CertificateRecord]:
    """Unrevoked certificates that end after ``now`` and not after ``until``, the soonest first."""
    query = select(certificate).where(certificate.c.revoked_at.is_(None), certificate.c.not_after > now, certificate.c.not_after <= until)
    return [_certificate(row) for row in conn.execute(query.order_by(certificate.c.not_after, certificate.c.serial))]


def next_crl_number(conn: Connection) -> int:
    """Take the next cRLNumber; a number taken and not used leaves a gap, which RFC 5280 allows."""
    return counters.step(conn, counters.CRL)


def record_crl(conn: Connection, issued: CrlRecord, *, actor: str) -> None:
    """Remember a revocation list under the number taken for it."""
    row = {"number": issued.number, "issuer": issued.issuer, "issued_at": issued.issued_at, "next_update": issued.next_update, "der": issued.der}
    conn.execute(insert(crl), [row])
    facts = {"issuer": issued.issuer, "next_update": issued.next_update.isoformat()}
    journal.append(conn, [Act("crl.issued", str(issued.number), facts)], at=issued.issued_at, actor=actor)


def latest_crl(conn: Connection, issuer: str) -> CrlRecord | None:
    """The revocation list of ``issuer`` with the highest number, if there is one."""
    row = conn.execute(select(crl).where(crl.c.issuer == issuer).order_by(crl.c.number.desc()).limit(1)).first()
    return None if row is None else CrlRecord(row.number, row.issuer, row.issued_at, row.next_update, bytes(row.der))


def _certificate(row: Row[Any]) -> CertificateRecord:
    return CertificateRecord(
        row.serial,
        row.principal,
        row.profile,
        row.fingerprint,
        row.key_fingerprint,
        bytes(row.der),
        row.not_before,
        row.not_after,
        row.revoked_at,
        row.reason,
    )
