"""The rail at the left: the places of the window, each with its number."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWidget

from workstation.language import _
from workstation.ui.widgets.icons import IconButton

WIDTH = 48
# Numbers stay with their place, also where a place is not shown (ui.md 1).
PLACES = ("today", "desk", "callbacks", "cases", "tips", "monitoring", "settings")


@dataclass(frozen=True)
class Page:
    """One place of the window: its name in PLACES, its picture, its words and its screen."""

    place: str
    icon: str
    words: str
    widget: QWidget

    @property
    def key(self) -> str:
        """The key that leads here."""
        return f"Ctrl+{PLACES.index(self.place) + 1}"


class Rail(QFrame):
    """Signals: place_chosen: name of a place."""

    place_chosen = Signal(str)

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__()
        self.setProperty("role", "rail")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(_("Places"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5, 8, 5, 8)
        layout.setSpacing(4)
        self._buttons = {page.place: self._button(page) for page in pages}
        group = QButtonGroup(self)
        for place, made in self._buttons.items():
            group.addButton(made)
            if place == "settings":
                layout.addStretch(1)
            layout.addWidget(made)
        if "settings" not in self._buttons:
            layout.addStretch(1)

    def mark(self, place: str) -> None:
        """Show where we are."""
        if place in self._buttons:
            self._buttons[place].setChecked(True)

    def _button(self, page: Page) -> IconButton:
        made = IconButton(page.icon, page.words, size=20)
        made.setToolTip(f"{page.words}  {page.key}")
        made.setCheckable(True)
        made.setFixedSize(37, 37)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: self.place_chosen.emit(page.place))
        return made
