"""Push: the outbox out, in order; one bad operation never stops the others."""

import json
import logging
from collections.abc import Sequence

from workstation.central.port import Answer, Operation
from workstation.errors import BatchFailed, CentralRefused, CentralReplaced, LoginRefused, QuotaReached
from workstation.logs import Plain
from workstation.replica import delivery
from workstation.replica.delivery import Outcome, WaitingEntry
from workstation.replica.inbox import Inbox
from workstation.services.sync.desk import SyncDesk, Tally

log = logging.getLogger(__name__)

_ACKNOWLEDGED = ("applied", "merged", "conflict", "duplicate")


def push(desk: SyncDesk, epoch: str, tally: Tally) -> None:
    """Send all that waits. Raises CentralOffline when the line breaks; what was sent then is sent again, with effect
    once."""
    with desk.store.from_central() as inbox:
        delivery.number_from(inbox)
        delivery.hold_dependants(inbox)
        batch = delivery.send_next(inbox)
    while batch:
        try:
            answers = _ask(desk, epoch, batch)
        except BatchFailed as failure:
            _deliver_in_parts(desk, epoch, batch, failure, tally)
            answers = []
        with desk.store.from_central() as inbox:  # one transaction for what came of these and for what goes next
            _take(desk, inbox, batch, answers)
            following = delivery.send_next(inbox, batch[-1].n)
        _count(answers, tally)
        batch = following


def _ask(desk: SyncDesk, epoch: str, batch: Sequence[WaitingEntry]) -> list[Answer]:
    return desk.central.push(desk.device, epoch, [as_operation(entry) for entry in batch])


def _take(desk: SyncDesk, inbox: Inbox, batch: Sequence[WaitingEntry], answers: Sequence[Answer]) -> None:
    outcomes = [_outcome(answer) for answer in answers]
    delivery.take_answers(inbox, batch, outcomes, desk.central_now())
    if any(outcome.state in ("refused", "held") for outcome in outcomes):
        delivery.hold_dependants(inbox)


def _count(answers: Sequence[Answer], tally: Tally) -> None:
    for answer in answers:
        is_acknowledged = answer.status in _ACKNOWLEDGED
        tally.pushed += is_acknowledged
        tally.refused += not is_acknowledged and answer.status != "held"
        tally.conflicts += answer.status == "conflict" and bool(answer.detail.get("lost"))


def _deliver_in_parts(
    desk: SyncDesk, epoch: str, batch: Sequence[WaitingEntry], failure: BatchFailed, tally: Tally
) -> None:
    """Halve a batch that failed until the bad operation stands alone, and put that aside."""
    if len(batch) == 1:
        _quarantine(desk, batch[0], failure, tally)
        return
    middle = _middle(batch)
    _deliver(desk, epoch, batch[:middle], tally)
    if rest := _still_free(desk, batch[middle:]):
        _deliver(desk, epoch, rest, tally)


def _deliver(desk: SyncDesk, epoch: str, part: Sequence[WaitingEntry], tally: Tally) -> None:
    try:
        answers = _ask(desk, epoch, part)
    except BatchFailed as failure:
        _deliver_in_parts(desk, epoch, part, failure, tally)
        return
    with desk.store.from_central() as inbox:
        _take(desk, inbox, part, answers)
    _count(answers, tally)


def _middle(batch: Sequence[WaitingEntry]) -> int:
    """Where to halve: between two saves if there is such a place, else anywhere."""
    borders = [i for i in range(1, len(batch)) if batch[i].save != batch[i - 1].save]
    half = len(batch) // 2
    return min(borders, key=lambda i: abs(i - half)) if borders else half


def _still_free(desk: SyncDesk, batch: Sequence[WaitingEntry]) -> list[WaitingEntry]:
    """Of the second half, what the first half's bad operation does not hold."""
    wanted = {entry.n for entry in batch}
    with desk.store.read() as session:
        driver = session.connection().connection.driver_connection
        return [entry for entry in delivery.next_batch(driver, batch[0].n - 1) if entry.n in wanted]


def ask_about_put_aside(desk: SyncDesk, epoch: str) -> bool:
    """Learn which of the operations put aside here were applied at central since, by its administrator: they are
    acknowledged then, and what was held because of them is free. Gives whether there were any."""
    with desk.store.read() as session:
        entries = delivery.put_aside(session)
    if not entries:
        return False
    try:
        answers = desk.central.decided(desk.device, epoch, {entry.op_id: entry.n for entry in entries})
    except (LoginRefused, CentralReplaced):
        raise
    except CentralRefused:
        return False  # an older central, which cannot say
    if not answers:
        return False
    with desk.store.from_central() as inbox:
        for entry in entries:
            if any(answer.op_id == entry.op_id for answer in answers):
                delivery.cover(inbox, entry.entity, entry.entity_id.bytes)  # it lies on top again until it is read back
        delivery.take_answers(inbox, entries, [_outcome(answer) for answer in answers], desk.central_now())
        delivery.hold_dependants(inbox)
    return True


def _quarantine(desk: SyncDesk, entry: WaitingEntry, failure: BatchFailed, tally: Tally) -> None:
    log.warning("operation %s on a %s was put aside", entry.op_id, Plain(entry.entity))
    told = {"reason": "failed", "code": failure.code, "place": failure.place}
    try:
        # first: a broken line must not lose this copy
        desk.central.put_aside(desk.device, as_operation(entry), json.dumps(told))
    except QuotaReached:  # the payload is kept here, and nothing else waits for it
        log.warning("central keeps no copy of it")
    with desk.store.from_central() as inbox:
        reason = json.dumps(told | {"text": str(failure)}, ensure_ascii=False)
        outcome = Outcome(entry.op_id, "quarantined", reason=reason)
        delivery.take_answers(inbox, [entry], [outcome], desk.central_now())
        delivery.hold_dependants(inbox)
    tally.refused += 1


def as_operation(entry: WaitingEntry) -> Operation:
    """An outbox entry as it travels."""
    return Operation(
        entry.op_id,
        entry.n,
        entry.kind,
        entry.entity,
        entry.entity_id,
        entry.set,
        entry.needs,
        entry.made_at,
        entry.op_schema,
    )


def _outcome(answer: Answer) -> Outcome:
    lost = tuple(str(name) for name in answer.detail.get("lost", ()))
    if answer.status in _ACKNOWLEDGED:
        return Outcome(answer.op_id, "acknowledged", answer.version, lost, row=answer.row)
    if answer.status == "held":
        return Outcome(answer.op_id, "held")
    return Outcome(answer.op_id, "refused", reason=json.dumps(answer.detail, ensure_ascii=False), row=answer.row)
