"""Makes a replica equal to what central has, bucket by bucket, without ever touching what waits."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from workstation.central.port import Bucket
from workstation.replica import delivery, rows
from workstation.replica.inbox import Inbox
from workstation.services.sync.desk import SyncDesk, Tally
from workstation.services.sync.filling import ENTITIES, EVERYONES
from workstation.services.sync.pulling import ask_before_removing, count_here
from workstation.wire import FORMS, time_to_stored

FETCH_PAGE = 5_000  # records; central gives no more at once
NONE = Bucket(0, 0)


def reconcile(desk: SyncDesk, epoch: str, scope: int, tally: Tally) -> int:
    """Compare every entity of a scope by digest and read the differing buckets again. Gives how many differed."""
    differing, since = 0, desk.since()
    for entity in ENTITIES:
        if (entity in EVERYONES) != (scope == 0):
            continue
        theirs = desk.central.digest(epoch, scope, entity, since)
        with desk.store.from_central() as inbox:
            ours = {number: _sum_up(held) for number, held in _by_bucket(inbox, entity, scope, since).items()}
            fewer = (held.records - theirs.get(number, NONE).records for number, held in ours.items())
            ask_before_removing(desk, inbox, sum(count for count in fewer if count > 0), tally)
        for number in sorted(theirs.keys() | ours.keys()):
            if theirs.get(number) != ours.get(number):
                _read_again(desk, (epoch, scope, entity, number, since), tally)
                differing += 1
    return differing


def check_old(desk: SyncDesk, tally: Tally) -> None:
    """What a digest leaves out: history from before `history_days` that is still on this PC, looked up by id."""
    before = time_to_stored(desk.since().isoformat())
    for entity, form in FORMS.items():
        if form.kind.history_time is None:
            continue
        with desk.store.from_central() as inbox:
            old = [UUID(bytes=i) for i in rows.older(inbox.connection, form, before)]
        _fetch(desk, entity, old, tally, force=True)


def read_back(desk: SyncDesk, tally: Tally) -> None:
    """Fetch what central has of ours and no feed brought: a slow transaction holds the feed back, or the record has
    left our scopes and nothing tells of it any more."""
    with desk.store.read() as session:
        ours = delivery.acknowledged(session)
    for entity, ids in ours.items():
        _fetch(desk, entity, ids, tally, force=False)


def _fetch(desk: SyncDesk, entity: str, ids: Sequence[UUID], tally: Tally, *, force: bool) -> None:
    """Read these records as they are now; what is not to be seen any more goes."""
    for start in range(0, len(ids), FETCH_PAGE):
        part = ids[start : start + FETCH_PAGE]
        bodies = desk.central.rows(entity, list(part))
        there = {UUID(str(body["id"])) for body in bodies}
        gone = [i for i in part if i not in there]
        with desk.store.from_central() as inbox:
            ask_before_removing(desk, inbox, count_here(inbox, {entity: gone}), tally)
            tally.pulled += inbox.put(entity, bodies, force=force)
            inbox.gone(entity, gone, None)


def _read_again(desk: SyncDesk, which: tuple[str, int, str, int, datetime], tally: Tally) -> None:
    _epoch, scope, entity, number, since = which
    bodies = desk.central.bucket(*which)
    with desk.store.from_central() as inbox:
        here = _by_bucket(inbox, entity, scope, since).get(number, {})
        there = {UUID(str(body["id"])) for body in bodies}
        gone = [UUID(bytes=i) for i in here if UUID(bytes=i) not in there]
        tally.pulled += inbox.put(entity, bodies, force=True)
        inbox.gone(entity, gone, scope)


def _by_bucket(inbox: Inbox, entity: str, scope: int, since_when: datetime) -> dict[int, dict[bytes, int]]:
    """{bucket: {id: version}} of what we hold of central's state: the underlay where there is one, else the row."""
    form = FORMS[entity]
    time = form.kind.history_time
    since = time_to_stored(since_when.isoformat())
    buckets: dict[int, dict[bytes, int]] = defaultdict(dict)
    for record_id, version in rows.versions(inbox.connection, form, scope, since):
        buckets[record_id[15]][record_id] = version
    beneath = inbox.connection.execute(
        "select entity_id, version, body from underlay where entity = ? and body is not null", (entity,)
    )
    for record_id, version, text in beneath:
        body = json.loads(text)
        is_recent = time is None or time_to_stored(body[time]) >= since
        if body["scope_id"] == scope and is_recent:
            buckets[record_id[15]][record_id] = version
    return buckets


def _sum_up(held: dict[bytes, int]) -> Bucket:
    """The same sum as central's: of the first 32 bits of md5 over id and version (a checksum, not a secret)."""
    total = 0
    for record_id, version in held.items():
        text = f"{UUID(bytes=record_id)}:{version}".encode()
        total += int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[:4], "big")
    return Bucket(len(held), total)
