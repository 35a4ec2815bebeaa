"""Scratch PostgreSQL clusters for tests: quick, unsafe against power cuts, gone afterwards."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql

from workstation.central.embedded import HOST, EmbeddedPostgres


class ScratchCluster:
    """One server of its own in a temporary folder; every test takes a database of its own in it."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="workstation-tests-"))
        self.server = EmbeddedPostgres(self.folder / "central", durable=False, settings=settings)

    @property
    def address(self) -> tuple[str, int]:
        """(host, port), as `Line` wants its target; the port stays over restarts."""
        return HOST, self.server.port

    @property
    def admin_url(self) -> str:
        """The superuser's way to the database `workstation`, which no test should fill."""
        return self.server.admin_url

    def start(self) -> None:
        """Start it, or start it again, on the port it had."""
        self.server.start()

    def stop(self) -> None:
        """End it in good order."""
        self.server.stop()

    def restart(self) -> None:
        """As an administrator does it."""
        self.server.stop()
        self.server.start()

    def kill9(self) -> None:
        """As a power cut that spares the disk: every process at once, none can say goodbye. `start` recovers."""
        assert self.server.pid is not None, "the server does not run"
        kill9_server(self.server.pid)
        assert self.server.wait(10)

    def close(self) -> None:
        """End it and remove all it wrote."""
        self.server.stop()
        shutil.rmtree(self.folder)


@contextmanager
def scratch_cluster(settings: Mapping[str, str] | None = None) -> Iterator[ScratchCluster]:
    """A running cluster, for a fixture of the whole session."""
    cluster = ScratchCluster(settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@contextmanager
def scratch_database(cluster: ScratchCluster) -> Iterator[str]:
    """The admin address of an empty database, dropped afterwards; for a fixture of one test."""
    admin_url = fresh_database(cluster)
    try:
        yield admin_url
    finally:
        drop_database(cluster, admin_url)


def fresh_database(cluster: ScratchCluster, name: str | None = None, template: str = "template0") -> str:
    """
    Make a database and return its admin address.

    name      None: one nobody has
    template  a database to copy as it stands, while nobody is connected to it
    """
    name = name or f"test_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    _as_admin(cluster, statement)
    return urlsplit(cluster.admin_url)._replace(path=f"/{name}").geturl()


def drop_database(cluster: ScratchCluster, admin_url: str) -> None:
    """Drop the database of this address, whoever is connected to it; harmless when it is gone."""
    name = urlsplit(admin_url).path.lstrip("/")
    _as_admin(cluster, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def rows(admin_url: str, statement: str) -> list[tuple[Any, ...]]:
    """What one statement returns, over a connection of its own, committed."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def kill9_server(pid: int) -> None:
    """Kill the server `pid` and all its processes before any of them can react."""
    server = psutil.Process(pid)
    server.suspend()
    family = server.children(recursive=True)
    for process in (*family, server):
        process.kill()
    psutil.wait_procs(family, timeout=10)


def _as_admin(cluster: ScratchCluster, statement: sql.Composed) -> None:
    with psycopg.connect(cluster.admin_url, autocommit=True) as connection:
        connection.execute(statement)
