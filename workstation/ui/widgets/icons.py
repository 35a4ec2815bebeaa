"""Icons of ours, in the colours of the theme in force."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from workstation.ui.theme import icon_pixmap


class Icon(QWidget):
    """A small picture beside words; it takes no focus, the words say the same."""

    def __init__(self, name: str, tone: str = "muted", size: int = 16) -> None:
        super().__init__()
        self.name, self.tone, self._size = name, tone, size
        self.setFixedSize(size, size)

    def show_icon(self, name: str, tone: str | None = None) -> None:
        """Another picture, or another tone."""
        self.name, self.tone = name, tone or self.tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = icon_pixmap(self.name, self.tone, self._size, self.devicePixelRatioF())
        QPainter(self).drawPixmap(0, 0, pixmap)


class IconButton(QToolButton):
    """A button that shows only a picture; its words are its tooltip and what a screen reader says."""

    def __init__(self, name: str, words: str, tone: str = "muted", size: int = 18) -> None:
        super().__init__()
        self._name, self._tone = name, tone
        self.setIconSize(QSize(size, size))
        self.setToolTip(words)
        self.setAccessibleName(words)
        self._tint()
        self.toggled.connect(lambda _is_on: self._tint())

    def set_icon(self, name: str, tone: str | None = None) -> None:
        """Another picture, or another tone."""
        self._name, self._tone = name, tone or self._tone
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        tone = "accent" if self.isChecked() else self._tone
        self.setIcon(QIcon(icon_pixmap(self._name, tone, self.iconSize().width(), self.devicePixelRatioF())))
