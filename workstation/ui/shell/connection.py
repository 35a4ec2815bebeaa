"""How the window stands towards central: a word in the top bar, and one calm banner when it matters."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from workstation.language import _, ngettext
from workstation.services.sync.standing import Connection
from workstation.ui import wording
from workstation.ui.widgets.icons import Icon
from workstation.ui.widgets.parts import button, label, set_role

CALM_SECONDS = 5  # a shorter break is none
DELIVERED_SECONDS = 8
WRONG_CLOCK_MS = 120_000  # sync.md, section 1.5
Clock = Callable[[], datetime]


def in_short(connection: Connection, now: datetime) -> tuple[str, str, str]:
    """(icon, tone, words) for the top bar."""
    wait = ngettext("{n} waits", "{n} wait", connection.waiting).format(n=connection.waiting)
    if connection.state == "filling":
        return "online", "accent", _("Filling · {n}").format(n=wording.number(connection.filled or 0))
    if connection.is_online and connection.last_sync is not None:
        age = _("Online · {age}").format(age=wording.ago((now - connection.last_sync).total_seconds()))
        return "online", "ok", f"{age} · {wait}" if connection.waiting else age
    words = {"login": _("Sign in again"), "update": _("Update needed"), "refused": _("Central refuses")}
    known = words.get(connection.state, _("Offline"))
    return "offline", "warn", f"{known} · {wait}" if connection.waiting else known


class ConnectionLabel(QFrame):
    """The word in the top bar; its tooltip says the rest."""

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._connection: Connection | None = None
        self._icon, self._words = Icon("online", "muted"), label(_("Connecting…"), "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._icon)
        layout.addWidget(self._words)
        self._ticking = QTimer(self, interval=1000)
        self._ticking.timeout.connect(self._tick)
        self._ticking.start()

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def show_connection(self, connection: Connection) -> None:
        """Say how it stands."""
        self._connection = connection
        self._tick()

    def _tick(self) -> None:
        if self._connection is None:
            return
        icon, tone, words = in_short(self._connection, self._clock())
        self._icon.show_icon(icon, tone)
        if words != self._words.text():
            self._words.setText(words)
            self.setAccessibleName(words)
        set_role(self._words, "role", "warn" if tone == "warn" else "muted")
        self.setToolTip(self._connection.words or words)


class OutageBanner(QFrame):
    """Signals: details_wanted: what waits shall be shown."""

    details_wanted = Signal()

    def __init__(self, clock: Clock, zone: ZoneInfo) -> None:
        super().__init__()
        self._clock, self._zone = clock, zone
        self._connection: Connection | None = None
        self._was_out = False
        self._delivered_at: datetime | None = None
        self.setProperty("alert", "warn")
        self._icon, self._words = Icon("offline", "warn", 18), label("", "strong", wrap=True)
        self._details = button(_("Details"), "quiet", clicked=self.details_wanted.emit)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(10)
        layout.addWidget(self._icon)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._details)
        self._ticking = QTimer(self, interval=1000)
        self._ticking.timeout.connect(self._tick)
        self._ticking.start()
        self.hide()

    @property
    def words(self) -> str:
        """What it says; empty when it is not shown."""
        return self._words.text() if not self.isHidden() else ""

    def show_connection(self, connection: Connection) -> None:
        """Say it, where it matters."""
        self._connection = connection
        self._tick()

    def _tick(self) -> None:
        connection, now = self._connection, self._clock()
        if connection is None:
            return
        found = self._message(connection, now)
        self.setVisible(found is not None)
        if found is not None:
            words, alert, icon = found
            self._icon.show_icon(icon, "accent" if alert == "info" else alert)
            self._words.setText(words)
            self.setAccessibleName(words)
            set_role(self, "alert", alert)
            self._details.setVisible(bool(connection.waiting or connection.undecided))

    def _message(self, connection: Connection, now: datetime) -> tuple[str, str, str] | None:
        out_for = (now - connection.since).total_seconds()
        if connection.state == "offline":
            if out_for < CALM_SECONDS and not self._was_out:
                return None
            self._was_out = True
            return self._outage(connection, now), "warn", "offline"
        if not connection.is_online:
            return connection.words or _("Central refuses this desk; work goes on on this PC."), "warn", "alert"
        if self._was_out:
            if connection.waiting:
                many = ngettext("{n} change is on its way", "{n} changes are on their way", connection.waiting)
                return many.format(n=connection.waiting), "warn", "online"
            self._was_out, self._delivered_at = False, now
        delivered = self._delivered_at
        if delivered is not None and 0 <= (now - delivered).total_seconds() < DELIVERED_SECONDS:
            return _("All changes delivered"), "ok", "check"
        return self._less_urgent(connection)

    def _outage(self, connection: Connection, now: datetime) -> str:
        parts = [
            _("No connection since {time}").format(time=_since(connection.since, self._zone, now)),
            _("working on this PC"),
        ]
        if connection.waiting:
            many = ngettext("{n} change waits", "{n} changes wait", connection.waiting)
            parts.append(many.format(n=connection.waiting))
        return " · ".join(parts)

    def _less_urgent(self, connection: Connection) -> tuple[str, str, str] | None:
        if connection.state == "filling":
            words = _("This PC is being filled: {n} customers so far. You can work with those that are here.")
            return words.format(n=wording.number(connection.filled or 0)), "info", "info"
        offset = connection.clock_offset_ms or 0
        if abs(offset) > WRONG_CLOCK_MS:
            words = _("The clock of this PC is wrong by {time}. Central's time counts; please have it set right.")
            return words.format(time=wording.ago(abs(offset) / 1000)), "warn", "clock"
        if connection.words:
            return connection.words, "warn", "alert"
        return None


def _since(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    is_today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return wording.clock_time(moment, zone) if is_today else wording.moment(moment, zone, now)


class DecisionsButton(QToolButton):
    """How much waits for a decision of this agent; not there when nothing does."""

    def __init__(self) -> None:
        super().__init__()
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setProperty("role", "decisions")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()

    def show_connection(self, connection: Connection) -> None:
        """Say how much."""
        count = connection.undecided
        self.setText(_("Needs your decision · {n}").format(n=count))
        self.setAccessibleName(self.text())
        self.setVisible(count > 0)
