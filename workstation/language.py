"""The words people read: one gettext door for every layer, chosen once for the whole process."""

import gettext as _gettext
import logging
import re
from collections.abc import Callable
from pathlib import Path

from workstation import po

# Those whose words are complete, by their own names.
LANGUAGES = {"en": "English", "ru": "Русский", "uz": "Oʻzbekcha", "be": "Беларуская"}
_PLURAL = re.compile(r"plural=([^;]+);")

log = logging.getLogger(__name__)


class _Words(_gettext.NullTranslations):
    """The translations of one language; English where one is missing."""

    def __init__(self, words: dict[po.Key, list[str]]) -> None:
        super().__init__()
        head = words.get(("", ""), [""])[0]
        rule = _PLURAL.search(head)
        self._form: Callable[[int], int] = _gettext.c2py(rule.group(1)) if rule else lambda n: int(n != 1)
        self._words = words

    def gettext(self, message: str) -> str:
        found = self._words.get((message, ""))
        return found[0] if found and found[0] else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        found = self._words.get((msgid1, msgid2))
        form = self._form(abs(n))
        return found[form] if found and form < len(found) and found[form] else super().ngettext(msgid1, msgid2, n)


class _Chosen:
    """The process-wide choice, like the locale: read by every thread, changed only by `use`."""

    translations: _gettext.NullTranslations = _gettext.NullTranslations()


def use(language: str, folder: Path) -> None:
    """Speak `language` (a code as "ru" or "uz") from its .po file in `folder`; English where there is none, and where
    it cannot be read."""
    _Chosen.translations = _gettext.NullTranslations()
    path = folder / f"{language}.po"
    if path.exists():
        try:
            _Chosen.translations = _Words(po.read(path.read_text("utf-8")))
        except (OSError, ValueError, SyntaxError) as error:
            log.warning("the words of a language cannot be read: %s", error)


def _(text: str) -> str:
    """Translate one text. Values are put in afterwards: _("{count} left").format(count=3)."""
    return _Chosen.translations.gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a text that depends on a count."""
    return _Chosen.translations.ngettext(singular, plural, count)
