"""Makes an authority and server certificates for trying TLS out, and for a centre that has no authority of its own."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from workstation.errors import Refused
from workstation.files import unwritable, write_whole
from workstation.language import _

AUTHORITY_DAYS = 3_650
SERVER_DAYS = 365
EARLY = timedelta(minutes=10)  # a PC whose clock is a little slow takes a certificate made this minute too
AUTHORITY, AUTHORITY_KEY, SERVER, SERVER_KEY = "authority.crt", "authority.key", "server.crt", "server.key"
_NAME = re.compile(r"(?=.{1,253}\Z)(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Made:
    """Where the files lie, whether the authority was there already, and when the server's certificate ends."""

    authority: Path
    certificate: Path
    key: Path
    is_same_authority: bool
    ends_at: datetime


def make(folder: Path, hosts: Sequence[str], now: datetime, days: int = SERVER_DAYS) -> Made:
    """A certificate for a server reached by these names or addresses, signed by the authority in `folder`, which is
    made where there is none: so a renewed certificate is trusted by the PCs that trust the first.

    Keys are 0600. Raises Refused for a name that is none, and for an authority that cannot be read.
    """
    names = [_general_name(host) for host in hosts]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    known = _authority_in(folder)
    authority, signing = known or _new_authority(folder, now)
    if authority.not_valid_after_utc <= now:
        raise Refused(_("The authority in {folder} has expired; use an empty folder.").format(folder=folder))
    key, ends_at = ec.generate_private_key(ec.SECP256R1()), min(now + timedelta(days), authority.not_valid_after_utc)
    builder = (
        _begun(_common(hosts[0]), authority.subject, key.public_key(), now, ends_at)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    _write(folder / SERVER_KEY, _pem(key), 0o600)
    certificate = builder.sign(signing, hashes.SHA256())
    _write(folder / SERVER, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return Made(folder / AUTHORITY, folder / SERVER, folder / SERVER_KEY, known is not None, ends_at)


def _new_authority(folder: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, name = ec.generate_private_key(ec.SECP256R1()), _common("Agent Workstation test authority")
    builder = (
        _begun(name, name, key.public_key(), now, now + timedelta(AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    _write(folder / AUTHORITY_KEY, _pem(key), 0o600)
    _write(folder / AUTHORITY, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate, key


def _authority_in(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    try:
        certificate = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
        key = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    except FileNotFoundError:
        if (folder / AUTHORITY).exists() or (folder / AUTHORITY_KEY).exists():
            raise _unreadable(folder) from None
        return None
    except (OSError, ValueError, TypeError):
        raise _unreadable(folder) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise _unreadable(folder)
    return certificate, key


def _unreadable(folder: Path) -> Refused:
    told = _("The authority in {folder} cannot be used: {certificate} and {key} do not belong together or are damaged.")
    return Refused(told.format(folder=folder, certificate=AUTHORITY, key=AUTHORITY_KEY))


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, ends_at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, ends_at) - EARLY)
        .not_valid_after(ends_at)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not _NAME.fullmatch(host):
            told = _("{host} is no name and no address of a server; write it as db.example.org or 10.0.0.5.")
            raise Refused(told.format(host=host), "host") from None
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    write_whole(path, content)  # 0600 from its first byte
    path.chmod(mode)
