"""Hostile texts come back as they went in: written on one desk, kept by central, read on another."""

import json
from pathlib import Path

import pytest

from tests.cli import Shell, signed_in
from tests.desks import command
from workstation.central import accounts

SECURITY = Path(__file__).parents[3] / "shared" / "data" / "security"
NASTY = [
    "Robert'); drop table workstation.customer; --",
    "\\x00\\u0000 %s %(name)s {0} {name} $1 ?",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202eevil\u2066",
    "e\u0301 \u00e9 \u1e9b\u0323",
    "a\u2028b\u2029c\x0b\x0c\x85d",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\ufeffmark",
    "\ufffe\uffff\U0010ffff",
    " leading and trailing \t",
    "x" * 1000,
    "=cmd|'/c calc'!A0",
    "<b>&amp;</b>",
    "\u200b",
]


def naughty() -> list[str]:
    """The big list of naughty strings."""
    path = SECURITY / "blns.json"
    if not path.exists():
        pytest.skip("the naughty strings are not here")
    texts: list[str] = json.loads(path.read_text("utf-8"))
    assert len(texts) == 485
    return texts


def sql_strings() -> list[str]:
    path = SECURITY / "wfuzz_vulns_sql_inj.txt"
    if not path.exists():
        pytest.skip("the SQL strings are not here")
    return [line for line in path.read_text("utf-8").split("\n") if line.strip()]


@pytest.fixture
def desks(shared_centre, tmp_path):
    """Two desks that see the same customers and nobody else's."""
    scope = tmp_path.name
    accounts.add_scope(shared_centre.admin_url, scope)
    names = [f"{scope}_{n}" for n in ("a", "b")]
    return [signed_in(shared_centre, tmp_path / name, name.replace("-", "_"), scope=scope) for name in names]


def add_customers(shell: Shell, names: list[str]) -> dict[str, str]:
    """{id: name} of those that were taken; the others are told in words."""
    made = {}
    for name in names:
        finished = shell("customer", "add", "--name", name, ok=None)
        if name.strip():
            made[finished.answer["id"]] = name
        else:
            assert (finished.status, finished.out, finished.err) == (1, "", "A name needs some text.\n")
    return made


def assert_same_everywhere(centre, desks: list[Shell], made: dict[str, str]) -> None:
    for shell in desks:
        assert shell.ask("sync")["refused"] == 0
    there = centre.sql("select id::text, name from workstation.customer where id = any(%s::uuid[])", list(made))
    assert dict(there) == made
    reader = desks[-1]
    assert {i: reader.ask("show", i)["customer"]["name"] for i in made} == made


def test_naughty_names_reach_another_desk_byte_for_byte(shared_centre, desks):
    made = add_customers(desks[0], naughty())
    assert len(made) == 481
    assert_same_everywhere(shared_centre, desks, made)


def test_naughty_notes_reach_another_desk_byte_for_byte(shared_centre, desks):
    writer, reader = desks
    texts = naughty()
    customer = writer.ask("customer", "add", "--name", "Dilnoza")["id"]
    finished = command(writer.home, "note", customer, "-", "--lines", stdin="\n".join(texts).encode(), ok=None)
    assert finished.returncode == 1
    kept = [text for text in texts if text.strip()]
    blank = [number for number, text in enumerate(texts, 1) if not text.strip()]
    assert finished.stderr.decode().splitlines() == [f"line {n}: A note needs some text." for n in blank]
    ids = [json.loads(line)["id"] for line in finished.stdout.splitlines()]
    assert len(ids) == len(kept) == 481
    command(writer.home, "sync")
    command(reader.home, "sync")
    timeline = command(reader.home, "show", customer)["timeline"]
    assert {entry["id"]: entry["text"] for entry in timeline} == dict(zip(ids, kept, strict=True))
    there = shared_centre.sql("select id::text, body from workstation.note where customer_id = %s", customer)
    assert dict(there) == dict(zip(ids, kept, strict=True))


def test_every_other_text_comes_back_as_it_went_in(shared_centre, desks):
    writer, reader = desks
    assert_same_everywhere(shared_centre, desks, add_customers(writer, NASTY))
    customer = writer.ask("customer", "add", "--name", "n", "--phone", "<script> 90 123", "--email", NASTY[0])["id"]
    fields = dict(zip(("need", "wish", "channel", "hours", "language", "do_not_contact_reason"), NASTY, strict=False))
    writer("customer", "edit", customer, *(f"{field}={text}" for field, text in fields.items()))
    for text in NASTY:
        writer("note", customer, "--", text)
        writer("contact", customer, "--channel", "call", "--direction", "in", "--disposition", "solved", "--note", text)
    for shell in desks:
        assert shell.ask("sync")["refused"] == 0
    card = reader.ask("show", customer)
    assert fields.items() <= card["customer"].items()
    assert {point["value"] for point in card["contact_points"]} == {"<script> 90 123", NASTY[0]}
    texts = [entry["text"] for entry in card["timeline"] if entry["kind"] == "note"]
    assert sorted(texts) == sorted([*NASTY, *NASTY])


def test_sql_is_text_like_any_other(shared_centre, desks):
    texts = sql_strings()
    before = shared_centre.sql("select count(*) from pg_class")
    made = add_customers(desks[0], texts)
    assert_same_everywhere(shared_centre, desks, made)
    answers = desks[1]("find", "-", stdin="\n".join(texts).encode()).answers
    assert len(answers) == len(texts)
    for text in texts:
        assert desks[1]("show", "--", text, ok=1).err.startswith(("An id is a UUID", "Nothing on this PC"))
    assert shared_centre.sql("select count(*) from pg_class") == before
    assert desks[1].ask("status")["customers"] == len(made)


def test_standard_input_is_kept_as_it_is(shared_centre, desks):
    writer, reader = desks
    customer = writer.ask("customer", "add", "--name", "n")["id"]
    text = "first\r\nsecond\r\rthird\n\n\ttab \u2028 end\n"
    writer("note", customer, "-", stdin=text.encode())
    longest = "ў" * 100_000
    writer("note", customer, "-", stdin=longest.encode())
    told = writer("note", customer, "-", stdin=b"a\0b\0")
    assert told.err == "2 NUL characters cannot be kept and were left out.\n"
    assert "100001 characters" in writer("note", customer, "-", stdin=b"x" * 100_001, ok=1).err
    assert "not UTF-8 (byte 2)" in writer("note", customer, "-", stdin=b"ab\xff", ok=1).err
    lines = writer("note", customer, "-", "--lines", stdin=b"one\r\ntwo\xff\n\nthree", ok=1)
    assert [line.split(":")[0] for line in lines.err.splitlines()] == ["line 2", "line 3"]
    assert len(lines.answers) == 2
    for shell in desks:
        shell("sync")
    texts = {entry["text"] for entry in reader.ask("show", customer)["timeline"]}
    assert texts == {text, longest, "ab", "one\r", "three"}


def test_nothing_that_was_typed_steers_the_terminal(shell):
    customer = shell.ask("customer", "add", "--name", NASTY[2])["id"]
    shell("customer", "add", "--name", NASTY[3])
    shell("note", customer, "--", NASTY[2])
    log = ("contact", customer, "--channel", "call", "--direction", "in", "--disposition", NASTY[3] + NASTY[2])
    for arguments in (["show", customer], ["find", "owned"], ["find", "evil"], log, ["show", NASTY[3]], ["\x07"]):
        assert shell(*arguments, ok=None).out.isascii(), "JSON is plain ASCII"
        finished = shell.spoken(*arguments)
        assert finished.out + finished.err
        assert all(c.isprintable() or c in "\n\t" for c in finished.out + finished.err), finished
