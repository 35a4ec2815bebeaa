"""Which certificate authorities vouch for central: those this PC trusts, as a file that our libpq can read.

psycopg comes with an OpenSSL of its own, and that one looks for "system" in a folder of the machine that compiled it
(/usr/lib/psycopg-openssl): without a file named here no certificate is ever trusted.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

if sys.platform == "win32":
    import functools
    import ssl

    import platformdirs

    from workstation.files import write_whole

SYSTEM = "system"
FOR_SERVERS = "1.3.6.1.5.5.7.3.1"  # the use of a certificate that Windows calls server authentication
# Where systems keep the authorities they trust, those that an administrator added included.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, Red Hat
    "/etc/pki/tls/certs/ca-bundle.crt",  # older Red Hat
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS: Apple's own list; an authority of your own is named in root_cert there
)


def authorities(root_cert: str, bundles: Sequence[str] = BUNDLES) -> str:
    """What libpq's sslrootcert is to be for this setting; "system" again where nothing better is known.

    SSL_CERT_FILE and SSL_CERT_DIR are obeyed, as everywhere with OpenSSL.
    """
    if root_cert != SYSTEM or os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return root_cert
    if sys.platform == "win32":
        return str(_from_windows())
    return next((bundle for bundle in bundles if Path(bundle).is_file()), root_cert)


if sys.platform == "win32":

    @functools.cache
    def _from_windows() -> Path:
        """A file with the roots in the certificate store of Windows, written once a process. Not run yet on Windows."""
        roots = [
            ssl.DER_cert_to_PEM_cert(certificate)
            for certificate, kind, uses in ssl.enum_certificates("ROOT")
            if kind == "x509_asn" and (uses is True or (uses and FOR_SERVERS in uses))
        ]
        place = platformdirs.user_cache_path("AgentWorkstation", appauthor=False) / "authorities.pem"
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, "".join(roots).encode())
        return place
