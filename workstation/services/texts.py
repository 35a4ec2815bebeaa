"""Checks what people write before it is kept: byte for byte as given, or refused in words."""

from datetime import UTC, datetime

from workstation.errors import Refused
from workstation.language import _
from workstation.records.base import TEXT_LIMIT


def without_nul(text: str) -> str:
    """NUL cannot be stored by central; everything else stays as it is."""
    return text.replace("\0", "")


def required(text: str, called: str, limit: int = TEXT_LIMIT, field: str | None = None) -> str:
    """A text that may not be blank. Raises Refused saying what the field is `called`."""
    text = optional(text, called, limit, field) or ""
    if not text.strip():
        raise Refused(_("{field} needs some text.").format(field=called), field or called)
    return text


def optional(text: str | None, called: str, limit: int = TEXT_LIMIT, field: str | None = None) -> str | None:
    """A text that may be absent; too long or not Unicode is refused. NUL is taken out."""
    if text is None:
        return None
    text = without_nul(text)
    if len(text) > limit:
        raise Refused(
            _("{field} is {length} characters long; at most {limit} can be kept.").format(
                field=called, length=len(text), limit=limit
            ),
            field or called,
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        told = _("{field} holds bytes that are no text (not UTF-8).").format(field=called)
        raise Refused(told, field or called) from error
    return text


def instant(text: str, called: str, field: str | None = None) -> datetime:
    """ISO 8601 with an offset. Raises Refused for anything else."""
    moment = moment_or_wall(text, called, field)
    if moment.tzinfo is None:
        told = _("{field} needs an offset, as in 2026-11-23T10:00:00+05:00.").format(field=called)
        raise Refused(told, field or called)
    return moment


def moment_or_wall(text: str, called: str, field: str | None = None) -> datetime:
    """ISO 8601 with or without an offset. Raises Refused for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            moment.astimezone(UTC)  # what no clock on earth can show overflows here; a wall's time needs its wall first
    except (ValueError, OverflowError) as error:
        told = _("{field} is not a time; write it as 2026-11-23T10:00:00+05:00.").format(field=called)
        raise Refused(told, field or called) from error
    return moment
