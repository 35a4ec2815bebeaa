"""The command that puts a damaged desk right: what waits is recovered, the rest the next sync fills anew."""

import click

from workstation.cli.common import common, this_desk
from workstation.cli.output import Output
from workstation.home import Home
from workstation.language import _
from workstation.services.sync import standing


@click.command("recover")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--agent", help="Whose desk, when several agents share this PC; else the last one to sign in.")
@common
def recover_command(password_stdin: bool, agent: str | None, home: Home, out: Output) -> None:
    """Look at every page of the replica; recover what waits for central from it and from the journal."""
    with this_desk(home, agent, password_stdin, thorough=True) as desk:
        with desk.store.read() as session:
            waiting = standing.counts(session).waiting
        found = desk.recovered
        answer = {
            "damaged": desk.kept_in is not None,
            "recovered": found.waiting,
            "undecided": found.undecided,
            "drafts": found.drafts,
            "waiting": waiting,
            "kept_in": str(desk.kept_in) if desk.kept_in else None,
            "unread": list(found.unread),
        }
        words = _("{recovered} changes recovered, {undecided} to decide, {drafts} drafts; {waiting} wait for central.")
        out.show(answer, words.format(**answer))
        for place in found.unread:
            click.echo(_("{file}, line {line}, cannot be read.").format(file=place.file, line=place.line), err=True)
