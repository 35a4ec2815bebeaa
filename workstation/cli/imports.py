"""Bringing in files from other systems."""

from pathlib import Path

import click

from workstation.app.desk import Desk
from workstation.cli.common import desk_command
from workstation.cli.output import Output, plain
from workstation.errors import Refused
from workstation.language import _
from workstation.services.imports.customers import AGENT_ROWS, ImportContext, import_customers
from workstation.services.imports.mapping import load_map
from workstation.services.imports.tables import Reading


@click.command("import")
@click.argument("kind", type=click.Choice(["customers"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="What each column is (TOML); guessed if left out."
)
@click.option("--region", help="Whose country code phones without one get; the setting of this PC if left out.")
@click.option("--encoding", help="Guessed if left out.")
@click.option("--delimiter", help="Guessed if left out.")
@click.option("--header-row", type=click.IntRange(min=1), help="The line of the header, counted from 1.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and store nothing.")
@desk_command
def import_command(
    kind: str,  # noqa: ARG001 - the one kind there is
    file: Path, map_file: Path | None, region: str | None, encoding: str | None, delimiter: str | None,
    header_row: int | None, dry_run: bool, desk: Desk, out: Output,
) -> None:  # fmt: skip
    """Customers from a CSV file. The same file again stores nothing."""
    if file.suffix.lower() in (".xlsx", ".xls", ".vcf", ".ods"):
        raise Refused(_("Only CSV files can be imported yet; save {name} as CSV.").format(name=file.name))
    regions = desk.regions if region is None else (region.upper(), *(r for r in desk.regions if r != region.upper()))
    report = import_customers(
        desk.store.write,
        file,
        context=ImportContext(scope_id=desk.scope, made_at=desk.clock(), regions=regions),
        mapping=load_map(map_file) if map_file else None,
        reading=Reading(encoding, delimiter, header_row),
        max_rows=None if desk.role == "admin" else AGENT_ROWS,
        dry_run=dry_run,
    )
    answer = {
        "records": report.records,
        "stored": report.stored,
        "merged": report.merged,
        "rejected": [plain(issue) for issue in report.rejected],
        "warnings": [plain(issue) for issue in report.warnings],
    }
    words = _("{records} records: {stored} stored, {merged} merged, {rejected} rejected.").format(
        records=report.records, stored=report.stored, merged=report.merged, rejected=len(report.rejected)
    )
    lines = [
        _("line {line}: {reason}").format(line=issue.line, reason=issue.reason)
        for issue in (*report.rejected, *report.warnings)
    ]
    out.show(answer, "\n".join([words, *lines]))
