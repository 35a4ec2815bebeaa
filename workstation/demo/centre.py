"""The invented centre at an embedded PostgreSQL."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from workstation.central import accounts, admin, loading
from workstation.central.embedded import EmbeddedPostgres
from workstation.demo.invent import Inventor, Worker, agents_wanted
from workstation.errors import Refused
from workstation.language import _

SEED = 2026
LOGINS = "logins.txt"


@dataclass(frozen=True)
class Centre:
    """A running central with its people; `passwords` by login."""

    url: str
    admin_url: str
    passwords: dict[str, str]
    customers: int

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) of central."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 5432


@contextmanager
def running_centre(
    data: Path, customers: int, now: datetime, tell: Callable[[str], None] = lambda _words: None
) -> Iterator[Centre]:
    """Start central over `data`, and fill it when it is new; with the same folder again it goes on as it was."""
    with EmbeddedPostgres(data / "central", durable=False) as server:
        kept = data / LOGINS
        if not kept.exists():
            tell(_("Making a centre of {n} customers…").format(n=customers))
            _fill(server.admin_url, customers, now, kept)
        passwords = dict(line.split(" ", 1) for line in kept.read_text("utf-8").splitlines() if " " in line)
        if not passwords:
            raise Refused(_("{file} is damaged; give another folder.").format(file=kept))
        parts = urlsplit(server.admin_url)
        url = f"postgresql://{parts.hostname}:{parts.port}{parts.path}"
        yield Centre(url, server.admin_url, passwords, customers)


def _fill(url: str, customers: int, now: datetime, kept: Path) -> None:
    admin.init(url)
    people, passwords = agents_wanted(), {}
    for team in sorted({team for _login, _name, _role, team in people}):
        accounts.add_team(url, team)
    for login, name, role, team in people:
        passwords[login] = secrets.token_urlsafe(6)
        accounts.add_agent(url, login, name, role, team, "main", passwords[login])
    ids = loading.agent_ids(url)
    workers = [Worker(ids[login][0], team, ids[login][1]) for login, _n, role, team in people if role != "supervisor"]
    inventor = Inventor(SEED, workers, 1, now)
    loading.load(url, (record for person in inventor.people(customers) for record in person))
    kept.touch(mode=0o600)
    kept.write_text("".join(f"{login} {password}\n" for login, password in passwords.items()), "utf-8")
