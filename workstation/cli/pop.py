"""The command that telephones and links call: hands a number or an address to the window, and says who it is."""

import os
import subprocess
import sys
import time
from typing import Any

import click

from workstation import call_links
from workstation.cli.common import common, this_desk
from workstation.cli.output import Output
from workstation.errors import Refused, WorkstationError
from workstation.home import FileLock, Home
from workstation.language import _
from workstation.services import call_address
from workstation.services.call_address import CallAddress
from workstation.services.calls import NONE, identify_caller
from workstation.ui.shell.one_window import hand_over

START_SECONDS = 60.0  # a window on a cold disk of a busy PC
PAUSE_SECONDS = 0.1
STARTING = "window.starting"


@click.command("pop")
@click.argument("said", metavar="TEXT", nargs=-1)
@click.option("--register", is_flag=True, help="Open tel: and workstation: addresses with this program from now on.")
@click.option("--unregister", is_flag=True, help="Leave tel: and workstation: addresses to others again.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@common
def pop_command(
    said: tuple[str, ...], register: bool, unregister: bool, password_stdin: bool, home: Home, out: Output
) -> None:
    """Hand a number, or a tel: or workstation: address, to the window; starts it if none runs.

    Text that may begin with - follows --. The answer says who has the number on this PC, as far as it may be known:
    while the window is locked only with the password (--password-stdin, WORKSTATION_PASSWORD, keyring).
    """
    text = " ".join(said)
    if sum((register, unregister, bool(said))) > 1:
        raise click.UsageError(_("--register and --unregister stand alone."))
    if register:
        call_links.register(None if home == Home.default() else home.root)
        out.show({"registered": list(call_links.SCHEMES)}, _("tel: and workstation: addresses are opened here now."))
    elif unregister:
        call_links.unregister()
        out.show({"registered": []}, _("tel: and workstation: addresses are left to other programs."))
    elif not said:
        raise click.UsageError(_("A number or an address is needed."))
    else:
        _pop(text, home, out, password_stdin)


def _pop(text: str, home: Home, out: Output, password_stdin: bool) -> None:
    try:
        call = call_address.parse(text)
    except Refused:
        hand_over(home.root, text, 0)  # a window that runs says so too: a link has no terminal to say it in
        raise
    answer = hand_over(home.root, text)
    if answer is None and _has_display():
        answer = _start(home, text)
    if answer is not None and "refused" in answer:
        raise Refused(str(answer["refused"]))
    known = answer if answer and "matched" in answer else _looked_up(call, home, password_stdin)
    if answer is None and known is None:
        raise Refused(_("No window runs, and there is no display here for one; nothing was handed over."))
    if answer is None:
        click.echo(_("No window runs, and there is no display here for one; this is only an answer."), err=True)
    elif known is None:
        click.echo(_("Handed over; it is offered when somebody is there."), err=True)
    known = known or {"matched": NONE, "customers": []}
    people = [{"id": str(one["id"]), "name": str(one["name"])} for one in known["customers"]]
    shown = (answer or {"shown": "nowhere"}).get("shown", "later")
    words = "\n".join((_matched(known["matched"]), *(f"{one['id']}  {one['name']}" for one in people)))
    out.show({"matched": known["matched"], "customers": people, "shown": shown}, words)


def _matched(how: str) -> str:
    return {
        "exact": _("One person has this number."), "several": _("Several people share this number."),
        "mentioned": _("This number is mentioned in a note."),
    }.get(how, _("Nobody here has this number."))  # fmt: skip


def _has_display() -> bool:
    seen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in seen)


def _start(home: Home, text: str) -> dict[str, Any]:
    """Open a window, which goes on when this command has ended, and hand over as soon as it answers. Of several
    commands at once one starts it. Raises Refused when it does not come up in time."""
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(home.root / STARTING, START_SECONDS):
        answer = hand_over(home.root, text)
        if answer is not None:
            return answer
        program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "workstation"]
        started = subprocess.Popen(
            [*program, "--home", str(home.root)], start_new_session=True, close_fds=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while answer is None and started.poll() is None and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            answer = hand_over(home.root, text)
    if answer is None:
        raise Refused(_("A window was started and does not answer; the call was not handed over."))
    return answer


def _looked_up(call: CallAddress, home: Home, password_stdin: bool) -> dict[str, Any] | None:
    """What this desk's own replica says; None when it cannot be opened without asking somebody."""
    try:
        with this_desk(home, None, password_stdin) as desk, desk.store.read() as session:
            card = identify_caller(session, call, desk.regions, desk.clock())
    except WorkstationError:
        return None
    return {"matched": card.matched, "customers": [{"id": line.id, "name": line.name} for line in card.people]}
