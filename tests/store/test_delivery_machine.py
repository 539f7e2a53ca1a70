"""Any course of claims, commits, lost leases, releases and expiries leaves every delivery where a simple model says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.store.builders import accept, delivery, octets_of
from tests.store.conftest import Clock
from vanhub.errors import Conflict
from vanhub.store import Store, alerts, deliveries, doctor, rulings
from vanhub.values.delivery import DeliveryState, Slot

LEASE = timedelta(seconds=60)
LOST_AT_MOST = 3


@dataclass
class Model:
    """One delivery as the rules say; ``token`` is the claim that holds or that committed."""

    state: DeliveryState = DeliveryState.AVAILABLE
    token: str = ""
    until: float = 0.0
    lost: int = 0
    claims: int = 0
    held_with: str = ""


class Mailbox(RuleBasedStateMachine):
    """The store and the model side by side; time is seconds since the start."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.store = Store.open(f"sqlite:///{self.folder.name}/vanhub.db", Path(self.folder.name) / "content", clock=self.clock)
        self.begun = self.clock.now
        self.model: dict[str, Model] = {}
        self.tokens: list[tuple[str, str]] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @property
    def time(self) -> float:
        return (self.clock.now - self.begun).total_seconds()

    def name(self, number: int) -> str:
        return list(self.model)[number % len(self.model)]

    def lose(self) -> None:
        """What the passing of time did to the model."""
        for each in self.model.values():
            if each.state is DeliveryState.CLAIMED and each.until <= self.time:
                each.lost += 1
                each.state = DeliveryState.QUARANTINED if each.lost >= LOST_AT_MOST else DeliveryState.AVAILABLE
                each.token = ""

    def hold(self, name: str, token: str) -> None:
        each = self.model[name]
        each.state, each.token, each.until = DeliveryState.CLAIMED, token, self.time + LEASE.total_seconds()
        each.claims += 1
        self.tokens.append((name, token))

    def attempt(self, allowed: bool, job: Callable[..., Any], *arguments: object, **more: object) -> None:
        """The job succeeds if it is allowed, and is a conflict if not."""
        try:
            self.store.call(job, *arguments, now=self.clock.now, actor="customs", **more)  # type: ignore[arg-type]
        except Conflict:
            assert not allowed
        else:
            assert allowed

    @rule()
    def arrive(self) -> None:
        number = len(self.model)
        accept(self.store, number, deliveries=(delivery(number, octets_of(number)),))
        self.model[f"d{number}-customs-production"] = Model()

    @rule()
    def arrive_held(self) -> None:
        """A held delivery and a held copy of it."""
        number = len(self.model)
        octets = octets_of(number)
        original = delivery(number, octets, held=True, guide_faults=1)
        copy = delivery(number + 1, octets, held=True, held_with=original.id)
        accept(self.store, number, deliveries=(original, copy))
        self.model[original.id] = Model(DeliveryState.HELD)
        self.model[copy.id] = Model(DeliveryState.HELD, held_with=original.id)

    @rule(seconds=st.sampled_from([1, 30, 60, 200]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule(most=st.integers(1, 3))
    def claim(self, most: int) -> None:
        tokens = [f"token{len(self.tokens) + each}" for each in range(most)]
        now = self.clock.now
        claimed = self.store.call(
            deliveries.claim, "customs", Slot.PRODUCTION, tokens, lease_until=now + LEASE, now=now, actor="customs", quarantined_after=LOST_AT_MOST
        )
        self.lose()
        oldest = [name for name, each in self.model.items() if each.state is DeliveryState.AVAILABLE][:most]
        assert [(each.delivery.id, each.claim) for each in claimed] == list(zip(oldest, tokens, strict=False))
        for name, token in zip(oldest, tokens, strict=False):
            self.hold(name, token)

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 99))
    def claim_one(self, number: int) -> None:
        name, token = self.name(number), f"token{len(self.tokens)}"
        each = self.model[name]
        running = each.state is DeliveryState.CLAIMED and each.until > self.time
        lost_once_more = each.state is DeliveryState.CLAIMED and not running and each.lost + 1 < LOST_AT_MOST
        allowed = each.state is DeliveryState.AVAILABLE or lost_once_more
        self.attempt(allowed, deliveries.claim_one, name, token, lease_until=self.clock.now + LEASE, quarantined_after=LOST_AT_MOST)
        if allowed:
            each.lost += lost_once_more
            self.hold(name, token)

    @rule()
    def lose_leases(self) -> None:
        self.store.call(deliveries.lose_leases, self.clock.now, quarantined_after=LOST_AT_MOST)
        self.lose()

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 99))
    def commit(self, number: int) -> None:
        name, token = self.tokens[number % len(self.tokens)]
        each = self.model[name]
        holds = each.state is DeliveryState.CLAIMED and each.token == token and each.until > self.time
        again = each.state is DeliveryState.DELIVERED and each.token == token
        self.attempt(holds or again, deliveries.commit, name, token)
        if holds:
            each.state = DeliveryState.DELIVERED

    @precondition(lambda self: self.tokens)
    @rule(number=st.integers(0, 99), extend=st.booleans())
    def release_or_extend(self, number: int, extend: bool) -> None:
        name, token = self.tokens[number % len(self.tokens)]
        each = self.model[name]
        holds = each.state is DeliveryState.CLAIMED and each.token == token and each.until > self.time
        if extend:
            self.attempt(holds, deliveries.extend, name, token, lease_until=self.clock.now + LEASE)
        else:
            self.attempt(holds, deliveries.release, name, token)
        if holds and extend:
            each.until = self.time + LEASE.total_seconds()
        elif holds:
            each.state, each.token = DeliveryState.AVAILABLE, ""

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 99))
    def free(self, number: int) -> None:
        name = self.name(number)
        each = self.model[name]
        held = each.state is DeliveryState.HELD and not each.held_with
        allowed = held or each.state is DeliveryState.QUARANTINED
        self.attempt(allowed, rulings.free, name)
        if held:
            self.rule_on(name, DeliveryState.AVAILABLE)
        elif allowed:
            each.state, each.lost = DeliveryState.AVAILABLE, 0

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 99))
    def refuse(self, number: int) -> None:
        name = self.name(number)
        each = self.model[name]
        allowed = each.state is DeliveryState.HELD and not each.held_with
        self.attempt(allowed, rulings.refuse, name, reason="why")
        if allowed:
            self.rule_on(name, DeliveryState.REFUSED)

    def rule_on(self, name: str, state: DeliveryState) -> None:
        """A held delivery and the copies of it share the ruling."""
        for other, each in self.model.items():
            if name in {other, each.held_with}:
                each.state = state

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 99))
    def redeliver(self, number: int) -> None:
        name = self.name(number)
        each = self.model[name]
        allowed = each.state is DeliveryState.DELIVERED
        self.attempt(allowed, rulings.redeliver, name)
        if allowed:
            each.state, each.token, each.lost = DeliveryState.AVAILABLE, "", 0

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        stored = self.store.look(deliveries.list_deliveries, "customs", limit=1000)
        assert [(each.id, each.state, each.lost, each.claims) for each in stored] == [
            (name, each.state, each.lost, each.claims) for name, each in self.model.items()
        ]
        assert self.store.look(doctor.conservation) == []
        held = any(each.state is DeliveryState.HELD for each in self.model.values())
        assert [alert.kind for alert in self.store.look(alerts.list_alerts)] == ["held"] * held


TestMailbox = Mailbox.TestCase
TestMailbox.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
