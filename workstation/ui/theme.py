"""Colours of the two themes; widgets name a role, and only this file and the styles know a colour."""

from functools import lru_cache
from string import Template

from PySide6.QtCore import QByteArray, QObject, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from workstation import resources

Tokens = dict[str, str]
LIGHT: Tokens = {
    "window": "#F4F5F7", "surface": "#FFFFFF", "sunken": "#EEF0F3", "line": "#E0E4E9", "line_strong": "#C9D0D8",
    "text": "#1B1F24", "muted": "#5A6572", "faint": "#626D79",
    "accent": "#2563C9", "accent_text": "#FFFFFF", "accent_soft": "#E7EFFC",
    "ok": "#16794C", "ok_soft": "#E3F4EB", "warn": "#8F5600", "warn_soft": "#FDF1DC",
    "danger": "#B42318", "danger_soft": "#FCE9E7", "note": "#6B4FBB", "note_soft": "#F0ECFB",
}  # fmt: skip
DARK: Tokens = {
    "window": "#14171B", "surface": "#1B1F25", "sunken": "#232830", "line": "#2C333C", "line_strong": "#414B57",
    "text": "#E7EAEE", "muted": "#A3AEBA", "faint": "#919CA9",
    "accent": "#6EA0FF", "accent_text": "#0E1420", "accent_soft": "#21304D",
    "ok": "#5CC691", "ok_soft": "#17322A", "warn": "#E7B256", "warn_soft": "#37290F",
    "danger": "#FF8A7E", "danger_soft": "#421D1B", "note": "#B7A2F5", "note_soft": "#2C2643",
}  # fmt: skip
WINDOW_ICON_SIZES = (16, 32, 48)
TOKENS = "tokens"  # the property of the application that names the colours in force, as it holds its style sheet


class Theme(QObject):
    """Dresses the application: light, dark, or as the system says."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application, self._wanted = application, "system"
        application.setStyle("Fusion")
        application.setWindowIcon(_window_icon())
        font = QFont(application.font())
        font.setPixelSize(13)
        font.setFeature(QFont.Tag("tnum"), 1)  # figures of one width: times and numbers stand under each other
        application.setFont(font)
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.wear("system")

    def wear(self, wanted: str) -> None:
        """Dress as "light", "dark" or "system"."""
        self._wanted = wanted
        is_dark = wanted == "dark" or (
            wanted == "system" and self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        tokens = DARK if is_dark else LIGHT
        sheet = style_sheet(tokens)
        if sheet == self._application.styleSheet():
            return  # every widget would be dressed anew, as it is
        self._application.setProperty(TOKENS, "dark" if is_dark else "light")
        self._application.setPalette(_palette(tokens))
        self._application.setStyleSheet(sheet)

    def _system_changed(self) -> None:
        if self._wanted == "system":
            self.wear("system")


def style_sheet(tokens: Tokens) -> str:
    """All numbered styles, one after the other, in these colours."""
    folder = resources.folder()
    files = sorted((folder / "styles").glob("*.qss"))
    icons = (folder / "icons").as_posix()
    return Template("\n".join(file.read_text("utf-8") for file in files)).substitute(tokens, icons=icons)


def tokens_in_force() -> Tokens:
    """The colours of the theme in force."""
    application = QApplication.instance()
    # Its name, not the colours: those would be copied each time, and a row of the timeline asks ten times.
    return DARK if application is not None and application.property(TOKENS) == "dark" else LIGHT


def colour(token: str) -> QColor:
    """The colour that this token has now."""
    return QColor(tokens_in_force()[token])


def _window_icon() -> QIcon:
    """The program's own icon, for the frames of windows and the bar of running programs."""
    drawing = QSvgRenderer(str(resources.folder() / "app" / "agent-workstation.svg"))
    icon = QIcon()
    for size in WINDOW_ICON_SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        drawing.render(painter)
        painter.end()
        icon.addPixmap(pixmap)
    return icon


def icon_pixmap(name: str, token: str, size: int, ratio: float) -> QPixmap:
    """An icon of ours in the colour that this token has now; `size` in logical pixels."""
    return _drawn(name, tokens_in_force()[token], size, ratio)


@lru_cache(maxsize=512)
def _drawn(name: str, shade: str, size: int, ratio: float) -> QPixmap:
    svg = (resources.folder() / "icons" / f"{name}.svg").read_text("utf-8").replace("currentColor", shade)
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _palette(tokens: Tokens) -> QPalette:
    palette, role = QPalette(), QPalette.ColorRole
    pairs = {
        role.Window: "window", role.Base: "surface", role.AlternateBase: "sunken", role.Button: "surface",
        role.Text: "text", role.WindowText: "text", role.ButtonText: "text", role.PlaceholderText: "faint",
        role.ToolTipBase: "surface", role.ToolTipText: "text", role.Highlight: "accent",
        role.HighlightedText: "accent_text", role.Link: "accent", role.Accent: "accent", role.Mid: "line_strong",
    }  # fmt: skip
    for which, token in pairs.items():
        palette.setColor(which, QColor(tokens[token]))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens["faint"]))
    return palette
