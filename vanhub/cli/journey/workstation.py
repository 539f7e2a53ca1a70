"""The trade's workstation: broker, carrier, terminal and bank at their mailboxes, one piece of business at a time."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.mailbox import Mailbox
from vanhub.agencies.frame.message import Message, read_interchange
from vanhub.agencies.frame.outbox import envelope, render_body
from vanhub.agencies.trade.market import hear_message
from vanhub.agencies.trade.playing import NotAccepted
from vanhub.agencies.trade.script import Heard, Role, Sending
from vanhub.errors import HubError

T = TypeVar("T")

_CLAIM, _LEASE_S = 50, 60
_WAIT_S = 0.2
_GIVE_UP_S = 90.0
_SEGMENT = re.compile(r"(?:[^?']|\?.)*'")


class NotAnswered(HubError):
    """An agency says nothing."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that ``role`` sent to an agency, or (``came``) got from one; ``agency``: its id; ``segments``: between UNH and UNT, as they were on the line."""

    came: bool
    role: Role
    agency: str
    message: Message
    segments: tuple[str, ...]


class Workstation:
    """``mailboxes``: of those that send and collect here; ``addresses``: EDI addresses of the agencies by id; ``now``: the moment that messages bear."""

    def __init__(self, mailboxes: Mapping[Role, Mailbox], addresses: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._mailboxes = mailboxes
        self._addresses = addresses
        self._agencies = {address.partition(":")[0]: id for id, address in addresses.items()}
        self._now = now
        self._sent = 0
        self.letters: list[Letter] = []
        """Of the last piece of business, in the order in which they went and came."""

    def run(self, business: Generator[tuple[Sending, ...], Heard, T]) -> T:
        """Send what a script sends and tell it what comes, until it ends; what it returns. What comes later belongs to the next.

        Raises:
            Refused: an agency said no.
            NotAnswered: none said anything for long.
        """
        self.letters = []
        roles = {Role.BROKER}
        heard: deque[Heard] = deque()
        try:
            sendings = next(business)
            while True:
                roles |= {sending.role for sending in sendings}
                self._send(sendings)
                if not heard:
                    heard.extend(self._wait(roles))
                sendings = business.send(heard.popleft())
        except StopIteration as end:
            value: T = end.value
            return value

    def await_letter(self, role: Role, type: str) -> Letter:
        """The next of a type that no script hears."""
        deadline = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < deadline:
            known = len(self.letters)
            self._collect(role)
            if found := next((letter for letter in self.letters[known:] if letter.message.type == type), None):
                return found
        raise NotAnswered(f"nobody sent {role} a {type}")

    def send(self, *sendings: Sending) -> None:
        """Send without waiting for anything."""
        self.letters = []
        self._send(sendings)

    def _wait(self, roles: Iterable[Role]) -> list[Heard]:
        deadline = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < deadline:
            for role in sorted(roles):
                if found := self._collect(role):
                    return found
        raise NotAnswered(f"nobody answered for {_GIVE_UP_S:.0f} seconds")

    def _collect(self, role: Role) -> list[Heard]:
        mailbox = self._mailboxes[role]
        heard = []
        for claim in mailbox.claim(_CLAIM, _LEASE_S, "production", _WAIT_S):
            octets = mailbox.content(claim)
            for letter in self._letters(octets, role, came=True):
                self.letters.append(letter)
                if (found := hear_message(letter.message)) is not None:
                    heard.append(found)
            mailbox.commit(claim.id, claim.token)
        return heard

    def _send(self, sendings: Iterable[Sending]) -> None:
        """What one party sends to one agency goes in one interchange."""
        grouped: dict[tuple[Role, str], list[Outgoing]] = {}
        for sending in sendings:
            grouped.setdefault((sending.role, sending.to), []).append(sending.message)
        for (role, to), messages in grouped.items():
            self._sent += 1
            octets = envelope(
                [render_body(message) for message in messages],
                sender=f"{role.upper()}:ZZZ",
                to=self._addresses[to],
                reference=f"W{self._sent:09d}",
                moment=self._now(),
            )
            self.letters.extend(self._letters(octets, role, came=False))
            receipt = self._mailboxes[role].post(octets)
            if receipt.answer != "accepted":
                raise NotAccepted(f"{role} to {to}: {receipt.answer}\n{receipt.explanation}")

    def _letters(self, octets: bytes, role: Role, *, came: bool) -> Iterable[Letter]:
        interchange = read_interchange(octets)
        agency = self._agencies[(interchange.sender if came else interchange.recipient).identification]
        for message, segments in zip(interchange.messages, split_messages(octets), strict=True):
            yield Letter(came, role, agency, message, segments)


def split_messages(octets: bytes) -> list[tuple[str, ...]]:
    """Of each message of an interchange the segments between UNH and UNT, as they are on the line."""
    messages: list[list[str]] = []
    for segment in _SEGMENT.findall(octets.decode()):
        if segment.startswith("UNH+"):
            messages.append([])
        elif not segment.startswith(("UNB+", "UNT+", "UNZ+")):
            messages[-1].append(segment)
    return [tuple(message) for message in messages]
