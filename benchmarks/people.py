"""Invented people in an encrypted replica, as many as wanted, always the same."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert
from uuid_utils.compat import uuid7

from workstation.records import Base, ContactPoint, Customer
from workstation.replica import search_index
from workstation.replica.engines import checkpoint, writing_engine

SEED = 7
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMER: dict[str, Any] = {
    "scope_id": 1, "version": 1, "kind": "person", "is_vip": False, "is_staff": False, "is_conflict": False,
    "is_vulnerable": False, "consent_withdrawn": False, "more": {}, "made_at": MADE_AT,
}  # fmt: skip

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


def fill(path: Path, key: bytes, customers: int) -> None:
    """A new replica with these people, indexed and in one piece; tells what that took."""
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
    connection.execute(insert(Customer), [{**CUSTOMER, "id": row[0], "name": row[1]} for row in rows])
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
