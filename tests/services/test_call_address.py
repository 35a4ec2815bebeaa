"""What other programs hand over: numbers and addresses of every kind are understood, all else does nothing."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.errors import Refused
from workstation.services.call_address import MOST_DIGITS, CallAddress, parse

SECURITY = Path(__file__).parents[3] / "shared" / "data" / "security"
ID = "01a20000-0000-7000-8000-00000000a211"
DIGITS = st.text("0123456789", min_size=2, max_size=15)
SEPARATED = st.lists(st.sampled_from(["", " ", "-", ".", "(", ")", "\u00a0", "\u202a", "\u202c", "\u200e", "\u2066"]))


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("+998 90 123-45-67", CallAddress("+998901234567")),
        ("  90/123.45.67 ", CallAddress("901234567")),
        ("\u202a+998 90 123 45 67\u202c", CallAddress("+998901234567")),
        ("٩٠١٢٣٤٥٦٧", CallAddress("901234567")),
        ("１０３", CallAddress("103")),
        ("8 (90) 123-45-67 доб. 12", CallAddress("8901234567", "12")),
        ("tel:+998-90-123-45-67", CallAddress("+998901234567")),
        ("TEL://+998901234567", CallAddress("+998901234567")),
        ("tel:%2B998%20901234567", CallAddress("+998901234567")),
        ("tel:+998712001122;ext=34", CallAddress("+998712001122", "34")),
        ("tel:1234567;phone-context=+99871", CallAddress("+998711234567")),
        ("tel:1234567;phone-context=example.com;isub=1", CallAddress("1234567")),
        ("sip:+998901234567@exchange.example:5060;transport=udp", CallAddress("+998901234567")),
        ("sips:anonymous@anonymous.invalid", CallAddress("")),
        ("Anonymous", CallAddress("")),
        ("workstation:call?number=%2B998901234567&direction=out", CallAddress("+998901234567", None, "out")),
        ("workstation:call?number=+998901234567", CallAddress("+998901234567")),
        ("workstation://call/?number=103&channel=chat&of=no+matter", CallAddress("103", None, "in", "chat")),
        (f"workstation:customer/{ID}", parse(f"workstation://customer/{ID.upper()}")),
    ],
)
def test_what_is_understood(text, understood):
    assert parse(text) == understood


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\u202e", "+", "1", "tel:", "tel:;ext=1", "x12", "call me", "12 monkeys", "1" * 21, "9" * 1001, "\0",
        "+998901234567\0", "+9989012\n34567", "tel:+998901234567%00", "tel:%ff", "tel:12;ext=1;ext=2",
        "tel:12;ext=a", "tel:+998901234567;phone-context=+1;phone-context=+2", "\ud800", "12\ud800", "http://12345",
        "file:///etc/passwd",
        "javascript:alert(1)", "--register", "-1 --unregister", "workstation:", "workstation:call",
        "workstation:call?x=1",
        "workstation:call?number=12&number=13", "workstation:call?number=12&direction=up",
        "workstation:call?number=12&channel=fax", "workstation:customer/1", f"workstation:customer/{ID}?x=1",
        f"workstation:customer/../{ID}", "workstation:call?number=%00", "workstation:call?number=%ff",
        "workstation://[::1", "workstation:call?" + "&".join(["number=1"] * 30), "12'; drop table customer; --",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said_in_one_short_line(text):
    with pytest.raises(Refused) as refusal:
        parse(text)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 200


def outcome(text):
    """What came of a text: an address of nothing but digits and our words, or a refusal in words."""
    try:
        found = parse(text)
    except Refused as refusal:
        words = str(refusal)
    else:
        words = ""
    assert words.isprintable()
    assert len(words) < 200
    if words:
        return None
    assert found.number.removeprefix("+").isdecimal() or not found.number
    assert found.number.isascii()
    assert len(found.number) <= MOST_DIGITS + 1
    assert (found.direction in ("in", "out"), found.channel in ("call", "chat")) == (True, True)
    assert found.extension is None or (found.extension.isascii() and found.extension.isdecimal())
    return found


@given(st.text(max_size=1200))
def test_any_text_is_understood_or_refused(text):
    assert outcome(text) is None or text


@given(
    st.sampled_from(["tel:", "sip:", "workstation:", "workstation:call?number=", "workstation:customer/", "TEL://"]),
    st.text(max_size=300),
    st.booleans(),
)
def test_any_text_in_an_address_is_understood_or_refused(scheme, text, is_quoted):
    try:
        rest = quote(text) if is_quoted else text
    except UnicodeEncodeError:
        rest = text
    found = outcome(scheme + rest)
    assert found is None or rest


@given(DIGITS, SEPARATED, st.booleans())
def test_a_number_is_the_same_however_it_is_separated_and_addressed(digits, marks, is_international):
    plus = "+" if is_international else ""
    written = plus + "".join(digit + mark for digit, mark in zip(digits, [*marks, *[""] * len(digits)], strict=False))
    for text in (written, f"tel:{written}", f"tel:{quote(written)}", f"workstation:call?number={quote(written)}",
                 f"sip:{quote(written)}@exchange.example"):  # fmt: skip
        assert parse(text).number == plus + digits


@given(DIGITS, st.text("0123456789", min_size=1, max_size=7))
def test_an_extension_is_kept_apart(digits, extension):
    assert parse(f"tel:{digits};ext={extension}") == CallAddress(digits, extension)
    assert parse(f"{digits} ext. {extension}") == CallAddress(digits, extension)


def test_naughty_strings_and_sql_do_nothing_but_say_so():
    blns, sql = SECURITY / "blns.json", SECURITY / "wfuzz_vulns_sql_inj.txt"
    if not blns.exists() or not sql.exists():
        pytest.skip("the naughty strings are not here")
    texts = [*json.loads(blns.read_text("utf-8")), *sql.read_text("utf-8").splitlines()]
    assert len(texts) > 500
    understood = {text for text in texts if outcome(text) is not None}
    assert all(not any(map(str.isalpha, text)) or text.lower() in ("unknown", "private") for text in understood)
    for text in texts:
        outcome(f"tel:{text}")
        outcome(f"workstation:call?number={quote(text)}")
