"""A wrap-up ends by one click, by another state or by the next contact, and never by itself."""

from tests.windows import press
from workstation.ui.shell.presence_menu import PresenceMenu


def state(aziza):
    return menu_of(aziza)._line.state


def menu_of(aziza):
    return aziza.window.findChild(PresenceMenu)


def begin_wrap_up(aziza):
    desk = aziza.window.screen_of("desk")
    desk.contact_begun.emit(aziza.desk.add_customer("Dilnoza Karimova", "+998901234567"))
    desk.contact_ended.emit()
    aziza.until(lambda: state(aziza) == "wrap_up")


def test_one_click_or_the_space_bar_ends_it(open_window):
    aziza = open_window("aziza")
    done = menu_of(aziza).done
    assert not done.isVisible()
    for end in (done.click, lambda: press(done, "Space")):
        begin_wrap_up(aziza)
        aziza.until(done.isVisible)
        assert done.accessibleName()
        end()
        aziza.until(lambda: state(aziza) == "available")
        assert not done.isVisible()


def test_another_state_or_the_next_contact_ends_it_too(open_window):
    aziza = open_window("aziza")
    begin_wrap_up(aziza)
    assert next(iter(menu_of(aziza).states)) == "available"  # the first choice of the menu
    menu_of(aziza).states["break"].trigger()
    aziza.until(lambda: state(aziza) == "break")
    menu_of(aziza).states["available"].trigger()
    aziza.until(lambda: state(aziza) == "available")
    begin_wrap_up(aziza)
    aziza.window.screen_of("desk").contact_begun.emit(aziza.desk.add_customer("Pavel Novik", "+375291234567"))
    aziza.until(lambda: state(aziza) == "on_contact")
    assert not menu_of(aziza).done.isVisible()
