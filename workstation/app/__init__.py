"""Joins the parts: makes the replica, the line to central and the clock of one desk. Nobody imports this but the
commands and the program's start."""

import zoneinfo
from datetime import UTC, datetime

from workstation import settings as settings_file
from workstation.home import Home
from workstation.settings import Settings


def now() -> datetime:
    """The clock of this PC, UTC."""
    return datetime.now(UTC)


def use_own_zone_rules() -> None:
    """Time-zone rules come with the program: those of an operating system may be a year old."""
    zoneinfo.reset_tzpath(to=())


def load_settings(home: Home) -> Settings:
    """The settings in force for a home."""
    return settings_file.load(home.root)
