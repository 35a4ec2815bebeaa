"""The words people read: placeholders and plural forms of every language fit, the window speaks Russian whole."""

import re
import sys
from pathlib import Path

import pytest

from workstation import language, po
from workstation.language import _, ngettext

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "resources" / "locale"
sys.path.insert(0, str(ROOT / "scripts"))
import words  # noqa: E402 - a script of ours

HOLES = re.compile(r"{(\w*)}")
OTHERS = [code for code in language.LANGUAGES if code != "en"]


@pytest.fixture(autouse=True)
def _english_again():
    yield
    language.use("en", LOCALE)


def read(code):
    return po.read((LOCALE / f"{code}.po").read_text("utf-8"))


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_of_the_program_is_there_for_its_translator(code):
    text = (LOCALE / f"{code}.po").read_text("utf-8")
    missing = [key for key in words.collected() if f"msgid {words.quoted(key[0])}\n" not in text]
    assert missing == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_fill_the_same_holes(code):
    wrong = [
        (key, form)
        for key, forms in read(code).items()
        if key != ("", "")
        for form in forms
        if form and set(HOLES.findall(form)) - set(HOLES.findall(key[0] + key[1]))
    ]
    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_is_whole(code):
    translated, collected = read(code), words.collected()
    assert len(collected) > 700
    assert [key for key in collected if not all(translated.get(key, [""]))] == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_loses_a_hole_or_is_left_english(code):
    translated = read(code)
    lost = [
        key for key, forms in translated.items()
        if key != ("", "") and any(set(HOLES.findall(key[0])) - set(HOLES.findall(form)) for form in forms if form)
    ]  # fmt: skip
    assert lost == []
    same = [key for key, forms in translated.items() if len(key[0]) > 20 and key[0] in forms]
    assert [key for key in same if "{" not in key[0]] == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 изменение ждёт"), (3, "3 изменения ждут"), (5, "5 изменений ждут"), (11, "11 изменений ждут"),
     (21, "21 изменение ждёт")],
)  # fmt: skip
def test_russian_counts_as_russians_do(count, said):
    language.use("ru", LOCALE)
    assert ngettext("{n} change waits", "{n} changes wait", count).format(n=count) == said


def test_what_is_not_translated_is_english(tmp_path):
    (tmp_path / "uz.po").write_text('msgid "Save"\nmsgstr ""\n', "utf-8")
    language.use("uz", tmp_path)
    assert _("Save") == "Save"


@pytest.mark.parametrize("content", ['msgid "a\nmsgstr [', "\x00\xff", 'msgid "Save"\nmsgstr "\\x"\n', 'msgstr "x"'])
def test_a_broken_file_is_english(tmp_path, content):
    (tmp_path / "ru.po").write_bytes(content.encode("utf-8", "surrogatepass"))
    language.use("ru", tmp_path)
    assert _("Save") == "Save"
