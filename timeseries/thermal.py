"""Thermal plant: how much of it can run, after outages and in hot air."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.resource import Context, Resource


class ThermalPlant(Protocol):
    """What thermal availability asks for."""

    outage_fraction: float
    hot_derate_fraction_per_c: float
    hot_derate_above_c: float


class Thermal(Resource[ThermalPlant]):
    """Available share of capacity by hour: the mean over outages, less a derate for each degree of hot air."""

    name: ClassVar[str] = "thermal"
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = ThermalPlant

    def values(self, asset: ThermalPlant, context: Context) -> Floats:
        hot = np.maximum(context.weather.temperature_hour_c - asset.hot_derate_above_c, 0.0)
        coal = np.repeat(context.weather.stress_factor("coal_factor"), HOURS_PER_DAY)
        return (1.0 - asset.outage_fraction) * np.maximum(1.0 - asset.hot_derate_fraction_per_c * hot, 0.0) * coal
