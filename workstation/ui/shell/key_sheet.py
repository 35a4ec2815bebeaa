"""The sheet of all keys."""

from PySide6.QtWidgets import QGridLayout, QWidget

from workstation.language import _
from workstation.ui.shortcuts import ACTIONS, in_panels
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import button, label, row


class KeySheet(Dialog):
    """Opened by F1, left by Esc."""

    def __init__(self, parent: QWidget, places: frozenset[str]) -> None:
        super().__init__(parent, _("All keys"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        hidden = {"today", "desk", "callbacks", "monitoring", "settings"} - places
        lines = [(action.keys, action.words()) for action in ACTIONS if action.name not in hidden]
        lines += in_panels()
        half = (len(lines) + 1) // 2
        for number, (keys, words) in enumerate(lines):
            at, column = number % half, number // half * 2
            grid.addWidget(label(keys, chip="plain"), at, column)
            grid.addWidget(label(words), at, column + 1)
        self.body.addLayout(grid)
        close = button(_("Close"), clicked=self.accept)
        self.body.addWidget(row("stretch", close))
        close.setFocus()
