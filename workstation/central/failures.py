"""What may be told of an error of the database: its code and where it happened, never what it says."""

import re

import psycopg

# A line of the context names the function and its line; others quote statements and values.
_FUNCTION = re.compile(r"^PL/pgSQL function (?:[a-z_]+\.)?([a-z_]+)\(.*\) line (\d+)", re.MULTILINE)


def code_of(error: BaseException | None) -> str:
    """The SQLSTATE; empty where the error did not come from the server."""
    return str(getattr(error, "sqlstate", None) or "")


def place_of(error: BaseException | None) -> str:
    """The function of central and its line, and the constraint or column that said no; empty when none is named."""
    if not isinstance(error, psycopg.Error):
        return ""
    found = _FUNCTION.search(error.diag.context or "")
    named = error.diag.constraint_name or error.diag.column_name
    return " ".join([*([f"{found[1]}:{found[2]}"] if found else []), *([named] if named else [])])
