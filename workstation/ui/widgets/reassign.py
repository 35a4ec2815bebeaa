"""Asks who shall have one or several callbacks, and why."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from workstation.language import _, ngettext
from workstation.services.agents import AgentChoice
from workstation.ui.widgets.dialog import Dialog
from workstation.ui.widgets.parts import label

OWNER = Qt.ItemDataRole.UserRole
REASON_CHARACTERS = 1_000


class ReassignDialog(Dialog):
    """A list of agents that narrows while a name is typed; the arrows choose without leaving the field.

    Signals:
        owner_chosen: UUID or None (the team), text (the reason, may be empty).
    """

    owner_chosen = Signal(object, str)

    def __init__(self, parent: QWidget | None, agents: Sequence[AgentChoice], count: int) -> None:
        title = ngettext("Reassign {n} callback", "Reassign {n} callbacks", count).format(n=count)
        super().__init__(parent, title)
        self._agents = tuple(agents)
        self.search = QLineEdit(placeholderText=_("Name, login or team"))
        self.search.setAccessibleName(_("Find an agent"))
        self.search.textChanged.connect(self._narrow)
        self.search.installEventFilter(self)
        self.owners = QListWidget()
        self.owners.setAccessibleName(_("New owner"))
        self.owners.setProperty("role", "choices")
        self.owners.setMinimumHeight(180)
        self.reason = QLineEdit(placeholderText=_("Shown to both agents"), maxLength=REASON_CHARACTERS)
        because = label(_("Reason"), "muted")
        because.setBuddy(self.reason)
        self.reason.setAccessibleName(_("Reason"))
        for part in (self.search, self.owners, because, self.reason):
            self.body.addWidget(part)
        self.owners.itemDoubleClicked.connect(lambda _item: self._choose())
        self.add_buttons(_("Reassign"), self._choose)
        self._narrow("")
        self.search.setFocus()
        self.resize(420, 420)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.owners.count():
                place = self.owners.currentRow() + step
                self.owners.setCurrentRow(min(max(place, 0), self.owners.count() - 1))
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, text: str) -> None:
        wanted = text.casefold().split()
        self.owners.clear()
        if not wanted:
            self._offer(_("The team (nobody in person)"), None)
        for agent in self._agents:
            shown = " · ".join(part for part in (agent.name, agent.login, agent.team) if part)
            if all(word in shown.casefold() for word in wanted):
                self._offer(shown, agent.id)
        self.owners.setCurrentRow(0)
        if self.primary is not None:
            self.primary.setEnabled(self.owners.count() > 0)

    def _offer(self, words: str, owner: UUID | None) -> None:
        item = QListWidgetItem(words)
        item.setData(OWNER, str(owner) if owner else "")
        self.owners.addItem(item)

    def _choose(self) -> None:
        item = self.owners.currentItem()
        if item is None:
            self.show_problem(_("Choose who shall have it."), self.owners)
            return
        owner = item.data(OWNER)
        self.owner_chosen.emit(UUID(owner) if owner else None, " ".join(self.reason.text().split()))
        self.accept()
