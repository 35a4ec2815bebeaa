"""Says whether replicas and central hold the very same records, column by column."""

from typing import Any

from tests.desks import DeskAtWork
from tests.servers import rows
from workstation.wire import FORMS

Rows = dict[str, set[tuple[Any, ...]]]


def at_central(admin_url: str) -> Rows:
    """Every record of central, in the form a replica stores it."""
    found = {}
    for entity, form in FORMS.items():
        bodies = rows(admin_url, f"select row_to_json(t) from workstation.{entity} t")
        found[entity] = {form.stored(body) for (body,) in bodies}
    return found


def on_desk(desk: DeskAtWork) -> Rows:
    """Every record of a replica, as it is stored."""
    found = {}
    with desk.store.from_central() as inbox:
        for entity, form in FORMS.items():
            found[entity] = set(inbox.connection.execute(f"select {', '.join(form.names)} from {entity}").fetchall())
    return found


def assert_alike(admin_url: str, *desks: DeskAtWork) -> None:
    """Each of these desks has all that central has, in the same version, and nothing else."""
    expected = at_central(admin_url)
    for desk in desks:
        here = on_desk(desk)
        for entity in FORMS:
            missing, surplus = expected[entity] - here[entity], here[entity] - expected[entity]
            assert not missing, f"{desk.desk.who.agent} lacks of {entity}: {missing}"
            assert not surplus, f"{desk.desk.who.agent} has beyond central's {entity}: {surplus}"
