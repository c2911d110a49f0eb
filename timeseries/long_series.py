"""Long series for a whole network: flow from a trace, and demands of weather years that were as wet or dry.

The flow of a trace (:class:`LongFlow`) has no weather of its own. What fields, towns and water surfaces need is therefore
borrowed, year by year, from a library of weather years: the driest year of the trace takes the demands of the driest year of
the library, and so on by rank of the flow from May to October. Drought on the river and thirst on the fields so come together,
which independent draws would understate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.models.units import DAYS_PER_YEAR, HOURS_PER_DAY
from yuqian.timeseries.days import STANDARD_YEAR, Days, Ints
from yuqian.timeseries.dekads import dekad_clock, lengths
from yuqian.timeseries.long_flow import FlowPlan, LongFlow
from yuqian.timeseries.resource import Context, Needy, ResourceError
from yuqian.timeseries.resources import resource
from yuqian.timeseries.river import regional_runoff_mm
from yuqian.timeseries.series import Series, series_of
from yuqian.timeseries.tables import tables
from yuqian.timeseries.weather import Weather, WeatherPlan

RIVER, UNITS = "river", "thermal"
LIBRARY_YEARS = 60
SUMMER = (5, 6, 7, 8, 9, 10)


@dataclass(frozen=True)
class LongPlan:
    """Which long series.

    Attributes:
        years: length.
        trace: number of the trace of flow.
        seed: of flow and weather.
        by_day: steps of a day; else ten-day periods.
        load_fraction: mean load of thermal units, which their cooling water goes by: over a step of days units run at it.
    """

    years: int = 60
    trace: int = 0
    seed: int = FlowPlan().seed
    by_day: bool = False
    load_fraction: float = 0.5

    def __post_init__(self) -> None:
        if self.years < 1 or self.trace < 0 or not 0.0 <= self.load_fraction <= 1.0:
            raise ValueError("a long series has a year or more, a trace from 0, and a load between 0 and 1")


def long_clock(first_year: int, plan: LongPlan, split_at: Sequence[str] = ()) -> Clock:
    """The calendar of a long series: years of 365 days, by day or by ten-day period cut at ``split_at``."""
    if plan.by_day:
        return Clock.of_periods(dt.date(first_year, 1, 1), np.ones(plan.years * int(DAYS_PER_YEAR)))
    return dekad_clock(first_year, plan.years, split_at)


@dataclass(frozen=True, eq=False)
class LongSeries:
    """Long series of assets; each made when first asked for.

    Attributes:
        assets: whose flow makes the region's.
        plan: which.
        first_year: civil year of the calendar's beginning.
        split_at: days that begin a step.
    """

    assets: Sequence[Needy]
    plan: LongPlan
    first_year: int
    split_at: tuple[str, ...] = ()

    @cached_property
    def clock(self) -> Clock:
        return long_clock(self.first_year, self.plan, self.split_at)

    @cached_property
    def flow(self) -> LongFlow:
        """The trace of flow at all assets that ask for a river."""
        sites = [asset for asset in self.assets if any(need.resource == RIVER for need in asset.series.values())]
        return LongFlow(sites, FlowPlan(self.plan.seed, 1, self.plan.years, self.plan.trace))  # type: ignore[arg-type]

    @cached_property
    def _flow_by_day(self) -> Floats:
        """Flow of the trace, shape (sites, days); even within a ten-day period unless by day."""
        if self.plan.by_day:
            return np.asarray(self.flow.days_m3_per_s()[0], dtype=float)
        days = np.tile(lengths(), self.plan.years)
        return np.repeat(np.asarray(self.flow.dekads_m3_per_s[0], dtype=float), days, axis=-1)

    @cached_property
    def _relative_flow(self) -> Floats:
        """Flow of all sites together over its mean, by day."""
        if not self.flow.catchments:
            return np.ones(self.plan.years * int(DAYS_PER_YEAR))
        relative: Floats = self._flow_by_day.sum(axis=0) / self.flow.mean_flow_m3_per_s.sum()
        return relative

    @cached_property
    def _library(self) -> Context:
        years = min(LIBRARY_YEARS, self.plan.years)
        return Context(Weather.of(Days(self.first_year), WeatherPlan(seed=self.plan.seed, years=years)))

    @cached_property
    def _along_flow(self) -> Context:
        """Weather whose runoff is the trace's."""
        weather = Weather.of(Days(self.first_year), WeatherPlan(seed=self.plan.seed, years=self.plan.years))
        mean_mm = tables(RIVER).number("runoff_mm_per_year") / DAYS_PER_YEAR
        weather.keep("runoff", lambda: self._without_leap(weather.days, self._relative_flow * mean_mm))
        return Context(weather)

    @staticmethod
    def _without_leap(days: Days, values: Floats) -> Floats:
        """Values of years of 365 days, on a calendar that may hold 29 February, which takes the day before's."""
        years: Floats = values.reshape(-1, int(DAYS_PER_YEAR))[days.years_run, days.positions]
        return years

    @cached_property
    def borrowed(self) -> Ints:
        """Year of the library whose demands each year of the trace takes, shape (years,)."""
        days = self._library.days
        library = np.bincount(days.years_run, weights=regional_runoff_mm(self._library.weather) * np.isin(days.months, SUMMER))
        summer = np.isin(Days(STANDARD_YEAR).months, SUMMER)
        own = self._relative_flow.reshape(self.plan.years, -1)[:, summer].sum(axis=1)
        rank = np.argsort(np.argsort(own, kind="stable"), kind="stable")
        years: Ints = np.argsort(library, kind="stable")[rank * len(library) // self.plan.years]
        return years

    def series(self) -> Series:
        """All series that the assets ask for, over :attr:`clock`.

        Raises:
            ResourceError: for a resource that is not there, or an asset that lacks what it asks for.
        """
        values: dict[tuple[str, str], Floats] = {}
        rhythms: dict[str, Rhythm] = {}
        sources: dict[str, set[str]] = {}
        for asset in sorted(self.assets, key=lambda asset: asset.id):
            for name, need in asset.series.items():
                if rhythms.setdefault(name, need.rhythm) is not need.rhythm:
                    raise ResourceError(f"'{asset.id}' wants '{name}' by {need.rhythm.value}, others want it otherwise")
                values[asset.id, name] = self._on_steps(self._by_day(asset, need.resource))
                sources.setdefault(name, set()).add(need.resource)
        stamps = {rhythm: self.clock.timeline(rhythm).stamps for rhythm in Rhythm}
        texts = {name: f"yuqian.timeseries: {', '.join(sorted(found))}" for name, found in sources.items()}
        plan = {"seed": self.plan.seed, "years": self.plan.years, "trace": self.plan.trace}
        attrs = {**plan, "source": "long flow; demands of weather years by rank of the flow from May to October"}
        return series_of(values, rhythms, stamps, texts, attrs)

    def _by_day(self, asset: Needy, name: str) -> Floats:
        """One series over the days of the trace, shape (years * 365,)."""
        if name == RIVER:
            flow: Floats = self._flow_by_day[[site.id for site in self.flow.catchments].index(asset.id)]
            return flow
        if name == UNITS:
            return np.full(self.plan.years * int(DAYS_PER_YEAR), self.plan.load_fraction)
        maker = resource(name)
        if maker.follows_flow:
            return self._cut(maker.make(asset, self._along_flow), self._along_flow.days).reshape(-1)
        made = maker.make(asset, self._library)
        if maker.rhythm is Rhythm.POWER:
            made = made.reshape(-1, HOURS_PER_DAY).mean(axis=1)
        return self._cut(made, self._library.days)[self.borrowed].reshape(-1)

    @staticmethod
    def _cut(by_day: Floats, days: Days) -> Floats:
        """Values by civil day as years of 365 days, 29 February left out, shape (years, 365)."""
        is_leap_day = np.diff(days.positions, prepend=-1) == 0
        years: Floats = by_day[~is_leap_day].reshape(-1, int(DAYS_PER_YEAR))
        return years

    def _on_steps(self, by_day: Floats) -> Floats:
        """Means over the steps of the clock."""
        days = np.rint(self.clock.water.hours / HOURS_PER_DAY).astype(np.int64)
        means: Floats = np.add.reduceat(by_day, np.concatenate(([0], np.cumsum(days)[:-1]))) / days
        return means
