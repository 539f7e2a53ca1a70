"""What does not agree on customs' records and ledgers is found and named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tests.agencies.customs.trade import entry, export, form, licence, manifest, note, open_desk, payment, receive, registration
from tests.agencies.memory import Desk
from vanhub.agencies.customs.bills import Bill
from vanhub.agencies.customs.lodgement import Lodgement, Reference, State
from vanhub.agencies.ledger.posting import Account, Part

_EXPORT, _PAID, _OWED = "530420060000000001", "530420061000000001", "530420061000000002"


def _traded() -> Desk:
    """An export that is released, an import that is paid, another that is not."""
    desk = open_desk()
    second = entry("I2", note="440300106000002")
    receive(desk, registration(), licence(), form(), note(), note("440300106000002"), manifest(entry()), manifest(second), export(), entry(), second)
    receive(desk, payment(_lodgement(desk, _PAID).answer))
    return desk


def _lodgement(desk: Desk, number: str) -> Lodgement:
    found = desk.book.get(Lodgement, number)
    assert found is not None
    return found


def _state(number: str, state: State) -> Callable[[Desk], None]:
    return lambda desk: desk.book.put(dataclasses.replace(_lodgement(desk, number), state=state), 0)


def _bill(number: str, **changes: object) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        (bill,) = desk.book.list(Bill, number)
        desk.book.put(dataclasses.replace(bill, **changes), 0)  # type: ignore[arg-type]

    return change


def _balance(account: Account) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.book.balances[account] += 1

    return change


def _lost(desk: Desk) -> None:
    desk.book.put(Reference("SKBROKER:ZZZ", "X1", (("0" * 64, "530420060000000009"),)), 0)


_FINDINGS: dict[str, tuple[Callable[[Desk], None], list[str]]] = {
    "used but by nobody": (
        _balance(Account("licence", "06-AB-300123/1", "H87", Part.USED)),
        ["licence 06-AB-300123/1 used H87 is 1001; declarations account for 1000"],
    ),
    "reserved but by nobody": (
        _balance(Account("manifest", "MI1/BLI1", "H87", Part.RESERVED)),
        ["manifest MI1/BLI1 reserved H87 is 1; declarations account for 0"],
    ),
    "form": (_balance(Account("fx-form", "44B0318901", "USE", Part.USED)), ["fx-form 44B0318901 used USE is 2; declarations account for 1"]),
    "note": (_balance(Account("note", "440300106000001", "USE", Part.USED)), ["note 440300106000001 used USE is 2; declarations account for 1"]),
    "returned and holding": (_state(_OWED, State.RETURNED), [f"declaration {_OWED} is returned and still holds something"]),
    "bill is void": (
        _bill("B5304000002", void=True),
        [f"declaration {_OWED} has taxes due and no bill that is owed", "bill B5304000002: 0 CNY owed, 0 paid; the ledger has 29325.56 and 0"],
    ),
    "bill is not paid": (
        _bill("B5304000001", payment=""),
        [f"declaration {_PAID} is released and its bill B5304000001 is not paid", "bill B5304000001: 29325.56 CNY owed, 0 paid; the ledger has 0 and 29325.56"],
    ),
    "lost": (_lost, ["reference SKBROKER:ZZZ/X1 names declaration 530420060000000009, which is not on record"]),
}


@pytest.mark.parametrize("name", _FINDINGS)
def test_what_does_not_agree_is_named(name: str) -> None:
    spoil, expected = _FINDINGS[name]
    desk = _traded()
    assert list(desk.agency.invariants(desk.book)) == []
    spoil(desk)
    assert [line for line in desk.agency.invariants(desk.book) if line in expected] == expected
