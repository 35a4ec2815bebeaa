"""The journal: an outbox comes back from it whole, whatever happened to the replica, and nothing comes back that must
not."""

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from workstation.records import Customer, Draft, Note, OutboxEntry
from workstation.replica import delivery, journal, recovery, vault
from workstation.replica.delivery import Outcome
from workstation.replica.recovery import NOTHING, Recovered, Unread
from workstation.replica.store import Store
from workstation.services import drafts
from workstation.services.sync import decisions

KEY = bytes(range(32))
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
TEXT = "Клиент просил перезвонить oʻn uchun"


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replica.db"


@contextmanager
def opened(path: Path, clock: Clock, key: bytes = KEY, *, whole: bool = False) -> Iterator[tuple[Store, Recovered]]:
    """The replica as the program opens it: what its journal knows more is put into it."""
    store = Store(path, key, clock)
    try:
        yield store, recovery.heal(store, clock(), whole=whole)
    finally:
        store.close()


def met(store: Store) -> None:
    """As after a hello."""
    store.note_facts({"agent": '{"id": "x"}', "scopes": "[1]"})


def note(store: Store, body: str = TEXT, customer: UUID | None = None) -> UUID:
    made = Note(customer_id=customer or uuid4(), author_id=uuid4(), body=body, written_at=AT, scope_id=1)
    with store.write() as session:
        session.add(made)
    return made.id


def customer_of(store: Store, name: str = "Dilnoza") -> UUID:
    made = Customer(name=name, scope_id=1, made_at=AT)
    with store.write() as session:
        session.add(made)
    return made.id


def outbox(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as session:
        return [
            (e.n, e.op_id, e.save, e.kind, e.entity, e.entity_id, e.set, e.needs, e.made_at, e.state)
            for e in session.query(OutboxEntry).order_by(OutboxEntry.n)
        ]


def bodies(store: Store) -> list[str]:
    with store.read() as session:
        return sorted(body for (body,) in session.query(Note.body))


def lose(path: Path) -> None:
    for file in path.parent.glob("replica.db*"):
        file.unlink()


def answer(store: Store, state: str, **more: Any) -> None:
    """Central answers all that waits."""
    with store.from_central() as inbox:
        entries = delivery.send_next(inbox)
        delivery.take_answers(inbox, entries, [Outcome(e.op_id, state, **more) for e in entries], AT)


def saves_file(path: Path) -> Path:
    (found,) = (path.parent / journal.FOLDER).glob("*.saves")
    return found


def test_an_outbox_comes_back_as_it_was_and_what_it_says_is_seen(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        customer = customer_of(store)
        note(store, customer=customer)
        with store.write() as session:
            session.get(Customer, customer).name = "Dilnoza Karimova"
        before = outbox(store)
    lose(path)
    with opened(path, clock) as (store, recovered):
        assert recovered == Recovered(waiting=3)
        assert outbox(store) == before
        assert bodies(store) == [TEXT]
        assert store.facts()["agent"] == '{"id": "x"}'
        with store.read() as session:
            assert session.get(Customer, customer).name == "Dilnoza Karimova"
    with opened(path, clock, whole=True) as (store, recovered):
        assert recovered == NOTHING, "a second time nothing is missing"
        assert outbox(store) == before


def test_an_older_copy_that_was_put_back_and_a_lost_log_get_what_came_after(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        note(store, "first")
        store.checkpoint()
        shutil.copy(path, path.with_name("copy"))
        note(store, "second")
        before = outbox(store)
    lose(path)
    path.with_name("copy").rename(path)
    with opened(path, clock) as (store, recovered):
        assert recovered == Recovered(waiting=1)
        assert outbox(store) == before
        assert bodies(store) == ["first", "second"]


def test_a_number_that_was_given_out_twice_is_no_obstacle(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        shutil.copy(path, path.with_name("copy"))
        note(store, "on the file that is lost")
    lose(path)
    path.with_name("copy").rename(path)
    store = Store(path, KEY, clock)  # of a program that looks into no journal
    note(store, "numbered the same")
    store.close()
    with opened(path, clock, whole=True) as (store, recovered):
        assert recovered.waiting == 1
        assert bodies(store) == ["numbered the same", "on the file that is lost"]
        assert [row[0] for row in outbox(store)] == [1, 2]


def test_what_central_has_is_not_sent_again_but_kept_for_a_central_that_goes_back(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        note(store, "delivered")
        answer(store, "acknowledged", version=7)
        note(store, "waits")
    lose(path)
    with opened(path, clock) as (store, recovered):
        assert recovered == Recovered(waiting=1)
        assert [row[-1] for row in outbox(store)] == ["settled", "waiting"]
        with store.from_central() as inbox:
            assert delivery.deliver_again(inbox, AT) == 1
    clock.now = AT + timedelta(days=31)
    lose(path)
    with opened(path, clock, whole=True) as (store, recovered):
        assert [row[-1] for row in outbox(store)] == ["waiting", "waiting"], "delivered again, it waits again"


def test_what_was_given_up_or_corrected_does_not_come_back(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        for text in ("given up", "mistaken", "undecided"):
            note(store, text)
        answer(store, "refused", reason='{"reason": "blank", "field": "body"}')
        with store.read() as session:
            first, second, _third = decisions.refused(session)
        with store.read() as session, store.from_central() as inbox:
            decisions.discard_by_id(inbox, session, first.op_id)
        with store.read() as session, store.from_central() as inbox:
            decisions.correct_by_id(inbox, session, second.op_id, {"body": "corrected"})
    lose(path)
    with opened(path, clock) as (store, recovered):
        assert recovered == Recovered(waiting=1, undecided=1)
        with store.read() as session:
            (left,) = decisions.refused(session)
        assert left.values["body"] == "undecided"
        assert "empty" in left.reason
        assert bodies(store) == ["corrected"]


def test_a_decision_made_after_the_copy_that_was_put_back_holds(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        note(store)
        answer(store, "refused", reason='{"reason": "blank"}')
        store.checkpoint()
        shutil.copy(path, path.with_name("copy"))
        with store.read() as session:
            (line,) = decisions.refused(session)
        with store.read() as session, store.from_central() as inbox:
            decisions.discard_by_id(inbox, session, line.op_id)
    lose(path)
    path.with_name("copy").rename(path)
    with opened(path, clock) as (store, _), store.read() as session:
        assert decisions.refused(session) == []


def failing(store: Store, does: Callable[[], object]) -> None:
    event.listen(store._writing, "commit", lambda _connection: does())


def test_a_save_whose_commit_failed_never_comes_back(path, clock):
    def fail() -> None:
        raise OSError("no COMMIT")

    with opened(path, clock) as (store, _):
        met(store)
        note(store, "kept")
        failing(store, fail)
        with pytest.raises(OSError, match="no COMMIT"):
            note(store, "told as not saved")
    lose(path)
    with opened(path, clock) as (store, recovered):
        assert recovered == Recovered(waiting=1)
        assert bodies(store) == ["kept"]


def dies_before_commit(path: Path, clock: Clock) -> None:
    with opened(path, clock) as (store, _):
        failing(store, lambda: os._exit(9))
        note(store, "never told as saved")


@pytest.fixture
def killed(path, clock) -> Path:
    """A process has ended between its line in the journal and its COMMIT."""
    with opened(path, clock) as (store, _):
        met(store)
        note(store, "told as saved")
    process = multiprocessing.get_context("spawn").Process(target=dies_before_commit, args=(path, clock))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert saves_file(path).read_bytes().rstrip(b"\n").count(b"\n\n") == 4, "no line confirms it"
    return path


def test_what_a_killed_process_had_not_committed_is_decided_by_the_sound_file(killed, clock):
    with opened(killed, clock) as (store, recovered):
        assert recovered == NOTHING
        assert bodies(store) == ["told as saved"]
    lose(killed)
    with opened(killed, clock) as (store, recovered):
        assert recovered == Recovered(waiting=1), "it was taken back while the file still told"


def test_what_nothing_confirms_is_for_a_person_to_decide(killed, clock):
    lose(killed)
    with opened(killed, clock) as (store, recovered):
        assert recovered == Recovered(waiting=1, undecided=1)
        assert bodies(store) == ["told as saved"]
        with store.read() as session:
            (line,) = decisions.refused(session)
        assert line.values["body"] == "never told as saved"
        assert "not told" in line.reason
        with store.read() as session, store.from_central() as inbox:
            decisions.correct_by_id(inbox, session, line.op_id, {})
        assert bodies(store) == ["never told as saved", "told as saved"]


def test_drafts_come_back_and_those_that_were_saved_do_not(path, clock):
    one, two = uuid4(), uuid4()
    with opened(path, clock) as (store, _):
        met(store)
        for customer in (one, two):
            with store.write() as session:
                drafts.keep_draft(session, drafts.QUICK_NOTE, customer, {"text": TEXT}, AT)
        with store.write() as session:
            drafts.look(session, one, AT)
        with store.write() as session:
            drafts.discard_draft(session, drafts.QUICK_NOTE, two)
    lose(path)
    with opened(path, clock) as (store, recovered):
        assert recovered == Recovered(drafts=1)
        with store.read() as session:
            (kept,) = session.query(Draft).all()
        assert (kept.customer_id, kept.values) == (one, {"text": TEXT})


often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def written(path, clock) -> bytes:
    """A journal of ten notes, of which the first was told as saved first."""
    with opened(path, clock) as (store, _):
        met(store)
        for number in range(10):
            note(store, f"note {number}")
    return saves_file(path).read_bytes()


def lines_before(content: bytes, at: int) -> int:
    """How many notes are wholly written before a byte: line and confirmation take turns after facts."""
    return max(0, (content[:at].count(b"\n") - 4) // 2)


@often
@given(data=st.data())
def test_a_journal_torn_anywhere_gives_all_that_was_before(written: bytes, path, data) -> None:
    lose(path)
    at = data.draw(st.integers(0, len(written)))
    saves_file(path).write_bytes(written[:at])
    found = recovery.read(journal.Journal(path.parent, KEY, lambda: AT))
    sure = found.operations.keys() - found.unsure
    assert len(sure) >= (lines_before(written, at) - 1) // 2
    assert len(found.unsure) <= 1
    assert len(found.unread) <= 1


@often
@given(data=st.data())
def test_a_changed_byte_costs_one_line_and_is_told(written: bytes, path, data) -> None:
    lose(path)
    at = data.draw(st.integers(0, len(written) - 1))
    content = bytearray(written)
    content[at] ^= data.draw(st.integers(1, 255))
    file = saves_file(path)
    file.write_bytes(content)
    found = recovery.read(journal.Journal(path.parent, KEY, lambda: AT))
    assert len(found.operations) >= 9
    assert len(found.operations.keys() - found.unsure) >= 9
    line = written[:at].count(b"\n") + 1
    assert {unread.file for unread in found.unread} <= {file.name}
    if written[at : at + 1] != b"\n" and line > 1:
        assert Unread(file.name, line) in found.unread


def test_a_file_of_another_key_is_told_and_left_alone(written, path, clock):
    lose(path)
    before = saves_file(path).read_bytes()
    with opened(path, clock, bytes(32), whole=True) as (store, recovered):
        assert [unread.line for unread in recovered.unread] == [0]
        met(store)
        note(store)
    files = [file.read_bytes() for file in (path.parent / journal.FOLDER).glob("*.saves")]
    assert len(files) == 2
    assert before in files


def test_files_go_after_their_days_when_nothing_in_them_waits(path, clock):
    with opened(path, clock) as (store, _):
        met(store)
        note(store, "delivered")
        answer(store, "acknowledged", version=7)
        with store.write() as session:
            drafts.keep_draft(session, drafts.QUICK_NOTE, None, {"text": TEXT}, AT)
        clock.now = AT + timedelta(days=1)
        note(store, "waits for weeks")
    clock.now = AT + timedelta(days=40)
    with opened(path, clock) as (store, _):
        assert [file.name[:10] for file in store.journal.folder.iterdir()] == ["2026-11-26"]
        assert bodies(store) == ["delivered", "waits for weeks"]
    with opened(path, clock, whole=True) as (store, recovered):
        assert recovered == NOTHING


def test_nothing_is_in_the_clear_but_the_sealed_key(monkeypatch, path, clock):
    monkeypatch.setattr(vault, "MEMORY_KIB", 8)
    owner, secret = '["central", "aziza"]', bytes(reversed(range(32)))
    key = vault.new_key(path.parent, owner, "password", secret)
    with opened(path, clock, key) as (store, _):
        note(store)
        with store.write() as session:
            drafts.keep_draft(session, drafts.QUICK_NOTE, None, {"text": TEXT}, AT)
    files = list((path.parent / journal.FOLDER).iterdir())
    assert len(files) == 2
    for file in files:
        assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
        for secret_text in (TEXT.encode(), key, key.hex().encode(), b"body", b"aziza"):
            assert secret_text not in file.read_bytes()
    vault.forget_key(path.parent)
    assert journal.key_by_desk_secret(path.parent, owner, secret) == key
    assert journal.key_by_desk_secret(path.parent, owner, key) is None
    assert journal.key_by_desk_secret(path.parent, "another", secret) is None
