"""Late trains: coal that has left and is held on the way."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.timeseries.resource import Context, Resource


class Timetable(Protocol):
    """What late trains ask for: how long they take, what one carries, when they were due, how late they are, how many."""

    train_t: float
    lead_time_days: int
    late_due: tuple[dt.date, ...]
    late_days: tuple[int, ...]
    late_train_count: tuple[float, ...]


class LateTrains(Resource[Timetable]):
    """Coal of late trains at the end of each day, t: from the day they were due until the day before they come."""

    name: ClassVar[str] = "late_trains"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Timetable

    def values(self, asset: Timetable, context: Context) -> Floats:
        held, dates = np.zeros(context.days.count), context.days.dates
        for due, days, trains in zip(asset.late_due, asset.late_days, asset.late_train_count, strict=True):
            first = np.datetime64(due)
            held += np.where((dates >= first) & (dates < first + days), trains * asset.train_t, 0.0)
        return held


class TrainsLeft(Resource[Timetable]):
    """Coal of the trains that will be late, on the day they leave, t: nothing can call them back."""

    name: ClassVar[str] = "trains_left"
    rhythm: ClassVar[Rhythm] = Rhythm.WATER
    asks: ClassVar[type] = Timetable

    def values(self, asset: Timetable, context: Context) -> Floats:
        left, dates = np.zeros(context.days.count), context.days.dates
        for due, trains in zip(asset.late_due, asset.late_train_count, strict=True):
            left += np.where(dates == np.datetime64(due) - asset.lead_time_days, trains * asset.train_t, 0.0)
        return left
