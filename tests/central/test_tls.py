"""What stands between a PC and somebody who only poses as central; each refusal is a sentence of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli import Shell
from tests.desks import PASSWORD, Centre
from tests.servers import scratch_database
from tests.tls import HOST, tls_server
from tests.windows import until
from workstation.app.program import Program
from workstation.home import Home
from workstation.replica import vault


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tls_server(tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.fixture
def centre(server):
    with scratch_database(server.cluster) as admin_url:
        made = Centre(server.cluster, admin_url)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(vault, "MEMORY_KIB", 64)
    monkeypatch.setenv("WORKSTATION_PASSWORD", PASSWORD)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def trusting(home, root_cert, **others):
    """A PC whose settings name this authority."""
    home.mkdir(exist_ok=True)
    lines = [f'{name} = "{value}"' for name, value in {"root_cert": root_cert, **others}.items()]
    (home / "settings.toml").write_text("\n".join(lines))
    return Shell(home)


def refused_in_words(shell, server, centre, login):
    """What `sign-in` says; the window's sign-in must say the same and keep what was typed."""
    finished = shell("sign-in", "--central", server.url_of(centre), "--agent", login, ok=1)
    assert finished.is_told(), finished
    assert PASSWORD not in finished.err
    return finished.err.strip()


NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CASES = {
    "wrong host": (
        {"hosts": ["central.example.org"]},
        f"The certificate of central is not for {HOST}: check the address, or have the certificate made for it.",
    ),
    "expired": (
        {"hosts": [HOST], "ago": 40 * DAY},
        "The certificate of central has expired, or the clock of this PC is wrong; its administrator can renew it.",
    ),
    "not yet valid": (
        {"hosts": [HOST], "ago": -2 * DAY},
        "The certificate of central is not valid yet: is the clock of this PC right?",
    ),
    "untrusted": (
        {"hosts": [HOST], "authority": "somebody else's"},
        "The certificate of central is not signed by an authority that this PC trusts (root_cert).",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_certificate_that_is_not_right(case, server, centre, qapp, tmp_path):
    ours = server.serve([HOST], NOW)
    shell, login = trusting(tmp_path / "pc", ours), centre.add_agent("aziza")
    wanted, sentence = CASES[case]
    authority = wanted.get("authority", f"of a time, {case}" if "ago" in wanted else "ours")
    root = server.serve(wanted["hosts"], NOW, authority=authority, ago=wanted.get("ago"))
    if "ago" in wanted:
        trusting(tmp_path / "pc", root)
    assert refused_in_words(shell, server, centre, login) == sentence

    program = Program(qapp, Home(tmp_path / "pc"))
    program.entrance.show()
    gate = program.entrance.gate
    for field, text in ((gate.central, server.url_of(centre)), (gate.login, login), (gate.password, PASSWORD)):
        field.setText(text)
    gate.enter.click()
    until(gate.enter.isEnabled)
    assert gate._words.text() == sentence
    assert (gate.central.text(), gate.login.text(), gate.password.text()) == (server.url_of(centre), login, PASSWORD)
    assert not gate.offline.isVisible(), "nobody has worked here yet"
    program.close()
    assert centre.count("device") == 0, "central never heard of it"


def test_a_server_without_tls(server, centre, tmp_path):
    root = server.serve([HOST], NOW)
    login = centre.add_agent("aziza")
    server.set(ssl="off")
    words = refused_in_words(trusting(tmp_path / "pc", root), server, centre, login)
    assert words == "Central offers no encrypted line (TLS), and this PC does not work without one."


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\xfe\x00", "folder"])
def test_a_root_certificate_that_is_not_there_or_rubbish(content, server, centre, tmp_path):
    server.serve([HOST], NOW)
    file = tmp_path / "root.crt"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    words = refused_in_words(trusting(tmp_path / "pc", file), server, centre, centre.add_agent("aziza"))
    start = f"There is no file {file}" if content is None else f"{file} holds no certificate"
    assert words == f"{start}: root_cert of this PC's settings names it as what to trust."


def test_a_login_checked_by_something_weaker_than_scram(server, centre, tmp_path):
    root = server.serve([HOST], NOW)
    login = centre.add_agent("aziza")
    access = server.cluster.folder / "central" / "cluster" / "pg_hba.conf"
    before = access.read_text()
    access.write_text(f"hostssl all {login} all trust\n{before}")
    server.set(ssl="on")
    try:
        words = refused_in_words(trusting(tmp_path / "pc", root), server, centre, login)
    finally:
        access.write_text(before)
        server.set(ssl="on")
    assert words == "Central does not check this login by SCRAM over TLS, and this PC does not work without."


def test_a_server_that_takes_encrypted_lines_only(server, centre, tmp_path):
    root = server.serve([HOST], NOW)
    login = centre.add_agent("aziza")
    access = server.cluster.folder / "central" / "cluster" / "pg_hba.conf"
    before = access.read_text()
    access.write_text("host all postgres all scram-sha-256\nhostssl all all all scram-sha-256\n")
    server.set(ssl="on")
    try:
        shell = trusting(tmp_path / "pc", root, tls="none")
        words = refused_in_words(shell, server, centre, login)
    finally:
        access.write_text(before)
        server.set(ssl="on")
    assert words == "Central takes encrypted lines only, and this PC is set to tls = none."


@pytest.mark.parametrize("named", ["a path", "system"])
def test_the_right_certificate_is_taken_and_the_line_is_encrypted(named, server, centre, tmp_path, monkeypatch):
    root = server.serve([HOST], NOW)
    if named == "system":
        monkeypatch.setenv("SSL_CERT_FILE", str(root))  # as if it were on this PC's list
    shell = trusting(tmp_path / "pc", root if named == "a path" else "system")
    login = centre.add_agent("aziza")
    shell("sign-in", "--central", server.url_of(centre), "--agent", login)
    assert shell.ask("sync")["waiting"] == 0
    program = Home(shell.home).last_sign_in()
    assert program is not None
    assert program.central == server.url_of(centre)


def test_work_goes_on_while_the_certificate_is_expired_and_is_delivered_when_it_is_renewed(
    server, centre, qapp, tmp_path
):
    root = server.serve([HOST], NOW)
    shell, login = trusting(tmp_path / "pc", root), centre.add_agent("aziza")
    shell("sign-in", "--central", server.url_of(centre), "--agent", login)
    shell("sync")
    server.serve(["central.example.org"], NOW)
    customer = shell.ask("customer", "add", "--name", "Dilnoza Karimova")["id"]
    shell("note", customer, "Asked for the contract")
    failed = shell("sync", ok=1)
    assert failed.err == f"{CASES['wrong host'][1]}\n"
    assert (shell.ask("status")["online"], shell.ask("status")["waiting"]) == (False, 2)

    program = Program(qapp, Home(shell.home))
    program.entrance.show()
    gate = program.entrance.gate
    gate.password.setText(PASSWORD)
    gate.enter.click()
    until(gate.offline.isVisible)
    assert gate._words.text() == CASES["wrong host"][1]
    gate.offline.click()
    until(lambda: program.shift is not None)
    watch = program.shift.workstation.watch
    until(lambda: watch.connection is not None and watch.connection.state == "refused")
    assert watch.connection.words == CASES["wrong host"][1]
    server.serve([HOST], NOW)
    until(lambda: watch.connection.state == "online" and not watch.connection.waiting)
    program.close()
    assert centre.sql("select body from workstation.note") == [("Asked for the contract",)]
