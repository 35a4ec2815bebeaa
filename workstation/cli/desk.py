"""Commands of the desk as a whole: signing in, syncing, how it stands."""

from typing import Any

import click
from sqlalchemy import func, select

from workstation.app import load_settings
from workstation.app.desk import Desk, sign_in
from workstation.app.unopened import counts_of, words_of
from workstation.cli.common import common, desk_command, given_password
from workstation.cli.output import Output
from workstation.errors import CentralOffline, Refused, WorkstationError
from workstation.home import Home
from workstation.language import _
from workstation.records import Customer
from workstation.replica import keychain, unopened
from workstation.services.sync import standing
from workstation.settings import whole_address


@click.command("sign-in")
@click.option("--central", "url", help="postgresql://host:port/database; else the one of this PC's settings.")
@click.option("--agent", required=True, help="The login.")
@click.option("--remember", is_flag=True, help="Keep the password in this PC's keyring.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@common
def sign_in_command(url: str | None, agent: str, remember: bool, password_stdin: bool, home: Home, out: Output) -> None:
    """Check the password with central and make this PC's encrypted replica."""
    url = whole_address(url or load_settings(home).central or "")
    if not url:
        raise Refused(_("Say where central is: --central postgresql://host:5432/workstation."), "central")
    password = given_password(password_stdin) or keychain.recall(url, agent)
    if not password:
        raise Refused(_("A password is needed: --password-stdin or the variable WORKSTATION_PASSWORD."))
    with sign_in(home, url, agent, password) as desk:
        role = desk.role
        for notice in desk.notices:
            click.echo(notice, err=True)
        if remember and not desk.settings.remember_allowed:
            raise Refused(_("Passwords may not be remembered on this PC."))
    if remember:
        keychain.remember(url, agent, password)
    out.show({"agent": agent, "role": role}, _("{agent} is signed in ({role}).").format(agent=agent, role=role))


@click.command("sync")
@click.option("--confirm-removal", is_flag=True, help="Let central remove a large part of this PC's records.")
@desk_command
def sync_command(confirm_removal: bool, desk: Desk, out: Output) -> int:
    """One full push and pull; the first one fills the replica."""
    try:
        report = desk.sync(allow_removal=confirm_removal)
    except WorkstationError as error:
        kind = "offline" if isinstance(error, CentralOffline) else "refused"
        desk.store.note_facts({"last_error": kind})
        raise
    desk.store.checkpoint()
    for problem in report.problems:
        click.echo(problem, err=True)
    words = _("{pushed} sent, {pulled} received, {refused} refused, {conflicts} conflicts, {waiting} wait.")
    answer: dict[str, Any] = {
        name: getattr(report, name) for name in ("pushed", "pulled", "refused", "conflicts", "waiting", "seconds")
    }
    out.show(answer, words.format(**answer))
    return 1 if report.problems else 0


@click.command("status")
@desk_command
def status_command(desk: Desk, out: Output) -> None:
    """How this desk stands."""
    with desk.store.read() as session:
        counts = standing.counts(session)
        customers = session.scalar(select(func.count()).select_from(Customer)) or 0
    facts, left = standing.facts(desk.store), unopened.look(desk.folder)
    size = sum(path.stat().st_size for path in desk.folder.glob("replica.db*"))
    answer = {
        "online": facts.is_online,
        "waiting": counts.waiting,
        "refused": counts.refused,
        "customers": customers,
        "last_sync": facts.last_sync,
        "replica_bytes": size,
        "agent": desk.who.agent,
        "clock_offset_ms": facts.clock_offset_ms,
        "unopened": counts_of(left),
    }
    words = _("{customers} customers, {waiting} changes wait, {refused} refused, last sync {last_sync}.")
    out.show(answer, "\n".join(filter(None, (words.format(**answer), words_of(left)))))
