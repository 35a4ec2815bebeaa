"""The rows of a timeline: what is the same stays, whatever is shown next."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtTest import QAbstractItemModelTester

from workstation.services.history import EntryLine
from workstation.ui.desk.timeline_model import TimelineModel, rows_of

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MINSK = ZoneInfo("Europe/Minsk")
PAGES = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "late", "paid"])), unique_by=lambda pair: pair[0])


def entries(page):
    return [
        EntryLine(UUID(int=n), "note", NOW - timedelta(hours=5 * n), "Aziza", text=text) for n, text in sorted(page)
    ]


def watched(model):
    told = []
    model.rowsInserted.connect(lambda _parent, first, last: told.append(("inserted", first, last)))
    model.rowsRemoved.connect(lambda _parent, first, last: told.append(("removed", first, last)))
    model.modelReset.connect(lambda: told.append(("reset",)))
    return told


@given(st.lists(PAGES, min_size=1, max_size=4))
def test_whatever_was_shown_before_the_rows_are_those_of_the_entries(pages):
    model = TimelineModel(MINSK)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for page in pages:
        model.show(entries(page), NOW, None)
        wanted = rows_of(entries(page), MINSK, NOW, None, set())
        assert [model.row_at(model.index(at)) for at in range(model.rowCount())] == wanted


def test_a_following_page_is_added_and_nothing_else_is_touched():
    model = TimelineModel(MINSK)
    model.show(entries([(n, "") for n in range(24)]), NOW, None)
    had, told = model.rowCount(), watched(model)
    model.show(entries([(n, "") for n in range(48)]), NOW, None)
    assert told == [("inserted", had, model.rowCount() - 1)]


def test_what_is_read_again_and_is_the_same_tells_nothing():
    model = TimelineModel(MINSK)
    model.show(entries([(n, "") for n in range(24)]), NOW, None)
    told = watched(model)
    model.show(entries([(n, "") for n in range(24)]), NOW, None)
    assert told == []


def test_a_new_entry_moves_the_others_down_without_a_reset():
    model = TimelineModel(MINSK)
    model.show(entries([(n, "") for n in range(1, 24)]), NOW, None)
    told = watched(model)
    model.show(entries([(n, "") for n in range(24)]), NOW, None)
    assert [name for name, *_where in told] == ["inserted"]
