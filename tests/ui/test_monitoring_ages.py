"""Every figure of the monitoring tab says of when it is."""

from workstation.services.monitoring import FiguresCard
from workstation.ui.monitoring.strip import FigureStrip

CARD = FiguresCard(
    working=2, signed_in=3, contacts_today=20, callbacks_overdue=1, callbacks_due=2, callbacks_unowned=0, silent=1,
    waiting=4, undecided=0, feed_delay=0.0,
)  # fmt: skip


def test_each_card_tells_its_formula_and_its_age(qtbot):
    strip = FigureStrip()
    qtbot.addWidget(strip)
    strip.show_age("as of 14:02:05")
    for card in (strip.working, strip.contacts, strip.callbacks, strip.silent):
        assert card.toolTip().endswith("\nas of 14:02:05")
        assert "as of 14:02:05" in card.accessibleDescription()
        assert len(card.toolTip()) > 40


def test_what_waits_on_a_silent_pc_is_as_old_as_its_last_word(qtbot):
    strip = FigureStrip()
    qtbot.addWidget(strip)
    strip.show_figures(CARD, "as of yesterday 18:00")
    assert "4 changes wait · as of yesterday 18:00" in strip.silent.accessibleName()
    strip.show_figures(CARD, "")
    assert "as of" not in strip.silent.accessibleName()
