"""Nothing that waits here is left behind unseen: when central's address changes, and when a home is wiped."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workstation.errors import Refused, WorkstationError
from workstation.home import FileLock, Home, SignIn, note_waiting, unopened_waiting, waiting_in
from workstation.language import _, ngettext
from workstation.replica import keychain, vault
from workstation.replica.store import Store
from workstation.services.sync.waiting_work import waiting_sum

BUSY_SECONDS = 1.0
# All that a home holds; what else lies in its folder is not ours to delete.
OURS = ("replicas", "logs", "reserve", "window.ini", "settings.toml", "desk.json", "desk.lock")


def note_what_waits(home: Home, who: SignIn, store: Store) -> None:
    """Note beside the replica what central does not have of it; nothing is written where the note is right already."""
    with store.read() as session:
        found = waiting_sum(session)
    since = found.since.isoformat() if found.since is not None else ""
    if waiting_in(home.replica_folder(who.central, who.agent)) != (found.changes, since, found.exported):
        note_waiting(home, who, found.changes, since, found.exported)


def refuse_another_central(home: Home, central: str, login: str) -> None:
    """Raises Refused while work of this login waits here for a central at another address (operations.md): nobody would
    deliver it any more. What was exported to a file keeps nobody."""
    for one in home.sign_ins():
        waiting, _since, exported = waiting_in(home.replica_folder(one.central, one.agent))
        left = waiting - exported
        if one.agent == login and one.central != central and left > 0:
            told = ngettext(
                "{n} change of {agent} still waits on this PC for {central}. Deliver it there first, or write it to a"
                " file: workstation waiting --export FILE.",
                "{n} changes of {agent} still wait on this PC for {central}. Deliver them there first, or write them to"
                " a file: workstation waiting --export FILE.",
                left,
            )
            raise Refused(told.format(n=left, agent=login, central=one.central), "central")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was wiped: whose replicas, how many changes that central never had, and what a keyring kept all the same."""

    agents: tuple[str, ...]
    waiting: int
    problems: tuple[str, ...]


def here(home: Home, login: str | None) -> list[SignIn]:
    """Everybody with a replica in this home, or one of them. Refused for somebody who is not here."""
    known = [one for one in home.sign_ins() if login in (None, one.agent)]
    if login is not None and not known:
        raise Refused(_("{agent} has not signed in on this PC.").format(agent=login), "agent")
    return known


def waiting_for_good(home: Home, login: str | None) -> int:
    """How many changes central would never get if this were wiped, as last noted: no key is needed to know."""
    known = [home.replica_folder(one.central, one.agent) for one in here(home, login)]
    folders = known if login is not None else (home.root / "replicas").glob("*")
    return sum(waiting_in(folder)[0] + unopened_waiting(folder) for folder in folders)


def forget(home: Home, login: str | None = None) -> Forgotten:
    """Wipe the replicas of this home, of one login or with everything else that is ours in it: keys first, so that
    a kill on the way leaves nothing to read. Refused while another program is busy with one of them."""
    waiting, gone = waiting_for_good(home, login), here(home, login)
    with ExitStack() as locks:
        for one in gone:
            _hold(home, one, locks)
        problems = [words for one in gone if (words := _forget_one(home, one))]
    if login is None:
        _clear(home.root)
    return Forgotten(tuple(one.agent for one in gone), waiting, tuple(problems))


def _forget_one(home: Home, who: SignIn) -> str:
    """Gives what the keyring says that does not let go of the password."""
    folder, words = home.replica_folder(who.central, who.agent), ""
    vault.forget_key(folder)
    with _naming(folder):
        shutil.rmtree(folder)
    try:
        keychain.forget(who.central, who.agent)
    except WorkstationError as error:
        words = str(error)
    home.forget_sign_in(who)
    return words


def _hold(home: Home, who: SignIn, locks: ExitStack) -> None:
    lock = FileLock(home.sync_lock(who.central, who.agent))
    if not lock.acquire(BUSY_SECONDS):
        told = _("Another program is busy with the data of {agent}; close it and try again.")
        raise Refused(told.format(agent=who.agent))
    locks.callback(lock.release)


def _clear(root: Path) -> None:
    for name in OURS:
        path = root / name
        with _naming(path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    with suppress(OSError):
        root.rmdir()  # stays where something of somebody else lies in it


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What cannot be deleted is named."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(_("{path} cannot be deleted: {why}.").format(path=path, why=why)) from None
