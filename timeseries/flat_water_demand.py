"""Flat water demand: works that use as much water on every day."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import DAYS_PER_YEAR, M3_PER_HM3, SECONDS_PER_DAY
from yuqian.timeseries.resource import Context, Resource


class Works(Protocol):
    """What flat water demand asks for."""

    demand_hm3_per_year: float


class FlatWaterDemand(Resource[Works]):
    """Demand by day, m3/s, the same on every day."""

    name: ClassVar[str] = "flat_water_demand"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Works

    def values(self, asset: Works, context: Context) -> Floats:
        flow = asset.demand_hm3_per_year * M3_PER_HM3 / (DAYS_PER_YEAR * SECONDS_PER_DAY)
        return np.full(context.days.count, flow)
