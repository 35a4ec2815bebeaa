"""The disk is full while somebody saves in the window: room in reserve takes it; after that the text stays."""

from PySide6.QtWidgets import QLabel

from tests.windows import window_of
from workstation.replica import reserve


def said(window: object) -> str:
    """Everything a window says in words."""
    return " ".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


def test_the_reserve_takes_what_is_in_hand_and_then_the_text_stays_until_there_is_room(
    qapp, centre, clock, volume, monkeypatch
):
    monkeypatch.setattr(reserve, "BYTES", 4_000_000)
    monkeypatch.setattr(reserve, "LOW_BYTES", 0)  # only the refusal of the disk tells that it is full
    home = volume.root / "aziza"
    with window_of(centre, "aziza", "agent", home, clock) as aziza:
        customer = aziza.desk.add_customer("Dilnoza Karimova")
        aziza.line.cut()
        aziza.window.open_customer(customer)
        desk = aziza.window.screen_of("desk")
        aziza.until(lambda: desk.note.isEnabled() and desk.customer_id == customer)
        aziza.settle()
        aziza.desk.store.checkpoint()  # else the log has room for what is typed
        volume.fill()
        desk.note.focus_editor()
        aziza.type(desk.note.editor, "In hand")
        aziza.press(desk.note.editor, "Ctrl+Return")
        aziza.until(lambda: aziza.desk.notes(customer) == {"In hand"})
        aziza.until(lambda: "make room on it soon" in said(aziza.window))
        assert not (home / "reserve").exists()
        aziza.settle()
        aziza.desk.store.checkpoint()
        volume.fill()
        aziza.type(desk.note.editor, "The contract never arrived")
        aziza.press(desk.note.editor, "Ctrl+Return")
        aziza.until(lambda: "full; this was not saved" in said(desk.note))
        assert desk.note.editor.toPlainText() == "The contract never arrived"
        assert aziza.desk.notes(customer) == {"In hand"}
        volume.empty()
        aziza.press(desk.note.editor, "Ctrl+Return")
        aziza.until(lambda: len(aziza.desk.notes(customer)) == 2)
        aziza.until(lambda: desk.note.editor.toPlainText() == "")
