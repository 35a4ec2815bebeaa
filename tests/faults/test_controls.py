"""Controls: for each rule of the sync a short trace that comes out well with the rule, and is found out without it."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlcipher3.dbapi2 import IntegrityError

from tests.faults.trace import Step, fails
from tests.faults.world import World, new_world
from workstation.errors import CentralReplaced
from workstation.records.base import EPOCH, MICROSECOND
from workstation.replica import delivery, recovery, rows
from workstation.replica import inbox as inbox_module
from workstation.replica.inbox import Inbox
from workstation.services import sync as sync_service
from workstation.services.sync import reconciling
from workstation.services.sync.desk import SyncDesk

Break = Callable[[pytest.MonkeyPatch], None]
READING = 2  # hello, push, then the first page is read


@pytest.fixture(scope="module")
def world(cluster, tmp_path_factory) -> Iterator[World]:
    with new_world(cluster, tmp_path_factory.mktemp("world")) as made:
        yield made


def step(verb: str, **arguments: Any) -> Step:
    return Step(verb, tuple(arguments.items()))


def instead(of: object, name: str, done: Callable[..., Any]) -> Break:
    """The rule is broken: this is done instead."""
    return lambda monkeypatch: monkeypatch.setattr(of, name, done)


def nothing(*_arguments: Any) -> int:
    return 0


def heal_nothing(*_arguments: Any, **_named: Any) -> recovery.Recovered:
    return recovery.NOTHING


def the_answer_of_push_writes_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is read counts only when it is newer, as it must where versions may come from elsewhere."""
    take, upsert = delivery.take_answers, rows.upsert

    def take_with_version(inbox, entries, outcomes, now):
        outcomes = list(outcomes)
        take(inbox, entries, outcomes, now)
        for entry, outcome in zip(entries, outcomes, strict=True):
            inbox.connection.execute(
                "update underlay set version = max(version, ?) where entity_id = ?",
                (outcome.version or 0, entry.entity_id.bytes),
            )
            inbox.settle(entry.entity, entry.entity_id.bytes, outcome.version or 0)
            inbox.rebuild(entry.entity, [entry.entity_id.bytes])

    def upsert_newer(connection, form, found, *, force):
        at_id, at_version = form.names.index("id"), form.names.index("version")
        here = {row[at_id]: rows.one(connection, form, row[at_id]) for row in found}
        newer = [row for row in found if not here[row[at_id]] or here[row[at_id]][at_version] < row[at_version]]
        upsert(connection, form, found if force else newer, force=force)

    monkeypatch.setattr(delivery, "take_answers", take_with_version)
    monkeypatch.setattr(rows, "upsert", upsert_newer)


def numbers_are_given_out_again(inbox: Inbox, last_n: int = 0) -> None:
    inbox.connection.execute("update sqlite_sequence set seq = max(seq, ?) where name = 'outbox'", (last_n,))


def forget_only_the_cursor(inbox: Inbox, scope: int) -> None:
    inbox.connection.execute("delete from cursor where scope_id = ?", (scope,))


def forget_by_the_clock_of_the_pc(inbox: Inbox, now: datetime) -> None:
    before = (now - timedelta(days=30) - EPOCH) // MICROSECOND
    inbox.connection.execute("delete from outbox where state = 'discarded' and made_at < ?", (before,))


def laid_over_without_what_was_lost(beneath, operations):
    body = beneath
    for kind, fields, lost in operations:
        if body is not None or kind == "add":
            given = {name: new for name, (_old, new) in json.loads(fields).items() if name not in json.loads(lost)}
            body = (body or {}) | given
    return body


def send_at_every_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = sync_service._exchange
    monkeypatch.setattr(delivery, "is_anything_to_send", lambda _session: False)
    monkeypatch.setattr(
        sync_service, "_exchange", lambda *arguments, **options: exchange(*arguments, **options | {"sends": True})
    )


gone = Inbox.gone
FOREIGN = {"which": 0, "scope": 2}
OWN = {"which": 0, "scope": 1}
FIRST_SEEN_BY_ALL = [step("add_customer", pc=0, second=False), step("sync_all")]

CONTROLS: dict[str, tuple[list[Step], Break]] = {
    "only what is read writes a version": (
        [
            step("edit", pc=1, which=0, field="hours"),
            step("sync", pc=1),
            step("edit", pc=0, which=0, field="need"),
        ],
        the_answer_of_push_writes_a_version,
    ),
    "a central that went back is given again what it had": (
        [step("note", pc=0, which=0), step("sync", pc=0), step("restore_central", told=True)],
        instead(sync_service, "_went_back", lambda _desk, _hello: False),
    ),
    "what a central that went back no longer has goes": (
        [step("edit_by_sql", which=0, field="need"), step("sync_all"), step("restore_central", told=True)],
        instead(reconciling, "reconcile", nothing),
    ),
    "a note whose customer comes back later is sent again": (
        [
            *FIRST_SEEN_BY_ALL,
            step("note", pc=1, which=2),
            step("sync", pc=1),
            step("restore_central", told=True),
            step("sync", pc=1),
        ],
        instead(delivery, "try_again", nothing),
    ),
    "a note refused for its scope is sent again when the customer returns": (
        [step("move", **FOREIGN), step("note", pc=1, which=0), step("sync", pc=1), step("move", **OWN)],
        instead(delivery, "try_again", nothing),
    ),
    "nothing is sent without asking first where central stands": (
        [
            step("note", pc=0, which=0),
            step("sync", pc=0),
            step("restore_central", told=False),
            step("note", pc=0, which=1),
            step("poll", pc=0),
        ],
        send_at_every_poll,
    ),
    "what is sent has a number that central has not seen": (
        [
            step("move", **FOREIGN),
            step("note", pc=1, which=0),
            step("note", pc=1, which=1),
            step("sync", pc=1),
            step("move", **OWN),
            step("back_central_up"),
            step("sync", pc=1),
            step("restore_central", told=False),
        ],
        instead(delivery, "number_from", numbers_are_given_out_again),
    ),
    "what central has of ours and no feed brings is read back": (
        [
            step("note", pc=1, which=0),
            step("lose_answer", pc=1, call=READING),
            step("move", **FOREIGN),
            step("archive_feed"),
        ],
        instead(reconciling, "read_back", nothing),
    ),
    "history from before the digest's days is looked up": (
        [
            step("set_clock", pc=0, years=-10),
            step("note", pc=0, which=0),
            step("sync_all"),
            step("move", **FOREIGN),
            step("archive_feed"),
        ],
        instead(reconciling, "check_old", nothing),
    ),
    "a PC whose clock is ahead fills what is recent by central's clock": (
        [step("add_by_sql", scope=1), step("archive_feed"), step("set_clock", pc=0, years=10)],
        instead(SyncDesk, "central_now", lambda desk: desk.clock()),
    ),
    "a PC whose clock is ahead does not forget what it sent": (
        [
            step("note", pc=0, which=0),
            step("sync", pc=0),
            step("set_clock", pc=0, years=10),
            step("sync", pc=0),
            step("restore_central", told=True),
        ],
        instead(SyncDesk, "central_now", lambda desk: desk.clock()),
    ),
    "what was discarded on a PC whose clock is behind can still be read": (
        [
            step("set_clock", pc=1, years=-10),
            step("edit", pc=1, which=0, field="need"),
            step("give_scopes", scopes="[2]"),
            step("sync", pc=1),
            step("discard", pc=1, whole=False),
            step("give_scopes", scopes="[1]"),
            step("set_clock", pc=1, years=10),
        ],
        instead(delivery, "forget_old", forget_by_the_clock_of_the_pc),
    ),
    "a clock that is set between two polls makes nothing forgotten": (
        [
            step("note", pc=2, which=0),
            step("sync", pc=2),
            step("set_clock", pc=2, years=10),
            step("poll", pc=2),
            step("restore_central", told=True),
        ],
        instead(sync_service, "_is_only_polling", lambda _desk, _facts: True),
    ),
    "a creation that lost fields to one that is out of sight is whole on its PC": (
        [
            step("import_person", pc=0, person=1),
            step("import_person", pc=1, person=1),
            step("sync_all"),
            step("give_scopes", scopes="[2]"),
            step("sync", pc=1),
            step("back_central_up"),
            step("restore_central", told=True),
        ],
        instead(inbox_module, "laid_over", laid_over_without_what_was_lost),
    ),
    "a record that left one scope for another of ours stays": (
        [step("move", **FOREIGN), step("sync_all"), step("move", **OWN)],
        instead(Inbox, "gone", lambda inbox, entity, ids, _scope: gone(inbox, entity, ids, None)),
    ),
    "a feed that does not reach back to the cursor is not read": (
        [step("add_by_sql", scope=1), step("archive_feed")],
        instead(sync_service, "_is_too_old", lambda _cursor, _hello: False),
    ),
    "a scope that is taken away in the middle of the day leaves the PC": (
        [step("sync", pc=1), step("give_scopes", scopes="[2]"), step("poll", pc=1)],
        instead(Inbox, "forget_scope", forget_only_the_cursor),
    ),
    "what waited in a replica that went bad is in its journal": (
        [step("note", pc=0, which=0), step("damage", pc=0, how="rubbish")],
        instead(recovery, "heal", heal_nothing),
    ),
    "what was committed and lost with the log is in the journal": (
        [step("note", pc=0, which=0), step("damage", pc=0, how="log")],
        instead(recovery, "heal", heal_nothing),
    ),
    "a scope that was taken away leaves the PC": (
        [step("give_scopes", scopes="[2]")],
        instead(Inbox, "forget_scope", forget_only_the_cursor),
    ),
}


@pytest.mark.parametrize("rule", CONTROLS)
def test_with_the_rule_all_is_well(world, rule):
    assert fails(world, CONTROLS[rule][0]) is None


@pytest.mark.parametrize("rule", CONTROLS)
def test_without_the_rule_the_checks_find_it(world, rule, monkeypatch):
    trace, break_it = CONTROLS[rule]
    break_it(monkeypatch)
    assert isinstance(
        fails(world, trace), AssertionError | CentralReplaced | IntegrityError
    )  # of central, of the replica


def test_a_record_without_a_required_field_is_left_out_and_the_others_come(world):
    world.begin()
    with world.pcs[0].store.from_central() as inbox:
        ((body,),) = world.central.sql("select row_to_json(c) from workstation.customer c limit 1")
        assert inbox.put("customer", [body | {"name": None}, body]) == 1
        assert inbox.unreadable == 1
    world.end()
