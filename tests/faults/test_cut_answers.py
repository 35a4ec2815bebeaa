"""T5: the line breaks after every single byte of an answer; what is asked again has its effect once."""

import random
from contextlib import closing, contextmanager

import pytest

from tests.alike import assert_alike
from workstation.central import postgres
from workstation.central.postgres import Line, PostgresCentral
from workstation.errors import CentralOffline
from workstation.services.sync import filling, sync_once

BYTES = 2_048
RANDOM = 200
FEWER = [*range(256), *range(256, BYTES, 7)]


class CutAt:
    """The real way to central; the line breaks once `count` bytes have passed since `verb` was called first."""

    def __init__(self, central, verb, line, count, direction):
        self._central, self._verb = central, verb
        self._arm = lambda: line.reset_after(count, direction)

    def __getattr__(self, name):
        if name == self._verb:
            self._verb = None
            self._arm()
        return getattr(self._central, name)


def cut(at_work, verb, count, direction="down"):
    """One sync over a line that breaks there; whether it broke before the sync was over."""
    with closing(at_work.desk.central()) as central:
        desk = at_work.desk.sync_desk(CutAt(central, verb, at_work.line, count, direction))
        try:
            sync_once(desk)
        except CentralOffline:
            return True
        finally:
            at_work.line.restore()
    return False


@contextmanager
def good_line(centre, at_work):
    """The same desk on a second line that never breaks."""
    who = at_work.desk.who
    with closing(PostgresCentral(Line(centre.url, who.agent, at_work.desk.password, who.device, "good"))) as central:
        desk = at_work.desk.sync_desk(central)
        sync_once(desk)
        yield desk


def assert_once(centre, at_work, customer, texts):
    """Operations made = operations applied = rows = entries in the feed, and nothing of it waits."""
    assert at_work.notes(customer) == set(texts)
    assert set(at_work.states()) == {"settled"}
    ((rows, bodies, applied, entries),) = centre.sql(
        "select (select count(*) from workstation.note), (select count(distinct body) from workstation.note), "
        "(select count(*) from workstation.op_applied where entity = 'note'), "
        "(select count(*) from workstation.feed where entity = 'note')"
    )
    assert (rows, bodies, applied, entries) == (len(texts),) * 4
    assert_alike(centre.admin_url, at_work)


def check_cut_pushes(centre, open_desk, places, direction):
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    aziza.sync()
    texts, broken = [], 0
    with good_line(centre, aziza) as good:
        for count in places:
            texts.append(f"cut after {count} bytes, {len(texts)}")
            aziza.note(customer, texts[-1])
            broken += cut(aziza, "push", count, direction)
            assert sync_once(good, is_met=True).waiting == 0
    assert broken > len(places) / 4
    assert_once(centre, aziza, customer, texts)


@pytest.mark.parametrize(
    ("direction", "places"),
    [("down", FEWER[::2]), ("down", FEWER[1::2]), ("up", FEWER[::5])],
    ids=("even", "odd", "up"),
)
def test_a_push_cut_at_any_byte_has_its_effect_once(centre, open_desk, direction, places):
    check_cut_pushes(centre, open_desk, places, direction)


@pytest.mark.soak
@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_push_cut_at_every_byte_has_its_effect_once(centre, open_desk, direction):
    check_cut_pushes(centre, open_desk, range(BYTES), direction)


@pytest.mark.parametrize("seed", range(2))
def test_a_sync_cut_anywhere_has_its_effect_once(centre, open_desk, seed):
    """From the first byte of signing in to the last one of the pull, both ways; edits too."""
    aziza, chance = open_desk("aziza"), random.Random(seed)
    customer = aziza.add_customer("D. 0", "+998 90 123-45-67")
    aziza.sync()
    texts = []
    with good_line(centre, aziza) as good:
        for number in range(RANDOM // 2):
            texts.append(f"note {number}")
            aziza.note(customer, texts[-1])
            aziza.edit(customer, name=f"D. {number + 1}")
            cut(aziza, "hello", chance.randrange(6_000), chance.choice(["down", "up"]))
            if number % 3 == 0:  # else it is cut again, with more on its way
                sync_once(good, is_met=True)
        sync_once(good, is_met=True)
    assert centre.count("conflict") == 0  # its own repeated edit is nobody else's
    assert centre.sql("select name from workstation.customer") == [(f"D. {RANDOM // 2}",)]
    assert_once(centre, aziza, customer, texts)


def test_a_cut_pull_reads_each_page_whole_or_not_at_all(centre, open_desk, monkeypatch):
    monkeypatch.setattr(postgres, "PAGE", 5)
    botir = open_desk("botir")
    customer = botir.add_customer()
    botir.sync()
    broken = 0
    for count in range(0, 8_000, 130):
        centre.sql(
            "insert into workstation.note (customer_id, body) select %s, %s || n from generate_series(1, 9) n",
            customer, f"{count}: ",
        )  # fmt: skip
        before = len(botir.notes(customer))
        broken += cut(botir, "pull", count)
        assert len(botir.notes(customer)) - before in (0, 5, 9)
        botir.sync()
        assert len(botir.notes(customer)) - before == 9
    assert broken > 20
    assert_alike(centre.admin_url, botir)


def test_a_fill_cut_again_and_again_comes_to_its_end(centre, open_desk, monkeypatch):
    monkeypatch.setattr(postgres, "FILL_PAGE", 20)
    aziza = open_desk("aziza")
    customer = aziza.add_customer()
    texts = {aziza.note(customer, f"note {number}") and f"note {number}" for number in range(400)}
    aziza.sync()
    botir = open_desk("botir")
    written = botir.add_customer("Rustam Saidov")  # waits while the fill breaks off
    tries = 1
    while cut(botir, "fill", 12_000 + tries) and tries < 200:
        tries += 1
    assert 5 < tries < 200
    assert filling.cursors(botir.desk.sync_desk(None))[1].fill_entity == ""
    assert botir.notes(customer) == texts
    aziza.sync()
    assert aziza.customer(written).name == "Rustam Saidov"
    assert_alike(centre.admin_url, aziza, botir)
