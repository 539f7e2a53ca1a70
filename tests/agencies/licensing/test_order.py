"""Order of arrival: in any order and with any repeats the same ledgers and final states; where two compete, one loser."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.licensing.cases import BROKER, CUSTOMS, NOON, OTHER, TRADER, all_well, application, codes, desk, line, registration, rules, usage
from tests.agencies.memory import Desk
from vanhub.agencies.enterprises import EnterpriseRecord
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.ledger.posting import Account, Part
from vanhub.agencies.licensing.program import Licensing
from vanhub.agencies.licensing.records import Application, LicenceFile, Usage
from vanhub.agencies.messages.licence import Licence

QUOTA = 240_000_000


def issued(office: str, export: bool) -> Licence:
    """The licence as it will be, from a desk of its own."""
    opened = desk()
    ((_, licence), *_) = opened.receive(one(TRADER, export=export, office=office))
    assert isinstance(licence, Licence)
    return licence


# Each enterprise goes to an office of its own, so that the numbers of its licences do not depend on the other's.
def one(holder: str, *, export: bool, office: str) -> Any:
    if export:
        return application(f"A{office}", line(amount="1000"), holder=holder, office=office, uses=3)
    return application(f"A{office}", line("10019900", "1000", "KGM"), holder=holder, office=office, uses=2, export=False, quota="", country="AUS")


EXPORT, IMPORT = issued("44", True), issued("25", False)
MESSAGES: tuple[tuple[Outgoing, str], ...] = (
    (registration(TRADER), "SAIC:ZZZ"),
    (registration(OTHER), "SAIC:ZZZ"),
    (one(TRADER, export=True, office="44"), BROKER),
    (one(OTHER, export=False, office="25"), "OTHER:ZZZ"),
    (usage(EXPORT, "U1", "100"), CUSTOMS),
    (usage(EXPORT, "U2", "200"), CUSTOMS),
    (usage(EXPORT, "U2", "200", cancelled=True), CUSTOMS),
    (usage(EXPORT, "U3", "300"), CUSTOMS),
    (usage(IMPORT, "U4", "10"), CUSTOMS),
    (usage(IMPORT, "U5", "1039.5"), CUSTOMS),
)


def arrived(messages: Sequence[tuple[Outgoing, str]]) -> Desk:
    """Licensing with nobody on record, after these messages."""
    opened = Desk(Licensing(), rules(), NOON)
    for message, sender in messages:
        opened.receive(message, sender)
    return opened


def outcome(messages: Sequence[tuple[Outgoing, str]]) -> tuple[dict[Account, Decimal], dict[tuple[str, str], Any], list[str]]:
    """Ledgers, final states, and what was sent in the end, in any order."""
    opened = arrived(messages)
    assert all_well(opened)
    kinds = (EnterpriseRecord, LicenceFile, Usage, Application)
    records: dict[tuple[str, str], Any] = {}
    for kind in kinds:
        for record in opened.book.list(kind):
            # Which interchange and moment brought it is no state of the case.
            records[kind.KIND, record.key] = dataclasses.replace(record, interchange="") if isinstance(record, Application) else record
    balances = {account: amount for account, amount in opened.book.balances.items() if amount}
    return balances, records, sorted(map(repr, opened.book.sent))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_order_and_any_repeats_lead_to_the_same_state(data: st.DataObject) -> None:
    repeats = data.draw(st.lists(st.sampled_from(MESSAGES), max_size=4))
    assert outcome(data.draw(st.permutations([*MESSAGES, *repeats]))) == outcome(MESSAGES)


@settings(max_examples=30, deadline=None)
@given(st.permutations([*MESSAGES[:5], (usage(EXPORT, "U6", "700"), CUSTOMS), (usage(EXPORT, "U7", "800"), CUSTOMS)]))
def test_of_uses_that_overdraw_a_licence_the_balance_stays_right_and_the_losers_are_named(messages: list[tuple[Outgoing, str]]) -> None:
    opened = arrived(messages)
    stand = {usage.key: usage.report.lines[0].quantity.amount for usage in opened.book.list(Usage)}
    assert [found for _, found in codes(opened.book.sent)] == [["L204"]] * (3 - len(stand))
    assert set(stand) in ({"U1", "U6"}, {"U1", "U7"})
    assert opened.book.parts("licence", f"{EXPORT.number}/1", "H87")[Part.USED] == sum(stand.values())
    assert all_well(opened)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, QUOTA - 1), min_size=2, max_size=5))
def test_of_applications_for_one_quota_those_that_it_has_no_more_for_lose(amounts: list[int]) -> None:
    opened, left, refused = desk(), QUOTA, []
    for number, amount in enumerate(amounts):
        refused += codes(opened.receive(application(f"A{number}", line(amount=str(amount)))))
        left -= amount if amount <= left else 0
    granted = [file.licence.total.amount for file in opened.book.list(LicenceFile)]
    assert (sum(granted), len(refused)) == (QUOTA - left, len(amounts) - len(granted))
    assert refused == [(BROKER, ["L204"])] * len(refused)
    assert opened.book.parts("quota", "US-338/339-2006", "H87")[Part.AVAILABLE] == left
    assert all_well(opened)
    opened.wait_until(NOON + timedelta(days=365))
    assert opened.book.parts("quota", "US-338/339-2006", "H87")[Part.AVAILABLE] == QUOTA
