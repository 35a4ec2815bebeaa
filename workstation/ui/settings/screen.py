"""Settings: what an agent chooses for themselves on this PC, and what its administrator has fixed."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget

from workstation import settings as settings_file
from workstation.errors import Refused
from workstation.language import LANGUAGES, _
from workstation.settings import Settings
from workstation.ui.background import Background
from workstation.ui.widgets.parts import column, label, rule, scrolling

REGIONS = ("UZ", "BY", "RU", "KZ")


class SettingsScreen(QWidget):
    """Signals:
    theme_chosen: "system", "light" or "dark"; in force at once.
    language_chosen: a code as "ru", kept on the disk; in force at once.
    """

    theme_chosen = Signal(str)
    language_chosen = Signal(str)

    def __init__(self, background: Background, home: Path, settings: Settings) -> None:
        super().__init__()
        self._background, self._home = background, home
        self.language, self.theme, self.region, self.sound = QComboBox(), QComboBox(), QComboBox(), QCheckBox()
        self._told = label("", "muted", wrap=True)
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        for code, name in (("system", _("as the system")), ("light", _("light")), ("dark", _("dark"))):
            self.theme.addItem(name, code)
        for region in REGIONS:
            self.region.addItem(region, region)
        for field, value in (
            (self.language, settings.language or "en"), (self.theme, settings.theme), (self.region, settings.region),
        ):  # fmt: skip
            field.setCurrentIndex(max(0, field.findData(value)))
        self.sound.setText(_("A sound when a callback is due"))
        self.sound.setChecked(settings.sound)
        self._lay_out(settings)
        self.language.activated.connect(lambda _at: self._save("language", self.language.currentData()))
        self.region.activated.connect(lambda _at: self._save("region", self.region.currentData()))
        self.sound.toggled.connect(lambda is_on: self._save("sound", is_on))
        self.theme.activated.connect(self._choose_theme)

    def _lay_out(self, settings: Settings) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        form.setContentsMargins(0, 0, 0, 0)
        for words, field in (
            (_("Language"), self.language), (_("Look"), self.theme),
            (_("Phones without a country are of"), self.region),
            ("", self.sound),
        ):  # fmt: skip
            field.setAccessibleName(words or self.sound.text())
            form.addRow(words, field)
        form.addRow("", self._told)
        form.addRow(rule())
        form.addRow(label(_("SET FOR THIS PC"), "heading"))
        days, minutes = _("{n} days"), _("{n} minutes")
        for words, value in (
            (_("Central"), settings.central or _("as given at sign-in")),
            (_("Locks after"), minutes.format(n=settings.lock_minutes)),
            (_("History kept here"), days.format(n=settings.history_days)),
            (_("Works without central for"), days.format(n=settings.offline_days)),
            (_("Remembering passwords"), _("allowed") if settings.remember_allowed else _("not allowed")),
        ):
            form.addRow(label(words, "muted"), label(value, wrap=True))
        own = QWidget()
        own.setLayout(form)
        pane = column(label(_("Settings"), "title"), own, "stretch", role="pane", margins=(20, 16, 20, 16), gap=12)
        pane.setMaximumWidth(640)
        holder = QWidget()
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(12, 0, 12, 12)
        inside.addWidget(pane)
        area = scrolling(holder)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _choose_theme(self, _at: int) -> None:
        wanted = self.theme.currentData()
        self.theme_chosen.emit(wanted)
        self._save("theme", wanted)

    def _save(self, key: str, value: str | bool) -> None:
        def kept(_nothing: object) -> None:
            later = _("Saved; it is in force at the next sign-in.")
            self._told.setText(_("Saved.") if key == "theme" else later)
            if key == "language":
                self.language_chosen.emit(value)

        def refused(refusal: Refused) -> None:
            self._told.setText(str(refusal))

        self._background.call(self, settings_file.save, self._home, {key: value}, then=kept, refused=refused)
