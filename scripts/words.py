"""Collects every text that people read into resources/locale/*.po; what is translated stays. `make words` calls it."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from workstation.po import read  # noqa: E402 - the path is ours only from here on

LOCALE = ROOT / "resources" / "locale"
PLURALS = {
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "be": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "uz": "nplurals=2; plural=(n != 1);",
}
Key = tuple[str, str]  # singular, plural ("" where there is none)
Words = dict[Key, list[str]]


def collected() -> dict[Key, list[str]]:
    """Every text with the files it stands in, in the order of the files."""
    found: dict[Key, list[str]] = {}
    for path in sorted((ROOT / "workstation").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                if texts:
                    key = (texts[0], texts[1] if node.func.id == "ngettext" and len(texts) > 1 else "")
                    places = found.setdefault(key, [])
                    place = path.relative_to(ROOT).as_posix()
                    if place not in places:
                        places.append(place)
    return found


def quoted(text: str) -> str:
    """A text as a .po file holds it."""
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(old, new)
    return f'"{text}"'


def written(language: str, words: Words, places: dict[Key, list[str]]) -> str:
    """A whole .po file."""
    head = ["Content-Type: text/plain; charset=UTF-8", f"Language: {language}", f"Plural-Forms: {PLURALS[language]}"]
    lines = ['msgid ""', 'msgstr ""', *(quoted(line + "\n") for line in head), ""]
    count = int(PLURALS[language][9])
    for key, files in places.items():
        singular, plural = key
        given = words.get(key, [])
        lines += [f"#: {' '.join(files)}", f"msgid {quoted(singular)}"]
        if plural:
            lines.append(f"msgid_plural {quoted(plural)}")
            lines += [f"msgstr[{n}] {quoted(given[n] if n < len(given) else '')}" for n in range(count)]
        else:
            lines.append(f"msgstr {quoted(given[0] if given else '')}")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Bring every language up to date; gives how many texts Russian lacks."""
    places, lacking = collected(), 0
    LOCALE.mkdir(parents=True, exist_ok=True)
    for language in PLURALS:
        path = LOCALE / f"{language}.po"
        words = read(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(written(language, words, places), "utf-8")
        missing = sum(not words.get(key) or not all(words[key]) for key in places)
        print(f"{language}: {len(places)} texts, {missing} not translated")
        lacking = missing if language == "ru" else lacking
    return lacking


if __name__ == "__main__":
    sys.exit(min(main(), 1))
