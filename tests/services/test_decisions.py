"""What a person can decide about refused work: correct it, give it up, give what hangs on it to somebody else."""

import json
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.desks import DeskAtWork, command
from tests.faults.test_poison import (
    assert_settles,
    at_central,
    attach,
    correct,
    customer_with_everything,
    discard,
    entry_of,
    refused,
    smuggle,
)
from workstation.errors import NotFound, Refused
from workstation.records import ContactPoint, Customer, Note, OutboxEntry
from workstation.services.sync import decisions


@pytest.fixture
def aziza(open_desk) -> DeskAtWork:
    return open_desk("aziza")


@pytest.fixture
def held(aziza) -> UUID:
    """A refused customer with a phone, a contact with its note, a callback and 20 notes, all held."""
    customer = customer_with_everything(aziza)
    smuggle(aziza, customer, name="")
    aziza.sync()
    return customer


def shown(desk: DeskAtWork) -> dict[str, list[str]]:
    """The entity of everything held, under the reason of what it is held by."""
    return {line.reason: [below.entity for below in line.held] for line in refused(desk)}


def test_a_correction_is_seen_at_once_and_offline(aziza, held):
    aziza.line.cut()
    assert aziza.customer(held) is None
    (line,) = refused(aziza)
    correct(aziza, line, name="Dilnoza Karimova", is_vip="yes", do_not_contact_until="2030-01-01T00:00:00+05:00")
    seen = aziza.customer(held)
    assert (seen.name, seen.is_vip) == ("Dilnoza Karimova", True)
    assert seen.do_not_contact_until.isoformat() == "2029-12-31T19:00:00+00:00"
    assert aziza.notes(held) == {"said so", *(f"note {n}" for n in range(20))}
    assert set(aziza.states()) == {"waiting"}
    aziza.line.restore()
    assert_settles(aziza)
    assert aziza.customer(held).is_vip


def test_a_corrected_phone_is_found_by_its_new_digits(aziza, centre):
    customer = aziza.add_customer("Dilnoza Karimova", "+998 90 123-45-67")
    with aziza.store.read() as session:
        point = session.scalars(select(ContactPoint.id)).one()
    smuggle(aziza, point, value="")
    aziza.sync()
    (line,) = refused(aziza)
    correct(aziza, line, value="+998 91 765-43-21")
    assert_settles(aziza)
    assert centre.sql("select customer_id, value, e164, digits from workstation.contact_point") == [
        (customer, "+998 91 765-43-21", "+998917654321", "998917654321")
    ]


def test_a_correction_names_a_time_zone_that_there_is(aziza):
    customer = aziza.add_customer()
    smuggle(aziza, customer, name="")
    aziza.sync()
    (line,) = refused(aziza)
    with pytest.raises(Refused, match="no time zone rubbish"):
        correct(aziza, line, time_zone="rubbish")
    correct(aziza, line, name="Dilnoza", time_zone="Asia/Tashkent")
    assert_settles(aziza)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "  "), ("name", "x" * 1_001), ("is_vip", "perhaps"), ("is_vip", ""), ("do_not_contact_until", "soon"),
        ("made_at", ""), ("merged_into", "no id"), ("nonsense", "x"), ("id", "x"), ("version", "1"), ("scope_id", "2"),
        ("more", "{}"), ("kind", ""),
    ],
)  # fmt: skip
def test_a_correction_that_cannot_be_is_refused_in_words_and_changes_nothing(aziza, held, field, text):
    (line,) = refused(aziza)
    with pytest.raises(Refused) as no:
        correct(aziza, line, **{field: text})
    assert no.value.field == field
    assert refused(aziza) == [line]


def test_a_wrong_correction_is_refused_again_and_can_be_corrected_again(aziza, centre):
    customer = aziza.add_customer()
    note = aziza.note(customer, "x")
    smuggle(aziza, note, body="", contact_id="00000000-0000-7000-8000-000000000000")
    aziza.sync()
    (line,) = refused(aziza)
    correct(aziza, line, body="now with words")
    assert aziza.sync().refused == 1
    (again,) = refused(aziza)
    assert again.reason == "Contact names something central does not have."
    assert again.op_id != line.op_id
    correct(aziza, again, contact_id="")
    assert_settles(aziza)
    assert centre.sql("select body from workstation.note") == [("now with words",)]


def test_a_refused_change_is_corrected_or_given_up_and_later_changes_wait_for_it(aziza, centre):
    customer = aziza.add_customer("Dilnoza")
    aziza.sync()
    for decide, name in ((correct_name, "Dilnoza Karimova"), (give_up, "Dilnoza Karimova")):
        with aziza.store.write() as session:
            session.get(Customer, customer).name = "   "  # a rule of central that no service would break
        aziza.edit(customer, need="deaf")
        aziza.edit(customer, need="deaf – write")
        assert aziza.sync().refused == 1
        (line,) = refused(aziza)
        assert (line.kind, line.customer, [below.values for below in line.held]) == (
            "edit", aziza.customer(customer).name, [{"need": "deaf"}, {"need": "deaf – write"}],
        )  # fmt: skip
        decide(aziza, line)
        assert_nothing_left(aziza)
        assert (aziza.customer(customer).name, aziza.customer(customer).need) == (name, "deaf – write")
        assert centre.sql("select name, need from workstation.customer") == [(name, "deaf – write")]
        aziza.edit(customer, need="")
        assert_nothing_left(aziza)


def correct_name(desk: DeskAtWork, line: decisions.RefusedLine) -> None:
    correct(desk, line, name="Dilnoza Karimova")


def give_up(desk: DeskAtWork, line: decisions.RefusedLine) -> None:
    discard(desk, line)


def assert_nothing_left(desk: DeskAtWork) -> None:
    desk.sync()
    desk.sync()
    assert refused(desk) == []
    assert set(desk.states()) <= {"settled", "discarded"}


def test_only_what_was_changed_can_be_corrected_in_a_change(aziza):
    customer = aziza.add_customer("Dilnoza")
    aziza.sync()
    with aziza.store.write() as session:
        session.get(Customer, customer).name = ""
    aziza.sync()
    (line,) = refused(aziza)
    with pytest.raises(Refused):
        correct(aziza, line, need="deaf")
    correct(aziza, line, name="D.")
    assert aziza.customer(customer).name == "D."
    assert_settles(aziza)


def test_notes_of_a_given_up_customer_go_to_others_one_by_one(aziza, centre, held):
    botir, dilshod = aziza.add_customer("Botir"), aziza.add_customer("Dilshod")  # younger than the notes
    (line,) = refused(aziza)
    assert discard(aziza, line) == 1
    (orphans,) = refused(aziza)
    assert (orphans.state, len(orphans.held)) == ("discarded", 24)
    of = {below.values.get("body", below.entity): below for below in orphans.held}
    for text, customer in (("note 0", botir), ("note 1", dilshod), ("callback", dilshod), ("contact_point", botir)):
        attach(aziza, of[text], customer)
    assert (aziza.notes(botir), aziza.notes(dilshod)) == ({"note 0"}, {"note 1"})
    report = aziza.sync()
    assert (report.refused, report.waiting) == (0, 20)
    found = (
        "select c.name, n.body from workstation.note n join workstation.customer c on c.id = n.customer_id order by 2"
    )
    assert centre.sql(found) == [("Botir", "note 0"), ("Dilshod", "note 1")]
    assert centre.sql(
        "select c.name from workstation.callback b join workstation.customer c on c.id = b.customer_id"
    ) == [("Dilshod",)]
    (orphans,) = refused(aziza)
    assert len(orphans.held) == 20
    for below in orphans.held:
        assert discard(aziza, below, with_dependants=True) in (1, 2, 0)
    assert refused(aziza) == []
    assert centre.count("note") == 2


@pytest.mark.parametrize(
    "order", [["note", "contact", "point"], ["point", "contact", "note"], ["contact", "note"], ["note", "contact"]]
)
def test_a_contact_with_its_note_and_phone_goes_to_another_in_any_order(aziza, centre, held, order):
    """What stands on another follows it; a phone that stays behind is pointed to no more, its number stays written."""
    (line,) = refused(aziza)
    discard(aziza, line)
    another = aziza.add_customer("Botir")
    (orphans,) = refused(aziza)
    of = {below.values.get("body", below.entity): below for below in orphans.held}
    names = {"note": "said so", "contact": "contact", "point": "contact_point"}
    for name in order:
        attach(aziza, of[names[name]], another)
    assert aziza.sync().refused == 0
    ((customer, phone, point),) = centre.sql("select customer_id, phone, contact_point_id from workstation.contact")
    assert (customer, phone) == (another, "+998 90 123-45-67")
    assert (point is not None) == (order[0] == "point")
    assert centre.sql("select body, customer_id from workstation.note") == [("said so", another)]
    assert centre.sql("select contact_id is not null from workstation.note") == [(True,)]


def test_attached_to_a_customer_that_is_refused_too_it_is_held_below_that_one(aziza, centre, held):
    second = aziza.add_customer("Botir")
    smuggle(aziza, second, name="")
    (line,) = refused(aziza)
    attach(aziza, next(below for below in line.held if below.values.get("body") == "note 7"), second)
    assert aziza.sync().refused == 1
    first, other = refused(aziza)
    assert (len(first.held), [below.values["body"] for below in other.held]) == (23, ["note 7"])
    correct(aziza, other, name="Botir")
    aziza.sync()
    assert centre.sql("select body from workstation.note") == [("note 7",)]


def supersede(desk: DeskAtWork, note: UUID, text: str) -> UUID:
    with desk.store.write() as session:
        old = session.get(Note, note)
        new = Note(
            customer_id=old.customer_id, scope_id=old.scope_id, author_id=desk.desk.agent_id, body=text,
            written_at=desk.clock(), supersedes=note,
        )  # fmt: skip
        session.add(new)
        return new.id


def test_what_was_changed_on_a_held_note_goes_with_it_to_the_other_customer(aziza, centre):
    customer = aziza.add_customer()
    smuggle(aziza, customer, name="")
    old = aziza.note(customer, "first words")
    new = supersede(aziza, old, "second words")
    with aziza.store.write() as session:
        session.get(Note, old).is_pinned = True
    another = aziza.add_customer("Botir")
    aziza.sync()
    (line,) = refused(aziza)
    for text in ("first words", "second words"):
        attach(aziza, next(below for below in line.held if below.values.get("body") == text), another)
    assert aziza.sync().refused == 0
    assert centre.sql("select id, supersedes, is_pinned from workstation.note order by body") == [
        (old, None, True), (new, old, False),
    ]  # fmt: skip


def test_what_supersedes_a_refused_note_waits_for_it(aziza, centre):
    """Both are in one run of creations of one kind."""
    customer = aziza.add_customer()
    first = aziza.note(customer, "first words")
    second = supersede(aziza, first, "second words")
    other = aziza.note(customer, "another matter")
    smuggle(aziza, first, body="")
    report = aziza.sync()
    assert (report.refused, report.waiting) == (1, 1)
    assert centre.sql("select id from workstation.note") == [(other,)]
    (line,) = refused(aziza)
    assert [below.entity_id for below in line.held] == [second]
    correct(aziza, line, body="first words")
    assert_settles(aziza)
    assert centre.sql("select supersedes from workstation.note where id = %s", second) == [(first,)]


def test_what_is_not_refused_cannot_be_decided(aziza, held):
    other = aziza.add_customer("Botir")
    entry = operation_of(aziza, other)
    (line,) = refused(aziza)
    held_entry = entry_of(aziza, line.held[0].op_id)
    for decide in (
        lambda inbox, session: decisions.correct(inbox, entry, {"name": "x"}),
        lambda inbox, session: decisions.correct(inbox, held_entry, {"value": "x"}),
        lambda inbox, session: decisions.discard(inbox, session, entry, with_dependants=False),
        lambda inbox, session: decisions.attach(inbox, entry, other, 1),
        lambda inbox, session: decisions.attach(inbox, entry_of(aziza, line.op_id), other, 1),
    ):
        with aziza.store.read() as session, pytest.raises(Refused), aziza.store.from_central() as inbox:
            decide(inbox, session)
    before = entry_of(aziza, line.op_id)
    correct(aziza, line, name="Dilnoza")
    with pytest.raises(Refused), aziza.store.from_central() as inbox:
        decisions.correct(inbox, before, {"name": "decided twice"})


def operation_of(desk: DeskAtWork, record: UUID) -> OutboxEntry:
    with desk.store.read() as session:
        return session.scalars(select(OutboxEntry).where(OutboxEntry.entity_id == record)).one()


def test_an_operation_is_named_by_the_end_of_its_id(aziza, held):
    (line,) = refused(aziza)
    with aziza.store.read() as session:
        assert decisions.find_operation(session, line.op_id.hex[-6:].upper()).op_id == line.op_id
        assert decisions.find_operation(session, str(line.op_id)).op_id == line.op_id
        for wrong in ("", line.op_id.hex[-5:], "ffffffffffff", "%", "'; --"):
            with pytest.raises(NotFound):
                decisions.find_operation(session, wrong)


def test_the_same_by_commands(aziza, centre, held, tmp_path):
    home = tmp_path / "aziza"
    (item,) = command(home, "refused")["items"]
    assert (item["entity"], item["values"]["name"], len(item["held"])) == ("customer", "", 24)
    assert [below["values"]["body"] for below in item["held"] if below["entity"] == "note"][1] == "note 0"
    finished = command(home, "refused", "correct", item["op_id"], "is_vip=perhaps", ok=None)
    assert (finished.returncode, finished.stderr.decode().count("\n")) == (1, 1)
    another = command(home, "customer", "add", "--name", "Botir")["id"]
    moved = item["held"][4]["op_id"]
    command(home, "refused", "attach", moved, "--to", another)
    assert command(home, "refused", "discard", item["op_id"], "--all")["discarded"] == 24
    assert command(home, "refused")["items"] == []
    command(home, "sync")
    assert centre.sql("select customer_id::text, body from workstation.note") == [(another, "note 0")]
    assert at_central(centre, "customer", held) == 0
    assert json.loads(centre.sql("select payload from workstation.op_rejected")[0][0])["set"]["name"] == [None, ""]
