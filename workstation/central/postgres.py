"""Speaks to central: one PostgreSQL connection, each call with a deadline of its own."""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict

from workstation.central.failures import place_of
from workstation.central.live import PROGRAM, LiveVerbs, numbers_of
from workstation.central.port import Answer, Bucket, DeskState, Hello, Operation, Page, Position
from workstation.central.troubles import NOT_BUILT, READ_ONLY, takes_no_writes, unreached
from workstation.central.trust import authorities
from workstation.central.watchdog import Watchdog, shut_down
from workstation.errors import (
    BatchFailed,
    CentralOffline,
    CentralRefused,
    CentralReplaced,
    LoginRefused,
    QuotaReached,
    Refused,
)
from workstation.language import _
from workstation.records import KINDS, Values

PAGE = 2_000  # feed entries a page
FILL_PAGE = 5_000  # records a page
CALL_SECONDS = 30.0
FILL_SECONDS = 90.0  # a page of three megabytes over a slow line
CONNECT_SECONDS = 5

_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,]*")
_OF_ONE_OPERATION = ("21", "22", "23", "54", "P0")  # bad values; any other error is central's own, not an operation's
_TRANSIENT = ("08", "40", "53", "57", "25P03", "55P03")


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach central as one agent. `url` is postgresql://host:port/database without a user."""

    url: str
    login: str
    password: str
    device: UUID
    purpose: str = "sync"
    tls: str = "verify-full"
    root_cert: str = "system"

    def __repr__(self) -> str:
        return f"Line({self.purpose})"  # a password must not reach a log by way of a repr


def connection_options(line: Line) -> dict[str, Any]:
    """The libpq options of a connection (sync.md, section 6). Raises Refused when the address cannot be read,
    CentralUntrusted when this PC has no authorities to trust."""
    try:
        given = conninfo_to_dict(line.url)
    except psycopg.ProgrammingError as error:
        raise Refused(
            _("The address of central cannot be read; it looks like postgresql://host:5432/workstation.")
        ) from error
    hosts = str(given.get("host") or "").split(",")
    # A password in it would lie in the clear beside the replica; other options would loosen those below.
    if not any(hosts) or not given.get("dbname") or not given.keys() <= {"host", "port", "dbname"}:
        raise Refused(
            _("The address of central is a host, a port and a database alone: postgresql://host:5432/workstation.")
        )
    for host in hosts:
        try:
            host.encode("idna")  # looking the name up would do it, and break
        except UnicodeError as error:
            raise Refused(
                _("{host} is no name and no address of a server; write it as db.example.org or 10.0.0.5.").format(
                    host=host
                )
            ) from error
    is_local = line.tls == "none" or all(host in ("127.0.0.1", "::1", "localhost") for host in hosts)
    return given | {
        "user": line.login,
        "password": line.password,
        "application_name": f"ws:{line.device}:{line.purpose}",
        "target_session_attrs": "read-write",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
        **({"sslmode": "disable", "channel_binding": "disable"} if is_local else _encrypted(line.root_cert)),
    }


def _encrypted(root_cert: str) -> dict[str, str]:
    return {"sslmode": "verify-full", "sslrootcert": authorities(root_cert), "channel_binding": "require"}


class PostgresCentral(LiveVerbs):
    """The central port on a real PostgreSQL. Connects at the first call and again after a broken one.

    A call that takes longer than its deadline has its socket shut down from another thread: on Windows nothing else
    ends it, and a half-open line would hold the desk for hours.
    """

    def __init__(self, line: Line, call_seconds: float = CALL_SECONDS) -> None:
        self._options = connection_options(line)
        self._call_seconds = call_seconds
        self._connection: psycopg.Connection[Any] | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._watchdog = Watchdog()

    def hello(self, state: DeskState) -> Hello:
        """See Central."""
        facts = {"waiting": state.waiting, "refused": state.refused, "clock_offset_ms": state.clock_offset_ms}
        query = "select api.hello(%s, %s, %s, %s, %s::jsonb)"
        ((answer,),) = self._ask(query, (state.device, state.host, PROGRAM, 1, json.dumps(facts)))
        return Hello(
            epoch=answer["epoch"],
            is_released=answer["released"],
            last_n=answer["last_n"],
            scopes=tuple(sorted(answer["scopes"])),
            agent=answer["agent"],
            desk_secret=bytes.fromhex(answer["desk_secret"]),
            server_time=datetime.fromisoformat(answer["server_time"]),
            schema=answer["schema"],
            min_op_schema=answer["min_op_schema"],
            max_op_schema=answer["max_op_schema"],
            horizon=answer["horizon"],
            feed_floor=answer["feed_floor"],
            is_program_old=numbers_of(PROGRAM) < numbers_of(answer.get("min_program") or "0"),
        )

    def report(self, device: UUID, waiting: int, refused: int) -> None:
        """See Central."""
        self._ask("select api.report(%s, %s, %s)", (device, waiting, refused))

    def push(self, device: UUID, epoch: str, operations: list[Operation]) -> list[Answer]:
        """See Central."""
        ops = "[" + ",".join(map(as_json, operations)) + "]"
        return _answers(self._ask("select * from api.push(%s, %s, %s::jsonb)", (device, epoch, ops), fails_batch=True))

    def put_aside(self, device: UUID, operation: Operation, reason: str) -> None:
        """See Central."""
        payload = as_json(operation)
        args = (device, str(operation.op_id), operation.n, payload, reason)
        self._ask("select api.put_aside(%s, %s, %s, %s, %s)", args)

    def decided(self, device: UUID, epoch: str, numbers: dict[UUID, int]) -> list[Answer]:
        """See Central."""
        ops = json.dumps([{"op_id": str(op_id), "n": n} for op_id, n in numbers.items()])
        return _answers(self._ask("select * from api.decided(%s, %s, %s::jsonb)", (device, epoch, ops)))

    def pull(self, epoch: str, scope: int, after: Position, horizon: str | None) -> Page:
        """See Central."""
        query = "select * from api.pull(%s, %s, %s, %s, %s, %s)"
        ((below, xid, seq, entries, text),) = self._ask(query, (epoch, scope, after.xid, after.seq, horizon, PAGE))
        changes: dict[str, dict[str, list[Any]]] = json.loads(text)
        return Page(
            Position(xid, seq),
            below,
            entries,
            is_last=entries < PAGE,
            put={entity: parts["put"] for entity, parts in changes.items()},
            gone={entity: [UUID(i) for i in parts["gone"]] for entity, parts in changes.items()},
        )

    def fill(self, epoch: str, scope: int, entity: str, after: Values | None, since: datetime) -> list[Values]:
        """See Central."""
        time = KINDS[entity].history_time
        at, last = (after[time] if time else None, after["id"]) if after else (None, None)
        query = "select api.fill(%s, %s, %s, %s::timestamptz, %s::uuid, %s, %s)"
        ((text,),) = self._ask(query, (epoch, scope, entity, at, last, since, FILL_PAGE), FILL_SECONDS)
        return list(records_in(text))

    def rows(self, entity: str, ids: list[UUID]) -> list[Values]:
        """See Central."""
        return [json.loads(body) for (body,) in self._ask("select api.rows(%s, %s)", (entity, ids))]

    def digest(self, epoch: str, scope: int, entity: str, since: datetime) -> dict[int, Bucket]:
        """See Central."""
        rows = self._ask("select * from api.digest(%s, %s, %s, %s)", (epoch, scope, entity, since))
        return {number: Bucket(records, int(total)) for number, records, total in rows}

    def bucket(self, epoch: str, scope: int, entity: str, number: int, since: datetime) -> list[Values]:
        """See Central."""
        rows = self._ask("select api.bucket(%s, %s, %s, %s, %s)", (epoch, scope, entity, number, since))
        return [json.loads(body) for (body,) in rows]

    def close(self) -> None:
        """See Central. From any thread: a call that is under way ends with CentralOffline, and none begins any more."""
        self._is_over = True
        self._watchdog.end()
        if self._lock.acquire(blocking=False):
            _hang_up(self._connection)
            self._lock.release()
        elif (connection := self._connection) is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                shut_down(connection.fileno())  # the call itself hangs up

    def _ask(
        self, query: str, args: tuple[Any, ...], seconds: float | None = None, *, fails_batch: bool = False
    ) -> list[tuple[Any, ...]]:
        with self._call(seconds, fails_batch=fails_batch) as connection:
            return connection.execute(query.encode(), args).fetchall()

    @contextlib.contextmanager
    def _call(self, seconds: float | None = None, *, fails_batch: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """One call: connected, watched by a deadline, its errors named by what the agent can do."""
        with self._lock:
            if self._is_over:
                raise CentralOffline(_("The connection to central was ended."))
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = self._connect()
                with self._watchdog.watch(self._connection.fileno(), seconds or self._call_seconds):
                    yield self._connection
            except psycopg.Error as error:
                if error.sqlstate is None or error.sqlstate.startswith(("08", "57")):
                    _hang_up(self._connection)
                raise named(error, fails_batch=fails_batch) from error
            except OSError as error:
                _hang_up(self._connection)
                raise CentralOffline(_("The connection to central broke.")) from error
            finally:
                if self._is_over:
                    _hang_up(self._connection)

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(autocommit=True, **self._options)
        except psycopg.Error as error:
            raise unreached(error, self._options) from error


def _answers(rows: list[tuple[Any, ...]]) -> list[Answer]:
    return [Answer(op_id, n, status, version, detail or {}, row) for op_id, n, status, version, detail, row in rows]


def _hang_up(connection: psycopg.Connection[Any] | None) -> None:
    if connection is not None:
        with contextlib.suppress(psycopg.Error, OSError):
            connection.close()


def named(error: psycopg.Error, *, fails_batch: bool = False) -> Exception:
    """A database error as what the agent can do about it. The database's own text stays out: it may quote a note."""
    code = error.sqlstate
    if code is None:
        if isinstance(error, psycopg.DataError):
            return BatchFailed(_("A text cannot be sent as it is."), place="desk")
        return CentralOffline(_("Central cannot be reached."))
    if code == "WS001":
        return CentralReplaced(_("Central is not the one this PC talked to before."))
    if code == "WS002":
        return CentralRefused(
            _("Central was restored and its administrator has not released it yet; work goes on on this PC.")
        )
    if code == "WS003":
        return Refused(_("Figures about others are for the supervisor of a team; central says that you are not one."))
    if code == "WS004":
        return QuotaReached(_("This login was used on a hundred new PCs within a day; another can be added tomorrow."))
    if code == "WS005":
        return QuotaReached(_("Central keeps no more changes of this login that it cannot carry out today."))
    if code.startswith("28"):
        return LoginRefused(_("Central does not accept this login or password."))
    if code == READ_ONLY:
        return takes_no_writes()
    if code.startswith(_TRANSIENT):
        return CentralOffline(_("Central is busy or restarting."))
    if code in NOT_BUILT:
        return CentralRefused(
            _("This database is not a central, or an older one: its administrator runs “workstation admin init”.")
        )
    if fails_batch and code.startswith(_OF_ONE_OPERATION):
        told = _("Central could not carry out an operation (error {code}).").format(code=code)
        return BatchFailed(told, code, place_of(error))
    return CentralRefused(_("Central refused the request (error {code}).").format(code=code))


def records_in(text: str) -> Iterator[Values]:
    """The objects of a JSON array, read one by one: read as a whole, a page of three megabytes would hold Python's lock
    for tens of milliseconds, and whoever types in the window would wait for it. Raises ValueError for anything else."""
    if not (text.startswith("[") and text.endswith("]")):
        raise ValueError("not an array")
    at, end = _next(text, 1), len(text) - 1
    while at < end:
        record, at = _DECODER.raw_decode(text, at)
        yield record
        at = _next(text, at)


def _next(text: str, at: int) -> int:
    """Where the next record begins, or the array ends."""
    between = _BETWEEN.match(text, at)
    return between.end() if between else at


def as_json(operation: Operation) -> str:
    """An operation as JSON text. Its own texts are JSON already; the rest are ids, numbers and names of ours, in which
    nothing is to be escaped."""
    return (
        f'{{"op_id": "{operation.op_id}", "n": {operation.n}, "kind": "{operation.kind}", '
        f'"entity": "{operation.entity}", "id": "{operation.id}", "made_at": "{operation.made_at}", '
        f'"op_schema": {operation.op_schema}, "set": {operation.set}, "needs": {operation.needs}}}'
    )
