"""Ten-day periods (旬): 36 a year, of 8 to 11 days."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from yuqian.models.clock import Clock, Floats
from yuqian.timeseries.days import STANDARD_YEAR, Days, Ints

PER_YEAR = 36
PER_MONTH = 3
LAST_OF_FEBRUARY = 5


@lru_cache(maxsize=1)
def dekad_of_position() -> Ints:
    """Ten-day period (0 to 35) of each day of a standard year, shape (365,)."""
    days = Days(STANDARD_YEAR)
    in_month = (days.dates - days.dates.astype("datetime64[M]")).astype(np.int64)
    dekads: Ints = (days.months - 1) * PER_MONTH + np.minimum(in_month // 10, PER_MONTH - 1)
    return dekads


@lru_cache(maxsize=1)
def lengths() -> Ints:
    """Days in each ten-day period of a standard year, shape (36,)."""
    counts: Ints = np.bincount(dekad_of_position())
    return counts


def steps_of_year(split_at: Sequence[str] = ()) -> tuple[Ints, Ints]:
    """The ten-day periods of a standard year, cut in two at some dates.

    Args:
        split_at: days ("MM-DD") that must begin a step, such as the first of a flood season.

    Returns:
        Days in each step and the ten-day period (0 to 35) that it lies in, both of shape (steps,).
    """
    dates = Days(STANDARD_YEAR).dates
    starts = np.flatnonzero(np.diff(dekad_of_position(), prepend=-1))
    named = [int(np.flatnonzero(dates == np.datetime64(f"{STANDARD_YEAR}-{day}"))[0]) for day in split_at]
    starts = np.union1d(starts, np.array(named, dtype=np.int64))
    counts: Ints = np.diff(np.append(starts, len(dates)))
    return counts, dekad_of_position()[starts]


def dekad_clock(
    first_year: int, years: int, split_at: Sequence[str] = (), *, drops_leap_days: bool = True
) -> Clock:  # fmt: skip
    """A clock of ten-day periods, one power step in each water step.

    Args:
        split_at: days ("MM-DD") that must begin a step; a period that holds one is cut in two.
        drops_leap_days: whether every year has 365 days, as made series have; else the last period of February has 9 days in
            leap years, as measured ones have.
    """
    days, dekads = steps_of_year(split_at)
    if not drops_leap_days:
        longer = (np.arange(len(days)) == np.flatnonzero(dekads == LAST_OF_FEBRUARY)[-1]).astype(float)
        by_year = [days + longer * calendar.isleap(year) for year in range(first_year, first_year + years)]
        return Clock.of_periods(dt.date(first_year, 1, 1), np.concatenate(by_year), drops_leap_days=False)
    return Clock.of_periods(dt.date(first_year, 1, 1), np.tile(days.astype(float), years))


def mean_over_dekads(daily: Floats) -> Floats:
    """Mean of daily values of standard years over each ten-day period, shape (..., years * 36)."""
    years = daily.shape[-1] // len(dekad_of_position())
    by_year = daily.reshape(*daily.shape[:-1], years, -1)
    starts = np.concatenate(([0], np.cumsum(lengths())[:-1]))
    means = np.add.reduceat(by_year, starts, axis=-1) / lengths()
    return means.reshape(*daily.shape[:-1], years * PER_YEAR)
