"""Irrigation: what fields need beyond the rain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import SECONDS_PER_DAY
from yuqian.timeseries.days import Days, to_days
from yuqian.timeseries.evaporation import reference_mm
from yuqian.timeseries.resource import Context, Resource, ResourceError
from yuqian.timeseries.tables import MONTHS, tables
from yuqian.timeseries.weather import Weather


class District(Protocol):
    """What irrigation asks for."""

    id: str
    area_mu: float
    quota_net_m3_per_mu_year: float
    canal_efficiency_fraction: float
    month_share_fraction: Sequence[float]


class Irrigation(Resource[District]):
    """Gross demand at the canal head by day, m3/s.

    In the mean over weather years every month takes its share of the quota. From day to day and year to year demand follows
    what crops need beyond effective rain, evened out over some days of ponding; months without a crop factor are even.
    """

    name: ClassVar[str] = "irrigation"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = District

    def values(self, asset: District, context: Context) -> Floats:
        shares = np.asarray(asset.month_share_fraction, dtype=float)
        if shares.shape != (MONTHS,) or abs(shares.sum() - 1.0) > 0.01:
            raise ResourceError(f"month_share_fraction of '{asset.id}' must be twelve shares that sum to 1, got {shares}")
        volume_m3 = asset.area_mu * asset.quota_net_m3_per_mu_year / asset.canal_efficiency_fraction
        per_day = volume_m3 * shares / np.bincount(Days(2025).months)[1:] / SECONDS_PER_DAY
        months = context.days.months - 1
        usual = context.usual.weather
        mean = usual.keep("irrigation mean", lambda: usual.month_means(field_need_mm(usual)))
        grows = mean > 0
        follows = field_need_mm(context.weather) / np.where(grows, mean, 1.0)[months]
        return per_day[months] * np.where(grows[months], follows, 1.0)


def field_need_mm(weather: Weather) -> Floats:
    """What the crop needs beyond effective rain, evened out over ponding days, mm by day, shape (days.count,)."""

    def make() -> Floats:
        demand = tables("water_demand")
        crop = to_days(demand.months("crop_factor"), weather.days.positions)
        crop = np.where(demand.months("crop_factor")[weather.days.months - 1] > 0, np.maximum(crop, 0.0), 0.0)
        span = int(demand.number("ponding_days"))
        percolation = demand.number("percolation_mm_per_day")
        need = _trailing_mean(np.where(crop > 0, crop * reference_mm(weather) + percolation, 0.0), span)
        rain = _trailing_mean(weather.rain_mm, span) * demand.number("effective_rain_fraction")
        covered = np.minimum(rain, demand.number("rain_cover_max_fraction") * need)
        return np.where(crop > 0, need - covered, 0.0)

    return weather.keep("field need", make)


def _trailing_mean(values: Floats, span: int) -> Floats:
    """Mean of the last ``span`` days, the first day repeated before the beginning, shape like ``values``."""
    total = np.cumsum(np.concatenate((np.repeat(values[:1], span), values)))
    mean: Floats = (total[span:] - total[:-span]) / span
    return mean
