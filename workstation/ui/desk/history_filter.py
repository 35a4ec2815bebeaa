"""Narrows a history by agent, outcome, channel and date: one button, its menu filled from what occurs there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from workstation.language import _, ngettext
from workstation.services.history import HistoryFilterCard
from workstation.ui.widgets.icons import IconButton

SPANS = (1, 7, 30, 365)  # days back from now
Choice = tuple[str, Any]  # words, value


def channel_name(channel: str) -> str:
    """A channel without its direction."""
    return {
        "call": _("Calls"), "chat": _("Chats"), "email": _("E-mails"), "web": _("Web forms"),
        "third party": _("Third parties"), "sms": _("SMS"),
    }.get(channel, channel)  # fmt: skip


class FilterButton(IconButton):
    """Signals:
    asked: the menu is wanted; `offer` opens it.
    chosen: dict of author_id, outcome, channel and since (UTC), those that are narrowed.
    """

    asked = Signal()
    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__("filter", _("Narrow by agent, outcome, channel, date"), size=16)
        self.setCheckable(True)
        self.values: dict[str, Any] = {}
        self._words: dict[str, str] = {}
        self.menu_shown: QMenu | None = None
        self.clicked.connect(self._ask)

    @property
    def words(self) -> str:
        """What is shown alone, empty for everything."""
        return " · ".join(self._words[name] for name in self.values)

    def begin(self) -> None:
        """Narrowed by nothing."""
        self.values, self._words = {}, {}
        self._show()

    def offer(self, card: HistoryFilterCard, now: datetime) -> None:
        """Open the menu with what occurs in this history."""
        menu = QMenu(self)
        menu.setAccessibleName(self.accessibleName())
        menu.aboutToHide.connect(menu.deleteLater)
        days = [(ngettext("last {n} day", "last {n} days", n).format(n=n), now - timedelta(days=n)) for n in SPANS]
        self._add(menu, "author_id", _("Agent"), [(name, author) for author, name in card.authors])
        self._add(menu, "outcome", _("Outcome"), [(words, code) for code, words in card.outcomes])
        self._add(menu, "channel", _("Channel"), [(channel_name(one), one) for one in card.channels])
        self._add(menu, "since", _("Date"), days)
        menu.addSeparator()
        menu.addAction(_("Show everything"), partial(self._choose_nothing)).setEnabled(bool(self.values))
        self.menu_shown = menu
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def choose(self, name: str, words: str, value: Any) -> None:
        """Narrow by this; None: not by this any more."""
        self.values = {known: kept for known, kept in self.values.items() if known != name}
        if value is not None:
            self.values[name], self._words[name] = value, words
        self._show()
        self.chosen.emit(dict(self.values))

    def _add(self, menu: QMenu, name: str, title: str, choices: Sequence[Choice]) -> None:
        inner, now = menu.addMenu(title), self.values.get(name)
        inner.setAccessibleName(title)
        group = QActionGroup(inner)
        for words, value in ((_("any"), None), *choices):
            action = inner.addAction(words, partial(self.choose, name, words, value))
            action.setCheckable(True)
            is_same_span = name == "since" and now is not None and self._words.get(name) == words
            action.setChecked(value == now or is_same_span)
            group.addAction(action)
        inner.setEnabled(bool(choices))

    def _choose_nothing(self) -> None:
        self.begin()
        self.chosen.emit({})

    def _ask(self) -> None:
        self._show()
        self.asked.emit()

    def _show(self) -> None:
        self.setChecked(bool(self.values))
        name = _("Narrow by agent, outcome, channel, date")
        told = _("Shown alone: {what}").format(what=self.words) if self.values else name
        self.setAccessibleName(told)
        self.setToolTip(told)
