"""What signing in does behind its screen, on a thread of its own: it waits for central, the disk and the keyring."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from workstation.app.desk import Desk, open_desk, sign_in
from workstation.changes import Changes
from workstation.errors import Refused
from workstation.home import Home, SignIn
from workstation.replica import keychain, vault

Announce = Callable[[Changes], None]


def by_central(
    home: Home, who: SignIn, password: str, announce: Announce, closing: ExitStack, *, remember: bool
) -> Desk:
    """The desk of somebody whom central lets in. A keyring that does not take the password keeps nobody out."""
    desk = closing.enter_context(sign_in(home, who.central, who.agent, password, announce))
    if remember and desk.settings.remember_allowed:
        try:
            keychain.remember(who.central, who.agent, password)
        except Refused as refusal:
            return replace(desk, notices=(*desk.notices, str(refusal)))
    return desk


def by_replica(home: Home, who: SignIn, password: str, announce: Announce, closing: ExitStack) -> Desk:
    """The desk of somebody whose replica on this PC opens with the password."""
    known = next((one for one in home.sign_ins() if one.owner == who.owner), who)
    return closing.enter_context(open_desk(home, known, password, announce))


def has_replica(home: Home, who: SignIn) -> bool:
    """Whether this agent may work here without central."""
    return vault.has_key(home.replica_folder(who.central, who.agent))


def recalled(who: SignIn) -> str | None:
    """The password that was remembered; a keyring may wait for a dialog of its own."""
    return keychain.recall(who.central, who.agent)
