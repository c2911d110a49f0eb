"""Coal cover: days of burning that a yard must hold, by season."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.stress import Window


class Seasons(Protocol):
    """What coal cover asks for: seasons of every year ("MM-DD", both ends included) and the days of cover in them."""

    days_of_cover_min: float
    season_first: tuple[str, ...]
    season_last: tuple[str, ...]
    cover_in_season_days: tuple[float, ...]


class CoalCover(Resource[Seasons]):
    """Days of cover that must be held at the end of each day: the most of the seasons that hold, and of the usual ones."""

    name: ClassVar[str] = "coal_cover"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Seasons

    def values(self, asset: Seasons, context: Context) -> Floats:
        cover = np.full(context.days.count, float(asset.days_of_cover_min))
        for first, last, days in zip(asset.season_first, asset.season_last, asset.cover_in_season_days, strict=True):
            cover = np.maximum(cover, days * Window(first, last).holds(context.days))
        return cover
