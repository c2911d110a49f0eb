"""River: rain through the soil of a catchment to the inflow of a node."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import M3_PER_S_PER_MM_PER_DAY_KM2
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.streams import key_of
from yuqian.timeseries.tables import MONTHS, tables
from yuqian.timeseries.weather import Weather

SPIN_UP_DAYS = 365


class CatchmentSite(Protocol):
    """What river asks for."""

    id: str
    area_km2: float
    runoff_depth_mm_per_year: float


class River(Resource[CatchmentSite]):
    """Natural inflow by day, m3/s: the catchment's own rain through a lumped soil store, scaled to its mean runoff depth."""

    name: ClassVar[str] = "river"
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

    def make() -> Floats:
        river = tables("river")
        wanted = river.number("runoff_mm_per_year") * river.months("runoff_month_share")
        found = usual.month_means(runoff_mm(usual, usual.rain_mm))
        per_year = np.bincount(usual.days.months, minlength=MONTHS + 1)[1:] / (usual.days.years_run[-1] + 1)
        factor: Floats = wanted / (found * per_year)
        return factor

    factor = usual.keep("runoff scale", make) if weather.plan.keep_means else np.ones(MONTHS)
    return factor[weather.days.months - 1] * weather.stress_factor("inflow_factor")


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
