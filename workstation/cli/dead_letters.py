"""Commands for operations that central could not carry out: see them, apply them after a correction, drop them."""

import json
from typing import Any

import click

from workstation.central import dead_letters
from workstation.cli.common import on_central
from workstation.cli.output import Output
from workstation.errors import Refused
from workstation.language import _, ngettext

central_option = click.option(
    "--central", "url", required=True, help="The owner's address: postgresql://owner@host:5432/workstation"
)


@click.group("dead-letters")
def dead_letters_group() -> None:
    """Operations that central could not carry out, kept whole: list, show, apply after a correction, drop."""


@dead_letters_group.command("list")
@click.option("--all", "with_decided", is_flag=True, help="Also those applied, dropped or replaced.")
@central_option
@on_central
def list_command(with_decided: bool, url: str, out: Output) -> None:
    """What waits, oldest first, without its texts."""
    found = dead_letters.listed(url, with_decided=with_decided)
    lines = [_words(one) for one in found] or [_("No operation waits to be applied.")]
    out.show({"dead_letters": found}, "\n".join(lines))


@dead_letters_group.command("show")
@click.argument("op_id")
@central_option
@on_central
def show_command(op_id: str, url: str, out: Output) -> None:
    """One whole, with what the agent wrote; that it was shown is noted in the audit trail."""
    found = dead_letters.shown(url, op_id)
    whole = json.dumps(found["operation"], indent=1, ensure_ascii=False)
    out.show({"dead_letter": found}, f"{_words(found)}\n{whole}")


@dead_letters_group.command("apply")
@click.argument("op_ids", nargs=-1, metavar="[OP_ID]…")
@click.option("--all", "everything", is_flag=True, help="All that wait, in the order of their making.")
@central_option
@on_central
def apply_command(op_ids: tuple[str, ...], everything: bool, url: str, out: Output) -> int:
    """Carry out what failed, once what was wrong is corrected: in its author's name, once."""
    if everything == bool(op_ids):
        raise click.UsageError(_("Name the operations to apply, or --all."))
    applied: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for op_id in dead_letters.waiting_ids(url) if everything else op_ids:
        try:
            applied.append(dead_letters.apply(url, op_id))
        except Refused as refusal:
            failed.append({"op_id": op_id, "reason": str(refusal)})
    if len(op_ids) == 1 and failed:
        raise Refused(failed[0]["reason"])
    words = [_("{op_id}: {status}").format(**one) for one in applied]
    words += [_("{op_id}: not applied. {reason}").format(**one) for one in failed]
    out.show({"applied": applied, "failed": failed}, "\n".join(words) or _("No operation waits to be applied."))
    if failed:
        told = ngettext("{n} was not applied.", "{n} were not applied.", len(failed))
        click.echo(told.format(n=len(failed)), err=True)
    return 1 if failed else 0


@dead_letters_group.command("drop")
@click.argument("op_id")
@click.option("--reason", required=True, help="Why it is not wanted.")
@central_option
@on_central
def drop_command(op_id: str, reason: str, url: str, out: Output) -> None:
    """Let it wait no longer. It stays readable here; at its desk the agent still decides."""
    dropped = dead_letters.drop(url, op_id, reason)
    out.show({"op_id": dropped}, _("{op_id} waits no longer.").format(op_id=dropped))


def _words(one: dict[str, Any]) -> str:
    """One line for a person."""
    parts = [
        f"{one['at']:%Y-%m-%d %H:%M}", one["op_id"][-12:], one["agent"], one["host"] or "–",
        f"{one['kind'] or '?'} {one['entity'] or '?'}", one["code"] or "–", one["place"] or "–", one["state"],
    ]  # fmt: skip
    if one["decided_why"]:
        parts.append(one["decided_why"])
    return "  ".join(parts)
