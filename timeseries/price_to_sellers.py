"""Price that the far side of a tie pays to those who sell to it."""

from __future__ import annotations

from typing import ClassVar

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.price import PricePoint, hourly_price
from yuqian.timeseries.resource import Context, Resource


class PriceToSellers(Resource[PricePoint]):
    """Price by hour, yuan/MWh: as the resource ``price`` makes it, but about ``price_to_sellers_mean_yuan_per_mwh`` and with
    ``price_to_sellers_swing_fraction`` where these are given."""

    name: ClassVar[str] = "price_to_sellers"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = PricePoint

    def values(self, asset: PricePoint, context: Context) -> Floats:
        mean = getattr(asset, "price_to_sellers_mean_yuan_per_mwh", None)
        swing = getattr(asset, "price_to_sellers_swing_fraction", None)
        return hourly_price(
            asset.price_mean_yuan_per_mwh if mean is None else mean,
            asset.price_swing_fraction if swing is None else swing,
            float(getattr(asset, "price_season_fraction", None) or 0.0),
            context.days,
        )
