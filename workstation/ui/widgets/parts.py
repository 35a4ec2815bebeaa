"""Labels, buttons, rows and columns, so that a panel reads like what it shows."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

Item = QWidget | QBoxLayout | int | Literal["stretch"]
Margins = tuple[int, int, int, int]
NONE: Margins = (0, 0, 0, 0)


def label(text: str, role: str | None = None, chip: str | None = None, wrap: bool = False) -> QLabel:
    """A text in a role, or as a chip."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)  # what people wrote is never markup
    if role:
        made.setProperty("role", role)
    if chip:
        made.setProperty("chip", chip)
        made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    made.setWordWrap(wrap)
    return made


def set_role(widget: QWidget, name: str, value: str | None) -> None:
    """Give a widget another role, chip or alert, and let it be dressed anew."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        for one in (widget, *widget.findChildren(QWidget)):
            one.style().unpolish(one)
            one.style().polish(one)


def button(
    text: str, role: str | None = None, name: str | None = None, clicked: Callable[[], object] | None = None
) -> QPushButton:
    """A push button; `name` is what a screen reader says where the text is not enough."""
    made = QPushButton(text)
    made.setAccessibleName(name or text)
    made.setAutoDefault(False)
    if role:
        made.setProperty("role", role)
    if clicked is not None:
        made.clicked.connect(lambda _is_on=False: clicked())
    return made


def row(
    *items: Item, gap: int = 6, margins: Margins = NONE, role: str | None = None, alert: str | None = None
) -> QFrame:
    """Things beside each other."""
    return _box(QHBoxLayout, items, gap, margins, role, alert)


def column(
    *items: Item, gap: int = 6, margins: Margins = NONE, role: str | None = None, alert: str | None = None
) -> QFrame:
    """Things below each other."""
    return _box(QVBoxLayout, items, gap, margins, role, alert)


def rule() -> QFrame:
    """A thin line between two parts."""
    made = QFrame()
    made.setProperty("role", "rule")
    made.setFixedHeight(1)
    return made


def scrolling(inside: QWidget) -> QScrollArea:
    """Scrolls up and down where there is no room; the keyboard goes to what is inside, not to the frame."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area


def clear(layout: QBoxLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _box(
    kind: type[QBoxLayout], items: tuple[Item, ...], gap: int, margins: Margins, role: str | None, alert: str | None
) -> QFrame:
    made = QFrame()
    if role:
        made.setProperty("role", role)
    if alert:
        made.setProperty("alert", alert)
    layout = kind(made)  # type: ignore[arg-type]
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    for item in items:
        if isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QBoxLayout):
            layout.addLayout(item)
        elif isinstance(item, str):
            layout.addStretch(1)
        else:
            layout.addWidget(item)
    return made


class Elided(QLabel):
    """One line that ends with … where there is no room; the tooltip says it whole."""

    def __init__(self, text: str = "", role: str | None = None) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setToolTip("" if self._shown() == self.text() else self.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), self._shown())

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(
            self.text().replace("\n", " "), Qt.TextElideMode.ElideRight, self.contentsRect().width()
        )
