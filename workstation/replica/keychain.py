"""The agent's password in the keyring of the operating system, for those who asked to be remembered; nowhere else."""

import logging
from collections.abc import Iterator

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from workstation.errors import Refused
from workstation.language import _

SERVICE = "Agent Workstation"
MAX_CHARACTERS = 1280  # what Windows holds

# The keyrings of operating systems. Whatever else is installed, or set by an environment variable, may be a plain file.
_TRUSTED = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
_CHAINER = "keyring.backends.chainer"

_log = logging.getLogger(__name__)


def is_available() -> bool:
    """Whether this PC has a keyring of its operating system."""
    return _os_keyring() is not None


def remember(central: str, agent: str, password: str) -> None:
    """Keep the password. Refused when this PC has no keyring, it stays locked, or the password is too long for it."""
    if len(password.encode("utf-16-le", "surrogatepass")) // 2 > MAX_CHARACTERS:
        told = _("The keyring holds passwords of up to {n} characters; this one is asked for each time.")
        raise Refused(told.format(n=MAX_CHARACTERS), "password")
    ring = _os_keyring()
    if ring is None:
        raise Refused(_("This PC has no keyring that is open; the password is asked for each time."))
    try:
        ring.set_password(_service(central), agent, password)
    except Exception as error:  # noqa: BLE001 - a keyring raises what its D-Bus or system library raises
        _log.warning("the keyring did not take the password: %s", error)
        raise Refused(_("The keyring of this PC did not take the password; it is asked for each time.")) from None


def recall(central: str, agent: str) -> str | None:
    """The password kept; None when none is, or the keyring is absent or stays locked. May wait for a system dialog."""
    ring = _os_keyring()
    if ring is None:
        return None
    try:
        return ring.get_password(_service(central), agent)
    except Exception as error:  # noqa: BLE001 - see remember
        _log.warning("the keyring did not give the password: %s", error)
        return None


def forget(central: str, agent: str) -> None:
    """Keep the password no longer; nothing happens where none is kept. Refused when it could not be taken out."""
    ring = _os_keyring()
    if ring is None:
        return
    try:
        if ring.get_password(_service(central), agent) is not None:
            ring.delete_password(_service(central), agent)
    except PasswordDeleteError:
        return
    except Exception as error:  # noqa: BLE001 - see remember
        _log.warning("the keyring did not drop the password: %s", error)
        raise Refused(_("The keyring of this PC did not drop the password; remove it there by hand.")) from None


def _service(central: str) -> str:
    return f"{SERVICE}: {central}"


def _os_keyring() -> KeyringBackend | None:
    """The keyring chosen, if the operating system keeps it; of a chain its first such link."""
    try:
        return next((ring for ring in _links(keyring.get_keyring()) if _is_trusted(ring)), None)
    except Exception as error:  # noqa: BLE001 - a keyring set by a broken configuration file
        _log.warning("no keyring: %s", error)
        return None


def _links(ring: KeyringBackend) -> Iterator[KeyringBackend]:
    if type(ring).__module__ == _CHAINER:
        yield from getattr(ring, "backends", ())
    else:
        yield ring


def _is_trusted(ring: KeyringBackend) -> bool:
    return type(ring).__module__ in _TRUSTED
