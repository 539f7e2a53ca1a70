"""Counters that grow within transactions: the registry's version, the last cRLNumber."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from vanhub.store.tables import counter

REGISTRY = "registry"
CRL = "crl"


def current(conn: Connection, name: str) -> int:
    """The counter's value; 0 before its first step."""
    return conn.execute(select(counter.c.value).where(counter.c.name == name)).scalar() or 0


def step(conn: Connection, name: str) -> int:
    """Add one and return the new value. On PostgreSQL others that want to step wait until this transaction ends."""
    if conn.execute(update(counter).where(counter.c.name == name).values(value=counter.c.value + 1)).rowcount == 0:
        conn.execute(insert(counter), [{"name": name, "value": 1}])
    return current(conn, name)
