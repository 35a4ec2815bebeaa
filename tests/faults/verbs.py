"""Everything that can happen to three desks and their central in the fault tests, each verb one step of a trace."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.faults.pc import Killed, Pc
from tests.faults.world import World
from workstation.errors import CentralOffline, Refused
from workstation.records import Callback, Customer, Note
from workstation.services import callbacks, conflicts, contacts, customers, notes
from workstation.services.callbacks import CallbackForm
from workstation.services.contacts import ContactForm
from workstation.services.imports.customers import ImportContext, store_rows
from workstation.services.imports.mapping import CustomerRow
from workstation.services.sync import decisions

REGIONS = ("UZ",)


class AgentsAtWork:
    """What agents do, with the line or without it. What a rule of the business refuses is no step at all."""

    def __init__(self, world: World) -> None:
        self.world = world

    def add_customer(self, pc: int, second: bool) -> None:
        with self._saving(pc) as (desk, session, number):
            scopes = self.world.central.scopes_of(desk.who)[1:]
            scope = scopes[-1 if second else 0]
            name = f"Dilnoza Karimova {number}"
            customers.add_customer(session, scope, name, [f"+9989012345{number:02}"], desk.clock(), REGIONS)

    def note(self, pc: int, which: int) -> None:
        with self._saving(pc) as (desk, session, number):
            notes.add_note(session, self._customer(which), desk.who.agent_id, f"note {number}", desk.clock())

    def correct_note(self, pc: int, which: int) -> None:
        with self._saving(pc) as (desk, session, number):
            if (found := _a_note(session, which)) is not None:
                notes.correct_note(session, found, desk.who.agent_id, f"note {number}", desk.clock())

    def delete_note(self, pc: int, which: int) -> None:
        with self._saving(pc) as (_desk, session, _number):
            if (found := _a_note(session, which)) is not None:
                notes.delete_note(session, found)

    def log_contact(self, pc: int, which: int) -> None:
        with self._saving(pc) as (desk, session, number):
            form = ContactForm("phone", "out", None, desk.clock(), None, f"note {number}")
            contacts.log_contact(session, self._customer(which), desk.who.agent_id, form, desk.clock(), REGIONS)

    def edit(self, pc: int, which: int, field: str) -> None:
        with self._saving(pc) as (_desk, session, number):
            customers.edit_customer(session, self._customer(which), {field: f"value {number}"})

    def mark_vulnerable(self, pc: int, which: int, mark: str) -> None:
        with self._saving(pc) as (_desk, session, _number):
            customers.edit_customer(session, self._customer(which), {"is_vulnerable": mark})

    def lift_do_not_contact(self, pc: int, which: int) -> None:
        with self._saving(pc) as (_desk, session, _number):
            customers.edit_customer(session, self._customer(which), {"do_not_contact": ""})

    def promise_callback(self, pc: int, which: int, owned: bool) -> None:
        with self._saving(pc) as (desk, session, _number):
            at = (desk.clock() + timedelta(days=1)).isoformat()
            owner = desk.who.agent_id if owned else None
            form = CallbackForm(at, "Asia/Tashkent", None, owner, made_by="customer asked")  # at any hour of the test
            callbacks.add_callback(session, self._customer(which), desk.who.agent_id, form, desk.clock(), "UZ")

    def close_callback(self, pc: int, which: int, done: bool) -> None:
        with self._saving(pc) as (desk, session, number):
            open_ones = list(session.scalars(select(Callback.id).where(Callback.state == "open").order_by(Callback.id)))
            if not open_ones:
                return
            one = open_ones[which % len(open_ones)]
            if done:
                callbacks.mark_done(session, one, desk.clock())
            else:
                callbacks.cancel(session, one, f"reason {number}", desk.clock())

    def import_person(self, pc: int, person: int) -> None:
        with self._saving(pc) as (desk, session, number):
            row = CustomerRow(
                1,
                f"Import {person} as of {number}",
                f"X{person}",
                (f"+99890765432{person}",),
                (),
                {"need": f"value {number}"},
            )
            store_rows(session, [row], ImportContext(1, desk.clock(), REGIONS, "crm"))

    def resolve_conflict(self, pc: int, which: int, take: str) -> None:
        with self._saving(pc) as (desk, session, _number):
            lines = conflicts.open_conflicts(session, desk.who.agent_id)
            if lines:
                conflicts.resolve(session, lines[which % len(lines)].id, take, desk.who.agent_id, desk.clock())

    def _customer(self, which: int) -> UUID:
        return self.world.ledger.customer(which)

    @contextmanager
    def _saving(self, number: int) -> Iterator[tuple[Pc, Session, int]]:
        """One save on a PC, which a rule of the business may refuse; written down in the ledger."""
        pc, at = self.world.pcs[number], self.world.ledger.next()
        known = {entry.op_id for entry in pc.operations()}
        with suppress(Refused), pc.store.write() as session:
            yield pc, session, at
        self.world.ledger.note_new(pc, at, known, {f"note {at}"})


class PcsAndLines(AgentsAtWork):
    """What happens to the PCs and their lines."""

    def sync(self, pc: int) -> None:
        self.world.pcs[pc].sync()

    def poll(self, pc: int) -> None:
        """The next round of an open window."""
        self.world.pcs[pc].sync(goes_on=True)

    def sync_all(self) -> None:
        for pc in self.world.pcs:
            pc.sync()

    def cut(self, pc: int) -> None:
        self.world.pcs[pc].line.cut()

    def restore_line(self, pc: int) -> None:
        self.world.pcs[pc].line.restore()

    def lose_answer(self, pc: int, call: int) -> None:
        """Central has done what it was asked; nobody here hears of it."""
        self.world.pcs[pc].sync(fault=(call, True, CentralOffline))

    def reset_line(self, pc: int, count: int) -> None:
        """The line breaks after so many bytes of answers."""
        desk = self.world.pcs[pc]
        desk.line.reset_after(count, "down")
        desk.sync()
        desk.line.restore()

    def kill(self, pc: int, call: int, after: bool) -> None:
        """The process ends in the middle of a sync, or right after it."""
        desk = self.world.pcs[pc]
        with suppress(Killed):
            desk.sync(fault=(call, after, Killed))
        desk.kill()

    def damage(self, pc: int, how: str) -> None:
        """Nothing that was saved may be lost by it."""
        self.world.pcs[pc].damage(how)

    def copy_aside(self, pc: int) -> None:
        self.world.pcs[pc].copy_aside(self.world.ledger.count)

    def put_pc_back(self, pc: int) -> None:
        self.world.put_pc_back(self.world.pcs[pc])

    def set_clock(self, pc: int, years: int) -> None:
        self.world.pcs[pc].clock.offset = timedelta(days=365 * years)

    def discard(self, pc: int, whole: bool) -> None:
        """The agent gives up the first refused change, with or without what hangs on it."""
        desk = self.world.pcs[pc]
        with desk.store.read() as session:
            lines = decisions.refused(session)
            entry = decisions.find_operation(session, str(lines[0].op_id)) if lines else None
            if entry is not None and entry.state != "discarded":
                with desk.store.from_central() as inbox:
                    decisions.discard(inbox, session, entry, with_dependants=whole)

    def send_again(self, pc: int) -> None:
        """The agent sends the first refused change again, with nothing to correct in it."""
        desk = self.world.pcs[pc]
        with desk.store.read() as session:
            lines = [line for line in decisions.refused(session) if line.state == "refused"]
            entry = decisions.find_operation(session, str(lines[0].op_id)) if lines else None
        if entry is not None:
            with desk.store.from_central() as inbox:
                decisions.correct(inbox, entry, {})
            self.world.ledger.sent_again(entry.op_id, desk)

    def attach(self, pc: int, which: int) -> None:
        """The agent gives what is held to another customer."""
        desk = self.world.pcs[pc]
        with desk.store.read() as session:
            held = [line for root in decisions.refused(session) for line in root.held if line.entity == "note"]
            target = session.get(Customer, self._customer(which))
            if not held or target is None:
                return
            entry = decisions.find_operation(session, str(held[0].op_id))
            with desk.store.from_central() as inbox:
                decisions.attach(inbox, entry, target.id, target.scope_id)


class Everything(PcsAndLines):
    """What happens to central."""

    def move(self, which: int, scope: int) -> None:
        self.world.central.sql(
            "update workstation.customer set scope_id = %s where id = %s", scope, self._customer(which)
        )

    def edit_by_sql(self, which: int, field: str) -> None:
        """An external system writes a field as it pleases; what it overwrites is in the audit trail."""
        customer, value = self._customer(which), f"value {self.world.ledger.next()}"
        old = self.world.central.sql(f"select {field} from workstation.customer where id = %s", customer)
        if old:
            self.world.central.sql(f"update workstation.customer set {field} = %s where id = %s", value, customer)
            self.world.ledger.external.append((customer, field, old[0][0], value))

    def add_by_sql(self, scope: int) -> None:
        """An external system adds a customer with a note."""
        number = self.world.ledger.next()
        ((customer,),) = self.world.central.sql(
            "insert into workstation.customer (name, scope_id) values (%s, %s) returning id", f"Billing {number}", scope
        )
        note = "insert into workstation.note (customer_id, body) values (%s, %s)"
        self.world.central.sql(note, customer, f"by billing {number}")
        self.world.ledger.met(customer)

    def back_central_up(self) -> None:
        self.world.back_central_up()

    def restore_central(self, told: bool) -> None:
        self.world.restore_central(told=told)

    def archive_feed(self) -> None:
        self.world.central.sql("select workstation.archive_feed('0 seconds')")

    def give_scopes(self, scopes: str) -> None:
        """Botir is given other scopes."""
        who = self.world.pcs[1].who
        self.world.central.sql("update workstation.agent set scopes = %s::jsonb where id = %s", scopes, who.agent_id)


def _a_note(session: Session, which: int) -> UUID | None:
    """One of the notes on a PC, if there is any."""
    found = list(session.scalars(select(Note.id).where(~Note.is_deleted).order_by(Note.body)))
    return found[which % len(found)] if found else None
