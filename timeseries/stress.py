"""Stress overlays: windows of days in which weather or supply departs from what the generator made.

An overlay is a data file ``data/stress_<name>.yaml``. It may shift the heat index, so that everything follows by physics, and
the margins themselves, where the record of the event is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import Days
from yuqian.timeseries.tables import TableError, data_names, read_yaml

PREFIX = "stress_"


@dataclass(frozen=True)
class Window:
    """Days of every year from ``first`` to ``last`` ("MM-DD", both included; may run over the new year) and what holds in them.

    Attributes:
        hour_first, hour_last: hours of the day in which ``import_hour_factor`` holds, the last one excluded.
        heat_shift: added to the heat index, in standard deviations.
        temperature_c: added to temperature.
        rain_factor, clear_sky_factor, wind_factor, inflow_factor: multiply what they name.
        import_factor, import_hour_factor: share of import limits left, all day and in the hours given.
        coal_factor: share of thermal capacity left.
        rail_factor: share of coal corridors left.
    """

    first: str
    last: str
    hour_first: int = 0
    hour_last: int = HOURS_PER_DAY
    heat_shift: float = 0.0
    temperature_c: float = 0.0
    rain_factor: float = 1.0
    clear_sky_factor: float = 1.0
    wind_factor: float = 1.0
    inflow_factor: float = 1.0
    import_factor: float = 1.0
    import_hour_factor: float = 1.0
    coal_factor: float = 1.0
    rail_factor: float = 1.0

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self) if field.name.endswith("_factor")):
            if not 0.0 <= getattr(self, name) <= 10.0:
                raise TableError(f"{name} of the window {self.first} to {self.last} must lie between 0 and 10")
        for day in (self.first, self.last):
            np.datetime64(f"2000-{day}")

    def holds(self, days: Days) -> Floats:
        """1 on the days of the window, 0 elsewhere, shape (days.count,)."""
        month_day = days.months * 100 + (days.dates - days.dates.astype("datetime64[M]")).astype(np.int64) + 1
        first, last = (int(day[:2]) * 100 + int(day[3:]) for day in (self.first, self.last))
        after, before = month_day >= first, month_day <= last
        return np.where((after & before) if first <= last else (after | before), 1.0, 0.0)


@dataclass(frozen=True)
class Stress:
    """A named list of windows."""

    name: str
    windows: tuple[Window, ...]
    title: str = ""
    source: str = ""

    def added(self, field: str, days: Days) -> Floats:
        """Sum over windows of an additive field, shape (days.count,)."""
        total = np.zeros(days.count)
        for window in self.windows:
            total += getattr(window, field) * window.holds(days)
        return total

    def factor(self, field: str, days: Days) -> Floats:
        """Product over windows of a multiplicative field, shape (days.count,)."""
        total = np.ones(days.count)
        for window in self.windows:
            total *= np.where(window.holds(days) > 0, getattr(window, field), 1.0)
        return total

    def hour_factor(self, days: Days) -> Floats:
        """Share of import limits left by hour, shape (days.hours,)."""
        total = np.repeat(self.factor("import_factor", days), HOURS_PER_DAY).reshape(days.count, HOURS_PER_DAY)
        for window in self.windows:
            hours = slice(window.hour_first, window.hour_last)
            total[window.holds(days) > 0, hours] *= window.import_hour_factor
        return total.reshape(-1)


def known_stresses() -> tuple[str, ...]:
    """Names of the overlays that come with the package."""
    return tuple(name.removeprefix(PREFIX) for name in data_names(PREFIX))


def stress(name: str) -> Stress:
    """The overlay of that name.

    Raises:
        TableError: if there is none, or its file is wrong.
    """
    if name not in known_stresses():
        raise TableError(f"there is no stress overlay '{name}'; there are {', '.join(known_stresses())}")
    return stress_of(name, read_yaml(PREFIX + name))


def stress_of(name: str, content: Mapping[str, Any]) -> Stress:
    """An overlay from the content of its file: ``title``, ``source`` and a list of ``windows``.

    Raises:
        TableError: for an unknown or missing field.
    """
    known = {field.name for field in fields(Window)}
    windows = []
    for number, entry in enumerate(content["windows"], start=1):
        unknown = sorted(set(entry) - known - {"note"})
        if unknown or not {"first", "last"} <= set(entry):
            raise TableError(f"stress '{name}', window {number}: needs first and last; unknown fields {unknown}")
        windows.append(Window(**{key: value for key, value in entry.items() if key != "note"}))
    return Stress(name, tuple(windows), content["title"], content["source"])
