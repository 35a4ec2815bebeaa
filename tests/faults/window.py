"""A window without a window: a process that runs the sync loop and says how each round went, until it is killed."""

import argparse
import json
import sys
import threading
from pathlib import Path

from tests.desks import PASSWORD
from workstation.app.desk import open_desk
from workstation.home import Home
from workstation.services.sync.loop import RoundEnd


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--home", type=Path, required=True)
    asked.add_argument("--json", action="store_true")
    home = Home(asked.parse_args().home)
    who = home.last_sign_in()
    assert who is not None, "nobody signed in"

    said = threading.Lock()

    def say(end: RoundEnd) -> None:
        pushed = end.report.pushed if end.report else 0
        with said:
            sys.stdout.write(json.dumps({"state": end.state, "pushed": pushed}) + "\n")
            sys.stdout.flush()

    with open_desk(home, who, PASSWORD) as desk:
        loop = desk.sync_loop(say)
        loop.start()
        for _line in sys.stdin:  # a line is a save
            loop.wake()
        assert loop.stop(10), "the loop did not end"


if __name__ == "__main__":
    main()
