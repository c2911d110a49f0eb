"""Long series of river flow: many traces of many years, by ten-day period and by day, at several sites.

A periodic AR(1) runs in normal space; every ten-day period then passes through its own Pearson III margin, so that mean,
variation and skew are kept exactly (the idea of SPARTA, Tsoukalas et al. 2018, Water Resources Research 54). Days take their
shape within the period from the soil store's flow in a like period (after Nowak et al. 2010, Water Resources Research 46).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy import special

from yuqian.models.clock import Floats
from yuqian.models.units import DAYS_PER_YEAR, M3_PER_S_PER_MM_PER_DAY_KM2, unit_of
from yuqian.timeseries.days import STANDARD_YEAR, Days, Ints, to_days
from yuqian.timeseries.dekads import PER_YEAR, dekad_of_position, lengths
from yuqian.timeseries.pearson import Pearson3
from yuqian.timeseries.river import CatchmentSite, regional_runoff_mm
from yuqian.timeseries.streams import Process, Streams, key_of
from yuqian.timeseries.tables import tables
from yuqian.timeseries.weather import Weather, WeatherPlan

Singles = npt.NDArray[np.float32]
DEVIATES = np.linspace(-6.0, 6.0, 4001)
SHAPE_YEARS = 30
NEAREST = 5
JOIN_WEIGHTS = (np.float32(0.35), np.float32(0.20), np.float32(0.10))
"""Shares of the step between two periods that the first, second and third day on either side take up."""
FLOW_MIN = np.float32(1e-6)


@dataclass(frozen=True)
class FlowPlan:
    """Which flow to make.

    Attributes:
        seed: of all random streams.
        traces: independent runs.
        first: number of the first; a run is the same whichever others are made.
        years: length of each, in years of 365 days.
    """

    seed: int = 20_260
    traces: int = 1
    years: int = 60
    first: int = 0

    def __post_init__(self) -> None:
        if self.traces < 1 or self.years < 1:
            raise ValueError("at least one trace and one year are needed")


@dataclass(frozen=True, eq=False)
class LongFlow:
    """Flow at catchments over many years; made when first asked for.

    Attributes:
        catchments: with id, area and mean runoff depth; each keeps its flow whichever others there are.
        plan: how long and how many.
    """

    catchments: Sequence[CatchmentSite]
    plan: FlowPlan

    @property
    def steps(self) -> int:
        """Ten-day periods in a trace."""
        return self.plan.years * PER_YEAR

    @cached_property
    def margins(self) -> tuple[Pearson3, ...]:
        """Pearson III of each ten-day period, relative to the mean flow."""
        river = tables("river")
        per_day = river.months("runoff_month_share") / np.bincount(Days(STANDARD_YEAR).months)[1:] * DAYS_PER_YEAR
        mean = _by_dekad(per_day)
        variation = _by_dekad(river.months("month_variation")) * river.number("dekad_variation_factor")
        ratio = river.number("skew_ratio")
        mean *= DAYS_PER_YEAR / float(mean @ lengths())
        return tuple(Pearson3(float(m), float(v), float(ratio * v)) for m, v in zip(mean, variation, strict=True))

    @cached_property
    def memory(self) -> Floats:
        """Lag-1 correlation of the deviates with the period before, shape (36,)."""
        memory: Floats = np.clip(_by_dekad(tables("river").months("dekad_memory")), 0.0, 0.99)
        return memory

    @cached_property
    def deviates(self) -> Singles:
        """Normal deviates of ten-day flow: the region first, then the catchments, shape (traces, 1 + sites, steps)."""
        shared = tables("river").number("flow_site_correlation")
        keys = [key_of(catchment.id) for catchment in self.catchments]
        noise = np.empty((self.plan.traces, 1 + len(keys), self.steps + 1), dtype=np.float32)
        for trace in range(self.plan.traces):
            streams = Streams(self.plan.seed, self.plan.first + trace)
            noise[trace, 0] = streams.of(Process.FLOW).standard_normal(self.steps + 1)
            for site, key in enumerate(keys, start=1):
                own = streams.of(Process.FLOW_SITE, key).standard_normal(self.steps + 1)
                noise[trace, site] = np.sqrt(shared) * noise[trace, 0] + np.sqrt(1.0 - shared) * own
        out = np.empty((self.plan.traces, 1 + len(keys), self.steps), dtype=np.float32)
        now = noise[:, :, 0]
        for step in range(self.steps):
            r = self.memory[step % PER_YEAR]
            now = np.float32(r) * now + np.float32(np.sqrt(1.0 - r * r)) * noise[:, :, step + 1]
            out[:, :, step] = now
        return out

    @cached_property
    def mean_flow_m3_per_s(self) -> Floats:
        """Mean flow of each catchment, shape (sites,)."""
        return np.array(
            [c.area_km2 * c.runoff_depth_mm_per_year / DAYS_PER_YEAR * M3_PER_S_PER_MM_PER_DAY_KM2 for c in self.catchments]
        )

    @cached_property
    def dekads_m3_per_s(self) -> Singles:
        """Flow by ten-day period, shape (traces, sites, steps)."""
        deviates = self.deviates[:, 1:].reshape(self.plan.traces, len(self.catchments), self.plan.years, PER_YEAR)
        out = np.empty(deviates.shape, dtype=np.float32)
        for dekad, margin in enumerate(self.margins):
            out[..., dekad] = np.interp(deviates[..., dekad], DEVIATES, _flow_of_deviates(margin))
        out *= self.mean_flow_m3_per_s.astype(np.float32)[:, None, None]
        return out.reshape(self.plan.traces, len(self.catchments), self.steps)

    def days_m3_per_s(self) -> Singles:
        """Flow by day, whose ten-day means are :attr:`dekads_m3_per_s`, shape (traces, sites, years * 365).

        All sites of a trace take the shape of the same library year, so that floods come together.
        """
        library, order = _shapes(self.plan.seed)
        picks = self._picks(order)
        of_day = dekad_of_position()
        rows = np.repeat(picks.reshape(-1, PER_YEAR), lengths(), axis=1)
        shape = library[rows, np.arange(len(of_day))].reshape(self.plan.traces, 1, self.plan.years, len(of_day))
        by_year = self.dekads_m3_per_s.reshape(self.plan.traces, len(self.catchments), self.plan.years, PER_YEAR)
        daily = np.repeat(by_year, lengths(), axis=-1)
        daily *= shape
        return self._joined(daily.reshape(self.plan.traces, len(self.catchments), -1))

    def _joined(self, daily: Singles) -> Singles:
        """Days without most of the steps where periods meet; every ten-day mean is kept."""
        tiled = np.tile(lengths(), self.plan.years)
        starts = np.concatenate(([0], np.cumsum(tiled)[:-1]))
        meet = starts[1:]
        step = np.log(np.maximum(daily[..., meet], FLOW_MIN) / np.maximum(daily[..., meet - 1], FLOW_MIN))
        for away, weight in enumerate(JOIN_WEIGHTS):
            daily[..., meet + away] *= np.exp(-weight * step)
            daily[..., meet - 1 - away] *= np.exp(weight * step)
        found = np.add.reduceat(daily, starts, axis=-1) / tiled.astype(np.float32)
        daily *= np.repeat(self.dekads_m3_per_s / np.maximum(found, FLOW_MIN), tiled, axis=-1)
        return daily

    def dataset(self, by_day: bool = False) -> xr.Dataset:
        """The flows with names, units and source: dimensions trace, catchment and ``dekad`` or ``day``."""
        step = "day" if by_day else "dekad"
        values = self.days_m3_per_s() if by_day else self.dekads_m3_per_s
        name = "inflow_m3_per_s"
        attrs = {"units": unit_of(name), "source": "yuqian.timeseries: periodic AR(1), Pearson III margins"}
        coords = {"catchment": [c.id for c in self.catchments], "trace": self.plan.first + np.arange(self.plan.traces)}
        notes = {"seed": self.plan.seed, "years": self.plan.years, "calendar": "365 days; 36 ten-day periods a year"}
        return xr.Dataset({name: (("trace", "catchment", step), values, attrs)}, coords, notes)

    def _picks(self, order: Ints) -> Ints:
        """Library year for each ten-day period: one of the nearest by rank, shape (traces, steps)."""
        rank = special.ndtr(self.deviates[:, 0].astype(float)) * SHAPE_YEARS
        for trace in range(self.plan.traces):
            jitter = Streams(self.plan.seed, self.plan.first + trace).of(Process.FLOW_DAY).random(self.steps)
            rank[trace] += (jitter - 0.5) * NEAREST
        place = np.clip(rank.astype(np.int64), 0, SHAPE_YEARS - 1)
        dekad = np.tile(np.arange(PER_YEAR), self.plan.years)
        picked: Ints = order[place, dekad]
        return picked


@lru_cache(maxsize=2 * PER_YEAR)
def _flow_of_deviates(margin: Pearson3) -> Floats:
    """Flow at each of ``DEVIATES``, shape (4001,)."""
    return np.maximum(margin.quantile(special.ndtr(DEVIATES)), 0.0)


def _by_dekad(by_month: Floats) -> Floats:
    """Monthly values at ten-day periods, each month's mean kept, shape (36,)."""
    daily = to_days(by_month, np.arange(len(dekad_of_position())))
    return np.bincount(dekad_of_position(), weights=daily) / lengths()


@lru_cache(maxsize=2)
def _shapes(seed: int) -> tuple[Singles, Ints]:
    """Daily flow over its ten-day mean in library years, and the years ordered by flow in each period.

    Returns:
        Shapes (SHAPE_YEARS, 365) and (SHAPE_YEARS, 36).
    """
    weather = Weather.of(Days(STANDARD_YEAR), WeatherPlan(seed=seed, years=SHAPE_YEARS))
    flow = regional_runoff_mm(weather).reshape(SHAPE_YEARS, -1)
    of_day = dekad_of_position()
    means = np.stack([np.bincount(of_day, weights=year) / lengths() for year in flow])
    shape = flow / means[:, of_day]
    return shape.astype(np.float32), np.argsort(means, axis=0, kind="stable")
