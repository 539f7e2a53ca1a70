"""Verbs of the certification authority."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from vanhub.pki.csr import parse_csr
from vanhub.pki.issue import IssuedCertificate
from vanhub.service import certificates as acts
from vanhub.service.core import Core
from vanhub.service.verbs import verb
from vanhub.service.verbs.shapes import plain, require_principal
from vanhub.store import certificates, principals
from vanhub.values.agreement import Agreement
from vanhub.values.principal import Principal, PrincipalKind, require_principal_id
from vanhub.values.records import CertificateRecord


@verb("ca.issue", writes=True)
def issue(core: Core, actor: str, *, id: str, csr: str, kind: str = "") -> dict[str, Any]:
    """A certificate for the key in a request (octets as Latin-1); only the public key is taken from it. With ``kind`` operator, ``id`` is entered if new."""
    if kind == PrincipalKind.OPERATOR and core.registry.principal(id) is None:
        operator = Principal(require_principal_id(id), PrincipalKind.OPERATOR, id, "", True, (), (), Agreement())
        core.store.call(principals.add_principal, operator, now=core.clock(), actor=actor)
        core.refresh()
    principal = require_principal(core, id, kind)
    key = parse_csr(csr.encode("latin-1"), known=acts.KnownKeys(core.store))
    return _issued(core, acts.issue_for(core, principal, key, label="", actor=actor))


@verb("ca.renew", writes=True)
def renew(core: Core, actor: str, *, what: str) -> dict[str, Any]:
    """A new certificate for ``hub-tls``, ``acknowledgement`` or ``issuing``; in use when this returns."""
    return _issued(core, acts.renew(core, what, actor=actor))


@verb("ca.revoke", writes=True)
def revoke(core: Core, actor: str, *, serial: str, reason: str = "unspecified") -> dict[str, Any]:
    record, crl = acts.revoke(core, serial, reason=reason, actor=actor)
    return _json(core, record) | {"crl_number": crl.number}


@verb("ca.list")
def list_(core: Core, *, id: str = "") -> list[dict[str, Any]]:
    return [_json(core, record) for record in core.store.look(certificates.list_certificates, principal=id)]


@verb("ca.expiring")
def expiring(core: Core, *, days: int = 60) -> list[dict[str, Any]]:
    """What ends within ``days`` days, the soonest first: certificates not revoked, and CRLs."""
    now = core.clock()
    until = now + timedelta(days=days)
    rows = [_json(core, record) | {"days": (record.not_after - now).days} for record in core.store.look(certificates.expiring, now=now, until=until)]
    for name, crl in core.authority.crls().items():
        # The issuing CA's list is always short-lived: only one that was not renewed in time is news.
        if crl.next_update <= (until if name == "root" else now):
            rows.append(
                {
                    "serial": f"CRL {crl.number}",
                    "profile": f"{name} CRL",
                    "principal": "",
                    "not_before": plain(crl.issued_at),
                    "not_after": plain(crl.next_update),
                }
                | {"state": "valid" if now < crl.next_update else "over", "days": (crl.next_update - now).days}
            )
    return sorted(rows, key=lambda row: str(row["not_after"]))


@verb("ca.crl", writes=True)
def crl(core: Core, actor: str, *, root: bool = False) -> dict[str, Any]:
    """A new revocation list of the issuing CA, or of the root, whose key has to be there."""
    issued = acts.issue_crl(core, core.clock(), actor=actor, of="root" if root else "issuing")
    return {"number": issued.number, "next_update": plain(issued.next_update), "pem": issued.pem.decode(), "der": issued.der.hex()}


def _issued(core: Core, issued: IssuedCertificate) -> dict[str, Any]:
    root, issuing = (certificate.public_bytes(Encoding.PEM).decode() for certificate in (core.authority.root, core.authority.issuing))
    return _json(core, acts.record_of(issued)) | {"chain": issued.pem.decode() + issuing, "root": root}


def _json(core: Core, record: CertificateRecord) -> dict[str, Any]:
    now = core.clock()
    state = "revoked" if record.revoked_at else "expired" if record.not_after <= now else "valid"
    return {
        "serial": record.serial,
        "profile": record.profile,
        "principal": record.principal,
        "fingerprint": record.fingerprint,
        "not_before": plain(record.not_before),
        "not_after": plain(record.not_after),
        "revoked_at": plain(record.revoked_at),
        "reason": record.reason,
        "state": state,
    }
