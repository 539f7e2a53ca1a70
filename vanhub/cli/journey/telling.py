"""What every part of the journey tells with: messages and their meaning, balances, records, commands, and the clock that all agencies live by."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from vanhub.agencies.customs.exchange import rate_of
from vanhub.agencies.frame.agency import View
from vanhub.agencies.ledger.posting import Part
from vanhub.agencies.ledger.show import list_balances
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.rules import open_rules
from vanhub.agencies.trade.script import Heard, Role, Sending
from vanhub.cli.agencies_stage import AgenciesStage
from vanhub.cli.journey.workstation import Letter, Workstation
from vanhub.cli.narration import Narrator

T = TypeVar("T")

RECEIPTS = {
    "L": "received 海关已接收",
    "G": "reviewed, everything agrees 报关单已审结",
    "T": "taxes to pay 需交税费",
    "P": "released 海关已放行",
    "R": "closed 已结关",
    "E": "returned 海关退单",
}
"""The letters of customs' receipts."""
KEEPING = ("customs", "licensing")
"""The agencies that have ledgers."""
_SETTLE_S = 60.0
_LOOK_AGAIN_S = 0.05
_SHOWN = (Part.AVAILABLE, Part.RESERVED, Part.USED)


@dataclass(frozen=True, slots=True)
class Line:
    """A balance that has to be: of ``owner`` in ``book``, in ``unit``."""

    book: str
    owner: str
    unit: str
    available: Decimal | int = 0
    reserved: Decimal | int = 0
    used: Decimal | int = 0

    @property
    def parts(self) -> tuple[Decimal, ...]:
        return Decimal(self.available), Decimal(self.reserved), Decimal(self.used)


Balances = Mapping[tuple[str, str, str, str], tuple[Decimal, ...]]
"""Agency, book, owner, unit -> available, reserved, used."""


class Telling(Narrator):
    """``stage``: the hub runs on it, and the agencies."""

    def __init__(self, stage: AgenciesStage, moment: datetime) -> None:
        super().__init__(stage)
        self.stage = stage
        self.at(moment)
        self._rules = open_rules("customs")

    # The clock

    def at(self, moment: datetime) -> None:
        """It is ``moment`` from now on."""
        self.now = moment
        self.stage.set_clock(moment)

    @property
    def today(self) -> date:
        """The day in China."""
        return self.now.astimezone(CHINA).date()

    @property
    def rate(self) -> Decimal:
        """CNY for one USD today."""
        found = rate_of("USD", self._rules, self.today)
        self.expect(found is not None, f"customs has a rate of exchange for {self.today}")
        return found or Decimal(0)

    # Messages

    def open_workstation(self) -> None:
        mailboxes = {role: self.stage.mailbox(role) for role in Role}
        self.workstation = Workstation(mailboxes, self.stage.addresses, lambda: self.now)

    def run(self, business: Generator[tuple[Sending, ...], Heard, T]) -> T:
        """A piece of business at the workstation: what it returns."""
        return self.workstation.run(business)

    def sent(self, type: str, meanings: Mapping[str, str], *, having: str = "") -> None:
        """Show segments of a message that the last business sent: those that begin so, each with its meaning. ``having``: a segment of it begins so."""
        self._show_letter(self._letter(False, type, having), meanings)

    def heard(self, type: str, meanings: Mapping[str, str], *, having: str = "") -> None:
        """The same of one that came."""
        self._show_letter(self._letter(True, type, having), meanings)

    def receipts(self, *expected: str) -> None:
        """The receipts of customs that came, in order."""
        letters = [letter for letter in self.workstation.letters if letter.came and letter.message.type == "CUSRES"]
        found = [Answer.parse(letter.message).receipt for letter in letters]
        self.expect(found == list(expected), f"the receipts are {', '.join(expected)}, not {', '.join(found)}")
        self.say(f"customs → {letters[0].role}: CUSRES{f', {len(letters)} messages' if len(letters) > 1 else ''}")
        for letter, receipt in zip(letters, found, strict=True):
            self.segments([(_segment(letter, "FTX+AAH"), f"receipt {receipt}: {RECEIPTS[receipt]}")])

    def _letter(self, came: bool, type: str, having: str) -> Letter:
        letters = [letter for letter in self.workstation.letters if letter.came is came and letter.message.type == type]
        found = [letter for letter in letters if any(segment.startswith(having) for segment in letter.segments)]
        self.expect(bool(found), f"a {type} {having} {'came' if came else 'was sent'}")
        return found[0]

    def _show_letter(self, letter: Letter, meanings: Mapping[str, str]) -> None:
        agency, role = letter.agency, letter.role
        self.say(f"{agency} → {role}: {letter.message.type}" if letter.came else f"{role} → {agency}: {letter.message.type}")
        self.expect(all(_segment(letter, start) for start in meanings), f"{letter.message.type} has segments {', '.join(meanings)}")
        self.segments([(_segment(letter, start), meaning) for start, meaning in meanings.items()])

    # Ledgers and records

    def ledger(self, agency: str, *lines: Line) -> None:
        """What stands on an agency's ledgers now, once everything under way has arrived."""
        wanted = {(agency, line.book, line.owner, line.unit): line.parts for line in lines}
        self._until(lambda: wanted.items() <= self.balances(agency).items(), lambda: f"{agency} has {wanted}, not {self.balances(agency)}")
        rows = [(line.book, line.owner, line.unit, *(f"{part:,f}" for part in line.parts)) for line in lines]
        self.table((f"ledgers of {agency}", "of", "unit", *(part.value for part in _SHOWN)), rows, numbers=len(_SHOWN))

    def balances(self, *agencies: str) -> Balances:
        """All of them."""
        found = {}
        for agency in agencies or KEEPING:
            with self.stage.reading(agency) as (conn, _):
                for each in list_balances(conn):
                    found[agency, each.book, each.owner, each.unit] = tuple(each.parts[part] for part in _SHOWN)
        return found

    def until(self, agency: str, what: str, happened: Callable[[View], bool]) -> None:
        """Wait until an agency's records say so."""

        def look() -> bool:
            with self.stage.reading(agency) as (_, view):
                return happened(view)

        self._until(look, lambda: f"{agency}: {what}")

    def _until(self, happened: Callable[[], bool], what: Callable[[], str]) -> None:
        deadline = time.monotonic() + _SETTLE_S
        while not happened():
            if time.monotonic() > deadline:
                self.expect(False, what())
            time.sleep(_LOOK_AGAIN_S)

    # Commands

    def command(self, *words: str) -> Sequence[str]:
        """Run ``vanhub``, and show it with all that it prints; its lines."""
        self.show(f"$ vanhub {shlex.join(words)}")
        lines = self.stage.vanhub(*words).splitlines()
        for line in lines:
            self.show(line)
        return lines


def _segment(letter: Letter, start: str) -> str:
    """The first that begins so, ``""`` where none does."""
    return next((segment for segment in letter.segments if segment.startswith(start)), "")
