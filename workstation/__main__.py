"""The start of the program."""

import signal
import sys
from pathlib import Path

POP = "workstation-pop"

# Until the commands are loaded Ctrl+C simply ends the program: there is nothing yet to tell about it.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from workstation import programs  # noqa: E402 - after the line above, or it would be too late

if __name__ == "__main__":
    programs.step_aside(sys.argv)  # before the rest is loaded, which it would only be to be thrown away

from workstation.cli import main as run_command  # noqa: E402


def main() -> None:
    """Run one command; from here on Ctrl+C is told in one line."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()


def pop() -> None:
    """A program of its own for telephones that start one with the caller's number and nothing else: whatever it is
    given is what was called, never an option."""
    run_command(["pop", "--", *sys.argv[1:]])


if __name__ == "__main__":
    # The packaged program is one file under two names.
    if Path(sys.argv[0]).stem == POP:
        pop()
    else:
        main()
