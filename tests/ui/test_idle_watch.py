"""Who touches the keyboard or the mouse is there."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from tests.windows import until
from workstation.ui.sign_in.lock_screen import IdleWatch


def test_keys_and_the_mouse_in_the_window_and_in_a_dialog_are_noticed(qapp, qtbot):
    idle, idled = IdleWatch(qapp, 0), []
    idle.idled.connect(lambda: idled.append(1))
    for window in (QLineEdit(), QDialog()):
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        until(lambda window=window: qapp.focusWindow() is window.windowHandle())
        until(lambda: idled and not idle.is_waiting)
        idled.clear()
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
        until(lambda: idled and not idle.is_waiting)
        idled.clear()
        QTest.mousePress(window.windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(7, 7))
        until(lambda: idled and not idle.is_waiting)
    idle.stop()
    idled.clear()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
    assert not idle.is_waiting
    assert not idled
