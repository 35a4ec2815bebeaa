"""Reads the .po files of translators as they are: nothing is compiled, nothing can be out of date."""

import ast
import re

Key = tuple[str, str]  # singular, plural ("" where there is none)
_LINE = re.compile(r'(msgid_plural|msgid|msgstr(?:\[(\d)\])?)?\s*("(?:[^"\\]|\\.)*")\s*$')


def read(text: str) -> dict[Key, list[str]]:
    """Translations by text; one for each plural form. What cannot be read is left out; the header has the key ""."""
    found: dict[Key, list[str]] = {}
    entry: dict[str, str] = {}
    field = ""
    for line in [*text.splitlines(), 'msgid "end"']:
        match = _LINE.match(line.strip())
        if match is None:
            continue
        name, number, value = match.groups()
        if name == "msgid":
            _keep(entry, found)
            entry = {}
        if name:
            field = f"msgstr{number}" if number else "msgstr0" if name == "msgstr" else name
        entry[field] = entry.get(field, "") + str(ast.literal_eval(value))
    return found


def _keep(entry: dict[str, str], found: dict[Key, list[str]]) -> None:
    if "msgid" in entry:
        forms = [entry[name] for name in sorted(entry) if name.startswith("msgstr")]
        if any(forms):
            found[entry["msgid"], entry.get("msgid_plural", "")] = forms
