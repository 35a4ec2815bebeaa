"""A newer program is offered where nobody is signed in, and takes this one's place when nothing is under way."""

import os

import pytest

from tests.desks import PASSWORD
from tests.line import Line
from tests.test_programs import package
from tests.ui.test_program import give
from tests.windows import until
from workstation import programs
from workstation.app.program import Program
from workstation.home import Home

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs of these tests are shell scripts")


@pytest.fixture
def share(tmp_path):
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


@pytest.fixture
def packaged(qapp, tmp_path, share, monkeypatch):
    """A packaged program of version 0.1.0 whose PC has an update folder."""
    monkeypatch.setattr(programs, "own_folder", lambda: tmp_path / "opt")
    monkeypatch.setattr(programs, "own_version", lambda: (0, 1, 0))
    monkeypatch.setattr(programs, "taken_folder", lambda: tmp_path / "mine")
    home = Home(tmp_path / "pc")
    home.root.mkdir()
    home.settings_file.write_text(f'update_folder = "{share}"\n')
    made = Program(qapp, home)
    yield made
    made.close()


def shown(program):
    gate = program.entrance.gate
    return gate._news.text() if gate.newer.isVisible() else ""


def test_a_newer_program_is_offered_taken_and_started(packaged, share, tmp_path):
    package(share, "0.2.0")
    packaged.entrance.show()
    until(lambda: shown(packaged) == "Version 0.2.0 of this program lies ready.")
    assert packaged.entrance.gate.install.isVisible()
    packaged.entrance.gate.install.click()
    until(lambda: packaged.successor is not None)
    assert packaged.successor.folder == tmp_path / "mine" / "agent-workstation-0.2.0"
    assert shown(packaged) == "Version 0.2.0 is being copied: 100 %"


def test_a_click_counts_as_soon_as_the_offer_shows(packaged, share, lingering):
    lingering("updates")
    package(share, "0.2.0")
    packaged.entrance.show()
    until(lambda: shown(packaged))
    packaged.entrance.gate.install.click()
    until(lambda: packaged.successor is not None)


def test_nothing_newer_offers_nothing(packaged, share):
    package(share, "0.1.0")
    packaged.entrance.show()
    until(lambda: packaged.entrance.updates._work is not None and not packaged.entrance.updates._is_busy)
    assert not shown(packaged)


def test_a_damaged_program_is_refused_in_words_and_may_be_tried_again(packaged, share):
    made = package(share, "0.2.0")
    part = made / "_internal" / "lib" / "part.so.1"
    whole = part.read_bytes()
    part.write_bytes(b"half")
    packaged.entrance.show()
    until(lambda: shown(packaged))
    packaged.entrance.gate.install.click()
    until(lambda: "is damaged" in shown(packaged))
    assert packaged.successor is None
    part.write_bytes(whole)
    packaged.entrance.gate.install.click()
    until(lambda: packaged.successor is not None)


def test_what_waits_is_delivered_before_the_newer_program_starts(packaged, share, centre, cluster, monkeypatch):
    package(share, "0.2.0")
    quits = []
    monkeypatch.setattr(packaged._application, "quit", lambda: quits.append("now"), raising=False)
    with Line(cluster.address) as line:
        packaged.entrance.show()
        give(packaged, line.url_for(centre.url), centre.add_agent("aziza"), PASSWORD)
        until(lambda: packaged.shift is not None)
        shift = packaged.shift
        until(lambda: shift.workstation.watch.connection is not None)
        line.cut()
        until(lambda: shift.workstation.watch.connection.state == "offline")
        editing = shift.window.screen_of("desk").editing
        editing.add_customer("Dilnoza Karimova")
        until(lambda: editing.form is not None)
        editing.form.primary.click()
        until(lambda: shift.waiting > 0)
        shift.sign_out()
        until(lambda: packaged.entrance.gate is not None and shown(packaged))
        packaged.entrance.gate.install.click()
        until(lambda: "when what waits here is delivered" in shown(packaged))
        assert not quits
        line.restore()
        until(lambda: quits, 60)
    assert centre.sql("select name from workstation.customer") == [("Dilnoza Karimova",)]
