"""A new PC is being filled: how far it is shows, and who is here already can be worked with."""

from contextlib import ExitStack

from tests.desks import PASSWORD
from tests.line import Line
from tests.windows import press, type_text, until
from workstation.app.desk import sign_in
from workstation.app.shift import Shift
from workstation.home import Home
from workstation.records import Customer
from workstation.ui.doors import Doors
from workstation.ui.shell.connection import OutageBanner

MANY = 12_000
BYTES_A_SECOND = 2_000_000  # more than a second for each page: the fill is seen on its way


def test_who_is_here_already_can_be_worked_with_while_the_rest_comes(qapp, centre, tmp_path):
    login = centre.add_agent("aziza")
    centre.sql(
        "insert into workstation.customer (name, scope_id) select 'Zamira ' || n, 1 from generate_series(1, %s) n", MANY
    )
    with Line(centre.cluster.address) as line, ExitStack() as closing:
        doors = Doors()
        desk = closing.enter_context(
            sign_in(Home(tmp_path / "pc"), line.url_for(centre.url), login, PASSWORD, doors.announce)
        )
        line.slow(BYTES_A_SECOND)
        shift = Shift(qapp, desk, doors, closing)
        window, watch = shift.window, shift.workstation.watch
        window.resize(1366, 768)
        window.show()
        until(lambda: watch.connection is not None and watch.connection.state == "filling" and watch.connection.filled)
        banner = window.findChild(OutageBanner)
        until(lambda: "customers so far" in banner.words)
        assert 0 < watch.connection.filled < MANY
        line.stall()  # the rest does not come while she works
        box, card = window.search_box, window.screen_of("desk").profile
        type_text(box, "Zamira")
        until(box.found.isVisible)
        press(box, "Return")
        until(lambda: card.card is not None and card.card.name.startswith("Zamira"))
        note = window.screen_of("desk").note
        note.focus_editor()
        type_text(note.editor, "written while the PC is being filled")
        press(note.editor, "Ctrl+Return")
        until(lambda: not note.editor.toPlainText() and note.save.isEnabled())
        with desk.store.read() as session:
            assert session.query(Customer).count() < MANY
        line.restore()
        until(lambda: watch.connection.state == "online" and not watch.connection.waiting, seconds=60)
        with desk.store.read() as session:
            assert session.query(Customer).count() == MANY
        assert centre.count("note") == 1
        shift.end_now()
