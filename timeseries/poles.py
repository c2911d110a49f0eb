"""Poles of a converter station: how much of it is in service."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import Days
from yuqian.timeseries.resource import Context, Resource


class Station(Protocol):
    """What poles ask for: the station's rating, their names and ratings, and the windows in which one is out."""

    power_max_mw: float
    pole: tuple[str, ...]
    pole_power_max_mw: tuple[float, ...]
    outage_pole: tuple[str, ...]
    outage_from: tuple[dt.datetime, ...]
    outage_until: tuple[dt.datetime, ...]


class Poles(Resource[Station]):
    """Share of a station's rating that its poles in service can carry, by hour; 1 where no poles are given.

    A window begins and ends at its own times, its end excluded; an hour that is partly in a window counts by its part.
    """

    name: ClassVar[str] = "poles"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = Station

    def values(self, asset: Station, context: Context) -> Floats:
        if not asset.pole:
            return np.ones(context.days.hours)
        in_service = np.array(asset.pole_power_max_mw) @ by_pole(asset, context.days)
        share: Floats = np.minimum(in_service / asset.power_max_mw, 1.0)
        return share


class LargestPole(Resource[Station]):
    """Share of a station's power that runs over its largest pole in service, by hour; all of it where no poles are given."""

    name: ClassVar[str] = "largest_pole"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = Station

    def values(self, asset: Station, context: Context) -> Floats:
        if not asset.pole:
            return np.ones(context.days.hours)
        in_service = np.array(asset.pole_power_max_mw)[:, None] * by_pole(asset, context.days)
        together = in_service.sum(axis=0)
        share: Floats = in_service.max(axis=0) / np.where(together > 0.0, together, 1.0)
        return share


def by_pole(asset: Station, days: Days) -> Floats:
    """Which part of each hour a pole is in service, shape (poles, days.hours)."""
    hours = np.repeat(days.dates.astype("datetime64[s]"), HOURS_PER_DAY)
    hours = hours + np.tile(np.arange(HOURS_PER_DAY), days.count).astype("timedelta64[h]")
    begins = hours.astype(np.int64) / 3600.0
    out = np.zeros((len(asset.pole), days.hours))
    for name, first, last in zip(asset.outage_pole, asset.outage_from, asset.outage_until, strict=True):
        since, until = (np.datetime64(when, "s").astype(np.int64) / 3600.0 for when in (first, last))
        lies_in = np.clip(np.minimum(begins + 1.0, until) - np.maximum(begins, since), 0.0, 1.0)
        row = out[asset.pole.index(name)]
        np.maximum(row, lies_in, out=row)
    return 1.0 - out
