"""Pictures of every screen, in every size, theme and language."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

from workstation import resources
from workstation.app import now
from workstation.demo.centre import Centre
from workstation.demo.driving import press, settle, type_text, until
from workstation.demo.tour import FOUND, SEARCHED, Stage
from workstation.language import LANGUAGES, use
from workstation.services import agenda
from workstation.ui.callbacks.form import CallbackDialog
from workstation.ui.doors import ArrivedCall
from workstation.ui.shell.call_popup import CallPopup
from workstation.ui.shell.connection import OutageBanner
from workstation.ui.shell.key_sheet import KeySheet
from workstation.ui.sign_in.screen import SignInScreen, WaitingLine

SIZES = ((1093, 614), (1366, 768), (1920, 1080))
AT_ALL_SIZES = ("en", "ru")  # the others at the first size, where words have the least room
TALKED_TO = "Feruza Norboyeva"
THEMES = ("light", "dark")


def take(application: QApplication, centre: Centre, folder: Path, homes: Path, tell: Callable[[str], None]) -> int:
    """Write all pictures; gives how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for language in LANGUAGES:
        use(language, resources.folder() / "locale")
        tour = PictureTour(application, centre, folder, homes / language, language)
        count += tour.take(tell)
    return count


class PictureTour(Stage):
    """Leads a supervisor's window through its screens."""

    def __init__(self, application: QApplication, centre: Centre, folder: Path, homes: Path, language: str) -> None:
        super().__init__(application, centre, folder, homes)
        self._language, self._count = language, 0
        self._sizes = SIZES if language in AT_ALL_SIZES else SIZES[:1]

    def take(self, tell: Callable[[str], None]) -> int:
        """Every screen of this language."""
        for login in ("tashkent1", "tashkent-head"):
            (self._homes / login).mkdir(parents=True, exist_ok=True)
            (self._homes / login / "settings.toml").write_text(f'language = "{self._language}"\n', "utf-8")
        try:
            self._colleague()
            self.first = self._enter("tashkent-head", self._line.url_for(self._centre.url))
            monitoring = self.first.window.screen_of("monitoring")
            self.first.window.go_to("monitoring")
            until(lambda: any(line.state == "on_contact" for line in monitoring.agents.model.rows), "who talks")
            self.first.window.go_to("today")
            self._screens(tell)
        finally:
            self.close()
        return self._count

    def _screens(self, tell: Callable[[str], None]) -> None:
        window, desk = self._first.window, self._first.window.screen_of("desk")
        for place in window.pages:
            if place != "desk":
                window.go_to(place)
                self._shoot(place, window, tell)
        self._callbacks(tell)
        box = window.search_box
        box.begin()
        type_text(box, SEARCHED)
        until(lambda: box.found.isVisible() and FOUND in box.found.list.item(0).text(), FOUND)
        self._shoot("search", window, tell)
        customer = box.found.list.item(0).data(0x0100)
        box.clear()
        window.open_customer(customer)
        until(lambda: desk.profile.card is not None, FOUND)
        desk.note.focus_editor()
        type_text(desk.note.editor, "Чек найден: оплата ушла в «Коммунальные». Передала в финансы, ответ до пятницы.")
        desk.note.outcome.choose("waits_for_us")
        until(desk.note.kept.text, "the draft kept")
        self._shoot("desk", window, tell)
        self._calls(desk.profile.card.points[0].value, tell)
        desk.editing.edit()
        self._shoot_dialog("edit", tell)
        desk.add_customer("+998 90 000-00-00")
        self._shoot_dialog("new-customer", tell)
        desk.begin_callback()
        self._shoot_dialog("callback", tell)
        sheet = KeySheet(window, frozenset(window.pages))
        sheet.open()
        self._shoot_dialog("keys", tell)
        self._line.cut()
        banner = window.findChild(OutageBanner)
        until(lambda: banner is not None and banner.words, "the banner", 40)
        press(desk.note.editor, "Ctrl+Return")
        until(lambda: self._first.waiting > 0, "what was written waits")
        self._shoot("outage", window, tell)
        self._first.lock_now()
        self._shoot("locked", window, tell)
        gate = SignInScreen("postgresql://central.example/workstation", "tashkent-head", True, self._language)
        gate.show_waiting([WaitingLine("postgresql://central.example/workstation", "tashkent1", 3, "09:12")])
        gate.show()
        self._shoot("sign-in", gate, tell)
        gate.deleteLater()

    def _colleague(self) -> None:
        """Somebody of the team talks with a customer: their supervisor sees it."""
        window = self._enter("tashkent1", self._centre.url).window
        box, desk = window.search_box, window.screen_of("desk")
        type_text(box, TALKED_TO)
        until(lambda: box.found.isVisible() and box.found.list.item(0).data(0x0100), TALKED_TO)
        press(box, "Return")
        until(lambda: desk.profile.card is not None, TALKED_TO)
        type_text(desk.note.editor, "Asks where the payment is.")
        desk.note.outcome.choose("waits_for_us")
        until(desk.note.kept.text, "the draft kept")
        window.hide()

    def _callbacks(self, tell: Callable[[str], None]) -> None:
        """The board as a supervisor finds it in the morning: all that is open."""
        board = self._first.window.screen_of("callbacks")
        self._first.window.go_to("callbacks")
        board.show_whose(agenda.ALL)
        until(board.table.selected, "all callbacks")
        self._shoot("callbacks-all", self._first.window, tell)
        board.show_whose(agenda.MINE)

    def _calls(self, number: str, tell: Callable[[str], None]) -> None:
        """Somebody known calls while a note is being written; then somebody unknown, and more of them."""
        window, calls = self._first.window, self._first.workstation.calls
        hear = self._first.workstation.doors.call_arrived.emit
        for name, texts in (("call", [number]), ("call-unknown", ["+998 93 000-00-01", "+998 93 000-00-02"])):
            for text in texts:
                hear(ArrivedCall(text, now()))
            self._until_offered(len(texts))
            self._shoot(name, window, tell, calls.popup)
            calls.popup.dismiss_all.click()

    def _until_offered(self, many: int) -> None:
        until(lambda: len(self._first.workstation.calls.offers) == many, "the calls offered")

    def _shoot(self, name: str, window: QWidget, tell: Callable[[str], None], above: CallPopup | None = None) -> None:
        theme = self._programs[0].theme
        until(lambda: self._first.workstation.background.is_idle, "everything read")
        for look in THEMES:
            theme.wear(look)
            for width, height in self._sizes:
                window.resize(width, height)
                if above is not None:
                    above.hide()
                    above.place = None
                    self._first.workstation.calls.show_again()
                settle()
                self._keep(window, f"{name}-{width}x{height}-{look}-{self._language}", above)
        tell(f"{name} {self._language}")

    def _shoot_dialog(self, name: str, tell: Callable[[str], None]) -> None:
        until(lambda: QApplication.activeModalWidget() is not None, name)
        until(lambda: self._first.workstation.background.is_idle, "everything read")
        dialog = QApplication.activeModalWidget()
        assert dialog is not None, "waited for"
        if isinstance(dialog, CallbackDialog):
            until(dialog.times.text, "both times")
        for look in THEMES:
            self._programs[0].theme.wear(look)
            settle()
            self._keep(dialog, f"{name}-{look}-{self._language}")
        dialog.close()
        settle()
        tell(f"{name} {self._language}")

    def _keep(self, widget: QWidget, name: str, above: QWidget | None = None) -> None:
        picture = widget.grab()
        if above is not None:  # a window of its own before this one, as a person sees them
            painter = QPainter(picture)
            painter.drawPixmap(above.pos() - widget.mapToGlobal(QPoint(0, 0)), above.grab())
            painter.end()
        picture.save(str(self._folder / f"{name}.png"))
        self._count += 1
