"""The journey from its beginning to its end: the hub and the agencies start, honest trade, frauds, and the proof that all books are right."""

from __future__ import annotations

from datetime import UTC, datetime

from vanhub.agencies.trade.cast import trader
from vanhub.cli.agencies_stage import AgenciesStage
from vanhub.cli.journey.exports import Exports
from vanhub.cli.journey.frauds import Frauds
from vanhub.cli.journey.imports import Imports
from vanhub.cli.journey.telling import Telling

_FIRST_MORNING = datetime(2006, 3, 20, 1, tzinfo=UTC)
"""Nine o'clock in China."""


def tell() -> None:
    """Tell it on the terminal.

    Raises:
        Unexpected: something came out differently.
        NotAnswered: an agency says nothing.
    """
    with AgenciesStage() as stage:
        telling = Telling(stage, _FIRST_MORNING)
        _start(telling)
        exported = Exports(telling).tell()
        cargo = Imports(telling, trader(exported.registered)).tell()
        frauds = Frauds(telling, exported, cargo)
        frauds.tell()
        _prove(telling, frauds)


def _start(telling: Telling) -> None:
    stage = telling.stage
    telling.title("A hub and six agencies start, each a process of its own", "交换中心与六个部门启动")
    telling.say("Seven programs and their certificates: this takes the longest.")
    stage.init()
    stage.start()
    stage.enrol_trade()
    stage.found_agencies()
    stage.start_agencies()
    names = {agency["id"]: agency for agency in stage.json("agency", "list")}
    rows = [(id, str(stage.process(id)), stage.addresses[id], names[id]["name_zh"], names[id]["name_en"]) for id in stage.agencies]
    telling.table(("agency", "process", "EDI address", "", ""), rows)
    telling.open_workstation()
    telling.say(f"Each reaches the hub, process {stage.hub_process}, by its own certificate over HTTPS, as any partner does, and keeps a store of its own.")
    telling.say(
        "This terminal is the trade's workstation: a broker, a carrier, a terminal and a bank, partners of the hub with certificates and mailboxes of their own."
    )
    telling.say("All live by one clock: it is nine in the morning of 20 March 2006 in China.")


def _prove(telling: Telling, frauds: Frauds) -> None:
    stage = telling.stage
    telling.title("What was tried, and who stopped it", "查获汇总")
    telling.table(("tried", "stopped by", "code"), frauds.caught)
    telling.title("Everybody proves the books", "核对账册")
    stage.stop_agencies()
    telling.say(
        "The agencies have stopped. `vanhub ledger verify` looks for what must not be; `vanhub agency rebuild` makes records and ledgers again from the messages:"
    )
    for agency, violations in stage.verify_all().items():
        telling.expect(not violations, f"{agency}: {violations}")
        telling.show(f"{agency}: in order; made again, the same")
    telling.say("`vanhub doctor` does it for the hub:")
    telling.command("doctor")
    telling.expect(stage.stop() == 0, "the hub stopped cleanly")
    telling.say("Everything ran in a temporary folder, which is gone now.")
