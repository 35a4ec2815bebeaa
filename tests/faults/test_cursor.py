"""T7: rows committed late, by eight writers at once, are never missed by a desk that reads all the time."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import psycopg

from tests.alike import assert_alike
from tests.desks import Centre
from tests.servers import rows, scratch_cluster, scratch_database
from workstation.central import postgres

WRITERS, TRANSACTIONS, LONGEST = 8, 30, 0.2  # seconds
BY_SEQ = "select seq, entity_id from workstation.feed where scope_id = 1 and entity = 'note' and seq > %s order by seq"


def write(admin_url, customer, seed):
    """Rows of one writer, in transactions that last, some of them rolled back; gives how many were committed."""
    chance, committed = random.Random(seed), 0
    with psycopg.connect(admin_url) as connection:
        for _ in range(TRANSACTIONS):
            count = chance.randrange(1, 6)
            for _row in range(count):
                connection.execute(
                    "insert into workstation.note (customer_id, body) values (%s, 'from billing')", (customer,)
                )
                connection.execute("select pg_sleep(%s)", (chance.random() * LONGEST / count,))
            if chance.random() < 0.25:
                connection.rollback()
            else:
                connection.commit()
                committed += count
    return committed


class ReaderBySeq(threading.Thread):
    """The control: reads the same feed as one would without knowing that commits come in another order."""

    def __init__(self, admin_url):
        super().__init__()
        self.admin_url, self.seen, self.over = admin_url, set(), threading.Event()

    def run(self):
        at = 0
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            while True:
                is_last = self.over.is_set()
                for seq, record in connection.execute(BY_SEQ, (at,)).fetchall():
                    at = seq
                    self.seen.add(record)
                if is_last:
                    return


def test_a_desk_misses_nothing_and_a_reader_by_seq_does(centre, open_desk):
    botir = open_desk("botir")
    customer = botir.add_customer()
    botir.sync()
    control = ReaderBySeq(centre.admin_url)
    control.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, centre.admin_url, customer, seed) for seed in range(WRITERS)]
        pulls = 0
        while wait(writers, timeout=0).not_done:
            botir.sync()
            pulls += 1
    control.over.set()
    control.join()
    committed = {record for (record,) in centre.sql("select id from workstation.note")}
    assert len(committed) == sum(writer.result() for writer in writers)
    assert pulls > 10

    botir.sync()
    assert_alike(centre.admin_url, botir)
    missed = committed - control.seen
    assert missed, "the control reads by seq and must miss rows that were committed late"


def test_transactions_are_ordered_as_numbers(clock, tmp_path, monkeypatch):
    """As texts 1000 comes before 999: a cursor would never get over a power of ten, or skip what is before it."""
    monkeypatch.setattr(postgres, "PAGE", 3)
    with scratch_cluster() as cluster, scratch_database(cluster) as admin_url:
        centre = Centre(cluster, admin_url)
        with centre.desk("botir", "agent", tmp_path / "botir", clock) as botir:
            customer = botir.add_customer()
            botir.sync()
            power = 10 ** len(str(next_transaction(admin_url)))
            use_up(admin_url, power - 8)
            bodies = set()
            while next_transaction(admin_url) < power + 5:  # more than one page on both sides of the power
                bodies.add(body := str(next_transaction(admin_url)))
                rows(admin_url, f"insert into workstation.note (customer_id, body) values ('{customer}', '{body}')")
            botir.sync()
            assert len(bodies) > 9
            assert botir.sync().pulled == 0  # the cursor has come over it too
            rows(admin_url, f"insert into workstation.note (customer_id, body) values ('{customer}', 'after')")
            botir.sync()
            assert botir.notes(customer) == {*bodies, "after"}
            assert_alike(admin_url, botir)


def next_transaction(admin_url):
    ((number,),) = rows(admin_url, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    return number


def use_up(admin_url, until):
    """Give out every number of a transaction below `until`."""
    rows(
        admin_url,
        f"do $$ begin while pg_current_xact_id()::text::bigint < {until} loop commit; end loop; end $$",
    )
