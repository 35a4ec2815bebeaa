"""Makes a replica equal to what central has, bucket by bucket, without ever touching what waits."""

import hashlib
import json
from collections import defaultdict
from uuid import UUID

from workstation.central.port import Bucket
from workstation.replica import rows
from workstation.replica.inbox import Inbox
from workstation.services.sync.desk import SyncDesk, Tally
from workstation.services.sync.filling import ENTITIES, EVERYONES
from workstation.wire import FORMS, time_to_stored


def reconcile(desk: SyncDesk, epoch: str, scope: int, tally: Tally) -> int:
    """Compare every entity of a scope by digest and read the differing buckets again. Gives how many differed."""
    differing = 0
    for entity in ENTITIES:
        if (entity in EVERYONES) != (scope == 0):
            continue
        theirs = desk.central.digest(epoch, scope, entity, desk.since())
        with desk.store.from_central() as inbox:
            ours = {number: _sum_up(held) for number, held in _by_bucket(inbox, desk, entity, scope).items()}
        for number in sorted(theirs.keys() | ours.keys()):
            if theirs.get(number) != ours.get(number):
                _read_again(desk, epoch, scope, entity, number, tally)
                differing += 1
    return differing


def _read_again(desk: SyncDesk, epoch: str, scope: int, entity: str, number: int, tally: Tally) -> None:
    bodies = desk.central.bucket(epoch, scope, entity, number, desk.since())
    with desk.store.from_central() as inbox:
        here = _by_bucket(inbox, desk, entity, scope).get(number, {})
        there = {UUID(str(body["id"])) for body in bodies}
        tally.pulled += inbox.put(entity, bodies, force=True)
        inbox.gone(entity, [UUID(bytes=i) for i in here if UUID(bytes=i) not in there], scope)


def _by_bucket(inbox: Inbox, desk: SyncDesk, entity: str, scope: int) -> dict[int, dict[bytes, int]]:
    """{bucket: {id: version}} of what we hold of central's state: the underlay where there is one, else the row."""
    form = FORMS[entity]
    time = form.kind.history_time
    since = time_to_stored(desk.since().isoformat())
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
