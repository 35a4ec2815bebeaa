"""How a command answers: for a person on a terminal, or as JSON on one line for a program."""

import json
import sys
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click


class Output:
    """Standard output of one command: JSON on one line, or words for a person."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def show(self, answer: dict[str, Any], words: str = "") -> None:
        """Write one answer, at once."""
        if self.as_json:
            click.echo(json.dumps(answer, default=plain, ensure_ascii=True))
        elif words:
            click.echo(visible(words))
        if sys.stdout is not None:
            sys.stdout.flush()


def plain(value: Any) -> Any:
    """Values as JSON: ids and times as text, times in UTC."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(type(value).__name__)


def visible(text: str) -> str:
    """Text for a terminal: what would steer it is shown, not obeyed."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)
