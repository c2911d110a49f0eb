"""Calendar of a run of weather: whole civil years, day by day, possibly the same years many times over.

Weather is always made for whole years, so that a week cut out of a year is the same week that the year holds. To try many
weather years on one calendar, the calendar is repeated (:meth:`Days.repeated`) and weather runs on through it without a seam.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Clock, Floats
from yuqian.models.units import DAYS_PER_YEAR, HOURS_PER_DAY

Ints = npt.NDArray[np.int64]
STANDARD_YEAR = 2025
"""Any year without a 29 February: its days number the positions in a year, 0 to 364."""
_THURSDAY = 3


@dataclass(frozen=True)
class Days:
    """Days of whole civil years.

    Attributes:
        first_year: civil year in which a block begins.
        years: civil years in a block.
        repeats: how often the block comes.
    """

    first_year: int
    years: int = 1
    repeats: int = 1

    def __post_init__(self) -> None:
        if self.years < 1 or self.repeats < 1:
            raise ValueError("a calendar needs at least one year and one repeat")

    @classmethod
    def of_clock(cls, clock: Clock) -> Days:
        """The whole years in which a clock lies."""
        last = clock.power.start + dt.timedelta(hours=float(clock.power.hours.sum()) - 1e-6)
        return cls(clock.power.start.year, last.year - clock.power.start.year + 1)

    def repeated(self, times: int) -> Days:
        """The same calendar, ``times`` over."""
        return Days(self.first_year, self.years, self.repeats * times)

    @cached_property
    def block(self) -> npt.NDArray[np.datetime64]:
        """Dates of one block, shape (block days,)."""
        return np.arange(f"{self.first_year}-01-01", f"{self.first_year + self.years}-01-01", dtype="datetime64[D]")

    @cached_property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """Civil date of each day, shape (count,)."""
        return np.tile(self.block, self.repeats)

    @property
    def count(self) -> int:
        return len(self.block) * self.repeats

    @property
    def hours(self) -> int:
        return self.count * HOURS_PER_DAY

    @cached_property
    def months(self) -> Ints:
        """Month 1 to 12, shape (count,)."""
        months: Ints = self.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
        return months

    @cached_property
    def civil_years(self) -> Ints:
        """Civil year, shape (count,)."""
        years: Ints = self.dates.astype("datetime64[Y]").astype(np.int64) + 1970
        return years

    @cached_property
    def years_run(self) -> Ints:
        """Number of the year in the run, 0 upward, counting through the repeats, shape (count,)."""
        within = self.civil_years - self.first_year
        return within + self.years * np.repeat(np.arange(self.repeats), len(self.block))

    @cached_property
    def positions(self) -> Ints:
        """Position in a year of 365 days, 0 to 364; 29 February shares that of the 28th. Shape (count,)."""
        year_start = self.dates.astype("datetime64[Y]").astype("datetime64[D]")
        day = (self.dates - year_start).astype(np.int64)
        leap = (self.civil_years % 4 == 0) & ((self.civil_years % 100 != 0) | (self.civil_years % 400 == 0))
        positions: Ints = day - (leap & (day >= 59))
        return positions

    def within(self, start: str, end: str) -> npt.NDArray[np.bool_]:
        """Which days lie from ``start`` to before ``end`` ("MM-DD") of any year, over the new year if ``end < start``."""
        day = (self.dates - self.dates.astype("datetime64[M]")).astype(np.int64) + 1
        date = 100 * self.months + day
        first, over = (int(text.replace("-", "")) for text in (start, end))
        inside: npt.NDArray[np.bool_] = (date >= first) & (date < over) if first < over else (date >= first) | (date < over)
        return inside

    @cached_property
    def weekdays(self) -> Ints:
        """0 Monday to 6 Sunday, shape (count,)."""
        weekdays: Ints = (self.dates.astype(np.int64) + _THURSDAY) % 7
        return weekdays

    @cached_property
    def from_new_year(self) -> Ints:
        """Days since the lunar new year of the same civil year (negative before it), shape (count,)."""
        new_years = np.array([lunar_new_year(int(year)) for year in range(self.first_year, self.first_year + self.years)])
        own = new_years.astype("datetime64[D]")[self.civil_years - self.first_year]
        passed: Ints = (self.dates - own).astype(np.int64)
        return passed

    def cut(self, clock: Clock) -> tuple[slice, slice]:
        """Where a clock lies within the first block: a slice of its days and one of its hours.

        Raises:
            ValueError: if the clock does not begin at midnight, holds parts of days, or leaves the block.
        """
        start = np.datetime64(clock.power.start, "s")
        midnight = start.astype("datetime64[D]")
        days = float(clock.power.hours.sum()) / HOURS_PER_DAY
        if start != midnight or days != int(days):
            raise ValueError("series are made for clocks of whole days that begin at midnight")
        first = int((midnight - self.block[0]).astype(np.int64))
        if first < 0 or first + int(days) > len(self.block):
            raise ValueError(f"the clock lies outside the calendar of {self.first_year} to {self.first_year + self.years - 1}")
        last = first + int(days)
        return slice(first, last), slice(first * HOURS_PER_DAY, last * HOURS_PER_DAY)


@lru_cache(maxsize=256)
def lunar_new_year(year: int) -> dt.date:
    """Date of the lunar new year (春节) in a civil year, from the tables of the ``holidays`` package, without network.

    Raises:
        ValueError: for a year that the tables do not cover.
    """
    from holidays.calendars import _ChineseLunisolar

    found = _ChineseLunisolar().lunar_new_year_date(year)
    date = found[0] if isinstance(found, tuple) else found
    if not isinstance(date, dt.date):
        raise ValueError(f"the lunar new year of {year} is not in the calendar tables; they cover 1901 to 2100")
    return date


def to_days(by_month: Floats, positions: Ints) -> Floats:
    """Spread twelve monthly values over days, smoothly and so that every month keeps its mean.

    Piecewise linear between the middles of the months; the values in the middles are solved for.

    Args:
        by_month: shape (12,), January to December.
        positions: position of each day in a year of 365 days, shape (n,).

    Returns:
        Shape (n,).
    """
    weights, months = _interpolation()
    means = np.array([weights[months == month].mean(axis=0) for month in range(12)])
    return (weights @ np.linalg.solve(means, by_month))[positions]


@lru_cache(maxsize=1)
def _interpolation() -> tuple[Floats, Ints]:
    """Weight of each month's middle on each day of a standard year, shape (365, 12), and the month of each day, 0 to 11."""
    dates = np.arange(f"{STANDARD_YEAR}-01-01", f"{STANDARD_YEAR + 1}-01-01", dtype="datetime64[D]")
    months: Ints = dates.astype("datetime64[M]").astype(np.int64) % 12
    middles = np.array([np.flatnonzero(months == month).mean() for month in range(12)])
    days = np.arange(len(dates), dtype=float)
    around = np.concatenate(([middles[-1] - DAYS_PER_YEAR], middles, [middles[0] + DAYS_PER_YEAR]))
    weights = np.empty((len(dates), 12))
    for month in range(12):
        peak = np.zeros(14)
        peak[month + 1] = 1.0
        if month == 0:
            peak[13] = 1.0
        if month == 11:
            peak[0] = 1.0
        weights[:, month] = np.interp(days, around, peak)
    return weights, months
