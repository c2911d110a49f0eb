"""River: rain through the soil of a catchment to the inflow of a node."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import M3_PER_S_PER_MM_PER_DAY_KM2
from yuqian.timeseries.days import Days, to_days
from yuqian.timeseries.forecast import Quantity
from yuqian.timeseries.resource import Context, Resource, ResourceError
from yuqian.timeseries.statistics import by_year
from yuqian.timeseries.streams import key_of
from yuqian.timeseries.tables import MONTHS, tables
from yuqian.timeseries.typical_year import to_pearson_totals
from yuqian.timeseries.weather import InflowEngine, Weather

SPIN_UP_DAYS = 365
YEARS_FOR_PEARSON = 10
FACTOR_MIN = 0.1


class CatchmentSite(Protocol):
    """What river asks for."""

    id: str
    area_km2: float
    runoff_depth_mm_per_year: float


class River(Resource[CatchmentSite]):
    """Natural inflow by day, m3/s: the catchment's own rain through a lumped soil store, scaled to its mean runoff depth."""

    name: ClassVar[str] = "river"
    quantity: ClassVar[Quantity | None] = Quantity.INFLOW
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = CatchmentSite

    def values(self, asset: CatchmentSite, context: Context) -> Floats:
        weather = context.weather
        depth = runoff_mm(weather, weather.rain_at_mm(key_of(asset.id))) * _scale(weather)
        share = asset.runoff_depth_mm_per_year / tables("river").number("runoff_mm_per_year")
        return depth * share * asset.area_km2 * M3_PER_S_PER_MM_PER_DAY_KM2


def regional_runoff_mm(weather: Weather) -> Floats:
    """Runoff depth of the region by day, shape (days.count,)."""
    return weather.keep("runoff", lambda: runoff_mm(weather, weather.rain_mm) * _scale(weather))


def _scale(weather: Weather) -> Floats:
    """Factor by day that brings the months of the run to the runoff table, times the stress on inflow."""
    usual = weather.usual
    months = usual.keep("runoff months", lambda: _month_factors(usual))
    years = usual.keep("runoff years", lambda: _year_factor(usual, _spread(months, usual.days)))
    scale: Floats = _spread(months, weather.days) * years[weather.days.years_run] * weather.stress_factor("inflow_factor")
    return scale


def _month_factors(usual: Weather) -> tuple[Floats, Floats]:
    """Twelve factors that are spread smoothly over the days, and twelve for the little that this leaves."""
    if not usual.plan.keep_means:
        return np.ones(MONTHS), np.ones(MONTHS)
    river, days = tables("river"), usual.days
    per_year = np.bincount(days.months, minlength=MONTHS + 1)[1:] / (days.years_run[-1] + 1)
    wanted = river.number("runoff_mm_per_year") * river.months("runoff_month_share") / per_year
    plain = runoff_mm(usual, usual.rain_mm)
    smooth = wanted / usual.month_means(plain)
    rest = wanted / usual.month_means(plain * _spread((smooth, np.ones(MONTHS)), days))
    return smooth, rest


def _spread(months: tuple[Floats, Floats], days: Days) -> Floats:
    """Factor of each day from those of the months, shape (days.count,)."""
    smooth, rest = months
    factor: Floats = np.maximum(to_days(smooth, days.positions), FACTOR_MIN) * rest[days.months - 1]
    return factor


def _year_factor(usual: Weather, day_factor: Floats) -> Floats:
    """Factor of each year that brings the totals to Pearson III where the plan wants it, shape (years,)."""
    river, days = tables("river"), usual.days
    if usual.plan.inflow is InflowEngine.SOIL:
        return np.ones(int(days.years_run[-1]) + 1)
    totals = by_year(runoff_mm(usual, usual.rain_mm) * day_factor, days)
    if len(totals) < YEARS_FOR_PEARSON:
        raise ResourceError(f"Pearson III totals need {YEARS_FOR_PEARSON} weather years or more, the plan has {len(totals)}")
    wanted = to_pearson_totals(totals[:, None], river.number("annual_variation"), river.number("skew_ratio"))
    factor: Floats = wanted[:, 0] / totals
    return factor


def runoff_mm(weather: Weather, rain_mm: Floats) -> Floats:
    """Runoff of a lumped soil store by day, mm, shape (days.count,).

    Rain enters the soil; the wetter the soil, the larger the share that passes on (HBV, Bergström 1976); what passes drains
    through a quick and a slow store. The soil is wetted by running the first year twice.
    """
    river = tables("river")
    capacity, exponent = river.number("field_capacity_mm"), river.number("recharge_exponent")
    quick_out, slow_out = river.number("quick_drain_fraction"), river.number("slow_drain_fraction")
    slow_share = river.number("slow_share")
    warmth = np.maximum(weather.temperature_c + river.number("evaporation_offset_c"), 0.0)
    thirst = river.number("evaporation_mm_per_c") * warmth
    rains = np.concatenate((rain_mm[:SPIN_UP_DAYS], rain_mm)).tolist()
    thirsts = np.concatenate((thirst[:SPIN_UP_DAYS], thirst)).tolist()
    soil, quick, slow = 0.7 * capacity, 5.0, 40.0
    out = []
    for rain, dry in zip(rains, thirsts, strict=True):
        passed = rain * min(soil / capacity, 1.0) ** exponent
        soil += rain - passed
        over = max(soil - capacity, 0.0)
        soil -= over
        soil -= dry * min(soil / (0.7 * capacity), 1.0)
        soil = max(soil, 0.0)
        passed += over
        quick += (1.0 - slow_share) * passed
        slow += slow_share * passed
        flow_quick, flow_slow = quick_out * quick, slow_out * slow
        quick -= flow_quick
        slow -= flow_slow
        out.append(flow_quick + flow_slow)
    flow = np.asarray(out)
    lagged = np.convolve(flow, river.numbers("lag_share"))[: len(flow)]
    return lagged[SPIN_UP_DAYS:]
