"""The traces of test_converge for WORKSTATION_SOAK_MINUTES, each time others: `make soak MINUTES=60`."""

import os
import secrets
import time

import pytest

from tests.faults.trace import check_seed
from tests.faults.world import new_world


@pytest.mark.soak
def test_many_traces_for_as_long_as_asked(cluster, tmp_path, capsys):
    until = time.monotonic() + 60 * float(os.environ.get("WORKSTATION_SOAK_MINUTES", "5"))
    done, length = 0, 25
    with new_world(cluster, tmp_path) as world:
        while time.monotonic() < until:
            check_seed(world, secrets.randbits(32), length)
            done += 1
            length = 25 + done % 4 * 25  # longer ones meet rarer things, shorter ones are sooner over
    with capsys.disabled():
        print(f"\n{done} traces, nothing lost, all alike")  # noqa: T201 - what a soak found is read by a person
    assert done
