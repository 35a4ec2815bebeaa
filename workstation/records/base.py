"""What every record has in common: how its values are kept, which fields agents may write, whom it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, MetaData, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from sqlalchemy.types import TypeEngine
from uuid_utils.compat import uuid7

Values = dict[str, Any]
Bag = dict[str, str]  # a flat JSON object of texts
Numbers = list[int]  # a JSON list
Texts = list[str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TEXT_LIMIT = 1_000  # characters, where a field says nothing else


class Id(TypeDecorator[UUID]):
    """A UUID: sixteen bytes in the replica, uuid in central."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Uuid() if dialect.name == "postgresql" else LargeBinary(16)

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return value if value is None or isinstance(value, UUID) else UUID(bytes=value)


class UtcTime(TypeDecorator[datetime]):
    """An instant: whole microseconds since 1970 UTC in the replica, timestamptz in central.

    SQLite drops the offset of a time silently; a naive one is a defect and raises ValueError.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return value if value is None or isinstance(value, datetime) else EPOCH + value * MICROSECOND


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """All tables of the replica."""

    metadata = MetaData()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Id(),
        datetime: UtcTime(),
        str: Text(),
        int: BigInteger().with_variant(Integer(), "sqlite"),
        **{kind: JSON().with_variant(JSONB(), "postgresql") for kind in (Bag, Numbers, Texts, Values)},
    }


class Record(Base, kw_only=True):
    """A row that syncs. `version` is written by central alone; 0 until central's state has been read.

    Class variables, read once by `admin init` into central's catalogue:
        addable: agents may create rows of this kind.
        editable: fields that agents may change afterwards; empty for what is only ever added.
        required: fields that may not be absent or blank.
        limits: the most characters of a text field (TEXT_LIMIT where not named).
        safer: protective fields; in a conflict the set value wins over the empty one.
        author: the field central fills with the calling agent, whatever was sent.
        history_time: the field by which the first fill limits history; None = always whole.
    """

    __abstract__ = True

    addable: ClassVar[bool] = False
    editable: ClassVar[frozenset[str]] = frozenset()
    required: ClassVar[frozenset[str]] = frozenset()
    limits: ClassVar[dict[str, int]] = {}
    safer: ClassVar[frozenset[str]] = frozenset()
    author: ClassVar[str | None] = None
    history_time: ClassVar[str | None] = None

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=uuid7)
    scope_id: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)

    def about(self) -> UUID | None:
        """The customer this row is about; None for what belongs to everyone."""
        return None


class AboutCustomer(Record, kw_only=True):
    """A record that belongs to one customer and travels with it between scopes."""

    __abstract__ = True

    customer_id: Mapped[UUID] = mapped_column(index=True, info={"of": "customer"})

    def about(self) -> UUID | None:
        return self.customer_id
