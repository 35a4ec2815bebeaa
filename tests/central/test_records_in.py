"""A page is read record by record, and is what it would be read as a whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.central.postgres import records_in

VALUES = st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text() | st.lists(st.text(), max_size=2))


@given(st.lists(VALUES, max_size=8), st.sampled_from([(",", ":"), (", ", ": "), (", \n ", " : ")]))
def test_it_is_what_it_would_be_as_a_whole(page, separators):
    text = json.dumps(page, ensure_ascii=False, separators=separators)
    assert list(records_in(text)) == page


@pytest.mark.parametrize("text", ["", "{}", "null", "[{]", '[{"a": 1', "[nonsense]"])
def test_what_is_no_array_is_told(text):
    with pytest.raises(ValueError, match=r"array|Expecting"):
        list(records_in(text))


def test_nothing_is_read_before_it_is_wanted():
    page = records_in('[{"n": 1}, nonsense]')
    assert next(page) == {"n": 1}
