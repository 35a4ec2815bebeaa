"""Invents a centre: the same seed gives the same people, in any number. Nobody real is meant."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workstation import resources
from workstation.keys import parse_phone
from workstation.records import Callback, Contact, ContactPoint, Customer, Note, Record

SUPPORT = ("solved", "waits_for_us", "waits_for_customer", "callback_agreed", "information_given", "passed_on")
OUTBOUND = ("promised", "thinks", "renews_now", "no_answer", "voicemail", "busy", "reception", "no_answer")
FAILED = {"no_answer", "voicemail", "busy"}
# Ranges of subscribers; the numbers behind them are drawn by chance.
PHONES = {"UZ": ("+99890", "+99893", "+99897", "+99871"), "BY": ("+37529", "+37533"), "GB": ("+447700900",)}
LENGTHS = {"UZ": 13, "BY": 13, "GB": 13}
DEAF, DAILY, UNREACHED = 0, 1, 2  # the first three customers have a story


@dataclass(frozen=True)
class Worker:
    """An agent of the centre: id at central, and the team that decides what they talk about."""

    id: UUID
    team: str
    team_id: UUID | None


class Inventor:
    """Makes customers with all that happened to them. `now` is UTC, and everything lies around it."""

    def __init__(self, seed: int, workers: Sequence[Worker], scope: int, now: datetime) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - invented people, no keys
        self._workers, self._scope, self._now = workers, scope, now
        folder = resources.folder() / "demo"
        self._names: dict[str, Any] = tomllib.loads((folder / "names.toml").read_text("utf-8"))
        self._talks: dict[str, Any] = tomllib.loads((folder / "talks.toml").read_text("utf-8"))

    def people(self, count: int) -> Iterator[list[Record]]:
        """The records of one customer after the other, what others point to first."""
        for number in range(count):
            yield self._person(number)

    def _person(self, number: int) -> list[Record]:
        chance, now = self._chance, self._now
        kin = self._names["people"][number % len(self._names["people"])]
        if number in (DEAF, DAILY):
            kin = self._names["people"][1]  # in Cyrillic, to be found by Latin letters
        is_woman = chance.random() < 0.5 or number == DEAF
        given = chance.choice(kin["women" if is_woman else "men"])
        name = f"{given} {chance.choice(kin['surnames_women' if is_woman else 'surnames_men'])}"
        if number == DEAF:
            name = "Дилноза Собирова"  # nobody else here is called so
        if number % 25 == 24:
            name = f"{chance.choice(self._names['organisations']['names'])} №{number}"
        customer = Customer(
            id=self._id(), scope_id=self._scope, name=name, language=kin["language"], time_zone=kin["zone"],
            kind="organisation" if number % 25 == 24 else "person",
            made_at=now - timedelta(days=chance.randrange(200, 900)),
            is_vip=chance.random() < 0.05, is_conflict=chance.random() < 0.03,
            need="deaf – write, don't call" if number == DEAF else None,
            wish=chance.choice(self._talks["wishes"]["texts"]) if chance.random() < 0.15 else None,
            do_not_contact="calls" if number % 97 == 40 else None,
            do_not_contact_reason="asked not to be called" if number % 97 == 40 else None,
            source="demo", external_id=f"D-{100_000 + number}",
        )  # fmt: skip
        points = list(self._points(customer, kin["region"], number))
        records: list[Record] = [customer, *points, *self._history(customer, points, kin["language"], number)]
        if number < 40 or chance.random() < 0.02:
            records.append(self._callback(customer, number))
        return records

    def _points(self, customer: Customer, region: str, number: int) -> Iterator[ContactPoint]:
        for at in range(1 + (self._chance.random() < 0.4) + (self._chance.random() < 0.1)):
            start = self._chance.choice(PHONES[region])
            value = start + "".join(self._chance.choices("0123456789", k=LENGTHS[region] - len(start)))
            phone = parse_phone(value, (region,))
            yield ContactPoint(
                id=self._id(), customer_id=customer.id, scope_id=self._scope, kind="phone", value=value,
                e164=phone.e164, digits=phone.digits, is_primary=at == 0, made_at=customer.made_at,
                status="voice robot" if at == 2 else "reaches person" if at == 0 else "unknown",
            )  # fmt: skip
        if self._chance.random() < 0.5:
            yield ContactPoint(
                id=self._id(), customer_id=customer.id, scope_id=self._scope, kind="email",
                value=f"client{number}@example.org", made_at=customer.made_at,
            )  # fmt: skip

    def _history(
        self, customer: Customer, points: Sequence[ContactPoint], language: str, number: int
    ) -> Iterator[Record]:
        chance = self._chance
        team = "Minsk" if customer.time_zone == "Europe/Minsk" else "Tashkent"
        workers = [worker for worker in self._workers if worker.team == team] or list(self._workers)
        days = [chance.uniform(0.05, 45) for _ in range(chance.randrange(1, 9))]
        if number == DAILY:
            days = [day + chance.uniform(0, 0.4) for day in range(6, 350)]
        if number == UNREACHED:
            days = [20 + at * 0.7 for at in range(27)]
        for day in sorted(days, reverse=True):
            author, started = chance.choice(workers), self._at_work(day, customer.time_zone)
            outcome = "no_answer" if number == UNREACHED else chance.choice(OUTBOUND if team == "Minsk" else SUPPORT)
            channel = "call" if team == "Minsk" or chance.random() < 0.6 or number == UNREACHED else "chat"
            is_out = team == "Minsk" or number == UNREACHED
            ended = started + timedelta(minutes=1 if outcome in FAILED else chance.randrange(2, 42))
            contact = Contact(
                id=self._id(), customer_id=customer.id, scope_id=self._scope, author_id=author.id, channel=channel,
                direction="out" if is_out else "in", disposition=outcome, phone=points[0].value,
                contact_point_id=points[0].id, started_at=started, ended_at=ended, written_at=ended,
            )  # fmt: skip
            yield contact
            if outcome not in FAILED:
                yield Note(
                    id=self._id(), customer_id=customer.id, scope_id=self._scope, author_id=author.id,
                    contact_id=contact.id, body=self._talk(team, language), written_at=ended,
                )  # fmt: skip

    def _callback(self, customer: Customer, number: int) -> Callback:
        """Some overdue, some due about now, some nobody's, most later."""
        chance = self._chance
        minutes = (-150, -75, -30, -8, 2, 9, 25, 45, 90, 180)[number % 10] + chance.randrange(0, 5)
        zone = ZoneInfo(customer.time_zone or "Asia/Tashkent")
        local = (self._now + timedelta(minutes=minutes)).astimezone(zone)
        worker = self._workers[number % len(self._workers)]
        return Callback(
            id=self._id(), customer_id=customer.id, scope_id=self._scope, author_id=worker.id,
            owner_id=None if number % 7 == 3 else worker.id, team_id=worker.team_id,
            wall_start=local.replace(tzinfo=None).isoformat(timespec="minutes"), zone=zone.key,
            reason=chance.choice(self._talks["callbacks"]["reasons"]), made_by="customer asked",
            priority="promised" if number % 5 == 0 else "normal", made_at=self._now - timedelta(hours=5),
        )  # fmt: skip

    def _at_work(self, days_ago: float, zone: str | None) -> datetime:
        """Some moment of that day between 9 and 20 o'clock there."""
        day = (self._now - timedelta(days=days_ago)).astimezone(ZoneInfo(zone or "UTC"))
        at = day.replace(hour=self._chance.randrange(9, 20), minute=self._chance.randrange(60), second=0, microsecond=0)
        return min(at.astimezone(self._now.tzinfo), self._now - timedelta(minutes=50))

    def _talk(self, team: str, language: str) -> str:
        talks = self._talks["outbound" if team == "Minsk" else "support"]
        chosen: str = self._chance.choice(talks.get(language) or talks["ru"])
        day = self._now + timedelta(days=self._chance.randrange(1, 9))
        return chosen.format(
            sum=f"{self._chance.randrange(12, 900) * 1000:,}".replace(",", " "),
            day=f"{day:%d.%m}",
            time=f"{self._chance.randrange(9, 19)}:{self._chance.randrange(0, 60, 5):02}",
            n=self._chance.randrange(3, 60),
            domain=f"shop{self._chance.randrange(100, 999)}.example",
        )

    def _id(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)


def agents_wanted() -> list[tuple[str, str, str, str]]:
    """(login, name, role, team) of everyone who works in the invented centre; the first is who the window opens for."""
    found = tomllib.loads((resources.folder() / "demo" / "names.toml").read_text("utf-8"))["agents"]
    people = [
        (f"{team.lower()}{at}", name, "senior" if at == 2 else "agent", team)
        for team in ("Tashkent", "Minsk")
        for at, name in enumerate(found[team], start=1)
    ]
    heads = zip(("Tashkent", "Minsk"), found["supervisors"], strict=True)
    return [*people, *((f"{team.lower()}-head", name, "supervisor", team) for team, name in heads)]
