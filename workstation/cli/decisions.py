"""Commands for what waits for a decision: conflicts and refusals, texts whole."""

from typing import Any

import click

from workstation.app.desk import Desk
from workstation.cli.common import desk_command
from workstation.cli.output import Output, plain
from workstation.errors import Refused
from workstation.language import _
from workstation.records import Conflict
from workstation.services import conflicts, lookup
from workstation.services.sync import decisions


@click.group("conflicts", invoke_without_command=True)
@desk_command
def conflicts_command(desk: Desk, out: Output) -> None:
    """Fields that two people changed: mine, theirs, before."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    with desk.store.read() as session:
        found = conflicts.open_conflicts(session, desk.agent_id)
    items = [plain(line) | {"mine": line.mine, "theirs": line.theirs} for line in found]
    words = "\n".join(
        _("{id}  {customer}, {field}: mine “{mine}”, theirs “{theirs}”, before “{before}”").format(
            id=line.id, customer=line.customer, field=line.field, mine=line.mine, theirs=line.theirs, before=line.before
        )
        for line in found
    )
    out.show({"items": items}, words or _("No conflicts."))


@conflicts_command.command("resolve")
@click.argument("conflict_id", metavar="ID")
@click.option("--take", type=click.Choice(["mine", "theirs"]), required=True)
@desk_command
def conflicts_resolve(conflict_id: str, take: str, desk: Desk, out: Output) -> None:
    """Choose one of the two values."""
    with desk.store.write() as session:
        found = lookup.find_id(session, Conflict, conflict_id)
        conflicts.resolve(session, found, take, desk.agent_id, desk.clock())
    out.show({"id": found}, str(found))


@click.group("refused", invoke_without_command=True)
@desk_command
def refused_command(desk: Desk, out: Output) -> None:
    """What central refused or could not carry out, with what is held because of it."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    with desk.store.read() as session:
        found = decisions.refused(session)
    lines = []
    for line in found:
        lines.append(f"{line.op_id}  {line.entity} {line.values}: {line.reason}")
        lines += [f"    {held.op_id}  {held.entity} {held.values}" for held in line.held]
    out.show({"items": [plain(line) for line in found]}, "\n".join(lines) or _("Nothing was refused."))


@refused_command.command("correct")
@click.argument("operation", metavar="OPERATION")
@click.argument("changes", metavar="FIELD=VALUE…", nargs=-1)
@desk_command
def refused_correct(operation: str, changes: tuple[str, ...], desk: Desk, out: Output) -> None:
    """Send a refused change again, with other values or as it was."""
    given: dict[str, Any] = {}
    for change in changes:
        field, separator, value = change.partition("=")
        if not separator:
            raise Refused(_("{change} is not FIELD=VALUE.").format(change=change))
        given[field] = value
    with desk.store.read() as session:
        entry = decisions.find_operation(session, operation)
    with desk.store.from_central() as inbox:
        decisions.correct(inbox, entry, given)
    out.show({"id": entry.entity_id}, str(entry.entity_id))


@refused_command.command("discard")
@click.argument("operation", metavar="OPERATION")
@click.option("--all", "with_dependants", is_flag=True, help="Also what is held because of it.")
@desk_command
def refused_discard(operation: str, with_dependants: bool, desk: Desk, out: Output) -> None:
    """Give a change up."""
    with desk.store.read() as session:
        entry = decisions.find_operation(session, operation)
        with desk.store.from_central() as inbox:
            count = decisions.discard(inbox, session, entry, with_dependants=with_dependants)
    out.show({"discarded": count}, _("{count} given up.").format(count=count))


@refused_command.command("attach")
@click.argument("operation", metavar="OPERATION")
@click.option("--to", "customer_id", required=True, help="The customer it shall belong to.")
@desk_command
def refused_attach(operation: str, customer_id: str, desk: Desk, out: Output) -> None:
    """Give something held to another customer."""
    with desk.store.read() as session:
        entry = decisions.find_operation(session, operation)
        customer = lookup.customer(session, customer_id)
    with desk.store.from_central() as inbox:
        decisions.attach(inbox, entry, customer.id, customer.scope_id)
    out.show({"id": entry.entity_id}, str(entry.entity_id))
