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
WINDOW = ("workstation/ui/", "workstation/app/")


@pytest.fixture(autouse=True)
def _english_again():
    yield
    language.use("en", LOCALE)


def read(code):
    return po.read((LOCALE / f"{code}.po").read_text("utf-8"))


@pytest.mark.parametrize("code", ["ru", "uz", "be"])
def test_every_text_of_the_program_is_there_for_its_translator(code):
    text = (LOCALE / f"{code}.po").read_text("utf-8")
    missing = [key for key in words.collected() if f"msgid {words.quoted(key[0])}\n" not in text]
    assert missing == []


@pytest.mark.parametrize("code", ["ru", "uz", "be"])
def test_translations_fill_the_same_holes(code):
    wrong = [
        (key, form)
        for key, forms in read(code).items()
        if key != ("", "")
        for form in forms
        if form and set(HOLES.findall(form)) - set(HOLES.findall(key[0] + key[1]))
    ]
    assert wrong == []


def test_the_window_speaks_russian_whole():
    russian = read("ru")
    seen = [key for key, places in words.collected().items() if any(place.startswith(WINDOW) for place in places)]
    assert len(seen) > 300
    assert [key for key in seen if not all(russian.get(key, [""]))] == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 изменение ждёт"), (3, "3 изменения ждут"), (5, "5 изменений ждут"), (11, "11 изменений ждут"),
     (21, "21 изменение ждёт")],
)  # fmt: skip
def test_russian_counts_as_russians_do(count, said):
    language.use("ru", LOCALE)
    assert ngettext("{n} change waits", "{n} changes wait", count).format(n=count) == said


def test_what_is_not_translated_is_english():
    language.use("uz", LOCALE)
    assert _("Save") == "Save"


@pytest.mark.parametrize("content", ['msgid "a\nmsgstr [', "\x00\xff", 'msgid "Save"\nmsgstr "\\x"\n', 'msgstr "x"'])
def test_a_broken_file_is_english(tmp_path, content):
    (tmp_path / "ru.po").write_bytes(content.encode("utf-8", "surrogatepass"))
    language.use("ru", tmp_path)
    assert _("Save") == "Save"
