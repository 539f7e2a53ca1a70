"""Jobs on the journal: every act leaves a leaf record in the transaction that did it.

Leaf records get their place in the Merkle tree afterwards; here they only have the order in which they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select

from vanhub.store.prepared import Prepared
from vanhub.store.tables import leaf
from vanhub.values.records import Leaf

_INSERT = Prepared(insert(leaf).inline(), ["at", "kind", "subject", "actor", "data"])


class Act(NamedTuple):
    """One thing done: ``kind`` to ``subject`` with the facts ``data`` (JSON-ready)."""

    kind: str
    subject: str
    data: Mapping[str, Any]


def append(conn: Connection, acts: Iterable[Act], *, at: datetime, actor: str) -> None:
    """Write one leaf record for each act."""
    rows = [{"at": at, "kind": act.kind, "subject": act.subject, "actor": actor, "data": act.data} for act in acts]
    _INSERT.many(conn, rows)


def list_leaves(conn: Connection, *, kind: str = "", subject: str = "", since: datetime | None = None, after: int = 0, limit: int = 1000) -> list[Leaf]:
    """Leaf records in the order of writing, after number ``after``; ``""`` and None match all."""
    query = select(leaf).where(leaf.c.number > after).order_by(leaf.c.number).limit(limit)
    if kind:
        query = query.where(leaf.c.kind == kind)
    if subject:
        query = query.where(leaf.c.subject == subject)
    if since is not None:
        query = query.where(leaf.c.at >= since)
    return [_leaf(row) for row in conn.execute(query)]


def of_subjects(conn: Connection, subjects: Iterable[str]) -> list[Leaf]:
    """All leaf records of these subjects, in the order of writing."""
    return [_leaf(row) for row in conn.execute(select(leaf).where(leaf.c.subject.in_(list(subjects))).order_by(leaf.c.number))]


def _leaf(row: Row[Any]) -> Leaf:
    return Leaf(row.number, row.at, row.kind, row.subject, row.actor, row.data, row.tree_index)
