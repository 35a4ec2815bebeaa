"""The window itself: it opens over a real desk, finds people, and shows where it stands."""


def test_the_window_opens_online(open_window):
    aziza = open_window("aziza")
    aziza.until(lambda: aziza.workstation.watch.connection is not None)
    assert aziza.workstation.watch.connection.is_online


def test_a_search_finds_by_keyboard_alone(open_window):
    aziza = open_window("aziza")
    wanted = aziza.desk.add_customer("Дильноза Каримова", "+998901234567")
    chosen = []
    box = aziza.window.search_box
    box.customer_chosen.disconnect(aziza.window.open_customer)
    box.customer_chosen.connect(lambda customer, in_new_tab: chosen.append((customer, in_new_tab)))
    box.begin()
    aziza.type(box, "dilnoza")
    aziza.press(box, "Return")
    aziza.until(lambda: chosen)
    assert chosen == [(wanted, False)]


def test_enter_is_not_lost_when_it_comes_before_the_answer(open_window):
    aziza = open_window("aziza")
    wanted = aziza.desk.add_customer("Pavel Novik", "+375291234567")
    chosen = []
    box = aziza.window.search_box
    box.customer_chosen.disconnect(aziza.window.open_customer)
    box.customer_chosen.connect(lambda customer, in_new_tab: chosen.append((customer, in_new_tab)))
    aziza.type(box, "4567")
    aziza.press(box, "Ctrl+Return")
    aziza.until(lambda: chosen)
    assert chosen == [(wanted, True)]
