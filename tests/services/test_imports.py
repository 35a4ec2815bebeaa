"""Importing customers: who is new, who is known, what is refused; from files of other programs."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from workstation.errors import Refused
from workstation.records import Base, ContactPoint, Customer
from workstation.services.imports.customers import NAMESPACE, ImportContext, import_customers, import_rows, store_rows
from workstation.services.imports.mapping import ColumnMap, CustomerRow, load_map
from workstation.services.imports.tables import Reading, RowIssue

ROOT = Path(__file__).parents[2]
OUTSIDE = ROOT.parent / "shared" / "data"
GIVEN = pytest.mark.skipif(not OUTSIDE.exists(), reason="the foreign files are not on this PC")
CONTEXT = ImportContext(scope_id=7, made_at=datetime(2026, 11, 22, 9, tzinfo=UTC))


class Desk:
    """A database of customers that counts what is written into it."""

    def __init__(self):
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(engine)
        self.open = sessionmaker(engine, expire_on_commit=False).begin
        self.writes = 0
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, _connection, _cursor, statement, *_rest):
        self.writes += not statement.startswith("SELECT")

    def run(self, path, **options):
        return import_customers(self.open, path, context=CONTEXT, **options)

    def store(self, *rows, **options):
        return import_rows(self.open, lambda: rows, replace(CONTEXT, source="list"), **options)

    def customers(self):
        with self.open() as session:
            return list(session.scalars(select(Customer).order_by(Customer.name, Customer.id)))

    def ways(self, customer_id):
        with self.open() as session:
            found = session.scalars(select(ContactPoint).where(ContactPoint.customer_id == customer_id))
            return sorted((point.kind, point.value, point.e164) for point in found)

    def size(self):
        with self.open() as session:
            return [session.scalar(select(func.count()).select_from(kind)) for kind in (Customer, ContactPoint)]


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def write(tmp_path):
    def write(text, name="people.csv"):
        path = tmp_path / name
        path.write_text(text, "utf-8", newline="")
        return path

    return write


def told(report):
    return report.records, report.stored, report.merged, len(report.rejected)


@GIVEN
def test_telco(desk):
    path = OUTSIDE / "tables" / "ibm_telco_customer_churn.csv"
    mapping = load_map(ROOT / "resources" / "maps" / "telco.toml")
    assert told(desk.run(path, mapping=mapping, dry_run=True)) == (7043, 7043, 0, 0)
    assert desk.size() == [0, 0]
    report = desk.run(path, mapping=mapping)
    assert (told(report), report.warnings) == ((7043, 7043, 0, 0), [])
    desk.writes = 0
    assert told(desk.run(path, mapping=mapping)) == (7043, 0, 7043, 0)
    assert desk.writes == 0
    people = desk.customers()
    assert sum(Decimal(person.more["MonthlyCharges"]) for person in people) == Decimal("456116.60")
    assert sum("TotalCharges" not in person.more for person in people) == 11
    assert {(person.source, person.name == person.external_id) for person in people} == {("telco", True)}
    assert all("customerID" not in person.more for person in people)


@GIVEN
@pytest.mark.parametrize(
    ("name", "people", "reach"),
    [
        ("fk_Google", "Dr. Max Middle Name Mustermann jr.", "business2@folker.de"),
        ("fk_Outlook365", "Anita Jorgensen", "Anita@contoso.com"),
        ("fk_ThunderbirdUtf8", "Dr. Max Middle Name Mustermann jr.", "privat@folker-kinzel.de"),
    ],
)
def test_address_books_need_no_map(desk, name, people, reach):
    path = OUTSIDE / "contacts_csv" / f"{name}.csv"
    report = desk.run(path)
    assert report.stored == report.records > 0
    person = next(person for person in desk.customers() if person.name == people)
    assert reach in [value for _kind, value, _e164 in desk.ways(person.id)]
    desk.writes = 0
    assert desk.run(path).merged == report.records
    assert desk.writes == 0


def test_a_map_says_what_is_ignored_and_what_is_ours(desk, write):
    mapping = load_map(
        write("source = 'crm'\n[columns]\nn = ['name', 'external_id']\nl = 'language'\nx = '-'\nk = 'kind'\n", "m")
    )
    desk.run(write("n,l,x,k,other\nAnn,uz,secret,Organization,1\n"), mapping=mapping)
    (ann,) = desk.customers()
    assert (ann.name, ann.external_id, ann.source, ann.language, ann.kind) == (
        "Ann",
        "Ann",
        "crm",
        "uz",
        "organisation",
    )
    assert (ann.more, ann.scope_id, ann.made_at) == ({"other": "1"}, 7, CONTEXT.made_at)


def test_two_desks_meet_in_one_record(write):
    path = write("id,name,phone\n1,Ann,901234567\n")
    one, other = Desk(), Desk()
    one.run(path)
    other.run(path)
    with one.open() as session, other.open() as elsewhere:
        for kind in (Customer, ContactPoint):
            assert session.scalars(select(kind.id)).all() == elsewhere.scalars(select(kind.id)).all()
    assert [person.id for person in one.customers()] == [uuid5(NAMESPACE, "7\0people.csv\0001")]


def test_an_external_id_is_of_one_source(desk, write):
    desk.run(write("id,name\n1,Ann\n", "a.csv"))
    report = desk.run(write("id,name\n1,Ann\n", "b.csv"))
    assert told(report) == (1, 1, 0, 0)
    assert [issue.line for issue in report.warnings] == [2]
    assert sorted(person.source for person in desk.customers()) == ["a.csv", "b.csv"]


def test_a_customer_written_by_another_system_is_found(desk):
    with desk.open() as session:
        session.add(Customer(name="Ann", source="list", external_id="1", scope_id=3, made_at=CONTEXT.made_at))
    assert told(desk.store(CustomerRow(2, "Ann", "1", phones=("901234567",)))) == (1, 0, 1, 0)
    with desk.open() as session:
        assert session.scalars(select(ContactPoint.scope_id)).all() == [3]


def test_a_customer_since_merged_is_met_in_the_survivor(desk):
    desk.store(CustomerRow(2, "Ann", "1"), CustomerRow(3, "Anna", "2"))
    ann, anna = desk.customers()
    with desk.open() as session:
        session.get(Customer, ann.id).merged_into = anna.id
    assert told(desk.store(CustomerRow(2, "Ann", "1", more={"city": "Rome"}))) == (1, 0, 1, 0)
    assert {person.name: person.more for person in desk.customers()} == {"Ann": {}, "Anna": {"city": "Rome"}}


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (CustomerRow(3, "Ann", phones=("901234567", "901234568"), emails=("a@b.c",)), (2, 1, 1, 0)),
        (CustomerRow(3, "Ann", phones=("901234568", "901234567"), emails=("a@b.c",)), (2, 1, 1, 0)),
        (CustomerRow(3, "Ann", phones=("901234567",), emails=("a@b.c",)), (2, 2, 0, 0)),
        (CustomerRow(3, "Ann", phones=("90 1234567", "901234568"), emails=("a@b.c",)), (2, 2, 0, 0)),
        (CustomerRow(3, "Ann", phones=("901234567", "901234568")), (2, 2, 0, 0)),
        (CustomerRow(3, "ann", phones=("901234567", "901234568"), emails=("a@b.c",)), (2, 2, 0, 0)),
        # The one with an external id is stored first, and then known.
        (CustomerRow(3, "Ann", "5", phones=("901234567", "901234568"), emails=("a@b.c",)), (2, 1, 1, 0)),
    ],
)
@pytest.mark.parametrize("chunk", [1, 2])
def test_without_an_external_id_all_must_be_equal(desk, second, outcome, chunk):
    first = CustomerRow(2, "Ann", phones=("901234567", "901234568"), emails=("a@b.c",))
    report = desk.store(first, second, chunk_rows=chunk)
    assert told(report) == outcome
    assert bool(report.warnings) == (outcome[1] == 2)


@pytest.mark.parametrize("chunk", [1, 2])
def test_of_two_rows_that_differ_the_first_counts(desk, chunk):
    rows = (
        CustomerRow(2, "Ann", "1", more={"city": "Rome"}),
        CustomerRow(3, "Ann", "1", more={"city": "Paris", "plan": "A"}),
    )
    for outcome in ((2, 1, 1, 0), (2, 0, 2, 0)):
        desk.writes = 0
        report = desk.store(*rows, chunk_rows=chunk)
        assert (told(report), [issue.line for issue in report.warnings]) == (outcome, [3])
        assert [person.more for person in desk.customers()] == [{"city": "Rome", "plan": "A"}]
    assert desk.writes == 0


@pytest.mark.parametrize("chunk", [1, 3])
def test_whom_a_row_equals_is_known_when_all_phones_are(desk, chunk):
    rows = [
        CustomerRow(2, "Ann", phones=("901234567",)),
        CustomerRow(3, "Ann", "1", phones=("901234567",)),
        CustomerRow(4, "Ann", "1", phones=("901234568",)),
    ]
    assert told(desk.store(*rows, chunk_rows=chunk)) == (3, 2, 1, 0)
    assert told(desk.store(*rows, chunk_rows=chunk)) == (3, 0, 3, 0)


def test_of_two_equals_the_one_without_an_external_id_is_meant(desk):
    with desk.open() as session:
        session.add(Customer(id=UUID(int=2**128 - 1), name="Ann", scope_id=7, made_at=CONTEXT.made_at))
    desk.store(CustomerRow(2, "Ann", "1"))
    assert told(desk.store(CustomerRow(2, "Ann", more={"city": "Rome"}))) == (1, 0, 1, 0)
    assert [person.external_id for person in desk.customers() if person.more] == [None]


def test_the_same_phone_alone_is_a_warning(desk):
    desk.store(CustomerRow(2, "Ann", phones=("+998901234567",)))
    report = desk.store(CustomerRow(9, "Bob", phones=("90 123-45-67",)))
    assert told(report) == (1, 1, 0, 0)
    assert [issue.line for issue in report.warnings] == [9]


def test_merging_never_replaces_what_an_agent_may_have_written(desk):
    desk.store(CustomerRow(2, "Ann", "1", phones=("+998901234567",), more={"city": "Rome", "plan": "A"}))
    with desk.open() as session:
        (ann,) = session.scalars(select(Customer))
        ann.name, ann.language = "Anna Lee", "ru"
    row = CustomerRow(
        2, "Ann", "1", ("901234567", "901234568"), ("a@b.c",), {"language": "uz", "wish": "tea"}, {"plan": "B"}
    )
    report = desk.store(row)
    assert told(report) == (1, 0, 1, 0)
    assert len(report.warnings) == 2
    (ann,) = desk.customers()
    assert (ann.name, ann.language, ann.wish, ann.more) == ("Anna Lee", "ru", "tea", {"city": "Rome", "plan": "B"})
    assert desk.ways(ann.id) == [
        ("email", "a@b.c", None), ("phone", "+998901234567", "+998901234567"), ("phone", "901234568", "+998901234568"),
    ]  # fmt: skip


def test_a_corrected_phone_does_not_come_back(desk):
    row = CustomerRow(2, "Ann", "1", phones=("901234567", "+998901234568"))
    desk.store(row)
    with desk.open() as session:
        point, other = session.scalars(select(ContactPoint).order_by(ContactPoint.value.desc()))
        assert (point.is_primary, other.is_primary) == (True, False)
        point.value, point.e164, point.digits = "901234560", "+998901234560", "998901234560"
    desk.writes = 0
    assert told(desk.store(row)) == (1, 0, 1, 0)
    assert desk.writes == 0


def test_an_unknown_phone_is_kept_as_written(desk):
    report = desk.store(CustomerRow(2, "Ann", phones=("call the office",)))
    assert (report.stored, [issue.line for issue in report.warnings]) == (1, [2])
    (ann,) = desk.customers()
    assert desk.ways(ann.id) == [("phone", "call the office", None)]


@pytest.mark.parametrize(
    "row",
    [
        CustomerRow(2, ""),
        CustomerRow(2, "\u3000\u200b\u2060\ufeff"),
        CustomerRow(2, "x" * 1001),
        CustomerRow(2, "A\0"),
        CustomerRow(2, "A\udcff"),
        CustomerRow(2, "A", "x" * 1001),
        CustomerRow(2, "A", phones=("1" * 1001,)),
        CustomerRow(2, "A", emails=("a@" + "b" * 1001,)),
        CustomerRow(2, "A", fields={"language": "x" * 1001}),
        CustomerRow(2, "A", fields={"wish": "x" * 10_001}),
        CustomerRow(2, "A", more={"a": "x" * 60_000, "b": "x" * 60_000}),
        CustomerRow(2, "A", more={"a\0": "x"}),
        CustomerRow(2, "A", more={"a": "\ud800"}),
        RowIssue(2, "Too few fields."),
    ],
)
def test_a_row_that_cannot_be_stored_says_why(desk, row):
    report = desk.store(row, CustomerRow(3, "Bob"))
    assert told(report) == (2, 1, 0, 1)
    assert report.rejected[0].line == 2
    assert report.rejected[0].reason
    assert [person.name for person in desk.customers()] == ["Bob"]


def test_what_no_longer_fits_together_is_rejected(desk):
    desk.store(CustomerRow(2, "A", "1", more={"a": "x" * 60_000}))
    report = desk.store(CustomerRow(2, "A", "1", phones=("901234567",), more={"b": "x" * 60_000}))
    assert told(report) == (1, 0, 0, 1)
    assert desk.size() == [1, 0]


def test_too_many_rows_store_nothing(desk, write):
    path = write("name\n" + "Ann\n" * 4)
    with pytest.raises(Refused, match="3"):
        desk.run(path, max_rows=3)
    assert desk.size() == [0, 0]
    assert desk.run(path, max_rows=4).records == 4
    assert desk.run(path, max_rows=None).records == 4


def test_a_file_broken_at_its_end_stores_nothing(desk, tmp_path):
    path = tmp_path / "cut.csv"
    path.write_bytes(
        "name\n".encode("utf-16") + "".join(f"Ann {n}\n" for n in range(50_000)).encode("utf-16-le") + b"\0"
    )
    with pytest.raises(Refused):
        desk.run(path, max_rows=None)
    assert desk.size() == [0, 0]


WORDS = st.sampled_from(["Ann", "Bob", "Анна", "", " "])
PHONES = st.sampled_from(["+998901234567", "90 123 45 67", "901234568", "12", "+998901234567; 901234568", ""])
ROWS = st.tuples(
    st.sampled_from(["1", "2", "3", ""]), WORDS, PHONES, PHONES, st.sampled_from(["a@b.c", "d@e.f", ""]),
    st.sampled_from(["ru", "uz", ""]), st.sampled_from(["Rome", "Paris", ""]), st.sampled_from(["x", "y", "\0", ""]),
)  # fmt: skip
MIXED = ColumnMap(
    {"id": ("external_id",), "name": ("name",), "p": ("phone",), "q": ("phone",), "e": ("email",), "l": ("language",)}
)


@given(st.lists(ROWS, max_size=12), st.lists(ROWS, max_size=5), st.integers(1, 5))
def test_every_row_counts_and_the_same_file_again_stores_nothing(tmp_path_factory, rows, earlier, chunk):
    desk = Desk()
    folder = tmp_path_factory.getbasetemp()
    for name, content in (("any.csv", earlier), ("any.csv", rows)):
        text = io.StringIO()
        csv.writer(text).writerows([["id", "name", "p", "q", "e", "l", "city", "note"], *content])
        (folder / name).write_text(text.getvalue(), "utf-8", newline="")
        dry = desk.run(folder / name, mapping=MIXED, chunk_rows=chunk, dry_run=True)
        report = desk.run(folder / name, mapping=MIXED, chunk_rows=chunk)
        assert dry == report
        assert report.records == report.stored + report.merged + len(report.rejected) == len(content)
    before, desk.writes = desk.size(), 0
    again = desk.run(folder / "any.csv", mapping=MIXED)
    assert (again.stored, again.merged, again.rejected) == (0, report.stored + report.merged, report.rejected)
    assert (desk.size(), desk.writes) == (before, 0)


TEXTS = st.text(max_size=8)
SETS = st.lists(TEXTS, max_size=2, unique=True).map(tuple)


@given(
    st.builds(
        CustomerRow, line=st.integers(1, 99), name=TEXTS, external_id=st.none() | TEXTS, phones=SETS, emails=SETS,
        fields=st.dictionaries(st.sampled_from(["language", "wish"]), TEXTS), more=st.dictionaries(TEXTS, TEXTS),
    )
)  # fmt: skip
def test_any_texts_are_stored_or_rejected(row):
    desk = Desk()
    report = desk.store(row, row)
    assert report.records == 2 == report.stored + report.merged + len(report.rejected)
    if report.stored:
        (person,) = desk.customers()
        assert (person.name, person.more) == (row.name, row.more)


@given(
    st.binary(max_size=300)
    | st.text(max_size=100).map(lambda text: f"name,phone,e-mail\n{text}".encode(errors="replace"))
)
def test_any_bytes_are_imported_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    try:
        report = Desk().run(path)
    except Refused:
        return
    assert report.records == report.stored + report.merged + len(report.rejected)


def test_reading_options_reach_the_table(desk, write):
    desk.run(write("x\nname|city\nAnn|Rome\n"), reading=Reading(delimiter="|", header_row=2))
    (ann,) = desk.customers()
    assert (ann.name, ann.more) == ("Ann", {"city": "Rome"})


def test_a_chunk_is_the_callers_transaction(desk):
    with desk.open() as session:
        report = store_rows(session, [CustomerRow(2, "Ann"), CustomerRow(3, "Ann")], CONTEXT)
        session.rollback()
    assert told(report) == (2, 1, 1, 0)
    assert desk.size() == [0, 0]
