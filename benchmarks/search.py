"""How fast a keystroke in the search box is answered, against the bare index queries for the same text."""

import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert
from uuid_utils.compat import uuid7

from workstation import keys
from workstation.records import Base, ContactPoint, Customer
from workstation.replica import search_index
from workstation.replica.engines import checkpoint, reading_engine, writing_engine

KEYSTROKES = 1_000
ROWS = 20
SEED = 7
GOAL = 3  # times the bare query
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)

_STARTS = "Абд Азам Алим Бах Бек Вал Гул Дав Ерм Жум Зок Иброх Ис Кам Кос Кур".split()
_STARTS += "Лаз Мах Мир Нор Ом Пул Рах Сав Тур Уткур Фай Хам Шах Юл Як".split()
_MIDDLES = "ар ов ди ши ма ну ри ло ба хо ту ке зи са ра ни ур ва ле го ду мо пи то фе".split()
_FAMILY = {"ru": ("ов", "ин", "ский", "енко"), "be": ("овіч", "аў", "скі", "чук"), "uz": ("ов", "ев", "зода", "ий")}
_GIVEN = {
    "ru": "Анна Иван Сергей Наталья Ольга Дмитрий Елена Михаил Юлия Фёдор Ирина Павел Игорь Татьяна Виктор".split(),
    "be": "Алесь Янка Наталля Сяргей Вольга Мікалай Алена Юрась Кацярына Уладзімір Ганна Пятро Зміцер".split(),
    "uz": "Азиза Бобур Гулнора Жасур Дилшод Нигора Шаҳзод Ўктам Қодир Ҳасан Ғулом Феруза Малика Рустам Зиёда".split(),
}
_UZBEK_LATIN = {
    **dict(zip("абвгдежзийклмнопрстуфхқҳэ", "abvgdejziyklmnoprstufxqhe", strict=True)),
    "ў": "oʻ", "ғ": "gʻ", "ч": "ch", "ш": "sh", "ё": "yo", "ю": "yu", "я": "ya", "ъ": "ʼ",
}  # fmt: skip
_PREFIXES = ("99890", "99893", "99897", "37529", "37533", "7916", "7903", "7701")


def run(customers: int = 1_000_000) -> dict[str, object]:
    """Milliseconds (95 % of keystrokes are faster) of the whole search and of the bare queries, over one replica."""
    with tempfile.TemporaryDirectory() as folder:
        path, key = Path(folder) / "replica.db", secrets.token_bytes(32)
        _fill(path, key, customers)
        engine = reading_engine(path, key)
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            typed = _keystrokes(driver)
            bare = _times(typed, lambda text: _bare(driver, text))
            ours = _times(typed, lambda text: search_index.find(driver, text, ROWS))
        engine.dispose()
    for name, figures in (("bare queries", bare), ("search", ours)):
        print(f"  {name:13} p50 {_at(figures, 50):.3f}  p95 {_at(figures, 95):.3f}  max {max(figures):.3f} ms")
    mine, limit = _at(ours, 95), _at(bare, 95)
    return {"name": "search", "ours": mine, "limit": limit, "ratio": mine / limit, "unit": "ms", "goal": GOAL * limit}


def invented_people(count: int) -> Iterator[tuple[str, list[str]]]:
    """Names (Uzbek in both alphabets, Russian, Belarusian) and the digits of one to three phones; always the same."""
    dice = random.Random(SEED)
    for _ in range(count):
        language = dice.choices(("uz", "ru", "be"), (60, 25, 15))[0]
        # the square makes some surnames frequent and most rare, as they are
        middle = _MIDDLES[int(len(_MIDDLES) * dice.random() ** 2)] + dice.choice(("", "", *_MIDDLES))
        family = _STARTS[int(len(_STARTS) * dice.random() ** 2)] + middle + dice.choice(_FAMILY[language])
        words = [family, dice.choice(_GIVEN[language])]
        if dice.random() < 0.3:
            words.append(dice.choice(_GIVEN[language]) + ("ович" if language != "be" else "авіч"))
        name = " ".join(words)
        if language == "uz" and dice.random() < 0.7:
            name = "".join(_UZBEK_LATIN.get(letter, letter) for letter in name.lower()).title()
        phones = [
            dice.choice(_PREFIXES) + f"{dice.randrange(10**7):07}"
            for _ in range(dice.choices((1, 2, 3), (90, 8, 2))[0])
        ]
        yield name, phones


def _fill(path: Path, key: bytes, customers: int) -> None:
    engine = writing_engine(path, key)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        search_index.create(connection.connection.driver_connection)  # type: ignore[arg-type]
    people, spent, begun = invented_people(customers), 0.0, time.perf_counter()
    while page := [person for _, person in zip(range(search_index.PAGE), people, strict=False)]:
        with engine.begin() as connection:
            ids = _insert(connection, page)
            started = time.perf_counter()
            driver: Any = connection.connection.driver_connection
            search_index.index_records(driver, "customer", ids)
            spent += time.perf_counter() - started
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        started = time.perf_counter()
        search_index.optimize(driver)
        optimizing = time.perf_counter() - started
    checkpoint(engine)
    engine.dispose()
    print(f"  {customers:,} people filled in {time.perf_counter() - begun:.0f} s, {path.stat().st_size / 1e6:.0f} MB;")
    print(f"  indexing {spent / customers * 1e6:.1f} µs a person, putting the index in one piece {optimizing:.1f} s")


def _insert(connection: Connection, page: list[tuple[str, list[str]]]) -> list[bytes]:
    rows = [(uuid7(), name, phones) for name, phones in page]
    customer: dict[str, Any] = {
        "scope_id": 1, "version": 1, "kind": "person", "is_vip": False, "is_staff": False, "is_conflict": False,
        "is_vulnerable": False, "consent_withdrawn": False, "more": {}, "made_at": MADE_AT,
    }  # fmt: skip
    connection.execute(insert(Customer), [{**customer, "id": row[0], "name": row[1]} for row in rows])
    point: dict[str, Any] = {
        "scope_id": 1, "version": 1, "kind": "phone", "is_primary": False, "status": "unknown", "do_not_use": False,
        "made_at": MADE_AT,
    }  # fmt: skip
    phones = [(row[0], digits) for row in rows for digits in row[2]]
    connection.execute(
        insert(ContactPoint),
        [
            {**point, "id": uuid7(), "customer_id": who, "value": f"+{digits}", "e164": f"+{digits}", "digits": digits}
            for who, digits in phones
        ],
    )
    return [row[0].bytes for row in rows]


def _keystrokes(driver: Any) -> list[str]:
    """What stands in the search box, letter by letter, while names (one or two words) and ends of phones are typed."""
    dice = random.Random(SEED + 1)
    people = driver.execute(
        "SELECT id, name FROM customer WHERE id IN (SELECT id FROM customer LIMIT 1000 OFFSET ?)",
        (dice.randrange(1, 1 + driver.execute("SELECT count(*) FROM customer").fetchone()[0] // 2),),
    ).fetchall()
    typed: list[str] = []
    while len(typed) < KEYSTROKES:
        key, name = dice.choice(people)
        if dice.random() < 0.3:
            digits = driver.execute("SELECT digits FROM contact_point WHERE customer_id = ?", (key,)).fetchone()[0]
            whole, first = digits[-dice.choice((4, 7, 9)) :], search_index.SHORTEST_TAIL
        else:
            words = name.split()
            whole, first = " ".join(dice.sample(words, dice.choice((1, 2)))), 1
        typed += [whole[:end] for end in range(first, len(whole) + 1)]
    return typed[:KEYSTROKES]


def _bare(driver: Any, text: str) -> list[Any]:
    """One statement and nothing else: every word as a prefix, or the end of a phone."""
    rows: list[Any]
    if text.isdigit():
        tail = text[::-1]
        reversed_digits = search_index._REVERSED  # noqa: SLF001 - the expression of the index itself
        rows = driver.execute(
            f"SELECT customer_id FROM contact_point WHERE {reversed_digits} >= ? AND {reversed_digits} < ? LIMIT ?",
            (tail, tail + ":", ROWS),
        ).fetchall()
    else:
        match = " ".join(f'"{word}"*' for word in keys.tokens(text))
        rows = driver.execute(
            "SELECT rowid FROM search_name WHERE search_name MATCH ? LIMIT ?", (match, ROWS)
        ).fetchall()
    return rows


def _times(typed: list[str], ask: Callable[[str], object]) -> list[float]:
    figures = []
    for text in typed:
        started = time.perf_counter()
        ask(text)
        figures.append((time.perf_counter() - started) * 1000)
    return figures


def _at(figures: list[float], percent: int) -> float:
    return statistics.quantiles(figures, n=100)[percent - 1]


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
