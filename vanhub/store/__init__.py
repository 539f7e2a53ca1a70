"""The hub's store: SQLAlchemy Core on SQLite or PostgreSQL, one writer with group commit, content outside the tables.

``Store`` runs jobs; the modules named for nouns hold them: ``interchanges``, ``deliveries``, ``principals``, ``credentials``, ``certificates``, ``alerts``,
``journal``, ``registry``, ``doctor``.
"""

from vanhub.store.store import Store

__all__ = ["Store"]
