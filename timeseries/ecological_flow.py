"""Ecological flow: what a dam must let pass."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import DAYS_PER_YEAR, M3_PER_S_PER_MM_PER_DAY_KM2
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.river import regional_runoff_mm
from yuqian.timeseries.tables import tables

WET_MONTHS = (5, 6, 7, 8, 9, 10)


class Dam(Protocol):
    """What ecological flow asks for. Fractions are of the mean natural flow, May to October wet, the rest dry."""

    catchment_km2: float
    runoff_depth_mm_per_year: float
    ecological_dry_fraction: float
    ecological_wet_fraction: float


class EcologicalFlow(Resource[Dam]):
    """Required flow by day, m3/s: a share of the mean flow by season, but no more than flows by nature on the day."""

    name: ClassVar[str] = "ecological_flow"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Dam

    def values(self, asset: Dam, context: Context) -> Floats:
        area = asset.catchment_km2 * M3_PER_S_PER_MM_PER_DAY_KM2
        mean = area * asset.runoff_depth_mm_per_year / DAYS_PER_YEAR
        wet = np.isin(context.days.months, WET_MONTHS)
        rule = mean * np.where(wet, asset.ecological_wet_fraction, asset.ecological_dry_fraction)
        share = asset.runoff_depth_mm_per_year / tables("river").number("runoff_mm_per_year")
        return np.minimum(rule, regional_runoff_mm(context.weather) * share * area)
