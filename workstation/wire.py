"""The one form in which values travel: what JSON can carry, equal on both sides whatever the database."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column

from workstation.records import KINDS, Record, Values
from workstation.records.base import EPOCH, MICROSECOND, Id, UtcTime

OP_SCHEMA = 1  # the form of an operation; raised when an older central could misread one

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)

Convert = Callable[[Any], Any]


def to_wire(value: Any) -> Any:
    """A Python value of a record as JSON carries it: ids and times as text, times in UTC."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return stored_to_time((value - EPOCH) // MICROSECOND)
    return value


def columns_of(kind: type[Record]) -> list[Column[Any]]:
    """The columns of a record, in the order of its table."""
    return list(kind.__table__.columns)  # type: ignore[arg-type]


def stored_to_time(microseconds: int) -> str:
    """Whole microseconds since 1970 UTC as ISO 8601."""
    return (EPOCH + microseconds * MICROSECOND).isoformat()


def time_to_stored(text: str) -> int:
    """ISO 8601 with an offset as whole microseconds since 1970 UTC; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return (moment - EPOCH) // MICROSECOND


def _id_to_stored(text: str) -> bytes:
    raw = bytes.fromhex(text.replace("-", ""))
    if len(raw) != 16:
        raise ValueError("an id has sixteen bytes")
    return raw


def _stored_to_id(raw: bytes) -> str:
    return str(UUID(bytes=raw))


def _json_to_stored(value: Any) -> str:
    return _JSON.encode(value)


def _converters(column: Column[Any]) -> tuple[Convert, Convert] | None:
    """(wire → replica, replica → wire) for a column; None where both are the same."""
    if isinstance(column.type, Id):
        return _id_to_stored, _stored_to_id
    if isinstance(column.type, UtcTime):
        return time_to_stored, stored_to_time
    if isinstance(column.type, JSON):
        return _json_to_stored, json.loads
    if isinstance(column.type, Boolean):
        return int, bool
    return None


class Form:
    """How one kind of record is stored in the replica, and how it travels.

    Attributes:
        entity: the name of its table.
        names: its columns, in order.
    """

    def __init__(self, kind: type[Record]) -> None:
        self.kind = kind
        self.entity: str = kind.__tablename__
        self.names = [column.name for column in columns_of(kind)]
        both = {column.name: _converters(column) for column in columns_of(kind)}
        self._to_stored = {name: pair[0] for name, pair in both.items() if pair}
        self._to_wire = {name: pair[1] for name, pair in both.items() if pair}
        self._pick = itemgetter(*self.names)
        self._convert = [(at, self._to_stored[name]) for at, name in enumerate(self.names) if name in self._to_stored]
        self._defaults = {c.name: _default(c) for c in columns_of(kind) if not c.nullable and c.name != "id"}
        self._fallbacks = [(at, self._defaults[name]) for at, name in enumerate(self.names) if name in self._defaults]
        self.is_about_customer = "customer_id" in self.names

    def stored(self, body: Mapping[str, Any]) -> tuple[Any, ...]:
        """A wire record as one row of the replica; an absent or empty required field gets its default.

        Raises ValueError, TypeError or AttributeError when a value is not of its column's type: nothing from outside
        is trusted to be.
        """
        try:
            row = list(self._pick(body))
        except KeyError:  # an older central does not know all our fields
            row = [body.get(name) for name in self.names]
        for at, default in self._fallbacks:
            if row[at] is None:
                row[at] = default
        for at, convert in self._convert:
            if row[at] is not None:
                row[at] = convert(row[at])
        return tuple(row)

    def wire(self, row: Iterable[Any]) -> Values:
        """One row of the replica as it travels."""
        body = dict(zip(self.names, row, strict=True))
        for name, convert in self._to_wire.items():
            if body[name] is not None:
                body[name] = convert(body[name])
        return body

    def defaults(self) -> Values:
        """The wire values of the fields an operation may leave out."""
        return {name: value for name, value in self._defaults.items() if value is not None}


def _default(column: Column[Any]) -> Any:
    if isinstance(column.type, JSON):
        return column.info.get("empty", {})
    default = column.default
    return to_wire(default.arg) if default is not None and default.is_scalar else None  # type: ignore[attr-defined]


FORMS: dict[str, Form] = {name: Form(kind) for name, kind in KINDS.items()}
