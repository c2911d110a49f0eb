"""Rail: how far a corridor is open."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.resource import Context, Resource


class Corridor(Protocol):
    """What rail asks for: the days on which it closes, and on which it opens again."""

    closed_from: tuple[dt.date, ...]
    closed_until: tuple[dt.date, ...]


class Rail(Resource[Corridor]):
    """Share of a corridor that is open, by day: nothing in its own closures, and elsewhere what stress leaves of railways."""

    name: ClassVar[str] = "rail"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Corridor

    def values(self, asset: Corridor, context: Context) -> Floats:
        share = np.minimum(context.weather.stress_factor("rail_factor"), 1.0)
        dates = context.days.dates
        for first, opened in zip(asset.closed_from, asset.closed_until, strict=True):
            share = np.where((dates >= np.datetime64(first)) & (dates < np.datetime64(opened)), 0.0, share)
        return share
