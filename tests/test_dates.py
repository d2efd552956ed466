"""Days and instants."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.dates import Moment
from recommender.news_dates import news_date, news_moment, stated_date

days = st.dates(date(1, 1, 2), date(9999, 12, 30))
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(days)
def test_a_day_is_read_and_written(day: date) -> None:
    moment = Moment.parse(day.isoformat())
    assert moment.is_day
    assert moment.day == (day - date(1970, 1, 1)).days
    assert str(moment) == day.isoformat()


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_kept_in_utc_to_the_second(instant: datetime, minutes: int) -> None:
    shown = instant.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    moment = Moment.parse(shown)
    assert not moment.is_day
    assert moment.second == (instant.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert str(moment) == f"{instant.replace(microsecond=0, tzinfo=None).isoformat()}Z"
    assert Moment.parse(str(moment)) == moment


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-02-01", "2026-02-01"),
        (" 2026-02-01 ", "2026-02-01"),
        ("2026-02-01T10:00:00Z", "2026-02-01T10:00:00Z"),
        ("2026-02-01T10:00", "2026-02-01T10:00:00Z"),
        ("2026-02-01 10:00:00.999+02:00", "2026-02-01T08:00:00Z"),
        ("2026-02-01T00:30:00+01:00", "2026-01-31T23:30:00Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ("0800-12-25", "0800-12-25"),
    ],
)
def test_common_forms(text: str, written: str) -> None:
    assert str(Moment.parse(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026", "2026-02", "2026-02-30", "2026-13-01", "01/02/2026", "2026-W05-1", "2026-032", "20260201",
     "2026-02-01T25:00", "2026-02-01T10:00+99:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00",
     "10000-01-01"],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"YYYY-MM-DD.*RFC 3339"):
        Moment.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "past"),
    [
        ("2026-02-01", "2026-02-01", True),
        ("2026-02-01", "2026-02-01T00:00:00Z", True),
        ("2026-02-01T23:59:59Z", "2026-02-01", True),
        ("2026-02-02T00:00:00Z", "2026-02-01", False),
        ("2026-02-01T23:59:59Z", "2026-02-01T10:00:00Z", False),
        ("2026-02-01T10:00:00Z", "2026-02-01T10:00:00Z", True),
        ("2026-02-02", "2026-02-01T23:59:59Z", False),
        ("2026-01-31", "2026-02-01T00:00:00Z", True),
    ],
)
def test_moments_compare_by_day_where_either_is_a_day(one: str, other: str, past: bool) -> None:
    assert Moment.parse(one).is_past_for(Moment.parse(other)) is past


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2026-03-04", "2026-03-04"),
        ("0800-12-25", "0800-12-25"),
        ("2026-03-04T12:00:00+02:00", "2026-03-04T10:00:00Z"),
        ("Wed, 04 Mar 2026 12:00:00 +0200", "2026-03-04T10:00:00Z"),
        ("Wed, 04 Mar 2026 12:00:00 +02:00", "2026-03-04T10:00:00Z"),
        ("Wed, 4 Mar 2026 11:00 CET", "2026-03-04T10:00:00Z"),
        ("2026-03-04t10:00:00z", "2026-03-04T10:00:00Z"),
        ("2026-3-4", "2026-03-04"),
        ("2026-03-04 9:05", "2026-03-04T09:05:00Z"),
        ("20260304100000", "2026-03-04T10:00:00Z"),
        (1_772_618_400, "2026-03-04T10:00:00Z"),
        (1_772_618_400.25, "2026-03-04T10:00:00Z"),
        (1_772_618_400_000, "2026-03-04T10:00:00Z"),
        ("1772618400", "2026-03-04T10:00:00Z"),
        ("1772618400000", "2026-03-04T10:00:00Z"),
        (20_260_304, "2026-03-04"),
        ("20260304", "2026-03-04"),
        ("4 March 2026", "2026-03-04"),
        ("4. März 2026", "2026-03-04"),
        ("4.3.2026", "2026-03-04"),
        (date(2026, 3, 4), "2026-03-04"),
        (datetime(2026, 3, 4, 10, tzinfo=UTC), "2026-03-04T10:00:00Z"),
    ],
)
def test_forms_that_newsrooms_write(value: object, written: str) -> None:
    assert str(news_moment(value)) == written


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-W05-1", "2026-032", "2026-02-30", 7, -5, 99, float("nan"), 1e300, True, None, [1]]
)
def test_a_value_that_is_no_date_is_refused_with_what_would_be(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a date that can be told \(YYYY-MM-DD, RFC 3339, RFC 822, seconds"):
        news_moment(value)


@pytest.mark.parametrize("text", ["03/04/2026", "3/4/2026 10:00", "25/04/2026"])
def test_a_date_in_slashes_says_two_things(text: str) -> None:
    with pytest.raises(ValueError, match="which is the day and which the month: write YYYY-MM-DD"):
        news_moment(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "0000-00-00", "0000-00-00 00:00:00", "Mon, 30 Nov -0001 00:00:00 +0000", "-0001-11-30T00:00:00+00:00",
     "Mon, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00Z"],
)  # fmt: skip
def test_what_programs_write_for_none(text: str) -> None:
    assert news_date(text) is None
    assert stated_date([("pubDate", text)]) is None
    assert stated_date([("pubDate", text), ("updated", "2026-03-04")]) == "2026-03-04"
