"""Search keys: one spelling for all the ways a name or a phone number can be written."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers

REGIONS = ("UZ", "BY", "RU", "KZ")  # whose country code is supplied when none is written, in this order

_APOSTROPHES = "'`´‘’‚‛ʹʺʻʼʽʾʿˈˊˋ′″‵＇ъь"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_LETTERS = {
    **dict(zip("абвгдежзийклмнопрстуфхыэіґєїўғқҳ", "abvgdejziyklmnoprstufhieigeiwgkh", strict=True)),
    "ё": "yo",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "sh",
    "ю": "yu",
    "я": "ya",
    "ӣ": "i",
    "ӯ": "o",
    "ҷ": "j",
    "ә": "a",
    "ө": "o",
    "ү": "u",
    "ұ": "u",
    "ң": "n",
    "һ": "h",
    "ç": "ch",
    "č": "ch",
    "ş": "sh",
    "š": "sh",
    "ș": "sh",
    "ž": "j",
    "đ": "d",
    "ł": "l",
    "ø": "o",
    "ı": "i",
    "ß": "ss",
    "æ": "e",
    "œ": "e",
    "ə": "a",
    "q": "k",
    "w": "v",
    "ŭ": "w",
}
# Written for each other, in the order they are applied; again until nothing changes, so that a key is its own key.
# "w" stands for ў until here: a v after a vowel (Belarusian), else an o (Uzbek).
# An x is х in Uzbek; in these names, used by everyone here, it is кс.
_SPELLINGS = {
    "x": (
        ("alex", "aleks"), ("maxim", "maksim"), ("oxan", "oksan"), ("roxan", "roksan"), ("xeni", "kseni"),
        ("felix", "feliks"), ("x", "h"),
    ),
    "h": (
        ("kh", "h"), ("gh", "g"), ("zh", "j"), ("ph", "f"),
        ("shch", "sh"), ("tsch", "ch"), ("sch", "sh"), ("tch", "ch"),
    ),
    "j": (("dj", "j"),),
    "c": (
        ("cz", "ch"), ("ck", "k"), ("ca", "ka"), ("co", "ko"), ("cu", "ku"), ("cl", "kl"), ("cr", "kr"), ("ct", "kt"),
        ("ce", "se"), ("ci", "si"), ("cy", "si"),
    ),
    "w": (("yw", "e"), ("aw", "av"), ("ew", "ev"), ("iw", "iv"), ("ow", "ov"), ("uw", "ov"), ("w", "o")),
    "y": (("yo", "e"), ("ye", "e"), ("y", "i")),
    "": (("tz", "ts"), ("u", "o"), *((letter * 2, letter) for letter in "abcdefghijklmnoprstvz")),
}  # fmt: skip
# For what folding keeps apart: a key of consonants only, where sounds taken for each other share a letter.
_SOUNDS = str.maketrans("ghbfvdzc", "kkppptss", "aeioj")  # a j is й to some
CONSONANTS = "klmnprst"  # all that a skeleton of our own letters is made of
_SEMIVOWEL = re.compile(r"(?<=[aeio])v(?![aeio])")  # Мартаў, Martau, Мартов
_REPEATED = re.compile(r"(.)\1+")

_QWERTY = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?"
_JCUKEN = "ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,"
_TO_CYRILLIC = str.maketrans(_QWERTY, _JCUKEN)
_TO_LATIN = str.maketrans(_JCUKEN + "ўЎіІқҚ", _QWERTY + "oObBsS")  # also where Uzbek and Belarusian layouts differ
_CYRILLIC = re.compile("[\u0400-\u04ff]")

_EXTENSION = re.compile(
    r"(?:доб(?:авочный)?|вн(?:утр)?|ichki|ext(?:ension)?|x|#|;ext=)[\s.:]{0,3}(\d{1,7})\s*$", re.IGNORECASE
)
_SHORT = re.compile(r"\W*(?:(?:tel|тел)[a-zа-я]*)?[\s.:*#]*\d[\s\d-]*#?", re.IGNORECASE)
_LONGEST_PHONE = 250  # characters; what is longer is no phone number


def _letter_table() -> dict[int, str | None]:
    """Every letter we know, in every case and with every accent, to what stands for it."""
    table: dict[int, str | None] = {}
    for code in (*range(0x80), *range(0xC0, 0x250), *range(0x400, 0x530), *range(0x1E00, 0x1F00)):
        letter = chr(code).lower()
        bare = _LETTERS.get(letter) or "".join(
            _LETTERS.get(part, part)
            for part in unicodedata.normalize("NFKD", letter)
            if not unicodedata.combining(part)
        )
        if bare.isascii():
            table[code] = bare if bare.isalnum() else " "
    table.update(dict.fromkeys(range(0x300, 0x370)))  # stress marks and other combining accents
    table.update(dict.fromkeys(range(0x2010, 0x2016), " "))  # dashes
    table.update({ord(mark): None for mark in _APOSTROPHES + _APOSTROPHES.upper() + _INVISIBLE})
    return table


_TABLE = _letter_table()


def fold(text: str) -> str:
    """The search key of a name: the same for its Uzbek, Russian, Belarusian and English spellings in either script.

    Lower-case words of a–z and 0–9 joined by one space; letters of other scripts stay. A key's key is itself.
    """
    folded = unicodedata.normalize("NFKC", text.replace("´", "'")).translate(_TABLE)  # NFKC makes a space of ´
    if not folded.isascii():
        folded = _fold_strange(folded)
    before = ""
    while folded != before:
        before = folded
        for letter, spellings in _SPELLINGS.items():
            if letter in folded:
                for written, meant in spellings:
                    folded = folded.replace(written, meant)
    return " ".join(folded.split())


def tokens(text: str) -> list[str]:
    """The folded words of a text, in their order."""
    return fold(text).split()


def skeleton(word: str) -> str:
    """A looser key of one folded word: its consonants, those taken for each other made one; "" when it has none."""
    consonants = _SEMIVOWEL.sub("", word).replace("ts", "s").replace("sh", "s").replace("ch", "s")
    return _REPEATED.sub(r"\1", consonants.translate(_SOUNDS))


def other_layout(text: str) -> str:
    """What was meant when the keyboard was in the other layout: "ghbdtn" gives "привет", and the reverse."""
    return text.translate(_TO_LATIN if _CYRILLIC.search(text) else _TO_CYRILLIC)


def digits_of(text: str) -> str:
    """The decimal digits of a text as 0-9, whatever script they are written in."""
    if text.isascii():
        return re.sub(r"[^0-9]+", "", text)
    return "".join(str(unicodedata.decimal(letter)) for letter in text if letter.isdecimal())


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number as written and as understood.

    `e164` is absent for what is no full number; `digits` (0-9) has the country code where it is known.
    """

    raw: str
    e164: str | None
    digits: str
    extension: str | None
    is_valid: bool


def parse_phone(raw: str, regions: str | Sequence[str] = REGIONS) -> Phone:
    """Understand a phone number; `regions` (ISO codes, in order of preference) supply a missing country code.

    A short code (103) is valid and has no E.164 form. Never raises.
    """
    wanted = (regions,) if isinstance(regions, str) else tuple(regions)
    text = unicodedata.normalize("NFKC", raw[: _LONGEST_PHONE + 1]).strip()
    found = _EXTENSION.search(text)
    extension = digits_of(found[1]) if found else None
    number = text[: found.start()] if found else text
    digits = digits_of(number)
    if len(raw) > _LONGEST_PHONE or not digits:
        return Phone(raw, None, digits_of(raw), None, is_valid=False)
    if extension is None and len(digits) <= 6 and _is_short_code(number, digits, wanted):
        return Phone(raw, None, digits, None, is_valid=True)
    for region in wanted:
        e164 = _e164(number, digits, region)
        if e164 is not None:
            return Phone(raw, e164, e164[1:], extension, is_valid=True)
    return Phone(raw, None, digits, extension, is_valid=False)


def _fold_strange(text: str) -> str:
    """Fold what the table does not know: other scripts keep their letters, without case, accents and symbols."""
    before = ""
    while text != before:
        before = text
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(_bare(letter) for letter in plain).translate(_TABLE)
    return text


def _bare(letter: str) -> str:
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if unicodedata.category(letter).startswith("M"):
        return ""
    return letter if letter.isalnum() or ord(letter) in _TABLE else " "


def _is_short_code(number: str, digits: str, regions: Sequence[str]) -> bool:
    """Up to four digits are a service's number in all our countries, listed or not; five and six must be listed."""
    if not _SHORT.fullmatch(number):
        return False
    return 2 <= len(digits) <= 4 or any(_is_known_short_code(digits, region) for region in regions)


def _is_known_short_code(digits: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_short_number_for_region(phonenumbers.parse(digits, region), region)
    except phonenumbers.NumberParseException:
        return False


def _e164(number: str, digits: str, region: str) -> str | None:
    if region == "UZ" and len(digits) == 10 and digits.startswith("8"):
        number = digits[1:]  # the old trunk prefix, which the numbering plan no longer knows
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
