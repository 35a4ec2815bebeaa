"""The figures of the monitoring tab, for scripts and wall boards."""

import contextlib

import click

from workstation.app.desk import Desk
from workstation.cli.common import desk_command
from workstation.cli.output import Output, plain
from workstation.language import _
from workstation.services.callbacks import ZONES
from workstation.services.monitoring import monitoring_of

CALL_SECONDS = 5.0


@click.command("monitoring")
@click.option("--zone", help="Whose midnight begins the day, as Asia/Tashkent; else the zone of the desk's region.")
@desk_command
def monitoring_command(zone: str | None, desk: Desk, out: Output) -> None:
    """What the agents of your team do now, and the team's figures; for supervisors, asks central."""
    with contextlib.closing(desk.central("monitoring", CALL_SECONDS)) as central:
        found = monitoring_of(central, zone or ZONES.get(desk.settings.region, "UTC"))
    answer = plain(found)
    figures = found.figures
    words = _(
        "{team} as of {as_of}: {working} of {signed_in} working, {contacts} contacts today, "
        "{overdue} callbacks overdue, {unowned} without owner, {silent} PCs silent, {waiting} changes wait."
    )
    out.show(
        answer,
        words.format(
            team=found.team,
            as_of=found.as_of.isoformat(timespec="seconds"),
            working=figures.working,
            signed_in=figures.signed_in,
            contacts=figures.contacts_today,
            overdue=figures.callbacks_overdue,
            unowned=figures.callbacks_unowned,
            silent=figures.silent,
            waiting=figures.waiting,
        ),
    )
