"""What another program may hand over when a telephone rings: a number, a tel: or sip: address, or one of ours."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from workstation.errors import Refused
from workstation.keys import digits_of
from workstation.language import _

LONGEST = 1_000  # characters of all that is handed over
LONGEST_NUMBER = 60  # characters of a number with all its blanks and dashes
MOST_DIGITS = 20  # RFC 3966 names no limit; E.164 has 15, and an extension
CHANNELS = ("call", "chat")
DIRECTIONS = ("in", "out")
# What telephones say instead of a number that is hidden (RFC 3323 says "anonymous").
HIDDEN = frozenset({"anonymous", "unknown", "private", "restricted", "unavailable", "withheld"})
_EXTENSION = re.compile(
    r"(?:доб(?:авочный)?|вн(?:утр)?|ichki|ext(?:ension)?|x|#)[\s.:]{0,3}(\d{1,7})\s*$", re.IGNORECASE
)
_NUMBER = re.compile(r"\+?[\d\s().\-/–]*\d[\d\s().\-/–]*")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,20}):", re.IGNORECASE)
_FIELDS = ("number", "direction", "channel")


@dataclass(frozen=True, slots=True)
class CallAddress:
    """One call, or one customer, that another program speaks of.

    `number` is what is left of it after checking: a + and ASCII digits, "" when hidden; `extension` has digits only.
    `customer` is set only by workstation:customer/ID. `channel` is call or chat, `direction` in or out.
    """

    number: str = ""
    extension: str | None = None
    direction: str = "in"
    channel: str = "call"
    customer: UUID | None = None


def parse(text: str) -> CallAddress:
    """Understand what was handed over (the grammar is in docs/decisions/0020). Raises Refused for anything else.

    All of it is hostile until it is understood: nothing but digits, a + and words of ours comes out of here.
    """
    if len(text) > LONGEST:
        raise Refused(_("What was handed over is too long to be a number or an address."))
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in text.strip()):
        raise Refused(_("What was handed over holds characters that no number or address has."))
    given = _visible(text).strip()
    if not given:
        raise Refused(_("Nothing was handed over: a number or an address is needed."))
    found = _SCHEME.match(given)
    scheme = found[1].lower() if found else ""
    rest = given[found.end() :] if found else given
    if scheme == "tel":
        return _tel(rest)
    if scheme in ("sip", "sips"):
        return _sip(rest)
    if scheme == "workstation":
        return _ours(given)
    if scheme:
        raise Refused(_("Addresses that begin with {scheme}: are not understood here.").format(scheme=scheme))
    return _called(given)


def _visible(text: str) -> str:
    """Without marks of direction and other letters nobody sees: numbers copied from a page often bring them."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def _called(text: str, extension: str | None = None, direction: str = "in", channel: str = "call") -> CallAddress:
    """A call from or to a number as people write it."""
    text = _visible(unicodedata.normalize("NFKC", text)).strip()
    if text.lower() in HIDDEN:
        return CallAddress("", None, direction, channel)
    found = _EXTENSION.search(text) if extension is None else None
    if found and digits_of(text[: found.start()]):
        text, extension = text[: found.start()].rstrip(" ,;"), digits_of(found[1])
    digits = digits_of(text)
    if not text:
        raise Refused(_("There is no number in what was handed over."))
    if len(text) > LONGEST_NUMBER or not 2 <= len(digits) <= MOST_DIGITS or not _NUMBER.fullmatch(text):
        raise Refused(_("“{text}” is no phone number.").format(text=_short(text)))
    return CallAddress("+" * text.startswith("+") + digits, extension, direction, channel)


def _tel(rest: str) -> CallAddress:
    """RFC 3966: number;ext=…;phone-context=…; other parameters say nothing to us."""
    number, *parameters = rest.removeprefix("//").split(";")
    named = _named(parameters)
    number = _decoded(number)
    context = _decoded(named.get("phone-context", ""))
    if context.startswith("+") and not number.strip().startswith("+"):
        number = f"{context}{number.strip()}"
    extension = _decoded(named["ext"]) if named.get("ext") else None
    if extension is not None and not re.fullmatch(r"[\d\s.\-()]{1,20}", extension):
        raise Refused(_("“{text}” is no extension.").format(text=_short(extension)))
    return _called(number, digits_of(extension) if extension else None)


def _named(parameters: list[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for parameter in parameters:
        name, _equals, value = parameter.partition("=")
        if name.lower() in named:
            raise Refused(_("{name} is said twice in this address.").format(name=_short(name)))
        named[name.lower()] = value
    return named


def _sip(rest: str) -> CallAddress:
    """The part before the @; what follows says only through which telephone exchange."""
    user = rest.removeprefix("//").split("@", 1)[0].split(";", 1)[0].split(":", 1)[0]
    return _called(_decoded(user))


def _ours(text: str) -> CallAddress:
    """workstation:customer/UUID, workstation:call?number=…&direction=in|out&channel=call|chat."""
    try:
        parts = urlsplit(text, allow_fragments=False)
        place = (parts.netloc + parts.path).strip("/")
        said = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise Refused(_("This workstation: address cannot be read.")) from error
    if place.startswith("customer/") and not said:
        return _customer(place.removeprefix("customer/"))
    if place != "call":
        raise Refused(_("A workstation: address is workstation:customer/ID or workstation:call?number=…"))
    given = _named([f"{name}={value}" for name, value in said if name in _FIELDS])
    direction, channel = given.get("direction", "in"), given.get("channel", "call")
    if direction not in DIRECTIONS or channel not in CHANNELS:
        raise Refused(_("In a workstation: address the direction is in or out, the channel call or chat."))
    number = given.get("number", "")
    if re.match(r"\s\d", number):  # a + that was not written as %2B
        number = f"+{number.strip()}"
    return _called(_plain(number), None, direction, channel)


def _customer(text: str) -> CallAddress:
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        raise Refused(_("“{text}” is no id of a customer.").format(text=_short(text)))
    return CallAddress(customer=UUID(text))


def _decoded(text: str) -> str:
    try:
        return _plain(unquote(text, errors="strict"))
    except UnicodeDecodeError as error:
        raise Refused(_("The percent signs of this address are no UTF-8 text.")) from error


def _plain(text: str) -> str:
    """Percent signs may have hidden what no number holds."""
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in text):
        raise Refused(_("What was handed over holds characters that no number or address has."))
    return _visible(text)


def _short(text: str) -> str:
    """So much of a hostile text as may be shown."""
    shown = "".join(letter for letter in text if letter.isprintable())
    return shown if len(shown) <= 40 else shown[:39] + "…"
