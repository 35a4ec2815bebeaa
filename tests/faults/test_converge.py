"""T1 and T2: three desks, their central and everything that can happen to them, in any order; then all is one again."""

import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.trace import check_seed, run, trace_of
from tests.faults.world import World, new_world

TRACES = 100


@pytest.fixture(scope="module")
def world(cluster, tmp_path_factory) -> Iterator[World]:
    with new_world(cluster, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.mark.parametrize("part", range(10))
def test_t1_whatever_happens_nothing_is_lost_and_all_replicas_are_one(world, part):
    first = secrets.randbits(32)
    for seed in range(first, first + TRACES // 10):
        check_seed(world, seed)


def test_t2_the_same_seed_twice_gives_the_same_trace(world):
    for seed in range(3):
        assert trace_of(seed) == trace_of(seed)
        assert _history(world, seed) == _history(world, seed)
    assert trace_of(1) != trace_of(2)


def _history(world: World, seed: int) -> list[Any]:
    """What every PC and central held after each step, without what chance or the clock put into it."""
    seen: list[Any] = []

    def see(world: World) -> None:
        states = [[(entry.kind, entry.entity, entry.state) for entry in pc.operations()] for pc in world.pcs]
        notes = world.central.sql("select body from workstation.note order by 1")
        names = [Counter(row[0] for row in pc.contents()["customer"]) for pc in world.pcs]
        seen.append((states, notes, names))

    run(world, [step for step in trace_of(seed) if step.verb != "reset_line"], see)
    return seen
