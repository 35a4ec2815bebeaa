"""Real files: a telephone company's customers and other programs' address books, from one desk to another."""

import csv
from pathlib import Path

import pytest

from tests.cli import Shell, signed_in
from workstation.central import accounts

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
TELCO = DATA / "tables" / "ibm_telco_customer_churn.csv"
MAP = ROOT / "resources" / "maps" / "telco.toml"
BOOKS = DATA / "contacts_csv"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real files are not on this PC")


@pytest.fixture
def desks(shared_centre, tmp_path) -> list[Shell]:
    """Two desks that see the same customers and nobody else's."""
    accounts.add_scope(shared_centre.admin_url, tmp_path.name)
    names = [f"{tmp_path.name}_{n}".replace("-", "_") for n in ("a", "b")]
    return [signed_in(shared_centre, tmp_path / name, name, scope=tmp_path.name) for name in names]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_7043_customers_of_a_telephone_company_reach_another_desk(shared_centre, desks):
    first, second = desks
    brought = ("import", "customers", str(TELCO), "--map", str(MAP))
    dry = first.ask(*brought, "--dry-run")
    assert (dry["records"], dry["stored"], first.ask("status")["customers"]) == (7043, 7043, 0)
    report = first.ask(*brought)
    assert list(report) == ["records", "stored", "merged", "rejected", "warnings"]
    assert (report["records"], report["stored"], report["merged"], report["rejected"]) == (7043, 7043, 0, [])
    pushed = first.ask("sync")
    assert (pushed["pushed"], pushed["refused"], pushed["waiting"]) == (7043, 0, 0)
    second("sync")
    assert second.ask("status")["customers"] == 7043

    rows = rows_of(TELCO)
    for row in (rows[0], rows[3521], rows[-1]):
        found = second.ask("find", row["customerID"])["results"]
        assert found[0]["name"] == row["customerID"]
        kept = second.ask("show", found[0]["id"])["customer"]
        assert (kept["external_id"], kept["source"]) == (row["customerID"], "telco")
        assert kept["more"] == {name: value for name, value in row.items() if value.strip() and name != "customerID"}
    there = shared_centre.sql(
        "select count(*), count(distinct external_id) from workstation.customer where source = 'telco'"
    )
    assert there == [(7043, 7043)]

    again = first.ask(*brought)
    assert (again["records"], again["stored"], again["merged"]) == (7043, 0, 7043)
    assert first.ask("status")["waiting"] == 0
    other = second.ask(*brought)
    assert (other["stored"], second.ask("status")["waiting"]) == (0, 0), "nor on a desk that got them from central"


@pytest.mark.parametrize("name", ["fk_Google.csv", "fk_Outlook365.csv", "fk_ThunderbirdUtf8.csv"])
def test_an_address_book_of_another_program_is_taken_whole_and_once(desks, name):
    first, second = desks
    report = first.ask("import", "customers", str(BOOKS / name))
    assert report["records"] == report["stored"] + report["merged"] + len(report["rejected"]) > 0
    assert report["stored"] > 0
    assert all(issue.keys() == {"line", "reason"} for issue in (*report["rejected"], *report["warnings"]))
    assert first.ask("sync")["refused"] == 0
    second("sync")
    assert second.ask("status")["customers"] == report["stored"]
    mail = {"fk_Google.csv": "privat@folker-kinzel.de", "fk_Outlook365.csv": "Anita@contoso.com"}
    if name in mail:
        assert second.ask("find", mail[name])["results"][0]["matched"] == "email"
    again = first.ask("import", "customers", str(BOOKS / name))
    assert (again["stored"], first.ask("status")["waiting"]) == (0, 0)


def test_what_is_no_table_of_customers_is_told(shell, tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "header.csv").write_bytes(b"name,phone\n")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 50)
    for name in ("empty.csv", "binary.csv"):
        finished = shell("import", "customers", str(tmp_path / name), ok=None)
        assert finished.is_told(), finished
    assert shell("import", "customers", str(tmp_path / "header.csv"), ok=None).is_told()
    for file in sorted((DATA / "csv_hardening").rglob("*.csv")) + sorted((DATA / "xlsx").glob("*.xlsx")):
        finished = shell("import", "customers", str(file), ok=None)
        assert finished.is_told(), (file, finished)
        if finished.status == 0:
            answer = finished.answer
            assert answer["records"] == answer["stored"] + answer["merged"] + len(answer["rejected"])
    assert shell.ask("sync")["refused"] == 0
