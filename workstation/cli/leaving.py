"""Commands for leaving a PC: what waits on it, all of it to a file, and wiping it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workstation.app.desk import Desk
from workstation.app.leaving import forget, waiting_for_good
from workstation.app.unopened import counts_of, words_of
from workstation.cli.common import common, desk_command
from workstation.cli.output import Output, plain
from workstation.errors import Refused
from workstation.files import write_whole
from workstation.home import Home
from workstation.language import _, ngettext
from workstation.replica import unopened
from workstation.services.sync.waiting_work import note_exported, waiting_work

_NOT_WRITTEN = ("_id", "_at", "e164", "digits", "state", "status")

_call: Callable[[Path], bool] | None
try:
    from workstation.ui.shell.one_window import call_running
except ImportError:  # Qt cannot be loaded: then no window runs here
    _call = None
else:
    _call = call_running


@click.command("waiting")
@click.option(
    "--export", "file", type=click.Path(path_type=Path), help="Write all of it to this file (JSON, readable)."
)
@desk_command
def waiting_command(file: Path | None, desk: Desk, out: Output) -> None:
    """What central does not have yet, texts whole: waiting and refused changes, drafts."""
    with desk.store.read() as session:
        found = waiting_work(session)
    items = [plain(line) for line in found]
    left = unopened.look(desk.folder)
    aside, lies = words_of(left), {"unopened": counts_of(left)}
    if file is not None:
        whole = {"central": desk.who.central, "agent": desk.who.agent, "written_at": desk.clock(), "items": items}
        write_whole(file.absolute(), json.dumps(whole, default=plain, ensure_ascii=False, indent=1).encode() + b"\n")
        note_exported(desk.store)
        many = ngettext("{n} item was written to {file}.", "{n} items were written to {file}.", len(items))
        words = [many.format(n=len(items), file=file), *([aside] if aside else [])]
        out.show({"items": items, "file": str(file)} | lies, "\n".join(words))
        return
    words = [
        f"{plain(line.made_at)}  {line.state}  {line.entity}  {line.customer or '-'}  {_texts(line.values)}"
        for line in found
    ]
    words += [aside] if aside else []
    out.show({"items": items} | lies, "\n".join(words) or _("Nothing waits; central has everything."))


def _texts(values: dict[str, Any]) -> str:
    """What a person wrote, without the ids and times around it."""
    written = {name: said for name, said in values.items() if isinstance(said, str) and not name.endswith(_NOT_WRITTEN)}
    return "; ".join(f"{name}: {said}" for name, said in written.items() if said)


@click.command("forget")
@click.option("--agent", help="Only the data of this login; else everything of this home.")
@click.option("--even-waiting", is_flag=True, help="Also work that central does not have: it is lost for good.")
@common
def forget_command(agent: str | None, even_waiting: bool, home: Home, out: Output) -> None:
    """Wipe this home: replicas, keys, remembered passwords, log; asks when work waits."""
    if _call is not None and _call(home.root):
        raise Refused(_("The window of this home is open; close it and try again."))
    waiting = waiting_for_good(home, agent)
    if waiting and not even_waiting:
        _ask(waiting, out)
    done = forget(home, agent)
    for problem in done.problems:
        click.echo(problem, err=True)
    words = _("Wiped: {agents}.").format(agents=", ".join(done.agents)) if done.agents else _("Nobody's data is here.")
    out.show({"forgotten": done.agents, "waiting": done.waiting, "problems": done.problems}, words)


def _ask(waiting: int, out: Output) -> None:
    """A person at a terminal may say yes; a script says it beforehand."""
    many = ngettext(
        "{n} change on this PC is not at central and would be lost for good.",
        "{n} changes on this PC are not at central and would be lost for good.",
        waiting,
    ).format(n=waiting)
    if out.as_json or sys.stdin is None or not sys.stdin.isatty():
        advice = _("Deliver with “workstation sync”, keep with “workstation waiting --export FILE”, or --even-waiting.")
        raise Refused(f"{many} {advice}")
    if not click.confirm(_("{warning} Wipe it all the same?").format(warning=many), err=True):
        raise Refused(_("Nothing was wiped."))
