"""T3: the real program killed with -9 at any moment: no save is lost or doubled, and the replica opens and is whole."""

import random
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.desks import Centre
from tests.faults.programs import Mark, Place, Program, check_arrived, check_sound, signed_in, tell

SEED = 20261122  # another one finds other moments; each test tells what it did


class Day:
    """What one agent wrote while programs were killed around it, and what was acknowledged."""

    def __init__(self, place: Place, customer: str, chance: random.Random) -> None:
        self.place, self.customer, self.chance = place, customer, chance
        self.acknowledged: dict[UUID, str] = {}
        self.written = self.kills = 0
        self.slowest = 0.0

    def writer(self, lines: int) -> "Writer":
        texts = [f"note {self.written + number}" for number in range(lines)]
        self.written += lines
        return Writer(self, texts)

    def look(self) -> None:
        """What must hold after every kill."""
        self.slowest = max(self.slowest, check_sound(self.place))
        here = self.place.notes()
        assert {note: here.get(note) for note in self.acknowledged} == self.acknowledged, "an acknowledged note is gone"

    def __str__(self) -> str:
        return (
            f"{len(self.acknowledged)} notes acknowledged of {self.written}, {self.kills} kills, "
            f"seed {SEED}, slowest opening {self.slowest:.2f} s"
        )


class Writer:
    """`workstation note ID - --lines`, which is given texts that nobody wrote before."""

    def __init__(self, day: Day, texts: list[str]) -> None:
        self.day, self.texts = day, texts
        self.heard = 0
        self.program: Program = day.place.program("note", day.customer, "-", "--lines")

    def __enter__(self) -> "Writer":
        self.program.say(self.texts)
        return self

    def __exit__(self, *error: object) -> None:
        """Killed at the latest now; what it had printed by then counts as saved."""
        self.day.kills += self.program.is_running
        self.program.kill()
        for answer in self.program.hear_out():
            self._take(answer)
        self.program.__exit__(None, None, None)

    def hear(self, count: int) -> None:
        """Wait until so many notes are acknowledged."""
        for _ in range(count):
            answer = self.program.hear()
            assert answer is not None, "the writer ended early"
            self._take(answer)

    def _take(self, answer: dict[str, str]) -> None:
        self.day.acknowledged[UUID(answer["id"])] = self.texts[self.heard]
        self.heard += 1


@pytest.fixture
def aziza(centre: Centre, tmp_path: Path) -> Iterator[Place]:
    with signed_in(centre, "aziza", tmp_path / "aziza") as place:
        yield place


@pytest.fixture
def day(aziza: Place) -> Day:
    aziza.run("sync")
    customer = aziza.run("customer", "add", "--name", "Dilnoza Karimova", "--phone", "+998 90 123-45-67")["id"]
    return Day(aziza, customer, random.Random(SEED))


def kill_a_sync(day: Day, sync: Program, mark: Mark) -> None:
    """At a random byte of what it sends, or at a random time of its life."""
    chance = day.chance
    if chance.random() < 0.3:
        day.kills += sync.kill_after(chance.uniform(0.0, 1.0))
        return
    count = chance.choice([chance.randint(1, 3_000), chance.randint(3_000, 40_000)])
    day.kills += sync.kill_at_byte(day.place.line, mark, count)


def test_notes_written_while_writer_and_sync_are_killed_arrive_once_each(centre: Centre, day: Day):
    while day.kills < 20 or len(day.acknowledged) < 300:
        mark = Mark.of(day.place.line)
        with day.writer(lines=100) as writer, day.place.program("sync") as sync:
            writer.hear(day.chance.choice([0, 1, 10, 20, 40]))
            kill_a_sync(day, sync, mark)
            day.kills += writer.program.kill_after(day.chance.uniform(0.0, 0.02))
        day.look()
    day.place.run("sync")
    arrived = check_arrived(centre, day.place, day.acknowledged, "aziza")
    tell(f"{day}, {arrived} at central")


def test_a_writer_killed_while_it_commits_loses_and_doubles_nothing(centre: Centre, day: Day):
    kept = 0
    for _ in range(8):
        with day.writer(lines=40) as writer:
            writer.hear(day.chance.randint(1, 20))
            mark = day.place.log_mark()
            assert writer.program.kill_when(lambda mark=mark: day.place.log_mark() != mark)
            day.kills += 1
        day.look()
        unheard = len(day.place.notes()) - len(day.acknowledged) - kept
        assert unheard in (0, 1)  # committed, and killed before it could say so
        kept += unheard
    day.place.run("sync")
    assert check_arrived(centre, day.place, day.acknowledged, "aziza") == len(day.acknowledged) + kept
    tell(f"{day}, {kept} committed and not told")


def test_a_sync_killed_at_every_stage_of_a_push_has_each_effect_once(centre: Centre, day: Day):
    with day.writer(lines=60) as writer:
        writer.hear(60)
    for stage in range(10):
        mark = Mark.of(day.place.line)
        with day.place.program("sync") as sync:
            share = day.chance.uniform(stage / 10, (stage + 1) / 10)
            day.kills += sync.kill_at_byte(day.place.line, mark, 1 + int(share * 40_000))
        day.look()
    assert day.place.run("sync")["waiting"] == 0
    assert check_arrived(centre, day.place, day.acknowledged, "aziza") == 60
    tell(day)
