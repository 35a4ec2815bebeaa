"""Commands of the administrator of central."""

from pathlib import Path
from typing import Any

import click

from workstation.app import now
from workstation.central import accounts, admin, certificates, health
from workstation.cli.common import given_password, on_central
from workstation.cli.dead_letters import central_option, dead_letters_group
from workstation.cli.output import Output, plain
from workstation.cli.status_words import status_words
from workstation.errors import Refused
from workstation.language import _, ngettext


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


@admin_command.command("certificate")
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help="The folder for the files.")
@click.option("--host", "hosts", required=True, multiple=True, help="A name or address by which PCs reach the server.")
@click.option("--days", default=certificates.SERVER_DAYS, type=click.IntRange(1, certificates.AUTHORITY_DAYS))
@on_central
def admin_certificate(folder: Path, hosts: tuple[str, ...], days: int, out: Output) -> None:
    """A test authority and a server certificate for TLS; the same folder again renews the certificate."""
    made = certificates.make(folder.absolute(), hosts, now(), days)
    answer = {
        "authority": made.authority, "certificate": made.certificate, "key": made.key, "hosts": hosts,
        "ends_at": made.ends_at, "is_same_authority": made.is_same_authority,
    }  # fmt: skip
    words = _(
        "Made for trying out: whoever has {authority_key} can pose as any server to PCs that trust {authority}.\n"
        "The certificate for {hosts} ends on {date}.\n\n"
        "postgresql.conf of the server (its account must own the key, mode 0600):\n"
        "    ssl = on\n    ssl_cert_file = '{certificate}'\n    ssl_key_file = '{key}'\n\n"
        "settings.toml of each PC, after {authority} was copied there:\n"
        '    tls = "verify-full"\n    root_cert = "…/{authority_name}"'
    )
    out.show(
        {name: str(value) if isinstance(value, Path) else value for name, value in answer.items()},
        words.format(
            **answer | {"hosts": ", ".join(hosts)},
            authority_key=folder / certificates.AUTHORITY_KEY,
            authority_name=certificates.AUTHORITY,
            date=made.ends_at.date(),
        ),
    )


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
    left = accounts.disable_agent(url, login)
    for pc in left:
        many = ngettext(
            "{n} change waited on {host} ({time}); open the account again to have it delivered.",
            "{n} changes waited on {host} ({time}); open the account again to have them delivered.",
            pc["waiting"],
        )
        click.echo(many.format(n=pc["waiting"], host=pc["host"], time=plain(pc["seen_at"])), err=True)
    out.show({"login": login, "left": left}, _("{login} is closed.").format(login=login))


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
