"""`workstation monitoring`: a supervisor's figures as JSON, one line of reason for everyone else and without a line."""

from datetime import datetime, timedelta

import pytest

from tests.cli import Shell, customer_of, desk_of, signed_in
from tests.desks import PASSWORD
from tests.line import Line
from workstation.services import presence
from workstation.services.sync.beat import Beat, BeatingDesk


@pytest.fixture
def sanjar(centre, tmp_path):
    """A supervisor's shell at a central of its own."""
    return signed_in(centre, tmp_path / "sanjar", "sanjar", "supervisor")


def test_a_supervisor_gets_agents_figures_and_their_moment(centre, sanjar, tmp_path):
    aziza = signed_in(centre, tmp_path / "aziza")
    customer = customer_of(aziza)
    aziza("contact", customer, "--channel", "call", "--direction", "in", "--disposition", "solved")
    aziza("sync")
    customer_of(aziza, "Waits Here")
    with desk_of(aziza) as desk:
        with desk.store.write() as session:
            presence.choose_state(session, "meal", "plov", desk.clock())
        beat = Beat(BeatingDesk(desk.store, desk.who.device, desk.clock, lambda: desk.central("presence")))
        beat.beat()
        beat.stop()
    answer = sanjar.ask("monitoring")
    assert {"agents", "figures", "as_of"} <= answer.keys()
    assert datetime.fromisoformat(answer["as_of"]).utcoffset() == timedelta(0)
    (seen,) = [agent for agent in answer["agents"] if agent["name"] == "Aziza"]
    assert (seen["state"], seen["text"], seen["standing"], seen["waiting"], seen["contacts_today"]) == (
        "meal", "plov", "here", 1, 1
    )  # fmt: skip
    assert all(isinstance(figure, int | float) for figure in answer["figures"].values())
    assert (answer["figures"]["signed_in"], answer["figures"]["working"], answer["figures"]["waiting"]) == (1, 0, 1)
    assert "0 of 1 working" in sanjar.spoken("monitoring").out


@pytest.mark.parametrize("role", ["agent", "senior", "admin"])
def test_everyone_else_is_refused_in_one_line(shared_centre, tmp_path, role):
    shell = signed_in(shared_centre, tmp_path, f"figures_{role}", role)
    finished = shell("monitoring", ok=1)
    assert finished.is_told()
    assert finished.out == ""
    assert "supervisor" in finished.err


def test_without_a_line_one_line_says_so(centre, tmp_path):
    login = centre.add_agent("sanjar", "supervisor")
    shell = Shell(tmp_path)
    with Line(centre.cluster.address) as line:
        shell("sign-in", "--central", line.url_for(centre.url), "--agent", login)
        line.cut()
        finished = shell("monitoring", ok=1)
    assert finished.is_told()
    assert "Central" in finished.err
    assert PASSWORD not in finished.err


@pytest.mark.parametrize("zone", ["Nowhere/Land", "x'; drop table y", ""])
def test_a_zone_that_is_none_is_told_in_one_line(sanjar, zone):
    finished = sanjar("monitoring", "--zone", zone, ok=None)
    assert finished.is_told()
    assert not zone or zone in finished.err
    assert finished.status == (0 if not zone else 1)  # an empty one is none: the region's
