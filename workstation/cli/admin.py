"""Commands of the administrator of central."""

from pathlib import Path
from typing import Any

import click

from workstation.central import accounts, admin, health
from workstation.cli.common import Output, given_password, on_central
from workstation.cli.dead_letters import central_option, dead_letters_group
from workstation.cli.status_words import status_words
from workstation.errors import Refused
from workstation.language import _


@click.group("admin")
def admin_command() -> None:
    """Build central and look after it."""


admin_command.add_command(dead_letters_group)


@admin_command.command("init")
@click.argument("url")
@on_central
def admin_init(url: str, out: Output) -> None:
    """Schema, roles, functions, capture in an empty database; safe to repeat; upgrades an older one."""
    version = admin.init(url)
    out.show({"schema_version": version}, _("Central is ready (schema {version}).").format(version=version))


@admin_command.command("restored")
@click.argument("url")
@on_central
def admin_restored(url: str, out: Output) -> None:
    """Ends every restore from a dump: a new epoch, the feed archived, grants laid anew."""
    epoch, archived = admin.restored(url)
    out.show(
        {"epoch": epoch, "feed_archived": archived}, _("New epoch {epoch}; desks may write again.").format(epoch=epoch)
    )


@admin_command.command("status")
@click.argument("url")
@on_central
def admin_status(url: str, out: Output) -> None:
    """Versions, desks and what waits on them, feed, what failed, health; what needs a look comes first."""
    answer = health.status(url)
    out.show(answer, status_words(answer))


@admin_command.command("backup-done")
@click.argument("url")
@on_central
def admin_backup_done(url: str, out: Output) -> None:
    """The last line of a backup script: `admin status` complains when none came for over a day."""
    at = health.note_backup(url)
    out.show({"backup_at": at}, _("Marked."))


@admin_command.command("min-program")
@click.argument("version")
@central_option
@on_central
def admin_min_program(version: str, url: str, out: Output) -> None:
    """Desks with an older program deliver what they have, and receive nothing until they are updated."""
    health.set_min_program(url, version)
    out.show({"min_program": version}, _("Desks need program {version} or newer.").format(version=version))


@admin_command.command("set")
@click.argument("file", type=click.Path(path_type=Path))
@central_option
@on_central
def admin_set(file: Path, url: str, out: Output) -> None:
    """Take dispositions from a TOML file."""
    count = accounts.apply_settings(url, file)
    out.show({"dispositions": count}, _("{count} dispositions.").format(count=count))


@admin_command.group("agent")
def agent_group() -> None:
    """Agents and their logins."""


@agent_group.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice(admin.ROLES))
@click.option("--team", default="main")
@click.option("--scope", default="main")
@click.option("--password-stdin", is_flag=True)
@central_option
@on_central
def agent_add(
    login: str, name: str, role: str, team: str, scope: str, password_stdin: bool, url: str, out: Output
) -> None:
    """A new agent with a login of their own."""
    made = accounts.add_agent(url, login, name, role, team, scope, given_password(password_stdin) or "")
    out.show({"id": made, "login": login}, made)


@agent_group.command("disable")
@click.argument("login")
@central_option
@on_central
def agent_disable(login: str, url: str, out: Output) -> None:
    """Close an account; what the agent wrote stays."""
    accounts.disable_agent(url, login)
    out.show({"login": login}, _("{login} is closed.").format(login=login))


@agent_group.command("password")
@click.argument("login")
@click.option("--password-stdin", is_flag=True)
@central_option
@on_central
def agent_password(login: str, password_stdin: bool, url: str, out: Output) -> None:
    """A new password."""
    password = given_password(password_stdin)
    if not password:
        raise Refused(_("A password is needed: --password-stdin or the variable WORKSTATION_PASSWORD."))
    accounts.set_password(url, login, password)
    out.show({"login": login}, _("{login} has a new password.").format(login=login))


@agent_group.command("list")
@central_option
@on_central
def agent_list(url: str, out: Output) -> None:
    """All agents."""
    _listed(out, "agents", accounts.agents(url))


@admin_command.group("team")
def team_group() -> None:
    """Teams."""


@team_group.command("add")
@click.argument("name")
@central_option
@on_central
def team_add(name: str, url: str, out: Output) -> None:
    """A new team."""
    made = accounts.add_team(url, name)
    out.show({"id": made, "name": name}, made)


@team_group.command("list")
@central_option
@on_central
def team_list(url: str, out: Output) -> None:
    """All teams."""
    _listed(out, "teams", accounts.teams(url))


@admin_command.group("scope")
def scope_group() -> None:
    """Scopes: sets of customers that travel together."""


@scope_group.command("add")
@click.argument("name")
@central_option
@on_central
def scope_add(name: str, url: str, out: Output) -> None:
    """A new scope."""
    number = accounts.add_scope(url, name)
    out.show({"number": number, "name": name}, str(number))


@scope_group.command("list")
@central_option
@on_central
def scope_list(url: str, out: Output) -> None:
    """All scopes."""
    _listed(out, "scopes", accounts.scopes(url))


def _listed(out: Output, name: str, rows: list[dict[str, Any]]) -> None:
    out.show({name: rows}, "\n".join("  ".join(str(value) for value in row.values()) for row in rows))
