"""To whom messages go: by the address of the interchange or, addressed to the hub, by the agencies' rules; and who gets copies.

Of one interchange a mailbox gets at most one delivery, and beside it at most one of copies; no message comes twice. Every accepted message is in exactly
one delivery that is no copy. The exceptions: an interchange of nothing but CONTRL and AUTACK addressed to the hub goes nowhere, and such messages among
others go wherever the others go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

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


def sort_message(message: MessageReport, registry: Registry, sender: str) -> Mailbox | None:
    """The mailbox into which a message belongs that ``sender`` addressed to the hub.

    None where no route wants it, or only one of the sender's own: nobody is sent what it wrote itself.
    """
    for route, mailbox in registry.routes(message.type):
        if route.matches(message.type, message.document, sender):
            return mailbox if mailbox.id != sender else None
    return None


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
    for index in accepted:
        destination, message = destinations[index], report.messages[index]
        if destination is None:
            continue
        primary.setdefault(destination.id, []).append(index)
        for mailbox in _copied(message, destination.id, registry, sender):
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


def _copied(message: MessageReport, recipient: str, registry: Registry, sender: str) -> Iterator[str]:
    """The ids of the mailboxes that get a copy, each once."""
    rules = registry.copies(message.type)
    if not rules or not (registry.is_agency(recipient) or registry.is_agency(sender)):
        return
    # A mailbox's rules may overlap; they stand together, so that the last one that matched is enough to remember.
    last = ""
    for rule, mailbox in rules:
        if (
            mailbox.id not in {last, recipient, sender}
            and rule.selection.matches(message.type, message.document, sender)
            and (not rule.recipients or recipient in rule.recipients)
            and mailbox.takes_directory(message.directory)
            and registry.is_enabled(mailbox.id)
        ):
            last = mailbox.id
            yield mailbox.id
