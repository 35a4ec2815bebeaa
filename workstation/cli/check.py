"""The self-test of an installation, and the same with versions, counts and log as one file for whoever supports it."""

from pathlib import Path

import click

from workstation.app import checks, now
from workstation.app.report import look, write_report
from workstation.cli.common import common, password_of
from workstation.cli.output import Output
from workstation.home import Home
from workstation.language import _


@click.command("check")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@common
def check_command(password_stdin: bool, home: Home, out: Output) -> int:
    """Look at Qt, fonts, keyring, replica, central, clock, time zones; exit 1 when something is wrong."""
    found = [*checks.of_pc(home), *checks.of_last_agent(home, lambda who: password_of(who, password_stdin))]
    words = "\n".join(f"{'ok ' if c.ok else 'NO '} {c.name}: {c.detail}" for c in found)
    out.show({"checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in found]}, words)
    failed = [c.name for c in found if not c.ok]
    if failed:
        click.echo(_("Not in order: {names}.").format(names=", ".join(failed)), err=True)
    return 1 if failed else 0


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@common
def report_command(file: Path, password_stdin: bool, home: Home, out: Output) -> None:
    """Write versions, check, counts and log into FILE for support: no names, numbers, notes, addresses, passwords."""
    found, counts = look(home, lambda who: password_of(who, password_stdin))
    size = write_report(file, home, found, counts, now())
    told = _("{file} is written; nobody's name, number or words are in it.")
    out.show({"file": str(file), "bytes": size, "ok": all(c.ok for c in found)}, told.format(file=file))
