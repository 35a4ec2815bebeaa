"""What every synced table in central stands on: its common columns and its place in the feed."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, ForeignKeyConstraint, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID
from sqlalchemy.schema import SchemaItem

SCHEMA = "workstation"
TIME = TIMESTAMP(timezone=True)


def texts(*names: str, required: bool = False) -> list[Column[str]]:
    """Text columns."""
    return [Column(name, Text, nullable=not required) for name in names]


def flags(*names: str) -> list[Column[bool]]:
    """Yes-or-no columns, no by default."""
    return [Column(name, Boolean, nullable=False, server_default=text("false")) for name in names]


def instant(name: str, *, required: bool = True) -> Column[object]:
    """An instant; what may be left out by plain SQL gets the present one."""
    return Column(name, TIME, nullable=not required, server_default=text("now()") if required else None)


def flat(name: str, default: str) -> Column[object]:
    """A JSON column with a default in the database."""
    return Column(name, JSONB, nullable=False, server_default=text(f"'{default}'"))


def pointer(name: str, to: str | None = None, *, required: bool = False) -> Column[object]:
    """A reference to a record; without `to` it is kept as given (what it names may be merged or gone)."""
    key = [ForeignKey(f"{SCHEMA}.{to}.id")] if to else []
    return Column(name, UUID, *key, nullable=not required)


def synced_table(name: str, *columns: SchemaItem, about_customer: bool = False, scope: int | None = 0) -> None:
    """Create one synced table: `columns` and what every record has (id, scope_id, version).

    A record about a customer gets customer_id, and a key over (customer_id, scope_id) that makes it follow its
    customer when that moves to another scope.
    """
    common: list[SchemaItem] = [
        Column("id", UUID, primary_key=True, server_default=text("gen_random_uuid()")),
        Column("scope_id", BigInteger, nullable=False, server_default=None if scope is None else text(str(scope))),
        Column("version", BigInteger, nullable=False, server_default=text("0")),
    ]
    if about_customer:
        common.append(Column("customer_id", UUID, nullable=False, index=True))
        common.append(customer_key(name))
    op.create_table(name, *common, *columns, schema=SCHEMA)
    op.create_index(f"{name}_scope", name, ["scope_id", "id"], schema=SCHEMA)


def customer_key(table: str) -> ForeignKeyConstraint:
    """Binds a row to its customer and to that customer's scope."""
    return ForeignKeyConstraint(
        ["customer_id", "scope_id"],
        [f"{SCHEMA}.customer.id", f"{SCHEMA}.customer.scope_id"],
        onupdate="CASCADE",
        name=f"{table}_customer",
    )


def follows_its_customer() -> UniqueConstraint:
    """The key that lets records about a customer carry its scope."""
    return UniqueConstraint("id", "scope_id", name="customer_scope_key")
