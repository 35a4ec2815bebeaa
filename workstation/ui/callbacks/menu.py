"""The menu of a callback in a list: all that can be done with it, by right click or menu key."""

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from workstation.language import _
from workstation.ui.callbacks.actions import CallbackActions
from workstation.ui.callbacks.table import CallbackTable


def give_menu(table: CallbackTable, actions: CallbackActions) -> None:
    """From now on this list has the menu."""

    def open_menu(at: QPoint) -> None:
        lines = table.selected()
        if not lines:
            return
        menu = QMenu(table)
        menu.setAccessibleName(_("What can be done with it"))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(_("Open the customer\tEnter"), partial(table.opened.emit, lines[0]))
        menu.addAction(_("Take"), partial(actions.take, lines))
        if len(lines) == 1:
            for words, does in (
                (_("Done"), actions.mark_done), (_("No answer"), actions.record_no_answer),
                (_("Another time…"), actions.ask_another_time), (_("Cancel callback…"), actions.ask_cancel),
            ):  # fmt: skip
                menu.addAction(words, partial(does, lines[0]))
        menu.addAction(_("Give to…"), partial(actions.ask_reassign, lines))
        menu.popup(table.viewport().mapToGlobal(at))

    table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    table.customContextMenuRequested.connect(open_menu)
