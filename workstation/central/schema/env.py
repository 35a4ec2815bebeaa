"""Where alembic enters: runs the migrations on the connection `admin init` hands over."""

from alembic import context

from workstation.central.schema.ground import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=SCHEMA,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
