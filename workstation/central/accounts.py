"""People at central: login roles and their agents, teams, scopes."""

import re
import tomllib
from pathlib import Path
from typing import Any
from unicodedata import category

from sqlalchemy import Connection, text

from workstation.central.admin import ROLES, as_owner, run_script, write_dispositions
from workstation.errors import NotFound, Refused
from workstation.language import _

CONNECTIONS = 12  # of one agent at once (sync.md, section 1.2)
NAME_CHARACTERS = 200
_LOGIN = re.compile(r"[a-z_][a-z0-9_.-]{0,62}")
# Keys of a [[disposition]] of a settings file, and what each may hold.
_DISPOSITION: dict[str, type] = {
    "code": str, "label": str, "queue": str, "uncallable": str, "retry_rule": str, "right_party": bool, "closes": bool
}  # fmt: skip


def add_agent(url: str, login: str, name: str, role: str, team: str, scope: str, password: str) -> str:
    """A login role and its agent; gives the agent's id. Raises Refused for a login that is taken or cannot be one."""
    if not _LOGIN.fullmatch(login) or login.startswith("pg_"):
        raise Refused(_("A login is made of a-z, 0-9, dot, dash and underscore, and begins with a letter."), "login")
    for said in (name, team, scope):
        _named(said)
    if role not in ROLES:
        raise Refused(_("The role is one of: {roles}.").format(roles=", ".join(ROLES)), "role")
    if not password:
        raise Refused(_("A password is needed: --password-stdin or WORKSTATION_PASSWORD."), "password")
    with as_owner(url) as connection:
        team_id = _one(
            connection, "select id from workstation.team where name = :name", _("There is no team {name}."), team
        )
        number = _one(
            connection,
            "select number from workstation.scope where name = :name or number::text = :name",
            _("There is no scope {name}."),
            scope,
        )
        if connection.execute(text("select 1 from pg_roles where rolname = :login"), {"login": login}).first():
            raise Refused(_("The login {login} is taken.").format(login=login), "login")
        _ddl(
            connection,
            "create role %I login password %L connection limit {n} in role workstation_agent",
            login,
            _verifier(connection, login, password),
        )
        agent_id = connection.execute(
            text("insert into workstation.agent (login, name, role, team_id, scopes) "
                 "values (:login, :name, :role, :team, jsonb_build_array(cast(:scope as bigint))) returning id"),
            {"login": login, "name": name, "role": role, "team": team_id, "scope": number},
        ).scalar_one()  # fmt: skip
    return str(agent_id)


def disable_agent(url: str, login: str) -> list[dict[str, Any]]:
    """Close an account: no login any more, open sessions ended; what the agent wrote stays.

    Gives the PCs that last said that work of this agent waits on them: [{host, waiting, seen_at}]. It waits there,
    encrypted, until the account is opened again by `set_password`.
    """
    with as_owner(url) as connection:
        _agent(connection, login)
        _ddl(connection, "alter role %I nologin", login)
        connection.execute(
            text("update workstation.agent set is_active = false where login = :login"), {"login": login}
        )
        connection.execute(
            text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :login"), {"login": login}
        )
        left = connection.execute(text(_LEFT), {"login": login}).mappings()
        return [dict(row) for row in left]


def set_password(url: str, login: str, password: str) -> None:
    """Give an agent a new password; the account is open again, and there again where a restore left no login role."""
    if not password:
        raise Refused(_("A password is needed: --password-stdin or WORKSTATION_PASSWORD."), "password")
    with as_owner(url) as connection:
        _agent(connection, login)
        if not connection.execute(text("select 1 from pg_roles where rolname = :login"), {"login": login}).first():
            _ddl(connection, "create role %I connection limit {n} in role workstation_agent", login)
        _ddl(connection, "alter role %I login password %L", login, _verifier(connection, login, password))
        connection.execute(text("update workstation.agent set is_active = true where login = :login"), {"login": login})


def agents(url: str) -> list[dict[str, Any]]:
    """All agents with their team and scopes."""
    return _rows(
        url,
        "select a.id::text, a.login, a.name, a.role, t.name as team, a.scopes, a.is_active as active "
        "from workstation.agent a left join workstation.team t on t.id = a.team_id order by a.login",
    )


def add_team(url: str, name: str) -> str:
    """A new team; gives its id."""
    return _add(
        url,
        "insert into workstation.team (name) values (:name) on conflict do nothing returning id::text",
        _named(name),
    )


def teams(url: str) -> list[dict[str, Any]]:
    """All teams."""
    return _rows(url, "select id::text, name from workstation.team order by name")


def add_scope(url: str, name: str) -> int:
    """A new set of customers; gives its number."""
    _named(name)
    with as_owner(url) as connection:
        if connection.execute(text("select 1 from workstation.scope where name = :name"), {"name": name}).first():
            raise Refused(_("{name} is there already.").format(name=name), "name")
    number = _add(
        url,
        "insert into workstation.scope (number, name) select coalesce(max(number), 0) + 1, cast(:name as text) "
        "from workstation.scope returning number::text",
        name,
    )
    return int(number)


def scopes(url: str) -> list[dict[str, Any]]:
    """All scopes."""
    return _rows(url, "select number, name from workstation.scope order by number")


def apply_settings(url: str, file: Path) -> int:
    """Take the dispositions of a TOML file ([[disposition]] with code, label, …); gives how many there are.

    Raises Refused naming what the file has that is not known, before anything is changed.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(_("{file} cannot be read: {why}").format(file=file, why=error)) from error
    unknown = [key for key in said if key != "disposition"]
    rows = said.get("disposition", [])
    if unknown or not isinstance(rows, list) or not rows:
        raise Refused(
            _("{file}: only [[disposition]] entries can be set yet; found: {keys}.").format(
                file=file, keys=", ".join(said) or "-"
            )
        )
    for number, row in enumerate(rows, 1):
        wrong = _wrong_in(row)
        if wrong:
            raise Refused(
                _("{file}: disposition {number} has a wrong or unknown {key}.").format(
                    file=file, number=number, key=wrong
                )
            )
    if len({row["code"] for row in rows}) < len(rows):
        raise Refused(_("{file}: a code may stand for one disposition only.").format(file=file))
    with as_owner(url) as connection:
        return write_dispositions(connection, rows)


def _wrong_in(row: Any) -> str | None:
    """The key that makes a disposition impossible."""
    if not isinstance(row, dict):
        return _("entry")
    for key, value in row.items():
        if not isinstance(value, _DISPOSITION.get(key, type(None))) or (isinstance(value, str) and "\0" in value):
            return str(key)
    if row.get("uncallable", "number") not in ("number", "person"):
        return "uncallable"
    return next((key for key in ("code", "label") if not row.get(key, "").strip()), None)


# A window tells with every beat, a command only at its sync: the later word counts.
_LEFT = """
select d.host, w.waiting, w.seen_at from workstation.device d
    join workstation.agent a on a.id = d.agent_id
    left join workstation.presence p on p.device = d.device and p.agent_id = d.agent_id and p.seen_at > d.seen_at
    cross join lateral (select coalesce(p.waiting + p.undecided, d.waiting + d.refused) as waiting,
        coalesce(p.seen_at, d.seen_at) as seen_at) w
    where a.login = :login and w.waiting > 0 order by w.seen_at desc"""


def _verifier(connection: Connection, login: str, password: str) -> str:
    """The SCRAM verifier: the password itself never reaches the server or its log."""
    driver: Any = connection.connection.driver_connection
    verifier: bytes = driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return verifier.decode()


def _ddl(connection: Connection, statement: str, *names: str) -> None:
    """A statement that takes no values: PostgreSQL itself quotes the names and texts into it."""
    values = {f"v{i}": name for i, name in enumerate(names)}
    marks = "".join(f", cast(:{key} as text)" for key in values)
    form = statement.replace("{n}", str(CONNECTIONS))
    quoted = connection.execute(
        text(f"select format(cast(:form as text){marks})"), {"form": form} | values
    ).scalar_one()
    run_script(connection, quoted)


def _named(text: str) -> str:
    """A name as a database and a screen take it. Raises Refused."""
    if not text.strip():
        raise Refused(_("A name is needed."), "name")
    if len(text) > NAME_CHARACTERS or any(category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise Refused(_("A name is one line of at most {limit} characters.").format(limit=NAME_CHARACTERS), "name")
    return text


def _agent(connection: Connection, login: str) -> None:
    if (
        not _LOGIN.fullmatch(login)
        or not connection.execute(
            text("select 1 from workstation.agent where login = :login"), {"login": login}
        ).first()
    ):
        raise NotFound(_("There is no agent {login}.").format(login=login), "login")


def _one(connection: Connection, query: str, missing: str, name: str) -> Any:
    found = connection.execute(text(query), {"name": name}).scalar()
    if found is None:
        raise NotFound(missing.format(name=name))
    return found


def _add(url: str, statement: str, name: str) -> str:
    with as_owner(url) as connection:
        made = connection.execute(text(statement), {"name": name}).scalar()
    if made is None:
        raise Refused(_("{name} is there already.").format(name=name), "name")
    return str(made)


def _rows(url: str, query: str) -> list[dict[str, Any]]:
    with as_owner(url) as connection:
        return _all(connection, query)


def _all(connection: Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(query)).mappings()]
