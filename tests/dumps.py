"""Backups of a central as an administrator makes them, with PostgreSQL's own programs, and their restores."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers import ScratchCluster, drop_database, fresh_database
from workstation.central import binaries


def dump(admin_url: str, into: Path) -> Path:
    """The nightly dump of one database."""
    _run("pg_dump", "--format=custom", f"--file={into}", f"--dbname={admin_url}")
    return into


def restore_in_place(admin_url: str, saved: Path) -> None:
    """Over the database as it is: its oid, and so the mark of a released central, stays."""
    _run("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={admin_url}", str(saved))


def restore_anew(cluster: ScratchCluster, admin_url: str, saved: Path, *, with_roles: bool = True) -> str:
    """Into a new database of this cluster, with the name of the old one; gives its admin address.

    Without the roles of the old cluster what they own and may do is left out, as pg_restore does by itself.
    """
    name = urlsplit(admin_url).path.lstrip("/")
    drop_database(cluster, urlsplit(cluster.admin_url)._replace(path=f"/{name}").geturl())
    url = fresh_database(cluster, name)
    how = () if with_roles else ("--no-owner", "--no-acl")
    _run("pg_restore", "--exit-on-error", "--single-transaction", *how, f"--dbname={url}", str(saved))
    return url


def copy_roles(source: ScratchCluster, target: ScratchCluster) -> None:
    """What no dump of a database contains: roles and their passwords. The superuser is there with his own."""
    script = _run("pg_dumpall", "--roles-only", f"--dbname={source.admin_url}").stdout
    superuser = ("CREATE ROLE postgres;", "ALTER ROLE postgres ")
    kept = [line for line in script.splitlines() if not line.startswith(superuser)]
    _run("psql", "--quiet", "-v", "ON_ERROR_STOP=1", f"--dbname={target.admin_url}", text="\n".join(kept))


def _run(program: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    path = binaries.find_folder() / program
    done = subprocess.run([path, *arguments], check=False, capture_output=True, text=True, input=text, timeout=60)
    assert done.returncode == 0, done.stderr
    return done
