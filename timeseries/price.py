"""Price at the far side of a tie or of the grid."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.days import Days, to_days
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.tables import tables


class PricePoint(Protocol):
    """What price asks for. ``price_season_fraction`` (dry season above, wet season below the mean) may be absent."""

    price_mean_yuan_per_mwh: float
    price_swing_fraction: float


class Price(Resource[PricePoint]):
    """Price by hour, yuan/MWh: time-of-use steps about the mean, and, where asked for, a season."""

    name: ClassVar[str] = "price"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = PricePoint

    def values(self, asset: PricePoint, context: Context) -> Floats:
        season = float(getattr(asset, "price_season_fraction", None) or 0.0)
        return hourly_price(asset.price_mean_yuan_per_mwh, asset.price_swing_fraction, season, context.days)


def hourly_price(mean_yuan_per_mwh: float, swing_fraction: float, season_fraction: float, days: Days) -> Floats:
    """Steps of the day and a season about a mean, yuan/MWh, shape (days.hours,)."""
    price = tables("price")
    day = price.numbers("day_level")
    day = 1.0 + swing_fraction * (day - day.mean())
    season = to_days(price.months("season_level"), days.positions)
    year = 1.0 + season_fraction * (season - season.mean())
    return mean_yuan_per_mwh * np.outer(year, day).reshape(-1)
