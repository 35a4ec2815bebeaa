"""T12: many desks come back at once with changes of the same customers; all arrives, no two block each other."""

import random
from concurrent.futures import ThreadPoolExecutor

from tests.alike import assert_alike
from workstation.errors import CentralOffline

DESKS = ("aziza", "botir", "chinara", "dilshod", "elyor", "feruza")
CUSTOMERS = 12
NOTES = 10


def test_desks_that_changed_the_same_customers_in_different_order_deliver_at_once(centre, open_desk):
    desks = [open_desk(name) for name in DESKS]
    customers = [desks[0].add_customer(f"Customer {number}") for number in range(CUSTOMERS)]
    desks[0].sync()
    for desk in desks:
        desk.sync()

    for number, desk in enumerate(desks):
        for customer in random.Random(number).sample(customers, CUSTOMERS):
            desk.edit(customer, wish=f"{DESKS[number]} says so")
        for customer in customers[:NOTES]:
            desk.note(customer, f"note of {DESKS[number]}")
    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(until_delivered, desks))

    assert centre.count("note") == len(desks) * NOTES
    assert centre.sql(
        "select count(*) from workstation.op_applied where entity = 'customer' and status <> 'refused'"
    ) == [(CUSTOMERS + len(desks) * CUSTOMERS,)]
    assert centre.count("conflict") == (len(desks) - 1) * CUSTOMERS  # one wish stands, the others are kept beside it
    assert centre.sql("select deadlocks from pg_stat_database where datname = current_database()") == [(0,)]
    for desk in desks:
        desk.sync()
    assert_alike(centre.admin_url, *desks)


def until_delivered(desk):
    """Sync as the loop does: a call that had to wait too long is made again."""
    while True:
        try:
            if desk.sync().waiting == 0:
                return
        except CentralOffline:
            continue
