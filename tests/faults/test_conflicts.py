"""T15: two people change one customer while one of them, or both, cannot reach central."""

from typing import Any
from uuid import UUID

import pytest

from tests.central.test_forbidden_rows import WHEN, calling
from tests.desks import DeskAtWork
from tests.faults.test_poison import assert_settles, discard, refused
from workstation.errors import CentralOffline, Refused
from workstation.records import Customer, OutboxEntry
from workstation.services import conflicts
from workstation.services.conflicts import ConflictLine


def conflicts_on(desk: DeskAtWork) -> list[ConflictLine]:
    with desk.store.read() as session:
        return conflicts.open_conflicts(session, desk.desk.agent_id)


def resolve(desk: DeskAtWork, line: ConflictLine, take: str) -> None:
    with desk.store.write() as session:
        conflicts.resolve(session, line.id, take, desk.desk.agent_id, desk.clock())


def put(desk: DeskAtWork, customer: UUID, **values: Any) -> None:
    with desk.store.write() as session:
        found = session.get(Customer, customer)
        for name, value in values.items():
            setattr(found, name, value)


def meet(*desks: DeskAtWork) -> None:
    """Everybody reaches central, and hears of what the others brought."""
    for _ in range(2):
        for desk in desks:
            desk.sync()


def assert_alike(centre, customer: UUID, *desks: DeskAtWork, **values: Any) -> None:
    """Central and every desk have these values; nothing is on its way any more."""
    names = ", ".join(values)
    assert centre.sql(f"select {names} from workstation.customer where id = %s", customer) == [tuple(values.values())]
    for desk in desks:
        assert_settles(desk)
        assert {name: getattr(desk.customer(customer), name) for name in values} == values


@pytest.fixture
def pair(open_desk) -> tuple[DeskAtWork, DeskAtWork, UUID]:
    """Aziza, Botir, and a customer both have."""
    aziza, botir = open_desk("aziza"), open_desk("botir")
    customer = aziza.add_customer("Dilnoza Karimova")
    meet(aziza, botir)
    return aziza, botir, customer


def disagree(pair: tuple[DeskAtWork, DeskAtWork, UUID]) -> None:
    """Aziza's need reaches central first, Botir's is kept beside it."""
    aziza, botir, customer = pair
    aziza.edit(customer, need="deaf")
    botir.edit(customer, need="blind")
    meet(aziza, botir)


def test_different_fields_merge_without_a_conflict(pair, centre):
    aziza, botir, customer = pair
    for desk in (aziza, botir):
        desk.line.cut()
    aziza.edit(customer, need="deaf", language="uz")
    botir.edit(customer, name="D. Karimova", hours="10-12")
    for desk in (aziza, botir):
        desk.line.restore()
    meet(aziza, botir)
    assert_alike(centre, customer, aziza, botir, need="deaf", language="uz", name="D. Karimova", hours="10-12")
    assert centre.count("conflict") == 0


def test_the_same_value_on_both_sides_is_no_conflict(pair, centre):
    aziza, botir, customer = pair
    for desk in (aziza, botir):
        desk.edit(customer, need="deaf", is_vip="yes", do_not_contact_until="2030-01-01T00:00:00+00:00")
    meet(aziza, botir)
    assert centre.count("conflict") == 0
    assert_alike(centre, customer, aziza, botir, need="deaf", is_vip=True)


def test_of_one_field_central_keeps_the_first_value_and_both_see_both(pair, centre):
    aziza, botir, customer = pair
    aziza.edit(customer, need="old need")
    meet(aziza, botir)
    aziza.edit(customer, need="deaf", language="uz")
    botir.edit(customer, need="blind", hours="10-12")
    aziza.sync()
    report = botir.sync()
    assert (report.conflicts, report.refused) == (1, 0)
    meet(aziza, botir)
    assert_alike(centre, customer, aziza, botir, need="deaf", language="uz", hours="10-12")
    ((mine,), (theirs,)) = conflicts_on(botir), conflicts_on(aziza)
    assert (mine.mine, mine.theirs, mine.before, mine.is_mine_lost) == ("blind", "deaf", "old need", True)
    assert (theirs.mine, theirs.theirs, theirs.before, theirs.is_mine_lost) == ("deaf", "blind", "old need", False)
    assert theirs.lost_by == centre.login("botir")
    assert (mine.customer, mine.field, mine.id) == ("Dilnoza Karimova", "need", theirs.id)


@pytest.mark.parametrize("is_known", [False, True], ids=["not yet pulled", "pulled before the push"])
def test_a_conflict_whose_record_never_changes_again(pair, centre, is_known):
    """Botir's operation leaves no trace on the record: no newer version will ever come to settle it."""
    aziza, botir, customer = pair
    aziza.edit(customer, need="deaf")
    aziza.sync()
    botir.edit(customer, need="blind")
    if is_known:  # read beside the push, as a fetch of this one customer does
        ((body,),) = centre.sql("select row_to_json(c) from workstation.customer c where id = %s", customer)
        with botir.store.from_central() as inbox:
            inbox.put("customer", [body])
        assert botir.customer(customer).need == "blind"
    ((before,),) = centre.sql("select version from workstation.customer where id = %s", customer)
    assert botir.sync().conflicts == 1
    assert botir.customer(customer).need == "deaf"
    for desk in (botir, aziza, botir):
        desk.sync()
        assert desk.customer(customer).need == "deaf"
        (line,) = conflicts_on(desk)
        assert {line.kept, line.lost} == {"deaf", "blind"}
    assert_settles(botir)
    assert centre.sql("select version from workstation.customer where id = %s", customer) == [(before,)]
    assert botir.sync().pulled == 0


def test_an_answer_that_was_lost_is_heard_at_the_second_time(pair, centre):
    aziza, botir, customer = pair
    aziza.edit(customer, need="deaf")
    aziza.sync()
    botir.edit(customer, need="blind")
    with botir.store.read() as session:
        op_id = session.query(OutboxEntry.op_id).where(OutboxEntry.state == "waiting").scalar()
    for count in range(100, 20_000, 150):
        botir.line.reset_after(count, "down")
        with pytest.raises(CentralOffline):
            botir.sync()
        if centre.sql("select 1 from workstation.op_applied where op_id = %s", op_id):
            break
    assert botir.states()[-1] == "sent"
    assert botir.customer(customer).need == "blind"
    botir.line.restore()
    botir.sync()
    assert botir.customer(customer).need == "deaf"
    assert [(line.mine, line.theirs) for line in conflicts_on(botir)] == [("blind", "deaf")]
    assert centre.count("conflict") == 1


def test_three_desks_change_one_field(open_desk, centre):
    desks = [open_desk(name) for name in ("aziza", "botir", "dilshod")]
    customer = desks[0].add_customer("Dilnoza Karimova")
    meet(*desks)
    for desk, need in zip(desks, ("deaf", "blind", "lame"), strict=True):
        desk.line.cut()
        desk.edit(customer, need=need)
    for desk in desks:
        desk.line.restore()
    meet(*desks)
    assert_alike(centre, customer, *desks, need="deaf")
    for desk in desks:
        assert {(line.kept, line.lost, line.before) for line in conflicts_on(desk)} == {
            ("deaf", "blind", None), ("deaf", "lame", None),
        }  # fmt: skip
    lame = next(line for line in conflicts_on(desks[0]) if line.lost == "lame")
    resolve(desks[0], lame, "theirs")
    meet(*desks)
    assert_alike(centre, customer, *desks, need="lame")
    for desk in desks:
        assert [line.lost for line in conflicts_on(desk)] == ["blind"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["protected first", "lifted first"])
def test_a_protective_field_takes_the_safer_value_with_a_record(open_desk, centre, order):
    """One widens do-not-contact, the other lifts it: it stays, whoever reaches central first."""
    desks = open_desk("sanjar", "supervisor"), open_desk("sevara", "supervisor")
    customer = desks[0].add_customer("Dilnoza Karimova")
    put(desks[0], customer, do_not_contact="calls")
    meet(*desks)
    put(desks[0], customer, do_not_contact="all")
    put(desks[1], customer, do_not_contact=None)
    for number in order:
        desks[number].sync()
    meet(*desks)
    assert_alike(centre, customer, *desks, do_not_contact="all")
    for desk in desks:
        assert [(line.kept, line.lost, line.before) for line in conflicts_on(desk)] == [("all", None, "calls")]
    resolve(desks[0], conflicts_on(desks[0])[0], "theirs")
    meet(*desks)
    assert_alike(centre, customer, *desks, do_not_contact=None)


@pytest.mark.parametrize("take", ["mine", "theirs"])
@pytest.mark.parametrize("decider", [0, 1], ids=["whose value stands", "whose value was lost"])
@pytest.mark.parametrize("is_offline", [False, True], ids=["online", "offline"])
def test_a_conflict_is_resolved_by_either(pair, centre, take, decider, is_offline):
    disagree(pair)
    aziza, botir, customer = pair
    desk = pair[decider]
    expected = ("deaf", "blind")[decider if take == "mine" else 1 - decider]
    if is_offline:
        desk.line.cut()
    resolve(desk, conflicts_on(desk)[0], take)
    assert desk.customer(customer).need == expected
    assert conflicts_on(desk) == []
    desk.line.restore()
    meet(aziza, botir)
    assert_alike(centre, customer, aziza, botir, need=expected)
    assert (conflicts_on(aziza), conflicts_on(botir)) == ([], [])
    kept, count = "lost" if expected == "blind" else "kept", centre.count("conflict")
    assert (centre.sql("select resolution from workstation.conflict"), count) == ([(kept,)], 1)


@pytest.mark.parametrize("of_aziza", ["deaf", "blind"])
@pytest.mark.parametrize("of_botir", ["deaf", "blind"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["aziza first", "botir first"])
def test_a_conflict_resolved_by_both_at_once_is_over(pair, centre, of_aziza, of_botir, order):
    """Who chose the other value wins over who left things as they were; what is noted agrees with the record."""
    disagree(pair)
    aziza, botir, customer = pair
    for desk in (aziza, botir):
        desk.line.cut()
    resolve(aziza, conflicts_on(aziza)[0], "mine" if of_aziza == "deaf" else "theirs")
    resolve(botir, conflicts_on(botir)[0], "mine" if of_botir == "blind" else "theirs")
    for number in order:
        pair[number].line.restore()
        pair[number].sync()
    meet(aziza, botir)
    expected = "blind" if "blind" in (of_aziza, of_botir) else "deaf"
    assert_alike(centre, customer, aziza, botir, need=expected)
    assert (conflicts_on(aziza), conflicts_on(botir)) == ([], [])
    resolution = "lost" if expected == "blind" else "kept"
    assert centre.sql("select resolution, resolved_at is not null from workstation.conflict") == [(resolution, True)]


def test_a_resolution_can_meet_a_third_value(pair, centre):
    disagree(pair)
    aziza, botir, customer = pair
    botir.line.cut()
    resolve(botir, conflicts_on(botir)[0], "mine")
    aziza.edit(customer, need="lame")
    aziza.sync()
    botir.line.restore()
    meet(botir, aziza)
    assert_alike(centre, customer, aziza, botir, need="lame")
    assert [(line.mine, line.theirs, line.before) for line in conflicts_on(botir)] == [("blind", "lame", "deaf")]


def test_what_is_decided_cannot_be_decided_again(pair):
    disagree(pair)
    aziza, _botir, _customer = pair
    (line,) = conflicts_on(aziza)
    resolve(aziza, line, "mine")
    with pytest.raises(Refused):
        resolve(aziza, line, "theirs")


EQUAL = [
    ("do_not_contact_until", "2030-01-01T05:00:00+05:00", "2029-12-31 22:00:00-02"),
    ("do_not_contact_until", "2030-01-01T00:00:00.000000Z", "2030-01-01T00:00:00+00:00"),
    ("is_vip", "yes", True),
    ("is_vip", "f", False),
    ("more", {"b": "2", "a": "1"}, {"a": "1", "b": "2"}),
    ("more", {"a": 1.0}, {"a": 1}),
    ("need", "1", 1),
]


@pytest.mark.parametrize(("field", "stored", "spelled"), EQUAL)
def test_values_are_compared_as_their_type_and_not_as_they_are_written(centre, field, stored, spelled):
    fresh = {"is_vip": True, "more": {"c": "3"}, "do_not_contact_until": WHEN, "need": "new"}[field]
    with calling(centre, "eve") as eve:
        made = eve.operation("add", "customer", {"name": "x", "made_at": WHEN, field: stored})
        eve.push(made)
        customer = UUID(made["id"])
        same = eve.push(eve.operation("edit", "customer", {field: ["something else", spelled]}, customer))
        if field == "need":
            assert [answer[2] for answer in same] == ["merged"]
        (changed,) = eve.push(eve.operation("edit", "customer", {field: [spelled, fresh]}, customer))
        assert changed[2] in (("applied",) if fresh != spelled else ("merged", "applied"))
    assert centre.count("conflict") == 0


def test_a_refused_change_that_is_given_up_leaves_the_colleague_s_value(pair, centre):
    aziza, botir, customer = pair
    put(botir, customer, name="   ")
    botir.edit(customer, need="blind")
    aziza.edit(customer, name="D. Karimova")
    meet(aziza, botir)
    (line,) = refused(botir)
    botir.line.cut()
    assert discard(botir, line, with_dependants=True) == 2
    assert (botir.customer(customer).name, botir.customer(customer).need) == ("D. Karimova", None)
    botir.line.restore()
    botir.sync()
    assert refused(botir) == []
    assert centre.sql("select name, need from workstation.customer") == [("D. Karimova", None)]


def test_undoing_a_change_before_it_is_sent_leaves_no_trace_on_the_record(pair, centre):
    aziza, botir, customer = pair
    aziza.line.cut()
    aziza.edit(customer, need="deaf")
    aziza.edit(customer, need="")
    botir.edit(customer, language="uz")
    aziza.line.restore()
    meet(aziza, botir)
    assert_alike(centre, customer, aziza, botir, need=None, language="uz")
    assert centre.count("conflict") == 0
