"""Makes the whole window speak one language: our words, dates and numbers, and Qt's own buttons and menus."""

from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from workstation import resources
from workstation.language import _, use

SPOKEN = "spoken"  # the property of the application that keeps the translator, as it keeps the colours of the theme


class QtWords(QTranslator):
    """Gives Qt the words of our own translators: Qt ships none in Uzbek, and Belarusian ones with holes."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._words = _words_of_qt()

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        return self._words.get(text)


def speak(application: QApplication, language: str) -> None:
    """From now on everything new speaks `language`, a code as "ru"; what shows already is to be made anew."""
    use(language, resources.folder() / "locale")
    QLocale.setDefault(QLocale(language))
    before = application.property(SPOKEN)
    if isinstance(before, QTranslator):
        application.removeTranslator(before)
    words = QtWords(application)
    application.installTranslator(words)
    application.setProperty(SPOKEN, words)


def _words_of_qt() -> dict[str, str]:
    """Every text of Qt's that this program shows, by its English: menus of text fields and scroll bars, buttons of
    dialogs, and what a screen reader is told can be done."""
    # Text fields and numbers
    words = {
        "&Undo": _("&Undo"), "&Redo": _("&Redo"), "Cu&t": _("Cu&t"), "&Copy": _("&Copy"), "&Paste": _("&Paste"),
        "Delete": _("Delete"), "Select All": _("Select All"), "&Select All": _("Select All"),
        "Copy &Link Location": _("Copy &Link Location"), "&Step up": _("&Step up"), "Step &down": _("Step &down"),
    }  # fmt: skip
    # Buttons of dialogs
    words |= {
        "OK": _("OK"), "&OK": _("OK"), "Cancel": _("Cancel"), "&Cancel": _("Cancel"), "Close": _("Close"),
        "&Close": _("Close"), "Save": _("Save"), "&Save": _("Save"), "Open": _("Open"), "&Open": _("Open"),
        "&Yes": _("&Yes"), "&No": _("&No"), "Apply": _("Apply"), "Reset": _("Reset"), "Help": _("Help"),
        "Discard": _("Discard"),
    }  # fmt: skip
    # Scroll bars and tabs
    words |= {
        "Scroll here": _("Scroll here"), "Top": _("Top"), "Bottom": _("Bottom"), "Page up": _("Page up"),
        "Page down": _("Page down"), "Scroll up": _("Scroll up"), "Scroll down": _("Scroll down"),
        "Left edge": _("Left edge"), "Right edge": _("Right edge"), "Page left": _("Page left"),
        "Page right": _("Page right"), "Scroll left": _("Scroll left"), "Scroll right": _("Scroll right"),
        "Scroll Left": _("Scroll left"), "Scroll Right": _("Scroll right"), "Close Tab": _("Close"),
    }  # fmt: skip
    # Choosing a file
    words |= {
        "&Look in:": _("Folder:"), "Back": _("Back"), "Forward": _("Forward"), "Parent Directory": _("One folder up"),
        "Go back": _("Back"), "Go forward": _("Forward"), "Go to the parent directory": _("One folder up"),
        "Create New Folder": _("New folder"), "Create a New Folder": _("New folder"), "&New Folder": _("New folder"),
        "List View": _("As a list"), "Change to list view mode": _("As a list"), "Detail View": _("With details"),
        "Change to detail view mode": _("With details"), "Sidebar": _("Places"),
        "List of places and bookmarks": _("Places"), "Files": _("Files"), "Files of &type:": _("Kind of file:"),
        "Computer": _("Computer"), "Drive": _("Drive"), "Folder": _("Folder"), "File &name:": _("File name:"),
        "Directory:": _("Folder:"), "Name": _("Name"), "Size": _("Size"), "Type": _("Kind"),
        "Date Modified": _("Changed"), "All Files (*)": _("All files (*)"), "&Rename": _("Rename"),
        "&Delete": _("Delete"), "Show &hidden files": _("Show hidden files"),
        "%1 already exists.\nDo you want to replace it?": _("%1 already exists.\nDo you want to replace it?"),
    }  # fmt: skip
    # For screen readers
    words |= {
        "Press": _("Press"), "Toggle": _("Toggle"), "ShowMenu": _("Show the menu"), "SetFocus": _("Go there"),
        "Increase": _("Increase"), "Decrease": _("Decrease"),
        "Open the combo box selection popup": _("Open"),
        "Triggers the action": _("Triggers the action"), "Toggles the state": _("Toggles the state"),
        "Shows the menu": _("Show the menu"), "Sets the focus": _("Go there"),
        "Increase the value": _("Increase"), "Decrease the value": _("Decrease"),
        "Previous Page": _("Page up"), "Next Page": _("Page down"),
    }  # fmt: skip
    return words
