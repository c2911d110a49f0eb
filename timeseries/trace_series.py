"""Water series of many traces: flow from long traces, and demands of weather years that were as wet or dry.

A trace of flow has no weather of its own. What fields, towns and water surfaces need is borrowed, year by year, from a library
of weather years: the driest year of the trace, by its flow from May to October, takes the demands of the driest year of the
library, and so on by rank. Drought on the river and thirst on the fields so come together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import DAYS_PER_YEAR
from yuqian.timeseries.days import STANDARD_YEAR, Days, Ints
from yuqian.timeseries.dekads import PER_YEAR, dekad_of_position, lengths
from yuqian.timeseries.long_flow import FlowPlan, LongFlow, Singles
from yuqian.timeseries.pearson import Pearson3
from yuqian.timeseries.resource import Context, Needy
from yuqian.timeseries.resources import resource
from yuqian.timeseries.river import regional_runoff_mm
from yuqian.timeseries.tables import tables
from yuqian.timeseries.weather import Weather, WeatherPlan

WET_MONTHS = (5, 6, 7, 8, 9, 10)
"""Months by whose runoff a year of a trace is paired with a year of weather: those of the rains."""

RIVER, ECOLOGICAL = "river", "ecological_flow"
LIBRARY_YEARS = 60
DAYS = int(DAYS_PER_YEAR)
Numbers = npt.NDArray[np.floating]


@dataclass(frozen=True)
class DroughtYears:
    """Years in a row that are made as dry as the design dry year.

    Attributes:
        years: how many.
        exceeded: share of years whose flow is larger than that of the design year.
        start: year of the trace that they begin in, from 0; the middle when None.
    """

    years: int
    exceeded: float = 0.95
    start: int | None = None

    def __post_init__(self) -> None:
        if self.years < 1 or not 0.0 < self.exceeded < 1.0:
            raise ValueError("a drought lasts a year or more, and its share of exceedance lies between 0 and 1")


@dataclass(frozen=True, eq=False)
class TraceSeries:
    """Series of water assets over traces of years of 365 days.

    Attributes:
        assets: whoever asks for series; only those of the water rhythm are made.
        plan: traces, years and seed.
        by_day: steps of a day; else ten-day periods.
        drought: what is laid over every trace.
    """

    assets: Sequence[Needy]
    plan: FlowPlan
    by_day: bool = True
    drought: DroughtYears | None = None

    @cached_property
    def flow(self) -> LongFlow:
        """Natural flow of the assets that ask for a river."""
        sites = [asset for asset in self.assets if any(need.resource == RIVER for need in asset.series.values())]
        return LongFlow(sites, self.plan)  # type: ignore[arg-type]

    @cached_property
    def flows_m3_per_s(self) -> Singles:
        """Flow of each site, shape (traces, sites, steps), with the drought laid over."""
        flows = self.flow.days_m3_per_s() if self.by_day else self.flow.dekads_m3_per_s
        if self.drought is None or not self.flow.catchments:
            return flows
        factor = np.repeat(self._drought_factor, flows.shape[-1] // self.plan.years, axis=1).astype(np.float32)
        return flows * factor[:, None, :]

    @cached_property
    def _drought_factor(self) -> Floats:
        """Factor of each year that makes the years of drought the design year, shape (traces, years)."""
        assert self.drought is not None
        river, years = tables(RIVER), self.plan.years
        if self.drought.years > years:
            raise ValueError(f"a drought of {self.drought.years} years does not fit into {years}")
        variation = river.number("annual_variation")
        design = float(Pearson3(1.0, variation, river.number("skew_ratio") * variation).exceeded(self.drought.exceeded))
        start = (years - self.drought.years) // 2 if self.drought.start is None else self.drought.start
        if not 0 <= start <= years - self.drought.years:
            raise ValueError(f"a drought of {self.drought.years} years cannot begin in year {start} of {years}")
        factor = np.ones((self.plan.traces, years))
        dry = slice(start, start + self.drought.years)
        factor[:, dry] = design / self._relative(np.asarray(self.flow.dekads_m3_per_s)).mean(axis=2)[:, dry]
        return factor

    def _relative(self, dekads: Numbers) -> Floats:
        """Flow of all sites together over its mean by ten-day period, weighted by days, shape (traces, years, 36)."""
        total = dekads.sum(axis=1, dtype=float) / self.flow.mean_flow_m3_per_s.sum()
        by_year = total.reshape(self.plan.traces, self.plan.years, PER_YEAR)
        weighted: Floats = by_year * lengths() * PER_YEAR / DAYS_PER_YEAR
        return weighted

    @property
    def _library(self) -> Context:
        return _library_of(self.plan.seed, min(LIBRARY_YEARS, self.plan.years))

    @cached_property
    def borrowed(self) -> Ints:
        """Year of the library whose demands each year takes, shape (traces, years)."""
        days = self._library.days
        wet = np.isin(days.months, WET_MONTHS)
        library = np.bincount(days.years_run, weights=regional_runoff_mm(self._library.weather) * wet)
        if not self.flow.catchments:
            return np.tile(np.arange(self.plan.years) % len(library), (self.plan.traces, 1))
        summer = np.isin(Days(STANDARD_YEAR).months, WET_MONTHS)[np.searchsorted(dekad_of_position(), np.arange(PER_YEAR))]
        own = self._relative(self.flow.dekads_m3_per_s)[:, :, summer].sum(axis=2)
        if self.drought is not None:
            own = own * self._drought_factor
        rank = np.argsort(np.argsort(own, axis=1, kind="stable"), axis=1, kind="stable")
        years: Ints = np.argsort(library, kind="stable")[rank * len(library) // self.plan.years]
        return years

    def series(self) -> Mapping[tuple[str, str], Numbers]:
        """By (asset, name): shape (traces, steps), or (steps,) where every year is alike.

        Ecological flow is what the rule asks for; whoever runs the network limits it to what flows.
        """
        sites = {site.id: number for number, site in enumerate(self.flow.catchments)}
        made: dict[tuple[str, str], Numbers] = {}
        same: dict[str, Numbers] = {}
        for asset in sorted(self.assets, key=lambda asset: asset.id):
            for name, need in asset.series.items():
                if need.rhythm is not Rhythm.WATER:
                    continue
                if need.resource == RIVER:
                    made[asset.id, name] = self.flows_m3_per_s[:, sites[asset.id]]
                    continue
                maker = resource(need.resource)
                if maker.rhythm is not Rhythm.WATER:
                    continue
                # The same for all who ask with nothing of their own: kept once.
                alike = not any(vars(base).get("__annotations__") for base in maker.asks.__mro__ if base is not object)
                if alike and need.resource in same:
                    made[asset.id, name] = same[need.resource]
                    continue
                library = self._library
                values = _unlimited(maker, asset, library) if need.resource == ECOLOGICAL else maker.make(asset, library)
                made[asset.id, name] = self._borrowed(values)
                if alike:
                    same[need.resource] = made[asset.id, name]
        return made

    def _borrowed(self, by_day: Floats) -> Numbers:
        """Values of the library's years on the traces: once for all where every year is alike."""
        years = by_day.reshape(-1, DAYS)
        if not self.by_day:
            starts = np.concatenate(([0], np.cumsum(lengths())[:-1]))
            years = np.add.reduceat(years, starts, axis=1) / lengths()
        if np.all(years == years[:1]):
            return np.tile(years[0], self.plan.years)
        return years.astype(np.float32)[self.borrowed].reshape(self.plan.traces, -1)


@lru_cache(maxsize=2)
def _library_of(seed: int, years: int) -> Context:
    """Weather years to borrow from: the same for all traces, and what was made of them stays."""
    return Context(Weather.of(Days(STANDARD_YEAR), WeatherPlan(seed=seed, years=years)))


def _unlimited(maker: object, asset: object, library: Context) -> Floats:
    """The ecological rule itself, not limited to the library's flow, which is not the trace's."""
    if getattr(asset, "ecological_inflow_limited", False):
        asset = asset.model_copy(update={"ecological_inflow_limited": False})  # type: ignore[attr-defined]
    made: Floats = maker.make(asset, library)  # type: ignore[attr-defined]
    return made
