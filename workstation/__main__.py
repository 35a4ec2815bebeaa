"""The start of the program."""

import signal

# Until the commands are loaded Ctrl+C simply ends the program: there is nothing yet to tell about it.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from workstation.cli import main as run_command  # noqa: E402 - after the line above, or it would be too late


def main() -> None:
    """Run one command; from here on Ctrl+C is told in one line."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()


if __name__ == "__main__":
    main()
