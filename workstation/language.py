"""The words people read: one gettext door for every layer, chosen once for the whole process."""

import gettext as _gettext
from pathlib import Path

DOMAIN = "workstation"
LANGUAGES = {"en": "English", "ru": "Русский"}  # those whose words are complete, by their own names


class _Chosen:
    """The process-wide choice, like the locale: read by every thread, changed only by `use`."""

    translations: _gettext.NullTranslations = _gettext.NullTranslations()


def use(language: str, folder: Path) -> None:
    """Speak `language` (a code as "ru" or "uz") from the .mo files in `folder`; English where there is none."""
    _Chosen.translations = _gettext.translation(DOMAIN, folder, [language], fallback=True)


def _(text: str) -> str:
    """Translate one text. Values are put in afterwards: _("{count} left").format(count=3)."""
    return _Chosen.translations.gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a text that depends on a count."""
    return _Chosen.translations.ngettext(singular, plural, count)
