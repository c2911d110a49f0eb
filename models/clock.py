"""Time: two rhythms, one fixed zone.

Power runs by the hour, rivers by the day (or, over long series, by the 旬, a ten-day period). Flows and powers are averages
over a step; levels, stocks and energies are taken at its END, so a stock lives on the *instants*: -1, the opening, and then
the end of every step. Stamps mark the beginning of a step in UTC+8 without summer time. A water step holds a whole number of
power steps, 24 to a day.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo

from yuqian.models.units import DAYS_PER_YEAR, HM3_PER_M3_PER_S_HOUR, HOURS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from yuqian.models.carry_law import Carried

ZONE = dt.timezone(dt.timedelta(hours=8), "UTC+08:00")
OPENING = -1
"""The instant before the first step."""

DAYS_OF_YEAR = int(DAYS_PER_YEAR)
FEBRUARY_ENDS = 59
"""Days of a year before 29 February or 1 March."""

Floats = npt.NDArray[np.float64]


class Rhythm(enum.Enum):
    """Which of a clock's two timelines a quantity lives on."""

    POWER = "hour"
    WATER = "day"


class Horizon(enum.Enum):
    """How the beginning and the end of a problem are tied to the rest of time."""

    WHOLE = "whole"
    """It stands alone: stocks end as they began, or as they must."""
    WINDOW = "window"
    """It is a part of something longer: what was before is given as numbers, and what is left at the end has a value."""


@dataclass(frozen=True)
class Timeline:
    """Steps of one rhythm.

    Attributes:
        rhythm: which rhythm this is.
        start: beginning of the first step, naive local time (UTC+8).
        hours: length of each step in hours, shape (count,).
        drops_leap_days: whether 29 February is no day of the calendar, so that every year has 365 days, as in long series.
    """

    rhythm: Rhythm
    start: dt.datetime
    hours: Floats
    drops_leap_days: bool = False

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None:
            raise ValueError("a timeline starts at a naive local time; the zone is always UTC+8")
        if self.drops_leap_days and (self.start.month, self.start.day) == (2, 29):
            raise ValueError("a calendar without leap days cannot begin on 29 February")
        if self.hours.ndim != 1 or not len(self.hours) or not np.all(self.hours > 0):
            raise ValueError("a timeline needs at least one step, and every step a positive length")
        self.hours.flags.writeable = False

    @property
    def count(self) -> int:
        return len(self.hours)

    @property
    def last(self) -> int:
        return self.count - 1

    @cached_property
    def stamps(self) -> npt.NDArray[np.datetime64]:
        """Beginning of each step, naive local time, shape (count,)."""
        return self._stamps_after(np.concatenate(([0.0], np.cumsum(self.hours)[:-1])) * SECONDS_PER_HOUR)

    @cached_property
    def last_days(self) -> npt.NDArray[np.datetime64]:
        """Day in which each step ends (a step to midnight ends in the day before), shape (count,)."""
        return self._stamps_after(np.cumsum(self.hours) * SECONDS_PER_HOUR - 1.0).astype("datetime64[D]")

    def _stamps_after(self, passed_s: Floats) -> npt.NDArray[np.datetime64]:
        """Local times so many seconds of this calendar after the start."""
        passed = passed_s.astype("timedelta64[s]")
        start = np.datetime64(self.start, "s")
        if not self.drops_leap_days:
            stamps: npt.NDArray[np.datetime64] = start + passed
            return stamps
        midnight = start.astype("datetime64[D]")
        new_year = midnight.astype("datetime64[Y]")
        first = int((midnight - new_year.astype("datetime64[D]")).astype(np.int64))
        first -= int(_is_leap(new_year) and first > FEBRUARY_ENDS)
        since_midnight = passed + (start - midnight)
        days = since_midnight.astype("timedelta64[D]")
        position = first + days.astype(np.int64)
        years = new_year + position // DAYS_OF_YEAR
        of_year = position % DAYS_OF_YEAR
        of_year += _is_leap(years) & (of_year >= FEBRUARY_ENDS)
        stamps = years.astype("datetime64[s]") + of_year.astype("timedelta64[D]")
        stamps += since_midnight - days
        return stamps

    @cached_property
    def months(self) -> npt.NDArray[np.int64]:
        """Month (1 to 12) in which each step begins, shape (count,)."""
        months: npt.NDArray[np.int64] = self.stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
        return months

    @cached_property
    def hm3_per_m3_per_s(self) -> Floats:
        """Volume that one m3/s brings in each step, hm3, shape (count,)."""
        return self.hours * HM3_PER_M3_PER_S_HOUR

    def since(self, month_day: str) -> npt.NDArray[np.bool_]:
        """Which steps begin on or after ``month_day`` ("MM-DD") of their own year, shape (count,)."""
        return _on_or_after(self.stamps.astype("datetime64[D]"), month_day)

    def ends_since(self, month_day: str) -> npt.NDArray[np.bool_]:
        """Which steps end on or after ``month_day`` ("MM-DD") of the year that they end in, shape (count,)."""
        return _on_or_after(self.last_days, month_day)

    def days_since(self, month_day: str) -> npt.NDArray[np.int64]:
        """Whole days from the beginning of ``month_day`` to the end of the step's last day, in its year, shape (count,)."""
        month, day = (int(part) for part in month_day.split("-"))
        years = self.last_days.astype("datetime64[Y]")
        begins = (years.astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (day - 1)
        passed: npt.NDArray[np.int64] = (self.last_days - begins).astype(np.int64) + 1
        return passed


def _on_or_after(days: npt.NDArray[np.datetime64], month_day: str) -> npt.NDArray[np.bool_]:
    month, day = (int(part) for part in month_day.split("-"))
    by_month = days.astype("datetime64[M]")
    months = by_month.astype(np.int64) % 12 + 1
    in_month = (days - by_month.astype("datetime64[D]")).astype(np.int64) + 1
    after: npt.NDArray[np.bool_] = (months > month) | ((months == month) & (in_month >= day))
    return after


def _is_leap(years: Any) -> Any:
    """Whether years, as datetime64, have a 29 February."""
    number = years.astype(np.int64) + 1970
    return (number % 4 == 0) & ((number % 100 != 0) | (number % 400 == 0))


@dataclass(frozen=True)
class Clock:
    """A power timeline and the water timeline that it divides.

    Attributes:
        power: the finer timeline, hours.
        water: the coarser timeline, days; each of its steps holds ``power_per_water`` power steps.
        longer: the calendar that this one is the beginning of; None for one of its own.
    """

    power: Timeline
    water: Timeline
    longer: Clock | None = None

    def __post_init__(self) -> None:
        if self.power.drops_leap_days != self.water.drops_leap_days:
            raise ValueError("either both timelines drop leap days, or none")
        if self.power.start != self.water.start or self.power.count % self.water.count:
            raise ValueError("both timelines must start together, and a water step must hold a whole number of power steps")
        inside = self.power.hours.reshape(self.water.count, -1)
        if not np.allclose(inside.sum(axis=1), self.water.hours):
            raise ValueError("the power steps of a water step must fill it exactly")
        if not np.allclose(inside, inside[:, :1]):
            raise ValueError("the power steps of a water step must be equally long: they are averaged over without weights")

    @classmethod
    def of_days(cls, start: dt.date, days: int, hours_per_day: int = HOURS_PER_DAY) -> Clock:
        """``days`` days from ``start``, by the hour for power and by the day for water."""
        midnight = dt.datetime(start.year, start.month, start.day)
        return cls(
            Timeline(Rhythm.POWER, midnight, np.ones(days * hours_per_day)),
            Timeline(Rhythm.WATER, midnight, np.full(days, float(hours_per_day))),
        )

    @classmethod
    def of_year(cls, year: int) -> Clock:
        """A standard year of 8760 hours; a leap year ends on 30 December."""
        return cls.of_days(dt.date(year, 1, 1), 365)

    @classmethod
    def of_periods(cls, start: dt.date, days: Floats | list[float], drops_leap_days: bool = True) -> Clock:
        """Water steps of so many days from ``start``, one power step in each: the calendar of a long series."""
        midnight, hours = dt.datetime(start.year, start.month, start.day), np.asarray(days, dtype=float) * HOURS_PER_DAY
        return cls(
            Timeline(Rhythm.POWER, midnight, hours, drops_leap_days),
            Timeline(Rhythm.WATER, midnight, hours.copy(), drops_leap_days),
        )

    def first_days(self, days: int) -> Clock:
        """The beginning of this calendar, of some water steps."""
        power, water = self.power, self.water
        return Clock(
            Timeline(power.rhythm, power.start, power.hours[: days * self.power_per_water].copy(), power.drops_leap_days),
            Timeline(water.rhythm, water.start, water.hours[:days].copy(), water.drops_leap_days), self,
        )  # fmt: skip

    @property
    def power_per_water(self) -> int:
        return self.power.count // self.water.count

    def timeline(self, rhythm: Rhythm) -> Timeline:
        return self.power if rhythm is Rhythm.POWER else self.water

    @cached_property
    def water_of_power(self) -> npt.NDArray[np.int64]:
        """Water step in which each power step lies, shape (power.count,)."""
        return np.repeat(np.arange(self.water.count), self.power_per_water)

    def mean_over_water(self, by_power: Floats) -> Floats:
        """Average of an hourly array over each water step, shape (..., water.count)."""
        shape = (*by_power.shape[:-1], self.water.count, self.power_per_water)
        mean: Floats = by_power.reshape(shape).mean(axis=-1)
        return mean

    def year_hours(self) -> float:
        """Length of the whole clock in hours."""
        return float(self.power.hours.sum())


class Steps:
    """The index sets of a clock on one Pyomo model: what the rules of a kind run over.

    Attributes:
        hours, days: power and water steps, 0 .. n-1.
        hour_ends, day_ends: the same with the opening instant -1 in front, for stocks.
        later_hours, later_days: all steps but the first, for rules that look back one step at a flow.
        day_of_hour: Param, the water step in which a power step lies.
        hm3_per_m3_per_s: Param over ``days``, volume that one m3/s brings in the step.
        clock: the calendar behind.
        horizon: whether the problem stands alone or is a window of something longer.
        carried: what goes on from one window to the next; see :mod:`yuqian.models.carry_law`.
    """

    def __init__(self, model: pyo.ConcreteModel, clock: Clock, horizon: Horizon = Horizon.WHOLE) -> None:
        self.clock = clock
        self.horizon = horizon
        self.carried: list[Carried] = []
        hours, days = clock.power.count, clock.water.count
        # A Set that holds its members is walked twenty times faster than a RangeSet, and every declaration walks one.
        model.hours = pyo.Set(initialize=range(hours))
        model.days = pyo.Set(initialize=range(days))
        model.hour_ends = pyo.Set(initialize=range(OPENING, hours))
        model.day_ends = pyo.Set(initialize=range(OPENING, days))
        model.later_hours = pyo.Set(initialize=range(1, hours))
        model.later_days = pyo.Set(initialize=range(1, days))
        model.day_of_hour = pyo.Param(model.hours, initialize=dict(enumerate(clock.water_of_power.tolist())), domain=pyo.Any)
        model.hm3_per_m3_per_s = pyo.Param(model.days, initialize=dict(enumerate(clock.water.hm3_per_m3_per_s.tolist())))
        model.hours_of_power = pyo.Param(model.hours, initialize=dict(enumerate(clock.power.hours.tolist())))
        model.hours_of_water = pyo.Param(model.days, initialize=dict(enumerate(clock.water.hours.tolist())))
        self.hours_of_power, self.hours_of_water = model.hours_of_power, model.hours_of_water
        self.hours, self.days = model.hours, model.days
        self.hour_ends, self.day_ends = model.hour_ends, model.day_ends
        self.later_hours, self.later_days = model.later_hours, model.later_days
        self.day_of_hour, self.hm3_per_m3_per_s = model.day_of_hour, model.hm3_per_m3_per_s

    @property
    def hours_per_day(self) -> int:
        """Power steps in a water step."""
        return self.clock.power_per_water

    def length_h(self, rhythm: Rhythm, step: Any) -> Any:
        """Length of a step in hours: a number where all steps are alike, else looked up by step."""
        hours = self.clock.timeline(rhythm).hours
        if np.all(hours == hours[0]):
            return float(hours[0])
        return (self.hours_of_power if rhythm is Rhythm.POWER else self.hours_of_water)[step]

    def of(self, rhythm: Rhythm) -> Any:
        """The steps of a rhythm, as a Pyomo set."""
        return self.hours if rhythm is Rhythm.POWER else self.days
