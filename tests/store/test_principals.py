"""Principals, credentials and the registry made of them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.store.builders import NOW
from vanhub.errors import Conflict, NotFound, OperatorError
from vanhub.store import Store, credentials, journal, principals, registry
from vanhub.values.agreement import Agreement
from vanhub.values.principal import Address, Credential, CredentialKind, Principal, PrincipalKind

TRADER = Principal(
    "trader",
    PrincipalKind.PARTNER,
    "Shenzhen Textiles",
    "深圳纺织",
    True,
    (Address("TRADER", "ZZ"), Address("6901234500006", "14")),
    (Address("OTHER", "ZZ"),),
    Agreement(types=("CUSDEC", "CUSCAR"), deliver=True),
)
KEY = Credential("c1", "trader", CredentialKind.SSH_KEY, "ab" * 32, "", "laptop", NOW, None, None)


@dataclass(frozen=True)
class Definition:
    id: str
    name_en: str
    name_zh: str
    addresses: tuple[Address, ...]


CUSTOMS = Definition("customs", "Customs", "海关", (Address("CUSTOMS", "ZZ"),))
TAX = Definition("tax", "Taxation", "税务", (Address("TAX", "ZZ"), Address("SAT")))


def add(store: Store, new: Principal) -> Principal:
    return store.call(principals.add_principal, new, now=NOW, actor="operator")


def sync(store: Store, *definitions: Definition) -> tuple[str, ...]:
    return store.call(principals.sync_agencies, definitions, now=NOW, actor="hub")


def test_a_principal_comes_back_as_it_went_in(store: Store) -> None:
    assert add(store, TRADER) == TRADER
    assert store.look(principals.get_principal, "trader") == TRADER
    carrier = add(store, replace(TRADER, id="carrier", addresses=(Address("CARRIER"),)))
    assert store.look(principals.list_principals) == [carrier, TRADER]
    assert store.look(principals.list_principals, kind=PrincipalKind.AGENCY) == []
    with pytest.raises(NotFound):
        store.look(principals.get_principal, "nobody")


def test_ids_and_own_addresses_belong_to_one(store: Store) -> None:
    add(store, TRADER)
    for wrong in (TRADER, replace(TRADER, id="carrier", addresses=(Address("NEW"), Address("TRADER", "ZZ")))):
        with pytest.raises(Conflict):
            add(store, wrong)
    with pytest.raises(OperatorError):
        add(store, replace(TRADER, id="No Such Id", addresses=()))
    # The same identification under another qualifier is another address, and many may carry one.
    add(store, replace(TRADER, id="carrier", addresses=(Address("TRADER", "30"),)))
    assert [each.id for each in store.look(principals.list_principals)] == ["carrier", "trader"]


def test_agreements_and_names_and_addresses_change(store: Store) -> None:
    add(store, TRADER)
    store.call(principals.set_agreement, "trader", {"types": "", "max_sessions": "3"}, now=NOW, actor="operator")
    store.call(principals.rename, "trader", name_en="ST", name_zh="深纺", now=NOW, actor="operator")
    store.call(principals.set_enabled, "trader", False, now=NOW, actor="operator")
    store.call(principals.set_addresses, "trader", [Address("T2"), Address("TRADER", "ZZ")], now=NOW, actor="operator")
    after = store.call(principals.set_addresses, "trader", [], role=principals.CARRIED, now=NOW, actor="operator")
    assert after == Principal(
        "trader", PrincipalKind.PARTNER, "ST", "深纺", False, (Address("T2"), Address("TRADER", "ZZ")), (), Agreement(deliver=True, max_sessions=3)
    )
    with pytest.raises(OperatorError, match="max_sessions"):
        store.call(principals.set_agreement, "trader", {"max_session": "3"}, now=NOW, actor="operator")
    for job, arguments in ((principals.set_agreement, ({},)), (principals.set_enabled, (True,)), (principals.set_addresses, ([],))):
        with pytest.raises(NotFound):
            store.call(job, "nobody", *arguments, now=NOW, actor="operator")
    assert [(leaf.kind, leaf.actor) for leaf in store.look(journal.list_leaves, subject="trader")] == [
        ("principal.added", "operator"),
        ("principal.agreed", "operator"),
        ("principal.renamed", "operator"),
        ("principal.disabled", "operator"),
        ("principal.addressed", "operator"),
        ("principal.addressed", "operator"),
    ]


def test_agencies_follow_their_definitions(store: Store) -> None:
    assert sync(store, CUSTOMS, TAX) == ("customs", "tax")
    assert sync(store, CUSTOMS, TAX) == ()
    store.call(principals.set_agreement, "tax", {"deliver": "true"}, now=NOW, actor="operator")
    store.call(principals.set_enabled, "tax", False, now=NOW, actor="operator")
    renamed = replace(TAX, name_en="Tax", addresses=(Address("SAT"),))
    moved = replace(CUSTOMS, addresses=(Address("TAX", "ZZ"), Address("CUSTOMS", "ZZ")))
    assert sync(store, moved, renamed) == ("customs", "tax")
    assert store.look(principals.list_principals) == [
        Principal("customs", PrincipalKind.AGENCY, "Customs", "海关", True, (Address("TAX", "ZZ"), Address("CUSTOMS", "ZZ")), (), Agreement()),
        Principal("tax", PrincipalKind.AGENCY, "Tax", "税务", False, (Address("SAT"),), (), Agreement(deliver=True)),
    ]
    assert sync(store) == ()
    assert len(store.look(principals.list_principals)) == 2


def test_an_agency_takes_nothing_from_a_partner(store: Store) -> None:
    add(store, TRADER)
    for wrong in (replace(CUSTOMS, id="trader"), replace(CUSTOMS, addresses=(Address("TRADER", "ZZ"),))):
        with pytest.raises(Conflict):
            sync(store, TAX, wrong)
    assert store.look(principals.list_principals) == [TRADER]


def test_credentials_overlap_and_end(store: Store) -> None:
    add(store, TRADER)
    certificate = replace(KEY, id="c2", kind=CredentialKind.CERTIFICATE, fingerprint="cd" * 32, not_after=NOW + timedelta(days=365))
    newer = replace(certificate, id="c3", fingerprint="ef" * 32, not_before=NOW + timedelta(days=300))
    for each in (KEY, certificate, newer):
        assert store.call(credentials.add_credential, each, now=NOW, actor="operator") == each
    assert store.look(credentials.list_valid) == [KEY, certificate, newer]
    ended = store.call(credentials.revoke_credential, "c2", reason="keyCompromise", now=NOW, actor="operator")
    assert ended == replace(certificate, revoked_at=NOW, revocation_reason="keyCompromise")
    assert store.call(credentials.revoke_credential, "c2", reason="other", now=NOW + timedelta(days=1), actor="operator") == ended
    assert store.look(credentials.list_valid) == [KEY, newer]
    assert store.look(credentials.list_credentials, principal_id="trader", kind=CredentialKind.CERTIFICATE) == [ended, newer]
    with pytest.raises(NotFound):
        store.call(credentials.revoke_credential, "c9", reason="", now=NOW, actor="operator")


def test_a_credential_proves_one_principal(store: Store) -> None:
    add(store, TRADER)
    add(store, replace(TRADER, id="carrier", addresses=()))
    store.call(credentials.add_credential, KEY, now=NOW, actor="operator")
    for wrong in (replace(KEY, id="c2"), replace(KEY, id="c2", principal="carrier")):
        with pytest.raises(Conflict, match="trader"):
            store.call(credentials.add_credential, wrong, now=NOW, actor="operator")
    with pytest.raises(NotFound):
        store.call(credentials.add_credential, replace(KEY, id="c2", principal="nobody"), now=NOW, actor="operator")
    store.call(credentials.revoke_credential, "c1", reason="moved", now=NOW, actor="operator")
    assert store.call(credentials.add_credential, replace(KEY, id="c2", principal="carrier"), now=NOW, actor="operator").principal == "carrier"


def test_a_new_password_ends_the_old_one(store: Store) -> None:
    add(store, TRADER)
    old = replace(KEY, kind=CredentialKind.PASSWORD, fingerprint="trader", secret="scrypt$old")
    new = replace(old, id="c2", secret="scrypt$new")
    for each in (old, new):
        store.call(credentials.add_credential, each, now=NOW, actor="operator")
    assert store.look(credentials.list_valid) == [new]
    assert "scrypt$" not in repr(store.look(journal.list_leaves))


def test_every_change_grows_the_registrys_version(store: Store) -> None:
    assert store.look(registry.load_registry) == registry.RegistryRows(0, (), ())
    acts: list[Callable[[], object]] = [
        lambda: add(store, TRADER),
        lambda: store.call(principals.set_agreement, "trader", {}, now=NOW, actor="operator"),
        lambda: store.call(principals.set_enabled, "trader", False, now=NOW, actor="operator"),
        lambda: store.call(principals.set_addresses, "trader", TRADER.addresses, now=NOW, actor="operator"),
        lambda: store.call(credentials.add_credential, KEY, now=NOW, actor="operator"),
        lambda: store.call(credentials.revoke_credential, "c1", reason="", now=NOW, actor="operator"),
        lambda: sync(store, CUSTOMS),
    ]
    for number, act in enumerate(acts, 1):
        act()
        assert store.look(registry.registry_version) == number
    sync(store, CUSTOMS)
    rows = store.look(registry.load_registry)
    assert (rows.version, [each.id for each in rows.principals], rows.credentials) == (len(acts), ["customs", "trader"], ())
