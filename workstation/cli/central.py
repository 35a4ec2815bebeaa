"""The embedded PostgreSQL, for trying the program and for tests."""

from pathlib import Path

import click

from workstation.central.embedded import run_until_stopped
from workstation.cli.common import on_central
from workstation.cli.output import Output
from workstation.language import _


@click.group("central")
def central_command() -> None:
    """The central database."""


@central_command.command("run")
@click.option("--data", required=True, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535))
@on_central
def central_run(data: Path, port: int | None, out: Output) -> None:
    """Run an embedded PostgreSQL until stopped; its first line carries the addresses."""

    def ready(url: str, admin_url: str) -> None:
        out.show(
            {"url": url, "admin_url": admin_url},
            _("url {url} admin_url {admin_url}").format(url=url, admin_url=admin_url),
        )

    run_until_stopped(data, port, ready)
