"""Whom this PC trusts to be central: its list of authorities, and why a server's certificate was not believed."""

import socket
import ssl
import struct
import sys
from contextlib import suppress
from pathlib import Path

import platformdirs

from workstation.errors import CentralUntrusted
from workstation.files import write_whole
from workstation.language import _

SYSTEM = "system"
SECONDS = 5.0
# Where systems keep the authorities they trust: Debian, Fedora, openSUSE, macOS. The libpq that comes with the program
# looks for its own in a folder that no PC has, so it is told one of these.
_LISTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_TLS_PLEASE = struct.pack("!ii", 8, 80877103)  # SSLRequest of PostgreSQL's protocol
# OpenSSL's X509_V_ERR_…
_NOT_YET_VALID, _EXPIRED, _WRONG_NAMES = 9, 10, (62, 64)


def authorities(named: str) -> str:
    """The file of trusted authorities behind the setting `root_cert`. Raises CentralUntrusted when "system" is asked
    for and this PC has no list."""
    if named != SYSTEM:
        return named
    if sys.platform == "win32":
        return _windows_list()
    # SSL_CERT_FILE, then where this system's own OpenSSL looks.
    for place in (ssl.get_default_verify_paths().cafile, *_LISTS):
        if place and Path(place).is_file():
            return place
    raise CentralUntrusted(
        _("This PC has no list of trusted authorities; its administrator names a certificate in root_cert.")
    )


def why_untrusted(host: str, port: int, root_cert: str) -> str | None:
    """Ask the server for its certificate once more and say what is wrong with it: libpq tells no more than that it
    is. Nothing secret is sent. None when that is not to be found out. `root_cert` is a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # A host that is no name for a certificate is a ValueError; whatever breaks the line is an OSError.
    with suppress(OSError, ValueError):
        context.load_verify_locations(root_cert)
        try:
            with socket.create_connection((host, port), SECONDS) as line:
                line.sendall(_TLS_PLEASE)
                if line.recv(1) == b"S":
                    context.wrap_socket(line, server_hostname=host).close()
        except ssl.SSLCertVerificationError as error:
            return _in_words(error.verify_code, host)
    return None


def _in_words(code: int, host: str) -> str:
    if code == _EXPIRED:
        return _(
            "The certificate of central has expired, or the clock of this PC is wrong; its administrator can renew it."
        )
    if code == _NOT_YET_VALID:
        return _("The certificate of central is not valid yet: is the clock of this PC right?")
    if code in _WRONG_NAMES:
        return wrong_host(host)
    return _("The certificate of central is not signed by an authority that this PC trusts (root_cert).")


def wrong_host(host: str) -> str:
    """The sentence for a certificate of another server."""
    told = _("The certificate of central is not for {host}: check the address, or have the certificate made for it.")
    return told.format(host=host)


def _windows_list() -> str:
    """Windows keeps its authorities in no file: they are written to one. Not run yet on Windows."""
    path = platformdirs.user_cache_path("AgentWorkstation", appauthor=False) / "authorities.pem"
    if sys.platform == "win32":
        found = [der for der, kind, _trust in ssl.enum_certificates("ROOT") if kind == "x509_asn"]
        text = "".join(map(ssl.DER_cert_to_PEM_cert, found)).encode("ascii")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != text:
            write_whole(path, text)
    return str(path)
