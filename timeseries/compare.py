"""Puts a measured file and generated weather side by side, month by month and hour by hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.calibration import CALENDAR_YEAR, site
from yuqian.timeseries.days import Days
from yuqian.timeseries.electric_load import ElectricLoad
from yuqian.timeseries.measured import Measured, quantities
from yuqian.timeseries.resource import Context
from yuqian.timeseries.weather import Weather, WeatherPlan

FLAT = 1e-9
"""Range over mean under which a day has no shape."""


@dataclass(frozen=True)
class Comparison:
    """One quantity of a measured file beside the generator.

    Attributes:
        quantity: its name, with its unit as ending.
        measured, generated: mean of each month, shape (12,); load over its annual mean.
        day_shape_correlation: of the mean day; None where one of them is flat.
        lag1_measured, lag1_generated: correlation of each day with the next.
    """

    quantity: str
    measured: Floats
    generated: Floats
    day_shape_correlation: float | None
    lag1_measured: float
    lag1_generated: float

    @property
    def ratio(self) -> Floats:
        """Generated over measured, by month."""
        return self.generated / self.measured


def compare(measured: Measured, plan: WeatherPlan | None = None) -> tuple[Comparison, ...]:
    """Compare every quantity that the generator makes too: irradiance, temperature, rain and load.

    Args:
        measured: whole years or a typical year.
        plan: which weather to put beside it; 10 years of the default seed when None.
    """
    context = Context(Weather.of(Days(CALENDAR_YEAR), plan or WeatherPlan(years=10)))
    months = np.repeat(context.days.months, HOURS_PER_DAY)
    found = []
    for name in quantities():
        if name in measured.dataset and name in GENERATED:
            own = GENERATED[name](context)
            theirs = measured.values(name)
            if name == "load_mw":
                own, theirs = own / own.mean(), theirs / theirs.mean()
            found.append(_compared(name, theirs, measured.stamps, own, months))
    return tuple(found)


def _compared(name: str, theirs: Floats, stamps: np.ndarray, own: Floats, months: np.ndarray) -> Comparison:
    their_months = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    hour = (stamps - stamps.astype("datetime64[D]")).astype(np.int64) // 3600
    their_day = np.array([theirs[hour == one].mean() for one in range(HOURS_PER_DAY)])
    own_day = own.reshape(-1, HOURS_PER_DAY).mean(axis=0)
    whole = len(theirs) // HOURS_PER_DAY * HOURS_PER_DAY
    return Comparison(
        quantity=name,
        measured=_by_month(theirs, their_months),
        generated=_by_month(own, months),
        day_shape_correlation=_correlation(their_day, own_day),
        lag1_measured=_day_lag1(theirs[:whole]),
        lag1_generated=_day_lag1(own),
    )


def _correlation(one: Floats, other: Floats) -> float | None:
    if np.ptp(one) < FLAT * abs(one.mean()) or np.ptp(other) < FLAT * abs(other.mean()):
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _by_month(values: Floats, months: np.ndarray) -> Floats:
    return np.array([values[months == month].mean() if np.any(months == month) else np.nan for month in range(1, 13)])


def _day_lag1(values: Floats) -> float:
    daily = values.reshape(-1, HOURS_PER_DAY).mean(axis=1)
    return float(np.corrcoef(daily[:-1], daily[1:])[0, 1])


def _load(context: Context) -> Floats:
    return ElectricLoad().make(site("load"), context)


GENERATED = {
    "ghi_w_per_m2": lambda context: context.weather.irradiance_region_w_per_m2,
    "temperature_c": lambda context: context.weather.temperature_hour_c,
    "rain_mm_per_h": lambda context: np.repeat(context.weather.rain_mm / HOURS_PER_DAY, HOURS_PER_DAY),
    "load_mw": _load,
}
