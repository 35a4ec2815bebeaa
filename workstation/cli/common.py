"""What every command shares: where the desk lies, the password, and how answers are written."""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click

from workstation import logs
from workstation.app.desk import Desk, open_desk
from workstation.app.leaving import note_what_waits
from workstation.cli.output import Output
from workstation.errors import Refused, WorkstationError
from workstation.home import Home, SignIn
from workstation.language import _
from workstation.replica import keychain, reserve

PASSWORD = "WORKSTATION_PASSWORD"  # noqa: S105 - the name of a variable
Command = Callable[..., Any]


def common(command: Command) -> Command:
    """--home and --json, before or after the command's name."""

    @click.option("--home", type=click.Path(), help="The folder of this desk: replica, settings, log.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object on one line.")
    @functools.wraps(command)
    def wrapped(*args: Any, home: str | None, as_json: bool, **options: Any) -> Any:
        shared: dict[str, Any] = click.get_current_context().find_root().obj
        named = home if home is not None else shared.get("home")
        if named == "":
            raise click.BadParameter(_("a folder is needed."), param_hint="--home")
        shared["place"] = Home.default() if named is None else Home(Path(named).absolute())
        return command(
            *args,
            home=shared["place"],
            out=Output(as_json or bool(shared.get("as_json"))),
            **options,
        )

    return wrapped


def on_central(command: Command) -> Command:
    """A command on central itself: no desk, no home."""

    @common
    @functools.wraps(command)
    def wrapped(*args: Any, home: Home, **options: Any) -> Any:  # noqa: ARG001 - every command takes --home
        return command(*args, **options)

    return wrapped


def desk_command(command: Command) -> Command:
    """A command on this desk's replica: opens it, and never waits for central."""

    @click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
    @click.option("--agent", help="Whose desk, when several agents share this PC; else the last one to sign in.")
    @common
    @functools.wraps(command)
    def wrapped(*args: Any, home: Home, out: Output, password_stdin: bool, agent: str | None, **options: Any) -> Any:
        with this_desk(home, agent, password_stdin) as desk:
            return command(*args, desk=desk, out=out, **options)

    return wrapped


@contextmanager
def this_desk(home: Home, agent: str | None, password_stdin: bool, *, thorough: bool = False) -> Iterator[Desk]:
    """The replica of the agent who signed in last here, or of `agent`; see `open_desk` for `thorough`."""
    known = home.sign_ins()
    who = next((sign_in for sign_in in known if agent is None or sign_in.agent == agent), None)
    if who is None and known:
        raise Refused(_("{agent} has not signed in on this PC.").format(agent=agent))
    if who is None:
        raise Refused(
            _("Nobody has signed in on this PC yet; start with: workstation sign-in --central URL --agent LOGIN.")
        )
    log = logs.start_log(home.logs)
    try:
        with open_desk(home, who, password_of(who, password_stdin), thorough=thorough) as desk:
            for warning in (*desk.settings.warnings, *desk.notices):
                click.echo(warning, err=True)
            try:
                yield desk
            finally:
                with suppress(WorkstationError):  # a full disk is told by what was to be saved
                    note_what_waits(home, who, desk.store)
            if desk.store.is_disk_full:
                click.echo(reserve.advice(), err=True)
    finally:
        logs.stop_log(log)


def password_of(who: SignIn, from_stdin: bool) -> str:
    """The password: standard input, the environment, the keyring; never an argument."""
    given = given_password(from_stdin)
    if given is None:
        given = keychain.recall(who.central, who.agent)
    if given is None:
        raise Refused(
            _("A password is needed: --password-stdin, the variable WORKSTATION_PASSWORD, or sign-in --remember.")
        )
    return given


def given_password(from_stdin: bool) -> str | None:
    """The password from standard input (its first line) or the environment, where an empty one is none.

    Raises Refused for one that cannot be a password: empty, with NUL, or not UTF-8.
    """
    if not from_stdin:
        given = os.environ.get(PASSWORD)
        return _password(given) if given else None
    return _password(decoded(stdin().readline()).rstrip("\r\n"))


def _password(given: str) -> str:
    if not given:
        raise Refused(_("The password on standard input is empty."), "password")
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise Refused(_("The password is not UTF-8."), "password") from error
    if "\0" in given:
        raise Refused(_("A password cannot hold a NUL character."), "password")
    return given


def stdin() -> BinaryIO:
    """Standard input, as bytes. Raises Refused when there is none."""
    if sys.stdin is None:
        raise Refused(_("There is no standard input."))
    return sys.stdin.buffer


def decoded(raw: bytes) -> str:
    """Bytes of standard input as text. Raises Refused when they are not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Refused(_("Standard input is not UTF-8 (byte {place}).").format(place=error.start), "text") from error


def told_of_nul(text: str) -> str:
    """Say in words when NUL characters will be left out."""
    count = text.count("\0")
    if count:
        click.echo(_("{count} NUL characters cannot be kept and were left out.").format(count=count), err=True)
    return text
