"""Principals: trading partners, agencies and operators, their EDI addresses and their credentials."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime

from vanhub.errors import OperatorError
from vanhub.values.agreement import Agreement

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")


class PrincipalKind(enum.StrEnum):
    PARTNER = "partner"
    AGENCY = "agency"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """An EDI address: 0004/0010 and its qualifier 0007 (``""`` where none is used)."""

    identification: str
    qualifier: str = ""

    @classmethod
    def parse(cls, text: str) -> Address:
        """From ``ADDRESS`` or ``ADDRESS:QUALIFIER``.

        Raises:
            OperatorError: empty, longer than 0004 (an..35) or 0007 (an..4) allows, or with control characters.
        """
        identification, _, qualifier = text.partition(":")
        if not 1 <= len(identification) <= 35 or len(qualifier) > 4 or not text.isprintable():
            raise OperatorError(f"{text!r} is no EDI address: 1-35 characters, then optionally a colon and a qualifier of at most 4")
        return cls(identification, qualifier)

    def __str__(self) -> str:
        return f"{self.identification}:{self.qualifier}" if self.qualifier else self.identification


@dataclass(frozen=True, slots=True)
class Principal:
    """Who may act on the hub. ``carries`` are addresses that a relay partner may send for, besides its own."""

    id: str
    kind: PrincipalKind
    name_en: str
    name_zh: str
    enabled: bool
    addresses: tuple[Address, ...]
    carries: tuple[Address, ...]
    agreement: Agreement


class CredentialKind(enum.StrEnum):
    CERTIFICATE = "certificate"
    SSH_KEY = "ssh-key"
    PASSWORD = "password"  # noqa: S105 - a kind, not a secret
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class Credential:
    """One means by which a principal proves who it is.

    ``fingerprint`` (lower-case hex SHA-256) finds it: of the certificate's DER, of the SSH public key blob, of the token or
    one-time code; for a password of its principal's id. ``secret`` is a scrypt hash string for passwords, else ``""``.
    ``not_after`` None means until removed. A principal may hold several of each kind, which overlap while they are valid.
    """

    id: str
    principal: str
    kind: CredentialKind
    fingerprint: str
    secret: str
    label: str
    not_before: datetime
    not_after: datetime | None
    revoked_at: datetime | None
    revocation_reason: str = ""


def require_principal_id(text: str) -> str:
    """``text`` if it can name a principal: lower-case letters, digits, inner hyphens, at most 40.

    It becomes a folder name, a certificate's name and a URL part, hence the narrow alphabet.

    Raises:
        OperatorError: otherwise.
    """
    if not _ID.match(text):
        raise OperatorError(f"{text!r} cannot name a principal: use lower-case letters, digits and inner hyphens, at most 40")
    return text
