"""A real softphone rings: SIPp calls baresip over loopback, and the window offers who it is (`make softphone`)."""

import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.desks import environment
from tests.windows import press, until
from workstation.app import now
from workstation.app.program import Program
from workstation.demo.centre import running_centre
from workstation.home import Home

pytestmark = pytest.mark.softphone
HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
MODULES = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules", "/usr/lib64/baresip/modules")
UNKNOWN = "+998930000001"
ONE_OWNER = """
    select e164, min(c.name) from workstation.contact_point p join workstation.customer c on c.id = p.customer_id
    where e164 is not null group by e164 having count(*) = 1 order by e164 limit 1
"""


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@contextmanager
def running(*command, **options):
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    ) as process:
        yield process
        process.terminate()


@pytest.fixture
def baresip(tmp_path):
    """A softphone that registers nowhere; gives (its SIP port, its control port)."""
    absent = [name for name in ("baresip", "sipp") if shutil.which(name) is None]
    modules = next((folder for folder in MODULES if Path(folder, "ctrl_tcp.so").exists()), None)
    if absent or modules is None:
        pytest.fail("needs the packages baresip-core and sip-tester: apt-get install baresip-core sip-tester")
    sip, control, folder = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM), tmp_path / "baresip"
    folder.mkdir()
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{sip}\nmodule_path {modules}\nmodule g711.so\nmodule_tmp account.so\n"
        f"module_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n"
        "audio_alert aufile,/dev/null\n",
        "ascii",
    )
    (folder / "accounts").write_text(f"<sip:agent@127.0.0.1:{sip};transport=udp>;regint=0\n", "ascii")
    (folder / "contacts").touch()
    with running("baresip", "-f", str(folder)) as phone:
        until(lambda: phone.poll() is None and is_listening(control))
        yield sip, control


def is_listening(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def shift(qapp, tmp_path):
    """The first agent of the invented centre at work."""
    with running_centre(tmp_path / "centre", 30, now()) as centre:
        program = Program(qapp, Home(tmp_path / "pc"))
        program.entrance.show()
        gate = program.entrance.gate
        gate.central.setText(centre.url)
        gate.login.setText("tashkent1")
        gate.password.setText(centre.passwords["tashkent1"])
        gate.enter.click()
        until(lambda: program.shift is not None, 60)
        watch = program.shift.workstation.watch
        until(lambda: watch.connection is not None and watch.connection.state == "online", 120)
        with psycopg.connect(centre.admin_url) as connection:
            program.shift.known = connection.execute(ONE_OWNER).fetchone()
        yield program.shift
        program.close()


def ring(sip, number):
    """Ring the softphone as this number, and hang up after a while."""
    return running(
        "sipp", f"127.0.0.1:{sip}", "-sf", str(HERE / "ring.xml"), "-s", number, "-i", "127.0.0.1",
        "-p", str(free_port(socket.SOCK_DGRAM)), "-m", "1", "-timeout", "20", "-nostdin",
    )  # fmt: skip


def test_whoever_rings_the_softphone_is_offered(shift, baresip, tmp_path):
    sip, control = baresip
    number, name = shift.known
    bridge = (sys.executable, str(ROOT / "scripts" / "baresip_pop.py"), f"127.0.0.1:{control}",
              sys.executable, "-m", "workstation", "--home", str(tmp_path / "pc"), "pop", "--")  # fmt: skip
    offers, popup = shift.workstation.calls.offers, shift.workstation.calls.popup
    with running(*bridge, env=environment("")):
        until(lambda: baresip_hears(control))
        with ring(sip, number) as call:
            until(lambda: offers, 60)
            until(lambda: call.poll() is not None, 30)
            assert call.returncode == 0
        assert popup.isVisible()
        assert (offers[0].card.matched, offers[0].card.people[0].name) == ("exact", name)
        press(shift.window, "F7")
        note = shift.window.screen_of("desk").note
        until(lambda: note.timer.started_at is not None)
        assert note.channel.currentData() == ("call", "in")
        with ring(sip, UNKNOWN) as call:
            until(lambda: offers, 60)
            until(lambda: call.poll() is not None, 30)
        assert (offers[0].card.matched, offers[0].card.dialled) == ("none", UNKNOWN)


def baresip_hears(port):
    """Whether somebody is connected to its control port, as the system tells it."""
    wanted = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()
    return any(line.split()[1] == wanted and line.split()[3] == "01" for line in lines[1:])
