"""A plan played against all agencies at once: every honest case ends well, every fraud is stopped with its code, every ledger is as the plan says."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from tests.agencies.bus import Bus, address_of, first_day
from vanhub.agencies.customs.exchange import rate_of
from vanhub.agencies.customs.lodgement import Lodgement
from vanhub.agencies.enterprises import EnterpriseRecord, row_of
from vanhub.agencies.ledger.posting import Part
from vanhub.agencies.rules import open_rules
from vanhub.agencies.tariff import shipped_tariff
from vanhub.agencies.trade.enterprises import make_enterprises
from vanhub.agencies.trade.frauds import FRAUDS, Fate
from vanhub.agencies.trade.plan import Plan, make_plan
from vanhub.agencies.trade.script import Role
from vanhub.agencies.trade.truth import Balance, Entry, differences, truth_of

_LOADED = ("registry", "licensing", "inspection", "foreign-exchange", "customs")


def _plan(*, days: int, rate: int, fraud_rate: str, seed: int) -> Plan:
    rules = open_rules("customs")

    def rate_on(day: date) -> Decimal:
        found = rate_of("USD", rules, day)
        assert found is not None
        return found

    enterprises = list(make_enterprises(60, seed, first_day()))
    return make_plan(first_day=first_day(), days=days, rate=rate, fraud_rate=Decimal(fraud_rate), seed=seed, enterprises=enterprises, rate_on=rate_on)


def _played(plan: Plan, days: int, shuffle: random.Random | None = None) -> Bus:
    bus = Bus(plan, shuffle)
    for name in _LOADED:
        for enterprise in plan.enterprises:
            bus.desks[name].load(**row_of(enterprise), address=address_of(Role.BROKER))
    bus.play(days + 1)
    return bus


def _wrong_ends(plan: Plan, bus: Bus) -> list[str]:
    outcomes = {case.reference: bus.market.outcomes.get(case.reference) for case in plan.cases}
    return [
        f"{case.kind} {case.reference}: {outcome}"
        for case in plan.cases
        if (outcome := outcomes[case.reference]) is None or outcome.codes != ((case.code,) if case.code else ())
    ]


def _balances(bus: Bus) -> list[Balance]:
    held: dict[tuple[str, str, str, str], dict[Part, Decimal]] = {}
    for name in ("customs", "licensing"):
        for account, amount in bus.desks[name].book.balances.items():
            held.setdefault((name, account.book, account.owner, account.unit), {})[account.part] = amount
    return [Balance(*key, parts) for key, parts in held.items()]


def _states(bus: Bus) -> dict[str, str]:
    return {lodgement.declaration.reference: str(lodgement.state) for lodgement in bus.desks["customs"].book.list(Lodgement)}


@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "in any order, everything twice"])
def test_a_plan_ends_as_it_has_to_and_every_ledger_agrees_to_the_unit(shuffled: bool) -> None:
    plan = _plan(days=2, rate=32, fraud_rate="0.5", seed=7)
    bus = _played(plan, 2, random.Random(11) if shuffled else None)
    assert _wrong_ends(plan, bus) == []
    assert bus.faults == Counter()
    assert list(differences(truth_of(plan, bus.market.outcomes, shipped_tariff()), _states(bus), _balances(bus))) == []
    assert [violation for desk in bus.desks.values() for violation in desk.agency.invariants(desk.book)] == []
    assert {name: len(desk.book.parked) for name, desk in bus.desks.items() if desk.book.parked} == {}


def test_the_truth_finds_a_figure_and_a_state_that_are_not_as_they_have_to_be() -> None:
    plan = _plan(days=1, rate=4, fraud_rate="0", seed=3)
    bus = _played(plan, 1)
    truth = truth_of(plan, bus.market.outcomes, shipped_tariff())
    entry = Entry("customs", "fx-form", "", "USE", Part.USED)
    reference = next(iter(truth.states))
    other = dataclasses.replace(truth, figures={**truth.figures, entry: truth.figures[entry] + 1}, states={**truth.states, reference: Fate.RETURNED})
    assert list(differences(other, _states(bus), _balances(bus))) == [
        f"declaration {reference} has to be returned and is closed",
        f"customs fx-form (all) USE used has to be {truth.figures[entry] + 1} and is {truth.figures[entry]}",
    ]


def test_the_same_seed_makes_the_same_plan_and_frauds_of_every_kind_come() -> None:
    def described(plan: Plan) -> list[tuple[object, ...]]:
        return [(case.reference, case.kind, case.day, case.code, case.after, case.consignments, case.fates) for case in plan.cases]

    one, again, other = (_plan(days=3, rate=60, fraud_rate="0.6", seed=seed) for seed in (1, 1, 2))
    assert described(one) == described(again)
    assert described(one) != described(other)
    assert {case.kind for case in one.cases if case.code} == {fraud.name for fraud in FRAUDS}


def test_too_few_enterprises_are_told() -> None:
    nobody: list[EnterpriseRecord] = []
    with pytest.raises(ValueError, match="0 enterprises are too few"):
        make_plan(first_day=first_day(), days=1, rate=1, fraud_rate=Decimal(0), seed=1, enterprises=nobody, rate_on=lambda _day: Decimal(8))
