"""Commands of the daily work: notes, contacts, callbacks."""

from uuid import UUID

import click

from workstation.app.desk import Desk
from workstation.cli.common import decoded, desk_command, stdin, told_of_nul
from workstation.cli.output import Output
from workstation.errors import Refused
from workstation.language import _
from workstation.records import Callback
from workstation.services import callbacks, contacts, lookup, notes, texts
from workstation.services.callback_rules import MADE_BY, WE_PROMISED
from workstation.services.callbacks import CallbackForm
from workstation.services.contacts import ContactForm


@click.command("note")
@click.argument("customer_id", metavar="ID")
@click.argument("text")
@click.option("--pin", is_flag=True, help="Keep it on top.")
@click.option("--lines", is_flag=True, help="Each line of standard input is a note of its own; use with -.")
@desk_command
def note_command(customer_id: str, text: str, pin: bool, lines: bool, desk: Desk, out: Output) -> int:
    """A note on a customer; "-" reads standard input as it is."""
    if lines and text != "-":
        raise click.UsageError(_("--lines reads standard input: write - in place of the text."))
    with desk.store.read() as session:
        customer = lookup.customer(session, customer_id).id
    if lines:
        out.as_json = True
        return _save_lines(desk, out, customer, pin)
    _save(desk, out, customer, decoded(stdin().read()) if text == "-" else text, pin)
    return 0


def _save_lines(desk: Desk, out: Output, customer: UUID, pin: bool) -> int:
    """Save each line; one that cannot be a note is told and does not stop the others. Gives the exit status."""
    status = 0
    for number, raw in enumerate(stdin(), 1):
        try:
            _save(desk, out, customer, decoded(raw.removesuffix(b"\n")), pin)
        except Refused as error:
            if error.field is None:  # not the line is wrong but the PC: the next one would fare no better
                raise
            status = 1
            click.echo(_("line {line}: {reason}").format(line=number, reason=error), err=True)
    return status


def _save(desk: Desk, out: Output, customer: UUID, text: str, pin: bool) -> None:
    """Print the id only after COMMIT."""
    with desk.store.write() as session:
        made = notes.add_note(session, customer, desk.agent_id, told_of_nul(text), desk.clock(), is_pinned=pin)
    out.show({"id": made}, str(made))


@click.command("contact")
@click.argument("customer_id", metavar="ID")
@click.option("--channel", required=True, help="call, chat, email, form, …")
@click.option("--direction", required=True, type=click.Choice(["in", "out"]))
@click.option("--disposition", required=True, help="Code or label of the outcome.")
@click.option("--note")
@click.option("--phone")
@click.option("--started", help="ISO 8601 with an offset; now if left out.")
@click.option("--ended", help="ISO 8601 with an offset.")
@desk_command
def contact_command(
    customer_id: str, channel: str, direction: str, disposition: str, note: str | None, phone: str | None,
    started: str | None, ended: str | None, desk: Desk, out: Output,
) -> None:  # fmt: skip
    """Log a contact with its outcome."""
    now = desk.clock()
    form = ContactForm(
        channel, direction, disposition,
        texts.instant(started, _("The start")) if started is not None else now,
        texts.instant(ended, _("The end")) if ended is not None else None,
        told_of_nul(note) if note is not None else None, phone,
    )  # fmt: skip
    with desk.store.write() as session:
        customer = lookup.customer(session, customer_id).id
        made = contacts.log_contact(session, customer, desk.agent_id, form, now, desk.regions)
    out.show({"id": made}, str(made))


@click.group("callback")
def callback_command() -> None:
    """Callbacks we owe."""


@callback_command.command("add")
@click.argument("customer_id", metavar="ID")
@click.option("--at", required=True, help="ISO 8601; without an offset it is the wall clock in --zone.")
@click.option("--zone", help="The customer's time zone, as Asia/Tashkent.")
@click.option("--reason")
@click.option("--owner", type=click.Choice(["me", "team"]), default="me")
@click.option("--made-by", type=click.Choice(list(MADE_BY)), default=WE_PROMISED, show_default=True)
@click.option("--override", metavar="REASON", help="Why it may lie outside calling hours or above the limits.")
@desk_command
def callback_add(
    customer_id: str, at: str, zone: str | None, reason: str | None, owner: str, made_by: str, override: str | None,
    desk: Desk, out: Output,
) -> None:  # fmt: skip
    """Promise a callback; prints its id.

    A time that is past, over 90 days away or of a customer who must not be contacted is refused. A time outside
    calling hours or above the limits of attempts is only warned of here, on standard error, unless the customer asked
    for it or --override says why; the window refuses it without a reason.
    """
    form = CallbackForm(
        at, zone, reason, desk.agent_id if owner == "me" else None, made_by=made_by, override_reason=override
    )
    warnings: list[str] = []
    with desk.store.write() as session:
        customer = lookup.customer(session, customer_id).id
        made = callbacks.add_callback(
            session, customer, desk.agent_id, form, desk.clock(), desk.settings.region, warn=warnings.append
        )
    _warn(warnings)
    out.show({"id": made}, str(made))


def _warn(warnings: list[str]) -> None:
    """Once it is saved: a refusal is told in one line of its own."""
    for words in warnings:
        click.echo(_("warning: {words}").format(words=words), err=True)


@callback_command.command("list")
@click.option("--due", is_flag=True, help="Only those whose time has come.")
@desk_command
def callback_list(due: bool, desk: Desk, out: Output) -> None:
    """The open callbacks, soonest first."""
    with desk.store.read() as session:
        lines = callbacks.callbacks(session, desk.clock(), only_due=due)
    answer = [
        {
            "id": line.id, "customer": {"id": line.customer_id, "name": line.customer}, "due_at": line.due_at,
            "owner": line.owner, "state": line.state, "reason": line.reason, "zone": line.zone, "until": line.until,
            "due": line.is_due, "overdue": line.is_overdue,
        }
        for line in lines
    ]  # fmt: skip
    words = "\n".join(f"{line.due_at:%Y-%m-%d %H:%M}Z {line.customer} ({line.owner}) {line.id}" for line in lines)
    out.show({"callbacks": answer}, words or _("No callbacks."))


@callback_command.command("done")
@click.argument("callback_id", metavar="CALLBACK")
@desk_command
def callback_done(callback_id: str, desk: Desk, out: Output) -> None:
    """The call was made."""
    with desk.store.write() as session:
        found = lookup.find_id(session, Callback, callback_id)
        callbacks.mark_done(session, found, desk.clock())
    out.show({"id": found}, str(found))


@callback_command.command("cancel")
@click.argument("callback_id", metavar="CALLBACK")
@click.option("--reason", required=True)
@desk_command
def callback_cancel(callback_id: str, reason: str, desk: Desk, out: Output) -> None:
    """The call will not be made; say why."""
    with desk.store.write() as session:
        found = lookup.find_id(session, Callback, callback_id)
        callbacks.cancel(session, found, told_of_nul(reason), desk.clock())
    out.show({"id": found}, str(found))


@callback_command.command("reschedule")
@click.argument("callback_id", metavar="CALLBACK")
@click.option("--at", required=True)
@click.option("--override", metavar="REASON", help="Why it may lie outside calling hours or above the limits.")
@desk_command
def callback_reschedule(callback_id: str, at: str, override: str | None, desk: Desk, out: Output) -> None:
    """Another time; prints the id of the new callback. Hours and limits are warned of as with add."""
    warnings: list[str] = []
    with desk.store.write() as session:
        found = lookup.find_id(session, Callback, callback_id)
        made = callbacks.reschedule(
            session, found, desk.agent_id, at, desk.clock(), desk.settings.region,
            override_reason=override, warn=warnings.append,
        )  # fmt: skip
    _warn(warnings)
    out.show({"id": made}, str(made))


@callback_command.command("reassign")
@click.argument("callback_id", metavar="CALLBACK")
@click.option("--to", "owner", required=True, help="A login, or team.")
@click.option("--reason", help="Needed to take over somebody else's.")
@desk_command
def callback_reassign(callback_id: str, owner: str, reason: str | None, desk: Desk, out: Output) -> None:
    """Give a callback to another agent or the team; central checks the right."""
    with desk.store.write() as session:
        found = lookup.find_id(session, Callback, callback_id)
        owner_id = None if owner == "team" else lookup.agent_by_login(session, owner).id
        callbacks.reassign(session, found, owner_id, reason)
    out.show({"id": found}, str(found))
