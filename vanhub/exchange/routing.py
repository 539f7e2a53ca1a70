"""To whom messages go: by the address of the interchange or, addressed to the hub, by the agencies' rules; and who gets copies.

Of one interchange a mailbox gets at most one delivery, and beside it at most one of copies; no message comes twice. Messages that are held for breaking
their guide (``vanhub.exchange.guidance``) make deliveries of their own, so that they hold up no others, and so do copies of them. Every accepted message
that is not refused is in exactly one delivery that is no copy. The exceptions: an interchange of nothing but CONTRL and AUTACK addressed to the hub goes nowhere, and such messages among
others go wherever the others go, as packages do that name none of them; so they do at an address where some of the others are held or refused, and nowhere if all are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vanhub.edifact.report import Disposition, InterchangeHeader, Kind, MessageReport, Party, Report, Verdict
from vanhub.values.delivery import Slot
from vanhub.values.mailbox import Mailbox, RouteRule
from vanhub.values.registry import Registry

CONTROL_TYPES = frozenset({"CONTRL", "AUTACK"})
"""Messages about interchanges and messages: no agreement names them and no rule sorts them."""


@dataclass(frozen=True, slots=True)
class Route:
    """One delivery to be made: ``messages`` are indexes into the report's messages, ascending.

    ``whole``: the original octets are delivered unchanged; else the messages go into an envelope of the hub's (``vanhub.exchange.envelopes``).
    ``recipient`` is S003 of the delivery: the original's where that names this mailbox, else the mailbox's first address. ``held``: an operator has to let
    it out; of copies of held messages ``copied_from`` is the mailbox with whose delivery they are let out.
    """

    mailbox: str
    slot: Slot
    messages: tuple[int, ...]
    whole: bool
    recipient: Party
    expires_at: datetime
    copy: bool = False
    held: bool = False
    copied_from: str = ""


def is_test(header: InterchangeHeader) -> bool:
    """Whether 0035 makes it test traffic. ``0`` is in no code list, but partners write it for "no test"."""
    return header.test not in {"", "0"}


def sort_message(message: MessageReport, registry: Registry, sender: str) -> Mailbox | None:
    """The mailbox into which a message belongs that ``sender`` addressed to the hub.

    None where no route wants it, or only one of the sender's own: nobody is sent what it wrote itself.
    """
    found = find_route(message, registry, sender)
    return found[1] if found is not None and found[1].id != sender else None


def find_route(message: MessageReport, registry: Registry, sender: str) -> tuple[RouteRule, Mailbox] | None:
    """The route, and whose it is, of a message that ``sender`` addressed to the hub; None where no route wants it."""
    for route, mailbox in registry.routes(message.type):
        if route.selection.matches(message.type, message.document, sender):
            return route, mailbox
    return None


def decide_routes(
    report: Report,
    destinations: Sequence[Mailbox | None],
    *,
    dispositions: Mapping[int, Disposition],
    addressed: Mailbox | None,
    sender: str,
    registry: Registry,
    now: datetime,
) -> tuple[Route, ...]:
    """The deliveries of an interchange that is accepted at least in part, those that are no copies first.

    ``destinations`` has an entry a message; ``dispositions`` those that are held or refused, by index; ``addressed`` is the mailbox named in UNB, None for
    the hub; ``sender`` the id of the principal that sent it.
    """
    slot = Slot.TEST if is_test(report.header) else Slot.PRODUCTION
    accepted = [
        index for index, message in enumerate(report.messages) if message.verdict is Verdict.ACCEPTED and dispositions.get(index) is not Disposition.REFUSED
    ]
    # By mailbox and whether they are held; copies by mailbox and, where they are held, by the mailbox to which the messages themselves go.
    primary: dict[tuple[str, bool], list[int]] = {}
    copies: dict[tuple[str, str], list[int]] = {}
    companions: list[int] = []
    parts = not {Disposition.HELD, Disposition.REFUSED}.isdisjoint(dispositions.values())
    for index in accepted:
        destination, message = destinations[index], report.messages[index]
        if destination is None or (parts and (message.type in CONTROL_TYPES or message.kind is Kind.PACKAGE)):
            companions.append(index)
            continue
        held = dispositions.get(index) is Disposition.HELD
        primary.setdefault((destination.id, held), []).append(index)
        for mailbox in _copied(message, destination.id, registry, sender):
            copies.setdefault((mailbox, destination.id if held else ""), []).append(index)
    going = _companions(report, companions, primary)

    def route(mailbox: str, messages: list[int], *, copy: bool, held: bool, copied_from: str = "") -> Route:
        whole = not copy and addressed is not None and len(messages) == len(report.messages)
        recipient = report.header.recipient if addressed is not None and not copy else _party(registry.mailboxes[mailbox])
        # What is held expires together with that of which it is a copy.
        expires_at = now + registry.mailboxes[copied_from or mailbox].expiry
        return Route(mailbox, slot, tuple(messages), whole, recipient, expires_at, copy, held, copied_from)

    return (
        *(route(mailbox, sorted(messages + going[mailbox, held]), copy=False, held=held) for (mailbox, held), messages in primary.items()),
        *(route(mailbox, messages, copy=True, held=bool(origin), copied_from=origin) for (mailbox, origin), messages in sorted(copies.items())),
    )


def _companions(report: Report, companions: Sequence[int], primary: Mapping[tuple[str, bool], Sequence[int]]) -> Mapping[tuple[str, bool], list[int]]:
    """What goes with the messages of each delivery, though no rule sorts it. CONTRL and AUTACK go with all: AUTACK secures other messages of its interchange
    and is worth nothing without them. A package goes with the messages that it names (S020), by 0062 or document number; where it names none, with all.
    """
    named: dict[str, set[tuple[str, bool]]] = {}
    for place, indexes in primary.items():
        for message in (report.messages[index] for index in indexes):
            for name in {message.reference, message.number} - {""}:
                named.setdefault(name, set()).add(place)
    going: dict[tuple[str, bool], list[int]] = {place: [] for place in primary}
    for index in companions:
        places = {place for _, name in report.messages[index].related for place in named.get(name, ())}
        for place in places or primary:
            going[place].append(index)
    return going


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
