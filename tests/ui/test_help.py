"""Help in the window: the report is saved where the person says, about tells what this is."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu

from tests.cli.test_secrets import SECRETS, found_in
from tests.desks import PASSWORD
from tests.ui.test_accessible import nameless
from tests.windows import until
from workstation.app import help as window_help
from workstation.app.entrance import Entrance
from workstation.ui.shell.about import AboutDialog, LicencesDialog
from workstation.ui.shell.report_dialog import ReportDialog


def help_action(head, words):
    menus = head.window.top_bar.findChildren(QMenu)
    inside = next(menu for menu in menus if menu.title() == "Help")
    return next(action for action in inside.actions() if words in action.text())


def opened(head, kind):
    head.until(lambda: isinstance(QApplication.activeModalWidget(), kind))
    head.settle()
    return QApplication.activeModalWidget()


@pytest.fixture
def head(open_window):
    return open_window("aziza")


def test_the_report_is_written_where_the_person_says(head, tmp_path):
    customer = head.desk.add_customer(SECRETS["name"], SECRETS["phone"])
    head.desk.note(customer, SECRETS["note"])
    help_action(head, "report").trigger()
    dialog = opened(head, ReportDialog)
    assert nameless(dialog) == []
    file = tmp_path / "for support.txt"
    dialog.path.setText(str(file))
    dialog.primary.click()
    head.until(lambda: "Saved as" in dialog._saved_words.text(), seconds=40)
    text = file.read_text("utf-8")
    assert "[check]" in text
    assert "qt: ok" in text
    assert "central: ok answers" in text
    assert "screens: " in text
    assert found_in(file.read_bytes()) == []
    assert head.desk.desk.who.agent not in text
    dialog.reject()


def test_what_cannot_be_written_is_told_and_the_file_there_is_kept(head, tmp_path):
    (tmp_path / "there.txt").write_text("mine", "utf-8")
    help_action(head, "report").trigger()
    dialog = opened(head, ReportDialog)
    for said, told in (("", "Name a file"), ("   ", "Name a file"), ("here.txt", "with its folder"),
                       (str(tmp_path / "there.txt"), "already"), (str(tmp_path / "no" / "x.txt"), "cannot be written"),
                       ("/" + "x" * 5_000, "cannot be written"), ("/tmp/a\0b", "cannot be the name")):  # fmt: skip
        dialog.path.setText(said)
        dialog.primary.click()
        head.until(lambda told=told: told in dialog._words.text(), seconds=40)
        assert dialog.primary.isEnabled()
    assert (tmp_path / "there.txt").read_text("utf-8") == "mine"
    dialog.path.setText(str(tmp_path))
    dialog.primary.click()
    head.until(lambda: "Saved as" in dialog._saved_words.text(), seconds=40)
    assert [path.name for path in tmp_path.glob("workstation-report-*.txt")]
    dialog.reject()


def is_whole(label) -> bool:
    """Whether a text that wraps has the height it needs."""
    return label.height() >= label.heightForWidth(label.width())


def test_nothing_is_cut_however_long_a_path_or_a_reason_is(head, tmp_path):
    help_action(head, "report").trigger()
    dialog = opened(head, ReportDialog)
    told = next(one for one in dialog.findChildren(QLabel) if one.text().startswith("One file"))
    dialog.show_problem("This is a long reason. " * 12, dialog.path)
    head.settle()
    assert is_whole(told)
    assert is_whole(dialog._words)
    dialog.show_problem("")
    dialog.show_saved(tmp_path / "/".join(["a folder with a long name"] * 12) / "x.txt")
    head.settle()
    assert is_whole(told)
    assert is_whole(dialog._saved_words)
    dialog.reject()


def test_another_folder_is_chosen_and_the_name_kept(head, tmp_path):
    help_action(head, "report").trigger()
    dialog = opened(head, ReportDialog)
    dialog.other.click()
    chooser = opened(head, QFileDialog)
    chooser.fileSelected.emit(str(tmp_path))
    chooser.reject()
    assert dialog.path.text().startswith(str(tmp_path))
    assert dialog.path.text().endswith(".txt")
    dialog.reject()


def test_about_says_what_this_is_and_can_be_copied(head):
    help_action(head, "About").trigger()
    dialog = opened(head, AboutDialog)
    assert nameless(dialog) == []
    dialog._copy()
    copied = QGuiApplication.clipboard().text()
    for part in ("Agent Workstation: 0.1", "Python: 3.", "PySide6-Essentials: 6.", str(head.desk.desk.home.root),
                 str(head.desk.desk.who.device)):  # fmt: skip
        assert part in copied
    dialog.reject()


def test_licences_are_shown_where_they_came_with_the_program(head, tmp_path, monkeypatch):
    monkeypatch.setattr(window_help.sys, "executable", str(tmp_path / "python"))
    (tmp_path / "THIRD_PARTY.txt").write_text("Qt: LGPL", "utf-8")
    help_action(head, "About").trigger()
    dialog = opened(head, AboutDialog)
    dialog._show_licences()
    licences = opened(head, LicencesDialog)
    assert nameless(licences) == []
    assert licences.text.toPlainText() == "Qt: LGPL"
    licences.reject()
    dialog.reject()


def test_the_report_is_saved_without_central_too(head, tmp_path):
    head.desk.line.cut()
    help_action(head, "report").trigger()
    dialog = opened(head, ReportDialog)
    dialog.path.setText(str(tmp_path / "offline.txt"))
    dialog.primary.click()
    head.until(lambda: "Saved as" in dialog._saved_words.text(), seconds=40)
    assert "central: NO CentralOffline" in (tmp_path / "offline.txt").read_text("utf-8")
    dialog.reject()


@pytest.mark.parametrize("password", ["", PASSWORD, "wrong"])
def test_who_cannot_sign_in_saves_a_report_too(open_desk, qapp, tmp_path, password):
    aziza = open_desk("aziza")
    customer = aziza.add_customer(SECRETS["name"], SECRETS["phone"])
    aziza.note(customer, SECRETS["note"])
    entrance = Entrance(qapp, aziza.desk.home)
    entrance.show()
    gate = entrance.gate
    gate.password.setText(password)
    gate.report.click()
    until(lambda: isinstance(QApplication.activeModalWidget(), ReportDialog))
    dialog = QApplication.activeModalWidget()
    file = tmp_path / "gate.txt"
    for said, told in ((str(tmp_path / "no" / "x.txt"), "cannot be written"), (str(file), "")):
        dialog.path.setText(said)
        dialog.primary.click()
        until(lambda told=told: told in dialog._words.text() and not dialog._busy.isVisible(), 40)
    until(lambda: "Saved as" in dialog._saved_words.text())
    text = file.read_text("utf-8")
    assert ("waiting add note" in text) == (password == PASSWORD)
    assert found_in(file.read_bytes()) == []
    dialog.reject()
    gate.hide()
    gate.deleteLater()
