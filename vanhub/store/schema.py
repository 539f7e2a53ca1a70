"""Which schema a database has: made when it is empty, refused when it is older or newer than this program, brought up to date on request.

The history lies in ``vanhub/store/migrations/versions``; ``HEAD`` is its last step (a test compares). Opening reads one row and does not load alembic.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table

from vanhub.errors import OperatorError

HEAD = "0002"

_MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION = table("alembic_version", column("version_num"))


def require_schema(engine: Engine) -> None:
    """Make the schema in an empty database; otherwise it must be this program's.

    Raises:
        OperatorError: the schema is older (``upgrade`` is the cure), newer, or not the hub's.
    """
    with engine.begin() as conn:
        version = schema_version(conn)
        if version is None:
            if inspect(conn).get_table_names():
                raise OperatorError("the store's database holds tables that are not the hub's; give the hub a database of its own")
            _migrate(conn)
        elif version != HEAD:
            if version < HEAD:
                raise OperatorError(
                    f"the store has schema {version}, this vanhub needs {HEAD}: stop the hub, back up its store, then run `vanhub init --upgrade`"
                )
            raise OperatorError(f"the store has schema {version}, made by a newer vanhub than this one (schema {HEAD}): install that version")


def upgrade(engine: Engine) -> None:
    """Bring an older schema up to date, all steps in one transaction; nothing to do when it is."""
    with engine.begin() as conn:
        _migrate(conn)


def schema_version(conn: Connection) -> str | None:
    """The number of the last step taken, or None in a database without the hub's schema."""
    if not inspect(conn).has_table(_VERSION.name):
        return None
    return conn.execute(select(_VERSION.c.version_num)).scalar_one_or_none()


def _migrate(conn: Connection) -> None:
    # Imported here: loading alembic takes a good part of a start, and only an empty or an old store needs it.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": conn})
    config.set_main_option("script_location", str(_MIGRATIONS))
    command.upgrade(config, "head")
