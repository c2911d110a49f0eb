"""Ecological flow: what a dam, or a section of a river, must let pass."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.ecological_rule import EcologicalRule
from yuqian.models.owes_flow import MONTHS
from yuqian.models.units import DAYS_PER_YEAR, M3_PER_S_PER_MM_PER_DAY_KM2
from yuqian.timeseries.days import Days
from yuqian.timeseries.pearson import Pearson3
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.river import regional_runoff_mm
from yuqian.timeseries.tables import tables

DRY_MONTH_EXCEEDED = 0.9
"""Share of years in which the driest month brings more than the rule asks for."""


class Dam(Protocol):
    """What ecological flow asks for; see :class:`yuqian.models.owes_flow.OwesFlow`."""

    catchment_km2: float
    runoff_depth_mm_per_year: float
    ecological_dry_fraction: float
    ecological_wet_fraction: float
    ecological_rule: EcologicalRule
    ecological_inflow_limited: bool
    ecological_wet_start: str
    ecological_wet_end: str
    ecological_stated_m3_per_s: tuple[float, ...]


class EcologicalFlow(Resource[Dam]):
    """Required flow by day, m3/s, by the asset's rule; where it says so, no more than flows by nature on the day."""

    name: ClassVar[str] = "ecological_flow"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Dam
    follows_flow: ClassVar[bool] = True

    def values(self, asset: Dam, context: Context) -> Floats:
        area = asset.catchment_km2 * M3_PER_S_PER_MM_PER_DAY_KM2
        rule: Floats = _RULES[asset.ecological_rule](asset, context)
        if not asset.ecological_inflow_limited:
            return rule
        share = asset.runoff_depth_mm_per_year / tables("river").number("runoff_mm_per_year")
        return np.minimum(rule, regional_runoff_mm(context.weather) * share * area)


def _tennant(asset: Dam, context: Context) -> Floats:
    wet = context.days.within(asset.ecological_wet_start, asset.ecological_wet_end)
    mean = asset.runoff_depth_mm_per_year / DAYS_PER_YEAR * asset.catchment_km2 * M3_PER_S_PER_MM_PER_DAY_KM2
    return mean * np.where(wet, asset.ecological_wet_fraction, asset.ecological_dry_fraction)


def _dry_month(asset: Dam, context: Context) -> Floats:
    river = tables("river")
    depth = asset.runoff_depth_mm_per_year * river.months("runoff_month_share") / np.bincount(Days(2025).months)[1:]
    driest = int(np.argmin(depth))
    variation = float(river.months("month_variation")[driest])
    flow = Pearson3(float(depth[driest]), variation, river.number("skew_ratio") * variation).exceeded(DRY_MONTH_EXCEEDED)
    return np.full(context.days.count, float(flow) * asset.catchment_km2 * M3_PER_S_PER_MM_PER_DAY_KM2)


def _stated(asset: Dam, context: Context) -> Floats:
    by_month = np.broadcast_to(np.array(asset.ecological_stated_m3_per_s), MONTHS)
    flow: Floats = by_month[context.days.months - 1]
    return flow


_RULES = {EcologicalRule.TENNANT: _tennant, EcologicalRule.DRY_MONTH: _dry_month, EcologicalRule.STATED: _stated}
