"""Qt's own buttons and menus speak the language of the window."""

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QToolButton,
)

from workstation.language import LANGUAGES
from workstation.ui.speech import SPOKEN, QtWords, speak

OTHERS = [code for code in LANGUAGES if code != "en"]
NOT_WORDS = {"QShortcut", "QGuiApplication"}  # the legends of keys, and the direction of writing


class Asked(QTranslator):
    """Notes what Qt asks for."""

    def __init__(self, application):
        super().__init__(application)
        self.texts = set()

    def isEmpty(self):
        return False

    def translate(self, context, text, disambiguation=None, n=-1):
        if context not in NOT_WORDS and not text.startswith(("Alt+", "Show ")):
            self.texts.add(text)


@pytest.fixture
def asked(qapp):
    made = Asked(qapp)
    qapp.installTranslator(made)
    yield made
    qapp.removeTranslator(made)


@pytest.fixture(autouse=True)
def _english_again(qapp):
    yield
    speak(qapp, "en")


def test_every_text_of_qt_that_may_show_has_words_of_ours(qapp, qtbot, asked):
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    tabs = QTabBar()
    for number in range(20):
        tabs.addTab(f"customer {number}")
    tabs.setTabsClosable(True)
    tabs.resize(80, 30)
    files = QFileDialog()
    files.setOption(QFileDialog.Option.DontUseNativeDialog)
    line, text = QLineEdit("x"), QPlainTextEdit("x")
    shown = [buttons, tabs, files, line, text, QCalendarWidget(), QComboBox(), QCheckBox(), QToolButton()]
    menus = [field.createStandardContextMenu() for field in (line, text)]
    for widget in shown:
        qtbot.addWidget(widget)
        widget.show()
        accessible = QAccessible.queryAccessibleInterface(widget)
        actions = accessible.actionInterface() if accessible is not None else None
        for name in actions.actionNames() if actions is not None else ():
            actions.localizedActionName(name)
            actions.localizedActionDescription(name)
    qapp.processEvents()
    words = qapp.property(SPOKEN) or QtWords(qapp)
    assert len(asked.texts) > 40
    assert len(menus) == 2
    assert {text for text in asked.texts if text and not words.translate("", text)} == set()


@pytest.mark.parametrize(("code", "undo", "cancel"), [("ru", "Отменить", "Отмена"), ("uz", "Bekor", "Bekor qilish"),
                                                      ("be", "Адмяніць", "Скасаваць")])  # fmt: skip
def test_menus_and_buttons_speak(qapp, qtbot, code, undo, cancel):
    speak(qapp, code)
    field = QLineEdit("x")
    qtbot.addWidget(field)
    menu = field.createStandardContextMenu()
    qtbot.addWidget(menu)
    assert undo in menu.actions()[0].text().replace("&", "")
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text() == cancel
    assert QLocale().name().startswith(code)
