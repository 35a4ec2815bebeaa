"""T9: central comes back from an older dump, in the same cluster or in another; what desks saved is not lost."""

import pytest

from tests import dumps
from tests.alike import assert_alike
from tests.desks import PASSWORD
from tests.servers import rows, scratch_cluster
from workstation.central import accounts, admin, health
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
    botir.note(new, "by Botir, of a customer the dump does not know")
    botir.edit(new, language="ru")
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
        "by Botir, of a customer the dump does not know",
        "waiting while central was restored",
    ]
)


def in_order(first, aziza, botir):
    return (aziza, botir) if first == "aziza" else (botir, aziza)


@pytest.mark.parametrize("first", ["aziza", "botir"])
def test_a_dump_restored_into_a_new_database_costs_no_note(centre, open_desk, tmp_path, first):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    work_around_a_dump(aziza, botir, tmp_path / "central.dump", centre)
    dumps.restore_anew(centre.cluster, centre.admin_url, tmp_path / "central.dump")

    for desk in (aziza, botir):
        with pytest.raises(CentralRefused, match="was restored"):
            desk.sync()
    assert bodies(centre.admin_url) == ["before the dump"]
    admin.restored(centre.admin_url)
    sync_in_turn(*in_order(first, aziza, botir))

    assert bodies(centre.admin_url) == EVERYTHING
    assert_alike(centre.admin_url, aziza, botir)
    assert {*aziza.states(), *botir.states()} == {"settled"}


@pytest.mark.parametrize("first", ["aziza", "botir"])
def test_a_dump_restored_into_another_cluster_costs_no_note(centre, open_desk, tmp_path, first):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    work_around_a_dump(aziza, botir, tmp_path / "central.dump", centre)
    with scratch_cluster() as other:
        dumps.copy_roles(centre.cluster, other)
        url = dumps.restore_anew(other, centre.admin_url, tmp_path / "central.dump")
        for desk in (aziza, botir):
            desk.lead_to(other.address)
            with pytest.raises(CentralRefused, match="was restored"):
                desk.sync()
        admin.restored(url)
        sync_in_turn(*in_order(first, aziza, botir))
        assert bodies(url) == EVERYTHING
        assert_alike(url, aziza, botir)
        for desk in (aziza, botir):
            desk.lead_to(centre.cluster.address)
    assert {*aziza.states(), *botir.states()} == {"settled"}


@pytest.mark.parametrize("first", ["aziza", "botir"])
def test_a_dump_restored_in_place_is_found_by_the_last_number(centre, open_desk, tmp_path, first):
    """Neither cluster, timeline nor epoch tell: who wrote after the dump finds it, others in a day."""
    aziza, botir, reader = open_desk("aziza"), open_desk("botir"), open_desk("sardor")
    work_around_a_dump(aziza, botir, tmp_path / "central.dump", centre)
    reader.sync()
    dumps.restore_in_place(centre.admin_url, tmp_path / "central.dump")
    reader.sync()

    sync_in_turn(*in_order(first, aziza, botir))
    assert bodies(centre.admin_url) == EVERYTHING
    assert_alike(centre.admin_url, aziza, botir)
    reader.a_day_passes()
    reader.sync()
    assert_alike(centre.admin_url, reader)
    assert {*aziza.states(), *botir.states()} == {"settled"}


@pytest.mark.parametrize("restore", ["anew", "in place"])
def test_control_without_the_rule_notes_are_lost(centre, open_desk, tmp_path, monkeypatch, restore):
    aziza, botir = open_desk("aziza"), open_desk("botir")
    work_around_a_dump(aziza, botir, tmp_path / "central.dump", centre)
    if restore == "anew":
        dumps.restore_anew(centre.cluster, centre.admin_url, tmp_path / "central.dump")
        admin.restored(centre.admin_url)
    else:
        dumps.restore_in_place(centre.admin_url, tmp_path / "central.dump")

    monkeypatch.setattr(sync_service, "_went_back", lambda _desk, _hello: False)
    sync_in_turn(aziza, botir)
    assert bodies(centre.admin_url) == ["before the dump", "waiting while central was restored"]


def test_a_dump_without_its_roles_is_enough_to_go_on(centre, open_desk, tmp_path):
    """Logins belong to the cluster: they are missed in words, and made anew with new passwords."""
    aziza, botir = open_desk("aziza"), open_desk("botir")
    work_around_a_dump(aziza, botir, tmp_path / "central.dump", centre)
    with scratch_cluster() as other:
        url = dumps.restore_anew(other, centre.admin_url, tmp_path / "central.dump", with_roles=False)
        admin.restored(url)
        logins = [centre.login("aziza"), centre.login("botir")]
        assert any(", ".join(logins) in warning for warning in health.status(url)["warnings"])
        for login in logins:
            accounts.set_password(url, login, PASSWORD)
        assert health.status(url)["healthy"]
        for desk in (aziza, botir):
            desk.lead_to(other.address)
        sync_in_turn(aziza, botir)
        assert bodies(url) == EVERYTHING
        assert_alike(url, aziza, botir)
        for desk in (aziza, botir):
            desk.lead_to(centre.cluster.address)
