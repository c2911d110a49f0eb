"""Evaporation from open water, and the reference evaporation that fields follow."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.days import Days
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.tables import tables
from yuqian.timeseries.weather import Weather

LATENT_HEAT_KWH_PER_MM_M2 = 2.45 / 3.6
"""Energy to evaporate a millimetre over a square metre: 2.45 MJ/kg (FAO 56)."""


class AnySite(Protocol):
    """Nothing is asked for."""


class Evaporation(Resource[AnySite]):
    """Evaporation from a water surface by day, mm: the monthly pan table, moved by the day's reference evaporation."""

    name: ClassVar[str] = "evaporation"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = AnySite

    def values(self, asset: AnySite, context: Context) -> Floats:
        weather = context.weather
        per_day = tables("water_demand").months("surface_evaporation_mm") / np.bincount(Days(2025).months)[1:]
        usual = weather.usual
        scale: Floats = per_day / usual.keep("evaporation mean", lambda: usual.month_means(reference_mm(usual)))
        evaporation: Floats = scale[context.days.months - 1] * reference_mm(weather)
        return evaporation


def reference_mm(weather: Weather) -> Floats:
    """Reference evapotranspiration by day, mm, shape (days.count,): Hargreaves, FAO 56 equation 52."""

    def make() -> Floats:
        extra = weather.site_sky.extraterrestrial_w_per_m2 * np.maximum(np.cos(np.radians(weather.site_sky.zenith_deg)), 0.0)
        depth = extra.sum(axis=1)[weather.days.positions] / 1000.0 / LATENT_HEAT_KWH_PER_MM_M2
        span = np.sqrt(np.maximum(weather.temperature_range_c, 0.0))
        evaporation: Floats = np.maximum(0.0023 * (weather.temperature_c + 17.8) * span * depth, 0.0)
        return evaporation

    return weather.keep("reference evaporation", make)
