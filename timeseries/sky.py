"""Sun and clear sky at a site: a year of solar geometry by hour, taken at the middle of each hour."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import ZONE, Floats
from yuqian.timeseries.days import STANDARD_YEAR, Ints

MIDDLE = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Sky:
    """Hourly means of a standard year of 365 days, each of shape (365, 24).

    Attributes:
        zenith_deg: apparent zenith of the sun at mid-hour.
        azimuth_deg: from north, clockwise.
        extraterrestrial_w_per_m2: on a plane facing the sun.
        clear_w_per_m2: clear-sky global horizontal irradiance (Ineichen and Perez, with pvlib's turbidity).
    """

    zenith_deg: Floats
    azimuth_deg: Floats
    extraterrestrial_w_per_m2: Floats
    clear_w_per_m2: Floats

    def clear_day_kwh_per_m2(self) -> Floats:
        """Clear-sky energy of each day, shape (365,)."""
        energy: Floats = self.clear_w_per_m2.sum(axis=1) / 1000.0
        return energy


def sky_of(latitude_deg: float, longitude_deg: float, elevation_m: float) -> Sky:
    """The sky over a site in a standard year."""
    import pandas as pd  # type: ignore[import-untyped]
    import pvlib

    start = dt.datetime(STANDARD_YEAR, 1, 1, tzinfo=ZONE) + MIDDLE
    stamps = pd.date_range(start, periods=8760, freq="h")
    with warnings.catch_warnings():
        # pvlib 0.16 asks pandas 3.1 for dayofyear
        warnings.filterwarnings("ignore", message="DatetimeIndex.dayofyear")
        sun = pvlib.solarposition.get_solarposition(stamps, latitude_deg, longitude_deg, elevation_m)
        extra = pvlib.irradiance.get_extra_radiation(stamps)
        turbidity = pvlib.clearsky.lookup_linke_turbidity(stamps, latitude_deg, longitude_deg)
        airmass = pvlib.atmosphere.get_relative_airmass(sun["apparent_zenith"])
        absolute = pvlib.atmosphere.get_absolute_airmass(airmass, pvlib.atmosphere.alt2pres(elevation_m))
        clear = pvlib.clearsky.ineichen(sun["apparent_zenith"], absolute, turbidity, elevation_m, extra)
    return Sky(
        *(
            np.asarray(values, dtype=float).reshape(365, 24)
            for values in (sun["apparent_zenith"], sun["azimuth"], extra, clear["ghi"])
        )
    )


def hourly_irradiance(index_by_day: Floats, noise: Floats, sky: Sky, positions: Ints, spread: float, top: float) -> Floats:
    """Global horizontal irradiance by hour, whose days keep their energy.

    The clear-sky index moves within the day as ``logistic(logit(day) + spread noise)``, is scaled to the energy of its day, and
    is capped at ``top``.

    Args:
        index_by_day: clear-sky index of each day, shape (n,).
        noise: of unit variance, shape (n * 24,).
        sky: of the site.
        positions: place of each day in a standard year, shape (n,).

    Returns:
        W/m2, shape (n, 24).
    """
    clear = sky.clear_w_per_m2[positions]
    day = np.clip(index_by_day, 0.01, 0.985)[:, None]
    odds = day / (1.0 - day) * np.exp(spread * noise.reshape(-1, 24))
    irradiance: Floats = clear * odds / (1.0 + odds)
    wanted = index_by_day * clear.sum(axis=1)
    for _ in range(3):
        irradiance *= (wanted / irradiance.sum(axis=1))[:, None]
        np.minimum(irradiance, top * clear, out=irradiance)
    return irradiance
