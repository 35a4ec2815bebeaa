"""The strip of figures: four cards, each with its formula in the tooltip."""

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from workstation.language import _, ngettext
from workstation.services.monitoring import FiguresCard
from workstation.ui import wording
from workstation.ui.widgets.parts import label, row, set_role


class FigureCard(QFrame):
    """One figure: what it is, its number, a word beside it."""

    def __init__(self, title: str, formula: str) -> None:
        super().__init__()
        self.title, self._formula = title, formula
        self.setProperty("role", "pane")
        self.setToolTip(formula)
        self.setAccessibleDescription(formula)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 10, 14, 10)
        box.setSpacing(2)
        self._figure: QLabel = label("–", "figure")
        self._note: QLabel = label("", "muted", wrap=True)
        for part in (label(title.upper(), "heading", wrap=True), self._figure, self._note):
            box.addWidget(part)
        box.addStretch(1)

    def show_figure(self, figure: int, note: str, tone: str = "muted") -> None:
        """Show the number and the words under it."""
        self._figure.setText(wording.number(figure))
        self._note.setText(note)
        set_role(self._note, "role", tone)
        self.setAccessibleName(_("{title}: {figure}, {note}").format(title=self.title, figure=figure, note=note))

    def show_age(self, words: str) -> None:
        """Say of when the figure is, beside its formula."""
        self.setToolTip(f"{self._formula}\n{words}")
        self.setAccessibleDescription(f"{self._formula} {words}")


class FigureStrip(QWidget):
    """All cards beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.working = FigureCard(
            _("Working"),
            _("Agents available, on contact or in wrap-up whose PC is heard, of those who have not signed out."),
        )
        self.contacts = FigureCard(
            _("Contacts today"),
            _("Contacts of this team's agents that began since midnight, as far as central has them."),
        )
        self.callbacks = FigureCard(
            _("Callbacks overdue"),
            _(
                "Overdue: open, and the window is over. Due: the window has begun. Without owner: nobody's, and the "
                "time has come or comes within an hour."
            ),
        )
        self.silent = FigureCard(
            _("PCs silent"),
            _(
                "Agents who have not signed out and whose PC has sent no word for over 30 s. Changes waiting: saved on "
                "a PC of this team and not yet at central, as that PC last said."
            ),
        )
        strip = row(self.working, self.contacts, self.callbacks, self.silent, gap=10)
        layout = strip.layout()
        assert layout is not None
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(strip)

    def show_age(self, words: str) -> None:
        """Say of when these figures are."""
        for card in (self.working, self.contacts, self.callbacks, self.silent):
            card.show_age(words)

    def show_figures(self, card: FiguresCard, waiting_as_of: str) -> None:
        """Show these figures. `waiting_as_of`: when the PC told that has been silent longest; empty: just now."""
        self.working.show_figure(card.working, _("of {n} signed in").format(n=wording.number(card.signed_in)))
        self.contacts.show_figure(card.contacts_today, _("since midnight"))
        parts = [_("{n} due").format(n=card.callbacks_due)]
        if card.callbacks_unowned:
            parts.append(_("{n} without owner").format(n=card.callbacks_unowned))
        self.callbacks.show_figure(
            card.callbacks_overdue, " · ".join(parts), "danger" if card.callbacks_unowned else "muted"
        )
        parts = [ngettext("{n} change waits", "{n} changes wait", card.waiting).format(n=card.waiting)]
        if card.undecided:
            parts.append(_("{n} undecided").format(n=card.undecided))
        if waiting_as_of and (card.waiting or card.undecided):
            parts.append(waiting_as_of)
        is_calm = not (card.silent or card.waiting or card.undecided)
        self.silent.show_figure(card.silent, " · ".join(parts), "muted" if is_calm else "warn")
