"""Times as people type them, in four languages, at any hour and in any zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation import language, resources
from workstation.language import LANGUAGES
from workstation.services import moment_words, moments

TASHKENT = ZoneInfo("Asia/Tashkent")
NOW = datetime(2026, 11, 24, 9, 30, 20, tzinfo=UTC)  # Tuesday 14:30:20 there
ZONES = st.sampled_from("Asia/Tashkent Europe/Minsk America/New_York Pacific/Apia UTC".split()).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
WORDS = st.sampled_from(sorted(
    moment_words.UNITS.keys() | moment_words.DAYS.keys() | moment_words.WEEKDAYS.keys() | moment_words.MONTHS.keys()
    | moment_words.PARTS.keys() | moment_words.NOISE | moment_words.IN | moment_words.NOW | moment_words.AMOUNTS.keys()
    | {"10", "31", "99", "0", "10:00", "24:00", "+5", "29.02", "31.11", "9999", "00", "12pm", "13am", "-1", "1e9"}
))  # fmt: skip


@pytest.fixture(scope="module")
def speak():
    folder = resources.folder() / "locale"
    yield lambda code: language.use(code, folder)
    language.use("en", folder)


@pytest.mark.parametrize(
    ("text", "wall"),
    [("tomorrow 10", "11-25 10:00"), ("завтра 10", "11-25 10:00"), ("Завтра в 10:15", "11-25 10:15"),
     ("ertaga 10", "11-25 10:00"), ("эртага соат 10 да", "11-25 10:00"), ("заўтра 10", "11-25 10:00"),
     ("10 завтра", "11-25 10:00"), ("завтра", "11-25 10:00"), ("послезавтра 9:30", "11-26 09:30"),
     ("fri 15:30", "11-27 15:30"), ("в пятницу в 15:30", "11-27 15:30"), ("juma 15:30", "11-27 15:30"),
     ("жума 15:30", "11-27 15:30"), ("у пятніцу 15:30", "11-27 15:30"), ("пт 15.30", "11-27 15:30"),
     ("27.11 10:00", "11-27 10:00"), ("27/11/26 14:00", "11-27 14:00"), ("2026-11-27 14:00", "11-27 14:00"),
     ("27 ноября 12", "11-27 12:00"), ("27 noyabr 9:15", "11-27 09:15"), ("27 лістапада", "11-27 10:00"),
     ("27 nov, 3pm", "11-27 15:00"), ("10:00", "11-25 10:00"), ("18", "11-24 18:00"), ("14:30", "11-24 14:30"),
     ("3", "11-24 15:00"), ("3:00", "11-25 03:00"), ("завтра в 7 вечера", "11-25 19:00"),
     ("tomorrow evening", "11-25 18:00"), ("ertaga kechqurun", "11-25 18:00"), ("tue 18", "11-24 18:00"),
     ("tue 10", "12-01 10:00"), ("в 10 часов", "11-25 10:00"), ("oʻn", None), ("10-45", "11-25 10:45")],
)  # fmt: skip
def test_a_day_and_a_clock_on_the_wall(text, wall):
    found = moments.parse(text, NOW, TASHKENT)
    assert found == (None if wall is None else datetime.fromisoformat(f"2026-{wall}"))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("in 20 min", 20), ("через 20 мин", 20), ("20 min", 20), ("20m", 20), ("+20", 20), ("20 daqiqadan keyin", 20),
     ("20 дақиқадан кейин", 20), ("праз 20 хвілін", 20), ("через час", 60), ("через полчаса", 30), ("half an hour", 30),
     ("yarim soatdan keyin", 30), ("1 ч 30 мин", 90), ("через полтора часа", 90), ("2 soatdan keyin", 120),
     ("in 3 days", 3 * 1440), ("через 3 дня", 3 * 1440), ("in 2 weeks", 14 * 1440), ("now", 0), ("через 0 мин", 0)],
)  # fmt: skip
def test_a_span_from_now_is_an_instant_of_a_whole_minute(text, minutes):
    found = moments.parse(text, NOW, TASHKENT)
    assert found == datetime(2026, 11, 24, 9, 31, tzinfo=UTC) + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", " ", "m", "tomorrow tomorrow", "10 10", "99:99", "25:00", "31.02", "32.12", "٣", "call him", "13pm",
             "in", "через", "x" * 10_000, "9" * 70, "in 99999 weeks", "\0", "\udcff", "10:00 10:00", "²"],
)  # fmt: skip
def test_what_says_no_time_is_nothing(text):
    assert moments.parse(text, NOW, TASHKENT) is None


def test_29_february_may_be_years_away():
    assert moments.parse("29.02", NOW, TASHKENT) == datetime.fromisoformat("2028-02-29T10:00")


@given(st.text(max_size=100), MOMENTS, ZONES)
def test_any_text_is_read_or_not_but_never_breaks(text, now, zone):
    found = moments.parse(text, now, zone)
    assert found is None or isinstance(found, datetime)


@given(st.lists(WORDS, max_size=6), MOMENTS, ZONES)
def test_any_row_of_known_words_is_read_or_not_but_never_breaks(words, now, zone):
    found = moments.parse(" ".join(words), now, zone)
    assert found is None or isinstance(found, datetime)


@given(MOMENTS, st.integers(0, 300), st.times(), ZONES, st.sampled_from(["{d}.{m}.{y} {t}", "{t} {y}-{m}-{d}"]))
def test_a_whole_date_and_time_come_back(now, days, clock, zone, form):
    day = (now.astimezone(zone) + timedelta(days=days)).date()
    text = form.format(d=f"{day:%d}", m=f"{day:%m}", y=day.year, t=f"{clock:%H:%M}")
    assert moments.parse(text, now, zone) == datetime.combine(day, clock.replace(second=0, microsecond=0))


@given(MOMENTS, st.integers(0, 9_999), ZONES, st.sampled_from(["in {n} min", "через {n} мин", "{n} daqiqadan keyin"]))
def test_a_span_is_from_now_on_whatever_the_clocks_do(now, minutes, zone, form):
    found = moments.parse(form.format(n=minutes), now, zone)
    assert timedelta(0) <= found - now - timedelta(minutes=minutes) < timedelta(minutes=1)
    assert found.second == found.microsecond == 0


@given(MOMENTS, ZONES, st.times())
def test_a_clock_without_a_day_is_the_next_one(now, zone, clock):
    found = moments.parse(f"{clock:%H:%M}", now, zone)
    here = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    assert here <= found < here + timedelta(days=1, minutes=1)


@given(MOMENTS, ZONES)
def test_picks_lie_ahead_in_order_and_snoozes_say_when(now, zone):
    picks = moments.quick_picks(now, zone)
    assert [pick.words for pick in picks[:3]] == ["in 5 min", "in 15 min", "in 30 min"]
    assert all(pick.at > now and pick.words for pick in picks)
    later = moments.snoozes(now, zone)
    assert [pick.words for pick in later] == ["in 5 min", "in 10 min", "in 20 min", "in 1 h", "tomorrow 10:00"]
    assert later[-1].at.astimezone(zone).hour in (10, 11)


@pytest.mark.parametrize("code", LANGUAGES)
@given(now=MOMENTS, zone=ZONES)
def test_what_is_offered_can_be_read_back_in_every_language(speak, code, now, zone):
    speak(code)
    for pick in [*moments.quick_picks(now, zone), *moments.snoozes(now, zone)]:
        found = moments.parse(pick.words, now, zone)
        assert found is not None, pick.words
        assert (found if found.tzinfo else found.replace(tzinfo=zone)) == pick.at
    assert all(moments.parse(example, now, zone) for example in moments.examples().split(" · "))


def test_no_word_means_two_things_to_one_reader():
    assert not moment_words.DAYS.keys() & moment_words.WEEKDAYS.keys()
    assert not moment_words.MONTHS.keys() & (moment_words.DAYS.keys() | moment_words.WEEKDAYS.keys())
    assert "10" in moments.examples()
