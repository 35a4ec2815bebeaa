"""Why no connection to central came about, named by what the agent can do about it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from workstation.central import trust
from workstation.errors import CentralOffline, CentralRefused, CentralUntrusted, LoginRefused, WorkstationError
from workstation.language import _

NOT_BUILT = ("3F000", "42883", "42P01")  # no such schema, function, table: `admin init` makes them
READ_ONLY = "25006"  # of a server in recovery, a standby, or one set to read only
_CHARACTERS = 200  # of what a server says of itself

_Options = Mapping[str, Any]
# What the server itself says at connecting: "FATAL:  …", the first word in its own language.
_SAID = re.compile(r"failed: [^\W\d_]+: {2}(?P<said>.+)")


def unreached(error: psycopg.Error, options: _Options) -> WorkstationError:
    """Why no connection came about: `options` are those it was tried with. libpq speaks English; of what a server
    says in another language nothing is guessed."""
    text = str(error)
    for pattern, explain in _TROUBLES:
        found = re.search(pattern, text)
        if found:
            return explain(found, options)
    said = _SAID.search(text)
    if said:
        told = _("Central did not let this PC in: {reason}")
        return CentralRefused(told.format(reason=said["said"].strip()[:_CHARACTERS]))
    return CentralOffline(_("Central cannot be reached."))


def takes_no_writes() -> CentralOffline:
    """Central can be read only: nothing is lost, and it is asked again."""
    return CentralOffline(
        _("Central takes no writes now: it is being recovered, or is a standby. Work goes on on this PC.")
    )


def _means(
    kind: Callable[[str], WorkstationError], words: Callable[[], str]
) -> Callable[[re.Match[str], _Options], WorkstationError]:
    """An error of this kind; the named groups of what was found stand in its words."""
    return lambda found, _options: kind(words().format(**found.groupdict()))


def _not_verified(_found: re.Match[str], options: _Options) -> WorkstationError:
    hosts, ports = (str(options.get(name) or "").split(",") for name in ("host", "port"))
    for at, host in enumerate(hosts):
        port = ports[at] if at < len(ports) else ports[-1]
        explained = trust.why_untrusted(host, int(port or 5432), options["sslrootcert"])
        if explained is not None:
            return CentralUntrusted(explained)
    return CentralUntrusted(_("The certificate of central is not trusted."))


# The first that fits; of several hosts the most telling one. The words are asked for when they are needed: the
# language is chosen after this module is imported.
_TROUBLES: tuple[tuple[str, Callable[[re.Match[str], _Options], WorkstationError]], ...] = (
    (
        r"password authentication failed|no password supplied",
        _means(LoginRefused, lambda: _("Central does not accept this login or password.")),
    ),
    (
        r"is not permitted to log in|permission denied for database",
        _means(LoginRefused, lambda: _("This login has no rights at central.")),
    ),
    (
        r'root certificate file "(?P<file>[^"]+)" does not exist',
        _means(
            CentralUntrusted,
            lambda: _("There is no file {file}: root_cert of this PC's settings names it as what to trust."),
        ),
    ),
    (
        r'could not read root certificate file "(?P<file>[^"]+)"',
        _means(
            CentralUntrusted,
            lambda: _("{file} holds no certificate: root_cert of this PC's settings names it as what to trust."),
        ),
    ),
    (
        r'does not match host name "(?P<host>[^"]+)"',
        lambda found, _options: CentralUntrusted(trust.wrong_host(found["host"])),
    ),
    (r"certificate verify failed", _not_verified),
    (
        r"server does not support SSL",
        _means(
            CentralUntrusted,
            lambda: _("Central offers no encrypted line (TLS), and this PC does not work without one."),
        ),
    ),
    (
        r"channel binding (?:is )?required",
        _means(
            CentralUntrusted,
            lambda: _("Central does not check this login by SCRAM over TLS, and this PC does not work without."),
        ),
    ),
    (
        r"pg_hba.conf (?:entry|rejects) .*no encryption",
        _means(CentralUntrusted, lambda: _("Central takes encrypted lines only, and this PC is set to tls = none.")),
    ),
    (
        r"pg_hba.conf (?:entry|rejects) ",
        _means(
            CentralRefused, lambda: _("Central does not let this PC or login in: its pg_hba.conf has no line for them.")
        ),
    ),
    (
        r'database "(?P<name>[^"]+)" does not exist',
        _means(CentralRefused, lambda: _("There is no database {name} at this address.")),
    ),
    (
        r"received invalid response to SSL negotiation|expected authentication request",
        _means(
            CentralRefused, lambda: _("What answers at this address is no PostgreSQL: check the host and the port.")
        ),
    ),
    (
        r"(?:failed to resolve host|could not translate host name) ['\"](?P<host>[^'\"]+)['\"]",
        _means(CentralOffline, lambda: _("The name {host} is not known here: check the address, or the network.")),
    ),
    (r"session is read-only|server is in hot standby", lambda _found, _options: takes_no_writes()),
    (
        r"too many |slots are reserved|database system is|not accepting connect|canceling auth|terminating connect",
        _means(CentralOffline, lambda: _("Central is busy or restarting.")),
    ),
)
