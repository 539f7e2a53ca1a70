"""The snapshot finds everybody by id, address and credential, and cannot be changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exchange.interchanges import principal
from vanhub.values.mailbox import Mailbox
from vanhub.values.principal import Address, Credential, CredentialKind, PrincipalKind
from vanhub.values.registry import Registry

THEN = datetime(2026, 1, 1, tzinfo=UTC)

TRADER = principal("trader", "TRADER:ZZZ", "TRADER")
RELAY = principal("relay", "RELAY:ZZZ", carries=["FAR:ZZZ", "BOTH:ZZZ", "TRADER:ZZZ"])
OTHER_RELAY = principal("relay-2", "RELAY2:ZZZ", carries=["BOTH:ZZZ"], enabled=False)
BRANCH = principal("branch", carries=["BRANCH:ZZZ"])
CUSTOMS = principal("customs", "GACC:ZZZ", kind=PrincipalKind.AGENCY)
OPERATOR = principal("li", kind=PrincipalKind.OPERATOR)

GACC = Mailbox("customs", "Customs", "海关", (Address("GACC", "ZZZ"),))
UNENTERED = Mailbox("tax", "Tax", "税务", (Address("SAT", "ZZZ"),))


def credential(id: str, owner: str, fingerprint: str, kind: CredentialKind = CredentialKind.SSH_KEY, revoked: bool = False) -> Credential:
    return Credential(id, owner, kind, fingerprint, "", "", THEN, None, THEN if revoked else None)


REVOKED = credential("1", "trader", "aa", revoked=True)
AGAIN = credential("2", "trader", "aa")
SECOND = credential("3", "trader", "bb")
TOKEN = credential("4", "trader", "cc", CredentialKind.TOKEN)

REGISTRY = Registry((TRADER, RELAY, OTHER_RELAY, BRANCH, CUSTOMS, OPERATOR), (REVOKED, AGAIN, SECOND, TOKEN), (GACC, UNENTERED), version=7)


def test_principals_by_id() -> None:
    assert REGISTRY.version == 7
    assert list(REGISTRY.principals) == ["trader", "relay", "relay-2", "branch", "customs", "li"]
    assert (REGISTRY.principal("trader"), REGISTRY.principal("nobody")) == (TRADER, None)
    assert [REGISTRY.is_agency(id) for id in ("customs", "trader", "nobody")] == [True, False, False]
    assert [REGISTRY.is_enabled(id) for id in ("customs", "relay-2", "nobody")] == [True, False, False]


@pytest.mark.parametrize(
    ("address", "owner", "carriers", "addressee"),
    [
        ("TRADER:ZZZ", TRADER, (RELAY,), TRADER),
        ("TRADER", TRADER, (), TRADER),
        ("TRADER:14", None, (), None),
        ("FAR:ZZZ", None, (RELAY,), RELAY),
        ("BOTH:ZZZ", None, (RELAY, OTHER_RELAY), None),
        ("BRANCH:ZZZ", None, (BRANCH,), BRANCH),
    ],
)
def test_addresses(address: str, owner: Any, carriers: Any, addressee: Any) -> None:
    parsed = Address.parse(address)
    assert (REGISTRY.owner(parsed), REGISTRY.carriers(parsed), REGISTRY.addressee(parsed)) == (owner, carriers, addressee)


def test_mailboxes_are_of_those_who_have_addresses_and_of_agencies_that_are_entered() -> None:
    assert list(REGISTRY.mailboxes) == ["trader", "relay", "relay-2", "branch", "customs"]
    assert REGISTRY.mailbox("customs") is GACC
    assert REGISTRY.mailbox("trader") == Mailbox.of_partner(TRADER)
    assert REGISTRY.mailbox("li") is None
    assert REGISTRY.mailbox("tax") is None


def test_credentials() -> None:
    assert REGISTRY.credential(CredentialKind.SSH_KEY, "aa") is AGAIN
    assert REGISTRY.credential(CredentialKind.TOKEN, "aa") is None
    assert REGISTRY.credential_by_id(TOKEN.id) is TOKEN
    assert REGISTRY.credential_by_id("nothing") is None
    assert REGISTRY.credentials_of("trader", CredentialKind.SSH_KEY) == (AGAIN, SECOND, REVOKED)
    assert REGISTRY.credentials_of("relay", CredentialKind.SSH_KEY) == ()


def test_a_snapshot_does_not_change() -> None:
    writable: Any = REGISTRY.principals
    with pytest.raises(TypeError):
        writable["x"] = TRADER
    REGISTRY.carriers(Address("NEW"))
    REGISTRY.credentials_of("new", CredentialKind.TOKEN)
    assert REGISTRY.carriers(Address("NEW")) == ()
