"""All agencies and the trade in one process, each agency on a book in memory: messages go by the addresses and by the copy rules of the shipped mailboxes."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from tests.agencies.memory import ADDRESSES, Desk
from tests.agencies.messages.checked import GUIDES, octets
from tests.directory.samples import DIRECTORIES
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.message import Message, read_interchange
from vanhub.agencies.programs import PROGRAMS
from vanhub.agencies.rules import open_rules
from vanhub.agencies.trade.market import Market, hear_message
from vanhub.agencies.trade.plan import Plan
from vanhub.agencies.trade.script import Role, Sending
from vanhub.directory.check import check_interchange

_COPIES = {
    ("REGENT", "301"): ("customs", "licensing", "inspection", "foreign-exchange"),
    ("CUSDEC", "830"): ("foreign-exchange",),
}
"""What other agencies see of what an agency sends, by message and document."""


class Bus:
    """``deliver`` takes messages from the queue until there are none; with ``shuffle`` in any order, and each twice."""

    def __init__(self, plan: Plan, shuffle: random.Random | None = None) -> None:
        self.now = datetime.combine(plan.first_day, datetime.min.time(), UTC) + timedelta(hours=1)
        self.desks = {name: Desk(make(), open_rules(name), self.now) for name, make in PROGRAMS.items()}
        self.market = Market(plan.cases)
        self._by_address = {ADDRESSES[name]: name for name in self.desks}
        self._queue: deque[tuple[str, str, Message]] = deque()
        self._shuffle = shuffle
        self.faults: Counter[str] = Counter()

    def play(self, days: int) -> None:
        for day in range(days):
            for desk in self.desks.values():
                desk.now = self.now
            self._carry(self.market.start(day))
            self.deliver(day)
            self.pass_time(self.now + timedelta(days=1), day)

    def pass_time(self, until: datetime, day: int) -> None:
        """Deadlines and reminders up to a moment, and what follows from them, hour by hour."""
        while self.now < until:
            self.now += timedelta(hours=1)
            for name, desk in self.desks.items():
                self._post(name, desk.wait_until(self.now))
            self.deliver(day)

    def deliver(self, day: int) -> None:
        while self._queue:
            if self._shuffle is not None:
                self._queue.rotate(self._shuffle.randrange(len(self._queue)))
            sender, to, message = self._queue.popleft()
            name = self._by_address.get(to)
            if name is not None:
                self._post(name, self.desks[name].receive_read(message, sender))
                if self._shuffle is not None:
                    self._post(name, self.desks[name].receive_read(message, sender))
            elif to != ADDRESSES["hub"]:
                heard = hear_message(message)
                if heard is not None:
                    self._carry(self.market.take(heard, day))

    def _carry(self, sendings: Iterable[Sending]) -> None:
        for sending in sendings:
            self._queue.append((address_of(sending.role), ADDRESSES[sending.to], self.sent(sending.message)))

    def _post(self, name: str, sent: Iterable[tuple[str, Outgoing]]) -> None:
        for to, outgoing in sent:
            message = self.sent(outgoing)
            self._queue.append((ADDRESSES[name], to, message))
            for copy in _COPIES.get((message.type, message.document), ()):
                if copy != name and ADDRESSES[copy] != to:
                    self._queue.append((ADDRESSES[name], ADDRESSES[copy], message))

    def sent(self, outgoing: Outgoing) -> Message:
        """As its recipient reads it; what the hub would find in it is kept in ``faults``."""
        data = octets(outgoing)
        report = check_interchange(data, DIRECTORIES, guides=GUIDES)
        found = [*(fault.text("en") for fault in report.faults), *(fault.text("en") for fault in report.guide_faults if not fault.warning)]
        self.faults.update(f"{outgoing.TYPE} {report.messages[0].guide}: {each}" for each in found)
        return read_interchange(data).messages[0]


def address_of(role: Role) -> str:
    return f"{role.upper()}:ZZZ"


def first_day() -> date:
    return date(2006, 3, 20)
