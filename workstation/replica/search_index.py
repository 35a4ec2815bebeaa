"""The search index inside the replica: finds a person by any spelling of the name, any phone, e-mail or number.

Names live in a contentless full-text table of folded words (workstation.keys). Its rowids are `search_person.n`, and
their order is rank order: inactive people get the high ones. Phones, addresses and external numbers need no upkeep;
they are indexes on the tables themselves. `search_skeleton` holds every word once under its consonants, whole and with
one missing, so that a mistyped word leads to those it may have been meant for.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any, Protocol

import sqlcipher3.dbapi2 as sqlcipher
from rapidfuzz import fuzz, process

from workstation import keys

PAGE = 5_000  # rows indexed by one statement
LONGEST_QUERY, MOST_WORDS = 200, 8  # characters and words of a query that are looked at
LONGEST_WORD = 40  # letters; what is longer is no word that could be mistyped
SHORTEST_TAIL = 4  # digits
TAIL = 9  # digits of a phone that are indexed, from its end: a national number of any of our countries
TAIL_CANDIDATES = 2_000  # phones with one ending that are looked through for a name
SHORTEST_ADDRESS = 3  # characters of an e-mail typed so far
SIMILAR = 60  # of 100: how alike a mistyped word must be
MEANINGS = (2, 12)  # how many words one mistyped word is taken for: first the likeliest, then more

_FIRST_INACTIVE, _LAST_INACTIVE = 1 << 40, 1 << 62
_AFTER_DIGITS, _AFTER_TEXT = ":", "\U0010ffff"

_TABLES = (
    """CREATE TABLE IF NOT EXISTS search_person
       (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name_key INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS search_person_name_key ON search_person (name_key)",
    """CREATE VIRTUAL TABLE IF NOT EXISTS search_name USING fts5
       (words, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='1 2 3 4 5 6 7 8')""",
    """CREATE TABLE IF NOT EXISTS search_word
       (skeleton TEXT, word TEXT, PRIMARY KEY (skeleton, word)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS search_address ON contact_point (value COLLATE NOCASE) WHERE digits IS NULL",
    "CREATE INDEX IF NOT EXISTS search_number ON customer (external_id COLLATE NOCASE) WHERE external_id IS NOT NULL",
)
# The last nine digits, last digit first: every ending is a range. A query must spell it exactly as the index does.
_REVERSED = "||".join(f"substr(digits,-{place},1)" for place in range(1, TAIL + 1))
_PHONES = "CREATE INDEX IF NOT EXISTS search_phone ON contact_point (<reversed>)"

_STATE = """
    SELECT asked.id, customer.name, customer.merged_into IS NOT NULL, person.n, person.name_key
    FROM (SELECT unhex(value) AS id FROM json_each(?)) AS asked
    LEFT JOIN customer ON customer.id = asked.id LEFT JOIN search_person AS person ON person.id = asked.id
"""
_LAST_N = "SELECT max(n) FROM search_person WHERE n >= ? AND n < ?"
_REMEMBER = """
    INSERT INTO search_person (n, id, name_key) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET n = excluded.n, name_key = excluded.name_key
"""
_LEARN = "INSERT INTO search_word (skeleton, word) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ALIKE = "SELECT word FROM search_word WHERE skeleton IN (SELECT value FROM json_each(?))"
_COUNTS = """
    SELECT (SELECT count(*) FROM search_name_docsize), (SELECT count(*) FROM customer), count(*), count(customer.id),
           count(size.id)
    FROM search_person LEFT JOIN customer ON customer.id = search_person.id
    LEFT JOIN search_name_docsize AS size ON size.id = search_person.n
"""

# Every query of people gives: id, name, inactive, and what was matched. CROSS JOIN keeps the order of the joins.
_BY_WORDS = """
    SELECT customer.id, customer.name, customer.merged_into IS NOT NULL, customer.name
    FROM search_name CROSS JOIN search_person ON search_person.n = search_name.rowid
    CROSS JOIN customer ON customer.id = search_person.id
    WHERE search_name MATCH ? ORDER BY search_name.rowid LIMIT ?
"""
_BY_NAME = """
    SELECT customer.id, customer.name, customer.merged_into IS NOT NULL, customer.name
    FROM search_person CROSS JOIN customer ON customer.id = search_person.id
    WHERE name_key = ? ORDER BY search_person.n LIMIT ?
"""
_BY_NUMBER = """
    SELECT id, name, merged_into IS NOT NULL, external_id FROM customer
    WHERE external_id = ? COLLATE NOCASE AND external_id IS NOT NULL LIMIT ?
"""
_BY_ADDRESS = """
    SELECT customer.id, customer.name, customer.merged_into IS NOT NULL, value
    FROM contact_point CROSS JOIN customer ON customer.id = customer_id
    WHERE digits IS NULL AND value COLLATE NOCASE >= ? AND value COLLATE NOCASE < ? LIMIT ?
"""
_BY_DIGITS = """
    SELECT customer.id, customer.name, customer.merged_into IS NOT NULL, digits
    FROM contact_point CROSS JOIN customer ON customer.id = customer_id
    WHERE digits >= ? AND digits < ? LIMIT ?
"""
_BY_TAIL = _BY_DIGITS.replace("digits >= ? AND digits < ?", f"{_REVERSED} >= ? AND {_REVERSED} < ?")


class Connection(Protocol):
    """What we need of a connection of the driver."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Run one statement for each row of parameters."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One person found. `matched` is "name", "phone", "email" or "number" (external id); `score` 0..1, 1 is exact."""

    customer_id: bytes
    name: str
    matched: str
    score: float


@dataclass(slots=True)
class _Found:
    """The people found so far, each as first found: what is looked for first counts most."""

    limit: int
    active: dict[bytes, Hit] = field(default_factory=dict)
    inactive: dict[bytes, Hit] = field(default_factory=dict)

    def add(self, row: Sequence[Any], matched: str, score: float) -> None:
        people = self.inactive if row[2] else self.active
        if row[0] not in people:
            people[row[0]] = Hit(row[0], row[1], matched, score)

    def __len__(self) -> int:
        return len(self.active) + len(self.inactive)

    @property
    def is_full(self) -> bool:
        return len(self.active) >= self.limit

    def hits(self) -> list[Hit]:
        """The best first, and the inactive after all others."""
        ranked = [sorted(people.values(), key=_by_score) for people in (self.active, self.inactive)]
        return (ranked[0] + ranked[1])[: self.limit]


def _by_score(hit: Hit) -> float:
    return -hit.score


def create(connection: Connection) -> None:
    """Make what is missing of the index; the tables of the records must be there."""
    for statement in (*_TABLES, _PHONES.replace("<reversed>", _REVERSED)):
        connection.execute(statement)


def index_records(connection: Connection, entity: str, ids: Sequence[bytes]) -> None:
    """Index these rows anew, in the caller's transaction; a row that is not there is forgotten.

    Only `customer` needs it: what is searched of a contact point is kept by SQLite itself.
    """
    if entity == "customer":
        for start in range(0, len(ids), PAGE):
            _index_people(connection, ids[start : start + PAGE])


def rebuild(connection: Connection) -> None:
    """Make the index anew from the tables, in the caller's transaction."""
    for table in ("search_name", "search_person", "search_word"):
        connection.execute("DROP TABLE IF EXISTS " + table)
    for index in ("search_phone", "search_address", "search_number"):
        connection.execute("DROP INDEX IF EXISTS " + index)
    create(connection)
    last = b""
    while ids := _ids_after(connection, last):
        _index_people(connection, ids)
        last = ids[-1]
    optimize(connection)


def optimize(connection: Connection) -> None:
    """Put the full-text table in one piece: searches are faster after it. Seconds for a million people."""
    connection.execute("INSERT INTO search_name (search_name) VALUES ('optimize')")


def is_sound(connection: Connection) -> bool:
    """Whether the full-text table is whole and holds every customer and nobody else."""
    try:
        connection.execute("INSERT INTO search_name (search_name) VALUES ('integrity-check')")
        counts = connection.execute(_COUNTS).fetchone()
    except sqlcipher.DatabaseError:
        return False
    return len(set(counts)) == 1


def find(connection: Connection, text: str, limit: int = 20) -> list[Hit]:
    """People by name (any script, words in any order and unfinished), phone, e-mail or external number.

    Exact matches first, then whole words, then beginnings; inactive people last. Only when nothing is found: the other
    keyboard layout, then words alike. Never raises on any text.
    """
    asked = text[:LONGEST_QUERY].encode("utf-8", "ignore").decode().strip()
    words = keys.tokens(asked)[:MOST_WORDS]
    found = _Found(limit)
    if limit < 1 or not asked:
        return []
    if len(asked.split()) == 1:
        _by_number_or_address(connection, asked, found)
    letters, digits = _split(asked)
    if digits:
        _by_phone(connection, letters, digits, found)
    if words and not (digits and len(found)):
        _by_words(connection, words, found)
    if not len(found) and letters:
        _by_guess(connection, asked, letters, digits, found)
    return found.hits()


def _ids_after(connection: Connection, last: bytes) -> list[bytes]:
    page = connection.execute("SELECT id FROM customer WHERE id > ? ORDER BY id LIMIT ?", (last, PAGE))
    return [row[0] for row in page]


def _index_people(connection: Connection, ids: Sequence[bytes]) -> None:
    asked = json.dumps([key.hex() for key in dict.fromkeys(ids)])
    rows = connection.execute(_STATE, (asked,)).fetchall()
    after = [_last_n(connection, 1, _FIRST_INACTIVE), _last_n(connection, _FIRST_INACTIVE, _LAST_INACTIVE)]
    cleared: list[tuple[int]] = []
    remembered: list[tuple[int, bytes, int]] = []
    texts: list[tuple[int, str]] = []
    for key, name, is_inactive, n, name_key in rows:
        words = () if name is None else keys.tokens(name)
        new_key = _name_key(words)
        is_in_place = n is not None and name is not None and (n >= _FIRST_INACTIVE) == bool(is_inactive)
        if is_in_place and name_key == new_key:
            continue
        if n is not None:
            cleared.append((n,))
        if name is None:
            continue
        if not is_in_place:
            n = after[is_inactive] = after[is_inactive] + 1  # noqa: PLW2901 - this is the row's new number
        remembered.append((n, key, new_key))
        texts.append((n, " ".join(words)))
    connection.executemany("DELETE FROM search_name WHERE rowid = ?", cleared)
    connection.executemany("DELETE FROM search_person WHERE n = ?", cleared)
    connection.executemany(_REMEMBER, remembered)
    connection.executemany("INSERT INTO search_name (rowid, words) VALUES (?, ?)", texts)
    _learn_words(connection, {word for _, text in texts for word in text.split()})


def _last_n(connection: Connection, first: int, end: int) -> int:
    last = connection.execute(_LAST_N, (first, end)).fetchone()[0]
    return first - 1 if last is None else int(last)


def _name_key(words: Iterable[str]) -> int:
    """32 bits that are the same for the same words in any order: small enough for its index to stay in memory."""
    return int.from_bytes(blake2b(" ".join(sorted(words)).encode(), digest_size=4).digest(), "big", signed=True)


def _learn_words(connection: Connection, words: set[str]) -> None:
    """Keep the words seen for the first time. None is ever forgotten: a word of nobody's costs nothing but its row."""
    pairs = [(keys.skeleton(word), word) for word in words if len(word) <= LONGEST_WORD]
    connection.executemany(_LEARN, sorted(pairs))


def _near_skeletons(word: str) -> set[str]:
    """The skeleton of a word, and all that differ from it by one consonant too many, too few or another."""
    whole = keys.skeleton(word)
    near = {whole}
    for place in range(len(whole) + 1):
        before, after, rest = whole[:place], whole[place:], whole[place + 1 :]
        near.update(before + letter + after for letter in keys.CONSONANTS)
        near.update(before + letter + rest for letter in ("", *keys.CONSONANTS) if len(whole) > 1 and after)
    return near


def _split(asked: str) -> tuple[list[str], str]:
    """The words of a query, and the digits of what is no word in it; too few digits count as words."""
    chunks = asked.split()
    spoken = " ".join(chunk for chunk in chunks if any(map(str.isalpha, chunk)))
    digits = keys.digits_of(" ".join(chunk for chunk in chunks if not any(map(str.isalpha, chunk))))
    letters = keys.tokens(spoken)[:MOST_WORDS]
    if letters and len(digits) < SHORTEST_TAIL:
        digits = ""
    return letters, digits


def _by_number_or_address(connection: Connection, asked: str, found: _Found) -> None:
    for row in connection.execute(_BY_NUMBER, (asked, found.limit)):
        found.add(row, "number", 1.0)
    if len(asked) >= SHORTEST_ADDRESS and not asked.startswith("+"):
        for row in connection.execute(_BY_ADDRESS, (asked, asked + _AFTER_TEXT, found.limit)):
            found.add(row, "email", 1.0 if row[3].casefold() == asked.casefold() else 0.65)


def _by_phone(connection: Connection, letters: list[str], digits: str, found: _Found) -> None:
    """By the end of a phone, else by its beginning; with words beside it, only people of that name."""
    if letters:
        for row in _by_tail(connection, digits, TAIL_CANDIDATES):
            if _is_called(row[1], letters):
                found.add(row, "phone", 0.98)
        return
    rows = _by_tail(connection, digits, 3 * found.limit) if len(digits) >= SHORTEST_TAIL else []
    for row in rows:
        found.add(row, "phone", _phone_score(row[3], digits))
    if not rows:
        end = (
            digits + _AFTER_DIGITS if len(digits) >= SHORTEST_TAIL else digits + "\0"
        )  # a short code is all or nothing
        for row in connection.execute(_BY_DIGITS, (digits, end, found.limit)):
            found.add(row, "phone", 1.0 if row[3] == digits else 0.6)


def _by_tail(connection: Connection, digits: str, limit: int) -> list[Any]:
    tail = digits[-TAIL:][::-1]
    rows: list[Any] = connection.execute(_BY_TAIL, (tail, tail + _AFTER_DIGITS, limit)).fetchall()
    return rows


def _phone_score(stored: str, digits: str) -> float:
    if stored == digits:
        return 1.0
    if len(digits) < TAIL:
        return 0.85
    return 0.95 if stored.endswith(digits) or digits.endswith(stored) else 0.9


def _is_called(name: str, words: list[str]) -> bool:
    """Whether each of these folded words begins a word of the name."""
    own = keys.tokens(name)
    return all(any(word.startswith(begun) for word in own) for begun in words)


def _by_words(connection: Connection, words: list[str], found: _Found, worth: float = 1.0) -> None:
    """People called so: all of the name, all words whole, all but the last whole, all of them begun."""
    for row in connection.execute(_BY_NAME, (_name_key(words), found.limit)):
        if sorted(keys.tokens(row[1])) == sorted(words):
            found.add(row, "name", worth)
    whole = [f'"{word}"' for word in words]
    begun = [f"{word}*" for word in whole]
    tiers = [(0.9, whole), (0.8, [*whole[:-1], begun[-1]]), (0.7, begun)]
    for score, terms in tiers if len(words) > 1 else (tiers[0], tiers[2]):
        if found.is_full:
            return
        # those found already come again
        for row in connection.execute(_BY_WORDS, (" AND ".join(terms), found.limit + len(found))):
            found.add(row, "name", score * worth)


def _by_guess(connection: Connection, asked: str, letters: list[str], digits: str, found: _Found) -> None:
    """What else may have been meant by a query that found nobody."""
    if len(digits) >= SHORTEST_TAIL and (phone := keys.parse_phone(asked)).is_valid:
        _by_phone(connection, [], phone.digits, found)  # "tel.: …", "… ext. 5"
    if not len(found):
        _by_words(connection, letters, found, 0.8)  # without digits that nobody of that name has
    if not len(found) and (meant := keys.tokens(keys.other_layout(asked))[:MOST_WORDS]):
        _by_words(connection, meant, found, 0.7)
    if not len(found):
        _by_similar_words(connection, letters, found)


def _by_similar_words(connection: Connection, words: list[str], found: _Found) -> None:
    meanings = [_meanings(connection, word) for word in words]
    if not all(meanings):
        return
    for many in MEANINGS:
        match = " AND ".join("(" + " OR ".join(islice(meant, many)) + ")" for meant in meanings)
        for row in connection.execute(_BY_WORDS, (match, 5 * found.limit)):
            found.add(row, "name", 0.5 * _likeness(row[1], words))
        if found.is_full:
            return


def _meanings(connection: Connection, word: str) -> list[str]:
    """Terms of the full-text query for what a word may mean: words alike, the likeliest first, and words begun so."""
    prefix = f'"{word}"*'
    terms = [prefix] if connection.execute(_BY_WORDS, (prefix, 1)).fetchone() else []
    if len(word) > LONGEST_WORD or word.isdigit():
        return terms
    near = json.dumps(sorted(_near_skeletons(word)))
    candidates = [row[0] for row in connection.execute(_ALIKE, (near,))]
    best = process.extract(word, candidates, scorer=fuzz.ratio, limit=MEANINGS[-1], score_cutoff=SIMILAR)
    return terms + [f'"{meant}"' for meant, _, _ in best]


def _likeness(name: str, words: list[str]) -> float:
    """How alike a name is to these folded words, 0..1: the mean of each word's best match."""
    own = keys.tokens(name)
    best = [
        max((1.0 if mine.startswith(word) else fuzz.ratio(word, mine) / 100 for mine in own), default=0)
        for word in words
    ]
    return sum(best) / len(best)
