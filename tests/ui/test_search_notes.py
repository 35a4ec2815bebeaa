"""The search box finds people first and then those in whose notes it stands, without one waiting for the other."""

from workstation.services.search import NoteLine
from workstation.ui.shell.search_box import CUSTOMER


def rows(box):
    return [box.found.list.item(row).text() for row in range(box.found.list.count())]


def write(aziza, customer, text):
    aziza.desk.note(customer, text)
    aziza.until(lambda: is_indexed(aziza, text))


def is_indexed(aziza, text):
    with aziza.desk.store.read() as session:
        driver = session.connection().connection.driver_connection
        match = " ".join(f'"{word}"' for word in text.split())
        return driver.execute("select 1 from search_note where search_note match ?", (match,)).fetchone()


def test_notes_are_a_second_group_reached_by_the_arrow_keys(open_window):
    aziza = open_window("aziza")
    person = aziza.desk.add_customer("Parcel Person", "+998901234567")
    other = aziza.desk.add_customer("Дильноза Каримова", "+998901234568")
    write(aziza, other, "the parcel came back")
    box = aziza.window.search_box
    aziza.type(box, "parcel")
    aziza.until(lambda: "In notes" in rows(box))
    heading = rows(box).index("In notes")
    assert rows(box)[0].startswith("Parcel Person")
    assert rows(box)[heading + 1] == "Дильноза Каримова   ·  the parcel came back"
    assert box.found.list.currentItem().data(CUSTOMER) == person
    for _ in range(heading):  # the heading is stepped over
        aziza.press(box, "Down")
    assert box.found.list.currentItem().data(CUSTOMER) == other
    aziza.press(box, "Down")
    assert box.found.list.currentItem().data(CUSTOMER) == other
    aziza.press(box, "Return")
    aziza.until(lambda: aziza.window.screen_of("desk").customer_id == other)


def test_notes_that_come_before_the_people_wait_and_those_of_another_text_are_dropped(open_window):
    aziza = open_window("aziza")
    customer = aziza.desk.add_customer("Pavel Novik", "+375291234567")
    box = aziza.window.search_box
    line = NoteLine(customer, "Pavel Novik", "about novik")
    box.setText("novik")
    box._show_notes("novik", [line])
    assert not box.found.isVisible()
    box._show("novik", [])
    assert rows(box)[-2:] == ["In notes", "Pavel Novik   ·  about novik"]
    box.setText("noviko")
    box._show("noviko", [])
    box._show_notes("novik", [line])
    assert "In notes" not in rows(box)
