"""The trade at its mailboxes: carries what a market sends to the hub, and what comes back to the market, day by day on a clock that it moves itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.mailbox import Mailbox
from vanhub.agencies.frame.message import read_interchange
from vanhub.agencies.frame.outbox import envelope, render_body
from vanhub.agencies.trade.market import Market, hear_message
from vanhub.agencies.trade.script import Role, Sending
from vanhub.errors import HubError

_CLAIM, _LEASE_S = 50, 120
_MOST_MESSAGES = 100
_STEP = timedelta(hours=1)
STEPS_A_DAY = 24
"""The first hour is when cases begin; the others only pass, for what waits for time: an officer, a deadline."""


class NotAccepted(HubError):
    """The hub did not accept what the trade sent: the simulation is wrong, or the hub."""


class Play:
    """``addresses``: EDI addresses of the agencies by id; ``set_clock`` moves the agencies' clock; ``wait_s``: how long nobody has to say anything until time may go on; ``told`` is called whenever
    something was heard."""

    def __init__(
        self,
        market: Market,
        mailboxes: Mapping[Role, Mailbox],
        addresses: Mapping[str, str],
        set_clock: Callable[[datetime], None],
        *,
        wait_s: float = 1.0,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._market = market
        self._mailboxes = mailboxes
        self._addresses = addresses
        self._set_clock = set_clock
        self._wait_s = wait_s
        self._told = told
        self._moment = datetime.min.replace(tzinfo=UTC)
        self._interchanges = 0
        self.messages = 0
        """Sent by the trade so far."""
        self.heard = 0
        """Collected by it."""

    def play_day(self, day: int, morning: datetime) -> None:
        """Begin the cases of a day, and carry messages until all have ended, or the day has."""
        self._pass_time(morning)
        self._carry(self._market.start(day))
        for step in range(1, STEPS_A_DAY + 1):
            while self._hear(day):
                pass
            if not self._market.running:
                return
            self._pass_time(morning + step * _STEP)

    def _pass_time(self, moment: datetime) -> None:
        self._moment = moment
        self._set_clock(moment)

    def _hear(self, day: int) -> bool:
        """Everything that has come. False where nothing did, and nothing has for a while. Most is for the broker: the others' mailboxes are looked into when that one is empty."""
        if self._collect(Role.BROKER, day, 0.0):
            return True
        heard = [self._collect(role, day, 0.0) for role in self._mailboxes if role is not Role.BROKER]
        return any(heard) or (bool(self._market.running) and self._collect(Role.BROKER, day, self._wait_s))

    def _collect(self, role: Role, day: int, wait_s: float) -> bool:
        mailbox = self._mailboxes[role]
        claims = mailbox.claim(_CLAIM, _LEASE_S, "production", wait_s)
        sendings: list[Sending] = []
        for claim in claims:
            for message in read_interchange(mailbox.content(claim)).messages:
                self.heard += 1
                heard = hear_message(message)
                if heard is not None:
                    sendings.extend(self._market.take(heard, day))
        self._carry(sendings)
        for claim in claims:
            mailbox.commit(claim.id, claim.token)
        if claims:
            self._told()
        return bool(claims)

    def _carry(self, sendings: Iterable[Sending]) -> None:
        """What is sent to one agency by one party goes in one interchange, in order."""
        grouped: dict[tuple[Role, str], list[Outgoing]] = {}
        for sending in sendings:
            grouped.setdefault((sending.role, sending.to), []).append(sending.message)
        for (role, to), messages in grouped.items():
            for first in range(0, len(messages), _MOST_MESSAGES):
                self._post(role, to, messages[first : first + _MOST_MESSAGES])

    def _post(self, role: Role, to: str, messages: list[Outgoing]) -> None:
        self._interchanges += 1
        self.messages += len(messages)
        octets = envelope(
            [render_body(message) for message in messages],
            sender=f"{role.upper()}:ZZZ",
            to=self._addresses[to],
            reference=f"T{self._interchanges:09d}",
            moment=self._moment,
        )
        receipt = self._mailboxes[role].post(octets)
        if receipt.answer != "accepted":
            raise NotAccepted(f"{role} to {to}: {receipt.answer}\n{receipt.explanation}")
