"""Where this PC stands on the clock."""

from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimeZone


def here() -> ZoneInfo:
    """The time zone of this PC, by the rules that come with the program; UTC where the PC does not say."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii", "replace")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
