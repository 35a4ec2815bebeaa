"""The log beside the replicas: enough to find a defect by, and nothing about a person in it."""

import contextlib
import errno
import logging
import re
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from traceback import walk_tb
from uuid import UUID

OURS = "workstation"
FILE_NAME = "workstation.log"
FILE_BYTES = 5_000_000
FILES = 5
_MAX_CHAIN = 10
_CLASS = re.compile(r"[A-Z][A-Za-z]{0,39}(Error|Warning)")


def start_log(folder: Path) -> logging.Handler:
    """Log to `folder`/workstation.log, five files of 5 MB, times in UTC; the handler is returned for `stop_log`.

    A log that cannot be written is no reason to stop work: it is then silently incomplete.
    """
    handler = _QuietFile(
        folder / FILE_NAME, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", delay=True,
        errors="backslashreplace",
    )  # fmt: skip
    handler.setFormatter(ImpersonalFormatter())
    logging.getLogger(OURS).setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)
    return handler


def stop_log(handler: logging.Handler) -> None:
    """Write no more to it and close its file."""
    logging.getLogger().removeHandler(handler)
    handler.close()


def log_uncaught() -> None:
    """From now on what nobody caught, in any thread, is a defect in the log, not a traceback with its words on a
    terminal."""
    log = logging.getLogger(OURS)

    def noted(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
            log.error("nobody caught this", exc_info=error)

    sys.excepthook = lambda _kind, error, _trace: noted(error)
    threading.excepthook = lambda told: noted(told.exc_value)


class Plain(str):
    """A word of the program's own, as the name of a table: written in the log as it is."""

    __slots__ = ()


class ImpersonalFormatter(logging.Formatter):
    """Writes what happened and where, never what an exception or a library says: notes and numbers may be quoted there.

    Our own messages are written as they are; of their values only those that can be nobody's words: numbers, ids,
    times, and words the caller vouches for (`Plain`). Any other text shows as its length, anything else as its type.
    Of a library's message only the name of its logger and the line it came from are written.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        lines = [f"{at}.{int(record.msecs):03}Z {record.levelname} {record.name} {_words(record)}"]
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            lines.extend(_lines_of(record.exc_info[1]))
        return "\n".join(lines)


def _words(record: logging.LogRecord) -> str:
    if record.name != OURS and not record.name.startswith(OURS + "."):
        return f"({record.module}:{record.lineno})"
    arguments = tuple(map(_impersonal, record.args)) if isinstance(record.args, tuple) else ()
    message = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    try:
        message = message % arguments if arguments else message
    except (TypeError, ValueError, KeyError):
        message += " (its values do not fit)"
    # one record is one line, whatever is in it
    return message.replace("\r", "\\r").replace("\n", "\\n")


def _impersonal(value: object) -> object:
    """A value of a message as it may be written; numbers stay numbers for their %d."""
    if value is None or type(value) in (bool, int, float) or isinstance(value, UUID | datetime):
        return value
    if isinstance(value, str):
        is_plain = isinstance(value, Plain) or _CLASS.fullmatch(value) or value in errno.errorcode.values()
        return value if is_plain else f"<{len(value)} characters>"
    return type(value).__name__


def _lines_of(error: BaseException, depth: int = 1) -> Iterator[str]:
    """The type of an exception, where it passed, and the same of what it came from and what it holds."""
    yield f"{'  ' * depth}{type(error).__module__}.{type(error).__qualname__}"
    for frame, line in walk_tb(error.__traceback__):
        code = frame.f_code
        yield f"{'  ' * depth}  {_short(code.co_filename)}:{line}:{code.co_name}"
    if depth >= _MAX_CHAIN:
        return
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for other in (*inside, *([before] if before is not None else [])):
        yield from _lines_of(other, depth + 1)


def _short(path: str) -> str:
    """A source file without the folders above its package: they name the person logged in to the PC."""
    return "/".join(Path(path).parts[-2:])


class _QuietFile(RotatingFileHandler):
    """A rotating file that neither stops nor spoils the program when the disk is full or the file is in use."""

    def doRollover(self) -> None:  # noqa: N802 - named by the base class
        try:
            super().doRollover()
        except OSError:
            # Windows: another window has the file open. It grows meanwhile, and is rotated when that window is gone.
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - named by the base class
        """Say nothing: the base class would print the record's values."""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()
