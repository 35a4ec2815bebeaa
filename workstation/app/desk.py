"""One agent at work on one PC: the replica opened, with the password or by signing in, and the line to central."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from workstation import settings as settings_file
from workstation.app import load_settings, now
from workstation.app.leaving import refuse_another_central
from workstation.app.opening import Opened, Opening, opened, set_aside
from workstation.app.unopened import words_of, words_of_return
from workstation.central.port import Central, DeskState
from workstation.central.postgres import CALL_SECONDS, Line, PostgresCentral
from workstation.changes import Changes
from workstation.errors import CannotOpen, Refused, WorkstationError
from workstation.home import FileLock, Home, SignIn
from workstation.language import _
from workstation.records import Values
from workstation.replica import unopened, vault
from workstation.replica.journal import key_by_desk_secret
from workstation.replica.recovery import NOTHING, Recovered
from workstation.replica.reserve import Reserve
from workstation.replica.store import Store
from workstation.services.sync import say_hello, sync_once
from workstation.services.sync.desk import SyncDesk, SyncReport, host_name
from workstation.services.sync.loop import RoundEnd, SyncLoop
from workstation.settings import Settings

RESERVE = "reserve"  # in a home, for whoever works in it
SYNC_WAIT_SECONDS = 30.0  # for another sync of the same home
WINDOW_CALL_SECONDS = 15.0  # with the pause between two rounds, a dead line is noticed within 20 s


@dataclass(frozen=True)
class Desk:
    """One agent at work on one PC: the replica and everything needed to reach central."""

    home: Home
    who: SignIn
    settings: Settings
    store: Store
    password: str
    clock: Callable[[], datetime] = now
    notices: tuple[str, ...] = ()  # what the person must know of the opening
    recovered: Recovered = NOTHING
    kept_in: Path | None = None  # where a damaged replica was put aside

    @property
    def agent_id(self) -> UUID:
        """The agent of this desk. Raises CannotOpen before the first hello."""
        return UUID(str(self.agent()["id"]))

    @property
    def role(self) -> str:
        """agent, senior, supervisor or admin, as central last said."""
        return str(self.agent()["role"])

    @property
    def scope(self) -> int:
        """Where this agent's new customers go: the first scope of theirs."""
        scopes = self.agent().get("scopes") or [1]
        return int(scopes[0])

    @property
    def regions(self) -> tuple[str, ...]:
        """Whose country codes a phone without one may lack, the likeliest first."""
        first = self.settings.region
        return (first, *(region for region in ("UZ", "BY", "RU", "KZ") if region != first))

    @property
    def folder(self) -> Path:
        """Where the replica lies."""
        return self.home.replica_folder(self.who.central, self.who.agent)

    def agent(self) -> Values:
        """The agent as central last described them. Raises CannotOpen before the first hello."""
        text = self.store.fact("agent")
        if text is None:
            raise CannotOpen(_("This PC has not heard from central yet; sign in while central can be reached."))
        found: Values = json.loads(text)
        return found

    def is_password(self, password: str) -> bool:
        """Whether this password opens the replica; takes a tenth of a second, on purpose."""
        try:
            vault.open_with_password(self.folder, self.who.owner, password)
        except CannotOpen:
            return False
        return True

    def central(self, purpose: str = "sync", call_seconds: float = CALL_SECONDS) -> Central:
        """A line of its own to central; a call that takes longer than `call_seconds` means that central is away."""
        device = self.who.device or uuid4()
        line = Line(
            self.who.central, self.who.agent, self.password, device, purpose, self.settings.tls, self.settings.root_cert
        )
        return PostgresCentral(line, call_seconds)

    def sync(self, *, allow_removal: bool = False) -> SyncReport:
        """One full push and pull; waits up to 30 s for another sync of this home."""
        lock = self._sync_lock()
        if not lock.acquire():
            raise Refused(
                _("Another sync of this desk is running and did not end within {seconds} s.").format(
                    seconds=int(SYNC_WAIT_SECONDS)
                )
            )
        try:
            with contextlib.closing(self.central()) as central:
                return sync_once(self.sync_desk(central, allow_removal=allow_removal))
        finally:
            lock.release()

    def sync_loop(self, on_standing: Callable[[RoundEnd], None], call_seconds: float = WINDOW_CALL_SECONDS) -> SyncLoop:
        """What keeps this desk and central alike while a window is open; not started yet.

        Its line has a name of its own: at hello, central ends older lines of the same name.
        """
        return SyncLoop(lambda: self.sync_desk(self.central("window", call_seconds)), self._sync_lock(), on_standing)

    def _sync_lock(self) -> FileLock:
        return FileLock(self.home.sync_lock(self.who.central, self.who.agent), SYNC_WAIT_SECONDS)

    def sync_desk(self, central: Central, *, allow_removal: bool = False) -> SyncDesk:
        """What the sync needs of this desk."""
        device = self.who.device or uuid4()
        return SyncDesk(
            self.store,
            central,
            device,
            self.clock,
            history_days=self.settings.history_days,
            allow_removal=allow_removal,
        )


@contextlib.contextmanager
def open_desk(
    home: Home,
    who: SignIn,
    password: str,
    announce: Callable[[Changes], None] | None = None,
    *,
    thorough: bool = False,
) -> Iterator[Desk]:
    """Open an agent's replica with the password, central or not. One that is damaged is set aside and what waited in
    it recovered; `thorough` looks for damage everywhere. Raises CannotOpen in one clear sentence.
    """
    settings = load_settings(home)
    folder = home.replica_folder(who.central, who.agent)
    if not vault.has_key(folder):
        raise CannotOpen(
            _("There is nothing of {agent} on this PC yet; sign in first, while central can be reached.").format(
                agent=who.agent
            )
        )
    key = vault.open_with_password(folder, who.owner, password)
    how = Opening(folder, key, now, Reserve(home.root / RESERVE), announce, thorough)
    with opened(how) as found:
        store = found.store
        last = store.fact("last_hello")
        if last is not None and now() - datetime.fromisoformat(last) > timedelta(days=settings.offline_days):
            raise CannotOpen(
                _("This PC has not reached central for over {days} days; sign in while central can be reached.").format(
                    days=settings.offline_days
                )
            )
        yield _desk(home, who, settings, found, password)


@contextlib.contextmanager
def sign_in(
    home: Home, central_url: str, login: str, password: str, announce: Callable[[Changes], None] | None = None
) -> Iterator[Desk]:
    """Check the password with central and make or open the replica.

    After a password reset the second wrap of the key, which only central can open, lets the agent in. Raises
    LoginRefused, CentralOffline, CannotOpen; Refused while work of this agent waits here for a central elsewhere.
    """
    central_url = settings_file.whole_address(central_url)
    if not login.strip() or not (central_url + login).isprintable():
        raise Refused(_("The address of central and the login are one line of text each."))
    settings = load_settings(home)
    known = next((s for s in home.sign_ins() if (s.central, s.agent) == (central_url, login)), None)
    if known is None:
        refuse_another_central(home, central_url, login)
    device = (known.device if known else None) or uuid4()
    who = SignIn(central_url, login, device)
    line = Line(central_url, login, password, device, "sign-in", settings.tls, settings.root_cert)
    with contextlib.closing(PostgresCentral(line)) as central, contextlib.ExitStack() as stack:
        secret = central.hello(DeskState(device, host_name(), 0, 0, None)).desk_secret
        folder = home.replica_folder(who.central, who.agent)
        key = _key_of(folder, who, password, secret)
        kept_in = None
        if key is None:
            kept_in = folder if set_aside(folder, now(), *unopened.SET_ASIDE) else None
            key = vault.new_key(folder, who.owner, password, secret)
        how = Opening(folder, key, now, Reserve(home.root / RESERVE), announce)
        found = stack.enter_context(opened(how))
        told = _take_back(folder, who, password, secret, found.store)
        desk = _desk(home, who, settings, replace(found, kept_in=found.kept_in or kept_in), password, told)
        hello = say_hello(desk.sync_desk(central))
        vault.rewrap(folder, who.owner, key, password, hello.desk_secret)
        home.remember_sign_in(who)
        yield desk


def _take_back(folder: Path, who: SignIn, password: str, desk_secret: bytes, store: Store) -> tuple[str, ...]:
    """What waited in files that were set aside and open after all; gives what the person must know of them. A full
    disk keeps nobody out: the files stay for the next sign-in."""
    came = ""
    with contextlib.suppress(WorkstationError):
        came = words_of_return(unopened.take_back(folder, who.owner, password, desk_secret, store, now()))
    return tuple(words for words in (came, words_of(unopened.look(folder))) if words)


def _desk(
    home: Home, who: SignIn, settings: Settings, found: Opened, password: str, told: tuple[str, ...] = ()
) -> Desk:
    return Desk(
        home,
        who,
        settings,
        found.store,
        password,
        notices=(*found.notices, *told),
        recovered=found.recovered,
        kept_in=found.kept_in,
    )


def _key_of(folder: Path, who: SignIn, password: str, desk_secret: bytes) -> bytes | None:
    """The key of the replica, by password, else by central's secret, which opens the journal's copy of it too; None
    when there is none that opens."""
    if vault.has_key(folder):
        with contextlib.suppress(CannotOpen):
            return vault.open_with_password(folder, who.owner, password)
        with contextlib.suppress(CannotOpen):
            return vault.open_with_desk_secret(folder, who.owner, desk_secret)
    return key_by_desk_secret(folder, who.owner, desk_secret)
