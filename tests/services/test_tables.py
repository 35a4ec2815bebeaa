"""CSV files as they really come, and what their columns mean."""

import csv
import io
import json
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.errors import Refused
from workstation.services.imports import tables
from workstation.services.imports.mapping import ColumnMap, bind, guess_map, load_map, read_customer
from workstation.services.imports.tables import CsvTable, Reading, RowIssue, TableRow, open_csv

OUTSIDE = Path(__file__).parents[3] / "shared" / "data"
SPECTRUM = OUTSIDE / "csv_hardening" / "csv-spectrum"
GIVEN = pytest.mark.skipif(not OUTSIDE.exists(), reason="the foreign files are not on this PC")


@pytest.fixture
def write(tmp_path):
    def write(content, encoding="utf-8", name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def cells_of(table: CsvTable) -> list[tuple[str, ...]]:
    rows = list(table.rows())
    assert all(isinstance(row, TableRow) for row in rows), rows
    return [row.cells for row in rows]


@GIVEN
@pytest.mark.parametrize("name", sorted(path.stem for path in SPECTRUM.glob("csvs/*")))
def test_spectrum_reads_as_its_authors_say(name):
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text("utf-8"))
    table = open_csv(SPECTRUM / "csvs" / f"{name}.csv", Reading())
    got = [dict(zip(table.header, cells, strict=True)) for cells in cells_of(table)]
    if name == "location_coordinates":  # its JSON is one object, with another phone than its CSV
        expected = [{**expected, "Contact Phone Number": "2095257564", "Cities": "Modesto", "Counties": "Stanislaus"}]
        got[0]["Location Coordinates"] = expected[0]["Location Coordinates"]
    assert got == expected


@GIVEN
@pytest.mark.parametrize(
    ("name", "header", "rows"),
    [
        ("csvkit_dummy", ("a", "b", "c"), [("1", "2", "3")]),
        ("csvkit_mac_newlines", ("a", "b", "c"), [("1", "2", "3"), ("Once upon\ra time", "5", "6")]),
        ("csvkit_test_latin1", ("a", "b", "c"), [("1", "2", "3"), ("4", "5", "©")]),
        ("csvkit_test_utf16_little", ("a", "b", "c"), [("1", "2", "3"), ("4", "5", "ʤ")]),
        ("csvkit_test_utf8_bom", ("foo", "bar", "baz"), [("1", "2", "3"), ("4", "5", "ʤ")]),
    ],
)
def test_foreign_encodings_and_newlines(name, header, rows):
    table = open_csv(OUTSIDE / "csv_hardening" / f"{name}.csv", Reading())
    assert (table.header, cells_of(table)) == (header, rows)


@GIVEN
def test_ragged_rows_are_named_by_line():
    rows = list(open_csv(OUTSIDE / "csv_hardening" / "csvkit_bad.csv", Reading()).rows())
    assert [(row.line, type(row)) for row in rows] == [(2, RowIssue), (3, RowIssue), (4, TableRow)]
    assert "4 instead of 3" in rows[0].reason
    assert "2 instead of 3" in rows[1].reason


@GIVEN
def test_outlook_is_read_as_western():
    table = open_csv(OUTSIDE / "contacts_csv" / "fk_Outlook365.csv", Reading())
    assert table.encoding == "cp1252"
    assert any("Thüringen" in cells for cells in cells_of(table))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_russian_table_in_any_encoding(write, encoding, delimiter):
    lines = ["Имя,Телефон,Город", "Иван Петров,+998901234567,Ташкент", "Анна Сидорова,901234568,Самарканд"]
    table = open_csv(write("\r\n".join(lines).replace(",", delimiter), encoding), Reading())
    assert table.header == ("Имя", "Телефон", "Город")
    assert cells_of(table)[1] == ("Анна Сидорова", "901234568", "Самарканд")


@pytest.mark.parametrize("text", ["Jürgen Müller", "François Lefèvre", "Zoë"])
def test_western_table(write, text):
    assert cells_of(open_csv(write(f"name;phone\n{text};1\n", "cp1252"), Reading())) == [(text, "1")]


def test_encoding_far_behind_the_beginning(write):
    lines = ["name;city", *["Bob;Rome"] * 300_000, "Борис;Москва"]
    table = open_csv(write("\n".join(lines), "cp1251"), Reading())
    assert cells_of(table)[-1] == ("Борис", "Москва")


def test_a_bad_byte_in_utf8_costs_its_row_only(write):
    content = "имя,город\nИван,Ташкент\n".encode() + b"\xff,x\n" + "Анна,Нукус\n".encode()
    rows = list(open_csv(write(content), Reading()).rows())
    assert [row.line for row in rows] == [2, 3, 4]
    assert isinstance(rows[1], RowIssue)
    assert rows[2].cells == ("Анна", "Нукус")


def test_forced_encoding_and_delimiter_win(write):
    path = write("a;x,b;y\nя;1,2;3\n", "cp1251")
    table = open_csv(path, Reading(encoding="cp866", delimiter=","))
    assert table.header == ("a;x", "b;y")
    assert cells_of(table) == [("я".encode("cp1251").decode("cp866") + ";1", "2;3")]


def test_header_below_a_preamble(write):
    path = write("Report of 2026\n\nname;phone\nIvan;1\nAnna;2\n")
    assert open_csv(path, Reading()).header == ("name", "phone")
    given = open_csv(path, Reading(header_row=4))
    assert given.header == ("Ivan", "1")
    assert list(given.rows()) == [TableRow(5, ("Anna", "2"))]


def test_separator_line_of_excel(write):
    table = open_csv(write("sep=;\r\nname;phone,fax\r\nIvan;1,2\r\n"), Reading())
    assert (table.header, cells_of(table)) == (("name", "phone,fax"), [("Ivan", "1,2")])


def test_spaces_before_quotes(write):
    table = open_csv(write('"name", "note"\n"Ivan", "a, b"\n'), Reading())
    assert cells_of(table) == [("Ivan", "a, b")]


def test_line_numbers_are_physical(write):
    table = open_csv(write('name,note\r\n\r\nA,"x\r\ny"\r\nB,z\r\n,\r\n'), Reading())
    assert list(table.rows()) == [TableRow(3, ("A", "x\r\ny")), TableRow(5, ("B", "z")), TableRow(6, ("", ""))]


def test_an_unclosed_quote_costs_its_row_only(write):
    rows = list(open_csv(write('name,note\nA,"open\nB,2\nC,3\n'), Reading()).rows())
    assert [row.line for row in rows] == [2, 3, 4]
    assert isinstance(rows[0], RowIssue)
    assert rows[1:] == [TableRow(3, ("B", "2")), TableRow(4, ("C", "3"))]


def test_many_unclosed_quotes_end(write):
    rows = list(open_csv(write("name,note\n" + 'x","\n' * 20_000), Reading(header_row=1)).rows())
    assert [row.line for row in rows] == list(range(2, 2 + len(rows)))
    assert len(rows) == tables.RECOVERIES + 1


def test_nul_in_a_row(write):
    rows = list(open_csv(write("name,note\nA,\0\nB,2\n"), Reading()).rows())
    assert [type(row) for row in rows] == [RowIssue, TableRow]


def test_a_field_of_ten_megabytes(write):
    table = open_csv(write('name,note\nA,"' + "x" * 10_000_000 + '"\nB,2\n'), Reading())
    assert [len(cells[1]) for cells in cells_of(table)] == [10_000_000, 1]


def test_duplicate_headers_stay(write):
    assert open_csv(write("name,phone,phone\nA,1,2\n"), Reading()).header == ("name", "phone", "phone")


@pytest.mark.parametrize(
    ("content", "reading"),
    [
        (b"", Reading()),
        (b" \r\n\n", Reading()),
        (b"\xef\xbb\xbf", Reading()),
        (b"Ivan,+998901234567\nAnna,+998901234568\n", Reading()),
        (b"1,2\n3,4\n", Reading()),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, Reading()),
        (b"\x7fELF" + b"\0\1\2" * 400, Reading()),
        (b"\xff\xfea", Reading()),
        (b"a,b\n1,2\n", Reading(encoding="no such")),
        (b"a,b\n1,2\n", Reading(encoding="base64")),
        (b"a,b\n1,2\n", Reading(encoding="a\0b")),
        (b"a,b\n1,2\n", Reading(encoding="undefined")),
        (b"a,b\n1,2\n", Reading(encoding="utf-32")),
        (b"a,b\n1,2\n", Reading(delimiter="::")),
        (b"a,b\n1,2\n", Reading(delimiter='"')),
        (b"a,b\n1,2\n", Reading(header_row=0)),
        (b"a,b\n1,2\n", Reading(header_row=3)),
        (b"a,b\n\xff,2\n", Reading(encoding="utf-8", header_row=2)),
    ],
)
def test_what_cannot_be_read_is_refused(write, content, reading):
    path = write(content)
    with pytest.raises(Refused) as refusal:
        open_csv(path, reading)
    assert str(refusal.value).count(".") >= 1
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["", "absent.csv", "a\0b", "\udcff.csv", "x" * 5000])
def test_what_is_no_file_is_refused(tmp_path, name):
    with pytest.raises(Refused):
        open_csv(tmp_path / name, Reading())


def test_a_file_cut_in_the_middle_of_a_letter_is_refused_when_read(write):
    path = write("name\n".encode("utf-16") + "Ivan\n".encode("utf-16-le") * 200_000 + b"\0")
    with pytest.raises(Refused):
        list(open_csv(path, Reading()).rows())


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
ENCODED = {
    "utf-8": CELLS,
    "utf-8-sig": CELLS,
    "utf-16": CELLS,
    "utf-16-le": CELLS,
    "cp1251": st.text(st.characters(codec="cp1251", exclude_characters="\0"), max_size=12),
    "cp1252": st.text(st.characters(codec="cp1252", exclude_characters="\0"), max_size=12),
}


@given(st.data())
def test_any_table_comes_back(tmp_path_factory, data):
    encoding = data.draw(st.sampled_from(sorted(ENCODED)))
    delimiter = data.draw(st.sampled_from(tables.DELIMITERS))
    width = data.draw(st.integers(2, 4))
    row = st.lists(ENCODED[encoding], min_size=width, max_size=width)
    rows = data.draw(st.lists(row, max_size=6))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n", quoting=data.draw(st.sampled_from([0, 1])))
    writer.writerows([[f"column {n}" for n in range(width)], *rows])
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    table = open_csv(path, Reading(encoding=encoding, delimiter=delimiter, header_row=1))
    found = list(table.rows())
    assert [list(row.cells) for row in found] == rows
    assert all(before.line < after.line for before, after in pairwise(found))


NAMES = st.text(st.characters(codec="cp1251", categories=["Lu", "Ll"], min_codepoint=0x410), min_size=4, max_size=9)


@given(st.lists(st.lists(NAMES, min_size=3, max_size=3), min_size=4, max_size=9), st.sampled_from(tables.DELIMITERS),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))  # fmt: skip
def test_encoding_delimiter_and_header_are_guessed(tmp_path_factory, rows, delimiter, encoding):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([["Имя", "Город", "Улица"], *rows])
    path = tmp_path_factory.getbasetemp() / "guessed.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    table = open_csv(path, Reading())
    assert (table.delimiter, table.header) == (delimiter, ("Имя", "Город", "Улица"))
    assert [list(cells) for cells in cells_of(table)] == rows


@given(
    st.one_of(st.binary(max_size=400), st.text(alphabet='ab,;\t|"\r\n\0 1яü', max_size=120).map(str.encode)),
    st.sampled_from([None, "utf-8", "utf-16", "cp1251", "shift_jis", "utf-7"]),
    st.sampled_from([None, ",", "\t"]),
    st.sampled_from([None, 1, 2, 50]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content, encoding, delimiter, header_row):
    path = tmp_path_factory.getbasetemp() / "rubbish.csv"
    path.write_bytes(content)
    with suppress(Refused):
        table = open_csv(path, Reading(encoding, delimiter, header_row))
        for row in table.rows():
            assert isinstance(row, RowIssue) or len(row.cells) == len(table.header)


# --- what columns mean


@pytest.mark.parametrize(
    ("header", "cells", "name", "phones", "emails"),
    [
        ("First Name,Last Name,Mobile Phone", "Ann,Lee,1", "Ann Lee", ("1",), ()),
        ("Name,Given Name,E-mail 1 - Value,Phone 1 - Value", ",Ann,a@b.c,1", "Ann", ("1",), ("a@b.c",)),
        ("Фамилия,Имя,Отчество,Телефон", "Иванов,Иван,Ильич,1", "Иванов Иван Ильич", ("1",), ()),
        ("Ф.И.О.,Моб. телефон,Эл. почта", "Иван,1,a@b.c", "Иван", ("1",), ("a@b.c",)),
        ("Vorname,Name,Primäre E-Mail-Adresse", "Jürgen,Groß,a@b.c", "Jürgen Groß", (), ("a@b.c",)),
        ("Ism,Familiya,Telefon raqami", "Aziz,Karimov,1", "Aziz Karimov", ("1",), ()),
        ("To\u02bbliq ism,Telefon", "Aziz,1", "Aziz", ("1",), ()),
        ("Імя,Прозвішча,Тэлефон", "Алесь,Янкоў,1", "Алесь Янкоў", ("1",), ()),
        ("ФИО,Телефон,Телефон 2", "Иван,1,2", "Иван", ("1", "2"), ()),
        ("name,phone", "Ann,1234567; 7654321 ::: 33", "Ann", ("1234567", "7654321", "33"), ()),
        ("name,phone", "Ann,+1 (555) 123;ext=5", "Ann", ("+1 (555) 123;ext=5",), ()),
    ],
)
def test_headers_are_understood(header, cells, name, phones, emails):
    names = header.split(",")
    row = read_customer(bind(guess_map(names), names), TableRow(2, tuple(cells.split(","))))
    assert (row.name, row.phones, row.emails, row.more) == (name, phones, emails, {})


def test_numbers_divided_by_commas():
    columns = bind(guess_map(["name", "phone"]), ["name", "phone"])
    assert read_customer(columns, TableRow(2, ("A", "998901234567, 998901234568"))).phones == (
        "998901234567",
        "998901234568",
    )
    assert read_customer(columns, TableRow(2, ("A", "998901234567,,12"))).phones == ("998901234567,,12",)


def test_nothing_of_a_row_is_lost():
    header = ["Name", "Клиент", "Имя", "City", "City", "", "Kind", "Zone"]
    columns = ColumnMap(
        {"Name": ("name",), "Клиент": ("name",), "Имя": ("first_name",), "Kind": ("kind",), "Zone": ("time_zone",)}
    )
    cells = ("ACME", "ACME Ltd", "Ann", "Rome", "Paris", "x", "robot", "Mars/Base")
    row = read_customer(bind(columns, header), TableRow(2, cells))
    assert (row.name, row.fields) == ("ACME", {})
    assert set(row.more.values()) == set(cells[1:])
    assert len(row.notices) == 2


def test_no_column_with_a_name():
    with pytest.raises(Refused, match="Code, Town"):
        bind(guess_map(["Code", "Town"]), ["Code", "Town"])


MAPS = [
    ("surce = 'x'", "surce"),
    ("source = 1", "source"),
    ("source = ' '", "source"),
    ("columns = 1", "columns"),
    ("[columns]\nname = 'nmae'", "nmae"),
    ("[columns]\nname = 3", "name"),
    ("[columns]\nname = [['name']]", "name"),
    ("[columns", "map"),
    ("[columns]\nname = 'name'\nabsent = 'phone'", "absent"),
    ("[columns]\nname = '-'", "name"),
]


@pytest.mark.parametrize(("text", "named"), MAPS)
def test_a_wrong_map_is_refused_by_its_key(write, text, named):
    path = write(text, name="map.toml")
    with pytest.raises(Refused, match=named):
        bind(load_map(path), ["name", "phone"])


def test_a_map_that_is_no_text(tmp_path):
    path = tmp_path / "map.toml"
    path.write_bytes(b"\xff\xfe\0")
    for wrong in (path, tmp_path, tmp_path / "absent"):
        with pytest.raises(Refused):
            load_map(wrong)
