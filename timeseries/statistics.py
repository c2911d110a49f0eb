"""Statistics of daily series that run over years, as the calibration report takes them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import Days

SUMMER = (6, 7, 8)
WINTER = (12, 1, 2)
DECADE = 10


def years(days: Days) -> int:
    """Years in the run."""
    return int(days.years_run[-1]) + 1


def daily(hourly: Floats) -> Floats:
    """Daily means of an hourly series, shape (n / 24,)."""
    means: Floats = hourly.reshape(-1, HOURS_PER_DAY).mean(axis=1)
    return means


def by_year(values: Floats, days: Days, months: Collection[int] | None = None) -> Floats:
    """Sum of daily values over each year of the run, or over some months of it, shape (years,)."""
    chosen = values if months is None else np.where(np.isin(days.months, list(months)), values, 0.0)
    return np.bincount(days.years_run, weights=chosen).astype(float)


def variation(values: Floats) -> float:
    """Coefficient of variation."""
    return float(values.std(ddof=1) / values.mean()) if len(values) > 1 else 0.0


def lag1(values: Floats) -> float:
    """Correlation of each value with the next."""
    return float(np.corrcoef(values[:-1], values[1:])[0, 1])


def lag1_within_months(values: Floats, days: Days, months: Collection[int]) -> float:
    """Mean over months of the lag-1 correlation of days, both days in the month."""
    same = days.months[:-1] == days.months[1:]
    found = []
    for month in months:
        pairs = np.flatnonzero(same & (days.months[:-1] == month))
        found.append(np.corrcoef(values[pairs], values[pairs + 1])[0, 1])
    return float(np.mean(found))


def correlation(first: Floats, second: Floats, days: Days, months: Collection[int]) -> float:
    """Mean over months of the correlation of two daily series."""
    return float(np.mean([np.corrcoef(first[at], second[at])[0, 1] for at in (days.months == month for month in months)]))


def by_decade(first: Floats, second: Floats, days: Days, months: Collection[int]) -> list[float]:
    """:func:`correlation` of each whole decade of the run (of the whole run, if it is shorter)."""
    decades = max(years(days) // DECADE, 1)
    found = []
    for decade in range(decades):
        inside = (days.years_run // DECADE == decade) | (decades == 1)
        found.append(
            float(np.mean([np.corrcoef(first[at], second[at])[0, 1] for at in (inside & (days.months == m) for m in months)]))
        )
    return found


def longest_run(holds: np.ndarray) -> int:
    """Length of the longest run of True."""
    padded = np.concatenate(([False], holds, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
