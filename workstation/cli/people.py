"""Commands on customers: find, show, add, edit."""

import time
from typing import Any

import click

from workstation.app.desk import Desk
from workstation.cli.common import desk_command, stdin, told_of_nul
from workstation.cli.output import Output, plain
from workstation.errors import Refused
from workstation.language import _
from workstation.services import customers, lookup, search, timeline


@click.command("find")
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 1000), default=20)
@desk_command
def find_command(text: str, limit: int, desk: Desk, out: Output) -> None:
    """The search box. With "-", one query a line from standard input, one answer a line."""
    if text != "-":
        _find(desk, out, text, limit)
        return
    out.as_json = True
    for raw in stdin():
        _find(desk, out, raw.removesuffix(b"\n").decode(errors="replace"), limit)


def _find(desk: Desk, out: Output, text: str, limit: int) -> None:
    began = time.perf_counter()
    with desk.store.read() as session:
        results = search.find(session, text, limit)
    taken = (time.perf_counter() - began) * 1000
    answer = {"results": [plain(line) for line in results], "milliseconds": round(taken, 3)}
    words = "\n".join(f"{line.id}  {line.name}" for line in results)
    out.show(answer, words or _("Nobody was found."))


@click.command("show")
@click.argument("customer_id", metavar="ID")
@desk_command
def show_command(customer_id: str, desk: Desk, out: Output) -> None:
    """One customer: profile and timeline."""
    with desk.store.read() as session:
        card = timeline.card_of(session, lookup.customer(session, customer_id).id)
    entries = [
        {"id": e.id, "kind": e.kind, "at": e.at, "author": e.author, "waiting": e.is_waiting, **e.facts}
        for e in card.timeline
    ]
    answer: dict[str, Any] = {
        "customer": card.customer | {"waiting": card.is_waiting},
        "contact_points": card.contact_points,
        "timeline": entries,
        "conflicts": card.conflicts,
    }
    lines = [str(card.customer["name"]), *(f"  {p.kind}: {p.value}" for p in card.contact_points)]
    for entry in entries:
        text = entry.get("text") or entry.get("disposition") or entry.get("reason") or ""
        mark = " ◷" if entry["waiting"] else ""
        lines.append(f"{entry['at']:%Y-%m-%d %H:%M} {entry['author']} {entry['kind']}{mark}: {text}")
    out.show(answer, "\n".join(lines))


@click.group("customer")
def customer_command() -> None:
    """Add and change customers."""


@customer_command.command("add")
@click.option("--name", required=True)
@click.option("--phone", "phones", multiple=True)
@click.option("--email", "emails", multiple=True)
@desk_command
def customer_add(name: str, phones: tuple[str, ...], emails: tuple[str, ...], desk: Desk, out: Output) -> None:
    """A new customer; prints the id."""
    with desk.store.write() as session:
        made = customers.add_customer(
            session, desk.scope, told_of_nul(name), phones, desk.clock(), desk.regions, emails
        )
    out.show({"id": made}, str(made))


@customer_command.command("edit")
@click.argument("customer_id", metavar="ID")
@click.argument("changes", metavar="FIELD=VALUE…", nargs=-1, required=True)
@desk_command
def customer_edit(customer_id: str, changes: tuple[str, ...], desk: Desk, out: Output) -> None:
    """Change fields of a customer; an empty value clears a field."""
    given = dict(_pair(change) for change in changes)
    with desk.store.write() as session:
        found = lookup.customer(session, customer_id).id
        customers.edit_customer(session, found, given)
    out.show({"id": found}, str(found))


def _pair(change: str) -> tuple[str, str]:
    field, separator, value = change.partition("=")
    if not separator:
        raise Refused(_("{change} is not FIELD=VALUE.").format(change=change))
    return field, told_of_nul(value)
