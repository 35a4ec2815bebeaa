"""Every control has a name for a screen reader, on every page and in every dialog."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from workstation.ui.shell.key_sheet import KeySheet
from workstation.ui.sign_in.lock_screen import LockScreen
from workstation.ui.sign_in.screen import SignInScreen

NOT_OURS = ("qt_",)  # parts of a widget that Qt makes itself


def nameless(top):
    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        if widget.objectName().startswith(NOT_OURS) or isinstance(widget.parentWidget(), QAbstractScrollArea):
            continue
        if widget.focusProxy() is not None:
            continue
        name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        if not name.strip():
            parent = widget.parentWidget()
            found.append((type(widget).__name__, type(parent).__name__))
    return found


def dialog_names(window, opened):
    opened()
    window.until(lambda: QApplication.activeModalWidget() is not None)
    window.settle()
    dialog = QApplication.activeModalWidget()
    found = nameless(dialog)
    dialog.close()
    return found


def test_every_control_of_every_page_has_a_name(open_window):
    head = open_window("nodira", "supervisor")
    customer = head.desk.add_customer("Dilnoza Karimova", "+998901234567", "+998712001122")
    head.window.open_customer(customer)
    desk = head.window.screen_of("desk")
    head.until(lambda: desk.profile.card is not None)
    for place in head.window.pages:
        head.window.go_to(place)
        head.settle()
        assert nameless(head.window) == [], place


def test_every_control_of_every_dialog_has_a_name(open_window):
    head = open_window("nodira", "supervisor")
    customer = head.desk.add_customer("Dilnoza Karimova", "+998901234567")
    head.window.open_customer(customer)
    desk = head.window.screen_of("desk")
    head.until(lambda: desk.profile.card is not None)
    for opened in (desk.editing.edit, lambda: desk.add_customer(""), desk.begin_callback, desk.editing._add_point,
                   KeySheet(head.window, frozenset(head.window.pages)).open):  # fmt: skip
        assert dialog_names(head, opened) == []


def test_every_control_of_sign_in_and_lock_has_a_name(qtbot):
    gate = SignInScreen("", "", False, "en")
    qtbot.addWidget(gate)
    gate.show()
    assert nameless(gate) == []
    window = QWidget()
    qtbot.addWidget(window)
    lock = LockScreen(window, "Aziza")
    window.show()
    lock.cover()
    assert nameless(window) == []
