"""Ten-day periods (旬): 36 a year, of 8 to 11 days."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np

from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import STANDARD_YEAR, Days, Ints

PER_YEAR = 36
PER_MONTH = 3


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


def dekad_clock(first_year: int, years: int) -> Clock:
    """A clock of ten-day periods over standard years of 365 days, one power step in each water step."""
    hours = np.tile(lengths() * float(HOURS_PER_DAY), years)
    start = dt.datetime(first_year, 1, 1)
    return Clock(Timeline(Rhythm.POWER, start, hours), Timeline(Rhythm.WATER, start, hours.copy()))


def mean_over_dekads(daily: Floats) -> Floats:
    """Mean of daily values of standard years over each ten-day period, shape (..., years * 36)."""
    years = daily.shape[-1] // len(dekad_of_position())
    by_year = daily.reshape(*daily.shape[:-1], years, -1)
    starts = np.concatenate(([0], np.cumsum(lengths())[:-1]))
    means = np.add.reduceat(by_year, starts, axis=-1) / lengths()
    return means.reshape(*daily.shape[:-1], years * PER_YEAR)
