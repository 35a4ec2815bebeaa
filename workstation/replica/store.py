"""The replica of one agent on this PC: the only module that opens sessions."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from workstation.changes import Changes
from workstation.records import Meta, Record
from workstation.replica import engines, mention_index, news, note_index, search_index
from workstation.replica.engines import checkpoint, explain, reading_engine, writing_engine
from workstation.replica.inbox import Inbox
from workstation.replica.journal import Journal, NotJournaled
from workstation.replica.outbox import record_changes
from workstation.replica.reserve import Reserve
from workstation.replica.rows import note_facts
from workstation.replica.upgrades import bring_up_to_date

DAMAGED = "replica.damaged"  # a mark beside the replica: make it anew when it is next opened
Clock = Callable[[], datetime]


class Store:
    """Reads and writes of one replica.

    `announce` is told of every commit, ours or central's, in the thread that committed. `clock` gives UTC. `reserve` is
    released when the disk is full.

    Attributes:
        journal: the journal beside the replica, which every commit here keeps.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        clock: Clock,
        announce: Callable[[Changes], None] | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._writing = writing_engine(path, key)
        self._reading = reading_engine(path, key)
        try:
            bring_up_to_date(self._writing)
        except DatabaseError as error:  # another program is filling or upgrading it, the disk is full, …
            self.close()
            raise explain(error) from error
        event.listen(self._writing, "begin", _watch)
        self.journal = Journal(path.parent, key, clock)
        self._announce, self._clock, self._reserve = announce, clock, reserve
        self._mark = path.with_name(DAMAGED)
        self._readers = sessionmaker(self._reading, expire_on_commit=False, autoflush=False)
        self._writers = sessionmaker(self._writing, expire_on_commit=False)
        event.listen(self._writers, "before_flush", _remember)  # no method: it would keep a closed store and its key
        event.listen(self._writers, "after_flush", _index)
        event.listen(self._writers, "do_orm_execute", _refuse_bulk)
        self._one_writer = threading.RLock()

    @property
    def is_disk_full(self) -> bool:
        """Whether the room kept in reserve had to be given back since this replica was opened."""
        return self._reserve is not None and self._reserve.was_released

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and cannot write. Raises CannotOpen when the disk does not give it."""
        try:
            with self._readers() as session:
                yield session
        except (DatabaseError, sqlcipher.Error) as error:
            self._note_damage(error)
            if engines.code_of(error) not in engines.DISK_TROUBLES:
                raise
            raise explain(error) from error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Commit the agent's change and its operations together, or neither. Saved means: this block has ended.

        Raises Refused when the disk does not take it.
        """
        with self._one_writer:
            with self._disk_troubles(), self.journal.of_one_commit() as entry, self._writers.begin() as session:
                session.info.update(touched=[], clock=self._clock)
                yield session
                session.flush()
                entry.write(session.connection().connection.driver_connection)
            touched = session.info["touched"]
        if touched and self._announce is not None:
            self._announce(Changes.of((kind, about) for kind, _id, about in touched))

    @contextmanager
    def from_central(self) -> Iterator[Inbox]:
        """Commit what central told us, or what was decided about what waits; nothing of it is sent back.

        Raises Refused when the disk does not take it.
        """
        begun = self._writing.begin()
        with self._one_writer, self._disk_troubles(), self.journal.of_one_commit() as entry, begun as connection:
            inbox = Inbox(connection.connection.driver_connection)
            yield inbox
            entry.write(inbox.connection)
        if inbox.touched and self._announce is not None:
            self._announce(Changes.of((kind, UUID(bytes=raw) if raw else None) for kind, raw in inbox.touched))

    def fact(self, key: str) -> str | None:
        """One fact of `meta`."""
        with self.read() as session:
            return session.scalar(select(Meta.value).where(Meta.key == key))

    def facts(self) -> dict[str, str]:
        """All facts of `meta`, as of one moment."""
        with self.read() as session:
            return dict(session.execute(select(Meta.key, Meta.value)).all())

    def note_facts(self, facts: dict[str, str]) -> None:
        """Write facts into `meta`."""
        with self.from_central() as inbox:
            note_facts(inbox.connection, facts)

    def index_notes(self) -> bool:
        """Index the next page of notes by their words. False when there is nothing to do."""
        with self.read() as session:
            driver: Any = session.connection().connection.driver_connection
            if not note_index.is_behind(driver):
                return False
        with self.from_central() as inbox:
            return note_index.index_page(inbox.connection)

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file; done when idle."""
        checkpoint(self._writing)

    def close(self) -> None:
        """Let go of the file."""
        self._reading.dispose()
        self._writing.dispose()

    @contextmanager
    def _disk_troubles(self) -> Iterator[None]:
        """A disk that is full or read-only, in words; what was typed stays with the caller."""
        if self._reserve is not None:
            self._reserve.make_room()
        try:
            yield
        except (DatabaseError, sqlcipher.Error, NotJournaled) as error:
            self._note_damage(error)
            told = engines.unsaved(error)
            if told is None:
                raise
            if engines.is_full(error) and self._reserve is not None:
                self._reserve.release()
            raise told from error

    def _note_damage(self, error: Exception) -> None:
        """The beginning of the file may be sound: who opens it next would not notice."""
        if engines.code_of(error) in engines.DAMAGE:
            with suppress(OSError):
                self._mark.touch()


def _remember(session: Session, *_args: object) -> None:
    session.info["flushed"] = record_changes(session, session.info["clock"]())
    session.info["touched"] += session.info["flushed"]


def _watch(connection: Connection) -> None:
    news.watch(connection.connection.driver_connection)


def _index(session: Session, *_args: object) -> None:
    driver: Any = session.connection().connection.driver_connection
    by_entity: dict[str, list[bytes]] = {}
    for kind, record_id, _about in session.info["flushed"]:
        by_entity.setdefault(kind.__tablename__, []).append(record_id.bytes)
    for entity in by_entity.keys() & {"customer", "contact_point"}:
        search_index.index_records(driver, entity, by_entity[entity])
    mention_index.index_notes(driver, by_entity.get("note", []))


def _refuse_bulk(state: ORMExecuteState) -> None:
    """A bulk change would pass the outbox by and never reach central."""
    kinds = [mapper.class_ for mapper in state.all_mappers]
    if (state.is_update or state.is_delete or state.is_insert) and any(issubclass(kind, Record) for kind in kinds):
        raise TypeError("records are changed one by one, so that each change reaches the outbox")
