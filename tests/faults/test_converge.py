"""T1 and T2: three desks, their central and everything that can happen to them, in any order; then all is one again."""

import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import Everything
from tests.faults.world import World, new_world

TRACES, STEPS = 100, 20
SETTINGS = settings(
    max_examples=TRACES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def world(cluster, tmp_path) -> Iterator[World]:
    with new_world(cluster, tmp_path) as made:
        yield made


def run(world: World, number: int, chosen: settings) -> None:
    """Run the machine from one seed; a failure names it."""

    @seed(number)
    class Seeded(Everything):
        pass

    Seeded.world = world
    try:
        run_state_machine_as_test(Seeded, settings=chosen)
    except BaseException as error:
        error.add_note(f"seed {number}")
        raise


def test_t1_whatever_happens_nothing_is_lost_and_all_replicas_are_one(world):
    run(world, secrets.randbits(32), SETTINGS)
