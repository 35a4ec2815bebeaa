"""What can be done with one entry of a timeline, by menu or key."""

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from workstation.language import _
from workstation.services.history import EntryLine

COPY, PIN, CORRECT, DELETE, READ = "copy", "pin", "correct", "delete", "read"
DONE, NO_ANSWER, MOVE, GIVE, CANCEL = "done", "no answer", "move", "give", "cancel"


def gestures_of(entry: EntryLine) -> list[tuple[str, str]]:
    """(gesture, words), in the order of the menu; what is another's to do is not offered."""
    if entry.kind == "callback" and entry.what == "open":
        return [
            (DONE, _("Done")), (NO_ANSWER, _("No answer")), (MOVE, _("Another time…")), (GIVE, _("Give to…")),
            (CANCEL, _("Cancel callback…")),
        ]  # fmt: skip
    found = [(COPY, _("Copy the text\tCtrl+C"))] if entry.text else []
    if entry.note_id is None or entry.is_deleted:
        return found
    found.append((PIN, _("Unpin\tP") if entry.is_pinned else _("Pin\tP")))
    if entry.is_own_note:
        found += [(CORRECT, _("Correct…\tE")), (DELETE, _("Delete\tDel"))]
    else:
        found.append((READ, _("Read whole…\tEnter")))
    return found


def open_menu(parent: QWidget, entry: EntryLine, at: QPoint, act: Callable[[str], object]) -> QMenu | None:
    """The menu of an entry at this place of the screen; None when nothing can be done with it."""
    gestures = gestures_of(entry)
    if not gestures:
        return None
    menu = QMenu(parent)
    menu.setAccessibleName(_("What can be done with it"))
    menu.aboutToHide.connect(menu.deleteLater)
    for name, words in gestures:
        menu.addAction(words).triggered.connect(lambda _on=False, name=name: act(name))
    menu.popup(at)
    return menu
