"""Every control has a name for a screen reader, on every page and in every dialog."""

from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from tests.ui.quiet_desk import ME, quiet_desk
from workstation.services import callbacks, drafts, notes
from workstation.services.conflicts import ConflictLine
from workstation.services.history import EntryLine, HistoryFilterCard
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.callbacks.reason import ReasonDialog
from workstation.ui.desk.conflict_dialog import ConflictDialog
from workstation.ui.desk.entry_menu import open_menu
from workstation.ui.desk.history_filter import FilterButton
from workstation.ui.desk.note_dialog import NoteDialog
from workstation.ui.shell.decisions import DecisionsTray
from workstation.ui.shell.key_sheet import KeySheet
from workstation.ui.shell.message_line import MessageLine
from workstation.ui.shell.presence_menu import PresenceMenu
from workstation.ui.shell.reminder_popup import ReminderPopup
from workstation.ui.sign_in.lock_screen import LockScreen
from workstation.ui.sign_in.screen import SignInScreen
from workstation.ui.widgets.choose_customer import CustomerChoice
from workstation.ui.widgets.reassign import ReassignDialog

NOT_OURS = ("qt_",)  # parts of a widget that Qt makes itself


@pytest.fixture
def desk(qapp, tmp_path):
    with quiet_desk(tmp_path) as made:
        yield made


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
    sheet = KeySheet(head.window, frozenset(head.window.pages))
    add_point = desk.profile.point_add_wanted.emit
    for opened in (desk.editing.edit, lambda: desk.add_customer(""), desk.begin_callback, add_point, sheet.open):
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


def test_every_control_of_popups_and_of_the_smaller_dialogs_has_a_name(desk, qtbot):
    """Reminder, message, tray, note, conflicts, reasons, reassigning: shown with content, as an agent meets them."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1093, 614)
    window.show()
    customer = desk.add_customer("Dilnoza Karimova", "+998901234567")
    desk.promise(customer, minutes=0)
    with desk.store.write() as session:
        note = notes.add_note(session, customer, ME, "first", desk.time[0])
        notes.correct_note(session, note, ME, "second", desk.time[0])
        drafts.keep_draft(session, drafts.QUICK_NOTE, UUID(int=99), {"text": "stranded"}, desk.time[0])
    with desk.store.read() as session:
        lines = list(callbacks.callbacks(session, desk.time[0]))
        card = notes.note_card(session, note)
    reminder, message = ReminderPopup(window, desk.seat), MessageLine(window)
    reminder.show_lines(lines, desk.time[0])
    message.say("Note saved.", "ok", lambda: None)
    assert nameless(window) == []
    tray = DecisionsTray(window, desk.background, desk.doors, desk.seat)
    tray.begin()
    desk.settle()
    conflict = ConflictLine(
        customer, customer, "Dilnoza", "customer", customer, "name", "a", "b", "c", "Botir", True, desk.time[0], {}
    )
    for dialog in (
        tray, NoteDialog(window, card, desk.seat.zone, desk.seat.clock), ConflictDialog(window, [conflict], desk.seat),
        ReasonDialog(window, "Cancel callback", "Why?", "Cancel"), ReassignDialog(window, [], 1),
        CustomerChoice(window, desk.background, "a note"), CallbackDialog(window, desk.background, desk.seat, customer),
    ):  # fmt: skip
        dialog.show()
        desk.settle()
        assert nameless(dialog) == [], type(dialog).__name__
        dialog.close()


def test_every_menu_has_a_name(desk, qtbot):
    menu = PresenceMenu(desk.seat.clock, desk.seat.zone)
    qtbot.addWidget(menu)
    filters = FilterButton()
    qtbot.addWidget(filters)
    filters.offer(HistoryFilterCard((), (), ("chat",)), desk.time[0])
    entry = EntryLine(UUID(int=1), "callback", desk.time[0], what="open")
    of_entry = open_menu(filters, entry, filters.pos(), print)
    for opened in (menu.menu(), filters.menu_shown, of_entry):
        assert QAccessible.queryAccessibleInterface(opened).text(QAccessible.Text.Name)
        assert all(action.text() or action.isSeparator() or action.defaultWidget() for action in opened.actions())
        opened.close()
