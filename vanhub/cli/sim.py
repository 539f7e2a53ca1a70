"""``vanhub sim``: trade with known truth against a hub and agencies that know nothing of it."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from vanhub.cli.output import as_json
from vanhub.errors import OperatorError

_LOADED = ("registry", "licensing", "inspection", "foreign-exchange", "customs")
_MORNING_UTC = timedelta(hours=1)
_LEAST_FINISHED = Decimal("0.99")
_MOST_SHOWN = 20


@click.group()
def sim() -> None:
    """Simulated trade."""


@sim.command()
@click.option("--rate", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Declarations a day.")
@click.option("--days", type=click.IntRange(1, 366), default=3, show_default=True, help="Days of trade.")
@click.option("--fraud-rate", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Share of the declarations that are frauds.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same trade.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), default="2006-03-20", show_default=True, help="The first day.")
@as_json
def traders(rate: int, days: int, fraud_rate: float, seed: int, first: datetime, as_json: bool) -> None:
    """Play traders, carriers, terminals and banks against a hub and agencies of their own, all in a temporary folder; then reconcile every ledger with what is known.

    Exit 1 where a fraud was not stopped with its code, fewer than 99 in a hundred honest declarations finished, or a ledger, a state or a rebuilt store is not as it has to be.
    """
    from vanhub.agencies.customs.exchange import rate_of
    from vanhub.agencies.rules import open_rules
    from vanhub.agencies.trade.enterprises import make_enterprises
    from vanhub.agencies.trade.plan import make_plan

    first_day = first.date()
    rules = open_rules("customs")

    def rate_on(day: date) -> Decimal:
        found = rate_of("USD", rules, day)
        if found is None:
            raise OperatorError(f"the rules of customs have no rate of exchange for USD on {day}")
        return found

    enterprises = list(make_enterprises(max(30, rate * days // 10), seed, first_day))
    plan = make_plan(first_day=first_day, days=days, rate=rate, fraud_rate=Decimal(str(fraud_rate)), seed=seed, enterprises=enterprises, rate_on=rate_on)
    report = _Simulation(plan, days).run()
    if as_json:
        click.echo(json.dumps(report.members(), ensure_ascii=False))
    else:
        for line in report.lines():
            click.echo(line)
    if not report.good:
        raise click.exceptions.Exit(1)


@dataclass(frozen=True)
class Report:
    """``honest``, ``finished``: declarations; ``frauds``: name -> (code, how many, how many were stopped with that code alone); ``failures``: cases that did not end as they have to, in words; ``differences``: between ledgers or
    states and the truth; ``violations``: what the agencies' own verification finds; ``figures``: how many were compared.
    """

    honest: int
    finished: int
    frauds: dict[str, tuple[str, int, int]]
    failures: list[str]
    differences: list[str]
    violations: list[str]
    figures: int
    seconds: float
    messages: int
    collected: int

    @property
    def good(self) -> bool:
        stopped = all(count == right for _, count, right in self.frauds.values())
        return stopped and not self.differences and not self.violations and self.finished >= self.honest * _LEAST_FINISHED

    def members(self) -> dict[str, Any]:
        frauds = {name: {"code": code, "count": count, "stopped": right} for name, (code, count, right) in self.frauds.items()}
        return {**vars(self), "frauds": frauds, "good": self.good, "seconds": round(self.seconds, 1)}

    def lines(self) -> Iterator[str]:
        declarations = self.honest + sum(count for _, count, _ in self.frauds.values())
        yield f"{declarations} declarations in {self.seconds:.0f} s, {declarations / self.seconds:.1f} a second; the trade sent {self.messages} messages and heard {self.collected}"
        yield f"honest     {self.finished} of {self.honest} finished"
        for name, (code, count, right) in sorted(self.frauds.items()):
            yield f"fraud      {name:<22}{code}  {right} of {count} stopped"
        for title, found in (("not as it has to be", self.failures), ("differs", self.differences), ("violates", self.violations)):
            for line in found[:_MOST_SHOWN]:
                yield f"{title}: {line}"
            if len(found) > _MOST_SHOWN:
                yield f"{title}: and {len(found) - _MOST_SHOWN} more"
        yield f"reconciled {self.figures} figures of ledgers and states with what is known: {f'{len(self.differences)} differ' if self.differences else 'equal to the unit'}"
        yield f"the agencies' own verification, a rebuild of every store from its messages included: {len(self.violations) or 'no'} violations"


class _Simulation:
    def __init__(self, plan: Any, days: int) -> None:
        from vanhub.agencies.trade.market import Market

        self._plan = plan
        self._days = days
        self._market = Market(plan.cases)

    def run(self) -> Report:
        from vanhub.agencies.trade.playing import Play
        from vanhub.agencies.trade.script import Role
        from vanhub.cli.agencies_stage import AgenciesStage

        with (
            AgenciesStage() as stage,
            click.progressbar(length=len(self._plan.cases), label="cases", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar,
        ):
            stage.set_clock(self._morning(0))
            stage.init()
            stage.start()
            stage.enrol_trade()
            stage.found_agencies()
            self._load(stage)
            stage.start_agencies()
            ended = 0

            def told() -> None:
                nonlocal ended
                bar.update(len(self._market.outcomes) - ended)
                ended = len(self._market.outcomes)

            play = Play(self._market, {role: stage.mailbox(role) for role in Role}, stage.addresses, stage.set_clock, told=told)
            started = time.monotonic()
            # A fraud may need a licence that was good the day before: one day more than there is new trade.
            for day in range(self._days + 1):
                play.play_day(day, self._morning(day))
            seconds = time.monotonic() - started
            stage.stop_agencies()
            differences, figures = self._differences(stage)
            return self._report(seconds, play, differences, figures, list(self._violations(stage)))

    def _morning(self, day: int) -> datetime:
        """Nine o'clock in China."""
        return datetime.combine(self._plan.first_day + timedelta(days=day), datetime.min.time(), UTC) + _MORNING_UTC

    def _load(self, stage: Any) -> None:
        from vanhub.agencies.enterprises import COLUMNS, row_of
        from vanhub.agencies.trade.script import Role

        # The broker speaks for them at the register.
        broker = {"address": f"{Role.BROKER.upper()}:ZZZ"}
        file: Path = stage.folder / "enterprises.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [*COLUMNS, *broker])
            writer.writeheader()
            writer.writerows({**row_of(enterprise), **broker} for enterprise in self._plan.enterprises)
        for name in _LOADED:
            stage.load(name, file)

    def _differences(self, stage: Any) -> tuple[list[str], int]:
        from vanhub.agencies.customs.lodgement import Lodgement
        from vanhub.agencies.ledger.show import list_balances
        from vanhub.agencies.tariff import shipped_tariff
        from vanhub.agencies.trade.truth import Balance, differences, truth_of

        balances = []
        for name in ("customs", "licensing"):
            with stage.reading(name) as (conn, _):
                balances += [Balance(name, each.book, each.owner, each.unit, each.parts) for each in list_balances(conn)]
        with stage.reading("customs") as (_, book):
            states = {lodgement.declaration.reference: str(lodgement.state) for lodgement in book.list(Lodgement)}
        licensed = {case for case, outcome in self._market.outcomes.items() if outcome.number}
        if unlicensed := [licence.case for licence in self._plan.licences if licence.case not in licensed]:
            return [f"{case}: no licence was issued" for case in unlicensed], 0
        truth = truth_of(self._plan, self._market.outcomes, shipped_tariff())
        return list(differences(truth, states, balances)), len(truth.figures) + len(truth.states)

    def _violations(self, stage: Any) -> Iterator[str]:
        for name, found in stage.verify_all().items():
            yield from (f"{name}: {each}" for each in found)

    def _report(self, seconds: float, play: Any, differences: list[str], figures: int, violations: list[str]) -> Report:
        honest, finished, failures = 0, 0, []
        counts: Counter[tuple[str, str]] = Counter()
        stopped: Counter[str] = Counter()
        for case in self._plan.cases:
            outcome = self._market.outcomes.get(case.reference)
            codes = outcome.codes if outcome is not None else ("not ended",)
            right = codes == ((case.code,) if case.code else ())
            if not right:
                failures.append(f"{case.kind} {case.reference}: {', '.join(codes) or 'accepted'}, not {case.code or 'accepted'}")
            if case.declares and case.code:
                counts[case.kind, case.code] += 1
                stopped[case.kind] += right
            elif case.declares:
                honest += 1
                finished += right
        frauds = {name: (code, count, stopped[name]) for (name, code), count in counts.items()}
        return Report(honest, finished, frauds, failures, differences, violations, figures, seconds, play.messages, play.heard)
