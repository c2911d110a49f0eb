"""Town demand: water that people and their town use."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import LITRES_PER_M3, SECONDS_PER_DAY
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.tables import tables


class TownSite(Protocol):
    """What town demand asks for."""

    population_persons: float
    norm_l_per_person_day: float
    public_use_fraction: float
    summer_share_per_c: float


class TownDemand(Resource[TownSite]):
    """Demand at the tap by day, m3/s: the norm for everybody and public use on top, more in warm weather and at new year."""

    name: ClassVar[str] = "town_demand"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = TownSite

    def values(self, asset: TownSite, context: Context) -> Floats:
        per_day = asset.population_persons * asset.norm_l_per_person_day * (1.0 + asset.public_use_fraction) / LITRES_PER_M3
        mean = _shape(asset, context.usual).mean()
        flow: Floats = _shape(asset, context) / mean * per_day / SECONDS_PER_DAY
        return flow


def _shape(asset: TownSite, context: Context) -> Floats:
    demand = tables("water_demand")
    festival = np.interp(context.days.from_new_year, demand.numbers("festival_day"), demand.numbers("festival_factor"))
    warm = np.maximum(context.weather.temperature_c - demand.number("town_above_c"), 0.0)
    shape: Floats = festival * (1.0 + asset.summer_share_per_c * warm)
    return shape
