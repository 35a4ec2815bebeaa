"""The key of a replica, kept beside it in two wraps: one the agent's password opens, one only central can."""

import contextlib
import hashlib
import json
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workstation.errors import CannotOpen, Refused
from workstation.files import write_whole
from workstation.home import UNOPENED, FileLock
from workstation.language import _

KEY_BYTES = 32
COPIES = ("key.json", "key.second.json")

# OWASP asks for 46 MiB and one pass at least. They are stored with each wrap, so that they can grow with the PCs.
MEMORY_KIB, PASSES, LANES = 65_536, 1, 1
# What a stored wrap may ask of this PC at most: a file somebody made must not take all its memory or an hour.
_MAX_MEMORY_KIB, _MAX_PASSES, _MAX_LANES = 262_144, 8, 8

_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 16, 12, 16
_WRAP_BYTES = _NONCE_BYTES + KEY_BYTES + _TAG_BYTES
_MAX_FILE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Wraps:
    """A key file, bytes in hexadecimal. `owner` is a digest: it tells a foreign file from a wrong password."""

    owner: str
    memory_kib: int
    passes: int
    lanes: int
    salt: str
    by_password: str
    by_desk_secret: str

    def content(self) -> bytes:
        """The bytes of the file: one spelling only, with a digest, so that any change of any byte is noticed."""
        said = {"format": 1} | asdict(self)
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return json.dumps(said | {"digest": digest}, indent=1).encode() + b"\n"

    def is_sound(self) -> bool:
        """Within the bounds; ValueError or TypeError when a value is not even of its type."""
        numbers = (self.memory_kib, self.passes, self.lanes)
        return (
            all(type(number) is int for number in numbers)
            and 8 * self.lanes <= self.memory_kib <= _MAX_MEMORY_KIB
            and 1 <= self.passes <= _MAX_PASSES
            and 1 <= self.lanes <= _MAX_LANES
            and len(bytes.fromhex(self.salt)) == _SALT_BYTES
            and len(bytes.fromhex(self.by_password)) == _WRAP_BYTES
            and len(bytes.fromhex(self.by_desk_secret)) == _WRAP_BYTES
        )


def has_key(folder: Path) -> bool:
    """Whether a key was ever made here; it may be damaged."""
    return any((folder / name).exists() for name in COPIES)


def new_key(folder: Path, owner: str, password: str, desk_secret: bytes) -> bytes:
    """Make the 32-byte key of a replica that does not exist yet, and store it wrapped.

    `owner` names central and agent and is bound to both wraps. Refused while a sound key lies here: replacing it
    would lose the replica and the work that waits in it.
    """
    with _alone(folder):
        if any(_copies(folder)):
            raise Refused(_("There is a key in {folder} already.").format(folder=folder))
        key = secrets.token_bytes(KEY_BYTES)
        _store(folder, _wrap(owner, key, password, desk_secret).content())
    return key


def rewrap(folder: Path, owner: str, key: bytes, password: str, desk_secret: bytes) -> None:
    """Store the same key for a new password or a new desk secret; the old ones open nothing any more."""
    with _alone(folder):
        _store(folder, _wrap(owner, key, password, desk_secret).content())


def forget_key(folder: Path) -> None:
    """Destroy the key files, and with them the replica: nothing opens it afterwards. Those set aside go too."""
    with _alone(folder):
        for path in [path for name in COPIES for path in (folder / name, *folder.glob(f"{name}{UNOPENED}*"))]:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                why = error.strerror or type(error).__name__
                raise Refused(_("{path} cannot be deleted: {why}.").format(path=path, why=why)) from None


def is_sound(folder: Path, mark: str = "") -> bool:
    """Whether a key lies here that somebody may open. `mark`, here and below: the end of the names of key files that
    were set aside."""
    with contextlib.suppress(CannotOpen):
        return any(_copies(folder, mark))
    return True  # it cannot be read now, and may be sound


def open_with_password(folder: Path, owner: str, password: str, mark: str = "") -> bytes:
    """The 32-byte key, opened offline. CannotOpen says whether the password is wrong or the key files are."""

    def unwrap(wraps: _Wraps) -> bytes:
        secret = _stretch(password, bytes.fromhex(wraps.salt), wraps.memory_kib, wraps.passes, wraps.lanes)
        return _unseal(secret, wraps.by_password, _bound(owner, "password"))

    return _open(folder, owner, unwrap, _("The password is wrong."), mark)


def open_with_desk_secret(folder: Path, owner: str, desk_secret: bytes, mark: str = "") -> bytes:
    """The 32-byte key, opened with what central keeps for this login (32 bytes): after a password reset."""
    _check_secret(desk_secret)

    def unwrap(wraps: _Wraps) -> bytes:
        return _unseal(desk_secret, wraps.by_desk_secret, _bound(owner, "desk secret"))

    wrong = _("Central's secret for this login does not open the replica on this PC.")
    return _open(folder, owner, unwrap, wrong, mark)


def wrap_of(folder: Path) -> str:
    """The key as central's secret opens it, for a place that must outlive the key files; "" when there is no key."""
    with contextlib.suppress(CannotOpen):
        return next((copy.by_desk_secret for copy in _copies(folder) if copy is not None), "")
    return ""


def unwrap(wrap: str, owner: str, desk_secret: bytes) -> bytes:
    """The 32-byte key from what `wrap_of` gave. Raises InvalidTag or ValueError for anything else."""
    _check_secret(desk_secret)
    return _unseal(desk_secret, wrap, _bound(owner, "desk secret"))


def _open(folder: Path, owner: str, unwrap: Callable[[_Wraps], bytes], wrong: str, mark: str) -> bytes:
    """Open the first sound copy and put the other one right; the other is not tried, it may take an old password."""
    copies = _copies(folder, mark)
    sound = [copy for copy in copies if copy is not None]
    if not sound:
        told = _("The key of the replica on this PC is missing or damaged. Sign in online; the replica is filled anew.")
        raise CannotOpen(told)
    chosen = next((copy for copy in sound if copy.owner == _digest(owner)), None)
    if chosen is None:
        raise CannotOpen(_("The replica in this folder belongs to another agent or another central database."))
    try:
        key = unwrap(chosen)
    except InvalidTag:
        raise CannotOpen(wrong) from None
    if any(copy != chosen for copy in copies):
        # repairing is a courtesy: where it cannot be done the desk opens all the same
        with contextlib.suppress(Refused), _alone(folder):
            _store(folder, chosen.content(), mark)
    return key


def _wrap(owner: str, key: bytes, password: str, desk_secret: bytes) -> _Wraps:
    _check_secret(desk_secret)
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    if not password:
        raise Refused(_("The password is empty."), "password")
    salt = secrets.token_bytes(_SALT_BYTES)
    return _Wraps(
        owner=_digest(owner),
        memory_kib=MEMORY_KIB,
        passes=PASSES,
        lanes=LANES,
        salt=salt.hex(),
        by_password=_seal(_stretch(password, salt, MEMORY_KIB, PASSES, LANES), key, _bound(owner, "password")),
        by_desk_secret=_seal(desk_secret, key, _bound(owner, "desk secret")),
    )


def _stretch(password: str, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    # Normalized as PostgreSQL normalizes passwords (SASLprep), so that one typed on another keyboard opens both.
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    try:
        return hash_secret_raw(text, salt, passes, memory_kib, lanes, KEY_BYTES, Type.ID)
    except HashingError:
        raise CannotOpen(_("This PC has not enough free memory to open the replica.")) from None


def _seal(secret: bytes, key: bytes, bound: bytes) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return (nonce + AESGCM(secret).encrypt(nonce, key, bound)).hex()


def _unseal(secret: bytes, wrap: str, bound: bytes) -> bytes:
    sealed = bytes.fromhex(wrap)
    return AESGCM(secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)


def _bound(owner: str, opened_by: str) -> bytes:
    return json.dumps(["replica key", 1, opened_by, owner]).encode()


def _digest(owner: str) -> str:
    return hashlib.sha256(json.dumps(owner).encode()).hexdigest()[:32]


def _check_secret(desk_secret: bytes) -> None:
    if len(desk_secret) != KEY_BYTES:
        raise Refused(_("Central sent a secret for this login that is not 32 bytes long."))


def _copies(folder: Path, mark: str = "") -> list[_Wraps | None]:
    """The two copies, None for one that is absent, unreadable or damaged; CannotOpen when none could be read at all."""
    copies, trouble = [], None
    for name in COPIES:
        try:
            copies.append(_parse((folder / f"{name}{mark}").open("rb")))
        except FileNotFoundError:
            copies.append(None)
        except OSError as error:
            copies.append(None)
            trouble = error
    if trouble and not any(copies):
        # not the same as damaged: the key may be sound, and must not be made anew
        why = trouble.strerror or type(trouble).__name__
        raise CannotOpen(_("The key in {folder} cannot be read: {why}.").format(folder=folder, why=why))
    return copies


def _parse(file: BinaryIO) -> _Wraps | None:
    with file:
        content = file.read(_MAX_FILE_BYTES)
    try:
        said = json.loads(content)
        wraps = _Wraps(**{field.name: said[field.name] for field in fields(_Wraps)})
        return wraps if wraps.is_sound() and wraps.content() == content else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _store(folder: Path, content: bytes, mark: str = "") -> None:
    for name in COPIES:
        write_whole(folder / f"{name}{mark}", content)


def _alone(folder: Path) -> FileLock:
    # two first sign-ins at once must not each make a key
    return FileLock(folder / "key.lock")
