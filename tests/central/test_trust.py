"""TLS to central: the authorities of this PC are enough by themselves, and nobody else's are."""

import ipaddress
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from workstation.central import trust
from workstation.central.embedded import EmbeddedPostgres
from workstation.central.postgres import Line, connection_options

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
# 127.0.0.1 by a name that the program does not take for this PC itself: with that one it speaks without TLS.
FAR_NAME = "127.1"


def certificate(
    name: str, folder: Path, signer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    """An authority, or with `signer` a server's certificate for 127.0.0.1, as name.crt and name.key in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer, issuer_key = signer or (subject, key)
    today = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    (folder / f"{name}.crt").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.key").write_bytes(private)
    return subject, key


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ours.crt, which signed central.crt, and strangers.crt, which signed nothing."""
    folder = tmp_path_factory.mktemp("authorities")
    certificate("strangers", folder)
    certificate("central", folder, certificate("ours", folder))
    return folder


@pytest.fixture(scope="module")
def server(authorities: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A central that speaks TLS."""
    if not SERVERS:
        pytest.skip("the PostgreSQL of the set-up is built without TLS, and Debian's is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PG_BINDIR", str(SERVERS[-1].parent))
        with EmbeddedPostgres(tmp_path_factory.mktemp("tls") / "centre", durable=False) as running:
            cluster = running._folder / "cluster"
            owner = cluster.stat()
            for file in ("central.crt", "central.key"):
                (cluster / file).write_bytes((authorities / file).read_bytes())
                (cluster / file).chmod(0o600)
                os.chown(cluster / file, owner.st_uid, owner.st_gid)
            with psycopg.connect(running.admin_url, autocommit=True) as owners:
                for setting in ("ssl_cert_file = 'central.crt'", "ssl_key_file = 'central.key'", "ssl = on"):
                    owners.execute(f"alter system set {setting}")
                owners.execute("select pg_reload_conf()")
            yield running


def options(server: EmbeddedPostgres, root_cert: str = trust.SYSTEM) -> dict[str, object]:
    """How an agent would connect, had the agent the owner's name."""
    owner = urlsplit(server.admin_url)
    url = f"postgresql://{FAR_NAME}:{server.port}/postgres"
    return connection_options(Line(url, str(owner.username), str(owner.password), uuid4(), root_cert=root_cert))


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody names authorities by the environment."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_the_authorities_of_this_pc_are_enough(
    server: EmbeddedPostgres, authorities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = trust.authorities(trust.SYSTEM, ("/nowhere.crt", str(authorities / "ours.crt")))
    with psycopg.connect(**options(server) | {"sslrootcert": found}) as connection:
        assert connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone() == (True,)


def test_somebody_elses_authority_is_not(server: EmbeddedPostgres, authorities: Path) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(**options(server, str(authorities / "strangers.crt")))


def test_the_setting_names_a_file_this_pc_has() -> None:
    """What "system" means is never left to our libpq, which would look where its maker compiled it."""
    known = [bundle for bundle in trust.BUNDLES if Path(bundle).is_file()]
    if not known:
        pytest.skip("this PC trusts no authorities")
    assert connection_options(Line("postgresql://far/db", "a", "b", uuid4()))["sslrootcert"] == known[0]


def test_the_environment_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/own.pem")
    assert trust.authorities(trust.SYSTEM) == trust.SYSTEM


def test_a_file_named_in_the_settings_stays() -> None:
    assert trust.authorities("/own.crt") == "/own.crt"
