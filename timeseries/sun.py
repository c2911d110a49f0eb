"""Sun: what a photovoltaic plant could feed in."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.forecast import Quantity
from yuqian.timeseries.resource import Context, Resource
from yuqian.timeseries.sky import Sky
from yuqian.timeseries.tables import tables

ZENITH_NIGHT_DEG = 89.5
IRRADIANCE_STANDARD_W_PER_M2 = 1000.0


class SunSite(Protocol):
    """What sun asks for: the place and the plant."""

    dc_ac_ratio: float
    tilt_deg: float
    azimuth_deg: float
    system_loss_fraction: float
    temperature_coefficient_per_c: float
    latitude_deg: float
    longitude_deg: float
    elevation_m: float


class Sun(Resource[SunSite]):
    """Available share of the AC rating by hour.

    Global irradiance is split by Erbs and Driesse, put on the tilted plane by Hay and Davies, less what the glass reflects
    (ASHRAE incidence angle modifier, over the sky after Marion); the cell is warmed by Faiman; DC and AC power follow PVWatts.
    ``system_loss_fraction`` holds the losses from module to inverter; power is cut off at the AC rating.
    """

    name: ClassVar[str] = "sun"
    quantity: ClassVar[Quantity | None] = Quantity.SUN
    rhythm: ClassVar[Rhythm] = Rhythm.POWER
    asks: ClassVar[type] = SunSite

    def values(self, asset: SunSite, context: Context) -> Floats:
        return ac_share(asset, dc_share(asset, context))


def dc_share(asset: SunSite, context: Context) -> Floats:
    """Power after losses as a share of the DC rating, before the AC limit, shape (days.hours,)."""
    weather = context.weather
    sky = weather.sky(asset.latitude_deg, asset.longitude_deg, asset.elevation_m)
    irradiance = weather.irradiance_w_per_m2(asset.latitude_deg, asset.longitude_deg, asset.elevation_m)
    wind = np.repeat(weather.by_day("wind_10m_m_per_s"), HOURS_PER_DAY)
    return plant_share(asset, sky, context.days.positions, irradiance, weather.temperature_at_c(asset.elevation_m), wind)


def ac_share(asset: SunSite, dc: Floats) -> Floats:
    """Power behind the inverter as a share of the AC rating, from that of the DC rating; never above 1."""
    import pvlib

    efficiency = tables("sun").number("inverter_efficiency_fraction")
    power = pvlib.inverter.pvwatts(asset.dc_ac_ratio * dc, 1.0 / efficiency, efficiency)
    return np.asarray(np.clip(power, 0.0, 1.0), dtype=float)


def plant_share(
    asset: SunSite, sky: Sky, positions: np.ndarray, irradiance_w_per_m2: Floats, air_c: Floats, wind_m_per_s: Floats
) -> Floats:
    """Power after losses as a share of the DC rating, from global horizontal irradiance, air and wind by hour.

    Args:
        positions: place of each day in a standard year, shape (n,).
        irradiance_w_per_m2, air_c, wind_m_per_s: shape (n * 24,).

    Returns:
        Shape (n * 24,); 0 at night.
    """
    import pvlib

    zenith = sky.zenith_deg[positions].reshape(-1)
    light = np.flatnonzero((zenith < ZENITH_NIGHT_DEG) & (irradiance_w_per_m2 > 0))
    zenith, ghi = zenith[light], irradiance_w_per_m2[light]
    azimuth = sky.azimuth_deg[positions].reshape(-1)[light]
    extra = sky.extraterrestrial_w_per_m2[positions].reshape(-1)[light]
    parts = pvlib.irradiance.erbs_driesse(ghi, zenith, dni_extra=extra)
    direct, diffuse = np.nan_to_num(parts["dni"]), parts["dhi"]
    sky_diffuse = pvlib.irradiance.haydavies(asset.tilt_deg, asset.azimuth_deg, diffuse, direct, extra, zenith, azimuth)
    ground = pvlib.irradiance.get_ground_diffuse(asset.tilt_deg, ghi)
    facing = np.maximum(pvlib.irradiance.aoi_projection(asset.tilt_deg, asset.azimuth_deg, zenith, azimuth), 0.0)
    loss = tables("sun").number("incidence_loss")
    kept = pvlib.iam.marion_diffuse("ashrae", asset.tilt_deg, b=loss)
    angle = np.degrees(np.arccos(np.minimum(facing, 1.0)))
    beam = direct * facing * pvlib.iam.ashrae(angle, loss)
    plane = beam + kept["sky"] * sky_diffuse + kept["ground"] * ground
    cell = pvlib.temperature.faiman(plane, air_c[light], wind_m_per_s[light])
    share = np.zeros(len(irradiance_w_per_m2))
    power = pvlib.pvsystem.pvwatts_dc(plane, cell, 1.0, asset.temperature_coefficient_per_c)
    share[light] = np.maximum(power, 0.0) * (1.0 - asset.system_loss_fraction)
    return share
