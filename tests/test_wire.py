"""The form in which values travel: what goes in comes out, stored as the tables store it, and rubbish is told."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Boolean, Integer, String, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from workstation.records import KINDS, Base
from workstation.records.base import EPOCH, Id, UtcTime
from workstation.wire import FORMS, columns_of, stored_to_time, time_to_stored, to_wire

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EARLIEST, LATEST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds the zones
TIMES = st.datetimes(EARLIEST, LATEST, timezones=OFFSETS)
LEAST, MOST = ((edge.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) for edge in (EARLIEST, LATEST))


def values_of(column: Any) -> st.SearchStrategy[Any]:
    """Values that this column may hold."""
    kind = column.type
    if isinstance(kind, Id):
        values: st.SearchStrategy[Any] = st.uuids()
    elif isinstance(kind, UtcTime):
        values = TIMES
    elif isinstance(kind, JSON):
        lists = st.lists(st.integers(-(2**53), 2**53), max_size=4)
        values = lists if column.info.get("empty") == [] else st.dictionaries(TEXTS, TEXTS, max_size=4)
    elif isinstance(kind, Boolean):
        values = st.booleans()
    elif isinstance(kind, BigInteger | Integer):
        values = st.integers(-(2**63), 2**63 - 1)
    else:
        assert isinstance(kind, String), f"{column}: a new type needs a strategy here"
        values = TEXTS
    return values | st.none() if column.nullable else values


def records() -> st.SearchStrategy[Any]:
    """A record of any kind with any values."""
    kinds = st.sampled_from(list(KINDS.values()))
    return kinds.flatmap(lambda kind: st.builds(kind, **{c.name: values_of(c) for c in columns_of(kind)}))


def travelled(record: Any) -> dict[str, Any]:
    """A record as the other side reads it."""
    body = {column.name: to_wire(getattr(record, column.name)) for column in columns_of(type(record))}
    arrived: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False))
    return arrived


@given(record=records())
def test_a_record_is_the_same_after_a_journey(record):
    form, body = FORMS[record.__tablename__], travelled(record)
    assert form.wire(form.stored(body)) == body


@pytest.fixture(scope="module")
def tables():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@given(record=records())
def test_central_and_the_desk_itself_store_a_record_alike(tables, record):
    form, body = FORMS[record.__tablename__], travelled(record)
    columns = ", ".join(form.names)
    with Session(tables) as session:
        session.add(record)
        session.flush()
        (kept,) = session.execute(text(f"select {columns} from {form.entity}"))
        session.rollback()
    stored = form.stored(body)
    json_columns = {c.name for c in columns_of(form.kind) if isinstance(c.type, JSON)}
    for name, ours, theirs in zip(form.names, kept, stored, strict=True):
        if name in json_columns and theirs is not None:
            assert json.loads(ours) == json.loads(theirs), name
        else:
            assert (ours, type(ours)) == (theirs, type(theirs)), name


@given(moment=TIMES)
def test_an_instant_is_the_same_whatever_the_offset(moment):
    stored = time_to_stored(moment.isoformat())
    assert EPOCH + timedelta(microseconds=stored) == moment
    assert to_wire(moment) == stored_to_time(stored)
    assert datetime.fromisoformat(to_wire(moment)).utcoffset() == timedelta(0)
    assert time_to_stored(moment.isoformat().replace("+00:00", "Z")) == stored


@given(first=st.integers(LEAST, MOST), second=st.integers(LEAST, MOST))
def test_stored_times_are_in_the_order_of_the_instants(first, second):
    assert time_to_stored(stored_to_time(first)) == first
    earlier, later = (datetime.fromisoformat(stored_to_time(stored)) for stored in sorted((first, second)))
    assert earlier <= later


@pytest.mark.parametrize(
    "said", ["2026-11-22T09:30", "2026-11-22", "", "now", "2026-13-01T00:00Z", "9" * 100, "\ud800"]
)
def test_a_time_without_a_zone_or_sense_is_told(said):
    with pytest.raises(ValueError, match=r"."):
        time_to_stored(said)
    with pytest.raises(ValueError, match="without a zone"):
        to_wire(datetime(2026, 11, 22, 9, 30))  # noqa: DTZ001 - that is the point


@given(body=st.dictionaries(st.sampled_from(sorted({c.name for k in KINDS.values() for c in columns_of(k)})), st.one_of(
    st.none(), st.text(max_size=20), st.integers(), st.floats(), st.lists(st.integers()), st.booleans(), st.just({}),
)), kind=st.sampled_from(list(KINDS)))  # fmt: skip
def test_anything_else_from_outside_is_stored_or_told_but_never_a_surprise(kind, body):
    try:
        row = FORMS[kind].stored(body)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return
    assert len(row) == len(FORMS[kind].names)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_older_central_leaves_out_gets_its_default(kind):
    form = FORMS[kind]
    whole = form.stored(
        {"id": "01a20000-0000-7000-8000-000000000001"} | {name: None for name in form.names if name != "id"}
    )
    assert form.stored({"id": "01a20000-0000-7000-8000-000000000001"}) == whole
    for name, value in form.defaults().items():
        assert form.wire(whole)[name] == value
    for column in columns_of(form.kind):
        if column.nullable:
            assert form.wire(whole)[column.name] is None


@pytest.mark.parametrize(
    "said", ["", "ab", "01a20000-0000-7000-8000-00000000000", "zz", "01a20000-0000-7000-8000-0000000000011"]
)
def test_an_id_that_is_none_is_told(said):
    with pytest.raises(ValueError, match=r"."):
        FORMS["note"].stored({"id": said, "written_at": "2026-11-22T09:30Z"})
