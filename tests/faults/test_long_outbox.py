"""What one record costs does not depend on how much is in the outbox, nor a first fill on what was imported last.

Counted in steps of SQLite's machine, not in seconds: machines are noisy.
"""

from contextlib import contextmanager

from workstation.replica import rows

STEPS = 100  # of SQLite's machine, between two calls
FEW, MANY = 200, 1_000


@contextmanager
def counted(store):
    """What the writing connection does, in hundreds of steps: [0]."""
    taken = [0]

    def step():
        taken[0] += 1
        return 0

    with store.from_central() as inbox:
        inbox.connection.set_progress_handler(step, STEPS)
    yield taken
    with store.from_central() as inbox:
        inbox.connection.set_progress_handler(None, STEPS)


def test_delivering_five_times_as_much_takes_five_times_the_steps(open_desk):
    steps = {}
    for login, count in (("aziza", FEW), ("botir", MANY)):
        desk = open_desk(login)
        customer = desk.add_customer()
        desk.sync()
        for number in range(count):
            desk.note(customer, f"note {number}")
        with counted(desk.store) as taken:
            report = desk.sync()
        assert (report.pushed, report.waiting) == (count, 0)
        steps[count] = taken[0]
    assert steps[MANY] < 7 * steps[FEW], steps


def test_a_save_takes_the_same_steps_whatever_is_in_the_outbox(open_desk):
    desk = open_desk("aziza")
    customer = desk.add_customer()
    desk.sync()

    def steps_of_saves():
        with counted(desk.store) as taken:
            for number in range(50):
                desk.note(customer, f"note {number}")
        return taken[0]

    few = steps_of_saves()
    for number in range(MANY):
        desk.note(customer, f"old note {number}")
    desk.sync()
    assert steps_of_saves() < 1.5 * few


def test_a_first_fill_reads_what_was_imported_last_once(centre, open_desk):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    botir = open_desk("botir")
    centre.sql(
        "insert into workstation.note (customer_id, body) "
        "select %s, 'from billing' from generate_series(1, 300) returning 1",
        customer,
    )
    report = botir.sync()
    with botir.store.from_central() as inbox:
        assert report.pulled == rows.count_all(inbox.connection)
