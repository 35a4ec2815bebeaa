"""What the columns of a foreign table mean: told by a map in TOML, or guessed from their headers in four languages."""

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from workstation.errors import Refused
from workstation.language import _
from workstation.records import Customer
from workstation.records.base import TEXT_LIMIT
from workstation.services.imports.tables import TableRow, is_text, printable

NAME_PARTS = ("first_name", "last_name", "middle_name")
PLAIN_FIELDS = ("language", "kind", "wish", "need", "time_zone")
FIELDS = ("external_id", "name", *NAME_PARTS, "phone", "email", *PLAIN_FIELDS)
SINGLE = ("name", *PLAIN_FIELDS)
IGNORED = ("", "-")
SHORTEST_PHONE = 7  # digits, of one among several in a cell
MAP_LIMIT = 1 << 20  # bytes
SHOWN_HEADERS = 30
KINDS = {
    "person": "person", "prospect": "prospect", "organisation": "organisation", "organization": "organisation",
}  # fmt: skip

# Several values in one cell: Google's " ::: ", new lines, semicolons but for those of RFC 3966 (tel:…;ext=1).
_SEPARATORS = re.compile(r"\s*(?::::|[\r\n]+|;(?!\s*(?:ext|isub|phone-context)=))\s*", re.IGNORECASE)
_APOSTROPHES = re.compile("['`\u2018\u2019\u02bb\u02bc]")
_NO_LETTERS = re.compile(r"[\W\d_]+")

# Headers without case, digits and punctuation, as programs and people here write them.
_WORDS: dict[str, str] = {
    "external_id": "id|customerid|customer id|customer number|customer no|client id|account number|external id"
    "|id клиента|код клиента|номер клиента|лицевой счет|лицевой счёт|kundennummer|kunden nr|mijoz id|mijoz raqami",
    "name": "name|full name|fullname|customer|customer name|client|client name|contact|contact name|display name"
    "|фио|ф и о|полное имя|клиент|имя клиента|фио клиента|абонент|контакт|имя и фамилия|фамилия и имя|фамилия имя"
    "|фамилия имя отчество|anzeigename|vollständiger name|kunde|kundenname|fish|f i sh|fio|f i o|toliq ism"
    "|toliq ismi|ism familiya|ism va familiya|familiya ism|familiya ism sharif|ism sharif|ism sharifi"
    "|familiya ismi sharifi|mijoz|mijoz ismi|тўлиқ исм|мижоз|кліент|поўнае імя|прозвішча імя",
    "first_name": "first name|firstname|given name|givenname|forename|имя|vorname|ism|ismi|исм|исми|імя",
    "last_name": "last name|lastname|family name|surname|фамилия|nachname|familienname|familiya|familiyasi"
    "|фамилияси|прозвішча",
    "middle_name": "middle name|middlename|additional name|отчество|zweiter vorname|sharif|sharifi|otasining ismi"
    "|отасининг исми|імя па бацьку",
    "phone": "phone|phone value|phone number|phones|telephone|telephone number|contact phone|contact phone number"
    "|mobile|mobile phone|mobile number|cell|cell phone|home phone|business phone|work phone|primary phone"
    "|other phone|company main phone|car phone|msisdn|телефон|телефоны|номер телефона|тел|моб телефон|мобильный"
    "|мобильный телефон|рабочий телефон|домашний телефон|телефон рабочий|телефон домашний|телефон переносной"
    "|основной телефон|контактный телефон|сотовый|сотовый телефон|tel|tel nr|tel dienstlich|tel privat|telefonnummer"
    "|telefon|telefon privat|telefon geschäftlich|mobil|mobil tel nr|mobiltelefon|handy|rufnummer|telefon raqam"
    "|telefon raqami|telefon nomeri|telefoni|mobil telefon|uy telefoni|ish telefoni|телефон рақами|тэлефон"
    "|нумар тэлефона|мабільны тэлефон",
    "email": "email|e mail|mail|email address|e mail address|email value|e mail value|primary email|secondary email"
    "|primäre e mail adresse|sekundäre e mail adresse|e mail adresse|почта|электронная почта|эл почта|эл адрес"
    "|адрес эл почты|адрес электронной почты|имейл|емейл|elektron pochta|elektron manzil|pochta|email manzil"
    "|email manzili|электрон почта|электронная пошта|эл пошта",
}
_MEANINGS = {word: target for target, words in _WORDS.items() for word in words.split("|")}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Header → the fields its cells fill (none = ignored). Other headers' cells are kept under the header's name."""

    columns: Mapping[str, tuple[str, ...]]
    source: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as a file tells it. Texts are trimmed and never blank; `notices` are remarks in words."""

    line: int
    name: str
    external_id: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """A map bound to one header: for each column its key in `more` and the fields it fills (None = only `more`)."""

    keys: tuple[str, ...]
    targets: tuple[tuple[str, ...] | None, ...]


def load_map(path: Path) -> ColumnMap:
    """Read a map. Raises Refused naming the key that is wrong."""
    try:
        with path.open("rb") as file:
            text = file.read(MAP_LIMIT + 1)
        found = tomllib.loads(text[:MAP_LIMIT].decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, a NUL in the name
        raise Refused(_("The map {name} cannot be read.").format(name=printable(path.name)), "map") from error
    for key in found.keys() - {"source", "columns"}:
        raise Refused(_("The map has an unknown key: {key}.").format(key=key), "map")
    source = found.get("source")
    if source is not None and not (isinstance(source, str) and source.strip() and len(source) <= TEXT_LIMIT):
        raise Refused(_("In the map, source must be a short text."), "map")
    columns = found.get("columns", {})
    if not isinstance(columns, dict):
        raise Refused(_("In the map, columns must be a table."), "map")
    return ColumnMap({header.strip(): _targets(header, told) for header, told in columns.items()}, source)


def _targets(header: str, told: object) -> tuple[str, ...]:
    targets: list[object] = told if isinstance(told, list) else [told]
    fields: list[str] = []
    for target in targets:
        if not isinstance(target, str):
            raise Refused(
                _("In the map, {key} must name a field or a list of fields.").format(key=header), "map"
            )  # fmt: skip
        if target not in FIELDS and target not in IGNORED:
            raise Refused(
                _("In the map, {key} names an unknown field: {field}. Known are {known}.").format(
                    key=header, field=target, known=", ".join(FIELDS)
                ),
                "map",
            )
        if target not in IGNORED:
            fields.append(target)
    return tuple(fields)


def guess_map(header: Sequence[str]) -> ColumnMap:
    """What the columns mean, from their names in English, Russian, German, Uzbek or Belarusian."""
    words = {name: _plain(name) for name in header}
    meanings = {name: _MEANINGS[word] for name, word in words.items() if word in _MEANINGS}
    if "vorname" in words.values() and "last_name" not in meanings.values():
        # Beside a Vorname, a German Name is the family name.
        meanings.update({name: "last_name" for name, word in words.items() if word == "name"})
    return ColumnMap({name: (target,) for name, target in meanings.items()})


def _plain(header: str) -> str:
    return _NO_LETTERS.sub(" ", _APOSTROPHES.sub("", header.casefold())).strip()


def bind(columns: ColumnMap, header: Sequence[str]) -> Columns:
    """Join a map to a file's header. Raises Refused for a column the file lacks, or when nothing gives the name."""
    for name in columns.columns:
        if name not in header:
            raise Refused(_("The file has no column {name}, which the map names.").format(name=name), "map")
    told = {target for targets in columns.columns.values() for target in targets}
    if not told & {"name", *NAME_PARTS}:
        shown = ", ".join(name for name in header[:SHOWN_HEADERS] if name)
        raise Refused(
            _("No column holds the customer's name; the columns are: {columns}.").format(columns=printable(shown)),
            "map",
        )
    return Columns(_keys(header), tuple(columns.columns.get(name) for name in header))


def _keys(header: Sequence[str]) -> tuple[str, ...]:
    """One key a column, in no language: repeated headers are numbered, nameless ones called by their place."""
    keys: list[str] = []
    taken = set(header)
    for place, name in enumerate(header, start=1):
        key = name or f"column {place}"
        if name in header[: place - 1] or (not name and key in taken):
            key = next(other for n in range(2, len(header) + 3) if (other := f"{key} ({n})") not in taken)
        taken.add(key)
        keys.append(key)
    return tuple(keys)


def read_customer(columns: Columns, row: TableRow) -> CustomerRow:
    """The customer a row tells of. Its name may be blank: whoever stores it must look.

    What a field cannot take, or has taken from an earlier column already, stays under the column's own name.
    """
    values: dict[str, list[str]] = {target: [] for target in FIELDS}
    parts: dict[str, str] = {}
    more: dict[str, str] = {}
    notices: list[str] = []
    for key, targets, raw in zip(columns.keys, columns.targets, row.cells, strict=True):
        cell = raw.strip()
        if cell and targets is None:
            more[key] = cell
        for target in targets or () if cell else ():
            known = _known(target, cell)
            if not known:
                notices.append(_("{column} is not understood; it is kept as written.").format(column=key))
            if target in NAME_PARTS:
                parts[key] = cell
            elif known and not (target in SINGLE and values[target]):
                values[target] += known
            else:
                more[key] = cell
    # Parts are joined as the file has them: "Фамилия, Имя, Отчество" is how such a name is said.
    name = " ".join(values["name"] or parts.values())
    return CustomerRow(
        line=row.line,
        name=name,
        external_id=" ".join(values["external_id"]) or None,
        phones=tuple(dict.fromkeys(values["phone"])),
        emails=tuple(dict.fromkeys(values["email"])),
        fields={target: values[target][0] for target in PLAIN_FIELDS if values[target]},
        more={key: part for key, part in parts.items() if part not in name} | more,
        notices=tuple(notices),
    )


def _known(target: str, cell: str) -> list[str]:
    """The values in a cell that the field can take: several only for phones and e-mail addresses."""
    if target == "phone":
        return [number for value in _SEPARATORS.split(cell) if value for number in _phones(value)]
    if target == "email":
        return [value for value in _SEPARATORS.split(cell) if value]
    if target == "kind":
        return [KINDS[cell.casefold()]] if cell.casefold() in KINDS else []
    if target == "time_zone" and not _is_zone(cell):
        return []
    return [cell]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # an unknown zone, a folder of zones, no name of a zone at all
        return False
    return True


def _phones(value: str) -> list[str]:
    """Numbers divided by commas, when each is long enough to be one: a comma may also stand for a pause."""
    numbers = [number.strip() for number in value.split(",")]
    return numbers if all(sum(map(str.isdigit, number)) >= SHORTEST_PHONE for number in numbers) else [value]


def fault_of(row: CustomerRow) -> str | None:
    """Why a row cannot be stored, in words; None when it can."""
    texts = [row.name, row.external_id or "", *row.phones, *row.emails, *row.fields.values(), *row.more.values()]
    whole = "".join(chain(texts, row.more))
    limited = [("name", row.name), ("external_id", row.external_id or ""), *row.fields.items()]
    limited += [("phone", phone) for phone in row.phones] + [("email", email) for email in row.emails]
    if not any(map(_is_visible, row.name)):
        return _("There is no name.")
    if "\0" in whole:
        return _("There is a NUL character in this row.")
    if not is_text(whole):
        return _("There are bytes in this row that are no text.")
    for name, text in limited:
        limit = Customer.limits.get(name, TEXT_LIMIT)
        if len(text) > limit:
            return _("{field} is longer than {limit} characters.").format(field=name, limit=limit)
    return too_much(row.more)


def _is_visible(letter: str) -> bool:
    return not letter.isspace() and unicodedata.category(letter)[0] not in "CZ"


def too_much(more: Mapping[str, str]) -> str | None:
    """Why these texts do not fit into one customer's `more`, in words; None when they do."""
    limit = Customer.limits["more"]
    if len(json.dumps(dict(more), ensure_ascii=False)) > limit:
        return _("The other columns hold more than {limit} characters together.").format(limit=limit)
    return None
