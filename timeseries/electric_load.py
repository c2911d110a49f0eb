"""Electric load: the year, the week, the festival, heat and cold."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import HOURS_PER_DAY, MWH_PER_GWH
from yuqian.timeseries.days import Days
from yuqian.timeseries.forecast import Quantity
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.streams import Process, autoregressive
from yuqian.timeseries.tables import tables


class LoadSite(Protocol):
    """What electric load asks for: energy of a base year, growth, and its response to heat and cold."""

    energy_gwh_per_year: float
    base_year: int
    growth_fraction_per_year: float
    heating_share_per_c: float
    cooling_share_per_c: float


class ElectricLoad(Resource[LoadSite]):
    """Demand by hour, MW.

    A base that follows the hour, plus shares of it for each degree of felt temperature above and below comfort, all of it
    lower at weekends and at the lunar new year, with slow noise. The mean over the weather years is the energy of the year.
    """

    name: ClassVar[str] = "electric_load"
    quantity: ClassVar[Quantity | None] = Quantity.LOAD
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = LoadSite

    def values(self, asset: LoadSite, context: Context) -> Floats:
        shape = _shape(asset, context)
        key = ("load mean", asset.heating_share_per_c, asset.cooling_share_per_c)
        usual = context.usual
        same = usual.weather is context.weather
        mean = usual.weather.keep(key, lambda: float((shape if same else _shape(asset, usual)).mean()))
        years = context.days.civil_years - asset.base_year
        energy_mwh = asset.energy_gwh_per_year * MWH_PER_GWH * (1.0 + asset.growth_fraction_per_year) ** years
        hours_of_year = HOURS_PER_DAY * _days_in_year(context.days)
        return shape / mean * np.repeat(energy_mwh / hours_of_year, HOURS_PER_DAY)


def _days_in_year(days: Days) -> Floats:
    counts = np.bincount(days.years_run)
    return counts[days.years_run].astype(float)


def _shape(asset: LoadSite, context: Context) -> Floats:
    """Demand in shares of the base, shape (days.hours,)."""
    load = tables("load")
    calendar = calendar_factor(context.days)
    felt = felt_temperature_c(context)
    cooling = asset.cooling_share_per_c * np.maximum(felt - load.number("cooling_above_c"), 0.0)
    heating = asset.heating_share_per_c * np.maximum(load.number("heating_below_c") - felt, 0.0)
    hour_shape = load.numbers("hour_shape")
    by_hour = np.outer(calendar, hour_shape)
    by_hour += np.outer(calendar * cooling, hour_shape * _wave("cooling"))
    by_hour += np.outer(calendar * heating, hour_shape * _wave("heating"))
    generator = context.weather.streams.of(Process.LOAD)
    noise = context.weather.keep(
        "load noise", lambda: autoregressive(generator, context.days.hours, load.number("noise_memory"))
    )
    return by_hour.reshape(-1) * (1.0 + load.number("noise_fraction") * noise)


def _wave(name: str) -> Floats:
    """How a response to temperature moves through the day, mean near 1, shape (24,)."""
    load = tables("load")
    middle = np.arange(HOURS_PER_DAY) + 0.5
    wave = np.cos(2.0 * np.pi * (middle - load.number(f"{name}_peak_hour")) / HOURS_PER_DAY)
    return 1.0 + load.number(f"{name}_swing_fraction") * wave


def calendar_factor(days: Days) -> Floats:
    """Factor of weekday and lunar new year, shape (days.count,)."""
    load = tables("load")
    festival = np.interp(days.from_new_year, load.numbers("festival_day"), load.numbers("festival_factor"), left=1.0, right=1.0)
    factor: Floats = load.numbers("weekday_factor")[days.weekdays] * festival
    return factor


def felt_temperature_c(context: Context) -> Floats:
    """Daily temperature with a memory of the days before, shape (days.count,)."""

    def make() -> Floats:
        from scipy.signal import lfilter

        memory = tables("load").number("felt_memory")
        air = context.weather.temperature_c
        felt, _ = lfilter([1.0 - memory], [1.0, -memory], air, zi=[memory * air[0]])
        return np.asarray(felt, dtype=float)

    return context.weather.keep("felt temperature", make)
