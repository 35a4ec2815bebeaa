"""T9: central comes back from an older dump, in the same cluster or in another; what desks saved is not lost."""

import pytest

from tests import dumps
from tests.alike import assert_alike, at_central
from tests.servers import rows
from workstation.central import admin
from workstation.errors import CentralRefused
from workstation.services import sync as sync_service


def work_around_a_dump(aziza, botir, saved, centre):
    """Work before the dump, the dump, and work after it, all of it at central; gives what every note says."""
    both = aziza.add_customer("Dilnoza Karimova", "+998 90 123-45-67")
    aziza.note(both, "before the dump")
    sync_in_turn(aziza, botir)
    dumps.dump(centre.admin_url, saved)
    aziza.note(both, "by Aziza, after the dump")
    aziza.edit(both, name="Dilnoza K.")
    botir.note(both, "by Botir, after the dump")
    botir.edit(both, language="uz")
    new = aziza.add_customer("Rustam Saidov")
    aziza.note(new, "of a customer the dump does not know")
    sync_in_turn(aziza, botir)
    botir.edit(both, name="Dilnoza Karimova-Saidova")
    aziza.edit(both, name="D. K.")
    sync_in_turn(aziza, botir)
    assert_alike(centre.admin_url, aziza, botir)
    aziza.note(both, "waiting while central was restored")
    return both, new


def sync_in_turn(*desks):
    for _ in range(2):
        for desk in desks:
            desk.sync()


def bodies(url):
    return sorted(body for (body,) in rows(url, "select body from workstation.note"))


EVERYTHING = sorted(
    [
        "before the dump",
        "by Aziza, after the dump",
        "by Botir, after the dump",
        "of a customer the dump does not know",
        "waiting while central was restored",
    ]
)


@pytest.mark.parametrize("first", ["aziza", "botir"])
def test_a_dump_restored_into_a_new_database_costs_no_note(centre, open_desk, tmp_path, first):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    saved = tmp_path / "central.dump"
    both, new = work_around_a_dump(aziza, botir, saved, centre)
    dumps.restore_anew(centre.cluster, centre.admin_url, saved)

    for desk in (aziza, botir):
        with pytest.raises(CentralRefused, match="was restored"):
            desk.sync()
    admin.restored(centre.admin_url)
    sync_in_turn(*((aziza, botir) if first == "aziza" else (botir, aziza)))

    print(aziza.states(), botir.states())
    assert bodies(centre.admin_url) == EVERYTHING
    assert_alike(centre.admin_url, aziza, botir)
    assert {*aziza.states(), *botir.states()} == {"settled"}
