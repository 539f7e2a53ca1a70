"""How values look in JSON, the same in every verb."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from vanhub.errors import NotFound
from vanhub.service.core import Core
from vanhub.values.principal import Address, Credential, Principal, PrincipalKind


def plain(value: Any) -> Any:
    """JSON-ready: moments in ISO 8601, tuples as lists, values as objects."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def principal_json(principal: Principal) -> dict[str, Any]:
    return {
        "id": principal.id,
        "kind": principal.kind.value,
        "name_en": principal.name_en,
        "name_zh": principal.name_zh,
        "enabled": principal.enabled,
        "addresses": [str(address) for address in principal.addresses],
        "carries": [str(address) for address in principal.carries],
    }


def credential_json(core: Core, credential: Credential) -> dict[str, Any]:
    """Without its secret, of course."""
    return {
        "id": credential.id,
        "principal": credential.principal,
        "kind": credential.kind.value,
        "fingerprint": credential.fingerprint,
        "label": credential.label,
        "not_before": plain(credential.not_before),
        "not_after": plain(credential.not_after),
        "state": core.why_not(credential) or "valid",
    }


def require_principal(core: Core, id: str, kind: str = "") -> Principal:
    """The principal ``id`` (of ``kind``, where given). Raises ``NotFound``."""
    principal = core.registry.principal(id)
    if principal is None or (kind and principal.kind is not PrincipalKind(kind)):
        raise NotFound(f"there is no {kind or 'principal'} {id!r}; `vanhub {kind or 'partner'} list` shows all")
    return principal


def parse_addresses(texts: list[str]) -> tuple[Address, ...]:
    """Raises ``OperatorError`` for a text that is no EDI address."""
    return tuple(Address.parse(text) for text in texts)
