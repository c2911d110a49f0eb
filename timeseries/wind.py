"""Wind: what a wind farm could feed in."""

from __future__ import annotations

import math
from typing import ClassVar, Protocol

import numpy as np
from scipy import special

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import to_days
from yuqian.timeseries.forecast import Quantity
from yuqian.timeseries.resource import Context, Resource, ResourceError
from yuqian.timeseries.tables import tables


class WindSite(Protocol):
    """What wind asks for: the wind at hub height and the machine."""

    wind_mean_m_per_s: float
    weibull_shape: float
    air_density_kg_per_m3: float
    power_curve: str
    loss_fraction: float
    latitude_deg: float
    longitude_deg: float


class Wind(Resource[WindSite]):
    """Available share of rated power by hour: Weibull wind at hub height, through the power curve, less losses.

    Wind at a site is a Weibull variable of the site's mean and shape, moved through the year and the day; its rank comes from
    the weather state. Thin air is put into the curve as a lower equivalent speed, ``v (rho / rho0)^(1/3)`` (IEC 61400-12-1).
    """

    name: ClassVar[str] = "wind"
    quantity: ClassVar[Quantity | None] = Quantity.WIND
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = WindSite

    def values(self, asset: WindSite, context: Context) -> Floats:
        speed = wind_speed_m_per_s(asset, context)
        density = asset.air_density_kg_per_m3 / tables("wind").number("reference_density_kg_per_m3")
        return power_share(asset.power_curve, speed * density ** (1.0 / 3.0)) * (1.0 - asset.loss_fraction)


def wind_speed_m_per_s(asset: WindSite, context: Context) -> Floats:
    """Wind at hub height by hour, shape (days.hours,)."""
    weather, usual = context.weather, context.usual
    speed = _speed_plain(asset, context)
    if weather.plan.keep_means:
        key = ("wind mean", asset.latitude_deg, asset.longitude_deg, asset.wind_mean_m_per_s, asset.weibull_shape)
        same = usual.weather is weather
        mean = usual.weather.keep(key, lambda: float((speed if same else _speed_plain(asset, usual)).mean()))
        speed = speed * (asset.wind_mean_m_per_s / mean)
    stressed: Floats = speed * np.repeat(weather.stress_factor("wind_factor"), HOURS_PER_DAY)
    return stressed


def _speed_plain(asset: WindSite, context: Context) -> Floats:
    """Weibull wind, moved through the year and the day, shape (days.hours,)."""
    latent = context.weather.wind_latent(asset.latitude_deg, asset.longitude_deg)
    scale = asset.wind_mean_m_per_s / math.gamma(1.0 + 1.0 / asset.weibull_shape)
    speed: Floats = scale * (-special.log_ndtr(-latent)) ** (1.0 / asset.weibull_shape) * _swing(context)
    return speed


def _swing(context: Context) -> Floats:
    """Factor by month and hour of the day, mean 1 over the year, shape (days.hours,)."""
    wind = tables("wind")
    month = to_days(wind.months("month_factor"), context.days.positions)
    middle = np.arange(HOURS_PER_DAY) + 0.5
    wave = np.cos(2.0 * np.pi * (middle - wind.number("day_peak_hour")) / HOURS_PER_DAY)
    day = 1.0 + wind.number("day_swing_fraction") * wave
    swing: Floats = np.outer(month / month.mean(), day).reshape(-1)
    return swing


def power_share(curve: str, speed_m_per_s: Floats) -> Floats:
    """Share of rated power at a wind speed of standard air density, by the power curve of that name.

    Raises:
        ResourceError: if the data file has no such curve; the message lists those there are.
    """
    curves = tables("power_curves")
    if f"{curve}_power_kw" not in curves:
        known = ", ".join(sorted(name.removesuffix("_power_kw") for name in curves.tables if name.endswith("_power_kw")))
        raise ResourceError(f"there is no power curve '{curve}'; there are {known}")
    power = curves.numbers(f"{curve}_power_kw")
    share: Floats = np.interp(speed_m_per_s, curves.numbers(f"{curve}_speed_m_per_s"), power / power.max(), left=0.0, right=0.0)
    return share


def shear_m_per_s(speed_m_per_s: Floats, from_height_m: float, to_height_m: float, exponent: float) -> Floats:
    """Wind at another height by the power law, ``v (to / from)^exponent``."""
    speed: Floats = speed_m_per_s * (to_height_m / from_height_m) ** exponent
    return speed
