"""Age: how long before or after the query's date a story was published, and what that does to its score."""

import numpy as np
from numpy.typing import NDArray

from recommender.dates import DAY_SECONDS, UNDATED, Moment
from recommender.vectors import Float32, Int64, Mask


def past_of(second: Int64, is_day: NDArray[np.bool_], moment: Moment, ordered: int = 0) -> Mask:
    """Which stories are at or before `moment`: by day when either side is a day; undated ones pass.

    So many of the first rows are `ordered` by `second`: of these only those of one day are looked at.
    """
    past = np.zeros(len(second), np.bool_)
    day_end = (moment.day + 1) * DAY_SECONDS
    until = day_end if moment.is_day else moment.second + 1
    first, last = np.searchsorted(second[:ordered], [until, day_end])
    past[:first] = True
    past[first:last] = is_day[first:last]
    late = second[ordered:]
    past[ordered:] = (late < until) | (is_day[ordered:] & (late < day_end))
    return past


def newer_than(second: Int64, is_day: NDArray[np.bool_], moment: Moment, ordered: int = 0) -> Mask:
    """Which stories are after `moment`; undated ones pass."""
    return np.asarray(~past_of(second, is_day, moment, ordered) | (second == UNDATED))


def from_on(second: Int64, is_day: NDArray[np.bool_], moment: Moment) -> Mask:
    """Which stories are at or after `moment`: by day when either side is a day; undated ones pass."""
    start = moment.day * DAY_SECONDS
    late = second >= start if moment.is_day else (second >= moment.second) | (is_day & (second >= start))
    return np.asarray(late | (second == UNDATED))


def age_in_days(second: Int64, moment: Moment | None) -> Float32:
    """Whole days between each story and `moment`, either way; NaN where either has no date."""
    if moment is None:
        return np.full(len(second), np.nan, np.float32)
    age = np.abs(second // DAY_SECONDS - moment.day).astype(np.float32)
    age[second == UNDATED] = np.nan
    return age


def decay(second: Int64, now: int, half_life: float) -> Float32:
    """2^(-age / half_life), age in hours before `now` (epoch seconds); an undated story is one half-life old."""
    hours = np.maximum(now - second, 0) / 3_600.0
    factor = np.exp2(-hours / half_life).astype(np.float32)
    factor[second == UNDATED] = 0.5
    return factor
