"""Jobs on principals: trading partners, agencies and operators, their addresses and agreements.

Every change grows the registry's version, so that all hub nodes notice, and leaves a leaf record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select, update

from vanhub.errors import Conflict, NotFound
from vanhub.store import counters, journal
from vanhub.store.journal import Act
from vanhub.store.tables import address, principal
from vanhub.values.agreement import Agreement
from vanhub.values.principal import Address, Principal, PrincipalKind, require_principal_id

OWN = "own"
CARRIED = "carried"


class AgencyDefinition(Protocol):
    """What a mailbox's definition says of its agency."""

    @property
    def id(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def addresses(self) -> Sequence[Address]: ...


def list_principals(conn: Connection, *, kind: PrincipalKind | None = None) -> list[Principal]:
    """All principals (of one kind) by id."""
    query = select(principal).order_by(principal.c.id)
    if kind is not None:
        query = query.where(principal.c.kind == kind)
    return _principals(conn, query)


def get_principal(conn: Connection, principal_id: str) -> Principal:
    """One principal. Raises ``NotFound``."""
    found = _principals(conn, select(principal).where(principal.c.id == principal_id))
    if not found:
        raise NotFound(f"there is no principal {principal_id}")
    return found[0]


def add_principal(conn: Connection, new: Principal, *, now: datetime, actor: str) -> Principal:
    """Enter a principal.

    Raises:
        OperatorError: its id cannot name a principal.
        Conflict: the id is taken, or one of its own addresses is somebody's.
    """
    require_principal_id(new.id)
    if conn.execute(select(principal.c.id).where(principal.c.id == new.id)).first() is not None:
        raise Conflict(f"there is a principal {new.id} already")
    row = {
        "id": new.id,
        "kind": new.kind,
        "name_en": new.name_en,
        "name_zh": new.name_zh,
        "enabled": new.enabled,
        "agreement": new.agreement.as_texts(),
        "created_at": now,
    }
    conn.execute(insert(principal), [row])
    _write_addresses(conn, new.id, OWN, new.addresses)
    _write_addresses(conn, new.id, CARRIED, new.carries)
    facts = {"kind": new.kind.value, "addresses": [str(each) for each in new.addresses], "carries": [str(each) for each in new.carries]}
    _changed(conn, "principal.added", new.id, facts, now, actor)
    return get_principal(conn, new.id)


def set_agreement(conn: Connection, principal_id: str, terms: Mapping[str, str], *, now: datetime, actor: str) -> Principal:
    """Replace terms of the agreement, given as texts.

    Raises:
        NotFound: no such principal.
        OperatorError: an unknown term or a value that it cannot take.
    """
    agreement = get_principal(conn, principal_id).agreement.replaced(terms)
    return _update(conn, principal_id, "principal.agreed", dict(terms), now, actor, agreement=agreement.as_texts())


def set_enabled(conn: Connection, principal_id: str, enabled: bool, *, now: datetime, actor: str) -> Principal:
    """Enable or disable a principal: disabled, every credential of it is refused. Raises ``NotFound``."""
    return _update(conn, principal_id, "principal.enabled" if enabled else "principal.disabled", {}, now, actor, enabled=enabled)


def rename(conn: Connection, principal_id: str, *, name_en: str, name_zh: str, now: datetime, actor: str) -> Principal:
    """Give it other names. Raises ``NotFound``."""
    names = {"name_en": name_en, "name_zh": name_zh}
    return _update(conn, principal_id, "principal.renamed", names, now, actor, **names)


def set_addresses(conn: Connection, principal_id: str, addresses: Sequence[Address], *, now: datetime, actor: str, role: str = OWN) -> Principal:
    """Replace its own addresses, or (``role`` ``"carried"``) those that it may send for.

    Raises:
        NotFound: no such principal.
        Conflict: an own address is somebody else's.
    """
    get_principal(conn, principal_id)
    conn.execute(delete(address).where(address.c.principal == principal_id, address.c.role == role))
    _write_addresses(conn, principal_id, role, addresses)
    _changed(conn, "principal.addressed", principal_id, {"role": role, "addresses": [str(each) for each in addresses]}, now, actor)
    return get_principal(conn, principal_id)


def sync_agencies(conn: Connection, definitions: Iterable[AgencyDefinition], *, now: datetime, actor: str) -> tuple[str, ...]:
    """Make an agency principal of each mailbox definition, or bring its names and addresses up to date; returns the ids that changed.

    Agreements and ``enabled`` stay as operators set them; an agency whose definition is gone stays.

    Raises:
        Conflict: an id or an address belongs to somebody who is no agency of these definitions.
    """
    wanted = {each.id: each for each in definitions}
    there = {each.id: each for each in list_principals(conn)}
    changed: list[str] = []
    # Addresses that move from one agency to another are taken away first.
    for definition in wanted.values():
        old = there.get(definition.id)
        if old is not None and old.kind is not PrincipalKind.AGENCY:
            raise Conflict(f"mailbox {definition.id} has the id of a {old.kind.value}")
        if old is not None and old.addresses != tuple(definition.addresses):
            conn.execute(delete(address).where(address.c.principal == old.id, address.c.role == OWN))
    for definition in wanted.values():
        old = there.get(definition.id)
        if old is None:
            agency = Principal(definition.id, PrincipalKind.AGENCY, definition.name_en, definition.name_zh, True, tuple(definition.addresses), (), Agreement())
            add_principal(conn, agency, now=now, actor=actor)
            changed.append(definition.id)
            continue
        if old.addresses != tuple(definition.addresses):
            set_addresses(conn, old.id, definition.addresses, now=now, actor=actor)
            changed.append(old.id)
        if (old.name_en, old.name_zh) != (definition.name_en, definition.name_zh):
            rename(conn, old.id, name_en=definition.name_en, name_zh=definition.name_zh, now=now, actor=actor)
            changed.append(old.id)
    return tuple(dict.fromkeys(changed))


def _update(conn: Connection, principal_id: str, kind: str, facts: Mapping[str, Any], now: datetime, actor: str, **changes: Any) -> Principal:
    if conn.execute(update(principal).where(principal.c.id == principal_id).values(**changes)).rowcount == 0:
        raise NotFound(f"there is no principal {principal_id}")
    _changed(conn, kind, principal_id, facts, now, actor)
    return get_principal(conn, principal_id)


def _changed(conn: Connection, kind: str, principal_id: str, facts: Mapping[str, Any], now: datetime, actor: str) -> None:
    counters.step(conn, counters.REGISTRY)
    journal.append(conn, [Act(kind, principal_id, facts)], at=now, actor=actor)


def _write_addresses(conn: Connection, principal_id: str, role: str, addresses: Sequence[Address]) -> None:
    if role == OWN:
        for each in addresses:
            same = (address.c.identification == each.identification, address.c.qualifier == each.qualifier)
            holder = conn.execute(select(address.c.principal).where(*same, address.c.role == OWN)).scalar()
            if holder is not None:
                raise Conflict(f"address {each} is {holder}'s")
    rows = [
        {"identification": each.identification, "qualifier": each.qualifier, "role": role, "principal": principal_id, "position": position}
        for position, each in enumerate(dict.fromkeys(addresses))
    ]
    if rows:
        conn.execute(insert(address), rows)


def _principals(conn: Connection, query: Any) -> list[Principal]:
    rows = conn.execute(query).all()
    held: dict[tuple[str, str], list[Address]] = defaultdict(list)
    wanted = select(address).order_by(address.c.position)
    if len(rows) == 1:
        wanted = wanted.where(address.c.principal == rows[0].id)
    for row in conn.execute(wanted):
        held[row.principal, row.role].append(Address(row.identification, row.qualifier))
    return [
        Principal(
            row.id,
            row.kind,
            row.name_en,
            row.name_zh,
            row.enabled,
            tuple(held[row.id, OWN]),
            tuple(held[row.id, CARRIED]),
            Agreement.from_texts(row.agreement),
        )
        for row in rows
    ]
