"""A plugin that brings out tests, and windows, that lean on luck: whatever runs beside the window begins late, answers
late and ends late, and the window itself is held up, each by chance.

`make test ARGS="-p tests.late"`; WORKSTATION_LATE=7 repeats the chances of seed 7.
"""

import os
import random
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QTimer

from workstation.ui import background

SEED = int(os.environ.get("WORKSTATION_LATE", "1"))
OFTEN, SHORT_SECONDS = 0.3, 0.06
SELDOM, LONG_SECONDS = 0.02, 0.6  # longer than a test looks for a condition, and a person for a click
UI_EVERY_MS = 50


class Chance:
    """Waits of a seed of its own for each test: the same test meets them alone, too, as far as threads repeat."""

    def __init__(self) -> None:
        self._random, self._never = random.Random(SEED), threading.Event()

    def begin(self, name: str) -> None:
        self._random.seed(f"{SEED} {name}")

    def wait(self) -> None:
        chance = self._random.random()
        if chance < SELDOM:
            self._never.wait(LONG_SECONDS)
        elif chance < OFTEN:
            self._never.wait(self._random.uniform(0, SHORT_SECONDS))

    def late(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Begun late, ended late."""

        def run(*args: Any, **kwargs: Any) -> Any:
            self.wait()
            try:
                return work(*args, **kwargs)
            finally:
                self.wait()

        return run


chance = Chance()


def pytest_configure() -> None:
    submit = ThreadPoolExecutor.submit

    def submit_late(pool: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, chance.late(work), *args, **kwargs)

    ThreadPoolExecutor.submit = submit_late  # type: ignore[method-assign]
    threading.Thread.run = chance.late(threading.Thread.run)  # type: ignore[method-assign]
    # Between the work, which is on the disk by then, and the window that hears of it.
    background._explained = chance.late(background._explained)
    sys.setswitchinterval(0.0005)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    chance.begin(item.nodeid)
    application = QCoreApplication.instance()
    if application is not None and application.findChild(QTimer, "late") is None:
        sluggish = QTimer(application, objectName="late", interval=UI_EVERY_MS)
        sluggish.timeout.connect(chance.wait)
        sluggish.start()
