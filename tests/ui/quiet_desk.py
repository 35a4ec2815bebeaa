"""A desk without central for the screens of callbacks: a replica, the background, the doors, a clock that is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.windows import press, type_text, until
from workstation.records import Agent, Callback, ContactPoint, Disposition, Team
from workstation.replica.store import Store
from workstation.services import callbacks, customers
from workstation.services.callbacks import CallbackForm
from workstation.ui.background import Background
from workstation.ui.desk.screen import DeskScreen
from workstation.ui.doors import Doors
from workstation.ui.seat import Seat

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday: 14:30 in Tashkent, 12:30 in Minsk
ME, BOTIR, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)
REGIONS = ("UZ", "BY", "RU", "KZ")


@dataclass
class QuietDesk:
    """Aziza in Minsk, who calls customers in Tashkent."""

    store: Store
    background: Background
    doors: Doors
    time: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def seat(self) -> Seat:
        return Seat(ME, "aziza", "Aziza", "agent", TEAM, 1, REGIONS, lambda: self.time[0], ZoneInfo("Europe/Minsk"))

    def pass_minutes(self, minutes: float) -> None:
        """The clock on the wall moves, as also after sleep."""
        self.time[0] += timedelta(minutes=minutes)
        self.doors.minute_passed.emit()

    def add_customer(self, name: str = "Dilnoza Karimova", *phones: str) -> UUID:
        with self.store.write() as session:
            return customers.add_customer(session, 1, name, phones, self.time[0], REGIONS)

    def promise(self, customer: UUID, minutes: float, owner: UUID | None = ME, **facts: object) -> UUID:
        due = self.time[0] + timedelta(minutes=minutes)
        form = CallbackForm(due.isoformat(), None, None, owner, made_by="customer asked", **facts)  # type: ignore[arg-type]
        with self.store.write() as session:
            return callbacks.add_callback(session, customer, ME, form, min(due, self.time[0]), "UZ")

    def callback(self, callback_id: UUID) -> Callback:
        with self.store.read() as session:
            return session.get_one(Callback, callback_id)

    def all_callbacks(self) -> list[Callback]:
        with self.store.read() as session:
            return list(session.query(Callback).order_by(Callback.made_at, Callback.id))

    def forbid_number(self, customer: UUID) -> None:
        with self.store.write() as session:
            session.query(ContactPoint).filter_by(customer_id=customer).one().do_not_use = True

    def settle(self) -> None:
        until(lambda: self.background.is_idle)


def desk_screen(desk: QuietDesk, qtbot: Any) -> DeskScreen:
    """The screen with profile, history and quick note, shown."""
    made = DeskScreen(desk.background, desk.doors, desk.seat)
    qtbot.addWidget(made)
    made.resize(1318, 700)
    made.show()
    return made


@contextmanager
def quiet_desk(folder: Path) -> Iterator[QuietDesk]:
    """Open the desk; its window parts are made by the test."""
    doors = Doors()
    store = Store(folder / "replica.db", bytes(32), lambda: NOW, doors.announce)
    with store.write() as session:
        session.add(Team(id=TEAM, name="Tashkent"))
        session.add(Agent(id=ME, login="aziza", name="Aziza", team_id=TEAM))
        session.add(Agent(id=BOTIR, login="botir", name="Botir", team_id=TEAM))
        session.add(Disposition(code="no_answer", label="No answer"))
    background = Background(store)
    yield QuietDesk(store, background, doors)
    until(lambda: background.is_idle)
    background.close()
    store.close()


__all__ = ["BOTIR", "ME", "NOW", "TEAM", "QuietDesk", "desk_screen", "press", "quiet_desk", "type_text", "until"]
