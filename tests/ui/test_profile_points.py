"""The ways to reach somebody: how it went there so far, and how to get through, read and written in the profile."""

from datetime import timedelta

from PySide6.QtWidgets import QLabel

from workstation.records import Contact, ContactPoint, Disposition
from workstation.services import attempts, customers
from workstation.services.outcome_words import in_words
from workstation.ui.desk.point_form import WayForm


def points_of(aziza, customer):
    with aziza.desk.store.read() as session:
        return [point.id for point in customers.contact_points_of(session, customer)]


def add_contacts(aziza, customer, *made):
    now = aziza.desk.clock()
    with aziza.desk.store.write() as session:
        scope = session.get_one(ContactPoint, points_of(aziza, customer)[0]).scope_id
        for days, direction, outcome, point in made:
            at = now - timedelta(days=days)
            session.add(
                Contact(
                    customer_id=customer,
                    scope_id=scope,
                    author_id=None,
                    channel="call",
                    direction=direction,
                    disposition=outcome,
                    contact_point_id=point,
                    started_at=at,
                    written_at=at,
                )
            )


def codes(aziza):
    """(one that reaches the right person, one that does not), as this centre names them."""
    with aziza.desk.store.read() as session:
        found = session.query(Disposition).all()
        return (
            next(one.code for one in found if one.is_right_party),
            next(one.code for one in found if not one.is_right_party),
        )


def texts(row):
    return [part.text() for part in row.findChildren(QLabel) if part.text()]


def test_last_result_attempts_and_last_answer_stand_under_the_value(open_window):
    aziza = open_window("aziza")
    customer = aziza.desk.add_customer("Dilnoza Karimova", "+998901234567", "+998712001122")
    first, _second = points_of(aziza, customer)
    reached, failed = codes(aziza)
    add_contacts(aziza, customer, (3, "out", reached, first), (1, "out", failed, first), (2, "out", failed, first))
    panel = aziza.window.screen_of("desk").profile
    aziza.window.open_customer(customer)
    aziza.until(lambda: panel.card is not None and panel.card.id == customer)
    tried = panel.card.tried
    assert set(tried) == {first}
    assert tried[first].attempts == 3
    assert timedelta(days=3) <= aziza.desk.clock() - tried[first].answered_at < timedelta(days=3, minutes=5)
    shown = texts(panel.rows[0])
    assert any("3 attempts" in words and "answered" in words for words in shown), shown
    assert any(words.startswith(in_words(tried[first].result)) for words in shown), shown
    assert not any("attempt" in words for words in texts(panel.rows[1]))
    assert "3 attempts" in panel.rows[0].accessibleName()


def test_the_number_of_questions_does_not_grow_with_the_contact_points(open_window, monkeypatch):
    aziza = open_window("aziza")
    customer = aziza.desk.add_customer("Dilnoza Karimova", *(f"+99890123450{n}" for n in range(8)))
    reached, _failed = codes(aziza)
    add_contacts(aziza, customer, *((1, "out", reached, point) for point in points_of(aziza, customer)))
    asked = []
    with aziza.desk.store.read() as session:
        execute = session.execute
        monkeypatch.setattr(session, "execute", lambda *args: asked.append(args) or execute(*args))
        found = attempts.points_tried(session, customer, aziza.desk.clock() - timedelta(days=30))
    assert len(found) == 8
    assert len(asked) == 2


def test_how_to_get_through_is_written_and_shown(open_window):
    aziza = open_window("aziza")
    customer = aziza.desk.add_customer("Dilnoza Karimova", "+998901234567")
    desk = aziza.window.screen_of("desk")
    aziza.window.open_customer(customer)
    aziza.until(lambda: desk.profile.rows)
    desk.profile.rows[0].way_wanted.emit(desk.profile.rows[0].point)
    (form,) = desk.findChildren(WayForm)
    aziza.type(form.way, "press 2, then 0")
    aziza.press(form.way, "Return")
    aziza.until(lambda: "press 2, then 0" in texts(desk.profile.rows[0]))
    assert "press 2, then 0" in desk.profile.rows[0].accessibleName()
    assert not desk.findChildren(WayForm)
