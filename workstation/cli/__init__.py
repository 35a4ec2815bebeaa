"""The commands: the same services without a window."""

import contextlib
import importlib
import io
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workstation import logs, programs
from workstation.app import use_own_zone_rules
from workstation.cli.output import visible
from workstation.errors import Refused, WorkstationError
from workstation.home import Home
from workstation.language import _

if sys.platform == "win32":
    import ctypes

log = logging.getLogger(__name__)

LIBRARY = re.compile(r"\.so\b|\.dylib\b|DLL load failed")  # of the system, which a bare one lacks
MESSAGE_BOX_WARNING = 0x30
MESSAGE_CHARACTERS = 1_000  # what was typed wrong may be a megabyte long

# Loaded when asked for: a note must not wait for the administrator's libraries.
COMMANDS = {
    "demo": "workstation.cli.demo",
    "central": "workstation.cli.central",
    "admin": "workstation.cli.admin",
    "pop": "workstation.cli.pop",
    "sign-in": "workstation.cli.desk",
    "sync": "workstation.cli.desk",
    "status": "workstation.cli.desk",
    "find": "workstation.cli.people",
    "show": "workstation.cli.people",
    "customer": "workstation.cli.people",
    "note": "workstation.cli.work",
    "contact": "workstation.cli.work",
    "callback": "workstation.cli.work",
    "waiting": "workstation.cli.leaving",
    "forget": "workstation.cli.leaving",
    "conflicts": "workstation.cli.decisions",
    "refused": "workstation.cli.decisions",
    "import": "workstation.cli.imports",
    "recover": "workstation.cli.recover",
    "monitoring": "workstation.cli.monitoring",
    "check": "workstation.cli.check",
    "report": "workstation.cli.check",
}


class _Commands(click.Group):
    """Finds a command in its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(importlib.import_module(module), cmd_name.replace("-", "_") + "_command")
        return command


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["--help"]})
@click.option("--home", type=click.Path(), help="The folder of this desk: replica, settings, log.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on one line.")
@click.pass_context
def workstation(context: click.Context, home: str | None, as_json: bool) -> None:
    """Agent Workstation: a contact-centre agent's desk, with or without the central database."""
    context.obj |= {"home": home, "as_json": as_json}
    if context.invoked_subcommand is None:
        context.exit(_open_window(home))


def _open_window(named: str | None) -> int:
    """The window of this home; Qt is loaded only for it."""
    if named == "":
        raise click.BadParameter(_("a folder is needed."), param_hint="--home")
    seen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in seen):
        raise Refused(_("There is no display here for the window. Commands work without one: workstation --help."))
    home = Home.default() if named is None else Home(Path(named).absolute())
    handler = logs.start_log(home.logs)
    logs.log_uncaught()
    try:
        run_window: Callable[[Home], int] = importlib.import_module("workstation.app.program").run_window
        return run_window(home)
    finally:
        logs.stop_log(handler)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave: 0 done, 1 refused or failed with the reason in one line, 2 wrong use."""
    use_own_zone_rules()
    logging.getLogger().addHandler(logging.NullHandler())  # what is logged goes to the home's log, never to a terminal
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter shows its number
    given = sys.argv[1:] if arguments is None else arguments
    if given:  # without any it is the window, which confirms when it shows
        programs.confirm_start()
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """One command; gives its exit status. Nothing a person can cause ends in a traceback."""
    shared: dict[str, Any] = {}
    try:
        # Not click's own main(): on Windows it reads * and % in a note as names of files and variables.
        with workstation.make_context("workstation", list(arguments), obj=shared) as context:
            outcome: Any = workstation.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        return _misused(error)
    except WorkstationError as error:
        return _failed(str(error))
    except (click.Abort, KeyboardInterrupt):
        return _failed(_("Stopped."))
    except BrokenPipeError:
        return 1  # nobody reads any more
    except OSError as error:
        _log_defect(shared.get("place"), error)
        return _failed(_("The operating system refused: {why}.").format(why=error.strerror or type(error).__name__))
    except Exception as error:  # noqa: BLE001 - the last resort: logged whole, told in one line
        _log_defect(shared.get("place"), error)
        if isinstance(error, ImportError) and LIBRARY.search(str(error)):  # the set-up names its package
            return _failed(_("Qt cannot be loaded: {why}").format(why=error))
        return _failed(
            _("This is a defect of the program ({kind}); it was written to the log.").format(kind=type(error).__name__)
        )
    finally:
        _drop_what_cannot_be_written()
    return outcome if isinstance(outcome, int) else 0


def _log_defect(place: Home | None, error: Exception) -> None:
    if place is not None:
        with contextlib.suppress(WorkstationError):
            handler = logs.start_log(place.logs)
            log.error("a command failed", exc_info=error)
            logs.stop_log(handler)


def _failed(reason: str) -> int:
    _say(visible(" ".join(reason.split())))
    return 1


def _misused(error: click.ClickException) -> int:
    text = io.StringIO()
    error.show(text)
    _say(visible(text.getvalue().rstrip()))
    return 2


def _say(text: str) -> None:
    """A message on standard error; a full disk behind it is no second trouble."""
    shown = text if len(text) <= MESSAGE_CHARACTERS else text[:MESSAGE_CHARACTERS] + "…"
    if sys.platform == "win32" and sys.stderr is None:  # the program without a console; not run yet on Windows
        ctypes.windll.user32.MessageBoxW(None, shown, "Agent Workstation", MESSAGE_BOX_WARNING)
        return
    with contextlib.suppress(OSError):
        click.echo(shown, err=True)


def _drop_what_cannot_be_written() -> None:
    """Python would try once more at its end, and complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
