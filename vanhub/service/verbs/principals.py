"""Verbs on trading partners, agencies and operators."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from vanhub.directory.check import check_interchange
from vanhub.errors import Conflict, OperatorError
from vanhub.service.core import Core
from vanhub.service.intake import limits_of
from vanhub.service.judge import Submission
from vanhub.service.verbs import verb
from vanhub.service.verbs.shapes import credential_json, parse_addresses, principal_json, require_principal
from vanhub.store import deliveries, principals
from vanhub.store.doctor import depths
from vanhub.values.agreement import Agreement
from vanhub.values.principal import CredentialKind, Principal, PrincipalKind, require_principal_id

_NAMES = ("name_en", "name_zh")
_ADDRESSES = {"edi": principals.OWN, "carries": principals.CARRIED}


@verb("principal.add", writes=True)
def add(
    core: Core, actor: str, *, kind: str, id: str, addresses: list[str], name_en: str = "", name_zh: str = "", terms: dict[str, str] | None = None
) -> dict[str, Any]:
    """Enter a partner or an operator. Raises ``Conflict`` where the id or an address is taken."""
    if kind == PrincipalKind.AGENCY:
        raise OperatorError("agencies are defined by mailboxes/*.toml: write a file there, then `vanhub reload`")
    if core.address in (own := parse_addresses(addresses)):
        raise Conflict(f"{core.address} is the hub's own address")
    agreement = Agreement(duplicate_window_days=core.settings.partners.duplicate_window_days).replaced(terms or {})
    _require_known(core, agreement, terms or {})
    new = Principal(require_principal_id(id), PrincipalKind(kind), name_en or id, name_zh, True, own, (), agreement)
    core.store.call(principals.add_principal, new, now=core.clock(), actor=actor)
    core.refresh()
    return show(core, kind=kind, id=id)


@verb("principal.list")
def list_(core: Core, *, kind: str) -> list[dict[str, Any]]:
    """All of a kind by id, with how many credentials are valid and how many deliveries wait."""
    waiting = core.store.look(depths)
    return [
        principal_json(principal)
        | {
            "credentials": sum(not core.why_not(credential) for of in CredentialKind for credential in core.registry.credentials_of(principal.id, of)),
            "waiting": sum(states.get("available", 0) for states in waiting.get(principal.id, {}).values()),
        }
        for principal in core.registry.principals.values()
        if principal.kind is PrincipalKind(kind)
    ]


@verb("principal.show")
def show(core: Core, *, kind: str, id: str) -> dict[str, Any]:
    principal = require_principal(core, id, kind)
    return principal_json(principal) | {
        "agreement": principal.agreement.as_texts(),
        "credentials": [credential_json(core, credential) for of in CredentialKind for credential in core.registry.credentials_of(id, of)],
    }


@verb("principal.set", writes=True)
def set_(core: Core, actor: str, *, kind: str, id: str, terms: dict[str, str]) -> dict[str, Any]:
    """Change terms of the agreement, names or addresses; all of them or, where one is wrong, none."""
    principal = require_principal(core, id, kind)
    names = {name: terms[name] for name in _NAMES if name in terms}
    lists = {role: parse_addresses([text.strip() for text in terms[name].split(",") if text.strip()]) for name, role in _ADDRESSES.items() if name in terms}
    agreed = {name: text for name, text in terms.items() if name not in _NAMES and name not in _ADDRESSES}
    _require_known(core, principal.agreement.replaced(agreed), agreed)
    if kind == PrincipalKind.AGENCY and (names or principals.OWN in lists):
        raise OperatorError(f"the names and addresses of an agency stand in its file: change {core.home.mailboxes / id}.toml, then `vanhub reload`")
    if principals.OWN in lists and not lists[principals.OWN]:
        raise OperatorError("edi needs at least one address")
    if any(core.address in addresses for addresses in lists.values()):
        raise Conflict(f"{core.address} is the hub's own address")
    now = core.clock()
    for role, addresses in lists.items():
        core.store.call(principals.set_addresses, id, addresses, now=now, actor=actor, role=role)
    if names:
        name_en, name_zh = names.get("name_en", principal.name_en), names.get("name_zh", principal.name_zh)
        core.store.call(principals.rename, id, name_en=name_en, name_zh=name_zh, now=now, actor=actor)
    if agreed:
        core.store.call(principals.set_agreement, id, agreed, now=now, actor=actor)
    core.refresh()
    return show(core, kind=kind, id=id)


@verb("principal.enable", writes=True)
def enable(core: Core, actor: str, *, kind: str, id: str, enabled: bool, reason: str = "") -> dict[str, Any]:
    """Let a principal in, or refuse every credential of it; ``reason`` goes into the journal."""
    require_principal(core, id, kind)
    principal = core.store.call(principals.set_enabled, id, enabled, now=core.clock(), actor=f"{actor}: {reason}" if reason else actor)
    return principal_json(principal)


@verb("principal.test")
def preflight(core: Core, *, kind: str, id: str, interchange: str | None) -> dict[str, Any]:
    """Can it work? ``interchange`` (octets as Latin-1) is judged as if it had been sent; nothing is stored."""
    principal = require_principal(core, id, kind)
    findings = [_finding(principal.enabled, f"{id} is enabled", f"{id} is disabled: `vanhub {kind} enable {id}`")]
    findings.append(_finding(bool(principal.addresses), "it has an EDI address", f"it has no EDI address: `vanhub {kind} set {id} edi=ADDRESS`"))
    for of, gateways in (
        (CredentialKind.CERTIFICATE, "TCP and HTTPS"),
        (CredentialKind.TOKEN, "HTTPS"),
        (CredentialKind.SSH_KEY, "SFTP"),
        (CredentialKind.PASSWORD, "SFTP"),
    ):
        good = [credential for credential in core.registry.credentials_of(id, of) if not core.why_not(credential)]
        if good:
            ends = [credential.not_after for credential in good if credential.not_after is not None]
            until = f", the last until {max(ends):%Y-%m-%d}" if len(ends) == len(good) and ends else ""
            findings.append(_finding(True, f"{len(good)} valid {of.value} for {gateways}{until}", ""))
    # Of who is disabled none is valid, which says nothing about the credentials.
    if principal.enabled and not any("valid" in finding["text"] for finding in findings):
        findings.append(_finding(False, "", f"it has no valid credential: `vanhub ca issue {kind} {id} --out DIR` or `vanhub key add {id} FILE`"))
    waiting = core.store.look(deliveries.list_deliveries, id, limit=1)
    findings.append(_finding(True, "deliveries wait in its mailbox" if waiting else "its mailbox is empty", ""))
    result: dict[str, Any] = {"id": id, "findings": findings, "able": all(finding["good"] for finding in findings)}
    if interchange is not None:
        acceptance = _rehearse(core, principal, interchange.encode("latin-1"))
        result |= {"verdict": acceptance.verdict.value, "explanation": acceptance.explanation, "deliveries": [item.mailbox for item in acceptance.deliveries]}
        result["able"] = result["able"] and acceptance.verdict.value == "accepted"
    return result


def _require_known(core: Core, agreement: Agreement, terms: Mapping[str, str]) -> None:
    """Message types and directories named in ``terms`` must exist: a misspelt one would have everything refused. Raises ``OperatorError``."""
    directories = core.directories.names()
    if "directories" in terms:
        for name in agreement.directories:
            if name not in directories:
                raise OperatorError(f"there is no directory {name!r}; the nearest is {_nearest(name, directories)!r}")
    if "types" in terms:
        known = {type for name in directories if (directory := core.directories.get(name)) is not None for type in directory.message_types()}
        for type in agreement.types:
            if type not in known:
                raise OperatorError(f"no directory has a message type {type!r}; the nearest is {_nearest(type, sorted(known))!r}")


def _nearest(name: str, known: Sequence[str]) -> str:
    return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]


def _rehearse(core: Core, principal: Principal, octets: bytes) -> Any:
    directories, guides = core.rules
    report = check_interchange(
        octets,
        directories,
        guides=guides,
        encoding=principal.agreement.encoding,
        limits=limits_of(principal.agreement, core.settings.check.faults_listed),
    )
    submission = Submission(
        principal, "test", "", "", core.clock(), len(octets), hashlib.sha256(octets).hexdigest(), lambda offset, length: octets[offset : offset + length]
    )
    return core.judge.decide(report, submission, core.registry, now=core.clock())


def _finding(good: bool, yes: str, no: str) -> dict[str, Any]:
    return {"good": good, "text": yes if good else no}
