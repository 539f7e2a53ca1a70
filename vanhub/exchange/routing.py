"""To whom messages go: by the address of the interchange or, addressed to the hub, by the agencies' rules; and who gets copies.

Of one interchange a mailbox gets at most one delivery, and beside it at most one of copies; no message comes twice. Every accepted message is in exactly
one delivery that is no copy. The exceptions: an interchange of nothing but CONTRL and AUTACK addressed to the hub goes nowhere, and such messages among
others go wherever the others go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from vanhub.edifact.report import InterchangeHeader, MessageReport, Party, Report, Verdict
from vanhub.values.delivery import Slot
from vanhub.values.mailbox import Mailbox
from vanhub.values.registry import Registry

CONTROL_TYPES = frozenset({"CONTRL", "AUTACK"})
"""Messages about interchanges and messages: no agreement names them and no rule sorts them."""


@dataclass(frozen=True, slots=True)
class Route:
    """One delivery to be made: ``messages`` are indexes into the report's messages, ascending.

    ``whole``: the original octets are delivered unchanged; else the messages go into an envelope of the hub's (``vanhub.exchange.envelopes``).
    ``recipient`` is S003 of the delivery: the original's where that names this mailbox, else the mailbox's first address.
    """

    mailbox: str
    slot: Slot
    messages: tuple[int, ...]
    whole: bool
    recipient: Party
    expires_at: datetime
    copy: bool = False


def is_test(header: InterchangeHeader) -> bool:
    """Whether 0035 makes it test traffic. ``0`` is in no code list, but partners write it for "no test"."""
    return header.test not in {"", "0"}


def sorter(registry: Registry, sender: str) -> Callable[[MessageReport], Mailbox | None]:
    """A function from a message that ``sender`` addressed to the hub to the mailbox it belongs into, None where no route wants it."""

    @cache
    def sort(type: str, document: str) -> Mailbox | None:
        wanting = [(route.rank, mailbox) for mailbox in registry.agencies for route in mailbox.routes if route.matches(type, document, sender)]
        # Two of one rank cannot match: such definitions are refused when they are read.
        return max(wanting, key=lambda ranked: ranked[0])[1] if wanting else None

    return lambda message: sort(message.type, message.document)


def decide_routes(
    report: Report, destinations: Sequence[Mailbox | None], *, addressed: Mailbox | None, sender: str, registry: Registry, now: datetime
) -> tuple[Route, ...]:
    """The deliveries of an interchange that is accepted at least in part, those that are no copies first.

    ``destinations`` has an entry a message; ``addressed`` is the mailbox named in UNB, None for the hub; ``sender`` the id of the principal that sent it.
    """
    slot = Slot.TEST if is_test(report.header) else Slot.PRODUCTION
    accepted = [index for index, message in enumerate(report.messages) if message.verdict is Verdict.ACCEPTED]
    primary: dict[str, list[int]] = {}
    copies: dict[str, list[int]] = {}
    copied = _copier(registry, sender)
    for index in accepted:
        destination, message = destinations[index], report.messages[index]
        if destination is None:
            continue
        primary.setdefault(destination.id, []).append(index)
        for mailbox in copied(destination.id, message.type, message.document, message.directory):
            copies.setdefault(mailbox, []).append(index)
    # AUTACK secures other messages of its interchange and is worth nothing without them.
    companions = [index for index in accepted if destinations[index] is None]

    def route(mailbox: str, messages: list[int], *, copy: bool) -> Route:
        whole = not copy and addressed is not None and len(messages) == len(report.messages)
        recipient = report.header.recipient if addressed is not None and not copy else _party(registry.mailboxes[mailbox])
        return Route(mailbox, slot, tuple(messages), whole, recipient, now + registry.mailboxes[mailbox].expiry, copy)

    return (
        *(route(mailbox, sorted(messages + companions), copy=False) for mailbox, messages in primary.items()),
        *(route(mailbox, messages, copy=True) for mailbox, messages in sorted(copies.items())),
    )


def rejected_route(report: Report, addressed: Mailbox, now: datetime) -> Route:
    """How an interchange that was rejected is shown to the agency that it was addressed to."""
    return Route(addressed.id, Slot.REJECTED, tuple(range(len(report.messages))), True, report.header.recipient, now + addressed.expiry)


def _party(mailbox: Mailbox) -> Party:
    address = mailbox.addresses[0]
    return Party(address.identification, address.qualifier)


def _copier(registry: Registry, sender: str) -> Callable[[str, str, str, str], tuple[str, ...]]:
    """A function from (recipient, type, document, directory) to the ids of the mailboxes that get a copy."""

    @cache
    def copied(recipient: str, type: str, document: str, directory: str) -> tuple[str, ...]:
        if type in CONTROL_TYPES or not (registry.is_agency(recipient) or registry.is_agency(sender)):
            return ()
        return tuple(
            mailbox.id
            for mailbox in registry.agencies
            if mailbox.id not in {recipient, sender}
            and registry.is_enabled(mailbox.id)
            and mailbox.takes_directory(directory)
            and any(rule.selection.matches(type, document, sender) and (not rule.recipients or recipient in rule.recipients) for rule in mailbox.copies)
        )

    return copied
