"""Acts of the CA that touch both its folder and the store: issue, revoke, renew, publish a CRL, watch for ends.

The order is the same everywhere: sign, remember in the store (in one transaction with the credential that the certificate is), only then hand it out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from vanhub.errors import NotFound, OperatorError
from vanhub.pki.crl import IssuedCrl, Revoked, require_reason
from vanhub.pki.issue import IssuedCertificate, serial_text
from vanhub.pki.keys import PublicKey, fingerprint, require_strong
from vanhub.pki.profiles import ISSUING
from vanhub.service.core import Core
from vanhub.service.identifiers import new_id
from vanhub.store import alerts, certificates, credentials
from vanhub.store.store import Store
from vanhub.values.principal import Credential, CredentialKind, Principal
from vanhub.values.records import CertificateRecord, CrlRecord

WARN_DAYS = (60, 30, 14, 7, 1)
"""Days before a certificate's or CRL's end at which its alert is raised anew."""


def record_of(issued: IssuedCertificate) -> CertificateRecord:
    """What the store remembers of ``issued``."""
    return CertificateRecord(
        serial=issued.serial,
        principal=issued.principal,
        profile=issued.profile,
        fingerprint=issued.fingerprint,
        key_fingerprint=fingerprint(require_strong(issued.certificate.public_key())),
        der=issued.der,
        not_before=issued.not_before,
        not_after=issued.not_after,
    )


class KnownKeys:
    """The keys that were certified before, by fingerprint: a key belongs to one principal, once. Looking blocks on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __contains__(self, fingerprint: object) -> bool:
        return self._store.look(certificates.key_is_known, str(fingerprint))


def issue_for(core: Core, principal: Principal, public_key: PublicKey, *, label: str, actor: str, code: str = "") -> IssuedCertificate:
    """A client certificate for ``principal``, remembered and valid as its credential from now on. ``code``: the credential id of the one-time code that it uses up.

    Raises:
        Conflict: the code was used or withdrawn meanwhile; there is no certificate then.
    """
    now = core.clock()
    issued = core.authority.issue(principal.kind.value, principal.id, principal.name_en or principal.id, public_key, now)
    valid_as = Credential(
        id=new_id(now, core.entropy),
        principal=principal.id,
        kind=CredentialKind.CERTIFICATE,
        fingerprint=issued.fingerprint,
        secret="",
        label=label or f"serial {issued.serial}",
        not_before=issued.not_before,
        not_after=issued.not_after,
        revoked_at=None,
    )
    core.store.call(certificates.record_client_certificate, record_of(issued), valid_as, code=code, now=now, actor=actor)
    return issued


def renew(core: Core, what: str, *, actor: str) -> IssuedCertificate:
    """A new certificate for ``hub-tls``, ``acknowledgement`` or ``issuing``; in use when this returns.

    Raises:
        OperatorError: nothing else is renewed, or what is needed for it is not there.
    """
    now = core.clock()
    authority = core.authority
    with core.signing:
        if what == "hub-tls":
            issued = authority.renew_hub_tls(core.settings.tls.names, now)
        elif what == "acknowledgement":
            issued = authority.renew_acknowledgement(now)
        elif what == "issuing":
            issued = authority.renew_issuing(now)
        else:
            raise OperatorError(f"{what!r} cannot be renewed: hub-tls, acknowledgement or issuing")
        core.store.call(certificates.record_certificate, record_of(issued), now=now, actor=actor)
    core.use_renewed()
    return issued


def record_own(core: Core, *, actor: str) -> list[IssuedCertificate]:
    """Remember those of the hub's own certificates that the store does not know, and return them: all of a new CA, later what a crash in a renewal left out."""
    with core.signing:
        unknown = [issued for issued in core.authority.own_certificates() if not _is_recorded(core, issued.serial)]
        for issued in unknown:
            core.store.call(certificates.record_certificate, record_of(issued), now=core.clock(), actor=actor)
    return unknown


def _is_recorded(core: Core, serial: str) -> bool:
    try:
        core.store.look(certificates.get_certificate, serial)
    except NotFound:
        return False
    return True


def revoke(core: Core, serial: str, *, reason: str, actor: str) -> tuple[CertificateRecord, IssuedCrl]:
    """Revoke a certificate, withdraw the credential that it is, publish a new CRL.

    Raises:
        NotFound: no certificate has this serial number.
        OperatorError: RFC 5280 has no such reason, or it is a CA's own certificate.
    """
    require_reason(reason)
    now = core.clock()
    found = core.store.look(certificates.get_certificate, serial_of(serial))
    if found.profile in {"root", "issuing"}:
        raise OperatorError("a CA's certificate is not revoked by itself: make a new CA in another home and enrol everybody again")
    # The credential first: after a crash in between nobody gets in with it, and the same command does the rest.
    for credential in core.store.look(credentials.list_credentials, principal_id=found.principal, kind=CredentialKind.CERTIFICATE) if found.principal else []:
        if credential.fingerprint == found.fingerprint:
            core.store.call(credentials.revoke_credential, credential.id, reason=reason, now=now, actor=actor)
    revoked = core.store.call(certificates.revoke_certificate, found.serial, reason=reason, now=now, actor=actor)
    return revoked, issue_crl(core, now, actor=actor)


def serial_of(text: str) -> str:
    """A serial number as the store keeps it, from hexadecimal with or without colons. Raises ``OperatorError``."""
    try:
        return serial_text(int(text.replace(":", ""), 16))
    except ValueError:
        raise OperatorError(f"{text!r} is no serial number: write it in hexadecimal, as `vanhub ca list` does") from None


def issue_crl(core: Core, now: datetime, *, actor: str, of: str = "issuing") -> IssuedCrl:
    """A new CRL of the CA ``of`` (``"issuing"``, or ``"root"``, which needs ``root.key``) with all of its that is revoked, published in ``certs/crl.pem`` and remembered.

    Both lists take their numbers from one sequence: each one's only grow.
    """
    with core.signing:
        revoked = [
            Revoked(int(record.serial, 16), record.revoked_at, record.reason or "unspecified")
            for record in core.store.look(certificates.list_certificates, revoked=True)
            if record.revoked_at is not None and (record.profile == ISSUING.name) is (of == "root")
        ]
        number = core.store.call(certificates.next_crl_number)
        if of == "root":
            issued = core.authority.root_crl(number, revoked, now)
        else:
            issued = core.authority.crl(number, revoked, now, lifetime=timedelta(days=core.settings.ca.crl_lifetime_days))
        record = CrlRecord(issued.number, issued.issuer, issued.issued_at, issued.next_update, issued.der)
        core.store.call(certificates.record_crl, record, actor=actor)
    return issued


def raise_expiry_alerts(core: Core, now: datetime) -> None:
    """One alert a certificate and threshold (60, 30, 14, 7, 1 days before its end), and the same for the CRLs."""
    ends = [
        (f"certificate {record.serial} ({record.profile} {record.principal})".replace(" )", ")"), record.not_after, _renewal_of(record))
        for record in core.store.look(certificates.expiring, now=now, until=now + timedelta(days=WARN_DAYS[0]))
        if not _superseded(core, record)
    ]
    # The issuing CA's list is short-lived and renewed by the hub itself; the root's waits for its key.
    ends += [
        (f"CRL of the {name} CA", crl.next_update, "bring root.key back, then vanhub ca crl --root")
        for name, crl in core.authority.crls().items()
        if name == "root"
    ]
    for subject, end, cure in ends:
        left = end - now
        for days in WARN_DAYS:
            if left <= timedelta(days=days):
                core.store.call(
                    alerts.raise_once,
                    "expiry",
                    f"{subject} in {days} days",
                    text=f"{subject} ends on {end:%Y-%m-%d %H:%M} UTC",
                    cure=cure,
                    now=now,
                    actor="hub",
                )


def _superseded(core: Core, record: CertificateRecord) -> bool:
    """A later certificate for the same use is there: the end of this one harms nobody."""
    return any(
        other.profile == record.profile and other.not_after > record.not_after
        for other in core.store.look(certificates.list_certificates, principal=record.principal, revoked=False)
        if other.principal == record.principal
    )


def _renewal_of(record: CertificateRecord) -> str:
    if record.principal:
        return f"vanhub ca issue {record.profile} {record.principal} --out DIR"
    return f"vanhub ca renew {'acknowledgement' if record.profile.startswith('acknowledgement') else record.profile}"
