"""Run by alembic inside ``vanhub.store.schema``, on the connection and in the transaction that it gives."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=False)
context.run_migrations()
