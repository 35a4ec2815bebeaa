"""A real server that speaks TLS, with the certificate a test wants; it needs server programs built with OpenSSL."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.desks import Centre
from tests.servers import ScratchCluster, rows
from tests.windows import until
from workstation.central import certificates

HOST = "127.0.0.2"  # this machine too, but to the program no loopback: there it does without TLS
NO_OPENSSL = "no PostgreSQL server built with OpenSSL here: install Debian's postgresql, or name one in PG_BINDIR"


def folder_of_debian() -> str | None:
    """Where server programs with OpenSSL may be: the package that comes with the program has none."""
    packaged = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    newest = max(packaged, key=lambda path: int(path.parent.name), default=None)
    return os.environ.get("PG_BINDIR") or (str(newest) if newest else None)


class TlsServer:
    """A cluster reachable as 127.0.0.2, where the program insists on TLS."""

    def __init__(self, cluster: ScratchCluster, folder: Path) -> None:
        self.cluster, self.folder = cluster, folder

    def serve(
        self,
        hosts: Sequence[str],
        now: datetime,
        *,
        days: int = 30,
        authority: str = "ours",
        ago: timedelta | None = None,
    ) -> Path:
        """From now on the server shows a certificate for `hosts`; gives the file of its authority."""
        made = certificates.make(self.folder / authority, hosts, now - (ago or timedelta(0)), days)
        inside = self.cluster.folder / "central" / "cluster"
        owner = inside.stat()
        for path in (made.certificate, made.key):
            copy = inside / path.name
            copy.write_bytes(path.read_bytes())
            copy.chmod(0o600)
            os.chown(copy, owner.st_uid, owner.st_gid)
        self.set(ssl_cert_file="server.crt", ssl_key_file="server.key", ssl="on")
        return made.authority

    def set(self, **settings: str) -> None:
        """Change settings of the server; returns once new connections have them."""
        loaded = "select pg_conf_load_time()"
        before = rows(self.cluster.admin_url, loaded)
        for name, value in settings.items():
            rows(self.cluster.admin_url, f"alter system set {name} = '{value}'")
        rows(self.cluster.admin_url, "select pg_reload_conf()")
        until(lambda: rows(self.cluster.admin_url, loaded) > before)

    def url_of(self, centre: Centre) -> str:
        """The address agents are given."""
        parts = urlsplit(centre.url)
        return parts._replace(netloc=f"{HOST}:{parts.port}").geturl()


@contextmanager
def tls_server(folder: Path) -> Iterator[TlsServer]:
    """Such a server, still without TLS. Skips the tests where none can be had."""
    programs = folder_of_debian()
    if programs is None:
        pytest.skip(NO_OPENSSL)
    cluster = ScratchCluster({"listen_addresses": f"127.0.0.1,{HOST}"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PG_BINDIR", programs)
        cluster.start()
    try:
        if not rows(cluster.admin_url, "show ssl_library")[0][0]:
            pytest.skip(NO_OPENSSL)
        yield TlsServer(cluster, folder)
    finally:
        cluster.close()
