"""Traces of the fault tests: made from a seed alone, run on a world, and cut down to the shortest one that fails."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults import checks
from tests.faults.verbs import Everything
from tests.faults.world import World

PC = {"pc": (0, 1, 2)}
WHICH = {"which": (0, 0, 0, 1, 1, 2, 3, 4, 5)}  # few customers, so that people meet on them
FIELD = {"field": ("need", "need", "hours", "do_not_contact")}
CALL = {"call": tuple(range(13))}

# How often, and with what. A trace knows only some of the faults, so that it gets far into their combinations.
WORK: dict[str, tuple[int, dict[str, Sequence[Any]]]] = {
    "add_customer": (3, PC | {"second": (False, True)}),
    "note": (7, PC | WHICH),
    "correct_note": (2, PC | WHICH),
    "delete_note": (1, PC | WHICH),
    "log_contact": (3, PC | WHICH),
    "edit": (9, PC | WHICH | FIELD),
    "mark_vulnerable": (2, PC | WHICH | {"mark": ("yes", "yes", "no")}),
    "lift_do_not_contact": (1, PC | WHICH),
    "promise_callback": (2, PC | WHICH | {"owned": (False, True)}),
    "close_callback": (2, PC | WHICH | {"done": (False, True)}),
    "import_person": (3, PC | {"person": (1, 2)}),
    "resolve_conflict": (2, PC | WHICH | {"take": ("mine", "theirs")}),
    "discard": (1, PC | {"whole": (False, True)}),
    "send_again": (1, PC),
    "attach": (1, PC | WHICH),
    "sync": (10, PC),
    "poll": (5, PC),
    "sync_all": (2, {}),
}
FAULTS: list[dict[str, tuple[int, dict[str, Sequence[Any]]]]] = [
    {"cut": (3, PC), "restore_line": (3, PC)},
    {"lose_answer": (5, PC | CALL), "reset_line": (2, PC | {"count": tuple(range(0, 4000, 37))})},
    {"kill": (5, PC | CALL | {"after": (False, True)})},
    {"copy_aside": (3, PC), "put_pc_back": (4, PC)},
    {"damage": (4, PC | {"how": ("rubbish", "half", "gone", "log")})},
    {"set_clock": (4, PC | {"years": (-10, 0, 10)})},
    {"move": (6, WHICH | {"scope": (1, 2)})},
    {"edit_by_sql": (4, WHICH | FIELD), "add_by_sql": (2, {"scope": (1, 2)})},
    {"back_central_up": (2, {}), "restore_central": (3, {"told": (True, True, False)})},
    {"archive_feed": (4, {})},
    {"give_scopes": (4, {"scopes": ("[1]", "[2]", "[1, 2]", "[2, 1]")})},
]

LENGTH = 25


@dataclass(frozen=True)
class Step:
    """One verb with its arguments; in any world it either does something or finds nothing to do."""

    verb: str
    arguments: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.verb}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})"


def trace_of(seed: int, length: int = LENGTH) -> list[Step]:
    """The trace of a seed: always the same."""
    chance = random.Random(seed)
    verbs = dict(WORK)
    for faults in chance.sample(FAULTS, chance.randint(1, 5)):
        verbs |= faults
    names = chance.choices(list(verbs), [weight for weight, _choices in verbs.values()], k=length)
    return [
        Step(name, tuple((key, chance.choice(choices)) for key, choices in verbs[name][1].items())) for name in names
    ]


def run(world: World, trace: Sequence[Step], see: Callable[[World], None] = lambda _world: None) -> None:
    """From the start through every step to rest; fails where something promised does not hold. `see` looks on."""
    world.begin()
    everything = Everything(world)
    try:
        for step in trace:
            getattr(everything, step.verb)(**dict(step.arguments))
            for pc in world.pcs:
                checks.check_cursors(pc)
            see(world)
        world.come_to_rest()
        checks.check_rest(world)
        see(world)
    finally:
        world.end()


def shortest(world: World, trace: Sequence[Step], tries: int = 300) -> list[Step]:
    """Leave out of a failing trace whatever it fails without, in ever smaller pieces."""
    left, piece = list(trace), len(trace) // 2
    while piece and tries:
        start = 0
        while start < len(left) and tries:
            fewer = left[:start] + left[start + piece :]
            tries -= 1
            if fails(world, fewer) is None:
                start += piece
            else:
                left = fewer
        piece //= 2
    return left


def fails(world: World, trace: Sequence[Step]) -> Exception | None:
    """Why a trace fails; None when it does not."""
    try:
        run(world, trace)
    except Exception as error:  # noqa: BLE001 - whatever it is, the trace found it
        return error
    return None


def check_seed(world: World, seed: int, length: int = LENGTH) -> None:
    """Run the trace of a seed; when it fails, say the seed and the shortest trace that does."""
    trace = trace_of(seed, length)
    if fails(world, trace) is None:
        return
    least = shortest(world, trace)
    steps = "\n".join(f"    {step}" for step in least)
    raise AssertionError(f"seed {seed}, {length} steps, fails; the shortest trace that does:\n{steps}") from fails(
        world, least
    )
