"""T9, the server's files: yesterday's copy of the whole cluster is put back, and nobody says so."""

import subprocess
from contextlib import ExitStack

from tests.alike import assert_alike
from tests.desks import Centre
from tests.servers import scratch_cluster, scratch_database


def copy_files(source, target):
    """With owners and rights: PostgreSQL refuses anything else."""
    subprocess.run(["rm", "-rf", str(target)], check=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def test_desks_find_that_the_counter_of_transactions_went_back(clock, tmp_path):
    """Cursors of desks lie beyond it: read from there, what is written now would never be seen."""
    with ExitStack() as stack:
        cluster = stack.enter_context(scratch_cluster())
        admin_url = stack.enter_context(scratch_database(cluster))
        centre = Centre(cluster, admin_url)
        aziza, botir = (
            stack.enter_context(centre.desk(name, "agent", tmp_path / name, clock)) for name in ("aziza", "botir")
        )
        customer = aziza.add_customer()
        aziza.sync()
        botir.sync()
        cluster.stop()
        copy_files(cluster.folder, tmp_path / "yesterday")
        cluster.start()
        for number in range(20):
            aziza.note(customer, f"after the copy, {number}")
            aziza.sync()
        botir.sync()
        cluster.stop()
        copy_files(tmp_path / "yesterday", cluster.folder)
        cluster.start()

        aziza.note(customer, "after the restore")
        aziza.sync()
        botir.sync()
        aziza.sync()
        assert len(botir.notes(customer)) == 21
        assert "after the restore" in botir.notes(customer)
        assert_alike(admin_url, aziza, botir)
